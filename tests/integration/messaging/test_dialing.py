"""Calls, visits and letters: allowed first, reserved at once, their number shown to one person for minutes."""

import threading
from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from dashu.audit.models import AuditRecord
from dashu.messaging import guard
from dashu.messaging.case_facts import CaseFacts, register_case_facts, register_numbers, unregister_case_facts
from dashu.messaging.models import ContactAttempt, ContactPreference, GuardDecision, OutboxMessage
from dashu.messaging.services import dialing
from dashu.messaging.services.contact_times import HoursRefused, agree_hours
from dashu.messaging.services.dialing import (
    AttemptNotFound,
    ConsentWithoutWords,
    KeyOfAnotherContact,
    NotByHand,
    NumberOfBorrower,
    OutcomeRefused,
    ask_to_contact,
    ask_to_dial,
    note_inbound,
    preview_contact,
    record_outcome,
    shown_number,
)
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from dashu.users.indexes import borrower_phone_index
from tests import factories

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 12, tzinfo=SHANGHAI)
OWN = "13800000000"
CHIDI, OTHER = "user:7", "user:8"

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture(autouse=True)
def late():
    """Everyone is late, unless a test says otherwise."""
    register_case_facts("test", lambda asked, _on: dict.fromkeys(asked, CaseFacts(dpd=12)))
    yield
    unregister_case_facts("test")


def dial(borrower, key="k", *, at=NOON, operator=CHIDI, **asked):
    return ask_to_dial(key=key, borrower_id=borrower.pk, operator=operator, at=at, **asked)


def end(answer, outcome="NO_ANSWER", *, at=NOON + timedelta(minutes=1), **noted):
    return record_outcome(attempt_id=answer.attempt.pk, outcome=outcome, at=at, actor=CHIDI, **noted)


