from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.allocation import Surplus, Waterfall
from dashu.finance.arrears import Pause
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import (
    Book,
    Contract,
    EventRefused,
    InterestBasis,
    LoanClosed,
    Position,
    Receipt,
    SettlementTooSmall,
    Status,
    accrue,
    add_fee,
    arrears,
    books_of,
    charge_off,
    effective_days_past_due,
    extend,
    opened,
    payoff,
    receive,
    settle,
    taken_over,
    waive,
)
from dashu.finance.penalty import PenaltyRule
from tests.unit.finance.cases import installments, open_loans

ROWS = installments(
    (date(2026, 2, 15), 100_00, 10_00), (date(2026, 3, 15), 101_00, 9_00), (date(2026, 4, 15), 99_00, 8_00)
)
PLAIN = Contract(starts_on=date(2026, 1, 15), annual_rate=Decimal("0.12"))
STRICT = replace(PLAIN, penalty=PenaltyRule(Decimal("0.24")))
LOAN = opened(PLAIN, ROWS, 300_00)


def held(position: Position, contract: Contract = PLAIN) -> dict[Book, int]:
    """The books of a position without its zeros."""
    return {book: minor for book, minor in books_of(position, contract).items() if minor}


class TestOpened:
    def test_cash_became_a_claim(self):
        assert held(LOAN) == {Book.CASH: -300_00, Book.PRINCIPAL: 300_00}

    def test_a_loan_taken_over_brings_its_claims_and_no_income(self):
        contract = replace(PLAIN, starts_on=date(2026, 3, 1))

        position = taken_over(contract, ROWS, 300_00, interest_through=date(2026, 3, 1))

        assert held(position, contract) == {
            Book.PRINCIPAL: 300_00,
            Book.INTEREST_RECEIVABLE: 10_00,
            Book.TAKEOVER: -310_00,
        }
        assert arrears(position, contract, date(2026, 3, 1)).days_past_due == 14

    def test_a_loan_taken_over_brings_what_was_paid_its_penalty_and_a_credit(self):
        contract = replace(STRICT, starts_on=date(2026, 3, 1))
        rows = (replace(ROWS[0], paid_principal=60_00, paid_interest=4_00), *ROWS[1:])

        position = taken_over(contract, rows, 240_00, interest_through=contract.starts_on, penalty=1_50, credit=7_00)

        assert held(position, contract) == {
            Book.PRINCIPAL: 240_00,
            Book.INTEREST_RECEIVABLE: 6_00,
            Book.PENALTY_RECEIVABLE: 1_50,
            Book.BORROWER_CREDIT: -7_00,
            Book.TAKEOVER: -240_50,
        }
        # 40.00 for 15 days, 2 to 16 March, and 101.00 for one, at 24%: 0.40 + 0.0673…
        later = accrue(position, contract, date(2026, 3, 16))
        assert held(later, contract)[Book.PENALTY_INCOME] == -46
        assert later.penalty_due(contract) == 1_96

    def test_a_loan_taken_over_beyond_accrual_earns_what_it_brought_when_that_is_paid(self):
        contract = replace(PLAIN, starts_on=date(2026, 5, 20), non_accrual_days=90)

        position = taken_over(contract, ROWS, 300_00, interest_through=contract.starts_on, penalty=2_00)
        paid, _receipt = receive(position, contract, 329_00, date(2026, 5, 21))

        assert held(position, contract) == {
            Book.PRINCIPAL: 300_00,
            Book.TAKEOVER: -300_00,
            Book.SUSPENDED_INTEREST: 29_00,
            Book.SUSPENDED_CONTRA: -29_00,
        }
        assert held(paid, contract) == {
            Book.CASH: 329_00,
            Book.TAKEOVER: -300_00,
            Book.INTEREST_INCOME: -27_00,
            Book.PENALTY_INCOME: -2_00,
        }

    def test_a_cap_counts_the_penalty_from_the_takeover_on(self):
        capped = replace(
            STRICT, starts_on=date(2026, 3, 1), penalty=PenaltyRule(Decimal("0.24"), all_in_cap=Decimal("0.12"))
        )

        position = taken_over(capped, ROWS, 300_00, interest_through=capped.starts_on, penalty=50_00)

        # At the cap's 12% in place of 24%: 100.00 for 14 days, 0.466…; then for 15 days, and 101.00 for one, 0.533….
        assert accrue(position, capped, date(2026, 3, 15)).penalty_due(capped) == 50_46
        assert accrue(position, capped, date(2026, 3, 16)).penalty_due(capped) == 50_53


