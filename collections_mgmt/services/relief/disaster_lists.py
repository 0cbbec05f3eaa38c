"""
One relief for a list of loans that a disaster hit: looked at loan by loan, approved as a whole, offered one by one.

Nothing is booked by decree. Each borrower gets an offer and accepts it with a code, or leaves it. The list is worked
through in chunks, a transaction a loan, so that it can be broken off anywhere and goes on where it was.

A list gives nobody more authority over a loan than one offer would: with a single loan on it that a supervisor could
not approve, the whole is for whoever could.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.written import read_relief
from collections_mgmt.models import BorrowerPlace, CampaignMember, OfferSet, ReliefCampaign
from collections_mgmt.selectors.campaigns import approved_minor, cost_of, offered_minor, running_loans
from collections_mgmt.services.relief.campaigns import (
    PUT_ASIDE,
    UNKNOWN,
    CampaignMoved,
    CampaignRefused,
    lock_campaign,
    note_campaign,
    put_aside,
    refuse_days,
    refuse_others,
    submit_campaign,
)
from collections_mgmt.services.relief.cases import known_of_borrower
from collections_mgmt.services.relief.offer_outside import DEEP, OUTSIDE, Outside, offer_outside, preview_outside
from dashu.alerts.services import end_alert
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money
from dashu.messaging.guard import judge
from dashu.messaging.models import Purpose
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from dashu.users.roles import Role
from loans.models import Loan

LIST, DEEP_LIST = "relief.list", "relief.list_deep"
ACTOR = "system:relief-list"
CHUNK = 50
# Why a loan that fitted is not offered on after all; `IS_DEEP` is no reason against it, but marks who has to approve.
GUARD, TOO_LATE, BEYOND_APPROVED, IS_DEEP = "guard", "too_late", "beyond_approved", "deep"
State, Status = CampaignMember.State, ReliefCampaign.Status
logger = logging.getLogger(__name__)

_OPEN = (Status.DRAFT, Status.RUNNING, Status.PAUSED)


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

    :raises CampaignMoved: it is no draft, its last day is over, or not all of it was looked at.
    :raises CampaignRefused: nothing fits.
    """
    campaign = lock_campaign(campaign_id, Status.DRAFT)
    if campaign.last_on < today:
        raise CampaignMoved(_("The last day of the list is over. Write it anew."))
    if campaign.members.filter(state=State.LISTED).exists():
        raise CampaignMoved(_("Not every loan of the list was looked at yet. Come back in a moment."))
    if not campaign.members.filter(state=State.FITS).exists():
        raise CampaignRefused(_("The relief fits none of these loans."), field="reason")
    is_deep = campaign.members.filter(state=State.FITS, code=IS_DEEP).exists()
    return submit_campaign(
        campaign,
        kind=DEEP_LIST if is_deep else LIST,
        amount_minor=cost_of(campaign),
        preview=preview,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


def follow_lists(*, now: datetime) -> Counter[str]:
    """
    Look at the next loans of drafts, and make the next offers of what was approved; at most a chunk of each list.

    A list whose last day is over ends, one that rests as well.
    """
    today = lender_date(now)
    done: Counter[str] = Counter()
    open_lists = ReliefCampaign.objects.filter(kind="DISASTER", status__in=_OPEN)
    for campaign in open_lists.order_by("pk"):
        if campaign.last_on < today:
            _end(campaign.pk, today=today)
            continue
        if campaign.status == Status.PAUSED:
            continue
        state = State.LISTED if campaign.is_draft else State.FITS
        waiting = campaign.members.filter(state=state).order_by("pk").values_list("pk", flat=True)
        for member_id in list(waiting[:CHUNK]):
            done[_tried(campaign, member_id, now=now)] += 1
        if not campaign.is_draft and not campaign.members.filter(state=State.FITS).exists():
            _end(campaign.pk, today=today)
    return done


def _tried(campaign: ReliefCampaign, member_id: int, *, now: datetime) -> str:
    try:
        return _one(campaign.pk, member_id, now=now)
    except OperationalError as error:  # another transaction stood in the way; the next chunk tries again
        logger.warning("Loan %s of list %s waits: %s", member_id, campaign.pk, error)
        return "skipped"
    except Exception as error:
        logger.exception("Loan %s of list %s is put aside", member_id, campaign.pk)
        member = CampaignMember.objects.get(pk=member_id)
        return put_aside(member, campaign, error, today=lender_date(now))


@transaction.atomic
def _one(campaign_id: int, member_id: int, *, now: datetime) -> str:
    """Look at a loan of a list or offer on it, whichever it waits for; what another worker did is left as it is."""
    campaign = lock_campaign(campaign_id, *Status)
    member = CampaignMember.objects.select_for_update(of=("self",)).get(pk=member_id)
    waits_for = {Status.DRAFT: State.LISTED, Status.RUNNING: State.FITS}.get(Status(campaign.status))
    if member.state != waits_for or member.loan_id is None or campaign.last_on < lender_date(now):
        return "skipped"
    try:
        with transaction.atomic():
            _look(member, campaign, now=now) if campaign.is_draft else _offer(member, campaign, now=now)
    except DomainError as refusal:
        member.state, member.code = State.NOT_OFFERED, _code(member, refusal, on=lender_date(now))
        member.given_up_minor, member.offer_set = 0, None
    member.on = lender_date(now)
    member.save(update_fields=["state", "code", "given_up_minor", "offer_set", "on"])
    return str(member.state)


def _look(member: CampaignMember, campaign: ReliefCampaign, *, now: datetime) -> None:
    _refuse_unreachable(member, now=now)
    found = _previewed(member, campaign, today=lender_date(now))
    member.state, member.given_up_minor = State.FITS, found.given_up_minor
    member.code = IS_DEEP if _is_deep(found, today=lender_date(now)) else ""


def _offer(member: CampaignMember, campaign: ReliefCampaign, *, now: datetime) -> None:
    """:raises CampaignRefused: it gives up more by now than was approved. :raises DomainError: it fits no more."""
    assert member.loan_id is not None
    assert campaign.relief is not None
    _refuse_unreachable(member, now=now)
    found = _previewed(member, campaign, today=lender_date(now))
    is_deeper = member.code != IS_DEEP and _is_deep(found, today=lender_date(now))
    if is_deeper or offered_minor(campaign) + found.given_up_minor > approved_minor(campaign, (LIST, DEEP_LIST)):
        raise _left_out(_("It gives up more by now than was approved."), BEYOND_APPROVED)
    is_told = not OfferSet.objects.filter(
        campaign_members__campaign=campaign, borrower=member.borrower_id, made_on=lender_date(now), status="OPEN"
    ).exists()
    member.offer_set = offer_outside(
        loan_id=member.loan_id,
        relief=campaign.relief,
        budget_id=None,
        now=now,
        actor=ACTOR,
        source=OfferSet.Source.DISASTER,
        is_told=is_told,
    )
    member.state, member.given_up_minor = State.OFFERED, found.given_up_minor


def _previewed(member: CampaignMember, campaign: ReliefCampaign, *, today: date) -> Outside:
    assert member.loan_id is not None
    assert campaign.relief is not None
    return preview_outside(loan_id=member.loan_id, relief=campaign.relief, budget_id=None, today=today)


def _is_deep(found: Outside, *, today: date) -> bool:
    """Whether a supervisor could not approve this loan's relief alone: by the share given up, or by the amount."""
    if found.refusal is None:
        return False
    authority = policy.approval_authority(today)
    given_up = Money(found.given_up_minor, authority.currency)
    return found.kind(today) == DEEP or not authority.may_approve(OUTSIDE, Role.SUPERVISOR, given_up)


def _refuse_unreachable(member: CampaignMember, *, now: datetime) -> None:
    """:raises CampaignRefused: the contact guard lets nobody write."""
    verdicts = judge([member.borrower_id], purpose=Purpose.SERVICE, at=now)[member.borrower_id]
    if not any(verdict.allows for verdict in verdicts):
        raise _left_out(_("The contact guard lets nobody write"), GUARD)


def _left_out(words: Any, reason: str) -> CampaignRefused:
    return CampaignRefused(words, details={"reason": reason})


@transaction.atomic
def _end(campaign_id: int, *, today: date) -> None:
    """End a list that is worked through, or whose last day is over; one that nobody approved did nothing."""
    campaign = lock_campaign(campaign_id, *Status)
    if campaign.status not in _OPEN:
        return
    what = "stopped" if campaign.is_draft else "done"
    campaign.status, campaign.ended_on = Status.STOPPED if campaign.is_draft else Status.DONE, today
    campaign.save(update_fields=["status", "ended_on"])
    end_alert(PUT_ASIDE, subject=campaign.reference)
    campaign.members.filter(state__in=(State.LISTED, State.FITS)).update(
        state=State.NOT_OFFERED, code=TOO_LATE, given_up_minor=0, on=today
    )
    note_campaign(what, campaign, ACTOR)


def _code(member: CampaignMember, refusal: DomainError, *, on: date) -> str:
    """Return the engine's own reason where it gave one, else the code of the refusal."""
    if refusal.details.get("reason"):
        return str(refusal.details["reason"])
    return UNKNOWN if known_of_borrower(member.borrower_id, on=on) is None else refusal.code


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
