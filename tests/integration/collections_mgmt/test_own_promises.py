"""What a borrower promises by themselves, and that nobody is reminded of it meanwhile."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collections_mgmt.models import PromiseToPay
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.promises import PromiseRefused, make_promise, note_promise
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from repayments.services.booking import LoanNotFound
from tests import factories

DUE = date(2026, 2, 15)
TODAY = date(2026, 2, 16)
BY = date(2026, 2, 25)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def promise(loan, *, amount=500_00, by=BY, today=TODAY):
    return make_promise(loan_id=loan.pk, amount_minor=amount, due_on=by, today=today, actor="user:1")


class TestMakePromise:
    def test_keeps_amount_and_day(self, loan):
        kept = promise(loan)

        assert (kept.amount_minor, kept.due_on, kept.made_on, kept.status) == (500_00, BY, TODAY, "OPEN")

    def test_saying_the_same_again_changes_nothing(self, loan):
        assert promise(loan) == promise(loan)

        assert PromiseToPay.objects.count() == 1

    def test_another_one_takes_the_first_back(self, loan):
        promise(loan)
        promise(loan, amount=600_00)

        assert list(PromiseToPay.objects.order_by("pk").values_list("amount_minor", "status")) == [
            (500_00, "CANCELLED"),
            (600_00, "OPEN"),
        ]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"amount": 110_00}, "amount"),  # a tenth of 1,100.16 and a little more is the least
            ({"amount": 1_101_00}, "amount"),
            ({"amount": 0}, "amount"),
            ({"by": TODAY}, "due_on"),
            ({"by": TODAY + timedelta(days=15)}, "due_on"),
        ],
    )
    def test_refuses_what_cannot_be_promised_without_asking(self, loan, wrong, field):
        with pytest.raises(PromiseRefused) as refusal:
            promise(loan, **wrong)

        assert refusal.value.field == field
        assert not PromiseToPay.objects.exists()

    def test_takes_the_longest_day_and_the_whole_amount(self, loan):
        kept = promise(loan, amount=1_100_16, by=TODAY + timedelta(days=14))

        assert kept.due_on == date(2026, 3, 2)

    def test_refuses_where_nothing_is_due(self, loan):
        with pytest.raises(PromiseRefused, match="Nothing is due"):
            promise(loan, today=date(2026, 2, 1), by=date(2026, 2, 10))

    def test_refuses_a_loan_that_is_not_there(self, rules):
        with pytest.raises(LoanNotFound):
            make_promise(loan_id=0, amount_minor=1, due_on=BY, today=TODAY, actor="user:1")


class TestReminders:
    def close_before(self, morning):
        close_date(business_date=morning - timedelta(days=1), today=morning)

    def send(self, day):
        at = datetime(day.year, day.month, day.day, 9, 30, tzinfo=SHANGHAI)
        return dict(send_due(clock=lambda: at, until=at + timedelta(minutes=1)))

    def test_nobody_is_reminded_of_what_they_promised(self, loan):
        factories.borrower("Brook")
        self.close_before(DUE)
        OutboxMessage.objects.all().delete()
        note_promise(loan_id=loan.pk, amount_minor=1_100_16, due_on=BY, today=DUE, actor="user:1")

        self.close_before(DUE + timedelta(days=1))
        assert not OutboxMessage.objects.exists()

    def test_one_that_waits_already_does_not_leave(self, loan):
        morning = DUE + timedelta(days=1)
        self.close_before(morning)
        assert OutboxMessage.objects.get().status == "PENDING"

        promise(loan)
        self.send(morning)

        assert OutboxMessage.objects.get().status == "CANCELLED"

    def test_what_is_due_after_the_promised_day_is_still_reminded_of(self, loan):
        note_promise(loan_id=loan.pk, amount_minor=100_00, due_on=date(2026, 2, 9), today=date(2026, 2, 9), actor="x")

        self.close_before(date(2026, 2, 10))

        assert OutboxMessage.objects.get().template == "reminder.upcoming"
