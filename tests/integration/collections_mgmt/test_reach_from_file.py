"""Calls, visits and letters from a file: its holder asks, the guard answers, and the number stays for minutes."""

from datetime import UTC, date, time, timedelta
from uuid import uuid4

import pytest

from collections_mgmt.models import CaseFile
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.file_rows import FileNotFound, FileNotHeld, MayNotWorkFiles, WordsRefused
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.reach_from_file import (
    Agreed,
    CallTimeRefused,
    GuarantorUnknown,
    agree_at_file,
    ask_from_file,
    end_contact,
    end_representative_at_file,
    let_call_again,
    note_call_to_us,
    note_representative_at_file,
)
from collections_mgmt.services.take_file import take_next_file
from dashu.audit.models import AuditRecord
from dashu.messaging.models import ContactAttempt, ContactPreference, GuardDecision, OutboxMessage, Representative
from dashu.messaging.selectors import calls_refused_at
from dashu.messaging.services.consents_to_contact import CallsNotStopped, LastDayRefused
from dashu.messaging.services.contact_times import HoursRefused
from dashu.messaging.services.dialing import AttemptNotFound, shown_number
from dashu.messaging.services.representatives import RepresentativeRefused, confirm_representative
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, collector, late_person, team

OWN = "13812345678"
LATER = NOW + timedelta(minutes=3)

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def chidi(db) -> User:
    return collector(of=team())


@pytest.fixture
def file(chidi) -> CaseFile:
    late_person("Amina", phone=OWN)
    return take_next_file(user=chidi, now=NOW)


def ask(file, user, key="k", *, now=NOW, channel="CALL", **asked):
    return ask_from_file(file_id=file.pk, key=key, channel=channel, user=user, now=now, **asked)


def end(file, answer, user, outcome="NO_ANSWER", words="", **noted):
    given = {"outcome": outcome, "words": words, "user": user, "now": LATER, **noted}
    return end_contact(file_id=file.pk, attempt_id=answer.attempt.pk, **given)


def represented(file: CaseFile, by: User | None = None, **given) -> Representative:
    user = by or factories.staff("Sun", User.Role.SUPERVISOR)
    told = {"role": "ATTORNEY", "name": "Ren", "phone": "13900000001", "paper": "PoA 7", "since": NOW.date()} | given
    return note_representative_at_file(file_id=file.pk, user=user, now=NOW, **told)


class TestRepresentatives:
    def test_whom_nobody_named_is_not_called_whatever_number_is_typed(self, file, chidi):
        answer = ask(file, chidi, party="REPRESENTATIVE", number="13900000001")

        assert (answer.number, answer.attempt) == ("", None)
        assert "NOBODY_NAMED" in answer.decision.reasons

    def test_named_by_another_are_called_instead_of_the_borrower(self, file, chidi):
        spoken = represented(file)

        assert ask(file, chidi, "own").decision.reasons == ["REPRESENTED"]
        answer = ask(file, chidi, party="REPRESENTATIVE", party_ref=spoken.pk)
        assert (answer.number, answer.attempt.party_ref) == ("13900000001", spoken.pk)
        told = OutboxMessage.objects.get(template="messaging.representative_noted")
        assert (told.borrower_id, told.channel) == (file.borrower_id, "IN_APP")

    def test_named_by_the_caller_alone_are_called_once_the_borrower_confirms(self, file, chidi):
        spoken = represented(file, by=chidi)
        asked = {"party": "REPRESENTATIVE", "party_ref": spoken.pk}

        assert ask(file, chidi, **asked).decision.reasons == ["NAMED_BY_CALLER"]
        assert not ContactAttempt.objects.exists()
        confirm_representative(
            borrower_id=file.borrower_id, representative_id=spoken.pk, at=NOW, actor=f"user:{file.borrower.user_id}"
        )
        assert ask(file, chidi, **asked).number == "13900000001"

    def test_who_speak_no_more_are_not_called(self, file, chidi):
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        spoken = represented(file, by=sun)
        given = {"file_id": file.pk, "representative_id": spoken.pk, "now": LATER}

        with pytest.raises(MayNotWorkFiles):
            end_representative_at_file(**given, words="x", user=chidi)
        end_representative_at_file(**given, words="They wrote.", user=sun)

        assert (
            "NOBODY_NAMED" in ask(file, chidi, party="REPRESENTATIVE", party_ref=spoken.pk, now=LATER).decision.reasons
        )
        assert ask(file, chidi, "own", now=LATER).number == OWN

    @pytest.mark.parametrize(
        ("given", "field"),
        [({"phone": OWN}, "phone"), ({"paper": " "}, "paper"), ({"since": NOW.date() + timedelta(days=1)}, "since")],
    )
    def test_are_refused_without_what_shows_it(self, file, given, field):
        with pytest.raises(RepresentativeRefused) as refusal:
            represented(file, **given)

        assert refusal.value.field == field
        assert not Representative.objects.exists()

    def test_of_an_estate_are_called_although_the_borrower_died(self, file, chidi):
        loan = file.borrower.loans.get()
        place_hold(
            loan_id=loan.pk, kind="DECEASED", starts_on=NOW.date(), ends_on=None, today=NOW.date(), reason="x",
            actor="user:1",
        )  # fmt: skip
        attorney, estate = (
            represented(file),
            represented(file, by=factories.staff("Su", User.Role.SUPERVISOR), role="ESTATE"),
        )

        asked = {"party": "REPRESENTATIVE"}
        assert ask(file, chidi, "a", party_ref=attorney.pk, **asked).decision.reasons == ["ON_HOLD"]
        assert ask(file, chidi, "b", party_ref=estate.pk, **asked).number == "13900000001"
        assert ask(file, chidi, "c").number == ""


