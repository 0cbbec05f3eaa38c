"""A series of the economy laid over a rate of the book: what moved together, how far, and how little that proves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_mgmt.models import Dimension, EconomicIndicator, IndicatorValue
from dashu.insight.domain.laid_over import LEAST_MONTHS, MOST_LAG, Pair, Together, laid_over, together
from dashu.insight.figures import Column, Figures, Kind, of_chart, share
from dashu.insight.judged import decimal_of
from dashu.insight.reading import Kept, buckets_over, kept_months, month_words, running, scale_of, sums
from dashu.insight.report import Definition, Group, Option, Report
from dashu.insight.scope import Scope
from dashu.insight.words import value_labels
from dashu.kernel.dates import add_months, month_end_of
from dashu.web.charts import Chart, Series, Tone

PAR30, PAR1, NEW_OVERDUE = "par30", "par1", "new"
RATES: dict[str, Any] = {
    PAR30: gettext_lazy("principal of loans more than 30 days behind"),
    PAR1: gettext_lazy("principal of loans that are behind"),
    NEW_OVERDUE: gettext_lazy("loans that newly fell behind"),
}

_LAGS = range(1, MOST_LAG + 1)


def series_choices() -> list[tuple[str, str]]:
    """Return the series by code, the first by name first; one that says so where there is none."""
    found = [(each.code, each.name) for each in EconomicIndicator.objects.order_by("name", "code")]
    return found or [("", _("none imported yet"))]


def lag_choices() -> list[tuple[str, str]]:
    later = [(str(lag), ngettext("%(lag)s month", "%(lag)s months", lag) % {"lag": lag}) for lag in _LAGS]
    return [("0", _("no delay")), *later]


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    series = EconomicIndicator.objects.filter(code=scope.option("series")).first()
    series = series or EconomicIndicator.objects.order_by("name", "code").first()
    if series is None:
        return [_without_series(scope, kept)]
    lag = int(scope.option("lag") or 0)
    rates = rates_by_month(_matched(scope, series), scope.option("rate") or PAR30, kept)
    values = _values(series, scope)
    pairs = laid_over(rates, values, lag=lag)
    return [_months(scope, kept, series, pairs, lag), _lags(scope, series, rates, values)]


def rates_by_month(scope: Scope, rate: str, kept: Kept) -> dict[date, Decimal | None]:
    """
    Return one rate of the book by month; None where the month is missing or there is nothing to divide by.

    :param rate: a code of `RATES`.
    """
    parts: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for row in sums(scope, "month", "bucket_before", "bucket", measures=["loans", "principal_minor"]):
        of = parts[row["month"]]
        part, whole = _new_overdue(row) if rate == NEW_OVERDUE else _at_risk(row, 30 if rate == PAR30 else 0)
        of[0] += part
        of[1] += whole
    missing = set(kept.missing(scope.months))
    return {month: None if month in missing else share(*parts[month]) for month in kept.of(scope)}


def _at_risk(row: Mapping[str, Any], days: int) -> tuple[int, int]:
    if not running(row):
        return 0, 0
    principal = row["principal_minor"]
    return (principal if row["bucket"] in buckets_over(scale_of(row["month"]), days) else 0), principal


def _new_overdue(row: Mapping[str, Any]) -> tuple[int, int]:
    """Count loans that were not behind at the beginning of the month; part of them, those that are at its end."""
    scale = scale_of(row["month"])
    if row["bucket_before"] != scale.bands[0].code:
        return 0, 0
    return (row["loans"] if row["bucket"] in buckets_over(scale, 0) else 0), row["loans"]


def _matched(scope: Scope, series: EconomicIndicator) -> Scope:
    """Return the scope of the loans that the series is about: of its region or sector where it has one."""
    about = (Dimension.REGION, series.region) if series.region else (Dimension.SECTOR, series.sector)
    if not about[1]:
        return scope
    return Scope(scope.first, scope.last, scope.currency, scope.product, *about, options=scope.options)


def _values(series: EconomicIndicator, scope: Scope) -> dict[date, Decimal]:
    dates = (add_months(scope.first, -MOST_LAG), month_end_of(scope.last))
    return dict(IndicatorValue.objects.filter(indicator=series, date__range=dates).values_list("date", "value"))


def _months(scope: Scope, kept: Kept, series: EconomicIndicator, pairs: Sequence[Pair], lag: int) -> Figures:
    rate = RATES[scope.option("rate") or PAR30]
    return Figures(
        code="by-month",
        title=_("Course of the months"),
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column("rate", rate, Kind.SHARE),
            Column("series_month", gettext_lazy("month of the series"), Kind.MONTH),
            Column("series_value", f"{series.name} ({series.unit})", Kind.NUMBER),
        ],
        rows=[[pair.month, pair.rate, add_months(pair.month, -lag), pair.value] for pair in reversed(pairs)],
        currency=scope.currency,
        chart=_chart(series, pairs, rate, lag),
        notes=[*kept.notes(scope), *_about(series), said(together(pairs), lag)],
    )


def _lags(
    scope: Scope, series: EconomicIndicator, rates: Mapping[date, Decimal | None], values: Mapping[date, Decimal]
) -> Figures:
    found = [(lag, together(laid_over(rates, values, lag=lag))) for lag in range(MOST_LAG + 1)]
    return Figures(
        code="by-lag",
        title=_("How far both moved together, by how much later the book follows"),
        columns=[
            Column("lag", gettext_lazy("months later"), Kind.COUNT),
            Column("months", gettext_lazy("months counted"), Kind.COUNT),
            Column("coefficient", gettext_lazy("coefficient"), Kind.NUMBER),
            Column("low", gettext_lazy("low end"), Kind.NUMBER),
            Column("high", gettext_lazy("high end"), Kind.NUMBER),
            Column("says", gettext_lazy("what it says")),
        ],
        rows=[
            [lag, each.months, decimal_of(each.value), decimal_of(each.low), decimal_of(each.high), _verdict(each)]
            for lag, each in found
        ],
        currency=scope.currency,
        notes=[
            _(
                "Whoever looks at seven lags finds the best of them by chance alone more often than not. Choose the lag"
                " for a reason, not for its coefficient."
            )
        ],
    )


def said(found: Together, lag: int) -> str:
    """Return in one sentence what the coefficient says, with its number of months, and that it proves no cause."""
    about: dict[str, Any] = {"months": found.months, "lag": lag}
    if found.value is None:
        return _("Of %(months)s months nothing can be said: there are too few, or one side does not move.") % about
    about |= {"value": f"{found.value:+.2f}", "least": LEAST_MONTHS}
    if not found.is_enough:
        return (
            _("Coefficient %(value)s of only %(months)s months: below %(least)s months nothing is concluded.") % about
        )
    words = _(
        "Coefficient %(value)s over %(months)s months at a lag of %(lag)s. It says that both moved together, not that"
        " one caused the other; months follow on each other, so the range is narrower than the truth."
    )
    return words % about


def _verdict(found: Together) -> str:
    if not found.is_enough:
        return _("too few months to say")
    if not found.is_clear:
        return _("not clear: it may be chance")
    assert found.value is not None
    return _("moved the same way") if found.value > 0 else _("moved opposite ways")


def _about(series: EconomicIndicator) -> list[str]:
    notes = [_("Source of the series: %(source)s.") % {"source": series.source}]
    if series.region or series.sector:
        dimension = Dimension.REGION if series.region else Dimension.SECTOR
        place = value_labels(dimension)(series.region or series.sector)
        notes.append(_("The series is about %(place)s, so only loans of there are counted.") % {"place": place})
    else:
        notes.append(_("The series is about no region or sector in particular; the split that was chosen holds."))
    return notes


def _chart(series: EconomicIndicator, pairs: Sequence[Pair], rate: Any, lag: int) -> Chart | None:
    if not any(pair.is_known for pair in pairs):
        return None
    return Chart(
        key="laid-over",
        title=_("%(series)s over %(rate)s") % {"series": series.name, "rate": rate},
        summary=said(together(pairs), lag),
        labels_name=_("month"),
        labels=[month_words(pair.month) for pair in pairs],
        series=[
            Series(_("%(rate)s, percent") % {"rate": rate}, [of_chart(pair.rate) for pair in pairs], Tone.PRINCIPAL),
            Series(series.name, [_hundredths(pair.value) for pair in pairs], Tone.OTHER, is_line=True),
        ],
        currency=None,
        has_own_scale=True,
        digits=2,
    )


def _hundredths(value: Decimal | None) -> int | None:
    return None if value is None else int((value * 100).to_integral_value())


def _without_series(scope: Scope, kept: Kept) -> Figures:
    """Return the rate alone, and say where a series can be imported."""
    rate = scope.option("rate") or PAR30
    rates = rates_by_month(scope, rate, kept)
    return Figures(
        code="by-month",
        title=_("Course of the months"),
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column("rate", RATES[rate], Kind.SHARE),
            Column("series_value", gettext_lazy("series"), Kind.NUMBER),
        ],
        rows=[[month, rates[month], None] for month in sorted(rates, reverse=True)],
        currency=scope.currency,
        notes=[
            *kept.notes(scope),
            _("No series of the economy has been imported yet. Import one on the page of series of the economy."),
        ],
    )


REPORT = Report(
    code="economy",
    group=Group.CAUSES,
    title=gettext_lazy("The economy over the book"),
    says=gettext_lazy(
        "How a series of the economy, such as unemployment in a region, moved beside the share of loans that are"
        " behind. It can show where to look; it proves no cause."
    ),
    source=gettext_lazy(
        "From the snapshot at the end of each month and from imported series. A series of a region or a sector is held"
        " against the loans of that region or sector only."
    ),
    read=read,
    options=[
        Option("series", gettext_lazy("series"), series_choices),
        Option("rate", gettext_lazy("laid over"), list(RATES.items())),
        Option("lag", gettext_lazy("the book follows after"), lag_choices),
    ],
    months=24,
    definitions=[
        Definition(
            gettext_lazy("Coefficient"),
            gettext_lazy(
                "Pearson's coefficient of correlation: 1 where both move in step, −1 where they move opposite ways, 0"
                " where neither tells anything of the other. Its range is Fisher's, 95%."
            ),
        ),
        Definition(
            gettext_lazy("Loans that newly fell behind"),
            gettext_lazy(
                "Of the loans that were not behind at the end of the month before, those that are behind at the end of"
                " this one."
            ),
        ),
    ],
)
