"""What the book earns a year, and what its loans cost those who pay them, held against the cap."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, IntegerField, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import GONE
from collections_mgmt.models import LoanMonth
from dashu.finance.floating import RateUnknown
from dashu.insight.domain.ratios import annualised
from dashu.insight.figures import Column, Figures, Kind, of_chart, share
from dashu.insight.reading import Kept, kept_months, month_words, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, product_names, value_labels
from dashu.kernel.dates import month_end_of
from dashu.policy.rules import rate_cap
from dashu.policy.selectors import PolicyRuleMissing
from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import percent

INCOME = ("paid_interest_minor", "paid_fee_minor", "paid_penalty_minor")
EDGES = tuple(Decimal(edge) for edge in ("0", "0.06", "0.12", "0.18", "0.24", "0.36"))
UNKNOWN_BAND = -1

Totals = dict[str, int]


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    by = "value" if scope.dimension else "product"
    by_month: dict[Any, Totals] = defaultdict(lambda: dict.fromkeys((*INCOME, "before", "after"), 0))
    by_part: dict[Any, Totals] = defaultdict(lambda: dict.fromkeys((*INCOME, "before", "after"), 0))
    for row in sums(
        scope,
        *("month", by, "bucket_before", "bucket"),
        measures=(*INCOME, "principal_before_minor", "principal_minor"),
    ):
        for totals in (by_month[row["month"]], by_part[row[by]]):
            for name in INCOME:
                totals[name] += row[name]
            totals["before"] += row["principal_before_minor"] if row["bucket_before"] not in GONE else 0
            totals["after"] += row["principal_minor"] if row["bucket"] not in GONE else 0
    months = len([month for month in kept.months if month in scope.months])
    return [_months(scope, kept, by_month), _parts(scope, kept, by_part, months), _all_in(scope, kept)]


def _months(scope: Scope, kept: Kept, found: Mapping[Any, Totals]) -> Figures:
    months, missing = kept.of(scope), kept.missing(scope.months)
    none = dict.fromkeys((*INCOME, "before", "after"), 0)
    rows = [[month, *([None] * 5 if month in missing else _line(found.get(month, none), 1))] for month in months]
    return Figures(
        code="by-month",
        title=_("Received on the principal, as of a year"),
        columns=[Column("month", _("month"), Kind.MONTH), *_columns()],
        rows=rows[::-1] if found else [],
        currency=scope.currency,
        chart=_chart(months, rows) if found else None,
        notes=kept.notes(scope),
    )


def _parts(scope: Scope, kept: Kept, found: Mapping[Any, Totals], months: int) -> Figures:
    """Return all months together; the average principal is that of the months that are kept."""
    products = product_names()
    name = DIMENSION_NAMES[scope.dimension] if scope.dimension else _("product")
    label = value_labels(scope.dimension) if scope.dimension else lambda code: products.get(code, code)
    rows = sorted(([part, *_line(totals, months)] for part, totals in found.items()), key=lambda row: str(row[0]))
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
        Column("interest", _("interest received"), Kind.MONEY),
        Column("fee", _("fees received"), Kind.MONEY),
        Column("penalty", _("penalty received"), Kind.MONEY),
        Column("average", _("average principal"), Kind.MONEY),
        Column("yield", _("yield a year"), Kind.SHARE),
    ]


def _line(totals: Totals, months: int) -> list[Any]:
    """Average the principal at the beginning and the end of each month; the sums are over all of the months."""
    average = Decimal(totals["before"] + totals["after"]) / (2 * months) if months else Decimal(0)
    income = [totals[name] for name in INCOME]
    return [*income, int(average.to_integral_value()), annualised(sum(income), average, months)]


def _all_in(scope: Scope, kept: Kept) -> Figures:
    """Return how the all-in rates of the running loans lie in bands, and how many lie above the cap of their month."""
    running = LoanMonth.objects.filter(scope.of_loan_months(), month=scope.last).exclude(bucket__in=GONE)
    vintages = list(running.order_by("vintage").values_list("vintage", flat=True).distinct())
    caps = {vintage: _cap(vintage) for vintage in vintages}
    edges = sorted({*EDGES, *(cap for cap in caps.values() if cap is not None)})
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in (
        running.order_by()
        .values("vintage", band=_band(edges))
        .annotate(loans=Count("loan_id"), principal=Sum("principal_minor"))
    ):
        totals, cap = found[row["band"]], caps[row["vintage"]]
        totals[0] += row["loans"]
        totals[1] += int(row["principal"])
        if cap is not None and row["band"] != UNKNOWN_BAND and edges[row["band"]] >= cap:
            totals[2] += row["loans"]
    whole = [sum(totals[place] for totals in found.values()) for place in (0, 1)]
    now = _cap(scope.last)
    notes = kept.notes(scope)
    if now is not None:
        words = {"month": month_words(scope.last), "cap": percent(now)}
        notes.append(_("The cap for loans made in %(month)s is %(cap)s.") % words)
    return Figures(
        code="all-in",
        title=_("All-in rates of the running loans at the end of %(month)s") % {"month": month_words(scope.last)},
        columns=[
            Column("band", _("all-in rate a year")),
            Column("loans", _("loans"), Kind.COUNT),
            Column("loans_share", _("share of loans"), Kind.SHARE),
            Column("principal", _("principal"), Kind.MONEY),
            Column("principal_share", _("share of principal"), Kind.SHARE),
            Column("above", _("loans above the cap of their month"), Kind.COUNT),
        ],
        rows=[
            [_band_words(band, edges), loans, share(loans, whole[0]), principal, share(principal, whole[1]), above]
            for band, (loans, principal, above) in sorted(found.items(), key=lambda item: (item[0] < 0, item[0]))
        ],
        currency=scope.currency,
        notes=notes,
    )


def _cap(vintage: date) -> Decimal | None:
    """Return the cap of loans made in a month, the higher one where it changed within it; None where there is none."""
    found = []
    for day in (vintage, month_end_of(vintage)):
        try:
            found.append(rate_cap(day))
        except (PolicyRuleMissing, RateUnknown):
            continue
    return max(found, default=None)


def _band(edges: list[Decimal]) -> Case:
    """Number the bands from 0: above edge n, up to and with the next one. A rate of nothing is in the first."""
    whens = [When(all_in_rate=None, then=Value(UNKNOWN_BAND))]
    whens += [When(all_in_rate__lte=edge, then=Value(place)) for place, edge in enumerate(edges[1:])]
    return Case(*whens, default=Value(len(edges) - 1), output_field=IntegerField())


def _band_words(band: int, edges: list[Decimal]) -> str:
    if band == UNKNOWN_BAND:
        return _("not known")
    if band + 1 == len(edges):
        return _("above %(least)s") % {"least": percent(edges[band])}
    if band == 0:
        return _("up to %(most)s") % {"most": percent(edges[1])}
    return _("above %(least)s up to %(most)s") % {"least": percent(edges[band]), "most": percent(edges[band + 1])}


def _chart(months: list[date], rows: list[list[Any]]) -> Chart | None:
    latest = next((row for row in reversed(rows) if row[5] is not None), None)
    if latest is None:
        return None
    words = {"month": month_words(latest[0]), "yield": f"{latest[5] * 100:.2f}%"}
    return Chart(
        key="yield",
        title=_("Yield a year"),
        summary=_("At the pace of %(month)s, the book brings %(yield)s a year.") % words,
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[Series(gettext_lazy("yield a year"), [of_chart(row[5]) for row in rows], Tone.PRINCIPAL, is_line=True)],
        currency=None,
        digits=2,
        unit="%",
    )


REPORT = Report(
    code="yield",
    group=Group.MONEY,
    title=gettext_lazy("Yield and all-in rates"),
    says=gettext_lazy(
        "What the book brings a year on its principal, and what its loans cost with every fee. No loan may cost more"
        " than the cap of the day it was made."
    ),
    source=gettext_lazy(
        "From the snapshot: money received as interest, fees and penalty; and the all-in rate that was disclosed for"
        " each running loan. The cap is the dated rule of the lender's policy."
    ),
    read=read,
    definitions=[
        Definition(
            gettext_lazy("Yield a year"),
            gettext_lazy(
                "Interest, fees and penalty that came in, times twelve over the number of months, divided by the"
                " average"
                " principal: half of that at the beginning and at the end of each month. It is money received, not"
                " income earned."
            ),
        ),
        Definition(
            gettext_lazy("All-in rate"),
            gettext_lazy("The effective yearly rate of everything the loan costs, as it was disclosed."),
        ),
    ],
)
