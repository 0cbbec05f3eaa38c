"""
Which loans to offer: the smallest and gentlest that meet the need, at most three, each with what it does to a month.

Nothing is offered beyond the amount asked for, the useful life of what it pays for, the cap of the all-in rate, the
room that is left for the borrower, or what the month can carry. An amount that the month cannot carry is answered
with a smaller one only as such, with the reason; or with no offer, and the reason. All are plans that repay a part of
the principal month by month: interest alone with the debt at the end looks gentle and is not.

A loan in parts is held against the month as if all of them were out and each in its dearest month, and never less than
the same amount in one sum: who takes it bit by bit is not let into more than who takes it at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from dashu.finance.affordability import AffordabilityRules, Burden, Household, Month
from dashu.finance.annual_rates import all_in_rates, all_in_rates_together
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import InvalidTerms, Method, ScheduleTerms
from dashu.kernel.errors import DomainError, _
from loans.domain.fees import demanded_rows
from loans.domain.terms import ProductRules
from loans.domain.tranches import STEP as AMOUNT_STEP
from loans.domain.tranches import Part, offered_parts, parts_within

MOST_OFFERS = 3
_REPAYS_MONTHLY = (Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.FLAT, Method.STEP, Method.SEASONAL)
_ALL_MONTHS = range(1, 13)


class NotMatched(DomainError):
    """A product's loans are not repaid month by month, so no gentle plan can be chosen among them."""

    code = "product_not_matched"


class Why(StrEnum):
    """Why a loan is among the offers. `largest_that_fits` stands where no amount that meets the need fits."""

    SMALLEST_THAT_MEETS_NEED = "smallest_that_meets_need"
    LARGEST_THAT_FITS = "largest_that_fits"
    FOLLOWS_SEASON = "follows_season"
    GENTLEST_INSTALLMENT = "gentlest_installment"
    CHEAPEST_IN_ALL = "cheapest_in_all"


class Obstacle(StrEnum):
    """What kept an offer from being what was asked for, or from being made at all."""

    BELOW_PRODUCT = "below_product"
    ABOVE_PRODUCT = "above_product"
    EXPOSURE_ROOM = "exposure_room"
    INSTALLMENT = "installment"
    USEFUL_LIFE = "useful_life"
    LONGEST_TERM = "longest_term"
    SHORTEST_TERM = "shortest_term"
    TRANCHES = "tranches"
    PRODUCT_RATE = "product_rate"
    RATE_CAP = "rate_cap"


@dataclass(frozen=True, slots=True)
class Need:
    """
    What somebody asks for.

    :param amount: minor units.
    :param months: to repay it in.
    :param useful_months: how long what it pays for lasts; None: nothing that wears out.
    :param strong_months: calendar months (1–12) in which a business takes most of its money; empty: no season.
    :param parts: in which it is to be paid out; empty: in one sum.
    """

    amount: int
    months: int
    useful_months: int | None = None
    strong_months: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def weak_months(self) -> tuple[int, ...]:
        """The months that a seasonal plan spares; empty where there is no season."""
        weak = tuple(month for month in _ALL_MONTHS if month not in self.strong_months)
        return weak if 0 < len(weak) < len(_ALL_MONTHS) else ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    What no offer goes beyond.

    :param rate_cap: of the all-in rate, the stricter of nominal and effective; a yearly fraction.
    :param room: that is left for the borrower's group with this lender; minor units.
    """

    household: Household
    affordability: AffordabilityRules
    rate_cap: Decimal
    room: int


@dataclass(frozen=True, slots=True)
class Limited:
    """:param found, limit: plain values for the sentence: amounts in minor units, months, or rates as text."""

    obstacle: Obstacle
    found: int | str
    limit: int | str


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A loan that could be made; amounts in minor units, rates as yearly fractions.

    :param parts: as they are paid out; one for a loan in one sum.
    :param loans: all that the schedule of each part is computed from.
    :param highest: the highest of its installments; of several parts, the highest of each of them together.
    :param cost: all interest and fees, when paid as agreed.
    :param all_in_rate: the stricter of nominal and effective, with all costs.
    :param burden: of the month that counts, with the highest installment.
    :param stressed_highest, stressed: the same if income falls and the rate rises as in the stress case.
    :param whys: in the order of `Why`.
    """

    parts: tuple[Part, ...]
    loans: tuple[ScheduleTerms, ...]
    highest: int
    cost: int
    all_in_rate: Decimal
    burden: Burden
    stressed_highest: int
    stressed: Burden
    whys: tuple[Why, ...]

    @property
    def terms(self) -> ScheduleTerms:
        """Those of the first part; the others differ from it in amount and day only."""
        return self.loans[0]

    @property
    def principal(self) -> int:
        """Of all parts."""
        return sum(part.minor for part in self.parts)

    @property
    def count(self) -> int:
        """Of the installments of each part."""
        return self.terms.count

    @property
    def method(self) -> Method:
        return self.terms.method

    @property
    def annual_rate(self) -> Decimal:
        return self.terms.annual_rate

    @property
    def total(self) -> int:
        """All that is paid back."""
        return self.principal + self.cost


