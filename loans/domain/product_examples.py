"""
What a product's terms come to: loans at the edges of what it offers, and what the dearest costs when it goes wrong.

Whoever publishes a version sees these before anyone borrows under it. The edges are where a product breaks its bounds
first: short loans, where a fee weighs most, and the largest for the longest time at the highest rate.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.installments import Installment
from dashu.finance.penalty import PenaltyRule, penalty_parts
from dashu.finance.rate_cap import RateLimits
from dashu.finance.schedule import Row, build_schedule
from loans.domain.fees import demanded_rows
from loans.domain.terms import ProductRules

LATE_DAYS = 90
PenaltyAt = Callable[[Decimal], PenaltyRule]


@dataclass(frozen=True, slots=True)
class Example:
    """
    One loan as the product would make it; amounts in minor units, rates as yearly fractions.

    :param annual_rate: of the contract; `all_in_rate` is the stricter of nominal and effective, with all costs.
    :param highest: the highest of its installments; the first one carries the upfront fees.
    :param cost: all interest and all fees that are not on an event.
    """

    principal: int
    count: int
    annual_rate: Decimal
    highest: int
    cost: int
    all_in_rate: Decimal
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """
    :param worst: the largest loan, for the longest time, at the highest rate.
    :param penalty_once: what its first installment costs more when it is paid `LATE_DAYS` days late; minor units.
    :param penalty_all: the same when nothing is ever paid and all of it has been due for so long.
    :param above_cap: the examples whose all-in rate lies above the cap.
    """

    examples: tuple[Example, ...]
    worst: Example
    penalty_once: int
    penalty_all: int
    above_cap: tuple[Example, ...]


def examples_of(rules: ProductRules, *, penalty_at: PenaltyAt, limits: RateLimits, on: date) -> Examples:
    """
    Return the examples of a product for loans paid out on a day.

    :param penalty_at: the penalty rule of a contract with a yearly rate.
    :raises DomainError: no schedule can be made of these terms.
    """
    made = tuple(_example(rules, *edge, on=on) for edge in _edges(rules))
    worst = max(made, key=lambda example: (example.principal, example.count, example.annual_rate))
    rule = penalty_at(worst.annual_rate) if rules.charges_penalty else PenaltyRule()
    first = worst.rows[0]
    return Examples(
        examples=made,
        worst=worst,
        penalty_once=_penalty([first], rule),
        penalty_all=_penalty(worst.rows, rule),
        above_cap=tuple(example for example in made if example.all_in_rate > limits.cap),
    )


def _edges(rules: ProductRules) -> Iterator[tuple[int, int, Decimal]]:
    """Amount, number of installments and rate of the loans at the edges, each once."""
    low, high = rules.min_annual_rate, rules.max_annual_rate
    yield from dict.fromkeys(
        [
            (rules.min_principal, rules.min_count, high),
            (rules.min_principal, rules.max_count, high),
            (rules.max_principal, rules.min_count, high),
            (rules.max_principal, rules.max_count, low),
            (rules.max_principal, rules.max_count, high),
        ]
    )


def _example(rules: ProductRules, principal: int, count: int, annual_rate: Decimal, *, on: date) -> Example:
    terms = rules.schedule_terms(principal=principal, annual_rate=annual_rate, count=count, disbursed_on=on)
    rows = demanded_rows(terms)
    rates = all_in_rates(terms, build_schedule(terms))
    return Example(
        principal=principal,
        count=count,
        annual_rate=annual_rate,
        highest=max(row.total for row in rows),
        cost=sum(row.interest + row.fee for row in rows),
        all_in_rate=max(rates.irr_nominal, rates.irr_effective),
        rows=tuple(rows),
    )


def _penalty(rows: Sequence[Row], rule: PenaltyRule) -> int:
    """Return the penalty of rows that are all unpaid and due for `LATE_DAYS` days, in minor units."""
    due_on = rows[0].due_on
    owed = [Installment(row.number, due_on, row.principal, row.interest, row.fee) for row in rows]
    through = due_on + timedelta(days=LATE_DAYS)
    return rule.whole_minor(penalty_parts(owed, due_on, through, rule))
