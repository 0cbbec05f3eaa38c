"""The watch over the scorecards as figures and tables: one night, and how it came to that."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.web.staff_tables import Column, Figure, Table
from loans.domain.drift import SCORE
from loans.domain.fairness_groups import AGE, SEX
from loans.domain.stability import Stability
from loans.models import ScorecardWatch
from loans.scoring.serving import scorecard

NIGHTS = 60
NOTHING = "–"
STABILITIES: Mapping[str, tuple[Promise, str]] = {
    Stability.STABLE.value: (_("Stable"), "good"),
    Stability.WATCH.value: (_("To be watched"), "soon"),
    Stability.ACT.value: (_("Somebody must act"), "late"),
}
ATTRIBUTES = {AGE: _("How age groups fare"), SEX: _("How women and men fare")}
GROUPS = {"F": _("Women"), "M": _("Men")}


def watch_figures(watch: ScorecardWatch) -> list[Figure]:
    role = gettext("champion") if watch.is_champion else gettext("challenger, only watched")
    window = f"{date_format(watch.from_on)} – {date_format(watch.night)}"
    shown = [
        Figure(_("scorecard"), watch.scorecard, role),
        Figure(_("borrowers scored") if _is_behavior(watch) else _("applications scored"), watch.applications, window),
    ]
    score, worst = _of_score(watch), _worst(watch)
    for title, found in ((_("index of the points"), score), (_("highest index of a fact"), worst)):
        if found:
            words, tone = STABILITIES[found["stability"]]
            name = "" if found is score else f" · {drift_label(watch, found['name'])}"
            shown.append(Figure(title, f"{found['index']:.2f}", f"{words}{name}", tone))
    if not watch.drift:
        shown.append(Figure(_("drift"), NOTHING, _("Too few applications to say anything.")))
    if (lowest := _lowest_ratio(watch)) is not None:
        needs = any(group["needs_a_look"] for group in _groups(watch))
        words = _("A group needs a look") if needs else _("Above the bar")
        shown.append(Figure(_("lowest impact ratio"), f"{lowest:.2f}", words, "late" if needs else "good"))
    return shown


def watch_tables(watch: ScorecardWatch, history: Sequence[ScorecardWatch]) -> list[Table]:
    return [
        _drift_table(watch),
        *([] if _is_behavior(watch) else _fairness_tables(watch)),
        *_comparison_tables(watch),
        _history_table(history),
    ]


def _drift_table(watch: ScorecardWatch) -> Table:
    return Table(
        title=_("Drift"),
        columns=[
            Column(_("what")),
            Column(_("index"), is_number=True),
            Column(_("state")),
            Column(_("in training"), is_number=True),
            Column(_("in the window"), is_number=True),
        ],
        rows=[
            [
                drift_label(watch, each["name"]),
                f"{each['index']:.4f}",
                STABILITIES[each["stability"]][0],
                _shares(each["expected"]),
                _shares(each["found"]),
            ]
            for each in watch.drift
        ],
        empty=_("Too few applications to say anything."),
        note=_("The population stability index of the points and of each fact; shares by band, in percent."),
    )


def _fairness_tables(watch: ScorecardWatch) -> Iterator[Table]:
    columns = [
        Column(_("group of applicants")),
        Column(_("applicants"), is_number=True),
        Column(_("approved"), is_number=True),
        Column(_("95% interval"), is_number=True),
        Column(_("impact ratio"), is_number=True),
        Column(_("95% interval"), is_number=True),
        Column(_("state")),
    ]
    for attribute, title in ATTRIBUTES.items():
        groups = watch.fairness.get(attribute, [])
        yield Table(
            title=title,
            columns=columns,
            rows=[_group_row(group) for group in groups],
            empty=_("Nothing was decided in the window."),
            note=_("No decision knows these groups. A small group shows its size only."),
        )


def _group_row(group: dict[str, Any]) -> list[Any]:
    name = GROUPS.get(group["group"], group["group"])
    if group["approval_rate"] is None:
        return [name, group["applicants"], NOTHING, NOTHING, NOTHING, NOTHING, _("Too small to say")]
    state = _("Needs a look") if group["needs_a_look"] else _("Above the bar")
    ratio = NOTHING if group["impact_ratio"] is None else f"{group['impact_ratio']:.2f}"
    return [
        name,
        group["applicants"],
        f"{group['approval_rate'] * 100:.1f}%",
        _interval(group["rate_interval"], percent=True),
        ratio,
        _interval(group["ratio_interval"]),
        state if group["impact_ratio"] is not None else NOTHING,
    ]


def _comparison_tables(watch: ScorecardWatch) -> Iterator[Table]:
    found = watch.comparison
    if not found:
        return
    yield Table(
        title=_("Champion beside challenger"),
        columns=[
            Column(_("points")),
            Column(_("champion"), is_number=True),
            Column(found["challenger"], is_number=True),
        ],
        rows=[
            list(row) for row in zip(_bands(found["edges"]), found["champion"], found["challenger_bands"], strict=True)
        ],
        empty=_("None."),
    )
    total = found["both"] + found["neither"] + found["only_champion"] + found["only_challenger"]
    words = gettext("At the bar of %(bar)s points they differ on %(count)s of %(all)s applicants.") % {
        "bar": found["bar"],
        "count": found["only_champion"] + found["only_challenger"],
        "all": total,
    }
    yield Table(
        title=_("Where they differ"),
        columns=[
            Column(""),
            Column(_("challenger at or above the bar"), is_number=True),
            Column(_("challenger below"), is_number=True),
        ],
        rows=[
            [_("Champion at or above the bar"), found["both"], found["only_champion"]],
            [_("Champion below"), found["only_challenger"], found["neither"]],
        ],
        empty="",
        note=words,
    )


def _history_table(history: Sequence[ScorecardWatch]) -> Table:
    return Table(
        title=_("Night by night"),
        columns=[
            Column(_("night")),
            Column(_("scored"), is_number=True),
            Column(_("index of the points"), is_number=True),
            Column(_("highest index of a fact"), is_number=True),
            Column(_("state")),
            Column(_("lowest impact ratio"), is_number=True),
            Column(_("differ at the bar"), is_number=True),
        ],
        rows=[_night_row(watch) for watch in history],
        empty=_("No night was watched yet."),
        note=_("The newest first."),
    )


def _night_row(watch: ScorecardWatch) -> list[Any]:
    score, worst, lowest = _of_score(watch), _worst(watch), _lowest_ratio(watch)
    gravest = max((each for each in (score, worst) if each), key=lambda each: each["index"], default=None)
    address = reverse("admin:loans_scorecardwatch_change", args=[watch.pk])
    return [
        format_html('<a href="{}">{}</a>', address, date_format(watch.night)),
        watch.applications,
        f"{score['index']:.2f}" if score else NOTHING,
        f"{worst['index']:.2f}" if worst else NOTHING,
        STABILITIES[gravest["stability"]][0] if gravest else _("Too few applications"),
        NOTHING if lowest is None else f"{lowest:.2f}",
        NOTHING if not watch.comparison else watch.comparison["only_champion"] + watch.comparison["only_challenger"],
    ]


def _is_behavior(watch: ScorecardWatch) -> bool:
    """Whether running loans are scored, of whom no groups are counted."""
    return watch.use == ScorecardWatch.Use.BEHAVIOR


def _of_score(watch: ScorecardWatch) -> dict[str, Any] | None:
    return next((each for each in watch.drift if each["name"] == SCORE), None)


def _worst(watch: ScorecardWatch) -> dict[str, Any] | None:
    facts = [each for each in watch.drift if each["name"] != SCORE]
    return max(facts, key=lambda each: each["index"], default=None)


def _groups(watch: ScorecardWatch) -> list[dict[str, Any]]:
    return [group for groups in watch.fairness.values() for group in groups]


def _lowest_ratio(watch: ScorecardWatch) -> float | None:
    ratios = [group["impact_ratio"] for group in _groups(watch) if group["impact_ratio"] is not None]
    return min(ratios, default=None)


def drift_label(watch: ScorecardWatch, name: str) -> str:
    """Return what a fact is called in the reader's language, as the scorecard has it; its code where that is gone."""
    if name == SCORE:
        return gettext("Points")
    try:
        known = {each.name: each.label for each in scorecard(watch.scorecard).characteristics}
    except DomainError:
        return name
    labels = {language.lower(): text for language, text in known.get(name, {}).items()}
    return labels.get((get_language() or "en").lower()) or labels.get("en", name)


def _shares(counts: Sequence[int]) -> str:
    total = sum(counts)
    return " · ".join(f"{count * 100 / total:.0f}" for count in counts) if total else NOTHING


def _interval(bounds: Sequence[float] | None, *, percent: bool = False) -> str:
    if bounds is None:
        return NOTHING
    low, high = bounds
    return f"{low * 100:.1f}–{high * 100:.1f}%" if percent else f"{low:.2f}–{high:.2f}"


def _bands(edges: Sequence[int]) -> list[str]:
    inner = [f"{low}–{high - 1}" for low, high in pairwise(edges)]
    return [f"< {edges[0]}", *inner, f"≥ {edges[-1]}"] if edges else ["–"]
