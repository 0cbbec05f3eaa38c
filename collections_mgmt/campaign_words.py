"""What people read of campaigns of relief: whom one is for, what it would do as things are, and why not for others."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.relief.offers import Code
from collections_mgmt.models import CampaignMember, ReliefCampaign
from collections_mgmt.relief_words import METHODS
from collections_mgmt.selectors.campaigns import (
    ASKED,
    COMPARED,
    DONE,
    GUARD,
    HOLD,
    OFFERED,
    audience_of,
    cost_of,
    members_by_state,
    refusals_by_code,
)
from collections_mgmt.services.relief.campaigns import FAILED, NOTHING_FITS, PLAN_FITS, UNKNOWN
from collections_mgmt.services.relief.disaster_lists import BEYOND_APPROVED, IS_DEEP, TOO_LATE
from collections_mgmt.warning_words import trigger_name
from dashu.approvals.acts import Preview
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named
from loans.models import Product

State = CampaignMember.State
BLOCKS: Mapping[str, Promise] = {
    DONE: gettext_lazy("Taken up by this campaign before"),
    COMPARED: gettext_lazy("Left out to compare by another campaign"),
    ASKED: gettext_lazy("Has asked for something that waits for us"),
    OFFERED: gettext_lazy("Was offered relief lately"),
    HOLD: gettext_lazy("A hold runs on a loan"),
    GUARD: gettext_lazy("The contact guard lets nobody write"),
}
CODES: Mapping[str, Promise] = {
    PLAN_FITS: gettext_lazy("Their month can carry the payments as they are"),
    NOTHING_FITS: gettext_lazy("Nothing fits within the limits"),
    UNKNOWN: gettext_lazy("Nothing is known of their month"),
    GUARD: gettext_lazy("The contact guard lets nobody write"),
    FAILED: gettext_lazy("Something went wrong; a person has to look at it"),
    TOO_LATE: gettext_lazy("The last day of the list was over"),
    BEYOND_APPROVED: gettext_lazy("It gives up more by now than was approved"),
    IS_DEEP: gettext_lazy("Gives up more than a supervisor may approve"),
    "relief_refused": gettext_lazy("Something is open on the loan, or it does not run any more"),
    Code.NOT_AFFORDABLE.value: gettext_lazy("The month could not carry it"),
    Code.NO_SURPLUS.value: gettext_lazy("The month leaves nothing for a payment"),
    Code.DOES_NOT_FIT_LOAN.value: gettext_lazy("The loan is not of a kind that can be changed like this"),
    Code.ABOVE_CAP.value: gettext_lazy("The loan would cost more than the law allows"),
    Code.BEYOND_TERM.value: gettext_lazy("It would end too late"),
    Code.BEYOND_COUNT.value: gettext_lazy("It would take more payments than the product has"),
    Code.NO_ARREARS.value: gettext_lazy("Nothing is overdue"),
    Code.NOT_RUNNING.value: gettext_lazy("The loan is not running any more"),
}


def audience_words(campaign: ReliefCampaign, *, now: datetime) -> list[list[Any]]:
    """Return for whom a campaign is, what it does and how far, a line each."""
    told, today = campaign.audience, lender_date(now)
    places = policy.early_warning_places(today)
    rows: list[list[Any]] = []
    if told.get("triggers"):
        rows.append([_("noticed"), ", ".join(trigger_name(code) for code in told["triggers"])])
    if told.get("strong"):
        rows.append([_("noticed"), _("something strong")])
    for part, name in (("regions", _("region")), ("sectors", _("sector"))):
        if told.get(part):
            known = places[part]
            rows.append([name, ", ".join(named(known[code]) if code in known else code for code in told[part])])
    if told.get("products"):
        kinds = dict(Product.Kind.choices)
        rows.append([_("products"), ", ".join(str(kinds.get(code, code)) for code in told["products"])])
    if campaign.relief is not None:
        rows.append([_("relief"), relief_words(campaign.relief)])
    else:
        rows += [
            [_("people a night, at most"), str(campaign.per_day)],
            [_("left out to compare"), percent(campaign.holdout_bps)],
            [_("days of peace after an offer"), str(campaign.quiet_days)],
        ]
    days = f"{date_format(campaign.first_on)} – {date_format(campaign.last_on)}"
    return [*rows, [_("days"), days]]


def relief_words(relief: Mapping[str, Any]) -> str:
    name = str(METHODS[ReliefMethod(relief["method"])].name)
    figures = {
        "count": _("payments: %(value)s"),
        "months": _("months: %(value)s"),
        "arrears_over": _("overdue over payments: %(value)s"),
        "due_day": _("due day: %(value)s"),
        "step": _("step: %(value)s"),
        "annual_rate": _("rate: %(value)s"),
    }
    told = [words % {"value": relief[figure]} for figure, words in figures.items() if figure in relief]
    if relief.get("method") == ReliefMethod.PAYMENT_HOLIDAY.value:
        told.append(
            _("interest is paid") if relief.get("interest") == "paid" else _("interest is asked for afterwards")
        )
    return " · ".join([name, *told])


def campaign_tables(campaign: ReliefCampaign, *, now: datetime) -> Preview:
    """Return what another person approves, as plain texts: the settings, and what they come to as things are."""
    settings = {
        "title": _("What it does"),
        "columns": [_("what"), _("as written")],
        "rows": [[capfirst(str(name)), str(value)] for name, value in audience_words(campaign, now=now)],
        "note": _("Each borrower decides alone. Nothing is changed before they accept with a code."),
    }
    return [settings, list_table(campaign) if campaign.is_disaster else reach_table(campaign, now=now)]


def reach_table(campaign: ReliefCampaign, *, now: datetime) -> dict[str, Any]:
    """Return how many people a campaign on early warnings would reach, and who is left in peace."""
    found = audience_of(campaign, now=now)
    held_out = found.held_out(campaign)
    rows = [
        [_("open early warnings of this kind"), str(found.people)],
        *([f"− {BLOCKS[why]}", str(count)] for why, count in sorted(found.blocked.items())),
        [_("people it reaches"), str(len(found.leads))],
        [_("of them left out to compare, where something fits"), str(held_out)],
        [_("of them offered relief, where something fits"), str(len(found.leads) - held_out)],
        [_("nights that it takes"), str(-(-len(found.leads) // campaign.per_day))],
    ]
    return {
        "title": _("Whom it reaches as things are"),
        "columns": [_("people"), {"title": _("count"), "is_number": True}],
        "rows": [[capfirst(name), count] for name, count in rows],
        "note": _("Who is left in peace now is looked at again each night. Whom nothing fits is offered nothing."),
    }


def list_table(campaign: ReliefCampaign) -> dict[str, Any]:
    """Return how many loans of a list the relief fits, what it costs, and why not the others."""
    counts = members_by_state(campaign)
    currency = policy.approval_authority(campaign.first_on).currency
    deep = campaign.members.filter(state__in=(State.FITS, State.OFFERED), code=IS_DEEP).count()
    rows = [
        [_("loans on the list"), str(sum(counts.values()))],
        *([str(State(state).label), str(count)] for state, count in sorted(counts.items())),
        [_("given up of what the loans are worth, not offered yet"), money(cost_of(campaign), currency)],
        *([[_("of them more than a supervisor may approve for one loan"), str(deep)]] if deep else []),
        *([f"– {code_words(code)}", str(count)] for code, count in refusals_by_code(campaign)),
    ]
    return {
        "title": _("The list, loan by loan"),
        "columns": [_("loans"), {"title": _("count"), "is_number": True}],
        "rows": [[capfirst(name), count] for name, count in rows],
        "note": _("Each loan is looked at once more when it is offered; whom it no longer fits is offered nothing."),
    }


def code_words(code: str) -> str:
    return str(CODES.get(code, _("Another rule stands against it (%(code)s)") % {"code": code}))


def percent(bps: int) -> str:
    """Return basis points as a percentage, exactly: 1250 is 12.5%."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"