class TestAccrue:
    def test_interest_becomes_income_when_it_falls_due(self):
        position = accrue(LOAN, PLAIN, date(2026, 2, 15))

        assert held(position)[Book.INTEREST_INCOME] == -10_00
        assert held(position)[Book.INTEREST_RECEIVABLE] == 10_00

    def test_penalty_follows_the_days(self):
        position = accrue(LOAN, STRICT, date(2026, 3, 17))

        # 100.00 for 30 days and 101.00 for 2 days at 24%: 2.00 + 0.1346…
        assert position.penalty_charged(STRICT) == 2_13
        assert held(position, STRICT)[Book.PENALTY_INCOME] == -2_13

    def test_never_goes_back(self):
        position = accrue(LOAN, STRICT, date(2026, 3, 17))

        assert accrue(position, STRICT, date(2026, 2, 1)) == position


class TestReceive:
    def test_pays_what_is_due(self):
        position, receipt = receive(LOAN, PLAIN, 110_00, date(2026, 2, 15))

        assert (receipt.interest, receipt.principal, receipt.amount) == (10_00, 100_00, 110_00)
        assert held(position) == {Book.CASH: -190_00, Book.PRINCIPAL: 200_00, Book.INTEREST_INCOME: -10_00}

    def test_the_day_of_the_payment_is_not_yet_charged(self):
        position, receipt = receive(LOAN, STRICT, 120_00, date(2026, 2, 25))

        # 9 days, 16 to 24 February: 100.00 × 24% × 9 / 360.
        assert receipt.penalty == 60
        assert position.penalty_due(STRICT) == 0

    def test_what_nothing_can_take_is_a_credit_and_the_loan_is_settled(self):
        position, receipt = receive(LOAN, PLAIN, 400_00, date(2026, 2, 1))

        assert (position.status, receipt.unapplied) == (Status.SETTLED, 73_00)
        assert held(position) == {Book.CASH: 100_00, Book.BORROWER_CREDIT: -73_00, Book.INTEREST_INCOME: -27_00}

    def test_a_settled_loan_takes_no_payment(self):
        position, _receipt = receive(LOAN, PLAIN, 327_00, date(2026, 2, 1))

        with pytest.raises(LoanClosed) as refusal:
            receive(position, PLAIN, 1, date(2026, 2, 2))

        assert refusal.value.code == "loan_not_payable"

    def test_proceeds_lower_the_balance_and_cure_nothing(self):
        position, receipt = receive(LOAN, PLAIN, 120_00, date(2026, 3, 1), cures=False)

        assert receipt.principal == 120_00
        assert arrears(position, PLAIN, date(2026, 3, 1)).days_past_due == 14
        assert [row.unpaid_principal for row in position.installments] == [100_00, 80_00, 0]


