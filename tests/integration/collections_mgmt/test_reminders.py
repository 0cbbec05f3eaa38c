"""Reminders from the close of a night to the message that leaves in the morning."""

import threading
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from collections_mgmt.models import CloseRun
from collections_mgmt.services.close_day import close_date, start_close
from collections_mgmt.services.close_range import close_range
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.reassess_loan import reassess_loan
from dashu.kernel import dates
from dashu.messaging import guard
from dashu.messaging.models import ContactPreference, ContactRefusal, OptOut, OutboxMessage, ReminderLine
from dashu.messaging.sending import send_due
from dashu.policy.models import PolicyRule
from dashu.policy.reaching_out import SEGMENTS
from dashu.policy.selectors import forget_rules
from dashu.users.models import Borrower
from repayments.services.extend_loan import extend_loan
from tests import factories
from tests.factories import borrower, pay, running_loan, yuan

DUE = date(2026, 2, 15)
SHANGHAI = ZoneInfo("Asia/Shanghai")
Status = OutboxMessage.Status


@pytest.fixture
def amina(rules: None) -> Borrower:
    """She reads English, and can be reached by mail and by text message."""
    return borrower("Amina", phone="13800000000", email="amina@example.com", language="en")


def close_before(morning: date) -> CloseRun:
    """Close the night before a morning."""
    return close_date(business_date=morning - timedelta(days=1), today=morning)


def nine(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=SHANGHAI)


def send(day: date) -> dict[str, int]:
    return dict(send_due(clock=lambda: nine(day), until=nine(day) + timedelta(minutes=1)))


def only() -> OutboxMessage:
    return OutboxMessage.objects.get()


def set_rule(code: str, value: object) -> None:
    assert PolicyRule.objects.filter(pack="cn", code=code).update(value=value) == 1
    forget_rules()


class TestSchedule:
    def days_told(self, days: range) -> dict[int, str]:
        told = {}
        for offset in days:
            day = DUE + timedelta(days=offset)
            before = OutboxMessage.objects.count()
            close_before(day)
            if OutboxMessage.objects.count() > before:
                told[offset] = OutboxMessage.objects.latest("id").template.removeprefix("reminder.")
        return told

    def test_a_new_borrower_is_told_early_and_the_days_follow_the_segment(self, loan):
        assert self.days_told(range(-6, 9)) == {
            -5: "upcoming",
            -3: "upcoming",
            0: "due_today",
            1: "overdue",
            3: "overdue",
            7: "overdue",
        }
        segments = ReminderLine.objects.order_by("send_on").values_list("days_after", "segment", "bucket")
        assert list(segments) == [
            (-5, "NEW", "CURRENT"),
            (-3, "NEW", "CURRENT"),
            (0, "NEW", "CURRENT"),
            (1, "NEW", "CURRENT"),
            (3, "BEHIND", "M1"),
            (7, "BEHIND", "M1"),
        ]
        assert OutboxMessage.objects.earliest("id").not_before.astimezone(dates.LENDER_ZONE).hour == 9

    def test_who_was_behind_and_caught_up_is_previously_late(self, loan):
        close_before(DUE + timedelta(days=3))
        pay(loan, 120_000, DUE + timedelta(days=3))
        close_before(DUE + timedelta(days=4))
        second = date(2026, 3, 15)

        close_before(second - timedelta(days=1))

        assert ReminderLine.objects.latest("id").segment == "PREVIOUSLY_LATE"

    def test_who_borrowed_before_is_standard(self, amina, loan):
        later = running_loan(amina, starts_on=date(2026, 6, 15))

        close_before(date(2026, 7, 12))

        assert ReminderLine.objects.get(loan_id=later.pk).segment == "STANDARD"

    def test_a_settled_installment_reminds_nobody(self, loan):
        pay(loan, 110_016, DUE - timedelta(days=10))

        close_before(DUE - timedelta(days=3))

        assert OutboxMessage.objects.exists() is False

    def test_catching_up_sends_nothing_stale(self, loan):
        close_date(business_date=DUE, today=DUE + timedelta(days=30))

        assert OutboxMessage.objects.exists() is False


