"""
What a real book would have been like under other policies of relief: none, offers to those behind, offers before that.

Each loan is lived through by the events that book relief, and each offer is the engine's own recommended one. The money
is that of the book: a plan changes what is asked for, and only as far as an assumption says so what comes. So the
result is what follows from the assumptions, never a proof that a plan would have helped.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Self

from collections_mgmt.domain.relief.asking import Rules
from collections_mgmt.domain.relief.budget import Statement, means_of
from collections_mgmt.domain.relief.cases import Bounds, Case, Past
from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.demands import plan_of
from collections_mgmt.domain.relief.offers import Options
from collections_mgmt.domain.relief.worth import expected, value_of
from dashu.finance.affordability import Amount, share_of
from dashu.finance.allocation import Surplus, Waterfall
from dashu.finance.events import Event, EventType
from dashu.finance.life import Life
from dashu.finance.loan import Contract, Status, effective_days_past_due, payoff
from dashu.finance.relief import Act, life_after, present_value, standing
from dashu.finance.terms import MOST_INSTALLMENTS, ScheduleTerms
from dashu.kernel.dates import add_months

LATE_DAYS, FAR_DAYS = 30, 90


class Ending(StrEnum):
    NONE = ""
    PAID_OFF = "PAID_OFF"
    CHARGED_OFF = "CHARGED_OFF"


class Policy(StrEnum):
    NONE = "none"
    REACTIVE = "reactive"
    PROACTIVE = "proactive"
    PROACTIVE_ANY = "proactive, any one trigger"


@dataclass(frozen=True, slots=True)
class Month:
    """
    One month of the book, amounts in minor units.

    :param on: its last day. :param paid: what came in it, on `paid_on`. :param back: recovered after a charge-off.
    :param extended: by how many months the book's servicer moved all that was unpaid, at its end.
    """

    on: date
    paid: int
    paid_on: date
    back: int = 0
    extended: int = 0
    ending: Ending = Ending.NONE


@dataclass(frozen=True, slots=True)
class BookLoan:
    """
    :param income: of the household a month. :param warned_on: the night of the lead, by policy; None: there is none.
    :param reported: days past due that the book's own servicer reported, at each month's end.
    """

    number: str
    terms: ScheduleTerms
    income: int
    months: tuple[Month, ...]
    warned_on: Mapping[Policy, date | None]
    reported: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Assumptions:
    """
    What no book says.

    :param room: the part of the present installment that the household's month still carries.
    :param months: after which the income is back; None: it stays low.
    :param reactive_days: past due at a month's end, at which whoever has no plan is made an offer.
    :param tolerance_bps: shortfall of an installment that does not count, as the book's servicer has it.
    :param extra_months: by which a plan may end later than the loan was to end.
    """

    room: Decimal
    months: int | None
    reactive_days: int
    tolerance_bps: int
    extra_months: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    :param acceptance: of those who are made an offer, the part that accepts the recommended one.
    :param effect: the chance that a month whose money in the book does not reach the plan's payment is paid after all.
    """

    name: str
    acceptance: Fraction
    effect: Fraction