class TestDailyInterest:
    DAILY = replace(PLAIN, interest_basis=InterestBasis.DAILY, interest_year_days=360)

    def test_pays_interest_to_the_day_then_principal(self):
        position, receipt = receive(LOAN, self.DAILY, 110_00, date(2026, 2, 24))

        # 300.00 × 12% × 40 / 360 = 4.00
        assert (receipt.interest, receipt.principal) == (4_00, 106_00)
        assert position.principal == 194_00

    def test_settles_to_the_fen_although_later_fees_are_in_the_schedule(self):
        with_fees = opened(self.DAILY, tuple(replace(row, fee=5_00) for row in ROWS), 300_00)
        needed = payoff(with_fees, self.DAILY, date(2026, 2, 24))

        position, receipt = settle(with_fees, self.DAILY, needed, date(2026, 2, 24))

        assert needed == 300_00 + 4_00 + 5_00
        assert (position.status, receipt.fee, receipt.principal) == (Status.SETTLED, 5_00, 300_00)
        assert sum(held(position, self.DAILY).values()) == 0

    def test_a_waiver_of_interest_lowers_the_payoff(self):
        on = date(2026, 2, 24)

        position = waive(LOAN, self.DAILY, Component.INTEREST, 1_00, on)

        assert payoff(LOAN, self.DAILY, on) - payoff(position, self.DAILY, on) == 1_00
        assert held(position, self.DAILY)[Book.WAIVER_EXPENSE] == 1_00
        with pytest.raises(EventRefused, match="More would be waived"):
            waive(LOAN, self.DAILY, Component.INTEREST, 4_01, on)

    def test_settles_although_proceeds_left_more_in_the_schedule_than_in_the_books(self):
        strict = replace(
            self.DAILY,
            penalty=PenaltyRule(Decimal("0.24")),
            waterfall=Waterfall((Component.FEE, Component.PRINCIPAL, Component.PENALTY, Component.INTEREST)),
        )
        position, _receipt = receive(LOAN, strict, 50_00, date(2026, 1, 15), cures=False)
        needed = payoff(position, strict, date(2026, 2, 25))

        position, receipt = settle(position, strict, needed, date(2026, 2, 25))

        # 250.00 × 12% × 41 / 360 = 3.4166…; 100.00 × 24% × 9 / 360 = 0.60
        assert (receipt.principal, receipt.interest, receipt.penalty) == (250_00, 3_42, 60)
        assert (position.status, position.unapplied) == (Status.SETTLED, 0)

    def test_a_loan_whose_principal_is_waived_still_owes_the_interest_earned_since_the_last(self):
        earlier, on = date(2026, 2, 24), date(2026, 2, 25)
        low = replace(LOAN, installments=tuple(replace(row, interest=1_00) for row in LOAN.installments))
        # 300.00 × 12% × 40 / 360 = 4.00, more than the 3.00 of the schedule; a day later 0.10 more
        waived = waive(low, self.DAILY, Component.INTEREST, 4_00, earlier)

        left = waive(waived, self.DAILY, Component.PRINCIPAL, 300_00, on)

        assert (left.status, left.principal, payoff(left, self.DAILY, on)) == (Status.ACTIVE, 0, 10)
        assert waive(left, self.DAILY, Component.INTEREST, 10, on).status is Status.SETTLED

    def test_a_waiver_settles_although_proceeds_left_more_in_the_schedule_than_in_the_books(self):
        position, _receipt = receive(LOAN, self.DAILY, 50_00, date(2026, 1, 15), cures=False)

        waived = waive(position, self.DAILY, Component.PRINCIPAL, 250_00, date(2026, 1, 15))

        assert (waived.status, sum(row.unpaid for row in waived.installments)) == (Status.SETTLED, 0)

    def test_neither_a_recovery_nor_a_waiver_goes_beyond_the_books(self):
        position, _receipt = receive(LOAN, self.DAILY, 50_00, date(2026, 1, 15), cures=False)

        recovered, receipt = receive(
            charge_off(position, self.DAILY, date(2026, 1, 15)), self.DAILY, 327_00, date(2026, 1, 16)
        )

        assert (receipt.principal, receipt.unapplied, recovered.principal) == (250_00, 77_00, 0)
        with pytest.raises(EventRefused):
            waive(position, self.DAILY, Component.PRINCIPAL, 250_01, date(2026, 1, 15))


class TestPayoff:
    @pytest.mark.parametrize(
        ("on", "amount"),
        [
            (date(2026, 1, 15), 300_00),
            (date(2026, 1, 31), 300_00 + 5_16),  # 10.00 × 16 / 31
            (date(2026, 2, 15), 310_00),
            (date(2026, 3, 1), 310_00 + 4_50),  # 9.00 × 14 / 28
            (date(2026, 5, 1), 327_00),
        ],
    )
    def test_is_all_principal_and_the_interest_earned_to_the_day(self, on, amount):
        assert payoff(LOAN, PLAIN, on) == amount

    def test_knows_where_a_period_began_and_what_was_earned_before(self):
        row = replace(ROWS[0], period_from=date(2026, 1, 31), earned_interest=4_00)
        position = opened(PLAIN, (row,), 100_00)

        # 4.00 and 6.00 × 5 / 15
        assert payoff(position, PLAIN, date(2026, 2, 5)) == 106_00

    def test_after_a_holiday_that_moved_a_row_beyond_a_paid_one(self):
        rows = installments((date(2026, 2, 15), 100_00, 10_00), (date(2026, 3, 15), 0, 0))

        position = extend(opened(PLAIN, rows, 100_00), PLAIN, 1, date(2026, 1, 20))

        # 10.00 × 31 / 59
        assert payoff(position, PLAIN, date(2026, 2, 15)) == 105_25

    def test_takes_the_borrowers_credit_off(self):
        keeps = replace(PLAIN, waterfall=Waterfall(surplus=Surplus.UNAPPLIED))

        position, _receipt = receive(LOAN, keeps, 130_00, date(2026, 2, 15))

        assert payoff(position, keeps, date(2026, 2, 15)) == 180_00


