"""
Several loans of one borrower that become one: held against the same bounds as a relief of one loan, over all of them.

The new loan pays what ends each of the others on the day, bears at most the average of their rates, and asks for
nothing but principal and interest. What the month carries, what it costs and what it is worth is compared with all of
the loans together as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from collections_mgmt.domain.relief.budget import Means
from collections_mgmt.domain.relief.candidates import least
from collections_mgmt.domain.relief.cases import Case
from collections_mgmt.domain.relief.demands import Demand, Plan
from collections_mgmt.domain.relief.offers import Code, Effect, Offer, Refusal, Standing, Worth
from collections_mgmt.domain.relief.quoting import Desk, carried, rate_of
from collections_mgmt.domain.relief.worth import expected, value_loss, value_of
from dashu.finance.joined_loans import average_rate
from dashu.finance.loan import payoff, without_early_fee
from dashu.finance.relief import Relief, ReliefMethod, standing
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms, ScheduleTerms

METHOD = ReliefMethod.CONSOLIDATION


@dataclass(frozen=True, slots=True)
class NewLoan:
    """
    What the product lets the new loan be. Amounts in minor units, rates as fractions.

    :param terms_of: principal, rate, count and due day give its terms, without any fee.
    :param rate_cap: of the day on which it is made, of the rate and of the all-in rate.
    """

    terms_of: Callable[[int, Decimal, int, int | None], ScheduleTerms]
    rate_cap: Decimal
    counts: tuple[int, int]
    principals: tuple[int, int]
    rates: tuple[Decimal, Decimal]

    def takes(self, principal: int, annual_rate: Decimal) -> bool:
        return self.principals[0] <= principal <= self.principals[1] and self.rates[0] <= annual_rate <= self.rates[1]


@dataclass(frozen=True)
class Several:
    """
    The loans that could become one, all of one borrower and currency, on one day.

    :param cases: of each, with all that the household can carry as its means.
    :param numbers: what each is called. :param new: None where its product is no longer offered.
    :param is_open_elsewhere: an offer or a settlement waits for its answer on one of them.
    :param for_need: they become one only where together they ask for more than the month carries.
    """

    cases: tuple[Case, ...]
    numbers: tuple[str, ...]
    new: NewLoan | None
    is_open_elsewhere: bool = False
    for_need: bool = True

    @property
    def means(self) -> Means:
        return self.cases[0].means

    @property
    def on(self) -> date:
        return self.cases[0].on

    @cached_property
    def ended(self) -> "tuple[Ended, ...]":
        """What ends each of them on the day, without a fee for repaying early."""
        return tuple(
            Ended(
                number,
                payoff(standing(case.life, case.on), without_early_fee(case.contract), case.on),
                case.contract.annual_rate,
            )
            for number, case in zip(self.numbers, self.cases, strict=True)
        )

    @property
    def largest(self) -> int:
        """The place of the loan that takes most to end, of equals the first: the new one is of its kind."""
        return max(range(len(self.ended)), key=lambda place: (self.ended[place].minor, -place))


@dataclass(frozen=True, slots=True)
class Ended:
    """A loan that the new one pays off. :param minor: what ends it."""

    number: str
    minor: int
    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Offer):
    """
    A consolidation that may be agreed. Its acts are empty: it books a new loan, and the end of the others.

    :param present: all of the loans together if nothing changes, which every figure is compared with.
    :param ended: in the order of the loans. :param terms: of the new loan.
    :param annual_rate_before: the average of the rates, weighted by what ends each loan.
    :param own_rate: the stricter all-in rate of the new loan; `all_in_rate` is that of all loans from their start.
    """

    present: Standing
    ended: tuple[Ended, ...]
    terms: ScheduleTerms
    annual_rate_before: Decimal
    own_rate: Decimal | None

    @property
    def principal(self) -> int:
        return sum(each.minor for each in self.ended)

    @property
    def cost(self) -> int:
        """What the new loan costs in all, minor units: its interest, since there are no fees."""
        return sum(row.interest + row.fee for row in self.plan.rows)


@dataclass(frozen=True)
class JointDesk:
    """Quotes consolidations of the same loans, and keeps what is the same for all of them."""

    several: Several

    @property
    def currency(self) -> str:
        return self.several.cases[0].currency

    @cached_property
    def desks(self) -> tuple[Desk, ...]:
        return tuple(Desk(case) for case in self.several.cases)

    @cached_property
    def present(self) -> Standing:
        """All of the loans together, if nothing changes."""
        plan = together([desk.present_plan for desk in self.desks], self.several.on)
        month = carried(self.several.means, plan)
        value = sum(value_of(desk.present_plan, desk.case.value_rate, desk.case.on) for desk in self.desks)
        band = self._worst.bounds.losses
        lost = band.carried if month.fits else band.beyond
        return Standing(plan, month, Worth(value, Decimal(0), self._expected(value, lost)), self._rate(plan))

    @cached_property
    def annual_rate_before(self) -> Decimal:
        return average_rate((each.annual_rate, each.minor) for each in self.several.ended)

    @cached_property
    def value_rate(self) -> Decimal:
        """The average of the rates before any relief, at which present values are taken."""
        pairs = zip(self.several.cases, self.several.ended, strict=True)
        return average_rate((case.value_rate, each.minor) for case, each in pairs)

    @cached_property
    def annual_rate(self) -> Decimal:
        """What the new loan bears: the average before, or less where law or product allow no more."""
        assert self.several.new is not None
        return min(self.annual_rate_before, self.several.new.rate_cap, self.several.new.rates[1])

    @property
    def counts(self) -> tuple[int, int]:
        """The fewest and the most installments of the new loan."""
        return self.several.new.counts if self.several.new else (1, 1)

    def gate(self) -> Refusal | None:
        """Return why these loans become none, whatever the figures."""
        return next(self._gates(), None)

    def gentlest(self) -> Joined | Refusal:
        """Return the consolidation with the fewest installments that the month can carry, or why there is none."""
        if refusal := self.gate():
            return refusal
        fewest, most = self.counts
        due_day = self._due_day
        return least(range(fewest, most + 1), lambda count: self.quote(Relief(METHOD, count=count, due_day=due_day)))

    def quote(self, relief: Relief) -> Joined | Refusal:
        """Return the offer that a consolidation would be, or the first reason why it is none."""
        if refusal := self.gate():
            return refusal
        new, count = self.several.new, relief.count
        assert new is not None
        if count is None or count < new.counts[0]:
            return Refusal(METHOD, Code.DOES_NOT_FIT_LOAN)
        if count > new.counts[1]:
            return Refusal(METHOD, Code.BEYOND_COUNT, count, new.counts[1])
        try:
            terms = new.terms_of(self._principal, self.annual_rate, count, relief.due_day)
            rows = build_schedule(terms)
        except InvalidTerms:
            return Refusal(METHOD, Code.DOES_NOT_FIT_LOAN)
        demands = tuple(Demand(row.number, row.due_on, row.principal, row.interest, row.fee) for row in rows)
        plan = Plan(self.several.on, demands, 0)
        return next(self._misfits(plan), None) or self._priced(relief, plan, terms)

    def _gates(self) -> Iterator[Refusal]:
        if len(self.several.cases) < 2:
            yield Refusal(METHOD, Code.ONE_LOAN)
        for desk in self.desks:
            yield from desk.gates_of_loan(METHOD)
        if self.several.is_open_elsewhere:
            yield Refusal(METHOD, Code.OPEN_ELSEWHERE)
        if self.several.for_need and self.present.carried.fits:
            yield Refusal(METHOD, Code.PLAN_FITS, self.present.carried.payment, self.several.means.room_now)
        new, is_owed = self.several.new, all(each.minor for each in self.several.ended)
        if new is None or not is_owed or not new.takes(self._principal, self.annual_rate):
            yield Refusal(METHOD, Code.DOES_NOT_FIT_LOAN)

    def _misfits(self, plan: Plan) -> Iterator[Refusal]:
        last_day = max(case.bounds.last_day for case in self.several.cases)
        if plan.ends_on > last_day and plan.ends_on > self.present.plan.ends_on:
            yield Refusal(METHOD, Code.BEYOND_TERM, plan.ends_on, last_day)
        found, means = carried(self.several.means, plan), self.several.means
        if not found.fits:
            room = max(0, means.month(found.month).room_for_installment(means.rules))
            yield Refusal(METHOD, Code.NOT_AFFORDABLE, found.payment, room)

    def _priced(self, relief: Relief, plan: Plan, terms: ScheduleTerms) -> Joined | Refusal:
        case, present = self._worst, self.present
        bounds = case.bounds
        cap = min(each.bounds.rate_cap for each in self.several.cases)
        highest = max(cap, present.all_in_rate or Decimal(0))
        whole, own = self._rate(plan), rate_of([(self.several.on, self._principal)], plan.payments)
        for rate in (whole, own):
            if rate is not None and rate > highest:
                return Refusal(METHOD, Code.ABOVE_CAP, rate, cap)
        value = value_of(plan, self.value_rate, self.several.on)
        loss = value_loss(value, present.worth.value)
        if loss > bounds.limits.value_loss:
            return Refusal(METHOD, Code.VALUE_LOSS, loss, bounds.limits.value_loss)
        worth = Worth(value, loss, self._expected(value, bounds.losses.relieved))
        if worth.expected <= present.worth.expected:
            return Refusal(METHOD, Code.NO_GAIN, worth.expected, present.worth.expected)
        return Joined(
            relief=relief,
            acts=(),
            plan=plan,
            annual_rate=self.annual_rate,
            extra_cost=plan.total - present.plan.total,
            given_up=0,
            all_in_rate=whole,
            worth=worth,
            carried=carried(self.several.means, plan),
            effect=Effect.RESTRUCTURED,
            mark=bounds.credit_marks.get(METHOD, ""),
            broken_after_days=bounds.clocks.broken_after_days,
            cure_days=bounds.clocks.cure_days,
            present=present,
            ended=self.several.ended,
            terms=terms,
            annual_rate_before=self.annual_rate_before,
            own_rate=own,
        )

    @property
    def _principal(self) -> int:
        return sum(each.minor for each in self.several.ended)

    @property
    def _worst(self) -> Case:
        """The loan that is furthest behind; what is assumed of losses is that of its days."""
        return max(self.several.cases, key=lambda case: case.days_past_due)

    @property
    def _due_day(self) -> int | None:
        """Return on which day the payments fall due now, of the loan that takes most to end."""
        days = [row.due_on.day for row in self.desks[self.several.largest].present_plan.to_come]
        return max(days, default=None)

    def _expected(self, value: int, lost: Decimal) -> int:
        claim = sum(desk.claim for desk in self.desks)
        return expected(value, claim, lost=lost, loss_given_default=self._worst.bounds.loss_given_default)

    def _rate(self, plan: Plan) -> Decimal | None:
        advances = sorted(one for case in self.several.cases for one in case.advances)
        payments = sorted(one for case in self.several.cases for one in case.payments)
        return rate_of(advances, [*payments, *plan.payments])


def together(plans: Sequence[Plan], on: date) -> Plan:
    """Return all that several loans ask for, as if they were one."""
    rows = sorted((row for plan in plans for row in plan.rows), key=lambda row: (row.due_on, row.number))
    return Plan(on, tuple(rows), sum(plan.penalty for plan in plans))
