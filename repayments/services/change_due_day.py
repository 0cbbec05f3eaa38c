"""Move the installments of a running loan to another day of the month."""

from datetime import date

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def change_due_day(*, loan_id: int, due_day: int, changed_on: date, today: date, reason: str, actor: str) -> LoanEvent:
    """
    Compute the installments that are not yet due anew for the other day; a longer first period bears its interest.

    :param due_day: day of the month, 1 to 31; a shorter month takes its last day.
    :raises InvalidTerms: there is no such day.
    :raises EventRefused: the loan is not running, nothing is left that is not yet due, or it is not due by months.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.DUE_DAY,
        effective_on=changed_on,
        today=today,
        data={"due_day": due_day, "reason": reason},
        description="New due day",
        actor=actor,
        field="changed_on",
    )
