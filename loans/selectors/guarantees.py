"""Where the guarantors of an application stand with the cost sheet as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from loans.domain.applications import Status
from loans.domain.cost_sheet import sheet_of
from loans.domain.guarantees import State, state_of
from loans.models import Application, GuaranteeAnswer, Guarantor, GuarantorLink, Offer

MOST_WRONG_TRIES = 5


@dataclass(frozen=True, slots=True)
class Guarantee:
    """:param link: the latest for the sheet as it is now; `answer` likewise."""

    guarantor: Guarantor
    state: State
    link: GuarantorLink | None
    answer: GuaranteeAnswer | None


def guarantees_of(application: Application, *, now: datetime) -> list[Guarantee]:
    """Return each guarantor with how far it is, in the order in which they were named."""
    offer = Offer.objects.filter(application=application, chosen_at__isnull=False).first()
    digest = sheet_of(offer.sheet).figures_digest if offer and offer.sheet else ""
    return [_guarantee(guarantor, offer, digest, now=now) for guarantor in application.guarantors.all()]


def answer_of(guarantor: Guarantor, *, offer: Offer, figures_digest: str) -> GuaranteeAnswer | None:
    """Return what holds of a guarantor's word on a sheet; None where they have not said it."""
    return GuaranteeAnswer.objects.filter(guarantor=guarantor, offer=offer, figures_digest=figures_digest).first()


def is_open(link: GuarantorLink, *, now: datetime) -> bool:
    return link.expires_at > now and link.wrong_tries < MOST_WRONG_TRIES


def answers_to(offer: Offer, *, figures_digest: str) -> Sequence[tuple[Guarantor, GuaranteeAnswer | None]]:
    guarantors = Guarantor.objects.filter(application=offer.application_id)
    return [(each, answer_of(each, offer=offer, figures_digest=figures_digest)) for each in guarantors]


def _guarantee(guarantor: Guarantor, offer: Offer | None, digest: str, *, now: datetime) -> Guarantee:
    if offer is None:
        return Guarantee(guarantor, State.NOT_ASKED, None, None)
    answer = answer_of(guarantor, offer=offer, figures_digest=digest)
    link = GuarantorLink.objects.filter(guarantor=guarantor, offer=offer, figures_digest=digest).first()
    state = state_of(
        answer=answer.kind if answer else "",
        is_asked=link is not None,
        has_open_link=link is not None and is_open(link, now=now),
    )
    return Guarantee(guarantor, state, link, answer)


def declined_by_guarantors() -> QuerySet[GuaranteeAnswer, Any]:
    """Return the ids of the applications to be signed whose chosen offer a guarantor has declined, as it stands now."""
    later = GuaranteeAnswer.objects.filter(
        guarantor=OuterRef("guarantor"),
        offer=OuterRef("offer"),
        figures_digest=OuterRef("figures_digest"),
        pk__gt=OuterRef("pk"),
    )
    said = GuaranteeAnswer.objects.filter(
        kind=GuaranteeAnswer.Kind.DECLINED,
        offer__chosen_at__isnull=False,
        guarantor__application__status=Status.ACCEPTED.value,
    )
    return said.exclude(Exists(later)).order_by().values("guarantor__application")
