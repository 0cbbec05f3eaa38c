"""What the underwriter's desk lists: applications that wait for a person, and those that were decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower, Identity, User
from dashu.users.selectors import number_index
from loans.domain.applications import Status
from loans.models import Application, CreditReview, ReviewRequest
from loans.models.applications import ApplicationQuerySet
from loans.selectors.guarantees import declined_by_guarantors

PAGE = 50
FOUND = 50
BOXES = {
    "all": _("All that wait"),
    "mine": _("Held by me"),
    "unclaimed": _("Held by nobody"),
    "overdue": _("Overdue"),
    "declined": _("A guarantor has declined"),
    "decided": _("Decided"),
}
DECIDED = (
    Status.OFFERED,
    Status.ACCEPTED,
    Status.SIGNED,
    Status.PAID_OUT,
    Status.REFUSED,
    Status.WITHDRAWN,
    Status.EXPIRED,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the moment by which its last application is ordered, and its id."""

    at: datetime
    id: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that `str` wrote; None where the text is something else."""
        moment, _comma, number = text.partition(",")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        if at.tzinfo is None or not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        return cls(at, int(number))

    def __str__(self) -> str:
        return f"{self.at.isoformat()},{self.id}"


def waiting(seen: ApplicationQuerySet) -> ApplicationQuerySet:
    return seen.filter(status=Status.REFERRED.value)


def box_of(seen: ApplicationQuerySet, box: str, *, user: User, now: datetime) -> ApplicationQuerySet:
    """Return the applications of a part of the desk, in no order. :param seen: those that the person may see."""
    if box == "decided":
        return seen.filter(decided_at__isnull=False, status__in=[status.value for status in DECIDED])
    if box == "declined":
        return seen.filter(decided_at__isnull=False, pk__in=declined_by_guarantors())
    held = waiting(seen)
    if box == "mine":
        return held.filter(handler=user)
    if box == "unclaimed":
        return held.filter(handler=None)
    return held.filter(due_at__lt=now) if box == "overdue" else held


def page_of(
    seen: ApplicationQuerySet, box: str, *, user: User, now: datetime, after: Place | None = None
) -> tuple[list[Application], Place | None]:
    """
    Return a page of a part of the desk and where the next one begins: what waits by the promise that is to be kept
    first, what was decided by the latest decision.
    """
    is_decided = box in ("decided", "declined")
    found, key = box_of(seen, box, user=user, now=now), "decided_at" if is_decided else "due_at"
    beyond, order = ("lt", (f"-{key}", "-id")) if is_decided else ("gt", (key, "id"))
    if after:
        further = Q(**{f"{key}__{beyond}": after.at})
        found = found.filter(further | Q(**{key: after.at, f"id__{beyond}": after.id}))
    rows = list(found.select_related("product", "handler").order_by(*order)[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return rows[:PAGE], Place(getattr(last, key), last.pk) if last else None


def counts_of(seen: ApplicationQuerySet, *, user: User, now: datetime) -> Mapping[str, int]:
    """Return how many wait, in all and by part of the desk."""
    counts: Mapping[str, int] = waiting(seen).aggregate(
        all=Count("pk"),
        mine=Count("pk", filter=Q(handler=user)),
        unclaimed=Count("pk", filter=Q(handler=None)),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
    )
    return counts


def found_by(seen: ApplicationQuerySet, term: str) -> list[Application]:
    """
    Return the applications with this reference, and those of everyone with this ID number, the newest first.

    The number is looked up by its blind index: no row is opened for it.
    """
    term = term.strip()
    if not term or "\0" in term:
        return []
    owners = Borrower.objects.filter(identity__number_index=number_index(term)).values("pk")
    same = seen.filter(Q(reference=term.upper()) | Q(borrower__in=owners))
    return list(same.select_related("product", "handler").order_by("-id")[:FOUND])


def latest_reviews(applications: Sequence[Application]) -> Mapping[int, CreditReview]:
    """Return the latest decision on each application, by its id; one query."""
    latest = CreditReview.objects.filter(application__in=applications).order_by("application_id", "-id")
    return {review.application_id: review for review in latest.distinct("application_id")}


def open_requests(applications: Sequence[Application]) -> Mapping[int, ReviewRequest]:
    """Return the open request for a person's review of each application that has one, by its id; one query."""
    asked = ReviewRequest.objects.filter(application__in=applications, outcome="")
    return {request.application_id: request for request in asked}


def own_records(user: User) -> QuerySet[Borrower, Any]:
    """Return the ids of the borrower records of a member of staff: their login's, and any with its number or phone."""
    own = Identity.objects.filter(borrower__user=user)
    return (
        Borrower.objects.filter(
            Q(user=user)
            | Q(identity__number_index__in=own.values("number_index"))
            | Q(identity__phone_index__in=own.values("phone_index"))
        )
        .order_by()
        .values("pk")
    )


def unclaimed_for(user: User) -> ApplicationQuerySet:
    """Return what a person may take up next, the most urgent first. Nobody is given an application of their own."""
    free = waiting(Application.objects.visible_to(user)).filter(handler=None)
    return free.exclude(borrower__in=own_records(user)).order_by("due_at", "id")


def is_own(application: Application, user: User) -> bool:
    return own_records(user).filter(pk=application.borrower_id).exists()


def colleagues_of(user: User) -> QuerySet[User]:
    """Return the others whose role decides on applications, by their addresses."""
    roles = Group.objects.filter(
        permissions__codename="review_application", permissions__content_type__app_label="loans"
    )
    deciders = User.objects.filter(groups__in=roles, is_staff=True, is_active=True)
    return deciders.exclude(pk=user.pk).order_by("email")
