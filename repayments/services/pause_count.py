"""
Stop and resume the count of days past due, and the penalty with it.

`act` is what several such events have in common when they are one act, which the borrower hears of once.
"""

from datetime import date

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def pause_count(*, loan_id: int, paused_on: date, today: date, reason: str, actor: str, act: str = "") -> LoanEvent:
    """
    From `paused_on` on no penalty is charged and the effective days past due stand still.

    :raises EventRefused: the count is paused already.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.PAUSE,
        effective_on=paused_on,
        today=today,
        data={"reason": reason} | ({"act": act} if act else {}),
        description="Pause",
        actor=actor,
        field="paused_on",
    )


def resume_count(*, loan_id: int, resumed_on: date, today: date, reason: str, actor: str, act: str = "") -> LoanEvent:
    """
    End the running pause; `resumed_on` is the first day that counts again.

    :raises EventRefused: no pause is running.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.RESUME,
        effective_on=resumed_on,
        today=today,
        data={"reason": reason} | ({"act": act} if act else {}),
        description="End of a pause",
        actor=actor,
        field="resumed_on",
    )
