"""Corrected, moved and reinstated payments: the money is never missing, and never there twice."""

from datetime import date

import pytest

from dashu.audit.models import AuditRecord
from dashu.messaging.models import OutboxMessage
from loans.models import Loan
from repayments.models import Installment, LoanBalance, LoanEvent, Payment, Restatement
from repayments.selectors.past_days import facts_on
from repayments.services.acting import ReasonMissing
from repayments.services.booking import DateOutsideContract
from repayments.services.charge_back import NotChargedBack, charge_back, win_chargeback
from repayments.services.correct_payment import (
    NothingToCorrect,
    PaymentReturned,
    apply_to_installment,
    correct_payment,
    next_reference,
)
from repayments.services.move_payment import OtherBorrower, move_payment
from repayments.services.receive_payment import LoanNotPayable
from repayments.services.reinstate_payment import reinstate_payment
from repayments.services.return_payment import PaymentNotFound, return_payment
from repayments.services.tell_of_change import tell_of_change
from repayments.services.undo_event import undo_event
from tests import factories
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_restate import check

pytestmark = pytest.mark.django_db

TODAY = date(2026, 4, 20)
ABOUT = {"today": TODAY, "reason": "typed wrongly", "actor": ACTOR}


@pytest.fixture
def payment(loan) -> Payment:
    return pay(loan, yuan(500), date(2026, 2, 15), reference="REF", today=TODAY)


def rows_of(loan: Loan) -> dict[int, int]:
    rows = Installment.objects.filter(loan=loan, is_current=True).order_by("number")
    return {row.number: row.paid_principal_minor + row.paid_interest_minor for row in rows}


class TestCorrectPayment:
    def test_books_the_right_amount_from_the_day_of_the_wrong_one(self, loan, payment):
        corrected = correct_payment(reference="REF", amount_minor=yuan(1100), **ABOUT)

        payment.refresh_from_db()
        assert (payment.is_returned, corrected.reference) == (True, "REF~2")
        assert (corrected.amount_minor, corrected.received_on) == (yuan(1100), date(2026, 2, 15))
        reversal = LoanEvent.objects.get(kind="REVERSAL")
        assert (reversal.effective_on, reversal.data["replaced_by"]) == (date(2026, 2, 15), "REF~2")
        assert rows_of(loan)[1] == yuan(1100)
        check(loan)

    def test_books_the_right_day(self, loan, payment):
        corrected = correct_payment(reference="REF", received_on=date(2026, 3, 20), **ABOUT)

        assert (corrected.amount_minor, corrected.received_on) == (yuan(500), date(2026, 3, 20))
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor > 0
        check(loan)

    def test_pays_the_chosen_installment(self, loan, payment):
        apply_to_installment(reference="REF", installment=3, **ABOUT)

        assert (rows_of(loan)[1], rows_of(loan)[3]) == (0, yuan(500))
        check(loan)

    def test_again_returns_the_corrected_payment_and_changes_nothing(self, loan, payment):
        first = correct_payment(reference="REF", amount_minor=yuan(600), **ABOUT)
        events = LoanEvent.objects.count()

        assert correct_payment(reference="REF", amount_minor=yuan(600), **ABOUT) == first
        assert LoanEvent.objects.count() == events

    def test_to_other_values_is_refused_once_it_was_corrected(self, loan, payment):
        correct_payment(reference="REF", amount_minor=yuan(600), **ABOUT)
        events = LoanEvent.objects.count()

        with pytest.raises(PaymentReturned):
            correct_payment(reference="REF", amount_minor=yuan(700), **ABOUT)

        assert LoanEvent.objects.count() == events

    def test_of_a_correction_counts_on(self, loan, payment):
        correct_payment(reference="REF", amount_minor=yuan(600), **ABOUT)

        assert correct_payment(reference="REF~2", amount_minor=yuan(700), **ABOUT).reference == "REF~3"
        check(loan)

    @pytest.mark.parametrize(
        ("values", "refusal"),
        [
            ({}, NothingToCorrect),
            ({"amount_minor": yuan(500)}, NothingToCorrect),
            ({"amount_minor": yuan(600), "reason": " "}, ReasonMissing),
            ({"received_on": date(2026, 1, 14)}, DateOutsideContract),
            ({"received_on": date(2026, 4, 21)}, DateOutsideContract),
            ({"reference": "NONE", "amount_minor": 1}, PaymentNotFound),
        ],
    )
    def test_refuses_and_leaves_the_payment_as_it_was(self, values, refusal, loan, payment):
        events = LoanEvent.objects.count()

        with pytest.raises(refusal):
            correct_payment(**{"reference": "REF", **ABOUT, **values})

        payment.refresh_from_db()
        assert (payment.is_returned, LoanEvent.objects.count()) == (False, events)
        check(loan)

    def test_of_a_settlement_that_was_booked_too_high_is_a_payment(self, loan):
        pay(loan, yuan(12_400), date(2026, 2, 20), reference="ALL", kind=LoanEvent.Kind.SETTLEMENT, today=TODAY)

        corrected = correct_payment(reference="ALL", amount_minor=yuan(1_240), **ABOUT)

        loan.refresh_from_db()
        assert (loan.status, corrected.amount_minor) == (Loan.Status.ACTIVE, yuan(1_240))
        check(loan)

    @pytest.mark.parametrize("is_later_booked", [False, True])
    def test_tells_the_borrower_once_from_before_to_after(self, is_later_booked, loan, payment):
        if is_later_booked:
            pay(loan, yuan(100), date(2026, 3, 1), today=TODAY)
        correct_payment(reference="REF", amount_minor=yuan(600), **ABOUT)
        undone = Restatement.objects.get(event__kind="REVERSAL")

        told = [tell_of_change(event_id=kept.pk) for kept in Restatement.objects.filter(pk__gte=undone.pk)]

        assert sum(told) == 1
        params = OutboxMessage.objects.get(template="repayments.loan_changed").params
        assert params["left_before_minor"] == undone.before["left_to_pay_minor"]
        assert params["left_to_pay_minor"] < params["left_before_minor"]

    def test_reference_counts_from_two(self):
        assert [next_reference(one) for one in ("A", "A~2", "A~9", "A~x", "~")] == [
            "A~2",
            "A~3",
            "A~10",
            "A~x~2",
            "~~2",
        ]


