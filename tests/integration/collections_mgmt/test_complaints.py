"""Complaints: numbered at once, written about both ways, answered, opened again once, closed with their cause."""

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collections_mgmt.models import Complaint, ComplaintMessage, Hold
from collections_mgmt.services.asked import AlreadyAnswered, HeldByColleague, WordsMissing, take_up, watch_clocks
from collections_mgmt.services.complaints import (
    ComplaintEnded,
    ComplaintRefused,
    NotAnsweredYet,
    close_complaint,
    make_complaint,
    write_back,
    write_on,
)
from dashu.alerts.models import Alert
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from tests import factories

NOW = datetime(2026, 2, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


def complain(borrower, loan=None, *, key=None, **said):
    return make_complaint(
        borrower_id=borrower.pk,
        loan_id=loan.pk if loan else None,
        key=key or uuid.uuid4(),
        now=NOW,
        actor="user:1",
        **{"about": "CONTACT", "words": "Three calls before noon.", "wish": "Write instead.", **said},
    )


def answer(complaint, user, *, words="We will write.", is_answer=True, now=NOW):
    return write_back(complaint_id=complaint.pk, words=words, is_answer=is_answer, user=user, now=now)


def write(complaint, *, words="It happened again.", key=None, now=NOW):
    return write_on(complaint_id=complaint.pk, words=words, key=key or uuid.uuid4(), now=now, actor="user:1")


def told() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("template", flat=True))


@pytest.fixture
def sun(rules) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


class TestMake:
    def test_is_kept_with_a_number_and_a_day_and_told_at_once(self, amina, loan):
        complaint = complain(amina, loan)

        assert complaint.reference.startswith("C")
        assert complaint.due_on == date(2026, 3, 7)
        assert (complaint.words, complaint.wish) == ("Three calls before noon.", "Write instead.")
        message = OutboxMessage.objects.get()
        assert message.template == "collections.complaint_received"
        assert message.params == {"reference": complaint.reference, "due_on": "2026-03-07"}

    def test_about_a_loan_leaves_the_borrower_in_peace_on_it(self, amina, loan):
        complaint = complain(amina, loan)

        hold = Hold.objects.get()
        assert (hold.loan_id, hold.kind, hold.starts_on, hold.ends_on) == (loan.pk, "COMPLAINT", TODAY, None)
        assert complaint.hold == hold

    def test_about_no_loan_holds_nothing(self, amina, loan):
        assert complain(amina).hold is None
        assert not Hold.objects.exists()

    def test_about_a_loan_that_asks_for_nothing_is_taken_without_a_hold(self, amina):
        waiting = factories.approved_loan(amina)

        assert complain(amina, waiting).hold is None

    def test_sent_twice_it_is_one(self, amina, loan):
        key = uuid.uuid4()

        assert complain(amina, loan, key=key) == complain(amina, loan, key=key)

        assert Complaint.objects.count() == 1
        assert told() == ["collections.complaint_received"]

    def test_two_about_one_loan_share_the_hold_until_both_are_answered(self, amina, loan, sun):
        first, second = complain(amina, loan), complain(amina, loan)

        answer(first, sun)
        assert Hold.objects.get().ended_on is None
        answer(second, sun)
        assert Hold.objects.get().ended_on == TODAY

    def test_about_another_persons_loan_is_refused_and_leaves_no_trace(self, brook, loan):
        with pytest.raises(ComplaintRefused):
            complain(brook, loan)

        assert not Complaint.objects.exists()
        assert not Hold.objects.exists()

    def test_needs_words(self, amina):
        with pytest.raises(WordsMissing):
            complain(amina, words=" \0 ")

        assert not Complaint.objects.exists()


class TestThread:
    def test_words_are_kept_both_ways_and_the_clock_runs_on(self, amina, loan, sun):
        complaint = complain(amina, loan)

        answer(complaint, sun, words="Which day was it?", is_answer=False)
        write(complaint, words="Tuesday.")

        assert list(complaint.messages.values_list("is_ours", "words")) == [
            (True, "Which day was it?"),
            (False, "Tuesday."),
        ]
        complaint.refresh_from_db()
        assert complaint.is_open
        assert complaint.handler == sun
        assert told() == ["collections.complaint_received", "collections.complaint_written_to"]

    def test_the_same_key_is_one_message(self, amina):
        complaint, key = complain(amina), uuid.uuid4()

        assert write(complaint, key=key) == write(complaint, key=key)

        assert ComplaintMessage.objects.count() == 1


