"""When payments that did not hold went back."""

from collections.abc import Iterable

from repayments.models import LoanEvent, Payment


def returns_of(payments: Iterable[Payment]) -> dict[int, LoanEvent]:
    """Return the reversal of each payment that was returned, by its key; no query where none was."""
    returned = {payment.pk: payment.loan_id for payment in payments if payment.is_returned}
    if not returned:
        return {}
    reversals = LoanEvent.objects.filter(kind=LoanEvent.Kind.REVERSAL, loan__in=set(returned.values()))
    found = reversals.filter(data__event__in=list(returned)).order_by("pk")
    return {reversal.data["event"]: reversal for reversal in found}