class TestOneMessageADay:
    def test_tells_of_several_loans_in_one_message(self, amina):
        small, large = running_loan(amina), running_loan(amina, principal=yuan(24_000))

        close_before(DUE - timedelta(days=3))

        assert send(DUE - timedelta(days=3)) == {"SENT": 1}
        message = only()
        assert message.subject == "CN¥3,300.48 is due on February 15, 2026"
        assert f"Loan {small.number}: CN¥1,100.16, due on February 15, 2026" in message.body
        assert f"Loan {large.number}: CN¥2,200.32, due on February 15, 2026" in message.body
        assert [row["amount_minor"] for row in message.params["loans"]] == [110_016, 220_032]

    def test_loans_in_several_ranges_make_one_message_and_again_changes_nothing(self, amina, settings):
        settings.CLOSE_RANGE_LOANS = 1
        for _number in range(3):
            running_loan(amina)
        morning = DUE - timedelta(days=3)

        run = close_before(morning)
        run.ranges.update(status="WAITING")
        for item in run.ranges.all():
            close_range(range_id=item.pk, today=morning)

        assert run.ranges.count() == 3
        assert OutboxMessage.objects.count() == 1
        assert ReminderLine.objects.count() == 3
        send(morning)
        assert only().body.count("CN¥1,100.16, due on") == 3

    def test_one_that_waited_until_the_next_leaves_the_word_to_that(self, amina):
        first, second = running_loan(amina), running_loan(amina, starts_on=date(2026, 1, 16))
        set_rule(
            "reminders.schedule",
            {"new_within_days": 0, "late_within_days": 0, "segments": {name: [0, 1] for name in SEGMENTS}},
        )
        close_before(DUE)
        close_before(DUE + timedelta(days=1))

        assert send(DUE + timedelta(days=1)) == {"SENT": 1, "CANCELLED": 1}

        told = OutboxMessage.objects.get(status=Status.SENT)
        assert told.reminds_on == DUE + timedelta(days=1)
        assert all(loan.number in told.body for loan in (first, second))

    def test_of_what_is_overdue_and_what_comes_the_overdue_leads(self, amina):
        late = running_loan(amina)
        coming = running_loan(amina, starts_on=date(2026, 1, 25), first_due_on=date(2026, 2, 21))
        morning = DUE + timedelta(days=1)
        set_rule(
            "reminders.schedule",
            {
                "new_within_days": 0,
                "late_within_days": 0,
                "segments": {name: [-5, 1] for name in SEGMENTS},
            },
        )

        close_before(morning)
        send(morning)

        message = only()
        assert message.subject == "The payment of February 15, 2026 has not reached us yet"
        assert "of what was due on February 15, 2026, CN¥1,100.16 has not reached us yet" in message.body
        assert late.number in message.body
        assert f"Loan {coming.number}:" in message.body


@pytest.mark.django_db(transaction=True)
class TestTwoRangesAtOnce:
    def test_share_borrowers_and_write_one_message_each(self, rules, settings):
        settings.CLOSE_RANGE_LOANS = 4
        people = [borrower(f"Borrower{number}", phone=f"1380000000{number}") for number in range(4)]
        for owner in (*people, *reversed(people)):
            running_loan(owner)
        morning = DUE - timedelta(days=3)
        run = start_close(business_date=morning - timedelta(days=1))
        started = threading.Barrier(2)

        def work(range_id: int) -> None:
            started.wait()
            try:
                close_range(range_id=range_id, today=morning)
            finally:
                connection.close()

        workers = [threading.Thread(target=work, args=[item.pk]) for item in run.ranges.all()]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert len(workers) == 2
        assert set(run.ranges.values_list("status", flat=True)) == {"DONE"}
        assert sorted(OutboxMessage.objects.values_list("borrower_id", flat=True)) == [owner.pk for owner in people]
        assert ReminderLine.objects.count() == 8


