"""The tables of the pages on strategies: what a version does, would have done, and what became of its people."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.words import share
from collections_mgmt.domain.simulating import Outcome, Simulation
from collections_mgmt.domain.strategy import Act, Placed, Row, aligned
from collections_mgmt.domain.trials import BETTER, Arm, Goal, Trial
from collections_mgmt.models import StrategyAct, StrategyPlace, StrategyVersion
from collections_mgmt.selectors.strategy_simulation import Played
from collections_mgmt.share_words import gap_words, interval_of, rate_words
from collections_mgmt.strategy_words import ACTS, GOALS, end_words, steps_words, who
from dashu.kernel.shares import Difference, Share
from dashu.web.intervals import IntervalChart
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money

_FILES = pgettext_lazy("case files", "files")
_ROW, _WHOM, _DONE = _("row"), _("for whom"), _("what is done")


def version_link(version: StrategyVersion) -> Any:
    address = reverse("admin:collections_mgmt_strategyversion_change", args=[version.pk])
    return format_html('<a href="{}">{}</a>', address, version)


def role_words(version: StrategyVersion) -> str:
    role = str(version.get_role_display())
    return role if version.role == "CHAMPION" else f"{role}, {share(version.share_bps)}"


def rows_table(rows: Sequence[Row]) -> Table:
    return Table(
        title=_("The table"),
        columns=[Column(_ROW, is_number=True), Column(_WHOM), Column(_DONE)],
        rows=[[place, wrapped(who(row)), wrapped(steps_words(row))] for place, row in enumerate(rows, 1)],
        note=_("The first row that fits is followed. Days of a wait stand still while something is agreed."),
        empty="",
    )


def compare_table(mine: StrategyVersion, other: StrategyVersion) -> Table:
    """Both tables side by side, rows that are the same beside each other."""
    rows: list[list[Any]] = []
    tones: list[str] = []
    for theirs, ours in aligned(other.table(), mine.table()):
        is_same = theirs is not None and ours is not None and theirs[1] == ours[1]
        rows.append([*_numbered(theirs), *_numbered(ours), "" if is_same else gettext("differs")])
        tones.append("quiet" if is_same else "changed")
    row = Column(_ROW, is_number=True)
    return Table(
        title=_("Row by row"),
        columns=[row, Column(str(other)), row, Column(str(mine)), Column("")],
        rows=rows,
        tones=tones,
        empty="",
    )


def _numbered(found: Placed | None) -> list[Any]:
    return ["", "–"] if found is None else [found[0] + 1, _row_words(found[1])]


def _row_words(row: Row) -> Any:
    return format_html('<span class="staff-wrap"><strong>{}</strong><br>{}</span>', who(row), steps_words(row))


def version_figures(version: StrategyVersion) -> list[Figure]:
    counts = StrategyPlace.objects.filter(version=version).aggregate(
        files=Count("pk"), paused=Count("pk", filter=~Q(paused=""))
    )
    return [
        Figure(_("state"), version.get_status_display(), end_words(version.end_reason) if version.end_reason else ""),
        Figure(_("role"), version.get_role_display(), share(version.share_bps)),
        Figure(_("files that follow it"), counts["files"]),
        Figure(_("of them stand still"), counts["paused"], _("something is agreed or asked")),
    ]


def simulation_figures(found: Played) -> list[Figure]:
    simulation = found.simulation
    note = gettext("%(since)s to %(until)s") % {
        "since": date_format(found.book.since),
        "until": date_format(found.book.until),
    }
    drawn = ""
    if found.book.files > simulation.files:
        drawn = gettext("drawn by chance from %(files)s") % {"files": found.book.files}
    figures = [
        Figure(_FILES, simulation.files, drawn or note),
        Figure(_("messages a week"), simulation.a_week(simulation.draft.messages), _now(found, "messages")),
        Figure(_("looks of collectors a week"), simulation.a_week(simulation.draft.tasks), _now(found, "tasks")),
        Figure(
            _("messages that the caps keep back"),
            simulation.draft.blocked,
            _("in all; the guard lets none of them leave"),
            "soon" if simulation.draft.blocked else "good",
        ),
    ]
    if simulation.present is not None:
        figures.append(Figure(_("files with which it differs"), simulation.differ, _share_words(simulation)))
    return figures


def _now(found: Played, name: str) -> str:
    if found.simulation.present is None:
        return gettext("nothing is in use to compare with")
    present: Outcome = found.simulation.present
    return gettext("now: %(count)s") % {"count": found.simulation.a_week(getattr(present, name))}


def _share_words(simulation: Simulation) -> str:
    if not simulation.files:
        return ""
    return gettext("%(share)s of all") % {"share": share(simulation.differ * 10_000 // simulation.files)}


def simulation_tables(version: StrategyVersion, found: Played) -> list[Table]:
    simulation, rows = found.simulation, version.table()
    matched = Table(
        title=_("Whom each row would have had"),
        columns=[
            Column(_ROW, is_number=True),
            Column(_WHOM),
            Column(_FILES, is_number=True),
            Column(_DONE),
        ],
        rows=[
            [place + 1, wrapped(who(row)), simulation.draft.rows[place], wrapped(steps_words(row))]
            for place, row in enumerate(rows)
        ],
        note=_("A file that grew older may have been in several rows."),
        empty="",
    )
    acts = Table(
        title=_("What would have been done in a week"),
        columns=[
            Column(_DONE),
            Column(_("this version"), is_number=True),
            Column(_("in use now"), is_number=True),
        ],
        rows=[
            [
                label,
                simulation.a_week(simulation.draft.acts[Act(code)]),
                "–" if simulation.present is None else simulation.a_week(simulation.present.acts[Act(code)]),
            ]
            for code, label in ACTS.items()
        ],
        note=_("Messages that the caps of the contact guard keep back are not among them."),
        empty="",
    )
    differing = Table(
        title=_("On whom it differs"),
        columns=[Column(_("case file")), Column(_("this version")), Column(_("in use now"))],
        rows=[[each.number, wrapped(_acts(each.draft)), wrapped(_acts(each.present))] for each in simulation.differing],
        note=_("The first of them, by chance. Where nothing stands, they would have been left in peace."),
        empty=_("With nobody."),
    )
    return [matched, acts, *([differing] if simulation.present is not None else [])]


def _acts(acts: Sequence[Act]) -> str:
    return " → ".join(str(ACTS[act]) for act in acts) or "–"


def results_table(trial: Trial, *, window: int) -> Table:
    rows: list[list[Any]] = []
    for goal, label in GOALS.items():
        mine, theirs = trial.challenger.share(goal), trial.champion.share(goal)
        found = trial.compared(goal)
        rows.append([label, rate_words(mine), rate_words(theirs), gap_words(found), wrapped(verdict(goal, found))])
    sides = (trial.challenger, trial.champion)
    only_shown = gettext("shown, not compared")
    rows.append([_("complaints per 1,000 contacts"), *(_complaints(side) for side in sides), "–", only_shown])
    blocked = [rate_words(Share(side.blocked, side.tried)) for side in sides]
    rows.append([_("messages that the guard refused"), *blocked, "–", only_shown])
    paid = [f"{money(side.paid_minor)} / {money(side.overdue_minor)}" for side in sides]
    rows.append([_("paid of what was overdue"), *paid, "–", only_shown])
    return Table(
        title=_("What became of them"),
        columns=[
            Column(_("of the people drawn")),
            Column(_("people of the challenger"), is_number=True),
            Column(_("people of the champion"), is_number=True),
            Column(_("difference"), is_number=True),
            Column(_("what it says")),
        ],
        rows=rows,
        note=gettext(
            "Each person counts for the side in which they were drawn, whatever was then done, for %(days)s days. In"
            " brackets: where the true value lies, 95 times of 100."
        )
        % {"days": window},
        empty="",
    )


def results_chart(trial: Trial) -> IntervalChart | None:
    """Draw each goal that people were drawn for, with both sides; None where nobody's window is over."""
    sides = (
        (_("people of the challenger"), trial.challenger, "first"),
        (_("people of the champion"), trial.champion, "second"),
    )
    groups = []
    for goal in BETTER:
        shares = [(name, arm.share(goal), tone) for name, arm, tone in sides]
        if all(found.total for _name, found, _tone in shares):
            groups.append((GOALS[goal], [interval_of(name, found, tone) for name, found, tone in shares]))
    if not groups:
        return None
    return IntervalChart(
        title=_("Both sides beside each other"),
        summary=_(
            "The mark is what was found, the bar where the true value lies, 95 times of 100. Bars may touch although"
            " the difference is clear: the table says which differences are."
        ),
        groups=groups,
    )


