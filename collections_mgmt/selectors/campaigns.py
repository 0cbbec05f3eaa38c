"""Whom a campaign of relief reaches on a day, and who is left in peace and why."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from collections_mgmt.domain.campaigns import is_held_out
from collections_mgmt.models import (
    CampaignMember,
    Complaint,
    Dispute,
    HardshipRequest,
    Hold,
    OfferSet,
    ReliefCampaign,
    WarningLead,
    WarningTrigger,
)
from collections_mgmt.models.early_warning import WarningQuerySet
from collections_mgmt.selectors.leads import open_leads
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import add_months, lender_date
from dashu.messaging.guard import judge
from dashu.messaging.models import Purpose
from dashu.policy import rules as policy
from loans.models import Loan

State = CampaignMember.State
TAKEN_UP = (State.OFFERED, State.HELD_OUT)

# Why somebody is left in peace for now, in the order in which it is said.
DONE, COMPARED, HOLD, ASKED, OFFERED, GUARD = "done", "compared", "hold", "asked", "offered", "guard"


@dataclass(frozen=True, slots=True)
class Audience:
    """
    :param leads: of those whom it reaches, the oldest first. :param blocked: how many others are left in peace, by why.
    """

    people: int
    leads: Sequence[WarningLead]
    blocked: Mapping[str, int]

    def held_out(self, campaign: ReliefCampaign) -> int:
        """Return how many of them would be offered nothing, to compare, if something fits all."""
        share = campaign.holdout_bps
        return sum(is_held_out(campaign.reference, lead.borrower_id, holdout_bps=share) for lead in self.leads)


def leads_for(audience: Mapping[str, Any], on: date) -> WarningQuerySet:
    """Return the open leads that an audience is about."""
    leads = open_leads(on)
    counting = WarningTrigger.objects.filter(borrower=OuterRef("borrower"), ended_on=None)
    if audience.get("triggers"):
        leads = leads.filter(Exists(counting.filter(kind__in=audience["triggers"])))
    if audience.get("strong"):
        leads = leads.filter(Exists(counting.filter(is_strong=True)))
    leads = leads.filter(**_placed(audience, "borrower__place"))
    if audience.get("products"):
        running = running_loans(audience).filter(borrower=OuterRef("borrower"))
        leads = leads.filter(Exists(running))
    return leads


def running_loans(audience: Mapping[str, Any]) -> QuerySet[Loan]:
    """Return the running loans of the products that an audience is about."""
    loans = Loan.objects.filter(status=Loan.Status.ACTIVE)
    return loans.filter(product_terms__product__kind__in=audience["products"]) if audience.get("products") else loans


def audience_of(campaign: ReliefCampaign, *, now: datetime) -> Audience:
    """Return whom the campaign reaches at this moment."""
    leads = list(leads_for(campaign.audience, lender_date(now)))
    blocked = blocks_of([lead.borrower_id for lead in leads], campaign=campaign, now=now)
    free = [lead for lead in leads if lead.borrower_id not in blocked]
    return Audience(len(leads), free, Counter(blocked.values()))


def blocks_of(borrower_ids: Collection[int], *, campaign: ReliefCampaign, now: datetime) -> Mapping[int, str]:
    """
    Return why people are left in peace, for those who are: the first reason that holds.

    Whom it took up before, whom another campaign compares with, who has a hold, or something open that they asked for,
    whom relief was offered lately, and whom the contact guard lets nobody write to.
    """
    today, ids = lender_date(now), list(borrower_ids)
    since = today - timedelta(days=campaign.quiet_days)
    asked = [
        kind.objects.open().filter(borrower__in=ids).values_list("borrower_id", flat=True)
        for kind in (HardshipRequest, Complaint, Dispute)
    ]
    verdicts = judge(ids, purpose=Purpose.MARKETING, at=now) if ids else {}
    found: list[tuple[str, set[int]]] = [
        (DONE, set(campaign.members.filter(borrower__in=ids).values_list("borrower_id", flat=True))),
        (COMPARED, _compared(ids, add_months(today, -policy.relief_campaigns(today).holdout_months))),
        (ASKED, {borrower for rows in asked for borrower in rows}),
        (OFFERED, _offered(ids, since)),
        (HOLD, _on_hold(ids)),
        (GUARD, {borrower for borrower, told in verdicts.items() if not any(verdict.allows for verdict in told)}),
    ]
    blocked: dict[int, str] = {}
    for why, people in found:
        for person in people:
            blocked.setdefault(person, why)
    return blocked


def taken_up_on(campaign: ReliefCampaign, on: date) -> int:
    return int(campaign.members.filter(on=on, state__in=TAKEN_UP).count())


def members_by_state(campaign: ReliefCampaign) -> Mapping[str, int]:
    rows = campaign.members.order_by().values_list("state").annotate(count=Count("pk"))
    return dict(rows)


def refusals_by_code(campaign: ReliefCampaign) -> list[tuple[str, int]]:
    rows = campaign.members.filter(state=State.NOT_OFFERED).order_by().values_list("code").annotate(count=Count("pk"))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def answers_of(campaign: ReliefCampaign) -> Mapping[str, int]:
    """Return what became of the offers of a campaign, by the state of the set."""
    sets = OfferSet.objects.filter(campaign_members__campaign=campaign).order_by()
    return dict(sets.values_list("status").annotate(count=Count("pk")))


def cost_of(campaign: ReliefCampaign) -> int:
    """Return what would be given up by the offers of a list that fit and are not made yet, minor units."""
    fitting = campaign.members.filter(state=State.FITS).aggregate(minor=Sum("given_up_minor"))
    return int(fitting["minor"] or 0)


def offered_minor(campaign: ReliefCampaign) -> int:
    """Return what is given up by the offers of a list that were made, whatever became of them, minor units."""
    made = campaign.members.filter(state=State.OFFERED).aggregate(minor=Sum("given_up_minor"))
    return int(made["minor"] or 0)


def approved_minor(campaign: ReliefCampaign, kinds: Collection[str]) -> int:
    """Return how much another person let a campaign give up, minor units; 0 where nobody did."""
    approved = ApprovalRequest.objects.filter(
        kind__in=kinds, subject_type="relief_campaign", subject_id=campaign.reference, status="APPROVED"
    )
    return int(approved.order_by("-pk").values_list("amount_minor", flat=True).first() or 0)


def most_given_up(campaign: ReliefCampaign, *, share: Decimal, on: date) -> int:
    """
    Return the most that offers within limits could give up by the last night of a campaign, rounded up, minor units.

    Nobody knows whom early warning will notice, so it counts those who owe most, as many as the nights can take up. All
    loans of a person count, because an offer may make one of them.
    """
    nights = max(0, (campaign.last_on - max(campaign.first_on, on)).days + 1)
    owners = running_loans(campaign.audience).filter(**_placed(campaign.audience, "borrower__place")).values("borrower")
    lent = Loan.objects.filter(status=Loan.Status.ACTIVE, borrower__in=owners).order_by().values("borrower")
    largest = lent.annotate(minor=Sum("principal_minor")).order_by("-minor").values_list("minor", flat=True)
    return int((sum(largest[: campaign.per_day * nights]) * share).to_integral_value(rounding=ROUND_CEILING))


def _placed(audience: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the conditions on a place that an audience asks for."""
    parts = [part for part in ("region", "sector") if audience.get(f"{part}s")]
    return {f"{place}__{part}__in": audience[f"{part}s"] for part in parts}


def _compared(ids: Collection[int], since: date) -> set[int]:
    """Return who was left out to compare after a day, by whichever campaign: offered to, they would compare nothing."""
    members = CampaignMember.objects.filter(state=State.HELD_OUT, on__gt=since, borrower__in=ids)
    return set(members.values_list("borrower_id", flat=True))


def _on_hold(ids: Collection[int]) -> set[int]:
    return set(Hold.objects.filter(loan__borrower__in=ids, ended_on=None).values_list("loan__borrower", flat=True))


def _offered(ids: Collection[int], since: date) -> set[int]:
    lately = Q(made_on__gt=since) | Q(status=OfferSet.Status.OPEN)
    return set(OfferSet.objects.filter(lately, borrower__in=ids).values_list("borrower_id", flat=True))
