"""A loan's autopay: the mandate, what it collects next, and what it collected."""

from dataclasses import dataclass
from datetime import date

from dashu.policy.rules import autopay_retry
from loans.models import Loan
from repayments.domain.autopay import amount_to_collect, collection_day
from repayments.domain.standing import Standing
from repayments.models import AutopayAttempt, AutopayMandate


@dataclass(frozen=True, slots=True)
class NextCollection:
    """:param amount_minor: what it would be as things stand today."""

    collect_on: date
    due_on: date
    amount_minor: int


def mandate_of(loan: Loan) -> AutopayMandate | None:
    """Return the loan's mandate that is in use or paused; None where there is none."""
    return AutopayMandate.objects.filter(loan=loan).exclude(status=AutopayMandate.Status.CANCELLED).first()


def next_collection(mandate: AutopayMandate, standing: Standing, *, today: date) -> NextCollection | None:
    """
    Return the collection that comes next, a further try included; None when nothing is left to collect.

    :param standing: of the loan on `today`.
    """
    tried = AutopayAttempt.objects.filter(mandate__loan=mandate.loan_id)
    planned = tried.filter(status=AutopayAttempt.Status.PLANNED).order_by("scheduled_on").first()
    if planned:
        collect_on = max(planned.scheduled_on, today)
        return NextCollection(collect_on, planned.due_on, _amount(standing, today, planned.due_on))
    done = set(tried.filter(due_on__gte=today).values_list("due_on", flat=True))
    return upcoming_collection(
        standing, mandate.timing, mandate.timing_number, chosen_on=mandate.day_chosen_on, today=today, done=done
    )


def upcoming_collection(
    standing: Standing,
    timing: str,
    number: int | None,
    *,
    chosen_on: date,
    today: date,
    done: set[date] | frozenset[date] = frozenset(),
) -> NextCollection | None:
    """Return the first collection that a choice of day leads to, leaving out the due dates that were tried."""
    notice_days = autopay_retry(today).notice_days
    for row in standing.rows:
        if row.unpaid and row.due_on >= today and row.due_on not in done:
            day = collection_day(timing, number, row.due_on, chosen_on=chosen_on, notice_days=notice_days)
            return NextCollection(max(day, today), row.due_on, _amount(standing, today, row.due_on))
    return None


def _amount(standing: Standing, today: date, due_on: date) -> int:
    return amount_to_collect(standing, on=today, due_on=due_on)
