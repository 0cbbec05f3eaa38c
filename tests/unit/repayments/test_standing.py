"""A loan of 3,000 yuan in three installments of 1,000 and 30 interest, with 24% a year of penalty on late principal."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.installments import Component, Installment
from dashu.finance.loan import Contract, InterestBasis, opened, payoff, receive
from dashu.finance.penalty import PenaltyRule
from dashu.finance.rounding import Rounding, to_minor
from repayments.domain.standing import RowState, Standing, standing_of

CONTRACT = Contract(
    starts_on=date(2026, 1, 10),
    annual_rate=Decimal("0.12"),
    penalty=PenaltyRule(annual_rate=Decimal("0.24"), year_days=360),
)
DUES = [date(2026, 2, 10), date(2026, 3, 10), date(2026, 4, 10)]
POSITION = opened(
    CONTRACT,
    [Installment(number, due_on, 1_000_00, 30_00) for number, due_on in enumerate(DUES, start=1)],
    3_000_00,
)


class TestStanding:
    def test_before_the_first_due_date_it_asks_for_the_first_installment(self):
        standing = standing_of(POSITION, CONTRACT, date(2026, 1, 31))

        assert (standing.due_now, standing.to_pay_next) == (0, 1_030_00)
        assert (standing.next_due_on, standing.next_due) == (DUES[0], 1_030_00)
        assert [row.state for row in standing.rows] == [RowState.NEXT, RowState.LATER, RowState.LATER]
        assert standing.left_to_pay == 3_090_00

    def test_on_the_due_date_nothing_is_late_yet(self):
        standing = standing_of(POSITION, CONTRACT, DUES[0])

        assert (standing.overdue, standing.penalty, standing.days_past_due) == (0, 0, 0)
        assert (standing.due_today, standing.due_now) == (1_030_00, 1_030_00)
        assert standing.rows[0].state is RowState.DUE_TODAY

    def test_a_late_installment_costs_penalty_through_the_day_before(self):
        standing = standing_of(POSITION, CONTRACT, date(2026, 2, 13))

        assert standing.days_past_due == 3
        assert (standing.overdue_principal, standing.overdue_interest) == (1_000_00, 30_00)
        assert standing.penalty == 1_33  # two full days of 0.6666…
        assert standing.penalty_a_day == 67
        assert standing.due_now == 1_031_33
        assert [row.state for row in standing.rows] == [RowState.OVERDUE, RowState.NEXT, RowState.LATER]

    def test_what_it_asks_for_is_what_brings_the_loan_up_to_date(self):
        today = date(2026, 3, 20)

        paid, _receipt = receive(POSITION, CONTRACT, standing_of(POSITION, CONTRACT, today).due_now, today)

        after = standing_of(paid, CONTRACT, today)
        assert (after.due_now, after.days_past_due, after.paid_rows) == (0, 0, 2)
        assert after.to_pay_next == 1_030_00

    def test_what_is_left_in_all_settles_the_loan(self):
        today = date(2026, 3, 20)

        paid, receipt = receive(POSITION, CONTRACT, standing_of(POSITION, CONTRACT, today).left_to_pay, today)

        after = standing_of(paid, CONTRACT, today)
        assert receipt.unapplied == 0
        assert (after.left_to_pay, after.to_pay_next, after.next_due_on) == (0, 0, None)
        assert {row.state for row in after.rows} == {RowState.PAID}

    def test_a_part_payment_shows_what_is_still_open(self):
        paid, _receipt = receive(POSITION, CONTRACT, 400_00, DUES[0])

        row = standing_of(paid, CONTRACT, DUES[0]).rows[0]

        assert (row.paid, row.unpaid, row.state) == (400_00, 630_00, RowState.DUE_TODAY)

    def test_a_waived_installment_asks_for_nothing(self):
        first = POSITION.installments[0].waive(Component.PRINCIPAL, 1_000_00).waive(Component.INTEREST, 30_00)
        waived = replace(POSITION, installments=(first, *POSITION.installments[1:]), principal=2_000_00)

        standing = standing_of(waived, CONTRACT, date(2026, 2, 20))

        assert (standing.due_now, standing.rows[0].state) == (0, RowState.PAID)


class TestDailyInterest:
    """Paid a month late, the installments leave the interest of that month as principal."""

    ROWS = [Installment(n, due_on, 1_000_00, 40_00 - 10_00 * n) for n, due_on in enumerate(DUES, start=1)]
    DAILY = replace(CONTRACT, interest_basis=InterestBasis.DAILY, penalty=PenaltyRule())

    def late(self, day: date) -> Standing:
        position = opened(self.DAILY, self.ROWS, 3_000_00)
        for row in self.ROWS:
            position, _receipt = receive(position, self.DAILY, row.total, row.due_on + timedelta(days=30))
        return standing_of(position, self.DAILY, day)

    def test_what_late_payments_leave_is_asked_for_after_the_last_installment(self):
        standing = self.late(date(2026, 5, 10))

        assert (standing.overdue, standing.next_due_on) == (0, None)
        assert standing.rest == standing.due_now == standing.to_pay_next == standing.left_to_pay > 0
        assert standing.rest == standing.principal

    def test_its_interest_runs_on(self):
        standing = self.late(date(2026, 6, 10))

        a_month = to_minor(Decimal(standing.principal) * 31 * Decimal("0.12") / 365, Rounding.HALF_UP)
        assert standing.rest == standing.principal + a_month

    def test_all_that_is_left_is_never_less_than_the_payoff(self):
        position = opened(self.DAILY, self.ROWS, 3_000_00)

        standing = standing_of(position, self.DAILY, date(2026, 4, 9))

        assert standing.left_to_pay == max(3_060_00, payoff(position, self.DAILY, date(2026, 4, 9)))
        assert standing.rest == 0
