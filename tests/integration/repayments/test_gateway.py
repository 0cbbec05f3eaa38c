from datetime import date

import pytest

from dashu.kernel.money import InvalidAmount
from repayments.models import Checkout, Payment
from repayments.services.gateway import (
    CallbackRefused,
    SimulatedProvider,
    book_callback,
    start_checkout,
)
from repayments.services.receive_payment import LoanNotPayable
from tests.factories import approved_loan, yuan

TODAY = date(2026, 2, 15)


def callback(checkout: Checkout, outcome: str = "PAID") -> tuple[str, dict[str, str]]:
    return SimulatedProvider().sign_callback(checkout, outcome)


class TestGateway:
    def test_books_the_payment_once_however_often_it_is_called_back(self, loan):
        checkout = start_checkout(loan_id=loan.pk, amount_minor=110_016, today=TODAY)
        body, headers = callback(checkout)

        for _again in range(3):
            booked = book_callback(body=body, headers=headers, today=TODAY)

        assert booked.status == Checkout.Status.PAID
        assert booked.payment.amount_minor == 110_016
        assert Payment.objects.count() == 1

    def test_a_decline_books_nothing_and_a_later_payment_still_counts(self, loan):
        checkout = start_checkout(loan_id=loan.pk, amount_minor=yuan(100), today=TODAY)
        body, headers = callback(checkout, "DECLINED")
        assert book_callback(body=body, headers=headers, today=TODAY).status == Checkout.Status.DECLINED
        assert Payment.objects.exists() is False

        body, headers = callback(checkout, "PAID")

        assert book_callback(body=body, headers=headers, today=TODAY).status == Checkout.Status.PAID

    def test_a_late_decline_does_not_undo_a_payment(self, loan):
        checkout = start_checkout(loan_id=loan.pk, amount_minor=yuan(100), today=TODAY)
        for outcome in ("PAID", "DECLINED"):
            body, headers = callback(checkout, outcome)
            booked = book_callback(body=body, headers=headers, today=TODAY)

        assert booked.status == Checkout.Status.PAID
        assert Payment.objects.count() == 1

    @pytest.mark.parametrize("change", ["body", "signature", "age"])
    def test_refuses_a_callback_that_the_provider_did_not_sign(self, loan, change):
        checkout = start_checkout(loan_id=loan.pk, amount_minor=yuan(100), today=TODAY)
        body, headers = callback(checkout)
        if change == "body":
            body = body.replace("PAID", "DECLINED")
        elif change == "signature":
            headers["webhook-signature"] = "v1,AAAA"
        else:
            headers["webhook-timestamp"] = "1700000000"

        with pytest.raises(CallbackRefused):
            book_callback(body=body, headers=headers, today=TODAY)

        assert Payment.objects.exists() is False
        assert Checkout.objects.get().status == Checkout.Status.STARTED

    def test_refuses_more_than_is_owed(self, loan):
        with pytest.raises(InvalidAmount) as refusal:
            start_checkout(loan_id=loan.pk, amount_minor=yuan(20_000), today=TODAY)

        assert refusal.value.field == "amount"
        assert Checkout.objects.exists() is False

    def test_refuses_a_loan_that_is_not_running(self, amina):
        with pytest.raises(LoanNotPayable):
            start_checkout(loan_id=approved_loan(amina).pk, amount_minor=yuan(1), today=TODAY)
