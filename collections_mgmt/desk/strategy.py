"""Why a file gets the step that it gets: its row, what is known of the borrower, and what comes next."""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.lines import register_words
from collections_mgmt.domain.segments import Response, points_of
from collections_mgmt.domain.strategy import due_on
from collections_mgmt.models import CaseFile, StrategyAct, StrategyPlace
from collections_mgmt.selectors.file_lines import Source, register_source, rows_of, start_of
from collections_mgmt.strategy_words import ACTS, CAPACITIES, CHANNELS, POINTS, READINESS, step_words, who
from dashu.policy import rules as policy
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money


def strategy_shown(file: CaseFile, *, today: date) -> dict[str, Any] | None:
    """Return what the page of a file says of its strategy; None where it follows none, or is closed."""
    if not file.is_open:
        return None
    found = StrategyPlace.objects.filter(file=file).select_related("version__strategy", "row").first()
    if found is None:
        return None
    return {
        "name": str(found.version),
        "address": reverse("admin:collections_mgmt_strategyversion_change", args=[found.version_id]),
        "role": found.version.get_role_display(),
        "row": found.row.place + 1,
        "whom": who(found.row.plain()),
        "since": date_format(found.since),
        "next": _next(found),
        "known": _known(found, file, today),
    }


def _next(place: StrategyPlace) -> str:
    steps = place.row.plain().steps
    if place.steps_done >= len(steps):
        return gettext("All steps of this row are done. Something else follows when another row fits.")
    step = steps[place.steps_done]
    if place.paused:
        return gettext("%(why)s, so nothing is done and the days do not count. After it: %(step)s.") % {
            "why": place.get_paused_display(),
            "step": step_words(step),
        }
    return gettext("Next, on %(day)s: %(step)s.") % {
        "day": date_format(due_on(place.counted_from, step.wait)),
        "step": step_words(step),
    }


def _known(place: StrategyPlace, file: CaseFile, today: date) -> Table:
    rule = policy.strategy_rules(today).readiness
    if place.surplus_minor is None:
        left = gettext("They have not told us lately what a month leaves.")
    else:
        left = gettext("A month leaves %(left)s; the loans that are behind ask for %(asked)s.") % {
            "left": money(place.surplus_minor, file.currency),
            "asked": money(place.asked_minor, file.currency),
        }
    points = points_of(Response(place.opened, place.kept, place.broken, place.paid), rule)
    told = " · ".join(f"{POINTS[each.name]}: {each.times} ({each.points:+d})" for each in points)
    days = gettext("in the last %(days)s days") % {"days": rule.days}
    return Table(
        title=_("What the row was chosen by"),
        columns=[Column(_("part")), Column(_("what we know")), Column(_("from"))],
        rows=[
            [_("days past due"), file.days, gettext("as of the latest night")],
            [_("capacity"), CAPACITIES[place.capacity], left],
            [_("readiness"), READINESS[place.readiness], f"{told or gettext('nothing that counts')} · {days}"],
            [_("special care"), gettext("yes") if file.is_care or "CARE" in file.facts else gettext("no"), ""],
        ],
        note=_("By the rule collections.strategies. What they learn, or read at night, counts for nothing."),
        empty="",
    )


def _acts(borrower_id: int) -> QuerySet[StrategyAct]:
    found = StrategyAct.objects.filter(file__borrower=borrower_id).select_related("version__strategy")
    return rows_of(found, moment=start_of("done_on")).annotate(place=F("row__place"))


def _words(act: Any) -> tuple[Any, Any]:
    about = gettext("%(version)s, row %(row)s, step %(step)s") % {
        "version": act.version,
        "row": act.place + 1,
        "step": act.number,
    }
    parts = [act.get_outcome_display(), CHANNELS[act.channel] if act.channel else "", about]
    return ACTS[act.act], " · ".join(str(part) for part in parts if part)


def register() -> None:
    """Let the past of a borrower show the steps of strategies."""
    register_source(Source("strategy", "file", _acts))
    register_words("strategy", _words)