class TestSettle:
    def test_ends_the_loan_and_gives_up_what_is_not_earned(self):
        position, receipt = settle(LOAN, PLAIN, 314_50, date(2026, 3, 1))

        assert (position.status, receipt.interest, receipt.principal) == (Status.SETTLED, 14_50, 300_00)
        assert held(position) == {Book.CASH: 14_50, Book.INTEREST_INCOME: -14_50}

    def test_one_fen_less_is_refused_with_the_payoff(self):
        with pytest.raises(SettlementTooSmall) as refusal:
            settle(LOAN, PLAIN, 314_49, date(2026, 3, 1))

        assert (refusal.value.code, refusal.value.details) == ("settlement_too_small", {"payoff_minor": 314_50})

    def test_uses_the_credit(self):
        keeps = replace(PLAIN, waterfall=Waterfall(surplus=Surplus.UNAPPLIED))
        position, _receipt = receive(LOAN, keeps, 130_00, date(2026, 2, 15))

        position, receipt = settle(position, keeps, 180_00, date(2026, 2, 15))

        assert (receipt.principal, receipt.unapplied, receipt.amount) == (200_00, -20_00, 180_00)
        assert held(position, keeps) == {Book.CASH: 10_00, Book.INTEREST_INCOME: -10_00}


class TestWaive:
    def test_interest_that_was_due_is_an_expense(self):
        position = waive(LOAN, PLAIN, Component.INTEREST, 4_00, date(2026, 3, 1))

        assert held(position)[Book.WAIVER_EXPENSE] == 4_00
        assert arrears(position, PLAIN, date(2026, 3, 1)).interest == 6_00

    def test_interest_that_is_not_due_yet_was_never_income(self):
        position = waive(LOAN, PLAIN, Component.INTEREST, 10_00, date(2026, 2, 1))

        later = accrue(position, PLAIN, date(2026, 2, 20))

        assert held(later) == {Book.CASH: -300_00, Book.PRINCIPAL: 300_00}

    def test_penalty_of_the_loan(self):
        position = waive(LOAN, STRICT, Component.PENALTY, 1_50, date(2026, 3, 17))

        assert position.penalty_due(STRICT) == 50
        with pytest.raises(EventRefused):
            waive(LOAN, STRICT, Component.PENALTY, 2_01, date(2026, 3, 17))

    def test_principal_settles_what_is_left(self):
        position, _receipt = receive(LOAN, PLAIN, 226_00, date(2026, 3, 15))

        position = waive(position, PLAIN, Component.INTEREST, 2_00, date(2026, 3, 16))
        position = waive(position, PLAIN, Component.PRINCIPAL, 99_00, date(2026, 3, 16))

        assert position.status is Status.SETTLED
        assert sum(held(position).values()) == 0

    def test_never_more_than_is_owed(self):
        with pytest.raises(EventRefused, match="More would be waived"):
            waive(LOAN, PLAIN, Component.FEE, 1, date(2026, 3, 1))