class TestAskToDial:
    def test_shows_the_number_and_writes_down_why_it_may(self, amina):
        answer = dial(amina, loan_ids=[9, 4])

        assert answer.number == OWN
        decision = GuardDecision.objects.get()
        assert answer.attempt.decision == decision
        assert (decision.verdict, decision.reasons, decision.conditions) == ("ALLOW", [], [])
        assert (decision.channel, decision.party, decision.purpose) == ("CALL", "BORROWER", "COLLECTION")
        assert (decision.operator, decision.loan_ids, decision.at) == (CHIDI, [4, 9], NOON)
        assert (decision.pack, len(decision.rules_version)) == ("cn", 16)
        assert decision.address_key == borrower_phone_index(OWN)
        assert AuditRecord.objects.get().action == "messaging.contact_begun"

    @pytest.mark.parametrize("number", [OWN, "+86 138 0000 0000"])
    @pytest.mark.parametrize("party", ["REPRESENTATIVE", "WORKPLACE", "THIRD_PARTY"])
    def test_is_not_fooled_by_the_borrowers_own_number_under_another_name(self, amina, party, number):
        """Under it, neither their caps nor what stops contact with them would count."""
        with pytest.raises(NumberOfBorrower):
            dial(amina, party=party, purpose="LOCATE", number=number)

        assert not ContactAttempt.objects.exists()
        assert not GuardDecision.objects.exists()

    def test_never_writes_the_number_in_clear(self, amina):
        dial(amina, party="THIRD_PARTY", purpose="LOCATE", number="13911112222")
        dial(amina, key="own")

        with connection.cursor() as cursor:
            for table in ("messaging_guarddecision", "messaging_contactattempt", "audit_auditrecord"):
                cursor.execute(f"SELECT row_to_json(kept)::text FROM {table} AS kept")
                for (row,) in cursor.fetchall():
                    assert OWN not in row
                    assert "13911112222" not in row

    def test_a_refusal_shows_nothing_and_reserves_nothing(self, amina):
        night = NOON.replace(hour=23)

        answer = dial(amina, at=night)

        assert (answer.attempt, answer.number) == (None, "")
        assert ContactAttempt.objects.exists() is False
        assert AuditRecord.objects.exists() is False
        decision = GuardDecision.objects.get()
        assert (decision.verdict, decision.reasons) == ("BLOCK", ["QUIET_HOURS"])
        assert decision.next_allowed_at == datetime(2026, 5, 2, 8, tzinfo=SHANGHAI)

    def test_again_is_the_same_attempt(self, amina):
        first = dial(amina)

        again = dial(amina, at=NOON + timedelta(minutes=9))

        assert (again.attempt, again.number) == (first.attempt, OWN)
        assert ContactAttempt.objects.count() == GuardDecision.objects.count() == 1

    def test_shows_the_number_for_minutes_to_the_one_who_asked_and_until_it_ended(self, amina):
        answer = dial(amina)
        asked = {"attempt_id": answer.attempt.pk}

        assert shown_number(**asked, operator=CHIDI, at=NOON + timedelta(minutes=9, seconds=59)) == OWN
        assert shown_number(**asked, operator=OTHER, at=NOON) == ""
        assert shown_number(**asked, operator=CHIDI, at=NOON + timedelta(minutes=10)) == ""
        assert dial(amina, operator=OTHER).number == ""
        end(answer)
        assert shown_number(**asked, operator=CHIDI, at=NOON + timedelta(minutes=2)) == ""

    def test_refuses_the_key_of_another_contact(self, amina):
        dial(amina)
        brook = factories.borrower("Brook", phone="13900000000")

        with pytest.raises(KeyOfAnotherContact):
            dial(brook)
        with pytest.raises(KeyOfAnotherContact):
            dial(amina, is_machine=True)
        assert ContactAttempt.objects.count() == 1

    def test_sends_no_messages(self, amina):
        with pytest.raises(NotByHand):
            ask_to_contact(key="k", borrower_id=amina.pk, channel="SMS", operator=CHIDI, at=NOON)
        assert GuardDecision.objects.exists() is False

    def test_counts_an_attempt_from_the_moment_it_was_allowed(self, amina):
        for number in range(3):
            assert dial(amina, f"k{number}").attempt

        refused = dial(amina, "k3")
        assert refused.decision.reasons == ["CONNECTED_CAP"]

    def test_an_attempt_without_an_answer_leaves_room_for_another(self, amina):
        for number in range(6):
            end(dial(amina, f"k{number}"))

        assert dial(amina, "k6").decision.reasons == ["DIAL_CAP"]
        assert dial(amina, "k7", at=NOON + timedelta(days=1)).attempt

    def test_calls_a_guarantor_on_the_number_that_another_app_keeps(self, amina):
        register_numbers("GUARANTOR", lambda borrower_id, ref: "13700000001" if ref == 5 else "")

        answer = dial(amina, party="GUARANTOR", party_ref=5)
        assert answer.number == "13700000001"
        assert answer.decision.conditions == ["WITHIN_GUARANTEE"]
        assert shown_number(attempt_id=answer.attempt.pk, operator=CHIDI, at=NOON) == "13700000001"
        assert dial(amina, "k2", party="GUARANTOR", party_ref=6).decision.reasons == ["NO_ADDRESS"]

    def test_asks_another_person_only_when_the_borrower_cannot_be_reached(self, amina):
        asked = {"party": "THIRD_PARTY", "purpose": "LOCATE", "number": "13911112222"}

        assert dial(amina, "no", **asked).decision.reasons == ["BORROWER_REACHABLE"]
        for number in range(3):
            tried = NOON - timedelta(days=number + 1)
            end(dial(amina, f"k{number}", at=tried), at=tried)
        answer = dial(amina, "now", **asked)
        assert answer.number == "13911112222"
        assert answer.decision.conditions == ["NO_DEBT_DETAILS", "TO_LOCATE_ONLY"]
        end(answer, "REFUSED")
        assert dial(amina, "again", **asked).decision.reasons == ["PARTY_REFUSED"]

    def test_a_hold_and_a_flag_of_another_app_hold_at_once(self, amina):
        try:
            guard.register_flag("vulnerable", f"SELECT {amina.pk}::bigint AS borrower_id")
            assert dial(amina, "machine", is_machine=True).decision.reasons == ["VULNERABLE"]
            assert dial(amina, "person").attempt
            guard.register_hold("dispute", f"SELECT {amina.pk}::bigint AS borrower_id")
            assert dial(amina, "held").decision.reasons == ["ON_HOLD"]
            assert dial(amina, "answer", purpose="SERVICE").attempt
        finally:
            guard.unregister_flag("vulnerable")
            guard.unregister_hold("dispute")
        brook = factories.borrower("Brook", phone="13900000000")
        assert dial(brook, "brook").attempt

    def test_a_flag_that_no_rule_names_stops_everything(self, amina):
        guard.register_flag("brand_new", f"SELECT {amina.pk}::bigint AS borrower_id")
        try:
            assert dial(amina).decision.reasons == ["UNKNOWN_FLAG"]
        finally:
            guard.unregister_flag("brand_new")

    def test_without_arrears_or_without_knowing_of_any_nobody_is_called(self, amina):
        register_case_facts("test", lambda asked, _on: dict.fromkeys(asked, CaseFacts(dpd=0)))
        assert dial(amina).decision.reasons == ["NOTHING_OVERDUE"]
        register_case_facts("test", lambda asked, _on: dict.fromkeys(asked, CaseFacts()))
        unregistered = dial(amina)
        assert unregistered.decision.reasons in (["CASE_UNKNOWN"], ["NOTHING_OVERDUE"])

    @pytest.mark.parametrize("code", ["contact.hours", "contact.connected_calls", "contact.flags"])
    def test_without_a_rule_nobody_is_called(self, amina, code):
        PolicyRule.objects.filter(code=code).delete()
        forget_rules()

        answer = dial(amina)

        assert (answer.attempt, answer.decision.reasons) == (None, ["RULE_MISSING"])

    def test_agreed_hours_open_the_evening(self, amina):
        agree_hours(borrower_id=amina.pk, hours=(time(22), time(23)), at=NOON, actor=CHIDI)
        agree_hours(borrower_id=amina.pk, hours=(time(22), time(23)), at=NOON, actor=CHIDI)

        assert AuditRecord.objects.get().data == {"hours": ["22:00", "23:00"]}
        assert dial(amina, at=NOON.replace(hour=22, minute=30)).attempt
        assert dial(amina, "late", at=NOON.replace(hour=23)).decision.reasons == ["QUIET_HOURS"]
        agree_hours(borrower_id=amina.pk, hours=None, at=NOON, actor=CHIDI)
        assert dial(amina, "again", at=NOON.replace(hour=22)).decision.reasons == ["QUIET_HOURS"]

    def test_hours_that_end_before_they_begin_are_agreed_by_nobody(self, amina):
        with pytest.raises(HoursRefused):
            agree_hours(borrower_id=amina.pk, hours=(time(23), time(22)), at=NOON, actor=CHIDI)
        assert ContactPreference.objects.exists() is False

    def test_a_visit_shows_no_number(self, amina):
        guard.register_flag("home_visit_agreed", f"SELECT {amina.pk}::bigint AS borrower_id")
        try:
            answer = ask_to_contact(key="v", borrower_id=amina.pk, channel="VISIT", operator=CHIDI, at=NOON, visitors=2)
        finally:
            guard.unregister_flag("home_visit_agreed")

        assert (answer.number, answer.attempt.number_until) == ("", None)
        assert answer.decision.conditions == ["ENOUGH_VISITORS"]

    def test_a_preview_writes_nothing(self, amina):
        found = preview_contact(borrower_id=amina.pk, channel="CALL", operator=CHIDI, at=NOON.replace(hour=23))

        assert [reason.value for reason in found.reasons] == ["QUIET_HOURS"]
        assert GuardDecision.objects.exists() is False


