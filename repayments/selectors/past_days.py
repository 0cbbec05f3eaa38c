"""One loan on any past day, as it is known now or as it was known at any moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashu.finance.arrears import Arrears
from dashu.finance.loan import Contract, InterestBasis, Position, accrue, arrears, effective_days_past_due
from dashu.finance.replay import Step
from dashu.kernel.dates import midnight
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan
from repayments.selectors.lives import events_of, life_of


class NotPaidOutThen(DomainError):
    """The loan had not been paid out by the day that is asked for, or that was not known yet."""

    code = "not_paid_out_then"
    http_status = 404


class DateInFuture(DomainError):
    """The day has not come yet."""

    code = "date_in_future"


@dataclass(frozen=True, slots=True)
class LoanOnDay:
    """The loan at the end of a day, everything of that day counted in."""

    as_of: date
    position: Position
    contract: Contract

    @property
    def arrears(self) -> Arrears:
        return arrears(self.position, self.contract, self.as_of)

    @property
    def effective_days_past_due(self) -> int:
        return effective_days_past_due(self.position, self.contract, self.as_of)


def loan_on(loan: Loan, *, as_of: date, known_at: datetime | None = None) -> LoanOnDay | None:
    """
    Return the loan at the end of `as_of`; None before it was paid out, or before that was known.

    :param known_at: leave out what was posted at this moment or later.
    """
    return next(loan_by_day(loan, first=as_of, last=as_of, known_at=known_at), None)


def facts_on(loan: Loan, *, as_of: date, known_on: date | None = None) -> dict[str, Any]:
    """
    Return the loan at the end of a day as plain values, amounts in minor units, with bucket and classification.

    :param known_on: leave out what was posted after this day, in the lender's time zone.
    :raises NotPaidOutThen: the loan had not been paid out by that day, or that was not known yet.
    """
    day = loan_on(loan, as_of=as_of, known_at=None if known_on is None else end_of(known_on))
    if day is None:
        raise NotPaidOutThen(_("On that day the loan had not been paid out yet, as far as was known."), field="as_of")
    position, contract, late = day.position, day.contract, day.arrears
    due = [row for row in position.installments if row.due_on <= as_of]
    daily = contract.interest_basis is InterestBasis.DAILY
    return {
        "loan": loan.number,
        "as_of": as_of,
        "known_on": known_on,
        "status": position.status.value,
        "outstanding": {
            "principal": position.principal,
            "interest": 0 if daily else sum(row.unpaid_interest for row in due),
            "fee": sum(row.unpaid_fee for row in due),
            "penalty": position.penalty_due(contract),
        },
        "overdue": {"principal": late.principal, "interest": late.interest, "fee": late.fee},
        "credit": position.unapplied,
        "days_past_due": late.days_past_due,
        "effective_days_past_due": day.effective_days_past_due,
        "bucket": policy.delinquency_buckets(as_of).code_for(late.days_past_due),
        "classification": policy.five_tier(loan.product_terms.product.kind, as_of).code_for(late.days_past_due),
    }


def refuse_future(on: date | None, *, today: date, field: str) -> None:
    """
    Refuse a day of which nothing can be known yet. None passes.

    :raises DateInFuture: the day lies after today.
    """
    if on is not None and on > today:
        raise DateInFuture(
            _("%(on)s has not come yet. Choose a day up to %(today)s."),
            field=field,
            params={"on": on, "today": today},
        )


def end_of(day: date) -> datetime:
    """Return the moment at which a lender's day is over."""
    return midnight(day + timedelta(days=1))


def loan_by_day(loan: Loan, *, first: date, last: date, known_at: datetime | None = None) -> Iterator[LoanOnDay]:
    """Yield the loan at the end of each day from `first` to `last`, from the day on which it was paid out."""
    steps = _steps(loan, known_at)
    place, on = -1, first
    while on <= last:
        while place + 1 < len(steps) and steps[place + 1].on <= on:
            place += 1
        if place >= 0:
            step = steps[place]
            yield LoanOnDay(on, accrue(step.position, step.contract, on), step.contract)
        on += timedelta(days=1)


def _steps(loan: Loan, known_at: datetime | None) -> tuple[Step, ...]:
    events = events_of(loan, known_at=known_at)
    return life_of(loan, events).steps if events else ()
