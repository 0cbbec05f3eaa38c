from django.urls import path

from repayments.api.book import Book, BookTotals
from repayments.api.borrowers import BorrowerDetail, Borrowers
from repayments.api.documents import DocumentFile, Documents
from repayments.api.loans import LoanDetail, Loans
from repayments.api.payments import LoanPayments, PaymentDetail, Payments, SplitPaymentDetail
from repayments.api.payoff_quotes import PayoffQuoteAcceptance, PayoffQuoteDetail, PayoffQuotes, PayoffQuoteSettlement
from repayments.api.refunds import LoanRefunds, RefundDetail, Refunds, RefundWithdrawal
from repayments.api.views import Position, Schedule, ScheduleVersions

urlpatterns = [
    path("borrowers", Borrowers.as_view(), name="borrowers"),
    path("borrowers/<path:reference>", BorrowerDetail.as_view(), name="borrower"),
    path("loans", Loans.as_view(), name="loans"),
    path("loans/<str:number>", LoanDetail.as_view(), name="loan"),
    path("loans/<str:number>/schedule", Schedule.as_view(), name="schedule"),
    path("loans/<str:number>/schedule-versions", ScheduleVersions.as_view(), name="schedule_versions"),
    path("loans/<str:number>/position", Position.as_view(), name="position"),
    path("loans/<str:number>/payments", LoanPayments.as_view(), name="loan_payments"),
    path("loans/<str:number>/refunds", LoanRefunds.as_view(), name="loan_refunds"),
    path("loans/<str:number>/payoff-quotes", PayoffQuotes.as_view(), name="payoff_quotes"),
    path("loans/<str:number>/payoff-quotes/<uuid:quote>", PayoffQuoteDetail.as_view(), name="payoff_quote"),
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
    path("payments", Payments.as_view(), name="payments"),
    path("payments/<str:payment>", PaymentDetail.as_view(), name="payment"),
    path("refunds", Refunds.as_view(), name="refunds"),
    path("refunds/<str:refund>", RefundDetail.as_view(), name="refund"),
    path("refunds/<str:refund>/withdraw", RefundWithdrawal.as_view(), name="refund_withdrawal"),
    path("split-payments/<str:split>", SplitPaymentDetail.as_view(), name="split_payment"),
]