class TestRecordOutcome:
    def test_notes_how_it_ended_and_seals_the_note(self, amina):
        attempt = end(dial(amina), "RIGHT_PARTY", seconds=95, note=" Asked for a plan. ", cost_minor=120)

        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.seconds, attempt.cost_minor) == ("RIGHT_PARTY", 95, 120)
        assert attempt.ended_at == NOON + timedelta(seconds=95)
        assert attempt.outcome_at == NOON + timedelta(minutes=1)
        assert attempt.note == "Asked for a plan."
        with connection.cursor() as cursor:
            cursor.execute("SELECT note FROM messaging_contactattempt")
            assert "plan" not in cursor.fetchone()[0]

    def test_the_same_again_changes_nothing_and_another_is_refused(self, amina):
        answer = dial(amina)
        end(answer)

        assert end(answer, at=NOON + timedelta(hours=1)).outcome_at == NOON + timedelta(minutes=1)
        with pytest.raises(OutcomeRefused):
            end(answer, "RIGHT_PARTY")
        assert ContactAttempt.objects.get().outcome == "NO_ANSWER"
        assert AuditRecord.objects.count() == 2

    @pytest.mark.parametrize("outcome", ["OPEN", "NOT_MET", "SENT", "NONSENSE"])
    def test_refuses_what_no_call_ends_with(self, amina, outcome):
        answer = dial(amina)

        with pytest.raises(OutcomeRefused):
            end(answer, outcome)
        assert ContactAttempt.objects.get().outcome == "OPEN"

    def test_refuses_an_attempt_that_is_not_there(self, amina):
        with pytest.raises(AttemptNotFound):
            record_outcome(attempt_id=1, outcome="BUSY", at=NOON, actor=CHIDI)


