"""Reading the sums of the snapshot. Every report of months begins here, so that a month that is missing is seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collections_mgmt.domain.desk_figures import GONE
from collections_mgmt.models import Dimension, PortfolioMonth
from dashu.finance.arrears import Scale
from dashu.insight.scope import Scope
from dashu.kernel.dates import month_end_of
from dashu.policy.rules import delinquency_buckets


@dataclass(frozen=True, slots=True)
class Kept:
    """The months of which there is a snapshot, in their order."""

    months: Sequence[date]

    @property
    def every(self) -> list[date]:
        """Every month from the first to the last that is kept, also those that are missing."""
        if not self.months:
            return []
        return Scope(self.months[0], self.months[-1], "").months

    def missing(self, months: Iterable[date]) -> list[date]:
        """Return those of the months that lie between others and are not kept."""
        known = set(self.months)
        return [month for month in months if month in set(self.every) and month not in known]

    def notes(self, scope: Scope) -> list[str]:
        """Say which months are missing, if any are."""
        missing = self.missing(scope.months)
        if not missing:
            return []
        named = _(", ").join(month_words(month) for month in missing)
        return [
            _(
                "Of %(months)s there is no snapshot. What is not known stays open here and is never shown as zero;"
                " rebuild the month to fill it."
            )
            % {"months": named}
        ]

    def of(self, scope: Scope) -> list[date]:
        """Return the months of the scope that lie between the first and the last that is kept, missing ones too."""
        every = set(self.every)
        return [month for month in scope.months if month in every]


def kept_months() -> Kept:
    """Return the months of which there is a snapshot, of whichever product or currency; one query."""
    found = PortfolioMonth.objects.filter(dimension=Dimension.ALL).order_by("month")
    return Kept(list(found.values_list("month", flat=True).distinct()))


def sums(
    scope: Scope, *by: str, measures: Sequence[str], dimension: str | None = None, where: Q | None = None
) -> list[dict[str, Any]]:
    """
    Return the sums of `PortfolioMonth` within the scope, one row for each combination of the fields `by`.

    :param dimension: split by this one, whatever the scope asks for.
    """
    chosen = Q(month__range=(scope.first, scope.last)) & scope.of_sums(dimension)
    rows = PortfolioMonth.objects.filter(chosen if where is None else chosen & where).order_by()
    summed = rows.values(*by).annotate(**{f"sum_{name}": Sum(name) for name in measures})
    return [
        {**{name: row[name] for name in by}, **{name: int(row[f"sum_{name}"] or 0) for name in measures}}
        for row in summed
    ]


def running(row: Mapping[str, Any]) -> bool:
    """Say whether the loans of a row were running at its end."""
    return row["bucket"] not in GONE


def scale_of(month: date) -> Scale:
    """Return the buckets in force at the end of a month."""
    return delinquency_buckets(month_end_of(month))


def buckets_over(scale: Scale, days: int) -> frozenset[str]:
    """Return the buckets of loans that are more than so many days past due."""
    return frozenset(band.code for band in scale.bands if band.from_days > days)


def month_words(month: date) -> str:
    return date_format(month, "Y-m")
