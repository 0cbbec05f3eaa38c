"""What a refusal gives along: the month in figures, what would change the answer, and a lesson that exists."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.affordability import Amount, Household
from dashu.policy.credit_rules import Outcome
from loans.domain.credit_review import Finding, Reason
from loans.domain.no_loan import LESSON_OF, Budget, Debt, WaysOut, budget_of, lesson_for, ways_out
from tests.unit.loans.lending import AFFORDABILITY

LESSONS = Path(__file__).parents[3] / "education" / "content"
# The failure story: three loans of 5,000, 8,000 and 12,000 at 24% over 12 months on an income of 6,500.
DEBTS = (Debt("first", 472_80, 11), Debt("second", 756_48, 6), Debt("third", 1_134_72, 3))
FULL = Household(Amount(6_500_00, 6_500_00), Amount(3_500_00), Amount(2_364_00))


class TestBudget:
    def test_says_where_the_month_goes_and_adds_up(self):
        budget = budget_of(FULL, AFFORDABILITY, DEBTS)

        assert budget == Budget(
            income=6_500_00,
            stated_income=6_500_00,
            essentials=3_500_00,
            debts=2_364_00,
            buffer=650_00,
            free=-14_00,
            highest_installment=0,
            heaviest=DEBTS[2],
        )
        assert budget.income == budget.essentials + budget.debts + budget.buffer + budget.free

    def test_knows_no_heaviest_debt_where_none_is_known(self):
        assert budget_of(FULL, AFFORDABILITY).heaviest is None


class TestWaysOut:
    def test_of_an_over_committed_month_are_fewer_debts_or_time(self):
        found = ways_out(FULL, AFFORDABILITY, 900_00, DEBTS)

        assert found == WaysOut(missing=914_00, lower_debts_by=914_00, wait_months=3, prove_income=None)

    def test_several_debts_may_have_to_end(self):
        assert ways_out(FULL, AFFORDABILITY, 1_500_00, DEBTS).wait_months == 6
        assert ways_out(FULL, AFFORDABILITY, 3_000_00, DEBTS).wait_months is None

    def test_proof_of_income_is_asked_for_only_where_it_alone_would_do(self):
        stated = Household(Amount(8_000_00), Amount(3_500_00), Amount(1_000_00))

        assert ways_out(stated, AFFORDABILITY, 1_500_00).prove_income == 8_000_00
        assert ways_out(stated, AFFORDABILITY, 2_800_00).prove_income is None

    def test_of_a_month_that_reaches_there_is_nothing_missing(self):
        assert ways_out(Household(Amount(9_000_00, 9_000_00), Amount(0), Amount(0)), AFFORDABILITY, 1) == WaysOut(0)

    @given(st.integers(0, 2_000_000), st.integers(0, 1_000_000), st.integers(0, 1_000_000), st.integers(1, 900_000))
    def test_debts_that_are_lower_by_that_much_make_it_fit(self, income, essentials, debts, installment):
        found = ways_out(
            Household(Amount(income, income), Amount(essentials), Amount(debts)), AFFORDABILITY, installment
        )

        if found.lower_debts_by is not None:
            lighter = Household(Amount(income, income), Amount(essentials), Amount(debts - found.lower_debts_by))
            assert lighter.month(AFFORDABILITY).room_for_installment(AFFORDABILITY) == installment


class TestLesson:
    @pytest.mark.parametrize("slug", sorted(set(LESSON_OF.values())))
    def test_exists(self, slug):
        assert (LESSONS / slug / "en.md").is_file()

    def test_is_that_of_the_gravest_reason_that_has_one(self):
        reasons = (Reason.GROUP_EXPOSURE, Reason.NO_SURPLUS, Reason.TOO_MANY_LENDERS)

        assert lesson_for([Finding(Outcome.REFUSE, reason) for reason in reasons]) == "overdue"
        assert lesson_for([Finding(Outcome.REFUSE, Reason.FRAUD_FLAG)]) is None