@dataclass(frozen=True, slots=True)
class Match:
    """
    :param offers: at most three, no two equal; empty: none can be made.
    :param limits: what kept them from being what was asked for; empty when they are just that.
    :param largest: the largest amount up to the one asked for that could be lent; minor units, 0 for none.
    """

    offers: tuple[Offer, ...]
    limits: tuple[Limited, ...]
    largest: int


def match(need: Need, product: ProductRules, annual_rate: Decimal, bounds: Bounds, *, on: date) -> Match:
    """
    Return the offers for a need.

    :param annual_rate: of the contract, as priced for the applicant.
    :param on: the day of the payout.
    :raises NotMatched: the product's loans are not repaid month by month.
    """
    plans = _Plans(need, product, annual_rate, bounds, on)
    limits = [*plans.limits_of_terms()]
    if not plans.counts or _prevents(limits):
        return Match((), tuple(limits), 0)
    amount, of_amount = plans.amount()
    limits += of_amount
    if not amount:
        return Match((), tuple(limits), 0)
    offers, above = plans.offers(amount)
    return Match(offers, tuple(limits + above), amount if offers else 0)


def gentlest_as_asked(
    need: Need, product: ProductRules, annual_rate: Decimal, bounds: Bounds, *, on: date
) -> Offer | None:
    """
    Return what the amount asked for comes to over the longest time that can be offered, whatever the month carries.

    :returns: None where the product has no such amount or no such time; it is never an offer by itself.
    :raises NotMatched: the product's loans are not repaid month by month.
    """
    plans = _Plans(need, product, annual_rate, bounds, on)
    if not plans.counts or not product.min_principal <= need.amount <= product.max_principal:
        return None
    return plans.offer_of(need.amount, plans.counts[-1])


def _prevents(limits: Iterable[Limited]) -> bool:
    return any(each.obstacle is Obstacle.PRODUCT_RATE for each in limits)


@dataclass(frozen=True)
class _Loan:
    """One part as a loan of its own."""

    terms: ScheduleTerms

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return demanded_rows(self.terms)

    @cached_property
    def highest(self) -> int:
        return max(row.total for row in self.rows)

    @cached_property
    def all_in_rate(self) -> Decimal:
        rates = all_in_rates(self.terms, build_schedule(self.terms))  # upfront fees count on the day of the payout
        return max(rates.irr_nominal, rates.irr_effective)

    def dearer(self, by: Decimal) -> "_Loan":
        return _Loan(replace(self.terms, annual_rate=self.terms.annual_rate + by))


@dataclass(frozen=True)
class _Plan:
    """:param at_once: the same amount in one sum, which a loan in parts is never held to be lighter than."""

    parts: tuple[Part, ...]
    loans: tuple[_Loan, ...]
    at_once: _Loan

    @property
    def count(self) -> int:
        return self.loans[0].terms.count

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for loan in self.loans for row in loan.rows)

    @cached_property
    def highest(self) -> int:
        return _highest(self.loans, self.at_once)

    @cached_property
    def cost(self) -> int:
        return sum(row.interest + row.fee for row in self.rows)

    @cached_property
    def all_in_rate(self) -> Decimal:
        if len(self.loans) == 1:
            return self.loans[0].all_in_rate
        rates = all_in_rates_together([(loan.terms, build_schedule(loan.terms)) for loan in self.loans])
        return max(rates.irr_nominal, rates.irr_effective)

    @cached_property
    def dearest_rate(self) -> Decimal:
        """What is held against the cap: neither all parts together nor one of them by itself goes beyond it."""
        return max(self.all_in_rate, *(loan.all_in_rate for loan in self.loans))

    def stressed_highest(self, rules: AffordabilityRules) -> int:
        by = rules.stressed_rate
        return _highest([loan.dearer(by) for loan in self.loans], self.at_once.dearer(by))


