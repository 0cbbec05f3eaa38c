from datetime import date

import pytest

from dashu.kernel.money import InvalidAmount
from dashu.ledger import accounts
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import loan_balances
from loans.models import Loan
from repayments.models import Installment, LoanBalance, LoanEvent, Payment
from repayments.services.booking import DateOutsideContract
from repayments.services.receive_payment import LoanNotPayable, ReferenceReused
from repayments.services.return_payment import return_payment
from tests.factories import ACTOR, approved_loan, pay, running_loan, yuan

FIRST_DUE = date(2026, 2, 15)


def books(loan: Loan) -> dict[str, int]:
    return {account: minor for account, minor in loan_balances([loan.pk])[loan.pk].items() if minor}


class TestReceivePayment:
    def test_pays_the_first_installment_in_advance(self, loan):
        payment = pay(loan, 110_016, date(2026, 2, 10))

        assert (payment.interest_minor, payment.principal_minor, payment.unapplied_minor) == (18_000, 92_016, 0)
        first = Installment.objects.get(loan_id=loan.pk, version=1, number=1)
        assert first.unpaid_minor == 0
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == yuan(12_000) - 92_016
        assert books(loan) == {
            accounts.CASH: -yuan(12_000) + 110_016,
            accounts.LOAN_PRINCIPAL: yuan(12_000) - 92_016,
            accounts.INTEREST_INCOME: -18_000,
        }

    def test_the_same_reference_again_changes_nothing(self, loan):
        first = pay(loan, yuan(500), FIRST_DUE, reference="BANK-1")

        again = pay(loan, yuan(500), FIRST_DUE, reference="BANK-1")

        assert again == first
        assert Payment.objects.count() == 1
        assert LoanEvent.objects.filter(kind="PAYMENT").count() == 1

    def test_refuses_a_reference_that_belongs_to_another_amount(self, loan):
        pay(loan, yuan(500), FIRST_DUE, reference="BANK-1")
        entries = JournalEntry.objects.count()

        with pytest.raises(ReferenceReused) as refusal:
            pay(loan, yuan(600), FIRST_DUE, reference="BANK-1")

        assert refusal.value.field == "reference"
        assert Payment.objects.count() == 1
        assert JournalEntry.objects.count() == entries

    @pytest.mark.parametrize("amount", [0, -1, 10_000_000_000_001])
    def test_refuses_amounts_outside_the_bounds(self, loan, amount):
        with pytest.raises(InvalidAmount):
            pay(loan, amount, FIRST_DUE)

        assert Payment.objects.exists() is False

    @pytest.mark.parametrize("on", [date(2026, 1, 14), date(2026, 2, 16)])
    def test_refuses_dates_outside_the_contract(self, loan, on):
        with pytest.raises(DateOutsideContract) as refusal:
            pay(loan, yuan(100), on, today=FIRST_DUE)

        assert refusal.value.field == "received_on"
        assert Payment.objects.exists() is False

    def test_refuses_a_settled_loan_and_leaves_no_trace(self, loan):
        owed = sum(Installment.objects.filter(loan_id=loan.pk).values_list("unpaid_minor", flat=True))
        pay(loan, owed, date(2026, 2, 1))
        loan.refresh_from_db()
        assert loan.status == Loan.Status.SETTLED
        entries = JournalEntry.objects.count()

        with pytest.raises(LoanNotPayable):
            pay(loan, yuan(1), date(2026, 2, 2))

        assert Payment.objects.count() == 1
        assert JournalEntry.objects.count() == entries

    def test_refuses_a_loan_that_was_not_paid_out(self, amina):
        with pytest.raises(LoanNotPayable):
            pay(approved_loan(amina), yuan(100), date(2026, 2, 1))

        assert LoanEvent.objects.exists() is False


class TestValueDates:
    def test_a_back_dated_payment_leaves_the_loan_as_if_booked_in_order(self, amina, brook):
        in_order, late = running_loan(amina), running_loan(brook)
        for loan, dates in ((in_order, (1, 2)), (late, (2, 1))):
            for which in dates:
                on = date(2026, 3, 10) if which == 1 else date(2026, 4, 20)
                pay(loan, yuan(1_100 if which == 1 else 2_000), on, today=date(2026, 4, 20))

        assert books(late) == books(in_order)
        ignored = {"loan_id", "_state"}
        states = [
            [
                {key: value for key, value in vars(row).items() if key not in ignored}
                for row in Installment.objects.filter(loan_id=loan.pk).order_by("number")
            ]
            for loan in (in_order, late)
        ]
        assert states[0] == states[1]
        parts = [
            list(
                loan.payments.order_by("received_on").values_list(
                    "received_on", "fee_minor", "penalty_minor", "interest_minor", "principal_minor", "unapplied_minor"
                )
            )
            for loan in (in_order, late)
        ]
        assert parts[0] == parts[1]

    def test_a_returned_payment_leaves_the_loan_as_if_it_had_never_been(self, amina, brook):
        returned, never = running_loan(amina), running_loan(brook)
        pay(returned, yuan(1_100), date(2026, 2, 15), reference="BOUNCES")
        for loan in (returned, never):
            pay(loan, yuan(700), date(2026, 3, 20), today=date(2026, 3, 20))

        return_payment(
            reference="BOUNCES", returned_on=date(2026, 3, 21), today=date(2026, 3, 21), reason="bounced", actor=ACTOR
        )

        balance, other = (LoanBalance.objects.get(pk=loan.pk) for loan in (returned, never))
        assert balance.principal_minor == other.principal_minor
        assert balance.accrued_through == date(2026, 3, 20)
        assert books(returned)[accounts.CASH] == books(never)[accounts.CASH]
        unpaid = [
            list(Installment.objects.filter(loan_id=loan.pk).order_by("number").values_list("unpaid_minor", flat=True))
            for loan in (returned, never)
        ]
        assert unpaid[0] == unpaid[1]

    def test_early_settlement_ends_the_loan_and_the_interest(self, loan):
        pay(loan, 110_016, date(2026, 2, 15))

        pay(loan, 1_107_984 + 8_310, date(2026, 3, 1), kind=LoanEvent.Kind.SETTLEMENT)

        loan.refresh_from_db()
        assert loan.status == Loan.Status.SETTLED
        held = books(loan)
        # 14 of 28 days of the running period's interest of 166.20
        assert held[accounts.INTEREST_INCOME] == -(18_000 + 8_310)
        assert accounts.LOAN_PRINCIPAL not in held
