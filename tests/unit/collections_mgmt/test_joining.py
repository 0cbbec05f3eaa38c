"""What holds of every consolidation that is offered, whatever the loans, the household and the day."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collections_mgmt.domain.relief.budget import means_of
from collections_mgmt.domain.relief.cases import Past
from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.joining import Joined, JointDesk, NewLoan, Several
from collections_mgmt.domain.relief.offers import Code, Refusal
from collections_mgmt.domain.relief.sliders import is_move_of, slider_of
from dashu.finance.joined_loans import average_rate
from dashu.finance.loan import payoff
from dashu.finance.periods import DueRule, Period
from dashu.finance.relief import Relief, ReliefMethod
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.dates import add_months
from tests.unit.collections_mgmt.relieving import AFFORDABILITY, ON, STARTS_ON, case, statement, terms
from tests.unit.collections_mgmt.test_relief_properties import room, worth

CAP = Decimal("0.24")


def new_terms(principal: int, annual_rate: Decimal, count: int, due_day: int | None) -> ScheduleTerms:
    rule = DueRule(Period.MONTH, due_day=due_day)
    return ScheduleTerms(principal, annual_rate, Method.EQUAL_INSTALLMENT, count, ON, rule)


NEW = NewLoan(new_terms, CAP, counts=(2, 36), principals=(100_00, 90_000_00), rates=(Decimal(0), CAP))


@st.composite
def severals(draw: st.DrawFn) -> tuple[Several, dict[str, Any]]:
    """Return two or three loans on a day, and what the household states of its months."""
    household: dict[str, Any] = {
        "income": draw(st.integers(2_500_00, 6_000_00)),
        "essentials": draw(st.integers(500_00, 2_500_00)),
        "other_debts": draw(st.sampled_from([0, 0, 400_00])),
    }
    cases = []
    for _loan in range(draw(st.integers(2, 3))):
        of = terms(
            principal=draw(st.integers(1_000_00, 20_000_00)),
            annual_rate=draw(st.sampled_from([Decimal("0"), Decimal("0.08"), Decimal("0.18"), Decimal("0.215")])),
            count=draw(st.integers(7, 24)),
            disbursed_on=draw(st.sampled_from([STARTS_ON, date(2026, 1, 31), date(2025, 12, 29)])),
        )
        cases.append(
            case(
                statement(**household),
                of=of,
                payments=draw(st.integers(2, 6)),
                penalty=draw(st.sampled_from(["0", "0.24"])),
                bounds={"last_day": add_months(of.disbursed_on, 48)},
                days_past_due=draw(st.sampled_from([0, 15, 40])),
                other_loans=1,
            )
        )
    return Several(tuple(cases), tuple(f"DS{place}" for place in range(len(cases))), NEW), household


def found_of(several: Several) -> Joined | Refusal:
    return JointDesk(several).gentlest()


class TestEveryConsolidation:
    @settings(max_examples=60, deadline=None)
    @given(severals())
    def test_lends_what_ends_each_loan_and_is_repaid_exactly(self, drawn):
        several, _household = drawn
        found = found_of(several)

        if isinstance(found, Joined):
            ends = [payoff(one.position, one.contract, one.on) for one in several.cases]
            assert [each.minor for each in found.ended] == ends
            assert sum(row.principal for row in found.plan.rows) == sum(ends) == found.terms.principal
            assert found.plan.total == sum(ends) + found.cost
            assert found.extra_cost == found.plan.total - sum(
                desk.present_plan.total for desk in JointDesk(several).desks
            )

    @settings(max_examples=60, deadline=None)
    @given(severals())
    def test_bears_at_most_the_average_rate_and_stays_below_the_cap(self, drawn):
        several, _household = drawn
        found = found_of(several)

        if isinstance(found, Joined):
            ends = [payoff(one.position, one.contract, one.on) for one in several.cases]
            weighed = sum(
                Fraction(one.contract.annual_rate) * minor for one, minor in zip(several.cases, ends, strict=True)
            )
            assert 0 <= weighed / sum(ends) - Fraction(found.annual_rate) < Fraction(1, 10**6)
            highest = max(CAP, found.present.all_in_rate or Decimal(0))
            assert all(rate is None or rate <= highest for rate in (found.all_in_rate, found.own_rate))
            assert found.plan.ends_on <= max(
                found.present.plan.ends_on, *(one.bounds.last_day for one in several.cases)
            )

    @settings(max_examples=60, deadline=None)
    @given(severals())
    def test_never_asks_more_of_a_month_than_it_can_carry_and_has_the_fewest_installments(self, drawn):
        several, household = drawn
        found = found_of(several)

        if isinstance(found, Joined):
            assert not found.present.carried.fits
            assert all(payment <= max(0, room(household, month)) for month, payment in found.plan.by_month)
            count = found.relief.count or 0
            fewer = JointDesk(several).quote(replace(found.relief, count=count - 1))
            assert isinstance(fewer, Refusal)

    @settings(max_examples=60, deadline=None)
    @given(severals())
    def test_is_worth_what_an_independent_sum_says_and_at_most_one_percent_less(self, drawn):
        several, _household = drawn
        found = found_of(several)

        if isinstance(found, Joined):
            before = sum(
                worth(desk.present_plan.payments, desk.case.annual_rate, ON) for desk in JointDesk(several).desks
            )
            value = worth(found.plan.payments, found.annual_rate_before, ON)
            assert (found.present.worth.value, found.worth.value) == (before, value)
            assert Fraction(before - value, before) <= Fraction(1, 100) + Fraction(1, 10**6)
            assert found.worth.expected > found.present.worth.expected


def several_of(*given_cases: Any, new: NewLoan | None = NEW, **more: Any) -> Several:
    return Several(given_cases, tuple(f"DS{place}" for place in range(len(given_cases))), new, **more)


TIGHT = statement(3_400_00)  # 1,060.00 for all loans
FIRST = case(TIGHT)  # 1,100.16 a month
SECOND = case(TIGHT, of=terms(principal=6_000_00, annual_rate=Decimal("0.09")))  # 524.71 a month


class TestWhyThereIsNone:
    def code(self, several: Several) -> Code:
        found = found_of(several)
        assert isinstance(found, Refusal)
        assert found.method is ReliefMethod.CONSOLIDATION
        return found.code

    def test_is_said(self):
        carries = statement(9_000_00)
        rich = [replace(one, means=means_of(carries, AFFORDABILITY)) for one in (FIRST, SECOND)]
        young = replace(SECOND, past=Past((ON - timedelta(days=20),), payments_of_plan=0))

        assert isinstance(found_of(several_of(FIRST, SECOND)), Joined)
        assert self.code(several_of(FIRST)) is Code.ONE_LOAN
        assert self.code(several_of(*rich)) is Code.PLAN_FITS
        assert self.code(several_of(FIRST, replace(SECOND, is_blocked=True))) is Code.IN_DOUBT
        assert self.code(several_of(FIRST, young)) is Code.PLAN_TOO_YOUNG
        assert self.code(several_of(FIRST, SECOND, is_open_elsewhere=True)) is Code.OPEN_ELSEWHERE
        assert self.code(several_of(FIRST, SECOND, new=None)) is Code.DOES_NOT_FIT_LOAN
        assert self.code(several_of(FIRST, SECOND, new=replace(NEW, principals=(1, 5_000_00)))) is (
            Code.DOES_NOT_FIT_LOAN
        )
        assert self.code(several_of(FIRST, SECOND, new=replace(NEW, counts=(2, 4)))) is Code.NOT_AFFORDABLE

    def test_a_product_that_bears_less_lowers_the_rate_and_the_value_decides(self):
        lower = replace(NEW, rates=(Decimal(0), Decimal("0.02")))

        assert self.code(several_of(FIRST, SECOND, new=lower)) is Code.VALUE_LOSS


class TestAmongTheOthers:
    def test_stands_before_what_costs_the_lender_and_says_that_it_is_one_payment(self):
        beside = replace(FIRST, means=means_of(statement(3_400_00, other_debts=524_71), AFFORDABILITY), other_loans=1)

        found = options(beside, several_of(FIRST, SECOND))

        (joined,) = [offer for offer in found.offers if isinstance(offer, Joined)]
        assert sorted([*(one.method for one in found.offers), *(one.method for one in found.not_offered)]) == sorted(
            ReliefMethod
        )
        assert (joined.effect.value, joined.shape.value, joined.given_up) == ("restructured", "joined", 0)

    def test_moves_by_its_count_alone(self):
        desk = JointDesk(several_of(FIRST, SECOND))
        found = desk.gentlest()
        assert isinstance(found, Joined)

        slider = slider_of(desk, found)

        assert slider is not None
        assert (slider.figure, slider.low, slider.high) == ("count", found.relief.count, 36)
        assert is_move_of(desk, found.relief, replace(found.relief, count=30))
        assert not is_move_of(desk, found.relief, Relief(ReliefMethod.CONSOLIDATION, count=30, due_day=1))


def test_an_average_rate_is_cut_and_never_above_the_exact_one():
    assert average_rate([(Decimal("0.18"), 1), (Decimal("0.09"), 2)]) == Decimal("0.12")
    assert average_rate([(Decimal("0.1"), 1), (Decimal("0.2"), 2)]) == Decimal("0.166666")
