from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.ledger import accounts
from dashu.ledger.periods import close_period
from dashu.ledger.selectors import balance_of, loan_balances, trial_balance
from dashu.ledger.services import credit, debit, post
from tests.integration.ledger.test_post import pay


@pytest.mark.django_db
class TestSelectors:
    def test_balance_is_debits_less_credits_up_to_a_day(self):
        pay(loan_id=7)
        pay(loan_id=8)

        assert balance_of(accounts.LOAN_PRINCIPAL, loan_id=7) == -1_000_00
        assert balance_of(accounts.LOAN_PRINCIPAL) == -2_000_00
        assert balance_of(accounts.LOAN_PRINCIPAL, as_of=date(2026, 2, 28)) == 0

    def test_loan_balances_are_by_loan_and_account(self):
        pay(loan_id=7)

        assert loan_balances([7, 8]) == {7: {"1001": 1_050_00, "1311": -50_00, "1301": -1_000_00}, 8: {}}

    def test_balances_count_the_parts_of_an_account(self):
        pay(loan_id=7)
        post(
            effective_on=date(2026, 3, 2),
            description="Moved",
            kind="TEST",
            actor="user:1",
            lines=[debit("1301", 400_00, 7), credit("1301.02", 300_00, 7), credit("1301.03", 100_00, 7)],
        )

        assert (balance_of("1301"), balance_of("1301.02", loan_id=7)) == (-1_000_00, -300_00)
        assert loan_balances([7]) == {7: {"1001": 1_050_00, "1311": -50_00, "1301": -1_000_00}}

    def test_trial_balance_keeps_currencies_apart_and_sums_to_zero(self):
        pay()
        post(
            effective_on=date(2026, 3, 2),
            description="Dollars",
            kind="TEST",
            actor="user:1",
            currency="USD",
            lines=[debit(accounts.CASH, 300), credit(accounts.TAKEOVER_CLEARING, 300)],
        )

        lines = trial_balance(date(2026, 3, 31))

        assert [(line.account.code, line.currency, line.balance_minor) for line in lines] == [
            ("1001", "CNY", 1_050_00),
            ("1301", "CNY", -1_000_00),
            ("1311", "CNY", -50_00),
            ("1001", "USD", 300),
            ("3901", "USD", -300),
        ]


@pytest.mark.django_db
class TestTrialBalance:
    def move(self, on: date, amount: int, account: str, *, currency: str = "CNY") -> None:
        lines = [debit(account, amount), credit("1001", amount)]
        post(effective_on=on, description="x", kind="TEST", actor="user:1", currency=currency, lines=lines)

    @pytest.fixture
    def year(self) -> None:
        self.move(date(2026, 1, 10), 100, "1301.01")
        self.move(date(2026, 2, 10), 20, "1301.02")
        self.move(date(2026, 3, 10), 3, "1301.02")
        self.move(date(2026, 3, 11), 4, "1301")
        self.move(date(2026, 4, 1), 5_000, "1301.01")

    EXPECTED = [
        # account, depth, opening, debits, credits, closing
        ("1001", 0, -120, 0, 7, -127),
        ("1301", 0, 120, 7, 0, 127),
        ("1301.01", 1, 100, 0, 0, 100),
        ("1301.02", 1, 20, 3, 0, 23),
    ]

    @staticmethod
    def shown(through: date, since: date | None = None) -> list[tuple]:
        return [
            (
                line.account.code,
                line.depth,
                line.opening_minor,
                line.debit_minor,
                line.credit_minor,
                line.balance_minor,
            )
            for line in trial_balance(through, since=since)
        ]

    def test_of_a_period_has_opening_movements_and_closing_with_parts_added_up(self, year):
        assert self.shown(date(2026, 3, 31), date(2026, 3, 1)) == self.EXPECTED

    def test_is_the_same_when_periods_were_closed_and_reads_only_what_came_since(self, year):
        for through in (date(2026, 1, 31), date(2026, 2, 28)):
            close_period(through=through, today=date(2026, 5, 1), reason="Month end", actor="user:1")

        assert self.shown(date(2026, 3, 31), date(2026, 3, 1)) == self.EXPECTED
        assert [line[-1] for line in self.shown(date(2026, 2, 28), date(2026, 2, 1))] == [-120, 120, 100, 20]
        with CaptureQueriesContext(connection) as queries:
            trial_balance(date(2026, 2, 28), since=date(2026, 2, 1))
        assert [query["sql"] for query in queries if "ledger_posting" in query["sql"]] == []

    def test_reports_a_late_entry_in_the_open_period(self, year):
        close_period(through=date(2026, 3, 31), today=date(2026, 5, 1), reason="Month end", actor="user:1")

        self.move(date(2026, 3, 12), 900, "1301.02")

        assert self.shown(date(2026, 3, 31), date(2026, 3, 1)) == self.EXPECTED
        assert self.shown(date(2026, 4, 30), date(2026, 4, 1))[-1] == ("1301.02", 1, 23, 900, 0, 923)

    def test_costs_the_same_statements_for_many_accounts(self, year, django_assert_num_queries):
        with django_assert_num_queries(5):  # the chart; for each of two days, the newest closed period and the sums
            trial_balance(date(2026, 3, 31), since=date(2026, 3, 1))

    def test_keeps_currencies_apart(self, year):
        self.move(date(2026, 3, 10), 900, "1301.02", currency="USD")

        lines = trial_balance(date(2026, 3, 31), since=date(2026, 3, 1))

        assert [(line.account.code, line.balance_minor) for line in lines if line.currency == "USD"] == [
            ("1001", -900),
            ("1301", 900),
            ("1301.02", 900),
        ]
        assert sum(line.balance_minor for line in lines if line.depth == 0) == 0
