"""
One relief for a list of loans that a disaster hit: looked at loan by loan, approved as a whole, offered one by one.

Nothing is booked by decree. Each borrower gets an offer and accepts it with a code, or leaves it. The list is worked
through in chunks, a transaction a loan, so that it can be broken off anywhere and goes on where it was.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.written import read_relief
from collections_mgmt.models import BorrowerPlace, CampaignMember, OfferSet, ReliefCampaign
from collections_mgmt.selectors.campaigns import cost_of, running_loans
from collections_mgmt.services.relief.campaigns import (
    UNKNOWN,
    CampaignMoved,
    CampaignRefused,
    digest_of_campaign,
    lock_campaign,
    note_campaign,
    refuse_days,
    refuse_others,
)
from collections_mgmt.services.relief.cases import known_of_borrower
from collections_mgmt.services.relief.offer_outside import offer_outside, preview_outside
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.guard import judge
from dashu.messaging.models import Purpose
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Loan

LIST = "relief.list"
ACTOR = "system:relief-list"
CHUNK = 50
GUARD = "guard"
State, Status = CampaignMember.State, ReliefCampaign.Status


@transaction.atomic
def write_list(
    *,
    name: str,
    relief: Mapping[str, Any],
    audience: Mapping[str, Any],
    numbers: Collection[str],
    last_on: date,
    user: User,
    now: datetime,
) -> ReliefCampaign:
    """
    Write a list down: loans by their numbers, or all running ones of a region, a sector or a kind of product.

    :param audience: lists of codes by "regions", "sectors" and "products"; an empty one leaves nobody out.
    :param numbers: of loans; empty: those of the audience.
    :param relief: the same for each, as `RestructuringOffer.relief` keeps it.
    :raises NotAuthorized: the person may not. :raises CampaignRefused: see there.
    :raises DomainError: a value of the relief is wrong, with its field.
    """
    refuse_others(user)
    today = lender_date(now)
    refuse_days(name, today, last_on, today=today)
    read_relief(relief, policy.approval_authority(today).currency)
    loans = _listed(audience, numbers)
    most = policy.relief_campaigns(today).most_listed
    found = list(loans.order_by("pk").values_list("pk", "borrower_id")[: most + 1])
    if not found:
        raise CampaignRefused(_("No running loan is on this list."), field="numbers")
    if len(found) > most:
        raise CampaignRefused(
            _("A list has at most %(most)s loans. Divide it."), field="numbers", params={"most": most}
        )
    campaign = ReliefCampaign.objects.create(
        kind=ReliefCampaign.Kind.DISASTER,
        name=name.strip(),
        audience={**audience, "count": len(found)},
        relief=dict(relief),
        first_on=today,
        last_on=last_on,
        made_by=user,
        made_at=now,
    )
    CampaignMember.objects.bulk_create(
        CampaignMember(campaign=campaign, borrower_id=borrower, loan_id=loan, state=State.LISTED, on=today)
        for loan, borrower in found
    )
    note_campaign("written", campaign, actor_of_user(user), loans=len(found))
    return campaign


@transaction.atomic
def ask_list(
    *, campaign_id: int, reason: str, user: User, today: date, idempotency_key: str, preview: list[dict[str, Any]]
) -> ApprovalRequest:
    """
    Ask another person to let what fits of a list be offered. The amount is what is given up of all of it.

    :raises CampaignMoved: it is no draft, or not all of it was looked at. :raises CampaignRefused: nothing fits.
    """
    campaign = lock_campaign(campaign_id, Status.DRAFT)
    if campaign.members.filter(state=State.LISTED).exists():
        raise CampaignMoved(_("Not every loan of the list was looked at yet. Come back in a moment."))
    if not campaign.members.filter(state=State.FITS).exists():
        raise CampaignRefused(_("The relief fits none of these loans."), field="reason")
    payload = {
        "campaign_id": campaign.pk,
        "reference": campaign.reference,
        "name": campaign.name,
        "digest": digest_of_campaign(campaign),
    }
    return submit(
        kind=LIST,
        payload=payload,
        preview=preview,
        amount_minor=cost_of(campaign),
        currency=policy.approval_authority(today).currency,
        subject_type="relief_campaign",
        subject_id=campaign.reference,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


def follow_lists(*, now: datetime) -> Counter[str]:
    """Look at the next loans of drafts, and make the next offers of what was approved; at most a chunk of each list."""
    done: Counter[str] = Counter()
    working = ReliefCampaign.objects.filter(kind="DISASTER", status__in=(Status.DRAFT, Status.RUNNING))
    for campaign in working.order_by("pk"):
        state = State.LISTED if campaign.is_draft else State.FITS
        waiting = campaign.members.filter(state=state).order_by("pk").values_list("pk", flat=True)
        for member_id in list(waiting[:CHUNK]):
            done[_one(campaign.pk, member_id, now=now)] += 1
        if not campaign.is_draft and not campaign.members.filter(state=State.FITS).exists():
            _end(campaign.pk, today=lender_date(now))
    return done


@transaction.atomic
def _one(campaign_id: int, member_id: int, *, now: datetime) -> str:
    """Look at a loan of a list or offer on it, whichever it waits for; what another worker did is left as it is."""
    campaign = lock_campaign(campaign_id, *Status)
    member = CampaignMember.objects.select_for_update(of=("self",)).get(pk=member_id)
    waits_for = {Status.DRAFT: State.LISTED, Status.RUNNING: State.FITS}.get(Status(campaign.status))
    if member.state != waits_for or member.loan_id is None:
        return "skipped"
    try:
        with transaction.atomic():
            _look(member, campaign, now=now) if campaign.is_draft else _offer(member, campaign, now=now)
    except DomainError as refusal:
        member.state, member.code = State.NOT_OFFERED, _code(member, refusal)
        member.given_up_minor, member.offer_set = 0, None
    member.on = lender_date(now)
    member.save(update_fields=["state", "code", "given_up_minor", "offer_set", "on"])
    return str(member.state)


def _look(member: CampaignMember, campaign: ReliefCampaign, *, now: datetime) -> None:
    assert member.loan_id is not None
    assert campaign.relief is not None
    today = lender_date(now)
    found = preview_outside(loan_id=member.loan_id, relief=campaign.relief, budget_id=None, today=today)
    member.state, member.given_up_minor = State.FITS, found.given_up_minor
    verdicts = judge([member.borrower_id], purpose=Purpose.SERVICE, at=now)[member.borrower_id]
    if not any(verdict.allows for verdict in verdicts):
        member.state, member.code, member.given_up_minor = State.NOT_OFFERED, GUARD, 0


def _offer(member: CampaignMember, campaign: ReliefCampaign, *, now: datetime) -> None:
    assert member.loan_id is not None
    assert campaign.relief is not None
    member.offer_set = offer_outside(
        loan_id=member.loan_id,
        relief=campaign.relief,
        budget_id=None,
        now=now,
        actor=ACTOR,
        source=OfferSet.Source.DISASTER,
    )
    member.state = State.OFFERED


@transaction.atomic
def _end(campaign_id: int, *, today: date) -> None:
    campaign = lock_campaign(campaign_id, *Status)
    if campaign.status == Status.RUNNING:
        campaign.status, campaign.ended_on = Status.DONE, today
        campaign.save(update_fields=["status", "ended_on"])
        note_campaign("done", campaign, ACTOR)


def _code(member: CampaignMember, refusal: DomainError) -> str:
    """Return the engine's own reason where it gave one, else the code of the refusal."""
    if refusal.details.get("reason"):
        return str(refusal.details["reason"])
    return UNKNOWN if known_of_borrower(member.borrower_id) is None else refusal.code


def _listed(audience: Mapping[str, Any], numbers: Collection[str]) -> QuerySet[Loan]:
    if numbers:
        return _by_number({number.strip() for number in numbers if number.strip()})
    if not any(audience.get(part) for part in ("regions", "sectors", "products")):
        raise CampaignRefused(_("Say which loans: by numbers, or by region, sector or product."), field="numbers")
    loans = running_loans(audience)
    if not audience.get("regions") and not audience.get("sectors"):
        return loans
    places = BorrowerPlace.objects.all()
    for part in ("region", "sector"):
        if audience.get(f"{part}s"):
            places = places.filter(**{f"{part}__in": audience[f"{part}s"]})
    return loans.filter(borrower__in=places.values("borrower"))


def _by_number(wanted: set[str]) -> QuerySet[Loan]:
    """:raises CampaignRefused: there is no loan of one of the numbers."""
    known = Loan.objects.filter(number__in=wanted)
    if unknown := sorted(wanted - set(known.values_list("number", flat=True))):
        raise CampaignRefused(
            _("There are no such loans: %(numbers)s."),
            field="numbers",
            params={"numbers": ", ".join(number[:20] for number in unknown[:10])},
        )
    return known.filter(status=Loan.Status.ACTIVE)
