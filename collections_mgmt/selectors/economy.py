"""Series of the economy as pages show them: the latest value, how it changed, and whether it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collections_mgmt.domain.early_warning import Change, change_of, is_bad_news
from collections_mgmt.models import EconomicIndicator, IndicatorValue
from collections_mgmt.models.early_warning import WarningQuerySet
from dashu.kernel.dates import add_months
from dashu.policy.early_warning import EarlyWarning


@dataclass(frozen=True, slots=True)
class SeriesNow:
    """:param change: None where there is nothing to compare with, or the series is stale."""

    indicator: EconomicIndicator
    latest: IndicatorValue | None
    change: Change | None
    is_bad: bool


def series_now(seen: WarningQuerySet, *, on: date, rules: EarlyWarning) -> Sequence[SeriesNow]:
    """Return each series with how it stands, what counts as bad news first; two queries."""
    indicators = list(seen.order_by("code"))
    values: dict[int, list[IndicatorValue]] = {}
    since = add_months(on, -1 - 12 * 6)
    for value in IndicatorValue.objects.filter(indicator__in=indicators, date__range=(since, on)).order_by("date"):
        values.setdefault(value.indicator_id, []).append(value)
    found = [_now(indicator, values.get(indicator.pk, []), on, rules) for indicator in indicators]
    return sorted(found, key=lambda each: (not each.is_bad, each.indicator.code))


def _now(indicator: EconomicIndicator, values: Sequence[IndicatorValue], on: date, rules: EarlyWarning) -> SeriesNow:
    latest = values[-1] if values else None
    rule = rules.series.get(indicator.kind)
    if rule is None:
        return SeriesNow(indicator, latest, None, False)
    change = change_of({value.date: value.value for value in values}, on=on, months=rule.months, is_share=rule.is_share)
    return SeriesNow(indicator, latest, change, change is not None and is_bad_news(change.change, rule.change))
