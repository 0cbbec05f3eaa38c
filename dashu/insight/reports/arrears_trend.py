"""How arrears and buckets went month by month, for the whole book or by one of its dimensions."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import CURRENT
from dashu.insight.figures import Column, Figures, Kind, Row, of_chart, share
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, buckets_over, kept_months, month_words, running, scale_of, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, state_label, value_labels
from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import money

MEASURES = ("loans", "principal_minor", "overdue_minor")
MOST_VALUES = 12  # of a dimension, by month; the last month is told of all

Totals = dict[str, int]


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    by = ("month", "value", "bucket") if scope.dimension else ("month", "bucket")
    rows = [row for row in sums(scope, *by, measures=MEASURES) if running(row)]
    tables = [_buckets(scope, kept, rows), _months(scope, kept, rows)]
    if scope.dimension:
        tables += [_values(scope, kept, rows), _values_by_month(scope, kept, rows)]
    return tables


def _buckets(scope: Scope, kept: Kept, rows: list[dict[str, Any]]) -> Figures:
    found = _summed(rows, "month", "bucket")
    lines: list[Row] = []
    links = []
    for month in reversed([month for month in kept.months if month in scope.months]):
        whole = sum(found.get((month, band.code), {}).get("principal_minor", 0) for band in scale_of(month).bands)
        for band in scale_of(month).bands:
            worth = found.get((month, band.code), {})
            principal = worth.get("principal_minor", 0)
            lines.append([month, band.code, *(worth.get(name, 0) for name in MEASURES), share(principal, whole)])
            links.append(loans_address(scope, month=month, buckets=[band.code]))
    return Figures(
        code="buckets",
        title=_("Buckets at the end of each month"),
        columns=[
            Column("month", _("month"), Kind.MONTH),
            Column("bucket", _("bucket"), labels=state_label),
            *_columns(),
            Column("share", _("share of principal"), Kind.SHARE),
        ],
        rows=lines if rows else [],
        currency=scope.currency,
        notes=kept.notes(scope),
        links=links,
    )


def _months(scope: Scope, kept: Kept, rows: list[dict[str, Any]]) -> Figures:
    by_month, behind = _summed(rows, "month"), _summed([row for row in rows if row["bucket"] != CURRENT], "month")
    months, missing = kept.of(scope), kept.missing(scope.months)
    lines: list[Row] = [
        [month, *([None] * 6 if month in missing else _line(by_month.get((month,), {}), behind.get((month,), {})))]
        for month in months
    ]
    return Figures(
        code="months",
        title=_("Loans that are behind, month by month"),
        columns=[Column("month", _("month"), Kind.MONTH), *_line_columns()],
        rows=lines[::-1] if rows else [],
        currency=scope.currency,
        chart=_chart(scope, kept, rows),
        notes=kept.notes(scope),
        links=["" if month in missing else loans_address(scope, month=month, over=0) for month in months[::-1]],
    )


def _values(scope: Scope, kept: Kept, rows: list[dict[str, Any]]) -> Figures:
    """Return every value at the end of the last month, the most overdue first."""
    of_last = [row for row in rows if row["month"] == scope.last]
    whole, behind = _summed(of_last, "value"), _summed([row for row in of_last if row["bucket"] != CURRENT], "value")
    lines = [[value, *_line(worth, behind.get((value,), {}))] for (value,), worth in whole.items()]
    lines.sort(key=lambda line: (-line[5], line[0]))
    return Figures(
        code="values",
        title=_("At the end of %(month)s by %(dimension)s")
        % {"month": month_words(scope.last), "dimension": DIMENSION_NAMES[scope.dimension]},
        columns=[_value_column(scope), *_line_columns()],
        rows=lines,
        currency=scope.currency,
        links=[loans_address(scope, month=scope.last, value=line[0], over=0) for line in lines],
    )


def _values_by_month(scope: Scope, kept: Kept, rows: list[dict[str, Any]]) -> Figures:
    """Return how the values with the most principal went, month by month."""
    totals = _summed(rows, "value")
    largest = sorted(totals, key=lambda key: (-totals[key]["principal_minor"], key))[:MOST_VALUES]
    whole = _summed(rows, "value", "month")
    behind = _summed([row for row in rows if row["bucket"] != CURRENT], "value", "month")
    lines = [
        [value, month, *_line(whole.get((value, month), {}), behind.get((value, month), {}))]
        for (value,) in largest
        for month in reversed([month for month in kept.months if month in scope.months])
    ]
    notes = []
    if len(totals) > MOST_VALUES:
        notes.append(_("Of the %(count)s with the most principal.") % {"count": MOST_VALUES})
    return Figures(
        code="values-by-month",
        title=_("Month by month by %(dimension)s") % {"dimension": DIMENSION_NAMES[scope.dimension]},
        columns=[_value_column(scope), Column("month", _("month"), Kind.MONTH), *_line_columns()],
        rows=lines,
        currency=scope.currency,
        notes=notes,
    )


def _columns() -> list[Column]:
    return [
        Column("loans", _("loans"), Kind.COUNT),
        Column("principal", _("principal"), Kind.MONEY),
        Column("overdue", _("overdue amount"), Kind.MONEY),
    ]


def _line_columns() -> list[Column]:
    return [
        Column("loans", _("loans"), Kind.COUNT),
        Column("behind", _("loans behind"), Kind.COUNT),
        Column("behind_share", _("share of loans"), Kind.SHARE),
        Column("principal", _("principal"), Kind.MONEY),
        Column("overdue", _("overdue amount"), Kind.MONEY),
        Column("overdue_share", _("overdue amount of principal"), Kind.SHARE),
    ]


def _line(worth: Mapping[str, int], behind: Mapping[str, int]) -> list[Any]:
    loans, late = worth.get("loans", 0), behind.get("loans", 0)
    principal, overdue = worth.get("principal_minor", 0), worth.get("overdue_minor", 0)
    return [loans, late, share(late, loans), principal, overdue, share(overdue, principal)]


def _value_column(scope: Scope) -> Column:
    return Column("value", DIMENSION_NAMES[scope.dimension], labels=value_labels(scope.dimension))


def _summed(rows: list[dict[str, Any]], *by: str) -> dict[tuple[Any, ...], Totals]:
    found: dict[tuple[Any, ...], Totals] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for row in rows:
        totals = found[tuple(row[name] for name in by)]
        for name in MEASURES:
            totals[name] += row[name]
    return dict(found)


def _chart(scope: Scope, kept: Kept, rows: list[dict[str, Any]]) -> Chart | None:
    """Return the share of principal by how far it is behind; a month that is missing leaves a gap."""
    months = kept.of(scope)
    found = _summed(rows, "month", "bucket")
    if not rows or scope.last not in kept.months:
        return None

    def over(month: date, least: int, most: int) -> int | None:
        if month in kept.missing([month]):
            return None
        scale = scale_of(month)
        codes = buckets_over(scale, least) - buckets_over(scale, most)
        part, whole = (
            sum(found.get((month, code), {}).get("principal_minor", 0) for code in which)
            for which in (codes, [band.code for band in scale.bands])
        )
        return of_chart(share(part, whole))

    bands = (
        (gettext_lazy("1 to 30 days"), Tone.INTEREST, 0, 30),
        (gettext_lazy("31 to 90 days"), Tone.OTHER, 30, 90),
        (gettext_lazy("more than 90 days"), Tone.LEFT, 90, 100_000),
    )
    overdue = sum(row["overdue_minor"] for row in rows if row["month"] == scope.last)
    words = {"month": month_words(scope.last), "amount": money(overdue, scope.currency)}
    return Chart(
        key="arrears",
        title=_("Share of principal by how far it is behind"),
        summary=_("At the end of %(month)s, %(amount)s is overdue.") % words,
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[
            Series(name, [over(month, least, most) for month in months], tone) for name, tone, least, most in bands
        ],
        currency=None,
        digits=2,
    )


REPORT = Report(
    code="arrears-trend",
    group=Group.ARREARS,
    title=gettext_lazy("Arrears and buckets"),
    says=gettext_lazy(
        "How many loans are behind, and how much is overdue, month by month. It can be split to see where."
    ),
    source=gettext_lazy("From the snapshot at the end of each month, running loans only."),
    read=read,
    definitions=[
        Definition(
            gettext_lazy("Overdue amount"),
            gettext_lazy("Principal, interest and fees that were to be paid and are not yet paid."),
        ),
        Definition(
            gettext_lazy("Bucket"),
            gettext_lazy("A range of days past due, by the rule that was in force at the end of the month."),
        ),
    ],
)
