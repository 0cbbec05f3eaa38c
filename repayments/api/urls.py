from django.urls import path

from repayments.api.book import Book, BookTotals
from repayments.api.borrowers import BorrowerDetail, Borrowers
from repayments.api.documents import DocumentFile, Documents
from repayments.api.loans import LoanDetail, Loans
from repayments.api.payoff_quotes import PayoffQuoteAcceptance, PayoffQuotes, PayoffQuoteSettlement
from repayments.api.views import Payments, Position, Schedule, SplitPayments

urlpatterns = [
    path("borrowers", Borrowers.as_view(), name="borrowers"),
    path("borrowers/<path:reference>", BorrowerDetail.as_view(), name="borrower"),
    path("loans", Loans.as_view(), name="loans"),
    path("loans/<str:number>", LoanDetail.as_view(), name="loan"),
    path("loans/<str:number>/schedule", Schedule.as_view(), name="schedule"),
    path("loans/<str:number>/position", Position.as_view(), name="position"),
    path("loans/<str:number>/payments", Payments.as_view(), name="payments"),
    path("loans/<str:number>/payoff-quotes", PayoffQuotes.as_view(), name="payoff_quotes"),
    path(
        "loans/<str:number>/payoff-quotes/<uuid:quote>/acceptance",
        PayoffQuoteAcceptance.as_view(),
        name="payoff_quote_acceptance",
    ),
    path(
        "loans/<str:number>/payoff-quotes/<uuid:quote>/settlement",
        PayoffQuoteSettlement.as_view(),
        name="payoff_quote_settlement",
    ),
    path("loans/<str:number>/documents", Documents.as_view(), name="documents"),
    path("loans/<str:number>/documents/<str:code>/<str:file_format>", DocumentFile.as_view(), name="document_file"),
    path("book", Book.as_view(), name="book"),
    path("book/totals", BookTotals.as_view(), name="book_totals"),
    path("payments", SplitPayments.as_view(), name="split_payments"),
]
