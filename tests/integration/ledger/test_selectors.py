from datetime import date

import pytest

from dashu.ledger import accounts
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