def _highest(loans: Sequence[_Loan], at_once: _Loan) -> int:
    if len(loans) == 1:
        return loans[0].highest
    return max(sum(loan.highest for loan in loans), at_once.highest)


class _Plans:
    """The loans that a product could make of a need."""

    def __init__(self, need: Need, product: ProductRules, annual_rate: Decimal, bounds: Bounds, on: date) -> None:
        if product.period is not Period.MONTH or product.method not in _REPAYS_MONTHLY:
            raise NotMatched(
                _("Offers are made of products that repay a part of the loan every month."), field="product"
            )
        self._need, self._product, self._rate, self._bounds, self._on = need, product, annual_rate, bounds, on
        self._month: Month = bounds.household.month(bounds.affordability)
        self._highest = self._month.highest_installment(bounds.affordability)
        longest = product.max_count if need.useful_months is None else min(product.max_count, need.useful_months)
        self.counts = range(product.min_count, longest + 1)
        self._parts = offered_parts(
            need.parts, most=product.max_tranches, within_days=product.tranche_within_days, on=on
        )

    def limits_of_terms(self) -> Iterator[Limited]:
        """Say why the months are not those asked for, and whether the product may be lent at this rate."""
        months, product = self._need.months, self._product
        useful = self._need.useful_months
        if useful is not None and useful < max(product.min_count, min(months, product.max_count)):
            yield Limited(Obstacle.USEFUL_LIFE, max(months, product.min_count), useful)
        if months > product.max_count:
            yield Limited(Obstacle.LONGEST_TERM, months, product.max_count)
        if months < product.min_count:
            yield Limited(Obstacle.SHORTEST_TERM, months, product.min_count)
        nearest = min(max(self._rate, product.min_annual_rate), product.max_annual_rate)
        if nearest != self._rate:
            yield Limited(Obstacle.PRODUCT_RATE, str(self._rate), str(nearest))

    def amount(self) -> tuple[int, list[Limited]]:
        """Return the largest amount that fits, up to the one asked for, or 0; and why it is not that one."""
        asked, product, room = self._need.amount, self._product, self._bounds.room
        limits = [
            Limited(obstacle, asked, limit)
            for obstacle, limit in ((Obstacle.ABOVE_PRODUCT, product.max_principal), (Obstacle.EXPOSURE_ROOM, room))
            if asked > limit
        ]
        if asked < product.min_principal:
            return 0, [*limits, Limited(Obstacle.BELOW_PRODUCT, asked, product.min_principal)]
        amount = min(asked, product.max_principal, room)
        if len(self._parts) < len(self._need.parts):
            limits.append(Limited(Obstacle.TRANCHES, len(self._need.parts), len(self._parts)))
            amount = min(amount, sum(part.minor for part in self._parts))
        if amount < asked:
            amount -= amount % AMOUNT_STEP
        if amount < product.min_principal:
            return 0, limits
        gentlest = self._plan(amount, self.counts[-1])
        if not self._fits(gentlest):
            limits.append(Limited(Obstacle.INSTALLMENT, gentlest.highest, self._highest))
            amount = self._largest(amount)
        return sum(part.minor for part in self._parts_of(amount)), limits

    def _largest(self, above: int) -> int:
        """Return the largest amount of whole steps below one that is too much whose gentlest plan fits; 0 for none."""
        lowest = -(-self._product.min_principal // AMOUNT_STEP)

        def fits(steps: int) -> bool:
            return self._fits(self._plan(steps * AMOUNT_STEP, self.counts[-1]))

        steps = _last(fits, range(lowest, -(-above // AMOUNT_STEP)))
        return 0 if steps is None else steps * AMOUNT_STEP

    def offers(self, amount: int) -> tuple[tuple[Offer, ...], list[Limited]]:
        """Return the offers of an amount whose gentlest plan fits, and what the cap kept from being one."""
        chosen: dict[tuple[Row, ...], tuple[_Plan, list[Why]]] = {}
        for why, plan in self._chosen(amount):
            chosen.setdefault(plan.rows, (plan, []))[1].append(why)
        offers, above = [], []
        for plan, whys in chosen.values():
            if plan.dearest_rate > self._bounds.rate_cap:
                above.append(Limited(Obstacle.RATE_CAP, str(plan.dearest_rate), str(self._bounds.rate_cap)))
            else:
                offers.append(self._offer(plan, whys))
        return tuple(offers[:MOST_OFFERS]), above[:1]

    def offer_of(self, amount: int, count: int) -> Offer:
        return self._offer(self._plan(amount, count), ())

    def _chosen(self, amount: int) -> Iterator[tuple[Why, _Plan]]:
        """Choose among the plans of an amount; two reasons may choose the same one."""
        # What a person would have to look at is not the gentlest that meets the need where a longer time spares it.
        shortest = self._shortest(amount, self._is_light) or self._shortest(amount, self._fits)
        assert shortest is not None  # the gentlest plan fits
        smallest = self._plan(amount, max(shortest, min(self._need.months, self.counts[-1])))
        is_all = amount == self._need.amount
        yield Why.SMALLEST_THAT_MEETS_NEED if is_all else Why.LARGEST_THAT_FITS, smallest
        if seasonal := self._seasonal(amount, smallest.count):
            yield Why.FOLLOWS_SEASON, seasonal
        gentlest = self._plan(amount, self.counts[-1])
        yield Why.GENTLEST_INSTALLMENT, gentlest if gentlest.highest < smallest.highest else smallest
        # A short plan has to hold in the stress case, too: what it saves is not worth falling behind.
        robust = self._shortest(amount, self._holds_under_stress)
        yield (
            Why.CHEAPEST_IN_ALL,
            smallest if robust is None else min(smallest, self._plan(amount, robust), key=lambda plan: plan.cost),
        )

    def _seasonal(self, amount: int, count: int) -> _Plan | None:
        """Return a plan whose principal is repaid in the strong months only; None where there is none that fits."""
        weak = self._need.weak_months
        if not weak:
            return None
        try:
            plan = self._plan(amount, count, method=Method.EQUAL_PRINCIPAL, weak=weak)
            return plan if self._fits(plan) else None
        except InvalidTerms:  # no strong month lies in the term
            return None

    def _shortest(self, amount: int, is_fit: Callable[[_Plan], bool]) -> int | None:
        """Return the fewest installments with which a plan is fit, more of them being gentler; None for none."""
        backwards = self.counts[::-1]
        place = _last(lambda at: is_fit(self._plan(amount, backwards[at])), range(len(backwards)))
        return None if place is None else backwards[place]

    def _fits(self, plan: _Plan) -> bool:
        return plan.highest <= self._highest

    def _is_light(self, plan: _Plan) -> bool:
        """Whether the review of a month would find nothing to look at."""
        rules = self._bounds.affordability
        return (
            self._fits(plan)
            and not self._month.carrying(plan.highest, rules).takes_more_than(rules.watched_debt)
            and not self._stressed(plan).takes_more_than(rules.highest_debt)
        )

    def _holds_under_stress(self, plan: _Plan) -> bool:
        return self._is_light(plan) and self._stressed(plan).surplus >= 0

    def _stressed(self, plan: _Plan) -> Burden:
        rules = self._bounds.affordability
        return self._month.stressed(rules).carrying(plan.stressed_highest(rules), rules)

    def _plan(self, amount: int, count: int, *, method: Method | None = None, weak: Sequence[int] = ()) -> _Plan:
        product = self._product
        if method is not None:
            schedule = {**product.schedule, "interest_only_months": tuple(weak), "step": None}
            product = replace(product, method=method, schedule=schedule)
        parts = self._parts_of(amount)

        def loan(minor: int, on: date) -> _Loan:
            return _Loan(
                product.schedule_terms(
                    principal=minor,
                    annual_rate=self._rate,
                    count=count,
                    disbursed_on=on,
                    due_rule=DueRule(product.period),
                )
            )

        loans = tuple(loan(part.minor, part.day(self._on)) for part in parts)
        at_once = loans[0] if len(parts) == 1 else loan(sum(part.minor for part in parts), self._on)
        return _Plan(parts, loans, at_once)

    def _parts_of(self, amount: int) -> tuple[Part, ...]:
        return parts_within(self._parts, amount, least=self._product.min_principal)

    def _offer(self, plan: _Plan, whys: Sequence[Why]) -> Offer:
        rules = self._bounds.affordability
        return Offer(
            parts=plan.parts,
            loans=tuple(loan.terms for loan in plan.loans),
            highest=plan.highest,
            cost=plan.cost,
            all_in_rate=plan.all_in_rate,
            burden=self._month.carrying(plan.highest, rules),
            stressed_highest=plan.stressed_highest(rules),
            stressed=self._stressed(plan),
            whys=tuple(whys),
        )


def _last(fits: Callable[[int], bool], among: range) -> int | None:
    """Return the last of ascending numbers that fits, where none fits after one that does not; None: the first."""
    low, high = -1, len(among)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(among[middle]):
            low = middle
        else:
            high = middle
    return None if low < 0 else among[low]