class TestMovePayment:
    @pytest.fixture
    def other(self, amina, loan) -> Loan:
        return factories.running_loan(amina)

    def test_takes_the_money_to_the_other_loan_with_its_day(self, loan, other, payment):
        moved = move_payment(reference="REF", to_loan_id=other.pk, **ABOUT)

        assert (moved.loan_id, moved.amount_minor, moved.received_on) == (other.pk, yuan(500), date(2026, 2, 15))
        assert (rows_of(loan)[1], rows_of(other)[1]) == (0, yuan(500))
        assert AuditRecord.objects.get(action="repayments.payment_moved").data["from_loan"] == loan.pk
        check(loan)
        check(other)

    def test_again_returns_the_moved_payment(self, loan, other, payment):
        first = move_payment(reference="REF", to_loan_id=other.pk, **ABOUT)

        assert move_payment(reference="REF", to_loan_id=other.pk, **ABOUT) == first
        assert Payment.objects.count() == 2

    def test_to_another_borrower_needs_a_wrong_posting(self, loan, payment, brook):
        theirs = factories.running_loan(brook)
        with pytest.raises(OtherBorrower):
            move_payment(reference="REF", to_loan_id=theirs.pk, **ABOUT)
        payment.refresh_from_db()
        assert payment.is_returned is False

        moved = move_payment(reference="REF", to_loan_id=theirs.pk, is_wrong_posting=True, **ABOUT)

        assert moved.loan_id == theirs.pk
        check(loan)
        check(theirs)

    def test_to_its_own_loan_is_refused(self, loan, payment):
        with pytest.raises(NothingToCorrect):
            move_payment(reference="REF", to_loan_id=loan.pk, **ABOUT)

    def test_to_a_loan_that_is_not_paid_out_leaves_both_as_they_were(self, loan, payment, amina):
        waiting = factories.approved_loan(amina)

        with pytest.raises(LoanNotPayable):
            move_payment(reference="REF", to_loan_id=waiting.pk, **ABOUT)

        payment.refresh_from_db()
        assert (payment.is_returned, Payment.objects.count()) == (False, 1)
        check(loan)


class TestReinstatePayment:
    def test_books_a_returned_payment_again_with_its_day(self, loan, payment):
        return_payment(reference="REF", returned_on=date(2026, 3, 1), **ABOUT)

        again = reinstate_payment(reference="REF", **ABOUT)

        assert (again.reference, again.received_on, rows_of(loan)[1]) == ("REF~2", date(2026, 2, 15), yuan(500))
        check(loan)

    def test_counts_the_money_once_on_every_day(self, loan, payment):
        days = [date(2026, 2, 20), date(2026, 3, 1), date(2026, 3, 10)]
        before = [facts_on(loan, as_of=day) for day in days]
        return_payment(reference="REF", returned_on=date(2026, 3, 1), **ABOUT)

        reinstate_payment(reference="REF", **ABOUT)

        assert [facts_on(loan, as_of=day) for day in days] == before
        check(loan)

    def test_of_a_payment_that_counts_is_refused(self, loan, payment):
        with pytest.raises(NothingToCorrect):
            reinstate_payment(reference="REF", **ABOUT)
        return_payment(reference="REF", returned_on=date(2026, 3, 1), **ABOUT)
        reinstate_payment(reference="REF", **ABOUT)

        with pytest.raises(NothingToCorrect):
            reinstate_payment(reference="REF", **ABOUT)

        assert Payment.objects.count() == 2

    @pytest.mark.parametrize("taken", [yuan(200), yuan(500)])
    def test_of_money_that_a_chargeback_left_or_that_was_won_back_is_refused(self, loan, payment, taken):
        back_on = date(2026, 3, 1)
        record = charge_back(reference="REF", charged_back_on=back_on, amount_minor=taken, **ABOUT)
        if record.rest_payment is None:
            win_chargeback(reference="REF", won_on=TODAY, today=TODAY, actor=ACTOR)

        with pytest.raises(NothingToCorrect):
            reinstate_payment(reference="REF", **ABOUT)

        check(loan)

    def test_leaves_nothing_to_be_won_back(self, loan, payment):
        charge_back(reference="REF", charged_back_on=date(2026, 3, 1), **ABOUT)
        reinstate_payment(reference="REF", **ABOUT)

        with pytest.raises(NotChargedBack):
            win_chargeback(reference="REF", won_on=TODAY, today=TODAY, actor=ACTOR)

        assert Payment.objects.get(is_returned=False).reference == "REF~2"
        check(loan)

    def test_of_what_is_left_is_refused_while_the_whole_counts(self, loan, payment):
        record = charge_back(reference="REF", charged_back_on=date(2026, 3, 1), amount_minor=yuan(200), **ABOUT)
        undo_event(event_id=record.rest_payment.pk, **ABOUT)
        reinstate_payment(reference="REF", **ABOUT)

        with pytest.raises(NothingToCorrect):
            reinstate_payment(reference=record.rest_payment.reference, **ABOUT)

        assert Payment.objects.get(is_returned=False).reference == "REF~2"
        check(loan)