class TestNoteInbound:
    def test_is_no_dial(self, amina):
        for number in range(9):
            note_inbound(key=f"in{number}", borrower_id=amina.pk, started_at=NOON, at=NOON, actor=CHIDI, seconds=60)
        note_inbound(key="in0", borrower_id=amina.pk, started_at=NOON, at=NOON, actor=CHIDI)

        assert ContactAttempt.objects.filter(direction="IN", decision=None).count() == 9
        assert dial(amina).attempt

    def test_begins_days_of_rest_where_the_rule_says_so(self, amina, settings):
        settings.LENDER_POLICY_PACK = "us"
        ContactPreference.objects.create(borrower=amina, time_zone="America/New_York")
        morning = NOON.replace(hour=21, minute=30)
        note_inbound(key="in", borrower_id=amina.pk, started_at=morning, at=morning, actor=CHIDI)

        assert dial(amina, at=morning).decision.reasons == ["CONVERSATION_REST"]
        asked = {"at": morning, "is_consented": True}
        with pytest.raises(ConsentWithoutWords):
            dial(amina, "asked", **asked, consent_words=" ")
        assert not OutboxMessage.objects.exists()
        made = dial(amina, "asked", **asked, consent_words="She wrote that we may call at noon.").attempt
        assert (made.is_consented, made.consent_words) == (True, "She wrote that we may call at noon.")
        told = OutboxMessage.objects.get()
        assert (told.template, told.channel, told.borrower_id) == ("messaging.call_asked_for", "IN_APP", amina.pk)

    def test_refuses_an_outcome_that_no_call_to_us_has(self, amina):
        with pytest.raises(OutcomeRefused):
            note_inbound(key="in", borrower_id=amina.pk, started_at=NOON, at=NOON, actor=CHIDI, outcome="NO_ANSWER")
        assert ContactAttempt.objects.exists() is False


