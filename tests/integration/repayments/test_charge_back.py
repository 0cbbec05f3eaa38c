from datetime import date, timedelta

import pytest

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.kernel.money import InvalidAmount
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import render
from repayments.models import Chargeback, LoanBalance, Payment, Restatement
from repayments.selectors.past_days import facts_on
from repayments.selectors.reconciliation import differences
from repayments.services.charge_back import AlreadyReturned, NotChargedBack, charge_back, win_chargeback
from repayments.services.return_payment import PaymentNotFound, ReturnedBeforeReceived, return_payment
from repayments.services.send_receipt import send_missing_receipts, send_receipt
from repayments.services.tell_of_change import tell_of_change, tell_of_missed_changes
from tests.factories import pay, yuan

PAID_ON, BACK_ON, TODAY = date(2026, 2, 15), date(2026, 3, 1), date(2026, 3, 20)


@pytest.fixture
def payment(loan):
    return pay(loan, 1100_16, PAID_ON)


def take_back(payment, **facts):
    given = {"charged_back_on": BACK_ON, "today": TODAY, "reason": "Dispute 77: not recognized", "actor": "user:1"}
    return charge_back(reference=payment.reference, **{**given, **facts})


class TestChargeBack:
    def test_opens_the_old_due_date_again_and_keeps_why(self, loan, payment):
        record = take_back(payment)

        payment.refresh_from_db()
        assert payment.is_returned is True
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == yuan(12_000)
        assert (record.kind, record.source, record.charged_back_on) == ("CHARGEBACK", "STAFF", BACK_ON)
        assert (record.reason, record.amount_minor) == ("Dispute 77: not recognized", 1100_16)
        assert AuditRecord.objects.get(action="repayments.payment_charged_back").actor == "user:1"
        assert differences() == []

    def test_tells_the_borrower_in_one_plain_message(self, payment):
        for _again in range(2):
            take_back(payment)

        message = OutboxMessage.objects.get(template="repayments.charged_back")
        text = render(message.template, message.params, "en")
        assert text.subject == "A payment of CN¥1,100.16 was taken back"
        assert "received on February 15, 2026, was taken back by your bank on March 1, 2026" in text.body
        assert "is due now." in text.body

    @pytest.mark.parametrize("amount", [1100_16, 400_00])
    def test_sends_no_other_message_beside_its_own(self, payment, amount):
        OutboxMessage.objects.all().delete()
        already = set(Payment.objects.values_list("pk", flat=True))

        take_back(payment, amount_minor=amount)
        told = [tell_of_change(event_id=kept.pk) for kept in Restatement.objects.filter(event__gt=payment.pk)]
        for rest in Payment.objects.exclude(pk__in=already):
            assert send_receipt(payment_id=rest.pk) is False

        assert told == [False] * (1 if amount == 1100_16 else 2)
        assert list(OutboxMessage.objects.values_list("template", flat=True)) == ["repayments.charged_back"]
        in_an_hour = lender_now() + timedelta(hours=1)
        assert (tell_of_missed_changes(now=in_an_hour), send_missing_receipts(now=in_an_hour)) == (0, 0)

    def test_that_nobody_charged_back_is_told_as_a_change(self, payment):
        return_payment(reference=payment.reference, returned_on=BACK_ON, today=TODAY, reason="x", actor="user:1")

        assert tell_of_change(event_id=Restatement.objects.latest("pk").pk) is True

    def test_of_a_part_counts_the_money_once_on_every_day(self, loan, payment):
        days = [date(2026, 2, 14), PAID_ON, BACK_ON - timedelta(days=1)]
        before = [facts_on(loan, as_of=day) for day in days]

        take_back(payment, amount_minor=400_00)

        assert [facts_on(loan, as_of=day) for day in days] == before
        rest = Payment.objects.get(is_returned=False)
        assert facts_on(loan, as_of=BACK_ON)["outstanding"]["principal"] == yuan(12_000) - rest.principal_minor
        assert (rest.received_on, rest.amount_minor, rest.interest_minor) == (PAID_ON, 700_16, yuan(180))
        assert differences() == []

    def test_again_returns_the_first_and_changes_nothing(self, payment):
        first = take_back(payment)

        assert take_back(payment, reason="another") == first
        assert Chargeback.objects.count() == 1

    @pytest.mark.parametrize("amount", [0, -1, 1100_17])
    def test_refuses_more_than_was_paid(self, payment, amount):
        with pytest.raises(InvalidAmount):
            take_back(payment, amount_minor=amount)

        payment.refresh_from_db()
        assert payment.is_returned is False

    def test_refuses_one_that_was_returned_before(self, payment):
        return_payment(reference=payment.reference, returned_on=BACK_ON, today=TODAY, reason="x", actor="user:1")

        with pytest.raises(AlreadyReturned):
            take_back(payment)

        assert Chargeback.objects.exists() is False

    def test_refuses_a_day_before_it_was_paid_and_an_unknown_payment(self, payment):
        with pytest.raises(ReturnedBeforeReceived):
            take_back(payment, charged_back_on=date(2026, 2, 14))
        with pytest.raises(PaymentNotFound):
            charge_back(reference="NONE", charged_back_on=BACK_ON, today=TODAY, reason="", actor="user:1")

        assert Chargeback.objects.exists() is False
        assert OutboxMessage.objects.filter(template="repayments.charged_back").exists() is False


class TestWinChargeback:
    def test_books_the_money_again_on_the_day_it_came_back(self, loan, payment):
        take_back(payment)

        won = win_chargeback(
            reference=payment.reference, won_on=TODAY, today=TODAY, actor="user:1", won_reference="W-1"
        )

        assert (won.reference, won.received_on, won.amount_minor) == ("W-1", TODAY, 1100_16)
        assert win_chargeback(reference=payment.reference, won_on=TODAY, today=TODAY, actor="user:1") == won
        assert Payment.objects.filter(is_returned=False).count() == 1
        assert differences() == []

    def test_refuses_what_was_not_charged_back(self, payment):
        with pytest.raises(NotChargedBack):
            win_chargeback(reference=payment.reference, won_on=TODAY, today=TODAY, actor="user:1")

        assert Payment.objects.count() == 1

    def test_refuses_a_day_before_the_chargeback(self, payment):
        take_back(payment)

        with pytest.raises(NotChargedBack) as refusal:
            win_chargeback(reference=payment.reference, won_on=date(2026, 2, 20), today=TODAY, actor="user:1")

        assert refusal.value.field == "won_on"
        assert Payment.objects.count() == 1
