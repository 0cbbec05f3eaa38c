"""What of a borrower's identity others rely on, and which other customers gave the same number or phone."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from dashu.users.models import Borrower, Identity, Viewer
from dashu.users.selectors import borrowers_with_number, borrowers_with_phone
from loans.domain.applications import OPEN, Status
from loans.models import Application, Loan, LoanContract

MOST = 50
_IN_OUR_HANDS = [status.value for status in OPEN if status is not Status.DRAFT]


def settled_identity(application: Application) -> Collection[str]:
    """
    Return which of name, number and phone stay as they are, whatever this application says.

    A contract names a person for good. The phone gets the code that signs, so it stays as long as there is something to
    decide or to sign.
    """
    others = Application.objects.filter(borrower=application.borrower_id).exclude(pk=application.pk)
    if others.filter(status__in=_IN_OUR_HANDS).exists():
        return ("name", "number", "phone")
    if LoanContract.objects.filter(application__borrower=application.borrower_id).exists():
        return ("name", "number")
    return ()


@dataclass(frozen=True, slots=True)
class SameCustomer:
    """Another customer with the same particulars. :param shared: of "number" and "phone". :param loans: how many."""

    borrower: Borrower
    shared: tuple[str, ...]
    loans: int


def same_customers(application: Application, *, viewer: Viewer) -> list[SameCustomer]:
    """Return the other customers whom the viewer may see with the applicant's number or phone, the newest first."""
    identity = Identity.objects.filter(borrower=application.borrower_id).first()
    if identity is None:
        return []
    alike = {"number": borrowers_with_number(identity.number), "phone": borrowers_with_phone(identity.phone)}
    seen = Borrower.objects.visible_to(viewer).exclude(pk=application.borrower_id)
    shared: dict[int, list[str]] = {}
    for what, borrowers in alike.items():
        found = seen.filter(pk__in=borrowers.order_by().values("pk")).order_by("-pk")
        for pk in found.values_list("pk", flat=True)[:MOST]:
            shared.setdefault(pk, []).append(what)
    counts = dict(Loan.objects.filter(borrower__in=shared).values_list("borrower").annotate(count=Count("pk")))
    rows = Borrower.objects.filter(pk__in=shared).select_related("identity").order_by("-pk")
    return [SameCustomer(each, tuple(shared[each.pk]), counts.get(each.pk, 0)) for each in rows[:MOST]]
