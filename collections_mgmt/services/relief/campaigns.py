"""
Campaigns of relief: written by one person, approved by another, and run by the night until they end or are stopped.

A campaign on early warnings offers what the engine finds to whom it reaches, within its caps, and leaves a stable
random share alone to compare. Nobody is taken up twice by a campaign, whatever became of it.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import OperationalError, transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.campaigns import is_held_out
from collections_mgmt.domain.relief.offers import Code
from collections_mgmt.models import STEER_CAMPAIGNS, CampaignMember, OfferSet, ReliefCampaign, WarningLead
from collections_mgmt.selectors.campaigns import (
    audience_of,
    blocks_of,
    leads_for,
    most_given_up,
    running_loans,
    taken_up_on,
)
from collections_mgmt.selectors.leads import triggers_of, waits_for_the_night
from collections_mgmt.services.leads import hold_out_lead, offer_to_lead
from collections_mgmt.services.relief.cases import known_of_borrower, with_cause
from collections_mgmt.services.relief.make_offers import decide_offers, make_offers
from collections_mgmt.services.relief.writing import lock_loans_of
from dashu.alerts.services import end_alert, raise_alert
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.domain.cost_sheet import digest_of
from loans.models import Loan

START = "relief.campaign"
ACTOR = "system:relief-campaign"
LONGEST_NAME = 80
State, Status = CampaignMember.State, ReliefCampaign.Status
NOTHING_FITS, PLAN_FITS, UNKNOWN = "nothing_to_offer", "plan_fits", "month_unknown"
# Of whom something went wrong that nobody foresaw: the code of the person, and the alert.
FAILED, PUT_ASIDE = "failed", "relief.put_aside"

logger = logging.getLogger(__name__)


class CampaignRefused(DomainError):
    """A campaign cannot be like this; `field` says what is wrong."""

    code = "campaign_refused"


class CampaignMoved(DomainError):
    """The campaign is not in the state that the act is for, or was changed since it was looked at."""

    code = "campaign_moved"
    http_status = 409


@transaction.atomic
def write_campaign(
    *,
    name: str,
    audience: Mapping[str, Any],
    holdout_bps: int,
    per_day: int,
    quiet_days: int,
    first_on: date,
    last_on: date,
    user: User,
    now: datetime,
    campaign_id: int | None = None,
) -> ReliefCampaign:
    """
    Write a campaign on early warnings, or change one that is a draft; it does nothing until another person approves it.

    :raises NotAuthorized: the person may not. :raises CampaignRefused: see there.
    :raises CampaignMoved: it is no draft any more.
    """
    refuse_others(user)
    today, rules = lender_date(now), policy.relief_campaigns(lender_date(now))
    refuse_days(name, first_on, last_on, today=today)
    if not 1 <= per_day <= rules.most_per_day:
        raise CampaignRefused(
            _("From 1 to %(most)s people a night."), field="per_day", params={"most": rules.most_per_day}
        )
    if quiet_days < rules.least_quiet_days:
        raise CampaignRefused(
            _("At least %(least)s days of peace after an offer."),
            field="quiet_days",
            params={"least": rules.least_quiet_days},
        )
    if not 0 <= holdout_bps <= rules.most_holdout_bps:
        raise CampaignRefused(
            _("At most %(most)s%% may be left out to compare."),
            field="holdout",
            params={"most": rules.most_holdout_bps // 100},
        )
    if campaign_id is None:
        campaign = ReliefCampaign(kind=ReliefCampaign.Kind.PROACTIVE, made_by=user, made_at=now)
    else:
        campaign = lock_campaign(campaign_id, Status.DRAFT)
    campaign.name, campaign.audience = name.strip(), dict(audience)
    campaign.holdout_bps, campaign.per_day, campaign.quiet_days = holdout_bps, per_day, quiet_days
    campaign.first_on, campaign.last_on = first_on, last_on
    campaign.save()
    note_campaign("written", campaign, actor_of_user(user))
    return campaign


@transaction.atomic
def ask_start(
    *, campaign_id: int, reason: str, user: User, today: date, idempotency_key: str, preview: list[dict[str, Any]]
) -> ApprovalRequest:
    """
    Ask another person to let a campaign run, as it is written now.

    :param preview: what the person saw.
    :raises CampaignMoved: it is no draft. :raises NotAuthorized: see `submit`.
    """
    campaign = lock_campaign(campaign_id, Status.DRAFT)
    return submit_campaign(
        campaign,
        kind=START,
        amount_minor=most_given_up(campaign, share=policy.relief_limits(today).value_loss, on=today),
        preview=preview,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


def submit_campaign(
    campaign: ReliefCampaign,
    *,
    kind: str,
    amount_minor: int,
    preview: list[dict[str, Any]],
    reason: str,
    user: User,
    today: date,
    idempotency_key: str,
) -> ApprovalRequest:
    """Ask another person to decide on a locked campaign or list as it is now. :raises NotAuthorized: see `submit`."""
    return submit(
        kind=kind,
        payload={
            "campaign_id": campaign.pk,
            "reference": campaign.reference,
            "name": campaign.name,
            "digest": digest_of_campaign(campaign),
        },
        preview=preview,
        amount_minor=amount_minor,
        currency=policy.approval_authority(today).currency,
        subject_type="relief_campaign",
        subject_id=campaign.reference,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
def start_campaign(*, campaign_id: int, digest: str, today: date, actor: str) -> ReliefCampaign:
    """
    Let an approved campaign run from its first day on.

    :raises CampaignMoved: it was changed since it was asked for, is no draft, or its last day is over.
    """
    campaign = lock_campaign(campaign_id, Status.DRAFT)
    if digest != digest_of_campaign(campaign) or campaign.last_on < today:
        raise CampaignMoved(_("The campaign was changed since, or its last day is over. Look at it once more."))
    campaign.status, campaign.started_on = Status.RUNNING, today
    campaign.save(update_fields=["status", "started_on"])
    note_campaign("started", campaign, actor)
    return campaign


@transaction.atomic
def pause_campaign(*, campaign_id: int, reason: str, user: User) -> ReliefCampaign:
    """
    Let a campaign rest; offers that were made stay. Paused before, nothing changes.

    :raises NotAuthorized, CampaignMoved: see there. :raises CampaignRefused: no reason is given.
    """
    refuse_others(user)
    campaign = lock_campaign(campaign_id, Status.RUNNING, Status.PAUSED)
    return _moved(campaign, Status.PAUSED, reason=reason, what="paused", user=user)


@transaction.atomic
def resume_campaign(*, campaign_id: int, user: User) -> ReliefCampaign:
    """
    Let a paused campaign go on as it was approved.

    :raises NotAuthorized, CampaignMoved: see there.
    """
    refuse_others(user)
    campaign = lock_campaign(campaign_id, Status.RUNNING, Status.PAUSED)
    return _moved(campaign, Status.RUNNING, reason="-", what="resumed", user=user)


@transaction.atomic
def stop_campaign(*, campaign_id: int, reason: str, today: date, user: User) -> ReliefCampaign:
    """
    End a campaign for good; offers that were made stay. Stopped before, nothing changes.

    :raises NotAuthorized, CampaignMoved: see there. :raises CampaignRefused: no reason is given.
    """
    refuse_others(user)
    campaign = lock_campaign(campaign_id, Status.DRAFT, Status.RUNNING, Status.PAUSED, Status.STOPPED)
    campaign.ended_on = campaign.ended_on or today
    end_alert(PUT_ASIDE, subject=campaign.reference)
    return _moved(campaign, Status.STOPPED, reason=reason, what="stopped", user=user)


def run_campaigns(*, now: datetime) -> Counter[str]:
    """
    Do a night of each campaign on early warnings that runs; calling again on the day goes on up to its caps.

    One that rests ends with its last day, as one that runs does.
    """
    done: Counter[str] = Counter()
    of_leads = ReliefCampaign.objects.filter(kind="PROACTIVE")
    for campaign in of_leads.filter(status=Status.PAUSED, last_on__lt=lender_date(now)):
        end_campaign(campaign_id=campaign.pk, today=lender_date(now))
    for campaign in of_leads.filter(status=Status.RUNNING).order_by("pk"):
        done += run_campaign(campaign_id=campaign.pk, now=now)
    return done


def run_campaign(*, campaign_id: int, now: datetime) -> Counter[str]:
    """
    Take up whom a campaign reaches, each in a transaction of their own; return how many, by what was done.

    One whose last day is over ends.
    """
    campaign, today = ReliefCampaign.objects.get(pk=campaign_id), lender_date(now)
    done: Counter[str] = Counter()
    if campaign.status != Status.RUNNING or today < campaign.first_on:
        return done
    if today > campaign.last_on:
        end_campaign(campaign_id=campaign_id, today=today)
        return done
    left = campaign.per_day - taken_up_on(campaign, today)
    for lead in audience_of(campaign, now=now).leads:
        if left <= 0:
            break
        state = _tried(campaign, lead, now=now)
        done[state] += 1
        left -= state in (State.OFFERED, State.HELD_OUT)
    return done


@transaction.atomic
def end_campaign(*, campaign_id: int, today: date) -> None:
    campaign = lock_campaign(campaign_id, Status.RUNNING, Status.PAUSED)
    campaign.status, campaign.ended_on = Status.DONE, today
    campaign.save(update_fields=["status", "ended_on"])
    end_alert(PUT_ASIDE, subject=campaign.reference)
    note_campaign("done", campaign, ACTOR)


def _tried(campaign: ReliefCampaign, lead: WarningLead, *, now: datetime) -> str:
    try:
        return take_up(campaign_id=campaign.pk, lead_id=lead.pk, borrower_id=lead.borrower_id, now=now)
    except DomainError as refusal:
        logger.warning("Lead %s is not taken up by campaign %s: %s", lead.pk, campaign.pk, refusal.code)
        return "skipped"
    except OperationalError as error:  # another transaction stood in the way; the next night tries again
        logger.warning("Lead %s is not taken up by campaign %s: %s", lead.pk, campaign.pk, error)
        return "skipped"
    except Exception as error:
        logger.exception("Lead %s is put aside by campaign %s", lead.pk, campaign.pk)
        member = CampaignMember(campaign=campaign, borrower=lead.borrower, lead=lead)
        return put_aside(member, campaign, error, today=lender_date(now))


@transaction.atomic
def put_aside(member: CampaignMember, campaign: ReliefCampaign, error: Exception, *, today: date) -> str:
    """Leave one person to staff, of whom something went wrong that nobody foresaw, so that the others are reached."""
    member.state, member.code, member.on = State.NOT_OFFERED, FAILED, today
    member.given_up_minor, member.offer_set = 0, None
    member.save()
    raise_alert(
        PUT_ASIDE,
        subject=campaign.reference,
        reference=campaign.reference,
        borrower=member.borrower.number,
        error=type(error).__name__,
    )
    return str(member.state)


@transaction.atomic
def take_up(*, campaign_id: int, lead_id: int, borrower_id: int, now: datetime) -> str:
    """
    Offer somebody of an audience what fits, or leave them out to compare; return the state, or "skipped".

    Left out are only those to whom something could be offered, so that both groups are alike.

    :raises DomainError: something changed meanwhile; nothing is written.
    """
    campaign, today = lock_campaign(campaign_id, Status.RUNNING), lender_date(now)
    locked = lock_loans_of(borrower_id)
    of_audience = running_loans(campaign.audience).filter(pk__in=locked).values_list("pk", flat=True)
    loans = {loan_id: locked[loan_id] for loan_id in of_audience}
    lead = leads_for(campaign.audience, today).filter(pk=lead_id).first()
    if lead is None or waits_for_the_night(borrower_id) or blocks_of([borrower_id], campaign=campaign, now=now):
        return "skipped"
    if taken_up_on(campaign, today) >= campaign.per_day:
        return "skipped"
    loan_id, code = _loan_that_fits(lead, loans, today=today)
    member = CampaignMember(campaign=campaign, borrower_id=borrower_id, lead=lead, on=today, code=code)
    if loan_id is None:
        member.state = State.NOT_OFFERED
    elif is_held_out(campaign.reference, borrower_id, holdout_bps=campaign.holdout_bps):
        hold_out_lead(lead_id=lead.pk, on=today, actor=ACTOR)
        member.state = State.HELD_OUT
    else:
        member.offer_set = make_offers(
            loan_id=loan_id, source=OfferSet.Source.CAMPAIGN, now=now, actor=ACTOR, cause=lead.cause
        )
        offer_to_lead(lead_id=lead.pk, on=today, actor=ACTOR)
        member.state = State.OFFERED
    member.save()
    return str(member.state)


def _loan_that_fits(lead: WarningLead, loans: Mapping[int, Loan], *, today: date) -> tuple[int | None, str]:
    """Return the first loan on which something fits, or why there is none; loans that were noticed come first."""
    known = known_of_borrower(lead.borrower_id, on=today)
    if known is None:
        return None, UNKNOWN
    noticed = {trigger.loan_id for trigger in triggers_of([lead])[lead.pk]}
    reasons: set[str] = set()
    for loan_id in sorted(loans, key=lambda pk: (pk not in noticed, pk)):
        decided = decide_offers(loan_id=loan_id, known=with_cause(known, lead.cause), today=today, actor=ACTOR)
        if decided.ways:
            return loan_id, ""
        reasons |= {one["reason"] for one in decided.not_offered}
    return None, PLAN_FITS if Code.PLAN_FITS.value in reasons else NOTHING_FITS


def digest_of_campaign(campaign: ReliefCampaign) -> str:
    """Return the digest of what another person approves."""
    return digest_of(
        {
            "kind": campaign.kind,
            "name": campaign.name,
            "audience": campaign.audience,
            "relief": campaign.relief,
            "holdout_bps": campaign.holdout_bps,
            "per_day": campaign.per_day,
            "quiet_days": campaign.quiet_days,
            "days": [campaign.first_on.isoformat(), campaign.last_on.isoformat()],
        }
    )


def lock_campaign(campaign_id: int, *statuses: str) -> ReliefCampaign:
    """Lock a campaign, before any loan. :raises CampaignMoved: it is in another state, or there is none."""
    found = ReliefCampaign.objects.select_for_update(of=("self",), no_key=True).filter(pk=campaign_id).first()
    if found is None or found.status not in statuses:
        raise CampaignMoved(_("The campaign is in another state by now. Look at it once more."))
    return found


def refuse_others(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm(STEER_CAMPAIGNS)):
        raise NotAuthorized(_("Your role does not steer campaigns."))


def refuse_days(name: str, first_on: date, last_on: date, *, today: date) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise CampaignRefused(_("Give it a name of at most 80 characters."), field="name")
    if last_on < max(first_on, today):
        raise CampaignRefused(_("The last day comes after the first and lies ahead."), field="last_on")
    longest = policy.relief_campaigns(today).longest_days
    if (last_on - first_on).days >= longest:
        raise CampaignRefused(
            _("It runs for at most %(longest)s days. Write another one after it."),
            field="last_on",
            params={"longest": longest},
        )


def note_campaign(what: str, campaign: ReliefCampaign, actor: str, **data: Any) -> None:
    audit.record(
        action=f"collections.campaign_{what}",
        subject_type="relief_campaign",
        subject_id=campaign.pk,
        actor=actor,
        data={"campaign": campaign.reference, **data},
    )


def _moved(campaign: ReliefCampaign, status: str, *, reason: str, what: str, user: User) -> ReliefCampaign:
    if campaign.status == status:
        return campaign
    if not reason.strip():
        raise CampaignRefused(_("Say why, so that those who come after you can understand it."), field="reason")
    campaign.status = status
    campaign.reason = reason.strip() if reason != "-" else ""
    campaign.save(update_fields=["status", "reason", "ended_on"])
    note_campaign(what, campaign, actor_of_user(user), reason=campaign.reason)
    return campaign
