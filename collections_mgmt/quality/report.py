"""The report of quality reviews as staff read it. Small numbers say so."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.words import share
from collections_mgmt.selectors.quality_report import Found, QualityReport
from dashu.kernel.shares import Share
from dashu.web.staff_tables import Column, Figure, Table


def report_figures(report: QualityReport, *, few: int) -> list[Figure]:
    whole = Share(sum(row.passed.count for row in report.teams), sum(row.passed.total for row in report.teams))
    critical = sum(row.critical for row in report.teams)
    return [
        Figure(_("waiting for a review"), report.waiting),
        Figure(_("past their day"), report.late, tone="late" if report.late else "good"),
        Figure(_("as it should be"), share_words(whole, few), _("of the work drawn at random, in six months")),
        Figure(_("failed on something critical"), critical, _("of all reviews"), "late" if critical else "good"),
    ]


def report_tables(report: QualityReport, *, few: int, asked: Mapping[str, str]) -> list[Table]:
    note = gettext(
        "Only what was drawn at random speaks for all of the work; in brackets, the range that the true share lies in"
        " 19 times of 20. Fewer than %(few)s reviews say little and are marked."
    ) % {"few": few}
    return [
        _table(_("By team and month"), report.teams, few, note=note),
        _table(_("By collector and month"), report.people, few, note=note, is_of_people=True),
        Table(
            title=_("By question"),
            columns=[Column(_("question")), Column(_("“yes”, where it applied"), is_number=True)],
            rows=[[asked.get(each.code, each.code), share_words(each.yes, few)] for each in report.questions],
            empty=_("Nothing was reviewed in these months."),
            note=_("What fails most often stands first: it is what a talk with everybody helps most."),
        ),
    ]


def share_words(found: Share, few: int) -> str:
    """Return a share with how much it says, such as "4 of 5 · 80% (38–96%) · few"."""
    if not found.total:
        return "–"
    low, high = (round(bound * 100) for bound in found.interval())
    told = gettext("%(count)s of %(total)s · %(share)s%% (%(low)s–%(high)s%%)") % {
        "count": found.count,
        "total": found.total,
        "share": found.count * 100 // found.total,
        "low": low,
        "high": high,
    }
    return f"{told} · {gettext('few')}" if found.total < few else told


def _table(
    title: Any,
    rows: Sequence[Found],
    few: int,
    *,
    note: str,
    is_of_people: bool = False,
) -> Table:
    return Table(
        title=title,
        columns=[
            Column(_("month")),
            Column(_("team")),
            *([Column(_("collector"))] if is_of_people else []),
            Column(_("as it should be"), is_number=True),
            Column(_("mean score"), is_number=True),
            Column(_("for a complaint or care"), is_number=True),
            Column(_("critical"), is_number=True),
        ],
        rows=[
            [
                date_format(row.month, "Y-m"),
                row.team or "–",
                *([row.person] if is_of_people else []),
                share_words(row.passed, few),
                share(row.score_bps) if row.score_bps is not None else "–",
                gettext("%(count)s of %(total)s") % {"count": row.others_passed, "total": row.others},
                row.critical,
            ]
            for row in rows
        ],
        tones=["quiet" if row.passed.total < few else "" for row in rows],
        note=note,
        empty=_("Nothing was reviewed in these months."),
    )