class TestVisits:
    def test_need_the_days_of_notice_and_all_visitors(self, file, chidi):
        agree_at_file(file_id=file.pk, agreed=Agreed(home=True), words="They said so.", user=chidi, now=NOW)

        assert ask(file, chidi, channel="VISIT", visitors=2).decision.reasons == ["VISIT_NOTICE"]
        CaseFile.objects.update(held_until=NOW + timedelta(days=4))
        later = NOW + timedelta(days=3)
        assert ask(file, chidi, "alone", channel="VISIT", now=later).decision.reasons == ["VISITORS"]
        assert ask(file, chidi, "two", channel="VISIT", visitors=2, now=later).attempt.visitors == 2

    def test_a_second_letter_of_the_week_is_refused(self, file, chidi):
        end(file, ask(file, chidi, channel="LETTER"), chidi, "SENT")

        assert ask(file, chidi, "k2", channel="LETTER", now=LATER).decision.reasons == ["LETTER_CAP"]


class TestAsk:
    def test_gives_the_number_for_the_loans_that_are_late(self, file, chidi):
        answer = ask(file, chidi)

        assert answer.number == OWN
        assert answer.attempt.loan_ids == list(file.borrower.loans.values_list("pk", flat=True))
        assert (answer.attempt.purpose, answer.attempt.operator) == ("COLLECTION", f"user:{chidi.pk}")

    def test_twice_with_one_key_is_one_call(self, file, chidi):
        first, second = ask(file, chidi), ask(file, chidi, now=LATER)

        assert first.attempt == second.attempt
        assert ContactAttempt.objects.count() == GuardDecision.objects.count() == 1

    def test_is_for_the_holder_alone(self, file, chidi):
        other = collector("Dana", of=chidi.collector.team)
        leader = factories.staff("Sun", User.Role.SUPERVISOR)

        for user in (other, leader):
            with pytest.raises(FileNotHeld):
                ask(file, user)
        with pytest.raises(MayNotWorkFiles):
            ask(file, factories.staff("Una", User.Role.UNDERWRITER))
        assert not ContactAttempt.objects.exists()
        assert not GuardDecision.objects.exists()

    def test_refused_leaves_the_reasons_and_no_number(self, file, chidi):
        night = NOW.replace(hour=23)

        answer = ask(file, chidi, now=night)

        assert (answer.attempt, answer.number) == (None, "")
        assert GuardDecision.objects.get().reasons == ["QUIET_HOURS"]
        file.refresh_from_db()
        assert file.contacted_at is None

    def test_others_are_asked_only_how_the_borrower_can_be_reached(self, file, chidi):
        answer = ask(file, chidi, party="THIRD_PARTY", number="13900000001")

        assert (answer.decision.purpose, answer.decision.reasons) == ("LOCATE", ["BORROWER_REACHABLE"])
        assert answer.number == ""

    def test_refuses_a_guarantor_of_somebody_else(self, file, chidi):
        with pytest.raises(GuarantorUnknown):
            ask(file, chidi, party="GUARANTOR", party_ref=12)
        assert not GuardDecision.objects.exists()

    def test_a_letter_shows_no_number(self, file, chidi):
        answer = ask(file, chidi, channel="LETTER")

        assert (answer.number, answer.attempt.number_until) == ("", None)


