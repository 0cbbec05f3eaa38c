"""Asking for help: kept once, left in peace from that second, answered, taken back."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from collections_mgmt.models import HardshipLoan, HardshipRequest, Hold
from collections_mgmt.services import ask_for_help as service
from collections_mgmt.services.answer_help import answer_help
from collections_mgmt.services.ask_for_help import HelpRefused, ask_for_help, withdraw_help
from collections_mgmt.services.asked import AlreadyAnswered, HeldByColleague, WordsMissing, take_up
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import HoldRefused, end_hold, expire_holds, place_hold
from dashu.audit.models import AuditRecord
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.users.models import User
from repayments.models import LoanEvent
from tests import factories

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 2, 20, 10, tzinfo=SHANGHAI)  # a Friday; the installment of 15 February is open
TODAY = NOW.date()


def ask(borrower, *loans, now=NOW, **said):
    return ask_for_help(
        borrower_id=borrower.pk,
        loan_ids=[loan.pk for loan in loans],
        now=now,
        actor="user:1",
        **{"cause": "INCOME", "lasts": "QUARTER", "can_pay_minor": 300_00, "words": "Shifts were cut.", **said},
    )


@pytest.fixture
def sun(rules) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


class TestAskForHelp:
    def test_keeps_what_was_said_with_a_day_for_the_answer(self, amina, loan):
        asked = ask(amina, loan)

        assert (asked.cause, asked.lasts, asked.can_pay_minor, asked.words) == (
            "INCOME",
            "QUARTER",
            300_00,
            "Shifts were cut.",
        )
        assert asked.due_on == date(2026, 2, 28)  # after the holidays; that Saturday is worked
        assert asked.is_open

    def test_leaves_the_borrower_in_peace_on_each_loan_at_once(self, amina, loan):
        other = factories.running_loan(amina, starts_on=date(2026, 2, 1))

        asked = ask(amina, loan, other)

        holds = Hold.objects.order_by("loan_id").values_list("loan_id", "kind", "starts_on", "ends_on", "ended_on")
        assert list(holds) == [(each.pk, "HARDSHIP_REVIEW", TODAY, None, None) for each in (loan, other)]
        assert set(HardshipLoan.objects.values_list("request_id", flat=True)) == {asked.pk}
        assert LoanEvent.objects.filter(kind="PAUSE", effective_on=TODAY).count() == 2

    def test_tells_them_that_it_arrived(self, amina, loan):
        asked = ask(amina, loan)

        told = OutboxMessage.objects.get(template="collections.help_received")
        assert told.params == {"reference": asked.reference, "due_on": "2026-02-28"}
        assert (told.purpose, told.borrower_id) == ("SERVICE", amina.pk)

    def test_asking_again_while_it_is_open_makes_no_second(self, amina, loan):
        other = factories.running_loan(amina, starts_on=date(2026, 2, 1))

        assert ask(amina, loan) == ask(amina, loan, cause="OTHER") == ask(amina, other)

        assert HardshipRequest.objects.count() == 1
        assert Hold.objects.count() == 1
        assert OutboxMessage.objects.filter(template="collections.help_received").count() == 1

    def test_the_database_keeps_a_second_open_one_out(self, amina, loan):
        asked = ask(amina, loan)
        fields = {"borrower": amina, "asked_at": NOW, "due_on": TODAY, "cause": "OTHER"}

        with pytest.raises(IntegrityError), transaction.atomic():
            HardshipRequest.objects.create(**fields)

        assert HardshipRequest.objects.get() == asked

    def test_a_reminder_that_waits_already_does_not_leave(self, amina, loan):
        close_date(business_date=date(2026, 2, 15), today=date(2026, 2, 16))
        waiting = OutboxMessage.objects.get(purpose="REMINDER")
        nine = datetime(2026, 2, 16, 9, 30, tzinfo=SHANGHAI)

        ask(amina, loan, now=nine)
        send_due(clock=lambda: nine, until=nine + timedelta(minutes=1))

        waiting.refresh_from_db()
        assert waiting.status in ("BLOCKED", "CANCELLED")
        assert not OutboxMessage.objects.filter(purpose="REMINDER", status="SENT").exists()

    def test_joins_a_hold_that_runs_and_takes_its_end_off(self, amina, loan):
        running = place_hold(
            loan_id=loan.pk,
            kind="HARDSHIP_REVIEW",
            starts_on=TODAY,
            ends_on=date(2026, 2, 22),
            today=TODAY,
            reason="called",
            actor="user:9",
        )

        ask(amina, loan)

        running.refresh_from_db()
        assert running.ends_on is None
        assert Hold.objects.get() == running

    def test_refuses_another_persons_loan_and_leaves_no_trace(self, amina, loan, brook):
        with pytest.raises(HelpRefused, match="at least one of your loans"):
            ask(brook, loan)

        assert not HardshipRequest.objects.exists()
        assert not Hold.objects.exists()

    def test_refuses_a_loan_on_which_nothing_is_to_be_paid(self, amina):
        waiting = factories.approved_loan(amina)

        with pytest.raises(HelpRefused, match="Nothing is to be paid"):
            ask(amina, waiting)

        assert not HardshipRequest.objects.exists()

    @pytest.mark.parametrize("wrong", [{"can_pay_minor": -1}, {"words": "x" * 2001}])
    def test_refuses_what_cannot_be_kept(self, amina, loan, wrong):
        with pytest.raises((HelpRefused, WordsMissing)):
            ask(amina, loan, **wrong)

        assert not Hold.objects.exists()

    def test_where_a_hold_cannot_be_placed_nothing_is_kept(self, amina, loan, monkeypatch):
        def refuse(*_args, **_fields):
            raise HoldRefused("no")

        monkeypatch.setattr(service, "hold_until_answered", refuse)

        with pytest.raises(HoldRefused):
            ask(amina, loan)

        assert not HardshipRequest.objects.exists()
        assert not OutboxMessage.objects.exists()

    def test_the_audit_log_knows_no_words(self, amina, loan):
        asked = ask(amina, loan)

        kept = AuditRecord.objects.get(action="collections.hardshiprequest_received")
        assert kept.subject_id == asked.reference
        assert "Shifts" not in str(kept.data)


class TestAnswer:
    def test_of_a_plan_leaves_them_in_peace_while_they_decide(self, amina, loan, sun):
        asked = ask(amina, loan)

        answer_help(request_id=asked.pk, is_possible=True, words="Plans come today.", user=sun, now=NOW)

        asked.refresh_from_db()
        assert (asked.outcome, asked.answer, asked.answered_by) == ("PLAN", "Plans come today.", sun)
        hold = Hold.objects.get()
        assert (hold.ended_on, hold.ends_on) == (None, TODAY + timedelta(days=14))
        assert OutboxMessage.objects.filter(template="collections.help_answered").count() == 1

        assert expire_holds(on=TODAY + timedelta(days=15), actor="system:close") == 1

    def test_that_nothing_is_possible_ends_the_holds_today(self, amina, loan, sun):
        asked = ask(amina, loan)

        answer_help(request_id=asked.pk, is_possible=False, words="Because …", user=sun, now=NOW)

        assert Hold.objects.get().ended_on == TODAY
        asked.refresh_from_db()
        assert asked.outcome == "NOT_POSSIBLE"

    def test_is_given_once(self, amina, loan, sun):
        asked = ask(amina, loan)
        answer_help(request_id=asked.pk, is_possible=False, words="No.", user=sun, now=NOW)

        with pytest.raises(AlreadyAnswered):
            answer_help(request_id=asked.pk, is_possible=True, words="Yes.", user=sun, now=NOW)

        asked.refresh_from_db()
        assert asked.answer == "No."

    def test_needs_words(self, amina, loan, sun):
        asked = ask(amina, loan)

        with pytest.raises(WordsMissing):
            answer_help(request_id=asked.pk, is_possible=True, words="  ", user=sun, now=NOW)

        asked.refresh_from_db()
        assert asked.is_open
        assert Hold.objects.get().ended_on is None

    def test_is_for_whoever_holds_it(self, amina, loan, sun):
        asked = ask(amina, loan)
        take_up(HardshipRequest, pk=asked.pk, user=sun)
        chidi = factories.staff("Chidi")

        with pytest.raises(HeldByColleague):
            answer_help(request_id=asked.pk, is_possible=True, words="Yes.", user=chidi, now=NOW)

        take_up(HardshipRequest, pk=asked.pk, user=chidi)
        assert answer_help(request_id=asked.pk, is_possible=True, words="Yes.", user=chidi, now=NOW).outcome == "PLAN"

    def test_after_it_one_can_ask_again(self, amina, loan, sun):
        asked = ask(amina, loan)
        answer_help(request_id=asked.pk, is_possible=True, words="Yes.", user=sun, now=NOW)

        again = ask(amina, loan, now=NOW + timedelta(days=3))

        assert again != asked
        assert Hold.objects.get().ends_on is None


class TestWithdraw:
    def test_ends_the_holds_today_and_twice_is_once(self, amina, loan):
        asked = ask(amina, loan)

        withdraw_help(request_id=asked.pk, now=NOW, actor="user:1")
        withdraw_help(request_id=asked.pk, now=NOW + timedelta(days=1), actor="user:1")

        asked.refresh_from_db()
        assert (asked.outcome, asked.answered_at) == ("WITHDRAWN", NOW)
        assert Hold.objects.get().ended_on == TODAY


class TestHolds:
    def test_staff_cannot_end_one_while_its_request_waits(self, amina, loan):
        ask(amina, loan)
        hold = Hold.objects.get()

        with pytest.raises(HoldRefused, match="waits for an answer"):
            end_hold(hold_id=hold.pk, ended_on=TODAY, today=TODAY, reason="no", actor="user:9")

        hold.refresh_from_db()
        assert hold.ended_on is None

    def test_no_penalty_is_charged_while_it_runs(self, amina, loan):
        close_date(business_date=TODAY - timedelta(days=1), today=TODAY)
        before = loan.overdue.penalty_minor
        ask(amina, loan)

        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))
        close_date(business_date=TODAY + timedelta(days=1), today=TODAY + timedelta(days=2))

        loan.overdue.refresh_from_db()
        assert loan.overdue.penalty_minor == before > 0
        assert loan.overdue.days_past_due == 6