@dataclass(frozen=True, slots=True)
class Course:
    """
    How a loan went. :param days: past due at each month's end while it ran.
    :param value: present value at the first day of what came and of what can be expected of the rest, minor units.
    """

    days: tuple[int, ...]
    value: int

    @property
    def worst(self) -> int:
        return max(self.days, default=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What can be expected of one loan, or of many together."""

    arrears_months: Fraction = Fraction(0)
    late: Fraction = Fraction(0)
    far: Fraction = Fraction(0)
    value: Fraction = Fraction(0)
    offers: Fraction = Fraction(0)
    accepted: Fraction = Fraction(0)
    false_offers: Fraction = Fraction(0)
    without_offer: Fraction = Fraction(0)


FIGURES = tuple(each.name for each in fields(Outcome))


@dataclass(frozen=True, slots=True)
class _Offered:
    on: date
    acts: tuple[Act, ...] | None
    is_false: bool


@dataclass(frozen=True)
class Replayed:
    """
    One loan under all policies.

    :param rules_on: of the day on which the loan was made. :param draws: how often the effect is drawn.
    """

    loan: BookLoan
    assumptions: Assumptions
    rules: Rules
    seed: int
    draws: int
    _known: dict[tuple[date, Fraction], tuple[Course, ...]] = field(default_factory=dict, init=False)

    @cached_property
    def contract(self) -> Contract:
        return Contract(
            self.loan.terms.disbursed_on,
            self.loan.terms.annual_rate,
            waterfall=Waterfall(surplus=Surplus.UNAPPLIED),
            tolerance_bps=self.assumptions.tolerance_bps,
        )

    @cached_property
    def unchanged(self) -> Course:
        """The loan with the money of the book and nothing offered."""
        return _Run(self).course()

    def outcome(self, policy: Policy, scenario: Scenario) -> Outcome:
        """Return what can be expected: accepted offers and those declined, each by its chance."""
        if policy is Policy.NONE:
            return self._counted(self.unchanged)
        behind = self._offered(self._behind_on)
        after = self._mixed(behind, scenario, self._counted(self.unchanged))
        if policy is Policy.REACTIVE:
            return after
        lead = self._offered(self.loan.warned_on[policy])
        if lead is None or (self._behind_on is not None and self._behind_on <= lead.on):
            return after
        return self._mixed(lead, scenario, after)

    def offered_to(self, on: date) -> Options:
        """Return what the engine offers on a night, by the household that is assumed."""
        return options(self._case(_Run(self).until(on), on))

    @cached_property
    def _behind_on(self) -> date | None:
        days, least = self.unchanged.days, self.assumptions.reactive_days
        return next((month.on for month, late in zip(self.loan.months, days, strict=False) if late >= least), None)

    def _offered(self, on: date | None) -> _Offered | None:
        if on is None or on not in self._running_on:
            return None
        if on not in self._offers:
            best = self.offered_to(on).recommended
            self._offers[on] = _Offered(on, best.acts if best else None, self.unchanged.worst < LATE_DAYS)
        return self._offers[on]

    @cached_property
    def _offers(self) -> dict[date, _Offered]:
        return {}

    @cached_property
    def _running_on(self) -> set[date]:
        """Month ends on which it runs, and another month of the book follows."""
        running = len(self.unchanged.days)
        return {month.on for month in self.loan.months[: min(running, len(self.loan.months) - 1)]}

    def _mixed(self, offered: _Offered | None, scenario: Scenario, otherwise: Outcome) -> Outcome:
        if offered is None:
            return otherwise
        if offered.acts is None:
            return plus(otherwise, Outcome(without_offer=Fraction(1)))
        said_yes = mean_of([self._counted(course) for course in self._courses(offered, scenario.effect)])
        mixed = sum_of([times(said_yes, scenario.acceptance), times(otherwise, 1 - scenario.acceptance)])
        is_false = Fraction(offered.is_false)
        return plus(mixed, Outcome(offers=Fraction(1), accepted=scenario.acceptance, false_offers=is_false))

    def _courses(self, offered: _Offered, effect: Fraction) -> tuple[Course, ...]:
        key = (offered.on, effect)
        if key not in self._known:
            is_drawn = 0 < effect < 1 and self._courses(offered, Fraction(0)) != self._courses(offered, Fraction(1))
            draws = self.draws if is_drawn else 1
            begun = self._begun(offered)
            self._known[key] = tuple(begun.going_on(effect, self._drawn(draw)).course() for draw in range(draws))
        return self._known[key]

    def _begun(self, offered: _Offered) -> "_Run":
        """Return the loan on the night on which the plan was accepted, right after it."""
        assert offered.acts is not None
        if offered.on not in self._plans:
            self._plans[offered.on] = _Run(self).until(offered.on).with_plan(offered.acts)
        return self._plans[offered.on]

    @cached_property
    def _plans(self) -> dict[date, "_Run"]:
        return {}

    def _drawn(self, draw: int) -> Sequence[Fraction]:
        """Return a number from 0 to 1 for each month: the same ones whatever the effect, so that it only adds."""
        random = Random(f"{self.seed}:{self.loan.number}:{draw}")  # noqa: S311 – chance, no secret
        return [Fraction(random.randrange(1_000_000), 1_000_000) for _month in self.loan.months]

    def _counted(self, course: Course) -> Outcome:
        return Outcome(
            arrears_months=Fraction(sum(days > 0 for days in course.days)),
            late=Fraction(course.worst >= LATE_DAYS),
            far=Fraction(course.worst >= FAR_DAYS),
            value=Fraction(course.value),
        )

    def _case(self, run: "_Run", on: date) -> Case:
        loan, rules, assumed = self.loan, self.rules, self.assumptions
        days = run.days_on(on)
        return Case(
            life=run.life,
            on=on,
            means=means_of(self._household(on), rules.affordability),
            bounds=Bounds(
                limits=rules.limits,
                clocks=rules.clocks,
                losses=rules.losses.band(days),
                loss_given_default=rules.losses.loss_given_default,
                rate_cap=rules.rate_cap,
                last_day=add_months(loan.terms.disbursed_on, loan.terms.count + assumed.extra_months),
                longest_count=MOST_INSTALLMENTS,
                credit_marks=rules.credit_marks,
            ),
            advances=[(loan.terms.disbursed_on, loan.terms.principal)],
            payments=list(run.flows),
            days_past_due=days,
            past=run.past(),
        )

    def _household(self, on: date) -> Statement:
        """A household whose month carries just the assumed part of the present installment."""
        rules, assumed, income = self.rules.affordability, self.assumptions, Amount(self.loan.income, self.loan.income)
        everything = Statement(income, {}, Amount(0)).household().month(rules).room_for_installment(rules)
        free = Statement(income, {}, Amount(0)).household().month(rules).carrying(0, rules).surplus
        room = min(everything, share_of(self.installment, assumed.room))
        later = None if assumed.months is None else income.stated + self.installment
        since = None if assumed.months is None else add_months(on, assumed.months).replace(day=1)
        return Statement(income, {"ALL": free - room}, Amount(0), later_income=later, later_from=since)

    @cached_property
    def installment(self) -> int:
        return max(row.total for row in standing(_Run(self).life, self.contract.starts_on).installments)


@dataclass
class _Run:
    """
    One loan on its way through the months. :param days: past due at each month's end while it ran.

    :param effect, drawn: a month that the plan finds short is paid after all where its draw is below the effect.
    :param done: months that are over.
    """

    replayed: Replayed
    effect: Fraction = Fraction(0)
    drawn: Sequence[Fraction] = ()
    life: Life = field(init=False)
    days: list[int] = field(default_factory=list)
    flows: list[tuple[date, int]] = field(default_factory=list)
    extended_on: list[date] = field(default_factory=list)
    done: int = 0
    is_lost: bool = False
    has_plan: bool = False

    def __post_init__(self) -> None:
        terms = self.replayed.loan.terms
        self.life = Life(self.replayed.contract, terms)
        self.life.apply(Event(EventType.DISBURSE, terms.disbursed_on, terms.disbursed_on), 0)

    def with_plan(self, acts: Sequence[Act]) -> Self:
        self.life, self.has_plan = life_after(self.life, acts), True
        return self

    def going_on(self, effect: Fraction, drawn: Sequence[Fraction]) -> Self:
        """Return the same run, to go on by itself."""
        other = copy(self)
        other.effect, other.drawn, other.life = effect, drawn, life_after(self.life, ())
        other.days, other.flows, other.extended_on = [*self.days], [*self.flows], [*self.extended_on]
        return other

    def until(self, on: date) -> Self:
        """Live up to the end of a day."""
        months = self.replayed.loan.months
        while self.done < len(months) and months[self.done].on <= on:
            self._live(months[self.done])
            self.done += 1
        return self

    def _live(self, month: Month) -> None:
        self._pay(month)
        if self.is_running:
            if month.extended:
                self._book(Event(EventType.EXTEND, month.on, month.on, months=month.extended))
                self.extended_on.append(month.on)
            self.days.append(self.days_on(month.on))
            self.is_lost = month.ending is Ending.CHARGED_OFF and self.days[-1] > 0
        if self.is_lost and month.back:
            self.flows.append((month.on, month.back))

    def past(self) -> Past:
        """The servicer's extensions count as plans, as they would among our own events."""
        if not self.extended_on:
            return Past()
        assert self.life.position is not None
        rows = [row for row in self.life.position.installments if row.due_on > self.extended_on[-1] and row.total]
        return Past(tuple(self.extended_on), sum(row.unpaid == 0 for row in rows))

    def course(self) -> Course:
        """Live to the end of the book."""
        loan = self.replayed.loan
        end = loan.months[-1].on
        self.until(end)
        rest = [(end, self._rest(end))] if self.is_running else []
        value = present_value([*self.flows, *rest], loan.terms.annual_rate, loan.terms.disbursed_on)
        return Course(tuple(self.days), value)

    @property
    def is_running(self) -> bool:
        return not self.is_lost and self.life.position is not None and self.life.position.status is Status.ACTIVE

    def days_on(self, on: date) -> int:
        return effective_days_past_due(standing(self.life, on), self.life.contract, on)

    def _pay(self, month: Month) -> None:
        if self.is_lost:
            if month.paid:
                self.flows.append((month.paid_on, month.paid))
            return
        if not self.is_running:
            return
        if month.ending is Ending.PAID_OFF:
            amount = payoff(standing(self.life, month.paid_on), self.life.contract, month.paid_on)
            kind = EventType.SETTLE
        else:
            amount, kind = self._money(month), EventType.PAYMENT
        if amount:
            self._book(Event(kind, month.paid_on, month.paid_on, amount=amount))
            self.flows.append((month.paid_on, amount))

    def _book(self, event: Event) -> None:
        self.life.apply(event, len(self.life.receipts) + 1)

    def _money(self, month: Month) -> int:
        """Under a plan nobody pays more than is asked for; who could not pay it pays what came, or by chance all."""
        if not self.has_plan:
            return month.paid
        position = standing(self.life, month.on)
        due = [row for row in position.installments if row.unpaid and row.due_on <= month.on]
        since = self.replayed.loan.months[self.done - 1].on  # some months are missing in a book
        asked = sum(row.unpaid for row in due if row.due_on > since)
        short = (asked - month.paid) * 10_000
        is_forgiven = 0 < short <= asked * self.replayed.assumptions.tolerance_bps
        is_found = short > 0 and self.drawn and self.drawn[self.done] < self.effect
        return asked if is_forgiven or is_found else min(month.paid, sum(row.unpaid for row in due))

    def _rest(self, on: date) -> int:
        """What can be expected of what is still to come, by one chance of loss for all policies."""
        losses = self.replayed.rules.losses
        plan = plan_of(standing(self.life, on), self.life.contract, on)
        value = value_of(plan, self.replayed.loan.terms.annual_rate, on)
        position = standing(self.life, on)
        return expected(
            value,
            position.principal + plan.charges_due,
            lost=losses.band(self.days[-1] if self.days else 0).carried,
            loss_given_default=losses.loss_given_default,
        )


def times(outcome: Outcome, by: Fraction) -> Outcome:
    return Outcome(**{name: getattr(outcome, name) * by for name in FIGURES})


def plus(one: Outcome, other: Outcome) -> Outcome:
    return Outcome(**{name: getattr(one, name) + getattr(other, name) for name in FIGURES})


def sum_of(found: Sequence[Outcome]) -> Outcome:
    result = Outcome()
    for each in found:
        result = plus(result, each)
    return result


def mean_of(found: Sequence[Outcome]) -> Outcome:
    return times(sum_of(found), Fraction(1, len(found)))
