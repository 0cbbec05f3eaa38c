"""What is kept of loans that were taken over, for the pages that show it."""

from dashu.tapes.models import EarlierEvent, Handover
from loans.models import Loan


def handover_of(loan: Loan) -> Handover | None:
    """Return what was handed over of a loan, None for a loan of our own."""
    return Handover.objects.filter(loan=loan).first() if loan.source else None


def payments_before_takeover(loan: Loan) -> list[EarlierEvent]:
    """Return the payments that the other system took and returned, newest first; none for a loan of our own."""
    if not loan.source:
        return []
    money = (EarlierEvent.Kind.PAYMENT, EarlierEvent.Kind.RETURNED)
    return list(EarlierEvent.objects.filter(handover__loan=loan, kind__in=money).order_by("-happened_on", "-position"))
