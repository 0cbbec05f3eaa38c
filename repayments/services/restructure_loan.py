"""Give a running loan new terms: a new schedule replaces what is left of the old one, which stays readable."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def restructure_loan(
    *,
    loan_id: int,
    terms: Mapping[str, Any],
    restructured_on: date,
    today: date,
    reason: str,
    actor: str,
    over: int | None = None,
    capitalizes: bool = False,
) -> LoanEvent:
    """
    Spread the outstanding principal anew from `restructured_on`; interest that was earned is demanded first.

    :param terms: plain values as the event "restructure" of `manage.py replay` has them, such as `{"count": 24}`.
    :param over: number of new installments over which interest, fees and penalty that are unpaid are spread; None: the
        first asks for the interest, the penalty stays, and fees that are due refuse the new terms.
    :param capitalizes: the unpaid interest becomes principal.
    :raises DomainError: a term is wrong, with its field below `terms`.
    :raises EventRefused: the loan is not running, or fees are due and unpaid and are not carried.
    """
    carried = ({"over": over} if over is not None else {}) | ({"capitalizes": True} if capitalizes else {})
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.RESTRUCTURE,
        effective_on=restructured_on,
        today=today,
        data={"terms": dict(terms), **carried, "reason": reason},
        description="New terms",
        actor=actor,
        field="restructured_on",
    )