class TestAtSendTime:
    def test_a_payment_cancels_the_reminder_that_waits(self, loan):
        close_before(DUE - timedelta(days=3))
        pay(loan, 110_016, DUE - timedelta(days=3))

        reassess_loan(loan_id=loan.pk, as_of=DUE - timedelta(days=3))

        assert only().status == Status.CANCELLED

    def test_a_payment_that_no_event_told_of_is_seen_when_the_message_leaves(self, loan):
        close_before(DUE - timedelta(days=3))
        pay(loan, 110_016, DUE - timedelta(days=3))

        assert send(DUE - timedelta(days=3)) == {"CANCELLED": 1}
        assert (only().body, only().error) == ("", "there is nothing to remind of any more")

    def test_a_part_payment_changes_what_is_said(self, loan):
        close_before(DUE - timedelta(days=3))
        pay(loan, 100_000, DUE - timedelta(days=3))
        reassess_loan(loan_id=loan.pk, as_of=DUE - timedelta(days=3))

        assert send(DUE - timedelta(days=3)) == {"SENT": 1}
        assert only().params["loans"][0]["amount_minor"] == 10_016
        assert "CN¥100.16" in only().body

    def test_of_two_loans_the_paid_one_is_left_out(self, amina):
        paid, left = running_loan(amina), running_loan(amina)
        close_before(DUE - timedelta(days=3))
        pay(paid, 110_016, DUE - timedelta(days=3))
        reassess_loan(loan_id=paid.pk, as_of=DUE - timedelta(days=3))

        send(DUE - timedelta(days=3))

        assert left.number in only().body
        assert paid.number not in only().body

    def test_a_holiday_cancels_the_reminder_of_the_day_that_moved(self, loan):
        close_before(DUE - timedelta(days=3))
        day = DUE - timedelta(days=3)
        extend_loan(loan_id=loan.pk, months=1, granted_on=day, today=day, reason="Illness", actor="staff:1")

        reassess_loan(loan_id=loan.pk, as_of=day)

        assert only().status == Status.CANCELLED

    def test_what_waited_over_midnight_is_still_true_and_after_two_nights_is_not_sent(self, loan):
        close_before(DUE)

        assert send(DUE + timedelta(days=1)) == {"SENT": 1}
        assert only().template == "reminder.overdue"

        OutboxMessage.objects.update(status="PENDING", body="", reminds_on=DUE)
        assert send(DUE + timedelta(days=2)) == {"CANCELLED": 1}


class TestGuardAtBothEnds:
    def test_queues_on_the_preferred_channel(self, amina, loan):
        ContactPreference.objects.create(borrower=amina, channel="SMS")

        close_before(DUE - timedelta(days=3))

        assert only().channel == "SMS"
        assert ContactRefusal.objects.exists() is False

    def test_passes_over_what_was_stopped_and_says_why(self, amina, loan):
        OptOut.objects.create(borrower=amina, channel="EMAIL", purpose="REMINDER", source="LINK")

        close_before(DUE - timedelta(days=3))

        assert only().channel == "SMS"
        refusal = ContactRefusal.objects.get()
        assert (refusal.channel, refusal.stage, refusal.reasons) == ("EMAIL", "QUEUED", ["OPTED_OUT"])
        assert refusal.message == only()

    def test_an_opt_out_after_it_was_queued_is_respected_at_once(self, amina, loan):
        close_before(DUE - timedelta(days=3))
        assert only().channel == "EMAIL"
        OptOut.objects.create(borrower=amina, channel="EMAIL", purpose="REMINDER", source="LINK")

        send(DUE - timedelta(days=3))

        assert (only().status, only().channel) == ("SENT", "SMS")
        refusal = ContactRefusal.objects.get()
        assert (refusal.stage, refusal.reasons) == ("SENDING", ["OPTED_OUT"])

    def test_a_pause_leaves_it_to_the_account_when_queued_and_when_sent(self, amina, loan):
        morning = DUE - timedelta(days=3)
        close_before(morning)
        assert only().channel == "EMAIL"
        ContactPreference.objects.create(borrower=amina, paused_until=nine(DUE + timedelta(days=1)))

        send(morning)
        close_before(DUE)

        channels = OutboxMessage.objects.order_by("reminds_on").values_list("channel", "status")
        assert list(channels) == [("IN_APP", "SENT"), ("IN_APP", "PENDING")]
        assert set(ContactRefusal.objects.values_list("reasons__0", flat=True)) == {"PAUSED"}

    def test_hours_that_somebody_likes_put_it_off_to_the_evening(self, amina, loan):
        ContactPreference.objects.create(borrower=amina, hours_from=time(18), hours_to=time(20))
        morning = DUE - timedelta(days=3)
        close_before(morning)
        assert only().channel == "EMAIL"

        assert send(morning) == {}

        evening = nine(morning).replace(hour=18, minute=0)
        assert (only().status, only().not_before) == ("PENDING", evening)
        assert ContactRefusal.objects.exists() is False

    def test_a_hold_stops_every_channel_when_queued_and_when_sent(self, amina, loan):
        morning = DUE - timedelta(days=3)
        close_before(morning)
        guard.register_hold("test", f"SELECT {amina.pk}::bigint AS borrower_id")
        try:
            assert send(morning) == {"BLOCKED": 1}
            close_before(DUE)
        finally:
            guard.unregister_hold("test")

        assert set(OutboxMessage.objects.values_list("status", flat=True)) == {"BLOCKED"}
        stages = ContactRefusal.objects.values_list("channel", "stage", "reasons")
        assert sorted(stages) == [
            (channel, stage, ["ON_HOLD"]) for channel in ("EMAIL", "IN_APP", "SMS") for stage in ("QUEUED", "SENDING")
        ]

    def test_the_cap_of_a_week_leaves_the_rest_to_the_account(self, amina, loan):
        for number in range(4):
            factories.message(
                amina,
                dedupe_key=f"told:{number}",
                channel="SMS",
                template="reminder.upcoming",
                purpose="REMINDER",
                status="SENT",
                sent_at=nine(DUE - timedelta(days=4 + number)),
            )

        close_before(DUE - timedelta(days=3))

        message = OutboxMessage.objects.get(status="PENDING")
        assert message.channel == "IN_APP"
        assert set(ContactRefusal.objects.values_list("channel", "reasons__0")) == {
            ("EMAIL", "WEEK_CAP"),
            ("SMS", "WEEK_CAP"),
        }


