from datetime import date

from collections_mgmt.services.close_day import close_date
from repayments.models import LoanBalance, LoanEvent
from repayments.selectors.reconciliation import differences
from tests.factories import pay, running_loan, yuan


class TestReconciliation:
    def test_finds_nothing_after_payments_accruals_and_a_restatement(self, amina, brook):
        paid, late, settled = running_loan(amina), running_loan(brook), running_loan(brook, product="sme")
        pay(paid, yuan(1_200), date(2026, 2, 15))
        close_date(business_date=date(2026, 3, 20), today=date(2026, 3, 21))
        pay(late, yuan(500), date(2026, 3, 1), today=date(2026, 3, 21))
        pay(settled, yuan(13_000), date(2026, 3, 21), kind=LoanEvent.Kind.SETTLEMENT)

        assert LoanBalance.objects.get(pk=late.pk).penalty_charged_minor > 0
        assert LoanBalance.objects.get(pk=settled.pk).unapplied_minor > 0
        assert differences() == []

    def test_finds_a_balance_that_was_changed_behind_the_ledgers_back(self, loan):
        LoanBalance.objects.filter(pk=loan.pk).update(principal_minor=yuan(12_000) - 1)

        (found,) = differences()

        assert (found.loan_id, found.rows_minor, found.ledger_minor) == (loan.pk, yuan(12_000) - 1, yuan(12_000))
