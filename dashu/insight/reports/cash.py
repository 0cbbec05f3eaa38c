"""What was to come in by plan, what came, and what was missing."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.insight.figures import Column, Figures, Kind, share
from dashu.insight.reading import Kept, kept_months, month_words, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, product_names, value_labels
from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import money

MEASURES = (
    *("expected_minor", "paid_principal_minor", "paid_interest_minor", "paid_fee_minor", "paid_penalty_minor"),
    *("prepaid_minor", "recovered_minor"),
)
Totals = Mapping[str, int]


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    by = "value" if scope.dimension else "product"
    by_month: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    by_part: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for row in sums(scope, "month", by, measures=MEASURES):
        for totals in (by_month[row["month"]], by_part[row[by]]):
            for name in MEASURES:
                totals[name] += row[name]
    return [_months(scope, kept, by_month), _parts(scope, kept, by_part)]


def _months(scope: Scope, kept: Kept, found: Mapping[Any, Totals]) -> Figures:
    months, missing = kept.of(scope), kept.missing(scope.months)
    none = dict.fromkeys(MEASURES, 0)
    rows = [[month, *([None] * 8 if month in missing else _line(found.get(month, none)))] for month in months]
    return Figures(
        code="by-month",
        title=_("Expected and received, month by month"),
        columns=[Column("month", _("month"), Kind.MONTH), *_columns()],
        rows=rows[::-1] if found else [],
        currency=scope.currency,
        chart=_chart(scope, months, rows) if found and rows else None,
        notes=kept.notes(scope),
    )


def _parts(scope: Scope, kept: Kept, found: Mapping[Any, Totals]) -> Figures:
    """Return all months together, the largest shortfall first."""
    rows = sorted(([part, *_line(totals)] for part, totals in found.items()), key=lambda row: (-row[7], row[0]))
    products = product_names()
    name = DIMENSION_NAMES[scope.dimension] if scope.dimension else _("product")
    label = value_labels(scope.dimension) if scope.dimension else lambda code: products.get(code, code)
    return Figures(
        code="by-part",
        title=_("All months together by %(dimension)s") % {"dimension": name},
        columns=[Column("value", name, labels=label), *_columns()],
        rows=rows,
        currency=scope.currency,
        notes=kept.notes(scope),
    )


def _columns() -> list[Column]:
    return [
        Column("expected", _("expected by plan"), Kind.MONEY),
        Column("received", _("received"), Kind.MONEY),
        Column("early", _("of it paid early"), Kind.MONEY),
        Column("penalty", _("of it penalty"), Kind.MONEY),
        Column("recovered", _("of it after a write-off"), Kind.MONEY),
        Column("towards", _("towards the plan and arrears"), Kind.MONEY),
        Column("shortfall", _("shortfall"), Kind.MONEY),
        Column("share", _("received of expected"), Kind.SHARE),
    ]


def _line(totals: Totals) -> list[Any]:
    early, penalty, recovered = (totals[name] for name in ("prepaid_minor", "paid_penalty_minor", "recovered_minor"))
    plan = totals["paid_principal_minor"] + totals["paid_interest_minor"] + totals["paid_fee_minor"]
    expected, towards = totals["expected_minor"], plan - early
    received = plan + penalty + recovered
    return [
        expected, received, early, penalty, recovered, towards, max(expected - towards, 0), share(towards, expected)
    ]  # fmt: skip


def _chart(scope: Scope, months: list[date], rows: list[list[Any]]) -> Chart | None:
    latest = next((row for row in reversed(rows) if row[1] is not None), None)
    if latest is None:
        return None
    words = {"month": month_words(latest[0])} | {
        name: money(latest[place], scope.currency) for name, place in (("expected", 1), ("towards", 6))
    }
    return Chart(
        key="cash",
        title=_("Expected, and what came towards it"),
        summary=_("In %(month)s, %(expected)s was to come by plan; %(towards)s came towards it and towards arrears.")
        % words,
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[
            Series(gettext_lazy("expected by plan"), [row[1] for row in rows], Tone.LEFT),
            Series(gettext_lazy("towards the plan and arrears"), [row[6] for row in rows], Tone.PRINCIPAL),
        ],
        currency=scope.currency,
        stacks=False,
    )


REPORT = Report(
    code="cash",
    group=Group.MONEY,
    title=gettext_lazy("Expected and received"),
    says=gettext_lazy(
        "What was to come in by the plans of the loans, and what came. The shortfall is what did not come."
    ),
    source=gettext_lazy(
        "From the snapshot: the plan in force when each month began, and the money by its value date, less what was"
        " taken back."
    ),
    read=read,
    definitions=[
        Definition(
            gettext_lazy("Towards the plan and arrears"),
            gettext_lazy(
                "Principal, interest and fees that came, without what was paid early. It may be more than expected,"
                " where people catch up on arrears; there is no shortfall then."
            ),
        ),
        Definition(
            gettext_lazy("Shortfall"),
            gettext_lazy("Expected by plan, less what came towards the plan and arrears; never below zero."),
        ),
    ],
)