class TestTheDatabase:
    """No code path gets around the guard."""

    def attempt(self, borrower, decision, **changes):
        fields = {"channel": "CALL", "address_key": borrower.phone_index, "purpose": "COLLECTION", "operator": CHIDI}
        return ContactAttempt.objects.create(
            key="x", borrower=borrower, decision=decision, started_at=NOON, **{**fields, **changes}
        )

    def decision(self, borrower, **changes):
        fields = {"channel": "CALL", "address_key": borrower.phone_index, "purpose": "COLLECTION", "stage": "ASKED"}
        fields |= {"verdict": "ALLOW", "reasons": [], "at": NOON}
        return GuardDecision.objects.create(borrower=borrower, **{**fields, **changes})

    def test_takes_no_attempt_without_a_decision(self, amina):
        with pytest.raises(IntegrityError, match="contact_was_not_allowed"), transaction.atomic():
            self.attempt(amina, None)

    def test_takes_no_attempt_by_the_decision_about_something_else(self, amina):
        brook = factories.borrower("Brook", phone="13900000000")
        for other in (
            self.decision(amina, verdict="BLOCK", reasons=["ON_HOLD"]),
            self.decision(amina, channel="AI_CALL"),
            self.decision(amina, address_key="another"),
            self.decision(brook, address_key=amina.phone_index),
        ):
            with pytest.raises(IntegrityError, match="contact_was_not_allowed"), transaction.atomic():
                self.attempt(amina, other)
        assert self.attempt(amina, self.decision(amina)).pk

    def test_takes_two_attempts_by_no_decision(self, amina):
        decision = self.decision(amina)
        self.attempt(amina, decision)

        with pytest.raises(IntegrityError), transaction.atomic():
            ContactAttempt.objects.create(
                key="y",
                borrower=amina,
                decision=decision,
                channel="CALL",
                address_key=amina.phone_index,
                purpose="COLLECTION",
                operator=CHIDI,
                started_at=NOON,
            )

    @pytest.mark.parametrize("channel", ["SMS", "EMAIL"])
    def test_lets_no_message_count_as_sent_without_a_decision(self, amina, channel):
        message = factories.message(amina, channel=channel)

        with pytest.raises(IntegrityError, match="messaging_sent_was_allowed"), transaction.atomic():
            type(message).objects.filter(pk=message.pk).update(status="SENT", sent_at=NOON)
        message.refresh_from_db()
        assert message.status == "PENDING"

    def test_lets_no_message_go_by_the_decision_about_another(self, amina):
        sent = factories.message(amina, channel="SMS", status="SENT", sent_at=NOON)
        message = factories.message(amina, dedupe_key="other", channel="SMS")

        with pytest.raises(IntegrityError, match="contact_was_not_allowed"), transaction.atomic():
            type(message).objects.filter(pk=message.pk).update(status="SENT", sent_at=NOON, decision=sent.decision)

    def test_keeps_decisions_as_they_were(self, amina):
        decision = self.decision(amina)

        for change in (
            lambda: GuardDecision.objects.filter(pk=decision.pk).update(verdict="BLOCK", reasons=["PAUSED"]),
            decision.delete,
        ):
            with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
                change()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_twenty_collectors_never_pass_a_cap_together(self, amina):
        answers = in_threads(20, lambda number: dial(amina, f"k{number}"))

        allowed = [answer for answer in answers if answer.attempt]
        assert len(allowed) == 3
        refusals = Counter(reason for answer in answers for reason in answer.decision.reasons)
        assert refusals == {"CONNECTED_CAP": 17}
        assert ContactAttempt.objects.count() == 3
        assert GuardDecision.objects.count() == 20

    def test_twenty_dialers_that_end_at_once_dial_a_number_six_times(self, amina):
        def dial_and_end(number):
            answer = dial(amina, f"k{number}")
            if answer.attempt:
                end(answer)
            return answer

        for _round in range(3):
            in_threads(20, dial_and_end)

        assert ContactAttempt.objects.filter(outcome="NO_ANSWER").count() <= 6
        assert ContactAttempt.objects.count() == ContactAttempt.objects.filter(outcome="NO_ANSWER").count()


def in_threads(count, work):
    """Let them all begin together, each on a connection of its own."""
    gate, found = threading.Barrier(count), []

    def one(number):
        try:
            gate.wait()
            found.append(work(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


def test_every_outcome_of_the_services_is_one_of_the_guard():
    from dashu.policy.contact_guard import Outcome

    assert {outcome.value for outcomes in dialing.OUTCOMES.values() for outcome in outcomes} | {"OPEN"} <= set(Outcome)
    assert set(ContactAttempt.Outcome.values) <= set(Outcome)
