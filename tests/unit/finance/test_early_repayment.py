"""A loan of 12,000 yuan at 12% a year in 12 equal installments from 15 January 2026, and one with flat interest."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.early_repayment import EarlyInterest, EarlyRepayment, Rebate, rule_of_78_rebate
from dashu.finance.loan import Contract, InterestBasis, Status, books_of, opened, payoff, payoff_of, receive, settle
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.money import format_minor, parse_minor
from tests.unit.finance.cases import golden, rows_of

START = date(2026, 1, 15)
TERMS = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.12"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=START,
)
CONTRACT = Contract(starts_on=START, annual_rate=Decimal("0.12"))
FLAT = replace(TERMS, method=Method.FLAT)


def amount(text: str) -> int:
    return parse_minor(text, allow_zero=True) if text else 0


def worked(case: dict[str, str]) -> int:
    if case["rule"] == "fee":
        cap = amount(case["d"]) if case["d"] else None
        rules = EarlyRepayment(fee_share=Decimal(case["b"]), fee_floor=amount(case["c"]), fee_cap=cap)
        return rules.fee_on(amount(case["a"]), 0)
    if case["rule"] == "rebate":
        rules = EarlyRepayment(rebate=Rebate.PRO_RATA, upfront_fee=amount(case["a"]))
        return rules.rebate_on(*(date.fromisoformat(case[name]) for name in "bcd"))
    return rule_of_78_rebate(amount(case["a"]), int(case["b"]), int(case["c"]))


class TestGolden:
    @pytest.mark.parametrize("case", golden("early_repayment"), ids=lambda case: case["source"])
    def test_agrees_with_the_worked_case(self, case):
        assert format_minor(worked(case)) == case["expected"]


class TestFee:
    def test_is_part_of_the_money(self):
        assert EarlyRepayment(fee_share=Decimal("0.01")).split(1_010_00, 0) == (1_000_00, 10_00)

    def test_is_free_after_the_agreed_days(self):
        rules = EarlyRepayment(fee_share=Decimal("0.01"), fee_free_after_days=90)

        assert [rules.fee_on(1_000_00, days) for days in (0, 89, 90, 400)] == [10_00, 10_00, 0, 0]

    def test_a_floor_above_the_money_repays_nothing(self):
        assert EarlyRepayment(fee_floor=50_00).split(49_99, 0) == (0, 0)

    @given(money=st.integers(0, 10**9), share=st.integers(0, 50_000), floor=st.integers(0, 10_000))
    def test_principal_and_fee_never_exceed_the_money_and_no_more_would_fit(self, money, share, floor):
        rules = EarlyRepayment(fee_share=Decimal(share) / 1_000_000, fee_floor=floor)

        principal, fee = rules.split(money, 0)

        assert principal + fee <= money
        assert principal + 1 + rules.fee_on(principal + 1, 0) > money


class TestPayoff:
    def test_says_every_part(self):
        position = opened(CONTRACT, rows_of(TERMS), TERMS.principal)
        contract = replace(CONTRACT, early=EarlyRepayment(fee_share=Decimal("0.01")))

        parts = payoff_of(position, contract, date(2026, 1, 30))

        # 15 of the 31 days of the first period have earned 120.00 × 15 ÷ 31.
        assert (parts.principal, parts.interest, parts.prepayment_fee) == (12_000_00, 58_06, 120_00)
        assert parts.total == payoff(position, contract, date(2026, 1, 30)) == 12_178_06

    def test_the_fee_is_on_principal_that_is_not_yet_due(self):
        position = opened(CONTRACT, rows_of(TERMS), TERMS.principal)
        contract = replace(CONTRACT, early=EarlyRepayment(fee_share=Decimal("0.01")))

        parts = payoff_of(position, contract, date(2026, 2, 15))

        first = position.installments[0]
        assert (parts.principal, parts.interest) == (12_000_00, first.interest)
        assert parts.prepayment_fee == 110_54  # 1% of 12,000.00 − 946.19

    def test_settling_books_fee_and_rebate_and_balances(self):
        early = EarlyRepayment(fee_share=Decimal("0.01"), rebate=Rebate.PRO_RATA, upfront_fee=365_00)
        contract = replace(CONTRACT, early=early)
        position = opened(contract, rows_of(TERMS), TERMS.principal)
        on = date(2026, 7, 15)
        for row in position.installments[:6]:
            position, _receipt = receive(position, contract, row.total, row.due_on)
        parts = payoff_of(position, contract, on)

        after, receipt = settle(position, contract, parts.total, on)

        assert (after.status, after.principal, after.unapplied) == (Status.SETTLED, 0, 0)
        assert (parts.rebate, receipt.rebate) == (184_00, 184_00)  # of 365 days, 184 are left
        assert (receipt.fee, receipt.amount) == (parts.prepayment_fee, parts.total)
        assert sum(books_of(after, contract).values()) == 0

    @pytest.mark.parametrize(("rule", "interest"), [(EarlyInterest.BY_DAYS, 360_00), (EarlyInterest.IN_FULL, 1_440_00)])
    def test_flat_interest_is_charged_by_days_or_in_full(self, rule, interest):
        contract = replace(CONTRACT, early=EarlyRepayment(interest=rule))
        position = opened(contract, rows_of(FLAT), FLAT.principal)

        parts = payoff_of(position, contract, date(2026, 4, 15))

        assert parts.interest == interest

    def test_the_rule_of_78_gives_back_less_than_the_days_do(self):
        by_days = 1_440_00 * 9 // 12

        assert rule_of_78_rebate(1_440_00, 12, 9) == 830_77 < by_days

    @pytest.mark.parametrize("basis", list(InterestBasis))
    @given(on=st.integers(0, 420), share=st.integers(0, 30_000), paid=st.integers(0, 12))
    def test_the_payoff_with_its_fee_ends_the_loan_to_the_fen(self, basis, on, share, paid):
        early = EarlyRepayment(
            fee_share=Decimal(share) / 1_000_000, fee_floor=10_00, rebate=Rebate.PRO_RATA, upfront_fee=100_00
        )
        contract = replace(CONTRACT, interest_basis=basis, early=early)
        position = opened(contract, rows_of(TERMS), TERMS.principal)
        day = date.fromordinal(START.toordinal() + on)
        for row in position.installments[:paid]:
            if row.due_on <= day:
                position, _receipt = receive(position, contract, row.total, row.due_on)
        if position.status is Status.SETTLED:
            return
        needed = payoff(position, contract, day)

        after, receipt = settle(position, contract, needed, day)

        assert (after.status, after.unapplied, receipt.amount) == (Status.SETTLED, 0, needed)
        assert sum(books_of(after, contract).values()) == 0
