"""The clocks of offers and plans, the next one in words: what comes next, when, and how near it is."""

from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collections_mgmt.models import OfferSet, RestructuringPlan

NEAR = timedelta(days=3)
TONES = {"plain": "info", "soon": "warning", "late": "danger", "good": "success"}
State = RestructuringPlan.Status


def offer_clock(offered: OfferSet, today: date) -> tuple[str, str]:
    if not offered.is_open:
        return "plain", "–"
    return _told(_("to decide until %(day)s"), offered.last_day, today)


def plan_clock(plan: RestructuringPlan, today: date) -> tuple[str, str]:
    """Return what comes next of a plan: taken back, first payment, made good, or the end of the observation."""
    if plan.status == State.BROKEN and plan.cure_until:
        return _told(_("to be made good until %(day)s"), plan.cure_until, today)
    if plan.is_running and today <= plan.withdraw_until:
        return "plain", _day(_("can be taken back until %(day)s"), plan.withdraw_until)
    if plan.is_running and today <= plan.first_due_on:
        return _told(_("first payment on %(day)s"), plan.first_due_on, today)
    if plan.is_observed:
        return "good" if plan.is_running else "plain", _day(_("observed until %(day)s"), plan.observed_until)
    return "plain", "–"


def plan_clocks(plan: RestructuringPlan) -> list[list[Any]]:
    """Return every clock of a plan for its page: what, until when."""
    rows: list[list[Any]] = [
        [_("can be taken back"), date_format(plan.withdraw_until)],
        [_("first payment under the plan"), date_format(plan.first_due_on)],
        [_("last payment"), date_format(plan.last_due_on)],
    ]
    if plan.broken_on and plan.cure_until:
        rows.append([_("broken, to be made good until"), date_format(plan.cure_until)])
    observed = plan.observation_ended_on or plan.observed_until
    rows.append([_("observed, with a floor of class and stage"), date_format(observed)])
    rows.append([_("counts as forborne"), date_format(plan.forborne_until)])
    return rows


def _told(words: str, day: date, today: date) -> tuple[str, str]:
    tone = "late" if day < today else "soon" if day <= today + NEAR else "plain"
    return tone, _day(words, day)


def _day(words: str, day: date) -> str:
    return words % {"day": date_format(day, "SHORT_DATE_FORMAT")}