class TestFeesAndHolidays:
    def test_a_fee_is_demanded_with_the_next_installment(self):
        position = add_fee(LOAN, 5_00, date(2026, 2, 20))

        assert [row.fee for row in position.installments] == [0, 5_00, 0]

    def test_a_fee_passes_over_a_closed_installment_that_was_due_later(self):
        # Paid ahead and closed by new terms, it stands before the new installments and would have been due after them.
        closed, *new = installments((date(2026, 6, 15), 0, 0), (date(2026, 3, 1), 1_00, 0), (date(2026, 4, 1), 1_00, 0))
        position = add_fee(opened(PLAIN, (closed, *new), 2_00), 5_00, date(2026, 2, 20))

        assert [row.fee for row in position.installments] == [0, 5_00, 0]

    def test_a_fee_after_the_last_installment_belongs_to_it(self):
        assert [row.fee for row in add_fee(LOAN, 5_00, date(2026, 6, 1)).installments] == [0, 0, 5_00]

    def test_a_holiday_moves_what_is_unpaid_and_keeps_the_31st(self):
        rows = installments((date(2026, 1, 31), 1_00, 0), (date(2026, 2, 28), 1_00, 0), (date(2026, 3, 31), 1_00, 0))
        position, _receipt = receive(opened(PLAIN, rows, 3_00), PLAIN, 1_00, date(2026, 1, 31))

        position = extend(position, PLAIN, 2, date(2026, 2, 10))

        assert [row.due_on for row in position.installments] == [
            date(2026, 1, 31),
            date(2026, 4, 30),
            date(2026, 5, 31),
        ]

    def test_a_holiday_of_a_weekly_loan_keeps_its_weeks_apart(self):
        weeks = installments(*((date(2026, 1, 1) + timedelta(weeks=n), 1_00, 0) for n in range(1, 4)))

        position = extend(opened(PLAIN, weeks, 3_00), PLAIN, 1, date(2026, 1, 2))

        assert [row.due_on for row in position.installments] == [
            date(2026, 2, 8),
            date(2026, 2, 15),
            date(2026, 2, 22),
        ]

    def test_a_holiday_lasts_a_month_at_least(self):
        with pytest.raises(EventRefused):
            extend(LOAN, PLAIN, 0, date(2026, 2, 10))

    def test_a_pause_holds_the_effective_count(self):
        paused = replace(LOAN, pauses=(Pause(date(2026, 2, 20), date(2026, 2, 28)),))

        assert effective_days_past_due(paused, PLAIN, date(2026, 3, 1)) == 14 - 9


class TestChargeOff:
    def test_books_the_claim_as_a_loss_and_what_comes_in_as_recovered(self):
        lost = charge_off(LOAN, PLAIN, date(2026, 3, 1))
        recovered, _receipt = receive(lost, PLAIN, 50_00, date(2026, 4, 1))

        assert held(lost)[Book.CHARGE_OFF_EXPENSE] == 310_00
        assert held(recovered)[Book.RECOVERY_INCOME] == -50_00
        assert recovered.principal == 260_00

    def test_accrues_nothing_any_more(self):
        lost = charge_off(LOAN, STRICT, date(2026, 3, 1))

        assert accrue(lost, STRICT, date(2026, 9, 1)).penalty_parts == lost.penalty_parts

    def test_earns_no_daily_interest_any_more(self):
        daily = replace(PLAIN, interest_basis=InterestBasis.DAILY, interest_year_days=360)
        lost = charge_off(LOAN, daily, date(2026, 2, 14))

        assert payoff(lost, daily, date(2026, 9, 1)) == 303_00
        with pytest.raises(EventRefused):
            waive(lost, daily, Component.INTEREST, 3_01, date(2026, 9, 1))

    def test_only_once(self):
        lost = charge_off(LOAN, PLAIN, date(2026, 3, 1))

        with pytest.raises(EventRefused, match="Only a running loan"):
            charge_off(lost, PLAIN, date(2026, 3, 2))

    def test_a_loss_cannot_be_settled_early(self):
        with pytest.raises(LoanClosed):
            settle(charge_off(LOAN, PLAIN, date(2026, 3, 1)), PLAIN, 999_00, date(2026, 3, 2))


# --- random lives ---------------------------------------------------------------------------------------------------
STEPS = ("pay", "pay", "pay", "proceeds", "settle", "waive", "fee", "holiday", "charge_off", "pause")


def step(position: Position, contract: Contract, kind: str, size: int, on: date) -> tuple[Position, Receipt | None]:
    """Apply one event; a refused one changes nothing, as in the live book."""
    try:
        if kind in ("pay", "proceeds"):
            return receive(position, contract, size, on, cures=kind == "pay")
        if kind == "settle":
            return settle(position, contract, payoff(position, contract, on) + size % 3, on)
        if kind == "waive":
            component = list(Component)[size % 4]
            return waive(position, contract, component, size, on), None
        if kind == "holiday":
            return extend(position, contract, 1 + size % 3, on), None
        if kind == "charge_off":
            return charge_off(position, contract, on), None
    except (EventRefused, LoanClosed):
        return position, None
    if kind == "pause":
        paused = Pause(on, on + timedelta(days=size % 40))
        return replace(accrue(position, contract, on - timedelta(days=1)), pauses=(*position.pauses, paused)), None
    return (add_fee(position, size, on) if position.status is Status.ACTIVE else position), None


lives = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(STEPS), st.integers(1, 10**7)), max_size=12)


