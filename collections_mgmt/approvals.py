"""The acts of this app that another person has to approve, as `dashu.approvals` takes them."""

from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.campaign_words import campaign_tables
from collections_mgmt.desk.words import share
from collections_mgmt.models import STEER_CAMPAIGNS, WRITE_STRATEGY, ReliefCampaign, ScriptVersion, StrategyVersion
from collections_mgmt.relief_words import METHODS
from collections_mgmt.selectors.campaigns import cost_of, most_given_up
from collections_mgmt.selectors.legal import checklist_of
from collections_mgmt.selectors.scrub import scrub_loans
from collections_mgmt.services.ask_placement import PLACE
from collections_mgmt.services.ask_placement import preview_tables as preview_placement
from collections_mgmt.services.ask_settlement import DEEP, OFFER, parts_of, preview_tables
from collections_mgmt.services.economy import ENTER, SHOCK, enter_shock
from collections_mgmt.services.legal import FILE, checklist_table, open_legal_case
from collections_mgmt.services.placements import place_loans
from collections_mgmt.services.relief.campaigns import START, start_campaign
from collections_mgmt.services.relief.disaster_lists import DEEP_LIST, LIST
from collections_mgmt.services.relief.offer_outside import DEEP as DEEPER
from collections_mgmt.services.relief.offer_outside import OUTSIDE, offer_outside
from collections_mgmt.services.relief.offer_outside import given_up_now as relief_given_up
from collections_mgmt.services.relief.offer_outside import preview_tables as relief_tables
from collections_mgmt.services.scripts import (
    SCRIPT,
    WITHDRAWAL,
    WRITE,
    approve_script,
    withdraw_script,
    withdrawal_tables,
)
from collections_mgmt.services.scripts import preview_tables as script_tables
from collections_mgmt.services.settlements import offer_settlement, preview_settlement
from collections_mgmt.services.strategies import PUBLISH, WHOLE, publish
from collections_mgmt.strategy_words import rows_tables
from collections_mgmt.warning_words import place_words
from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_now
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import money
from loans.models import Loan


