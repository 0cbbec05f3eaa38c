from django.urls import path

from repayments.api.views import Payments, Position, Schedule

urlpatterns = [
    path("loans/<str:number>/schedule", Schedule.as_view(), name="schedule"),
    path("loans/<str:number>/position", Position.as_view(), name="position"),
    path("loans/<str:number>/payments", Payments.as_view(), name="payments"),
]
