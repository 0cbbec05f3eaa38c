"""Promises that are reminded of once, taken back with a reason, and limited after some that were broken."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collections_mgmt.models import PromiseToPay
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.promises import TooManyBroken, cancel_promise, make_promise, note_promise
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.load_wordings import load_wordings
from tests import factories

TODAY = date(2026, 2, 16)
BY = date(2026, 2, 25)
DAY = timedelta(days=1)
ACTOR = "user:1"


def noted(loan, *, by=BY, note="", today=TODAY):
    return note_promise(loan_id=loan.pk, amount_minor=500_00, due_on=by, today=today, note=note, actor=ACTOR)


def close(on):
    close_date(business_date=on, today=on + DAY)


def send(day):
    noon = datetime.combine(day, datetime.min.time(), tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(hours=12)
    send_due(clock=lambda: noon, until=noon + timedelta(minutes=1))


def told():
    return OutboxMessage.objects.filter(template="reminder.promise")


class TestTheReminder:
    def test_goes_out_once_the_day_before_and_says_what_is_missing(self, loan):
        load_wordings(on=TODAY)
        noted(loan)
        factories.pay(loan, 120_00, TODAY)

        close(BY - 3 * DAY)
        assert not told().exists()
        close(BY - 2 * DAY)
        close(BY - 2 * DAY)
        send(BY - DAY)

        message = told().get()
        assert (message.status, message.purpose) == ("SENT", "REMINDER")
        assert "380.00" in message.body

    def test_is_not_sent_when_the_money_came_meanwhile(self, loan):
        load_wordings(on=TODAY)
        noted(loan)
        close(BY - 2 * DAY)
        factories.pay(loan, 500_00, BY - 2 * DAY)

        send(BY - DAY)

        assert told().get().status == "CANCELLED"

    def test_is_not_sent_when_the_promise_was_taken_back(self, loan):
        load_wordings(on=TODAY)
        promise = noted(loan)
        close(BY - 2 * DAY)
        cancel_promise(promise_id=promise.pk, reason="misheard", today=BY - DAY, actor=ACTOR)

        send(BY - DAY)

        assert told().get().status == "CANCELLED"

    def test_is_not_queued_on_the_day_of_the_promise_itself(self, loan):
        noted(loan, by=TODAY + DAY)
        close(TODAY - DAY)

        assert not told().exists()

    def test_is_not_queued_while_something_is_looked_into(self, loan):
        noted(loan)
        place_hold(
            loan_id=loan.pk, kind="COMPLAINT", starts_on=TODAY, ends_on=None, today=TODAY, reason="C1", actor=ACTOR
        )

        close(BY - 2 * DAY)

        assert not told().exists()

    def test_is_blocked_by_a_hold_of_the_person_placed_after_it_was_queued(self, loan):
        load_wordings(on=TODAY)
        noted(loan)
        close(BY - 2 * DAY)
        on = BY - DAY
        place_hold(loan_id=loan.pk, kind="DECEASED", starts_on=on, ends_on=None, today=on, reason="told", actor=ACTOR)

        send(on)

        assert told().get().status == "BLOCKED"


class TestTheLimit:
    @pytest.fixture
    def disappointed(self, loan):
        for days in (50, 20):
            PromiseToPay.objects.create(
                loan=loan,
                amount_minor=100_00,
                made_on=TODAY - (days + 9) * DAY,
                due_on=TODAY - (days + 2) * DAY,
                decided_on=TODAY - days * DAY,
                status="BROKEN",
                actor=ACTOR,
            )
        return loan

    def test_keeps_a_borrower_from_another_click(self, disappointed):
        with pytest.raises(TooManyBroken):
            make_promise(loan_id=disappointed.pk, amount_minor=500_00, due_on=BY, today=TODAY, actor=ACTOR)

        assert not PromiseToPay.objects.filter(status="OPEN").exists()

    def test_asks_staff_why_another_one_helps(self, disappointed):
        with pytest.raises(TooManyBroken) as refusal:
            noted(disappointed)

        assert refusal.value.field == "note"
        assert noted(disappointed, note="the salary was late twice").status == "OPEN"

    def test_forgets_what_is_long_ago(self, disappointed):
        later = TODAY + 41 * DAY

        assert noted(disappointed, by=later, today=later).status == "OPEN"


class TestWhatCounts:
    def test_is_only_money_that_came_after_it_was_given(self, loan):
        factories.pay(loan, 500_00, TODAY)
        promise = note_promise(loan_id=loan.pk, amount_minor=300_00, due_on=TODAY, today=TODAY, actor="user:1")

        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))
        promise.refresh_from_db()
        assert (promise.paid_minor, promise.status) == (0, "OPEN")

        factories.pay(loan, 300_00, TODAY, today=TODAY + timedelta(days=1))
        close_date(business_date=TODAY + timedelta(days=1), today=TODAY + timedelta(days=2))
        promise.refresh_from_db()
        assert (promise.paid_minor, promise.status) == (300_00, "KEPT")


class TestTakingOneBack:
    def test_keeps_the_reason_and_counts_as_neither(self, loan):
        promise = cancel_promise(promise_id=noted(loan).pk, reason="misheard", today=TODAY, actor=ACTOR)

        assert (promise.status, promise.end_reason) == ("CANCELLED", "misheard")

    def test_replacing_one_keeps_why(self, loan):
        noted(loan)
        noted(loan, by=BY + DAY, note="salary comes a day later")

        assert PromiseToPay.objects.get(status="CANCELLED").end_reason == "salary comes a day later"


def test_the_same_promise_again_on_one_day_changes_nothing(loan):
    first = noted(loan, note="after the salary")

    assert noted(loan, note="after the salary") == first
    assert noted(loan, by=BY + DAY, note="after the salary") != first
    assert list(PromiseToPay.objects.order_by("pk").values_list("status", flat=True)) == ["CANCELLED", "OPEN"]