class TestAnswer:
    def test_stops_the_clock_ends_the_hold_and_is_told(self, amina, loan, sun):
        complaint = complain(amina, loan)

        answer(complaint, sun)

        complaint.refresh_from_db()
        assert (complaint.answered_at, complaint.answered_by, complaint.answer) == (NOW, sun, "We will write.")
        assert Hold.objects.get().ended_on == TODAY
        assert told()[-1] == "collections.complaint_answered"

    def test_is_given_once(self, amina, sun):
        complaint = complain(amina)
        answer(complaint, sun)

        with pytest.raises(AlreadyAnswered):
            answer(complaint, sun, words="Something else.")

        assert complaint.messages.count() == 1

    def test_is_for_whoever_holds_it(self, amina, sun):
        complaint = complain(amina)
        take_up(Complaint, pk=complaint.pk, user=sun)

        with pytest.raises(HeldByColleague):
            answer(complaint, factories.staff("Chidi"))

        assert not complaint.messages.exists()


class TestOpenedAgain:
    def test_once_with_a_new_day_and_the_hold_again(self, amina, loan, sun):
        complaint = complain(amina, loan)
        answer(complaint, sun)
        later = NOW + timedelta(days=5)

        write(complaint, now=later)

        complaint.refresh_from_db()
        assert (complaint.is_open, complaint.reopened_at, complaint.due_on) == (True, later, date(2026, 3, 12))
        assert complaint.hold is not None
        assert complaint.hold.ended_on is None
        assert told().count("collections.complaint_received") == 2

    def test_not_a_second_time(self, amina, loan, sun):
        complaint = complain(amina, loan)
        answer(complaint, sun)
        write(complaint)
        answer(complaint, sun, words="Here is why.")

        with pytest.raises(ComplaintEnded):
            write(complaint, words="Still not.")

        complaint.refresh_from_db()
        assert not complaint.is_open
        assert complaint.messages.count() == 3
        assert not Hold.objects.filter(ended_on=None).exists()

    def test_also_after_it_was_closed(self, amina, sun):
        complaint = complain(amina)
        answer(complaint, sun)
        close_complaint(complaint_id=complaint.pk, root_cause="CONTACT", user=sun, now=NOW)

        write(complaint)

        complaint.refresh_from_db()
        assert (complaint.is_open, complaint.closed_at) == (True, None)


class TestClose:
    def test_keeps_what_it_came_from(self, amina, sun):
        complaint = complain(amina)
        answer(complaint, sun)

        close_complaint(complaint_id=complaint.pk, root_cause="SLOW", user=sun, now=NOW)

        complaint.refresh_from_db()
        assert (complaint.root_cause, complaint.closed_at) == ("SLOW", NOW)

    def test_not_before_the_answer(self, amina, sun):
        complaint = complain(amina)

        with pytest.raises(NotAnsweredYet):
            close_complaint(complaint_id=complaint.pk, root_cause="SLOW", user=sun, now=NOW)

    def test_not_with_a_cause_that_is_not_on_the_list(self, amina, sun):
        complaint = complain(amina)
        answer(complaint, sun)

        with pytest.raises(ComplaintRefused):
            close_complaint(complaint_id=complaint.pk, root_cause="BAD_LUCK", user=sun, now=NOW)

        complaint.refresh_from_db()
        assert complaint.closed_at is None


class TestClock:
    def test_staff_are_alerted_three_days_before_and_the_answer_ends_it(self, amina, sun):
        complaint = complain(amina)

        assert watch_clocks(today=complaint.due_on - timedelta(days=4)) == 0
        assert watch_clocks(today=complaint.due_on - timedelta(days=3)) == 1
        assert watch_clocks(today=complaint.due_on + timedelta(days=9)) == 1

        alert = Alert.objects.get()
        assert (alert.kind, alert.subject, alert.times) == ("asked.complaint_waits", complaint.reference, 2)
        assert complaint.reference in alert.text
        answer(complaint, sun)
        alert.refresh_from_db()
        assert alert.ended_at is not None