class TestProperties:
    @settings(deadline=None, max_examples=300)
    @given(loan=open_loans(), life=lives)
    def test_whatever_happens_the_books_balance_and_nothing_turns_negative(self, loan, life):
        (contract, position), on = loan, loan[0].starts_on
        for days, kind, size in life:
            on += timedelta(days=days)
            cash = books_of(position, contract)[Book.CASH]

            position, receipt = step(position, contract, kind, size, on)

            books = books_of(position, contract)
            assert sum(books.values()) == 0
            assert min(books[book] for book in (Book.PRINCIPAL, Book.INTEREST_RECEIVABLE, Book.FEE_RECEIVABLE)) >= 0
            assert books[Book.PENALTY_RECEIVABLE] >= 0
            assert books[Book.BORROWER_CREDIT] <= 0
            assert min(position.principal, position.unapplied, position.penalty_due(contract)) >= 0
            for row in position.installments:
                assert min(row.unpaid_principal, row.unpaid_interest, row.unpaid_fee) >= 0
            if receipt:
                assert books[Book.CASH] - cash == receipt.amount
                assert min(receipt.fee, receipt.penalty, receipt.interest, receipt.principal) >= 0
            assert arrears(position, contract, on).days_past_due >= 0
            assert 0 <= effective_days_past_due(position, contract, on) <= arrears(position, contract, on).days_past_due
            assert payoff(position, contract, on) >= 0
            if position.status is Status.SETTLED:
                assert position.principal == 0
                assert payoff(position, contract, on) == 0
                assert arrears(position, contract, on + timedelta(days=999)).days_past_due == 0

    @settings(deadline=None, max_examples=200)
    @given(loan=open_loans(), life=lives, nights=st.sets(st.integers(0, 400), max_size=15))
    def test_closing_every_night_or_replaying_at_once_is_the_same(self, loan, life, nights):
        contract, at_once = loan
        nightly, on, end = at_once, contract.starts_on, contract.starts_on + timedelta(days=500)
        for days, kind, size in life:
            following = on + timedelta(days=days)
            for night in sorted(nights):
                if on <= contract.starts_on + timedelta(days=night) < following:
                    nightly = accrue(nightly, contract, contract.starts_on + timedelta(days=night))
            on = following

            at_once, one = step(at_once, contract, kind, size, on)
            nightly, other = step(nightly, contract, kind, size, on)

            assert one == other

        assert accrue(nightly, contract, end) == accrue(at_once, contract, end)

    @settings(deadline=None, max_examples=200)
    @given(
        loan=open_loans(basis=InterestBasis.SCHEDULED),
        payments=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10**7)), max_size=10),
    )
    def test_a_payment_never_raises_the_days_past_due_and_principal_falls_by_what_was_paid(self, loan, payments):
        (contract, position), on = loan, loan[0].starts_on
        paid = 0
        start = position.principal
        for days, amount in payments:
            on += timedelta(days=days)
            if position.status is not Status.ACTIVE:
                break
            before = arrears(position, contract, on).days_past_due

            position, receipt = receive(position, contract, amount, on)

            paid += receipt.principal
            assert arrears(position, contract, on).days_past_due <= before
            assert position.principal == start - paid == sum(row.unpaid_principal for row in position.installments)

    @settings(deadline=None, max_examples=200)
    @given(loan=open_loans(), days=st.integers(0, 400), earlier=st.integers(1, 10**7))
    def test_the_payoff_ends_the_loan_to_the_fen(self, loan, days, earlier):
        contract, position = loan
        on = contract.starts_on + timedelta(days=days)
        position, _receipt = receive(position, contract, earlier, contract.starts_on + timedelta(days=days // 2))
        if position.status is Status.SETTLED:
            return
        needed = payoff(position, contract, on)

        settled, receipt = settle(position, contract, needed, on)

        assert settled.status is Status.SETTLED
        assert receipt.amount == needed
        if needed > 0:
            assert settled.unapplied == 0
            with pytest.raises(SettlementTooSmall):
                settle(position, contract, needed - 1, on)


class TestInstallment:
    def test_knows_what_is_unpaid_of_each_component(self):
        row = Installment(1, date(2026, 2, 15), 100_00, 10_00, 1_00)

        row = row.pay(Component.FEE, 40).pay(Component.INTEREST, 3_00).waive(Component.PRINCIPAL, 50_00)

        assert (row.total, row.unpaid) == (111_00, 57_60)
        assert [row.unpaid_of(c) for c in (Component.FEE, Component.INTEREST, Component.PRINCIPAL)] == [
            60,
            7_00,
            50_00,
        ]
