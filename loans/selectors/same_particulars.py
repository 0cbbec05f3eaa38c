"""Who else gave the same number, phone, card or paper: no proof of anything, but somebody looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from dashu.users.models import Identity
from loans.models import Application

MOST = 50


@dataclass(frozen=True, slots=True)
class Same:
    """Another application with the same particulars. :param shared: of "number", "phone", "card", "paper"."""

    application: Application
    shared: tuple[str, ...]


def same_particulars(application: Application) -> list[Same]:
    """Return the applications under other borrower records that share something with this one, the newest first."""
    conditions = dict(_conditions(application))
    if not conditions:
        return []
    found: dict[int, list[str]] = {}
    for shared, condition in conditions.items():
        others = Application.objects.filter(condition).exclude(borrower=application.borrower_id)
        for pk in others.order_by("-id").values_list("pk", flat=True)[:MOST]:
            found.setdefault(pk, []).append(shared)
    rows = Application.objects.filter(pk__in=found).select_related("product").order_by("-id")
    # Two papers of one applicant may both be the same: each kind is said once.
    return [Same(each, tuple(dict.fromkeys(found[each.pk]))) for each in rows[:MOST]]


def _conditions(application: Application) -> Iterator[tuple[str, Q]]:
    identity = Identity.objects.filter(borrower=application.borrower_id).first()
    if identity:
        yield "number", Q(borrower__identity__number_index=identity.number_index)
        yield "phone", Q(borrower__identity__phone_index=identity.phone_index)
    if card := getattr(application, "card", None):
        yield "card", Q(card__number_index=card.number_index)
    digests = list(application.documents.filter(removed_at=None).values_list("sha256", flat=True))
    if digests:
        yield "paper", Q(documents__sha256__in=digests, documents__removed_at=None)
