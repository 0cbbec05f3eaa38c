"""Which agency contacts a borrower for us about a loan, and what it may and may not do."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from collections_mgmt.models import Placement
from dashu.policy import rules as policy
from loans.models import Loan


@dataclass(frozen=True, slots=True)
class AgencyShown:
    """:param may, never: sentences in the reader's language."""

    name: str
    since: date
    until: date
    may: tuple[str, ...]
    never: tuple[str, ...]


def agency_of_loan(loan: Loan, *, days_past_due: int, today: date) -> AgencyShown | None:
    """Return the agency that has a loan; None where it is with us. What is not late is nowhere else."""
    if not days_past_due:
        return None
    placement = Placement.objects.running().filter(loan=loan).select_related("agency").first()
    if placement is None:
        return None
    hours = policy.contact_hours(today)
    clock = {"opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"}
    return AgencyShown(
        name=placement.agency.name,
        since=placement.placed_on,
        until=placement.ends_on,
        may=(
            _("It may call and write to you between %(opens)s and %(closes)s, about this loan only.") % clock,
            _("It knows your name, a few digits of your ID number, your phone and the amount, nothing else."),
        ),
        never=(
            _("It takes no money: you pay on these pages as before, never to a person."),
            _("It adds no costs, and does not tell your family, friends or employer what you owe."),
            _("It does not threaten or insult you, and does not come to your home without your consent."),
        ),
    )
