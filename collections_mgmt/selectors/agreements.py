"""What came in for a promise, a plan or a settlement, and how far each of their payments is paid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import Arrangement, PromiseToPay, Settlement
from dashu.web.staff_tables import Text
from repayments.models import Payment

# The loans of which nobody is reminded because something agreed on them is being kept; for joins by `loan_id`.
LOANS_AGREED_ON = """
SELECT loan_id FROM collections_mgmt_promisetopay WHERE status = 'OPEN'
UNION ALL SELECT loan_id FROM collections_mgmt_arrangement WHERE status = 'ACTIVE'
UNION ALL SELECT loan_id FROM collections_mgmt_settlement WHERE status IN ('ACCEPTED', 'ACTIVE')
"""


@dataclass(frozen=True, slots=True)
class PartShown:
    """One payment as it stands. :param state: a code for its tone: "paid", "late", "next" or "later"."""

    number: int
    due_on: date
    amount_minor: int
    paid_minor: int
    state: str
    label: Text

    @property
    def missing_minor(self) -> int:
        return self.amount_minor - self.paid_minor


_LABELS = {"paid": _("Paid"), "late": _("Missing"), "next": _("Next payment"), "later": _("Later payment")}


def payments_under(loan_id: int, *, since: date, after: int = 0) -> list[tuple[date, int]]:
    """Return what came in and stayed from a day on, by value date, leaving out events up to `after`."""
    found = Payment.objects.filter(loan_id=loan_id, is_returned=False, received_on__gte=since, event_id__gt=after)
    return list(found.order_by("received_on", "event_id").values_list("received_on", "amount_minor"))


def paid_under(loan_id: int, *, since: date, until: date, after: int = 0) -> int:
    found = Payment.objects.filter(
        loan_id=loan_id, is_returned=False, received_on__range=(since, until), event_id__gt=after
    )
    return found.order_by().aggregate(minor=Sum("amount_minor"))["minor"] or 0


def dues_of(plan: Arrangement | Settlement) -> list[Due]:
    return [Due(part.due_on, part.amount_minor) for part in plan.parts.order_by("number")]


def paid_to(plan: Arrangement | Settlement) -> list[tuple[date, int]]:
    """Return what has come in for a plan."""
    since = plan.offered_on if isinstance(plan, Settlement) else plan.made_on
    return payments_under(plan.loan_id, since=since, after=plan.after_event)


def parts_shown(plan: Arrangement | Settlement, *, today: date) -> list[PartShown]:
    """Return the payments of a plan, oldest first, with what came in filling them in order."""
    return list(_filled(dues_of(plan), sum(minor for _day, minor in paid_to(plan)), today))


def _filled(dues: Sequence[Due], received: int, today: date) -> Iterator[PartShown]:
    is_next = True
    for number, due in enumerate(dues, start=1):
        paid = min(received, due.minor)
        received -= paid
        if paid == due.minor:
            state = "paid"
        elif due.on < today:
            state, is_next = "late", False
        else:
            state, is_next = ("next" if is_next else "later"), False
        yield PartShown(number, due.on, due.minor, paid, state, _LABELS[state])


def broken_lately(loan_id: int, *, today: date, within_days: int) -> int:
    """Return how many promises on a loan were broken within so many days."""
    return PromiseToPay.objects.filter(
        loan=loan_id, status=PromiseToPay.Status.BROKEN, decided_on__gt=today - timedelta(days=within_days)
    ).count()