class TestHolds:
    def hold(self, loan, kind, on):
        place_hold(loan_id=loan.pk, kind=kind, starts_on=on, ends_on=None, today=on, reason="Told us", actor="user:1")

    def test_a_dispute_leaves_out_its_loan_and_tells_of_the_other(self, amina):
        disputed, other = running_loan(amina), running_loan(amina)
        morning = DUE - timedelta(days=3)
        self.hold(disputed, "DISPUTE", morning - timedelta(days=1))

        close_before(morning)
        send(morning)

        assert list(ReminderLine.objects.values_list("loan_id", flat=True)) == [other.pk]
        assert other.number in only().body

    def test_a_dispute_after_it_was_queued_leaves_nothing_to_remind_of(self, loan):
        morning = DUE - timedelta(days=3)
        close_before(morning)
        self.hold(loan, "DISPUTE", morning)

        assert send(morning) == {"CANCELLED": 1}

    def test_a_hardship_review_of_one_loan_leaves_the_person_in_peace(self, amina):
        reviewed, _other = running_loan(amina), running_loan(amina)
        morning = DUE - timedelta(days=3)
        self.hold(reviewed, "HARDSHIP_REVIEW", morning - timedelta(days=1))

        close_before(morning)

        assert only().status == Status.BLOCKED
        assert set(ContactRefusal.objects.values_list("reasons__0", flat=True)) == {"ON_HOLD"}


class TestHoldout:
    @pytest.fixture(autouse=True)
    def half(self, rules):
        set_rule("reminders.holdout", {"experiment": "2026-02", "share_bps": 5000})

    def test_a_part_is_told_nothing_before_the_due_date_and_everything_after(self, rules):
        people = [borrower(f"Borrower{number}", phone=f"138{number:08}") for number in range(12)]
        for owner in people:
            running_loan(owner)

        close_before(DUE - timedelta(days=3))
        held = set(ReminderLine.objects.filter(is_held_out=True).values_list("borrower_id", flat=True))
        told = set(OutboxMessage.objects.values_list("borrower_id", flat=True))
        close_before(DUE)

        assert 0 < len(held) < 12
        assert told == {owner.pk for owner in people} - held
        assert set(ReminderLine.objects.filter(days_after=-3).values_list("experiment", flat=True)) == {"2026-02"}
        after = ReminderLine.objects.filter(days_after=0)
        assert set(after.values_list("experiment", "is_held_out")) == {("", False)}
        assert OutboxMessage.objects.filter(reminds_on=DUE).count() == 12

    def test_the_same_people_are_held_out_every_time(self, amina, loan):
        close_before(DUE - timedelta(days=5))
        close_before(DUE - timedelta(days=3))

        assert len(set(ReminderLine.objects.values_list("is_held_out", flat=True))) == 1