def perform_offer(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    offer = offer_settlement(
        loan_id=payload["loan_id"],
        parts=parts_of(payload),
        today=today,
        reason=payload["reason"],
        is_asked_for=payload.get("is_asked_for", False),
        actor=actor,
    )
    return {"settlement": offer.reference, "accept_by": offer.accept_by.isoformat()}


def describe_offer(payload: Payload) -> str:
    return gettext(
        "Offer to end loan %(loan)s for %(total)s; %(given_up)s is given up once the last payment is there."
    ) % {
        "loan": payload["loan_number"],
        "total": money(payload["total_minor"], payload["currency"]),
        "given_up": money(payload["given_up_minor"], payload["currency"]),
    }


def given_up_now(payload: Payload, today: date) -> int:
    """Return what would be given up as the claim is by now; it grows with the days."""
    terms = preview_settlement(
        loan_id=payload["loan_id"],
        parts=parts_of(payload),
        today=today,
        is_asked_for=payload.get("is_asked_for", False),
    )
    return terms.given_up_minor


def loan_page(payload: Payload) -> str:
    return reverse("admin:loans_loan_change", args=[payload["loan_id"]])


def perform_outside(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    return _offer_outside(payload, OUTSIDE, actor=actor, today=today)


def perform_deep(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    return _offer_outside(payload, DEEPER, actor=actor, today=today)


def _offer_outside(payload: dict[str, Any], approved_as: str, *, actor: str, today: date) -> dict[str, Any]:
    offered = offer_outside(
        loan_id=payload["loan_id"],
        relief=payload["relief"],
        budget_id=payload["budget_id"],
        request_id=payload.get("request_id"),
        approved_as=approved_as,
        now=datetime.combine(today, lender_now().timetz()),
        actor=actor,
    )
    return {"offer": offered.reference, "accept_by": offered.last_day.isoformat()}


def describe_outside(payload: Payload) -> str:
    return gettext("Offer relief on loan %(loan)s: %(method)s; %(given_up)s of its worth is given up.") % {
        "loan": payload["loan_number"],
        "method": METHODS[ReliefMethod(payload["relief"]["method"])].name,
        "given_up": money(payload["given_up_minor"], payload["currency"]),
    }


def perform_publication(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = publish(version_id=payload["version_id"], digest=payload["digest"], actor=actor)
    return {"version": version.number}


def describe_publication(payload: Payload) -> str:
    if payload["share_bps"] == WHOLE:
        told = gettext("Follow version %(version)s of the strategy %(strategy)s for everybody.")
    else:
        told = gettext("Try version %(version)s of the strategy %(strategy)s with %(share)s of the borrowers.")
    values = {"version": payload["number"], "strategy": payload["strategy"], "share": share(payload["share_bps"])}
    return told % values


def preview_publication(payload: Payload, _today: date) -> Preview:
    """Return the table, and the one that it would replace or stand beside."""
    version = StrategyVersion.objects.get(pk=payload["version_id"])
    tables = [rows_tables(version.table(), title=gettext("The table"))]
    if version.note:
        tables[0]["note"] = f"{version.note} {tables[0]['note']}"
    others = StrategyVersion.objects.published().exclude(pk=version.pk)
    if champion := others.filter(strategy=version.strategy_id, role="CHAMPION").first():
        title = gettext("The champion now: version %(version)s") % {"version": champion.number}
        tables.append(rows_tables(champion.table(), title=title))
    return tables


def version_page(payload: Payload) -> str:
    return reverse("admin:collections_mgmt_strategyversion_change", args=[payload["version_id"]])


def perform_placement(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    placed = place_loans(agency_id=payload["agency_id"], loan_ids=payload["loan_ids"], today=today, actor=actor)
    return {
        "file": placed.file.number,
        "placed": len(placed.placements),
        "stayed": {str(row.loan_id): [reason.value for reason in row.reasons] for row in placed.scrub.unfit},
    }


def describe_placement(payload: Payload) -> str:
    return gettext("Give %(count)s loans with %(total)s overdue to the agency %(agency)s.") % {
        "count": len(payload["loan_ids"]),
        "total": money(payload["total_minor"], payload["currency"]),
        "agency": payload["agency"],
    }


def agency_page(payload: Payload) -> str:
    return reverse("admin:collections_mgmt_agency_change", args=[payload["agency_id"]])


def overdue_now(payload: Payload, today: date) -> int:
    return scrub_loans(payload["loan_ids"], agency_id=payload["agency_id"], on=today).owed_minor


def perform_legal(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    case = open_legal_case(loan_id=payload["loan_id"], confirmed=payload["confirmed"], today=today, actor=actor)
    return {"case": case.reference}


def describe_legal(payload: Payload) -> str:
    return gettext("Take the claim of loan %(loan)s to court: %(amount)s.") % {
        "loan": payload["loan_number"],
        "amount": money(payload["claim_minor"], payload["currency"]),
    }


def preview_legal(payload: Payload, today: date) -> Preview:
    loan = Loan.objects.get(pk=payload["loan_id"])
    return [checklist_table(checklist_of(loan, on=today, confirmed=payload["confirmed"]))]


def perform_script(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = approve_script(version_id=payload["version_id"], digest=payload["digest"], actor=actor, today=today)
    return {"version": version.version}


def describe_script(payload: Payload) -> str:
    return gettext("Say this from now on: script %(code)s, version %(version)s.") % {
        "code": payload["code"],
        "version": payload["version"],
    }


def preview_script(payload: Payload, _today: date) -> Preview:
    return script_tables(ScriptVersion.objects.get(pk=payload["version_id"]))


def perform_withdrawal(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = withdraw_script(version_id=payload["version_id"], actor=actor, today=today)
    return {"version": version.version}


def describe_withdrawal(payload: Payload) -> str:
    return gettext("Say this no more: script %(code)s, version %(version)s.") % {
        "code": payload["code"],
        "version": payload["version"],
    }


def preview_withdrawal(payload: Payload, _today: date) -> Preview:
    return withdrawal_tables(ScriptVersion.objects.get(pk=payload["version_id"]))


def script_page(payload: Payload) -> str:
    return reverse("admin:collections_mgmt_scriptversion_change", args=[payload["version_id"]])


def perform_shock(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    return {"shock": enter_shock(payload=payload, today=today, actor=actor).pk}


def describe_shock(payload: Payload) -> str:
    from_on, to_on = (date.fromisoformat(payload[name]) for name in ("from_on", "to_on"))
    return gettext("Enter a shock: %(place)s, from %(first)s to %(last)s: %(what)s") % {
        "place": place_words(payload["region"], payload["sector"], from_on),
        "first": date_format(from_on),
        "last": date_format(to_on),
        "what": payload["what"],
    }


def perform_campaign(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    campaign = start_campaign(campaign_id=payload["campaign_id"], digest=payload["digest"], today=today, actor=actor)
    return {"campaign": campaign.reference}


def describe_campaign(payload: Payload) -> str:
    return gettext("Start the campaign %(name)s (%(reference)s).") % {
        "name": payload["name"],
        "reference": payload["reference"],
    }


def describe_list(payload: Payload) -> str:
    return gettext("Offer relief to everybody on the list %(name)s (%(reference)s) whom it fits.") % {
        "name": payload["name"],
        "reference": payload["reference"],
    }


def preview_campaign(payload: Payload, today: date) -> Preview:
    campaign = ReliefCampaign.objects.get(pk=payload["campaign_id"])
    return campaign_tables(campaign, now=datetime.combine(today, lender_now().timetz()))


def campaign_page(payload: Payload) -> str:
    return reverse("admin:collections_mgmt_reliefcampaign_change", args=[payload["campaign_id"]])


def given_up_by_campaign(payload: Payload, today: date) -> int:
    campaign = ReliefCampaign.objects.get(pk=payload["campaign_id"])
    return most_given_up(campaign, share=policy.relief_limits(today).value_loss, on=today)


def given_up_by_list(payload: Payload, _today: date) -> int:
    return cost_of(ReliefCampaign.objects.get(pk=payload["campaign_id"]))


_SETTLEMENTS = tuple(
    ActKind(
        code=code,
        label=label,
        perform=perform_offer,
        permission="collections_mgmt.offer_settlement",
        describe=describe_offer,
        preview=preview_tables,
        subject_url=loan_page,
        amount=given_up_now,
    )
    for code, label in (
        (OFFER, _("Offer of a settlement")),
        (DEEP, _("Offer of a settlement that gives up much")),
    )
)
_RELIEF = tuple(
    ActKind(
        code=code,
        label=label,
        perform=perform,
        permission="collections_mgmt.make_offerset",
        describe=describe_outside,
        preview=relief_tables,
        subject_url=loan_page,
        amount=relief_given_up,
    )
    for code, label, perform in (
        (OUTSIDE, _("Relief outside limits"), perform_outside),
        (DEEPER, _("Relief outside limits that gives up much"), perform_deep),
    )
)
_CAMPAIGNS = tuple(
    ActKind(
        code=code,
        label=label,
        perform=perform_campaign,
        permission=STEER_CAMPAIGNS,
        describe=describe,
        preview=preview_campaign,
        subject_url=campaign_page,
        line=line,
        amount=amount,
    )
    for code, label, describe, line, amount in (
        (START, _("Campaign of relief"), describe_campaign, "", given_up_by_campaign),
        (LIST, _("Relief for a disaster list"), describe_list, "", given_up_by_list),
        (DEEP_LIST, _("Relief for a disaster list that gives up much"), describe_list, DEEPER, given_up_by_list),
    )
)
KINDS = (
    *_SETTLEMENTS,
    *_RELIEF,
    *_CAMPAIGNS,
    ActKind(
        code=PUBLISH,
        label=_("Publication of a strategy"),
        perform=perform_publication,
        permission=WRITE_STRATEGY,
        describe=describe_publication,
        preview=preview_publication,
        subject_url=version_page,
    ),
    ActKind(
        code=PLACE,
        label=_("Loans go to an agency"),
        perform=perform_placement,
        permission="collections_mgmt.place_placement",
        describe=describe_placement,
        preview=preview_placement,
        subject_url=agency_page,
        amount=overdue_now,
    ),
    ActKind(
        code=FILE,
        label=_("A claim goes to court"),
        perform=perform_legal,
        permission="collections_mgmt.ask_legalcase",
        describe=describe_legal,
        preview=preview_legal,
        subject_url=loan_page,
    ),
    ActKind(
        code=SCRIPT,
        label=_("Script"),
        perform=perform_script,
        permission=WRITE,
        describe=describe_script,
        preview=preview_script,
        subject_url=script_page,
    ),
    ActKind(
        code=WITHDRAWAL,
        label=_("Withdrawal of a script"),
        perform=perform_withdrawal,
        permission=WRITE,
        describe=describe_withdrawal,
        preview=preview_withdrawal,
        subject_url=script_page,
    ),
    ActKind(
        code=SHOCK,
        label=_("Shock of a region or sector"),
        perform=perform_shock,
        permission=ENTER,
        describe=describe_shock,
    ),
)
