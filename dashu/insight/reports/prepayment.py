"""What is paid before it is due: by month, and by the age of the loans."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import GONE, NEW
from collections_mgmt.models import Dimension
from dashu.insight.domain.ratios import cpr, smm
from dashu.insight.figures import Column, Figures, Kind, of_chart
from dashu.insight.reading import Kept, kept_months, month_words, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.web.charts import Chart, Series, Tone

MEASURES = ("loans", "prepaid_loans", "principal_before_minor", "paid_principal_minor", "prepaid_minor")


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    by_month: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for row in sums(scope, "month", "bucket_before", measures=MEASURES):
        _add(by_month[row["month"]], row)
    tables = [_months(scope, kept, by_month)]
    if not scope.dimension:
        tables.append(_ages(scope, kept))
    return tables


def _add(totals: dict[str, int], row: dict[str, Any]) -> None:
    """Add loans that were running when the month began; money of those that had ended is not early."""
    if row["bucket_before"] not in (*GONE, NEW):
        for name in MEASURES:
            totals[name] += row[name]


def _months(scope: Scope, kept: Kept, found: dict[date, dict[str, int]]) -> Figures:
    months, missing = kept.of(scope), kept.missing(scope.months)
    rows = [[month, *([None] * 7 if month in missing else _line(found[month]))] for month in months]
    has_any = any(row[1] for row in rows)
    return Figures(
        code="by-month",
        title=_("Paid early, month by month"),
        columns=[Column("month", _("month"), Kind.MONTH), *_columns()],
        rows=rows[::-1] if has_any else [],
        currency=scope.currency,
        chart=_chart(months, rows) if has_any else None,
        notes=kept.notes(scope),
    )


def _ages(scope: Scope, kept: Kept) -> Figures:
    """Return all months together by months on book."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for row in sums(scope, "month", "value", "bucket_before", measures=MEASURES, dimension=Dimension.VINTAGE):
        began = date.fromisoformat(row["value"])
        _add(found[(row["month"].year - began.year) * 12 + row["month"].month - began.month], row)
    return Figures(
        code="by-age",
        title=_("Paid early, by months on book"),
        columns=[Column("age", _("months on book"), Kind.COUNT), *_columns()],
        rows=[[age, *_line(found[age])] for age in sorted(found) if found[age]["loans"]],
        currency=scope.currency,
        notes=kept.notes(scope),
    )


def _columns() -> list[Column]:
    return [
        Column("loans", _("loans at the beginning"), Kind.COUNT),
        Column("prepaid_loans", _("settled early"), Kind.COUNT),
        Column("before", _("principal at the beginning"), Kind.MONEY),
        Column("scheduled", _("principal paid because it was due"), Kind.MONEY),
        Column("prepaid", _("principal paid early"), Kind.MONEY),
        Column("smm", "SMM", Kind.SHARE),
        Column("cpr", "CPR", Kind.SHARE),
    ]


def _line(totals: dict[str, int]) -> list[Any]:
    before, prepaid = totals["principal_before_minor"], totals["prepaid_minor"]
    scheduled = totals["paid_principal_minor"] - prepaid
    rates = [smm(prepaid, before, scheduled), cpr(prepaid, before, scheduled)]
    return [totals["loans"], totals["prepaid_loans"], before, scheduled, prepaid, *rates]


def _chart(months: list[date], rows: list[list[Any]]) -> Chart | None:
    latest = next((row for row in reversed(rows) if row[7] is not None), None)
    if latest is None:
        return None
    words = {"month": month_words(latest[0]), "cpr": f"{latest[7] * 100:.2f}%"}
    return Chart(
        key="cpr",
        title=_("Prepayment a year (CPR)"),
        summary=_("At the pace of %(month)s, %(cpr)s of the principal would be paid early in a year.") % words,
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[Series("CPR", [of_chart(row[7]) for row in rows], Tone.PRINCIPAL, is_line=True)],
        currency=None,
        digits=2,
    )


REPORT = Report(
    code="prepayment",
    group=Group.MONEY,
    title=gettext_lazy("Paid early"),
    says=gettext_lazy(
        "How much principal comes back before it is due, by month and by the age of the loans. It shortens the book"
        " and its income."
    ),
    source=gettext_lazy("From the snapshots of loans that were running when a month began."),
    read=read,
    definitions=[
        Definition(
            "SMM",
            gettext_lazy(
                "Principal paid early in the month, divided by the principal at its beginning less what was paid"
                " because"
                " it was due. Early is what falls due only after the month."
            ),
        ),
        Definition("CPR", gettext_lazy("The same for a year: 1 − (1 − SMM)¹².")),
    ],
)
