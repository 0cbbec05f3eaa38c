from django.urls import path

from loans.api.views import Loans

urlpatterns = [
    path("loans", Loans.as_view(), name="loans"),
]
