"""
One relief held against everything that bounds it: an offer with all its figures, or the first reason why not.

A relief is lived through by the very events that would book it. Nothing that the household's months cannot carry is an
offer, whoever asks for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from collections_mgmt.domain.relief.budget import Means
from collections_mgmt.domain.relief.cases import Case
from collections_mgmt.domain.relief.demands import Plan, plan_of
from collections_mgmt.domain.relief.offers import Carried, Code, Effect, Offer, Refusal, Standing, Worth
from collections_mgmt.domain.relief.worth import expected, value_loss, value_of
from dashu.finance.annual_rates import DatedAmount, NoAnnualRate, irr_by_dates
from dashu.finance.events import EventType
from dashu.finance.installments import Component
from dashu.finance.life import Life
from dashu.finance.loan import ENDED, EventRefused, LoanClosed, Status
from dashu.finance.relief import Act, Relief, ReliefMethod, acts_of, life_after, standing
from dashu.finance.terms import InvalidTerms, NegativeAmortization
from dashu.kernel.dates import add_months
from dashu.policy.relief import ReliefLimits

# A change of the due day alone concedes nothing, so no count of plans and no chance of loss stands against it, only a
# bound of its own: moved before every due date, it would put off all payments for ever. With arrears in parts beside
# it, it is a plan of arrears that is due on another day; see `Desk.concedes`.
NO_CONCESSION = frozenset({ReliefMethod.DUE_DATE})
# One needs all of the loans, see `joining`; the other is asked for by a person, see `settling`.
_NOT_OF_ONE_DESK = frozenset({ReliefMethod.SETTLEMENT, ReliefMethod.CONSOLIDATION})
REDUCES = frozenset({ReliefMethod.RATE_CUT, ReliefMethod.PARTIAL_WAIVER, ReliefMethod.SETTLEMENT})


@dataclass(frozen=True)
class Desk:
    """Quotes reliefs for one case, and keeps what is the same for all of them."""

    case: Case

    @property
    def currency(self) -> str:
        return self.case.currency

    @cached_property
    def present(self) -> Standing:
        """The loan if nothing changes."""
        case = self.case
        plan = self.present_plan
        carried = self._carried(plan)
        value = value_of(plan, case.value_rate, case.on)
        band = case.bounds.losses
        lost = band.carried if carried.fits else band.beyond
        worth = Worth(value, Decimal(0), self._expected(value, lost))
        return Standing(plan, carried, worth, self._all_in_rate(plan))

    @cached_property
    def claim(self) -> int:
        """What is owed today: all principal, and what is due of the rest."""
        return self.case.position.principal + self.present_plan.charges_due

    @cached_property
    def present_plan(self) -> Plan:
        return plan_of(self.case.position, self.case.contract, self.case.on)

    @cached_property
    def remaining(self) -> int:
        """How many installments are still to come."""
        return len(self.present_plan.to_come)

    def gate(self, method: ReliefMethod) -> Refusal | None:
        """Return why this borrower and loan are offered no relief by this method, whatever its figures."""
        return next(self._gates(method, concedes=method not in NO_CONCESSION), None)

    def concedes(self, relief: Relief) -> bool:
        """Whether the borrower gets more time or owes less by it: not by another due day alone."""
        is_late = any(row.due_on <= self.case.on for row in self.present_plan.rows)
        return relief.method not in NO_CONCESSION or (relief.arrears_over is not None and is_late)

    def quote(self, relief: Relief) -> Offer | Refusal:
        """Return the offer that a relief would be, or the first reason why it is none."""
        method = relief.method
        gates = self._gates(method, concedes=self.concedes(relief))
        if refusal := next(gates, None) or next(self._beyond_bounds(relief), None):
            return refusal
        try:
            acts = acts_of(relief, self.case.life, self.case.on, currency=self.case.currency)
            after = life_after(self.case.life, acts)
        except NegativeAmortization:
            return Refusal(method, Code.BELOW_INTEREST)
        except (EventRefused, InvalidTerms, LoanClosed):
            return Refusal(method, Code.DOES_NOT_FIT_LOAN)
        plan = plan_of(standing(after, self.case.on), after.contract, self.case.on)
        if refusal := next(self._misfits(method, plan), None):
            return refusal
        return self._priced(relief, acts, after, plan)

    # The order of reasons: what cannot be helped first, then what a smaller relief or a person could change.

    def _gates(self, method: ReliefMethod, *, concedes: bool) -> Iterator[Refusal]:
        yield from self.gates_of_loan(method, concedes=concedes)
        if method is ReliefMethod.DUE_DATE:
            yield from self._moved_before()
        if method in _NOT_OF_ONE_DESK:
            is_single = method is ReliefMethod.CONSOLIDATION and not self.case.other_loans
            yield Refusal(method, Code.ONE_LOAN if is_single else Code.NEEDS_PERSON)

    def gates_of_loan(self, method: ReliefMethod, *, concedes: bool = True) -> Iterator[Refusal]:
        """Yield each reason in the loan or the borrower why nothing is offered by a method."""
        case, limits = self.case, self.case.bounds.limits
        status = case.position.status
        if status in ENDED or status is Status.CHARGED_OFF or not self.present_plan.total:
            yield Refusal(method, Code.NOT_RUNNING)
        if case.is_blocked:
            yield Refusal(method, Code.IN_DOUBT)
        pays_at_once = method is ReliefMethod.SETTLEMENT and case.lump_sum is not None
        if concedes and not pays_at_once:
            since = add_months(case.on, -limits.within_months)
            recent = sum(day > since for day in case.past.restructured_on)
            if recent >= limits.most_restructurings:
                yield Refusal(method, Code.TOO_MANY_PLANS, recent, limits.most_restructurings)
            paid = case.past.payments_of_plan
            if paid is not None and paid < limits.first_payments:
                yield Refusal(method, Code.PLAN_TOO_YOUNG, paid, limits.first_payments)
        if not pays_at_once and (again := offered_again_from(case.past.withdrawn_on, case.on, limits)):
            yield Refusal(method, Code.TAKEN_BACK_LATELY, case.past.withdrawn_on[-1], again)
        if case.means.room_now <= 0 and not case.means.is_temporary and not pays_at_once:
            yield Refusal(method, Code.NO_SURPLUS, case.means.room_now, 0)

    def _moved_before(self) -> Iterator[Refusal]:
        method, past = ReliefMethod.DUE_DATE, self.case.past
        if not past.moved_on:
            return
        again = add_months(past.moved_on[-1], self.case.bounds.limits.due_day_months)
        if self.case.on < again:
            yield Refusal(method, Code.MOVED_LATELY, past.moved_on[-1], again)
        if not past.paid_since_move:
            yield Refusal(method, Code.UNPAID_SINCE_MOVE, past.moved_on[-1])

    def _beyond_bounds(self, relief: Relief) -> Iterator[Refusal]:
        case, limits, method = self.case, self.case.bounds.limits, relief.method
        if method is ReliefMethod.CAPITALIZATION and not limits.capitalizes:
            yield Refusal(method, Code.NOT_ALLOWED)
        longest = limits.longest_months.get(method)
        asked = relief.arrears_over if method is ReliefMethod.ARREARS_PLAN else relief.months
        if longest is not None and (asked or 0) > longest:
            yield Refusal(method, Code.TOO_LONG_PAUSE, asked, longest)
        cut = Decimal(0) if relief.annual_rate is None else case.annual_rate - relief.annual_rate
        if cut < 0:
            yield Refusal(method, Code.RATE_RISES, relief.annual_rate, case.annual_rate)
        if cut > limits.deepest_rate_cut:
            yield Refusal(method, Code.CUT_TOO_DEEP, cut, limits.deepest_rate_cut)
        if waived := sum(relief.waived.values()):
            highest = 0 if relief.waived.get(Component.PRINCIPAL) else self.highest_waiver
            if waived > highest:
                yield Refusal(method, Code.WAIVER_TOO_DEEP, waived, highest)

    @cached_property
    def highest_waiver(self) -> int:
        """The most of interest, fees and penalty owed today that may be given up, minor units."""
        share = self.case.bounds.limits.deepest_waiver(self.case.days_past_due)
        return int(self.present_plan.charges_due * share)

    def _misfits(self, method: ReliefMethod, plan: Plan) -> Iterator[Refusal]:
        bounds = self.case.bounds
        if plan.ends_on > bounds.last_day and plan.ends_on > self.present_plan.ends_on:
            yield Refusal(method, Code.BEYOND_TERM, plan.ends_on, bounds.last_day)
        if (count := len(plan.to_come)) > bounds.longest_count and count > self.remaining:
            yield Refusal(method, Code.BEYOND_COUNT, count, bounds.longest_count)
        carried = self._carried(plan)
        if not carried.fits:
            room = max(0, self.case.means.month(carried.month).room_for_installment(self.case.means.rules))
            yield Refusal(method, Code.NOT_AFFORDABLE, carried.payment, room)

    def _priced(self, relief: Relief, acts: tuple[Act, ...], after: Life, plan: Plan) -> Offer | Refusal:
        case, bounds, present = self.case, self.case.bounds, self.present
        rate = self._all_in_rate(plan)
        # A loan that late payment has brought above the cap may still get a plan that makes it no dearer.
        highest = max(bounds.rate_cap, present.all_in_rate or Decimal(0))
        if rate is not None and rate > highest:
            return Refusal(relief.method, Code.ABOVE_CAP, rate, bounds.rate_cap)
        value = value_of(plan, case.value_rate, case.on)
        loss = value_loss(value, present.worth.value)
        if loss > bounds.limits.value_loss:
            return Refusal(relief.method, Code.VALUE_LOSS, loss, bounds.limits.value_loss)
        lost = bounds.losses.relieved
        if present.carried.fits:
            lost = min(lost, bounds.losses.carried)
        worth = Worth(value, loss, self._expected(value, lost))
        if self.concedes(relief) and worth.expected <= present.worth.expected:
            return Refusal(relief.method, Code.NO_GAIN, worth.expected, present.worth.expected)
        return Offer(
            relief=relief,
            acts=acts,
            plan=plan,
            annual_rate=after.contract.annual_rate,
            extra_cost=plan.total - present.plan.total,
            given_up=sum(act.amount for act in acts if act.kind is EventType.WAIVER),
            all_in_rate=rate,
            worth=worth,
            carried=self._carried(plan),
            effect=_effect(relief, acts),
            mark=bounds.credit_marks.get(_marked_as(relief, acts), ""),
            broken_after_days=bounds.clocks.broken_after_days,
            cure_days=bounds.clocks.cure_days,
        )

    def _carried(self, plan: Plan) -> Carried:
        return carried(self.case.means, plan)

    def _expected(self, value: int, lost: Decimal) -> int:
        return expected(value, self.claim, lost=lost, loss_given_default=self.case.bounds.loss_given_default)

    def _all_in_rate(self, plan: Plan) -> Decimal | None:
        """Return the rate of the whole loan: what was paid so far, and the plan from now on."""
        return rate_of(self.case.advances, [*self.case.payments, *plan.payments])


def offered_again_from(withdrawn_on: Sequence[date], on: date, limits: ReliefLimits) -> date | None:
    """
    Return from which day on relief is offered without a person again, after plans that were taken back; None: it is.

    :param withdrawn_on: rising.
    """
    if len(withdrawn_on) < limits.most_withdrawals:
        return None
    again = add_months(withdrawn_on[-limits.most_withdrawals], limits.withdrawal_months)
    return again if on < again else None


def rate_of(advances: Sequence[DatedAmount], payments: Sequence[DatedAmount]) -> Decimal | None:
    """Return the stricter yearly rate of sums received and paid; None where no rate explains them."""
    try:
        rates = irr_by_dates(advances, payments)
    except NoAnnualRate:
        return None
    return max(rates.irr_nominal, rates.irr_effective)


def carried(means: Means, plan: Plan) -> Carried:
    """Return the tightest month of a plan: the one that leaves least."""
    months = plan.by_month or [(plan.on.replace(day=1), 0)]
    first, payment = min(months, key=lambda asked: means.month(asked[0]).room_for_installment(means.rules) - asked[1])
    burden = means.month(first).carrying(payment, means.rules)
    is_watched = burden.takes_more_than(means.rules.watched_debt)
    return Carried(first, payment, burden, means.carries(plan.by_month), is_watched)


def _effect(relief: Relief, acts: tuple[Act, ...]) -> Effect:
    if relief.method in REDUCES or relief.annual_rate is not None or any(act.kind is EventType.WAIVER for act in acts):
        return Effect.REDUCED
    return Effect.NONE if _marked_as(relief, acts) in NO_CONCESSION else Effect.RESTRUCTURED


def _marked_as(relief: Relief, acts: tuple[Act, ...]) -> ReliefMethod:
    """Return by which method the credit record knows it: arrears in parts are that, whatever day they are due on."""
    has_parts = any(act.kind is EventType.ARREARS_PLAN for act in acts)
    return ReliefMethod.ARREARS_PLAN if relief.method in NO_CONCESSION and has_parts else relief.method