class TestNumber:
    def test_goes_in_the_moment_the_borrower_complains(self, file, chidi):
        answer = ask(file, chidi)
        shown = {"attempt_id": answer.attempt.pk, "operator": f"user:{chidi.pk}", "at": LATER}
        assert shown_number(**shown) == OWN

        make_complaint(
            borrower_id=file.borrower_id, loan_id=None, about="CONTACT", words="Please stop.", wish="", key=uuid4(),
            now=LATER, actor="user:1",
        )  # fmt: skip

        assert shown_number(**shown) == ""
        assert ask(file, chidi, now=LATER).number == ""
        assert ask(file, chidi, "k2", now=LATER).decision.reasons == ["ON_HOLD"]

    def test_is_not_that_of_a_phone_nobody_asked_about(self, file, chidi):
        answer = ask(file, chidi)
        file.borrower.phone = "13700000009"
        file.borrower.save()

        assert shown_number(attempt_id=answer.attempt.pk, operator=f"user:{chidi.pk}", at=LATER) == ""


class TestEnd:
    def test_of_a_try_stops_the_clock_of_the_first_contact(self, file, chidi):
        ended = end(file, ask(file, chidi), chidi, words=" Rang for long. ")

        file.refresh_from_db()
        assert (ended.outcome, ended.note, file.contacted_at) == ("NO_ANSWER", "Rang for long.", NOW)

    def test_of_what_did_not_come_about_does_not(self, file, chidi):
        ended = end(file, ask(file, chidi), chidi, "FAILED")

        file.refresh_from_db()
        assert (ended.outcome, file.contacted_at) == ("FAILED", None)

    def test_of_a_talk_with_somebody_else_does_not(self, file, chidi):
        spoken = represented(file)

        ended = end(file, ask(file, chidi, party="REPRESENTATIVE", party_ref=spoken.pk), chidi, "RIGHT_PARTY")

        file.refresh_from_db()
        assert (ended.outcome, file.contacted_at) == ("RIGHT_PARTY", None)

    def test_is_for_whoever_made_it_and_for_whoever_leads(self, file, chidi):
        answer = ask(file, chidi)
        other = collector("Dana", of=chidi.collector.team)

        with pytest.raises(AttemptNotFound):
            end(file, answer, other)
        assert ContactAttempt.objects.get().outcome == "OPEN"
        CaseFile.objects.update(state="READY", holder=None, held_until=None)
        assert end(file, answer, chidi).outcome == "NO_ANSWER"
        leader = factories.staff("Sun", User.Role.SUPERVISOR)
        assert end(file, ask_again(file, chidi), leader).outcome == "NO_ANSWER"

    def test_refuses_words_that_shame(self, file, chidi):
        answer = ask(file, chidi)

        with pytest.raises(WordsRefused):
            end(file, answer, chidi, words="a liar")
        assert ContactAttempt.objects.get().outcome == "OPEN"


def ask_again(file: CaseFile, user: User):
    CaseFile.objects.update(state="HELD", holder=user, held_until=LATER)
    return ask(file, user, "again", now=LATER)


class TestTheirCall:
    def given(self, file, user, **given):
        told = {"key": "in", "party": "BORROWER", "outcome": "RIGHT_PARTY", "words": "", "called_at": NOW, "now": LATER}
        return note_call_to_us(file_id=file.pk, user=user, **told | given)

    def test_is_noted_once_and_stops_the_clock(self, file, chidi):
        assert self.given(file, chidi) == self.given(file, chidi)

        noted = ContactAttempt.objects.get()
        file.refresh_from_db()
        assert (noted.direction, noted.decision, noted.started_at, file.contacted_at) == ("IN", None, NOW, NOW)

    @pytest.mark.parametrize("called_at", [LATER + timedelta(minutes=1), LATER - timedelta(days=8)])
    def test_is_of_the_last_days(self, file, chidi, called_at):
        with pytest.raises(CallTimeRefused):
            self.given(file, chidi, called_at=called_at)
        assert not ContactAttempt.objects.exists()

    def test_needs_a_file_that_one_sees(self, file, chidi):
        with pytest.raises(FileNotFound):
            self.given(file, collector("Dana", of=chidi.collector.team))
        assert not ContactAttempt.objects.exists()


