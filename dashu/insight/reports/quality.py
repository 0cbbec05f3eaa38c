"""What reviews of the desk's work found: the figures of the report of quality, by month, team and question."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.models import REVIEW
from collections_mgmt.selectors.overview import latest_closed
from collections_mgmt.selectors.quality_report import Asked, Found, quality_report
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.judged import RANGE_NOTE, share_cells, share_columns
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.kernel.dates import month_end_of
from dashu.policy import rules as policy
from dashu.web.writing import named

_OF = gettext_lazy("drawn at random")


def read(scope: Scope) -> list[Figures]:
    last = month_end_of(scope.last)
    found = quality_report(first=scope.first, today=latest_closed(last) or last, last=last)
    few = policy.quality_sampling(last).few
    tables = [_reviews(scope, "by-team", _("By team and month"), found.teams, few), _questions(scope, found.questions)]
    if scope.may(REVIEW):  # names people; a mail never does
        tables.insert(
            1, _reviews(scope, "by-collector", _("By collector and month"), found.people, few, of_people=True)
        )
    return tables


def _reviews(
    scope: Scope, code: str, title: str, rows: Sequence[Found], few: int, *, of_people: bool = False
) -> Figures:
    return Figures(
        code=code,
        title=title,
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column("team", gettext_lazy("team"), labels=lambda name: name or "–"),
            *([Column("collector", gettext_lazy("collector"))] if of_people else []),
            *share_columns("passed", gettext_lazy("share as it should be"), gettext_lazy("as it should be"), _OF),
            Column("score", gettext_lazy("mean score"), Kind.SHARE),
            Column("others", gettext_lazy("for a complaint or care"), Kind.COUNT),
            Column("others_passed", gettext_lazy("of them as it should be"), Kind.COUNT),
            Column("critical", gettext_lazy("critical"), Kind.COUNT),
        ],
        rows=[
            [
                row.month,
                row.team,
                *([row.person] if of_people else []),
                *share_cells(row.passed),
                None if row.score_bps is None else Decimal(row.score_bps).scaleb(-4),
                row.others,
                row.others_passed,
                row.critical,
            ]
            for row in rows
        ],
        currency=scope.currency,
        notes=[
            RANGE_NOTE,
            _("Only what was drawn at random speaks for all of the work. Fewer than %(few)s reviews say little.")
            % {"few": few},
        ],
        empty=_("Nothing was reviewed in these months."),
    )


def _questions(scope: Scope, questions: Sequence[Asked]) -> Figures:
    asks: dict[str, Any] = {
        question.code: named(question.ask) for question in policy.quality_scorecard(month_end_of(scope.last)).questions
    }
    return Figures(
        code="by-question",
        title=_("By question"),
        columns=[
            Column("question", gettext_lazy("question"), labels=lambda code: asks.get(code, code)),
            *share_columns(
                "yes", gettext_lazy("share of “yes”"), gettext_lazy("“yes”"), gettext_lazy("times it applied")
            ),
        ],
        rows=[[each.code, *share_cells(each.yes)] for each in questions],
        currency=scope.currency,
        notes=[_("What fails most often stands first: it is what a talk with everybody helps most.")],
        empty=_("Nothing was reviewed in these months."),
    )


REPORT = Report(
    code="quality",
    group=Group.WORK,
    title=gettext_lazy("Quality of the work"),
    says=gettext_lazy(
        "How much of the work that was reviewed was as it should be, by team and by question. Single people are named"
        " to reviewers only."
    ),
    source=gettext_lazy("From the reviews of work that was done in the months chosen, whenever it was reviewed."),
    read=read,
    dimensions=(),
    months=6,
    needs=REVIEW,
    is_of_loans=False,
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("Share as it should be"),
            gettext_lazy("Work that was as it should be ÷ work that was drawn at random."),
        ),
        Definition(
            gettext_lazy("Low and high end"),
            gettext_lazy("The range that the true share lies in 19 times of 20 (Wilson's interval)."),
        ),
    ],
)
