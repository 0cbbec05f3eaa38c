"""What a report is asked for: months, loans, and how they are split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from collections_mgmt.models import Dimension
from dashu.kernel.dates import add_months

UNKNOWN = "?"  # how an address writes the empty value of a dimension


@dataclass(frozen=True, slots=True)
class Scope:
    """
    :param first, last: the first days of the first and the last month.
    :param currency: amounts are never summed over currencies, so one is always chosen.
    :param product: its code; "" for all.
    :param dimension: of `Dimension`, by which a report is split; "" for the whole book.
    :param value: the only value of the dimension that is looked at, "" for unknown; None for all of them.
    :param options: what else the report offers to choose, by code.
    :param person: who looks; None for what names nobody, as in mails.
    """

    first: date
    last: date
    currency: str
    product: str = ""
    dimension: str = ""
    value: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    person: Any = None

    @property
    def months(self) -> list[date]:
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return [add_months(self.first, number) for number in range(count)]

    def option(self, code: str) -> str:
        return self.options.get(code, "")

    def may(self, permission: str) -> bool:
        return self.person is not None and bool(self.person.has_perm(permission))

    def of_loans(self) -> Q:
        """Select rows of this currency and product."""
        return Q(currency=self.currency) & (Q(product=self.product) if self.product else Q())

    def of_sums(self, dimension: str | None = None) -> Q:
        """
        Select rows of sums that are split by the dimension asked for, and its value.

        :param dimension: split by this one instead, whatever is asked for.
        """
        if dimension is not None and dimension != self.dimension:
            return self.of_loans() & Q(dimension=dimension)
        chosen = Q(dimension=self.dimension)
        if self.dimension and self.value is not None:
            chosen &= Q(value=self.value)
        return self.of_loans() & chosen

    def of_loan_months(self) -> Q:
        """Select loans of this currency, product, and value of the dimension."""
        chosen = self.of_loans()
        if self.dimension == Dimension.VINTAGE and self.value is not None:
            return chosen & (Q(vintage=vintage) if (vintage := _day(self.value)) else Q(vintage=date.min))
        if self.dimension and self.value is not None:
            chosen &= Q(**{self.dimension: self.value})
        return chosen

    @property
    def parameters(self) -> dict[str, str]:
        """The words of an address, without those that say nothing."""
        value = self.value
        words = {
            "first": f"{self.first:%Y-%m}",
            "last": f"{self.last:%Y-%m}",
            "product": self.product,
            "currency": self.currency,
            "dimension": self.dimension,
            "value": "" if value is None else value or UNKNOWN,
            **self.options,
        }
        return {name: word for name, word in words.items() if word}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
