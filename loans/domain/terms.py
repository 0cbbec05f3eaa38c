"""
The terms of a product as data: what a version of a product says, read from and written to plain JSON.

A product version is a document such as
`{"method": "equal_installment", "day_count": "30/360", "rounding": "half_up", "min_principal": "1000.00", …}`; the keys
are those of `ProductRules`. Unknown keys and values are refused, so that a typing mistake cannot change money.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from dashu.finance.allocation import Direction, Surplus, Waterfall
from dashu.finance.day_counts import DayCount
from dashu.finance.installments import Component
from dashu.finance.loan import InterestBasis
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import parse_minor
from loans.domain.covenants import CovenantLine, parse_covenants
from loans.domain.fees import FeeLine, parse_fee_lines, scheduled_fees
from loans.domain.reading import parse_options
from loans.domain.tranches import MOST as MOST_TRANCHES


class InvalidProductTerms(DomainError):
    """A product version does not say something that products must say, or says it wrongly."""

    code = "invalid_product_terms"


@dataclass(frozen=True, slots=True)
class ProductRules:
    """
    Amounts in minor units, rates as fractions.

    :param tolerance_bps: shortfall of an installment that does not count as missed, basis points of it.
    :param grace_days: days after a due date without penalty, where the policy grants fewer; days past due count them.
    :param fees: all that may be charged beside interest and penalty interest.
    :param covenants: what a business promises beside repaying, with its dates.
    :param max_tranches: in how many parts it is paid out at most; 1: in one sum.
    :param tranche_within_days: from the application to the latest day of the last part.
    :param schedule: further terms of `dashu.finance.terms.ScheduleTerms` by name, such as a grace or business days.
    """

    method: Method
    min_principal: int
    max_principal: int
    min_count: int
    max_count: int
    min_annual_rate: Decimal
    max_annual_rate: Decimal
    period: Period = Period.MONTH
    day_count: DayCount = DayCount.THIRTY_360
    rounding: Rounding = Rounding.HALF_UP
    interest_basis: InterestBasis = InterestBasis.SCHEDULED
    interest_year_days: int = 365
    allocation_order: tuple[Component, ...] = Waterfall().order
    allocation_direction: Direction = Direction.BY_INSTALLMENT
    surplus: Surplus = Surplus.NEXT_INSTALLMENT
    tolerance_bps: int = 0
    grace_days: int = 0
    charges_penalty: bool = True
    fees: tuple[FeeLine, ...] = ()
    covenants: tuple[CovenantLine, ...] = ()
    max_tranches: int = 1
    tranche_within_days: int = 0
    schedule: Mapping[str, Any] = field(default_factory=dict)

    def schedule_terms(
        self, *, principal: int, annual_rate: Decimal, count: int, disbursed_on: date, due_rule: DueRule | None = None
    ) -> ScheduleTerms:
        """Return the terms of a loan of this product. :param principal: minor units."""
        return ScheduleTerms(
            principal=principal,
            annual_rate=annual_rate,
            method=self.method,
            count=count,
            disbursed_on=disbursed_on,
            due_rule=due_rule or DueRule(self.period),
            day_count=self.day_count,
            rounding=self.rounding,
            fees=scheduled_fees(self.fees),
            **self.schedule,
        )

    @property
    def waterfall(self) -> Waterfall:
        return Waterfall(self.allocation_order, self.allocation_direction, self.surplus)


# What a product may say of its schedules beyond method, day count and rounding, as `manage.py quote` reads it. Terms
# with dates and amounts belong to one contract, and the book has no event for what changes the principal on the way.
_OF_SCHEDULES = (
    "accrual", "compounding", "stub", "rounding_unit", "remainder", "grace_principal", "grace_interest",
    "interest_free", "deferred_interest", "interest_only_months", "step", "business_day", "calendar",
    "adjusts_interest",
)  # fmt: skip

_WHOLE = {"min_count", "max_count", "interest_year_days", "tolerance_bps", "grace_days", "tranche_within_days"}
_AMOUNTS = {"min_principal", "max_principal"}
_RATES = {"min_annual_rate", "max_annual_rate"}
_CHOICES: dict[str, type[StrEnum]] = {
    "method": Method,
    "period": Period,
    "day_count": DayCount,
    "rounding": Rounding,
    "interest_basis": InterestBasis,
    "allocation_direction": Direction,
    "surplus": Surplus,
}
# What the book can do with money beyond what is due: no event of it lowers the principal or uses a credit yet.
BOOKABLE = (Surplus.NEXT_INSTALLMENT, Surplus.LAST_INSTALLMENT)


def parse_rules(document: Mapping[str, Any], *, currency: str = "CNY") -> ProductRules:
    """
    Read the rules of a product version.

    :raises InvalidProductTerms: an unknown or missing key, or a value outside its kind; `field` names it.
    """
    known = {each.name: each for each in fields(ProductRules)}
    if unknown := sorted(set(document) - set(known)):
        raise InvalidProductTerms(_("This term is not known."), field=unknown[0])
    required = [name for name, each in known.items() if each.default is MISSING and each.default_factory is MISSING]
    if missing := [name for name in required if name not in document]:
        raise InvalidProductTerms(_("This term is missing."), field=missing[0])
    return ProductRules(**{name: _value(name, raw, currency) for name, raw in document.items()})


def _value(name: str, raw: Any, currency: str) -> Any:
    try:
        if name in _AMOUNTS:
            return parse_minor(raw, currency, field=name)
        if name == "schedule":
            return _schedule(raw, currency)
        if name == "fees":
            return parse_fee_lines(raw, currency=currency)
        if name == "covenants":
            return parse_covenants(raw)
        if name == "surplus" and raw not in BOOKABLE:
            raise InvalidProductTerms(
                _("A product's surplus pays the next or the last installments; the book cannot do otherwise yet."),
                field=name,
            )
        if name in _CHOICES:
            return _CHOICES[name](raw)
        if name == "allocation_order":
            return Waterfall(tuple(Component(part) for part in raw)).order
        if name in _RATES and isinstance(raw, str) and 0 <= Decimal(raw) <= 10:
            return Decimal(raw)
        if name == "max_tranches" and type(raw) is int and 1 <= raw <= MOST_TRANCHES:
            return raw
        if name in _WHOLE and type(raw) is int and 0 <= raw <= 10_000:
            return raw
        if name == "charges_penalty" and isinstance(raw, bool):
            return raw
    except (ValueError, TypeError, InvalidOperation) as error:
        raise InvalidProductTerms(_("The value of this term is not one of those allowed."), field=name) from error
    raise InvalidProductTerms(_("The value of this term is not one of those allowed."), field=name)


def _schedule(raw: Any, currency: str) -> dict[str, Any]:
    """:raises DomainError: with the field below `schedule` that is to blame."""
    document = Document(raw, path="schedule")
    for name in sorted(set(raw) - set(_OF_SCHEDULES)):
        raise InvalidProductTerms(_("This term is not known."), field=document.field(name))
    options = parse_options(document, currency)
    return {name: options[name] for name in _OF_SCHEDULES}
