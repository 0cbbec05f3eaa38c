"""What a partner is told of the money and the terms of the loans that they brought."""

from datetime import date

from dashu.webhooks.services import money_data
from loans.models import Loan
from loans.services.partner_events import tell_of_loan
from repayments.models import LoanEvent, Payment, PayoffQuote
from repayments.services.booking import LoadedLoan


def tell_of_act(event: LoanEvent, loaded: LoadedLoan) -> None:
    """Tell of an act that was just booked, where no other service tells of it by itself."""
    if event.kind == LoanEvent.Kind.REFUND:
        tell_of_refund(event, loaded.loan)
    elif event.kind == LoanEvent.Kind.RESTRUCTURE:
        on = event.effective_on
        told = {"schedule_version": loaded.balance.schedule_version, "on": on}
        tell_of_loan(loaded.loan, "loan.restructured", told, on=on)


def tell_of_refund(event: LoanEvent, loan: Loan, *, is_reversed: bool = False) -> None:
    told = {
        "refund": event.data["reference"],
        "amount": money_data(event.amount_minor, loan.currency),
        "refunded_on": event.effective_on,
    }
    tell_of_loan(loan, "refund.reversed" if is_reversed else "refund.paid", told, on=event.effective_on)


def tell_of_return(payment: Payment, loan: Loan, *, on: date) -> None:
    told = {
        "payment": payment.reference,
        "amount": money_data(payment.amount_minor, loan.currency),
        "returned_on": on,
    }
    tell_of_loan(loan, "payment.returned", told, on=on)


def tell_of_quote(quote: PayoffQuote, loan: Loan, type: str) -> None:
    told = {
        "quote": str(quote.token),
        "status": str(quote.status),
        "total": money_data(quote.total_minor, loan.currency),
        "valid_to": quote.valid_to,
    }
    tell_of_loan(loan, type, told)
