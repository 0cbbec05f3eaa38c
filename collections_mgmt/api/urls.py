from django.urls import path

from collections_mgmt.api.overdue import LoanOverdue, LoanOverdueHistory, Overdue

urlpatterns = [
    path("loans/<str:number>/overdue", LoanOverdue.as_view(), name="loan_overdue"),
    path("loans/<str:number>/overdue/history", LoanOverdueHistory.as_view(), name="loan_overdue_history"),
    path("overdue", Overdue.as_view(), name="overdue"),
]