class TestAgreedHours:
    def agreed(self, file, user, until=None, hours=(time(21), time(23)), words="They said so."):
        agree_at_file(file_id=file.pk, agreed=Agreed(hours=hours, until=until), words=words, user=user, now=NOW)

    def test_need_words_of_how_we_know_and_are_told_to_the_borrower(self, file, chidi):
        with pytest.raises(WordsRefused):
            self.agreed(file, chidi, words=" ")
        assert not ContactPreference.objects.exists()

        self.agreed(file, chidi)
        self.agreed(file, chidi, hours=None, words="")

        event = file.events.get(kind="AGREED")
        assert (event.words, event.data) == ("They said so.", {"what": ["hours"]})
        told = OutboxMessage.objects.get(template="messaging.contact_agreed")
        assert told.params == {"noted_on": "2026-03-20", "opens": "21:00", "closes": "23:00"}

    def test_do_not_lift_what_stops_calls(self, file, chidi):
        end(file, ask(file, chidi), chidi, "REFUSED")

        self.agreed(file, chidi, hours=(time(9), time(18)))

        assert calls_refused_at(file.borrower_id) == NOW
        assert ask(file, chidi, "again", now=LATER).number == ""

    def test_open_an_hour_until_their_last_day(self, file, chidi):
        night = NOW.replace(hour=22, minute=30)
        self.agreed(file, chidi, until=NOW.date())

        assert ask(file, chidi, now=night).number == OWN
        assert ask(file, chidi, "k2", now=night + timedelta(days=1)).decision.reasons == ["QUIET_HOURS"]

    def test_are_taken_back_with_their_last_day(self, file, chidi):
        self.agreed(file, chidi, until=NOW.date())
        self.agreed(file, chidi, hours=None)

        kept = ContactPreference.objects.get()
        assert (kept.agreed_from, kept.agreed_to, kept.agreed_until) == (None, None, None)

    def test_refuses_a_day_that_is_over(self, file, chidi):
        with pytest.raises(HoursRefused):
            self.agreed(file, chidi, until=date(2026, 3, 19))
        assert not ContactPreference.objects.exists()

    def test_are_for_the_holder(self, file):
        with pytest.raises(FileNotHeld):
            self.agreed(file, factories.staff("Sun", User.Role.SUPERVISOR))
        assert not ContactPreference.objects.exists()


class TestCallsAgain:
    """After they said that they want no more contact."""

    @pytest.fixture
    def refused(self, file, chidi) -> CaseFile:
        end(file, ask(file, chidi), chidi, "REFUSED")
        return file

    def test_are_noted_by_whoever_leads_with_the_reason(self, refused):
        sun = factories.staff("Sun", User.Role.SUPERVISOR)

        let_call_again(file_id=refused.pk, words="They wrote to us.", user=sun, now=LATER)

        assert calls_refused_at(refused.borrower_id) is None
        assert OutboxMessage.objects.filter(template="messaging.calls_again").count() == 1
        event = refused.events.get(kind="CALLS_OK")
        assert (event.words, event.actor) == ("They wrote to us.", f"user:{sun.pk}")
        record = AuditRecord.objects.get(action="messaging.calls_wanted")
        assert (record.actor, record.data) == (f"user:{sun.pk}", {"refused": NOW.astimezone(UTC).isoformat()})

    @pytest.mark.parametrize(("role", "words"), [("COLLECTOR", "I want to call."), ("SUPERVISOR", " ")])
    def test_are_noted_by_nobody_else_and_not_without_one(self, refused, role, words):
        with pytest.raises((MayNotWorkFiles, WordsRefused)):
            let_call_again(file_id=refused.pk, words=words, user=factories.staff("Sun", role), now=LATER)

        assert calls_refused_at(refused.borrower_id) == NOW
        assert not refused.events.filter(kind="CALLS_OK").exists()

    def test_are_not_noted_where_nothing_stops_them(self, file):
        with pytest.raises(CallsNotStopped):
            let_call_again(file_id=file.pk, words="x", user=factories.staff("Sun", User.Role.SUPERVISOR), now=NOW)

        assert not file.events.filter(kind="CALLS_OK").exists()


class TestAgreedPlaces:
    def test_stand_beside_the_hours_and_go_when_they_are_missing(self, file, chidi):
        given = {"file_id": file.pk, "user": chidi, "now": NOW}
        agree_at_file(agreed=Agreed(home=True, home_until=NOW.date(), work=True), words="They said so.", **given)
        kept = ContactPreference.objects.get()
        assert (kept.home_agreed_at, kept.home_agreed_until, kept.work_agreed_at) == (NOW, NOW.date(), NOW)

        agree_at_file(agreed=Agreed(work=True), **given)

        kept.refresh_from_db()
        assert (kept.home_agreed_at, kept.home_agreed_until, kept.work_agreed_at) == (None, None, NOW)

    def test_are_all_refused_where_one_day_is_over(self, file, chidi):
        agreed = Agreed(hours=(time(21), time(22)), home=True, work=True, work_until=date(2026, 3, 19))

        with pytest.raises(LastDayRefused):
            agree_at_file(file_id=file.pk, agreed=agreed, words="They said so.", user=chidi, now=NOW)
        assert not ContactPreference.objects.exists()
