"""Policies of relief on a loan whose months are known."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from collections_mgmt.domain.relief.asking import Rules
from collections_mgmt.domain.relief_policies import (
    Assumptions,
    BookLoan,
    Ending,
    Month,
    Policy,
    Replayed,
    Scenario,
)
from collections_mgmt.domain.relief_policy_figures import break_even, intervals, less, outcomes, policies_told
from dashu.policy.relief import LossAssumptions, LossBand, SpendingGuidelines
from tests.unit.collections_mgmt.relieving import AFFORDABILITY, CLOCKS, LIMITS, terms

INSTALLMENT = 1_100_16
SURE = LossAssumptions((LossBand(0, Decimal(0), Decimal("0.3"), Decimal("0.1")),), Decimal("0.65"))
ASSUMED = Assumptions(room=Decimal("0.6"), months=6, reactive_days=30, tolerance_bps=500, extra_months=12)


def rules(losses=SURE):
    return Rules(
        limits=LIMITS,
        clocks=CLOCKS,
        losses=losses,
        affordability=AFFORDABILITY,
        guidelines=SpendingGuidelines("CNY", {}),
        credit_marks={},
        rate_cap=Decimal("0.24"),
        longest_months=60,
        settles_from_days=None,
        rate_cap_now=Decimal("0.24"),
    )


def loan(*paid, warned=None, ending=Ending.NONE, back=0):
    """12,000.00 over 12 months, due on the 15th and paid on the 10th of each month from 2026-02 on."""
    months = []
    for number, minor in enumerate(paid):
        year, month = 2026 + (number + 1) // 12, (number + 1) % 12 + 1
        end = date(year, month, monthrange(year, month)[1])
        is_last = number == len(paid) - 1
        months.append(Month(end, minor, end.replace(day=10), ending=ending if is_last else Ending.NONE))
    if back:
        months.append(Month(date(2027, 3, 31), 0, date(2027, 3, 31), back=back))
    on = months[warned].on if warned is not None else None
    return BookLoan("1", terms(), 6_000_00, tuple(months), {Policy.PROACTIVE: on, Policy.PROACTIVE_ANY: on})


def replayed(of, losses=SURE, draws=5):
    return Replayed(of, ASSUMED, rules(losses), seed=1, draws=draws)


def scenario(acceptance, effect):
    return Scenario("any", Fraction(acceptance), Fraction(effect))


class TestBookAsItWas:
    def test_is_late_as_the_money_says_and_worth_what_was_lent(self):
        found = replayed(loan(INSTALLMENT, 0, INSTALLMENT * 2, INSTALLMENT)).unchanged

        assert found.days == (0, 16, 0, 0)
        assert abs(found.value - 12_000_00) < 12_00  # but for the days by which it was paid early and late

    def test_moves_what_is_unpaid_where_the_servicer_did(self):
        of = loan(INSTALLMENT, 0, 0, 0)
        moved = Month(of.months[2].on, 0, of.months[2].paid_on, extended=2)
        months = (*of.months[:2], moved, of.months[3])

        found = replayed(BookLoan("1", of.terms, of.income, months, of.warned_on)).unchanged

        assert found.days == (0, 16, 0, 16)

    def test_counts_as_lost_what_was_charged_off_with_what_came_back(self):
        found = replayed(loan(INSTALLMENT, 0, 0, 0, ending=Ending.CHARGED_OFF, back=2_000_00)).unchanged

        assert found.days == (0, 16, 46, 77)
        assert found.value < INSTALLMENT + 2_000_00

    def test_is_settled_by_what_is_owed_where_it_was_paid_off(self):
        found = replayed(loan(INSTALLMENT, 0, 999, ending=Ending.PAID_OFF)).unchanged

        assert found.days == (0, 16)
        assert abs(found.value - 12_000_00) < 20_00


class TestPolicies:
    LATE = loan(INSTALLMENT, INSTALLMENT, 0, 0, 0, 0, 0, warned=1)

    def test_none_offers_nothing(self):
        found = replayed(self.LATE).outcome(Policy.NONE, scenario(1, 1))

        assert (found.offers, found.accepted, found.false_offers) == (0, 0, 0)
        assert (found.late, found.far, found.arrears_months) == (1, 1, 5)

    def test_reactive_offers_at_thirty_days_and_proactive_on_the_night_of_the_lead(self):
        one = replayed(self.LATE)
        reactive = one.outcome(Policy.REACTIVE, scenario(1, 1))
        proactive = one.outcome(Policy.PROACTIVE, scenario(1, 1))

        assert (reactive.offers, reactive.late, reactive.arrears_months) == (1, 1, 2)
        assert (proactive.offers, proactive.late, proactive.arrears_months) == (1, 0, 0)

    def test_who_declines_early_help_is_offered_it_again_when_behind(self):
        one = replayed(self.LATE)
        half = one.outcome(Policy.PROACTIVE, scenario(Fraction(1, 2), 1))

        assert half.offers == Fraction(3, 2)
        assert half.accepted == Fraction(3, 4)
        assert half.late == Fraction(1, 2)

    def test_mixes_those_who_accept_and_those_who_do_not(self):
        one = replayed(self.LATE)
        none, yes = one.unchanged.value, one.outcome(Policy.REACTIVE, scenario(1, 0)).value

        third = one.outcome(Policy.REACTIVE, scenario(Fraction(1, 3), 0)).value

        assert third == Fraction(1, 3) * yes + Fraction(2, 3) * none

    def test_an_offer_to_somebody_who_never_falls_behind_is_false(self):
        found = replayed(loan(*[INSTALLMENT] * 6, warned=1)).outcome(Policy.PROACTIVE, scenario(1, 0))

        assert (found.offers, found.false_offers, found.late) == (1, 1, 0)

    def test_with_a_plan_nobody_pays_more_than_it_asks_for(self):
        one = replayed(loan(*[INSTALLMENT] * 6, warned=1))
        plan = one.offered_to(one.loan.months[1].on).recommended.plan
        one.outcome(Policy.PROACTIVE, scenario(1, 0))

        (begun,) = one._plans.values()
        run = begun.going_on(Fraction(0), ())
        run.course()

        assert [minor for _on, minor in run.flows][2:] == [row.total for row in plan.to_come[:4]]

    def test_money_that_does_not_come_does_not_come_for_a_plan_without_effect(self):
        one = replayed(loan(INSTALLMENT, INSTALLMENT, 0, 0, 0, 0, ending=Ending.CHARGED_OFF, warned=1))

        assert one.outcome(Policy.PROACTIVE, scenario(1, 0)).value == one.unchanged.value
        assert one.outcome(Policy.PROACTIVE, scenario(1, 1)).value > one.unchanged.value + 5_000_00

    def test_is_worth_no_less_with_more_effect(self):
        one = replayed(self.LATE, draws=8)

        values = [one.outcome(Policy.REACTIVE, scenario(1, Fraction(step, 4))).value for step in range(5)]

        assert values == sorted(values)
        assert values[0] < values[-1]

    def test_no_offer_is_made_where_the_month_carries_too_little(self):
        little = Assumptions(Decimal("0.05"), None, 30, 500, 12)

        found = Replayed(self.LATE, little, rules(), 1, 5).outcome(Policy.REACTIVE, scenario(1, 1))

        assert (found.offers, found.without_offer) == (0, 1)
        assert found.value == replayed(self.LATE).unchanged.value


class TestFigures:
    def test_intervals_of_like_loans_have_no_width_and_are_the_same_again(self):
        ones = [replayed(TestPolicies.LATE) for _loan in range(4)]
        rows = outcomes(ones, Policy.NONE, scenario(0, 0))

        found = intervals(rows, seed=1, resamples=50)

        assert found["arrears_months"] == (20, 20)
        assert found == intervals(rows, seed=1, resamples=50)

    def test_intervals_hold_what_hangs_on_which_loans_there_are(self):
        ones = [replayed(TestPolicies.LATE), replayed(loan(*[INSTALLMENT] * 6))]
        rows = outcomes(ones, Policy.NONE, scenario(0, 0))

        assert intervals(rows, seed=1, resamples=200)["late"] == (0, 2)

    def test_a_difference_is_taken_loan_by_loan(self):
        ones = [replayed(TestPolicies.LATE)]
        sure = scenario(1, 1)

        (found,) = less(outcomes(ones, Policy.PROACTIVE, sure), outcomes(ones, Policy.NONE, sure))

        assert (found.late, found.far, found.arrears_months) == (-1, -1, -5)

    @pytest.mark.parametrize(
        ("bar", "found"),
        [
            (Fraction(0), Fraction(0)),
            (Fraction(1, 3), Fraction(11, 32)),
            (Fraction(1), Fraction(1)),
            (Fraction(2), None),
        ],
    )
    def test_break_even_is_the_smallest_effect_that_gains(self, bar, found):
        assert break_even(lambda effect: effect - bar) == found

    def test_are_told_for_each_scenario_and_policy(self):
        found = policies_told([replayed(TestPolicies.LATE)], currency="CNY", resamples=40)

        assert [each["name"] for each in found["scenarios"]] == ["cautious", "middle", "hopeful"]
        assert list(found["scenarios"][0]["policies"]) == [policy.value for policy in Policy]
        none = found["scenarios"][0]["policies"]["none"]
        assert none["arrears_months"] == {"value": 5.0, "interval": [5.0, 5.0]}
        assert none["present_value"] == none["present_value_per_loan"]
        assert "against_none" not in none
