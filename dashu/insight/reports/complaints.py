"""What complaints came from, by month and product, and whether they were answered in time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.selectors.complaints_report import ComplaintsReport, complaints_report
from collections_mgmt.selectors.overview import latest_closed
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.judged import few_note, share_cells, share_columns
from dashu.insight.reading import month_words
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import product_names
from dashu.kernel.dates import month_end_of
from dashu.kernel.shares import Share
from dashu.policy import rules as policy
from dashu.web.charts import Chart, Series, Tone
from dashu.web.writing import named


def read(scope: Scope) -> list[Figures]:
    last = month_end_of(scope.last)
    today = latest_closed(last) or last
    found = complaints_report(first=scope.first, today=today, last=last)
    return [_now(scope, found), _months(scope, found), _causes(scope, found, today)]


def _now(scope: Scope, found: ComplaintsReport) -> Figures:
    in_time = Share(found.answered_in_time, found.answered)
    return Figures(
        code="clock",
        title=_("Answered in time"),
        columns=[
            *share_columns(
                "in_time", gettext_lazy("share in time"), gettext_lazy("answered in time"), gettext_lazy("answered")
            ),
            Column("reopened", gettext_lazy("opened again"), Kind.COUNT),
            Column("waiting", gettext_lazy("waiting for an answer"), Kind.COUNT),
            Column("late", gettext_lazy("of them past their day"), Kind.COUNT),
        ],
        rows=[[*share_cells(in_time), found.reopened, found.waiting, found.late]],
        currency=scope.currency,
        notes=few_note([in_time]),
    )


def _months(scope: Scope, found: ComplaintsReport) -> Figures:
    products = product_names()
    rows = [row for row in found.months if not scope.product or row[1] == scope.product]
    return Figures(
        code="by-month",
        title=capfirst(_("complaints by month and product")),
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column("product", gettext_lazy("product"), labels=lambda code: products.get(code, code) or _NO_LOAN),
            Column("received", gettext_lazy("number received"), Kind.COUNT),
            Column("late", gettext_lazy("answered late"), Kind.COUNT),
            Column("reopened", gettext_lazy("opened again"), Kind.COUNT),
        ],
        rows=[list(row) for row in rows],
        currency=scope.currency,
        chart=_chart(rows),
        empty=_("Nobody has complained in these months."),
    )


_NO_LOAN = gettext_lazy("no loan in particular")


def _causes(scope: Scope, found: ComplaintsReport, today: date) -> Figures:
    names = {code: named(words) for code, words in policy.complaint_causes(today).items()}
    rows: list[list[Any]] = [
        [month, cause, counts[month]]
        for month in found.cause_months
        for cause, counts in found.causes
        if month in counts
    ]
    return Figures(
        code="by-cause",
        title=capfirst(_("complaints by cause")),
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column("cause", gettext_lazy("cause"), labels=lambda code: names.get(code, code)),
            Column("complaints", gettext_lazy("complaints"), Kind.COUNT),
        ],
        rows=rows,
        currency=scope.currency,
        notes=[_("Of those that were closed with a cause, by the month in which they came.")],
        empty=_("No complaint was closed with a cause yet."),
    )


def _chart(rows: Sequence[tuple[date, str, int, int, int]]) -> Chart | None:
    received: dict[date, int] = defaultdict(int)
    for month, _product, count, _late, _reopened in rows:
        received[month] += count
    if not received:
        return None
    months = sorted(received)
    return Chart(
        key="complaints",
        title=_("Complaints received"),
        summary=_("%(count)s complaints were received in %(month)s.")
        % {"count": f"{received[months[-1]]:,}", "month": month_words(months[-1])},
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[Series(_("number received"), [received[month] for month in months], Tone.PRINCIPAL)],
        currency=None,
    )


REPORT = Report(
    code="complaints",
    group=Group.WORK,
    title=gettext_lazy("Complaints"),
    says=gettext_lazy(
        "What people complained about, from month to month, and whether they had an answer in time. A complaint is the"
        " cheapest advice there is."
    ),
    source=gettext_lazy(
        "From the complaints received in the months chosen; what waits, waited at the time of reading. Only the table"
        " by product follows the choice of a product."
    ),
    read=read,
    dimensions=(),
    needs="collections_mgmt.view_complaint",
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("In time"),
            gettext_lazy("By the day that the rules of the pack set, counted from the day on which it was received."),
        ),
    ],
)
