"""What the rules would say if something were otherwise. Nothing here is written."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import date

from loans.models import Application, CreditReport
from loans.services.decide_application import Decided, decision_on


@dataclass(frozen=True, slots=True)
class Change:
    """
    What is taken to be otherwise; None: as it stands.

    :param proved: figures of a month in minor units by name, see `Application.verified`.
    """

    amount_minor: int | None = None
    months: int | None = None
    proved: Mapping[str, int] = field(default_factory=dict)


def decision_if(application: Application, report: CreditReport | None, change: Change, *, on: date) -> Decided:
    """
    Return what the rules of a day say of the application with a change.

    :raises DomainError: the product is no longer offered, or is not repaid month by month.
    """
    changed = copy(application)  # never saved
    if change.amount_minor is not None:
        changed.amount_minor = change.amount_minor
    if change.months is not None:
        changed.months = change.months
    changed.verified = {**application.verified, **{name: {"minor": minor} for name, minor in change.proved.items()}}
    return decision_on(changed, report, on=on)