def trial_figures(version: StrategyVersion, trial: Trial) -> list[Figure]:
    return [
        Figure(_("state"), version.get_status_display(), end_words(version.end_reason)),
        Figure(_("people of the challenger"), trial.challenger.people, _through(trial.challenger)),
        Figure(_("people of the champion"), trial.champion.people, _through(trial.champion)),
        Figure(_("needed on each side"), trial.least, _("before anything is concluded")),
    ]


def _through(arm: Arm) -> str:
    return gettext("%(count)s whose window is over") % {"count": arm.through}


def acts_table(version: StrategyVersion) -> Table:
    counts = (
        StrategyAct.objects.filter(version=version).values("act", "outcome").annotate(count=Count("pk")).order_by("act")
    )
    outcomes = dict(StrategyAct.Outcome.choices)
    return Table(
        title=_("What was done by this version"),
        columns=[Column(_DONE), Column(_("outcome")), Column(_("times"), is_number=True)],
        rows=[[ACTS[each["act"]], outcomes[each["outcome"]], each["count"]] for each in counts],
        empty=_("Nothing yet. The night does it."),
    )


def verdict(goal: Goal, found: Difference | None) -> str:
    if goal not in BETTER:
        return gettext("shown, not compared: nobody was drawn for making a promise")
    if found is None:
        return gettext("too few people yet")
    if not found.is_clear:
        return gettext("no clear difference")
    return gettext("the challenger is better") if found.value * BETTER[goal] > 0 else gettext("the challenger is worse")


def _complaints(arm: Arm) -> str:
    if not arm.contacts:
        return "–"
    if arm.complaints > arm.contacts:
        return gettext("%(count)s on %(contacts)s contacts") % {"count": arm.complaints, "contacts": arm.contacts}
    low, high = Share(arm.complaints, arm.contacts).interval()
    return f"{arm.complaints * 1000 / arm.contacts:.1f} ({low * 1000:.1f}–{high * 1000:.1f})"


def played_words(found: Played) -> str:
    """Return what the simulation stands for."""
    return gettext(
        "Played on the files that were open from %(since)s to %(until)s, with the days past due and what was agreed as"
        " they were, and what was known of each person when these weeks began. Nothing was written or sent."
    ) % {"since": date_format(found.book.since), "until": date_format(found.book.until)}
