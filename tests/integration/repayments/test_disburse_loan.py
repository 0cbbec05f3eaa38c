from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from dashu.ledger import accounts
from dashu.ledger.selectors import balance_of
from loans.models import Loan
from repayments.models import Disbursement, Installment, LoanBalance, LoanEvent
from repayments.services.disburse_loan import NotWaitingForPayout, disburse_loan
from repayments.services.receive_payment import ReferenceReused
from tests.factories import ACTOR, approved_loan, running_loan, yuan


class TestDisburseLoan:
    def test_writes_schedule_balance_and_books(self, amina):
        loan = running_loan(amina, starts_on=date(2026, 1, 31), count=3)

        rows = Installment.objects.filter(loan_id=loan.pk).order_by("number")
        assert [row.due_on for row in rows] == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
        assert sum(row.principal_minor for row in rows) == yuan(12_000)
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == yuan(12_000)
        assert balance_of(accounts.LOAN_PRINCIPAL, loan_id=loan.pk) == yuan(12_000)
        assert balance_of(accounts.CASH, loan_id=loan.pk) == -yuan(12_000)
        assert loan.status == Loan.Status.ACTIVE

    def test_the_same_reference_again_pays_out_once(self, amina):
        loan = approved_loan(amina)
        first = disburse_loan(loan_id=loan.pk, reference="OUT-1", actor=ACTOR)

        assert disburse_loan(loan_id=loan.pk, reference="OUT-1", actor=ACTOR) == first
        assert Disbursement.objects.count() == 1
        assert balance_of(accounts.CASH) == -yuan(12_000)

    def test_refuses_a_second_payout(self, loan):
        with pytest.raises(NotWaitingForPayout):
            disburse_loan(loan_id=loan.pk, reference="OUT-2", actor=ACTOR)

        assert Disbursement.objects.count() == 1

    def test_refuses_the_reference_of_another_loan(self, amina, loan):
        other = approved_loan(amina)

        with pytest.raises(ReferenceReused):
            disburse_loan(loan_id=other.pk, reference=f"OUT-{loan.number}", actor=ACTOR)

        assert Loan.objects.get(pk=other.pk).status == Loan.Status.APPROVED


class TestEvents:
    @pytest.mark.parametrize(
        "statement", ["UPDATE repayments_loanevent SET amount_minor = 1", "DELETE FROM repayments_loanevent"]
    )
    def test_the_database_refuses_to_change_what_happened(self, loan, statement):
        refused = pytest.raises(DatabaseError, match="loan_events_are_append_only")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

        assert LoanEvent.objects.get().amount_minor == yuan(12_000)
