"""What is done with a held file: it waits for a day, and the borrower is left in peace where that was agreed."""

from datetime import date, datetime, timedelta

import pytest

from collections_mgmt.models import CaseFile, CaseFileEvent, Hold, PromiseToPay
from collections_mgmt.services.act_on_file import (
    hold_at_file,
    note_contact,
    note_on_file,
    promise_at_file,
    put_off_file,
)
from collections_mgmt.services.file_rows import FileNotFound, FileNotHeld, WaitRefused, WordsRefused
from collections_mgmt.services.promises import PromiseRefused
from collections_mgmt.services.take_file import take_next_file
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late_person, team

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def chidi(policy_packs):
    return collector(of=team())


@pytest.fixture
def file(chidi) -> CaseFile:
    late_person("Amina")
    return take_next_file(user=chidi, now=NOW)


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=LENDER_ZONE)


class TestPutOff:
    def test_doing_nothing_is_a_choice_that_is_kept(self, file, chidi):
        put_off_file(file_id=file.pk, why="LOOKED", until=None, words="", user=chidi, now=NOW, suggested="REMIND")

        file.refresh_from_db()
        assert (file.state, file.waits_for, file.next_action_at) == ("WAITING", "LOOKED", morning(date(2026, 3, 27)))
        assert (file.holder_id, file.collector_id) == (None, chidi.pk)
        assert file.review_due_on == TODAY + timedelta(days=14)
        event = file.events.last()
        assert (event.kind, event.data) == (
            "PUT_OFF",
            {"why": "LOOKED", "until": "2026-03-27", "suggested": "REMIND"},
        )

    @pytest.mark.parametrize("until", [TODAY, TODAY + timedelta(days=61)])
    def test_is_refused_beyond_what_a_file_can_wait(self, file, chidi, until):
        with pytest.raises(WaitRefused):
            put_off_file(file_id=file.pk, why="LOOKED", until=until, words="", user=chidi, now=NOW)

        file.refresh_from_db()
        assert file.state == "HELD"

    def test_another_reason_says_which(self, file, chidi):
        with pytest.raises(WordsRefused):
            put_off_file(file_id=file.pk, why="OTHER", until=None, words="", user=chidi, now=NOW)

    def test_is_refused_to_whoever_does_not_hold_it(self, file, chidi):
        with pytest.raises(FileNotHeld):
            put_off_file(
                file_id=file.pk, why="LOOKED", until=None, words="", user=collector("Ben", of=team("late")), now=NOW
            )


class TestPromise:
    def test_lets_the_file_wait_until_it_was_decided(self, file, chidi):
        due_on = TODAY + timedelta(days=10)

        promise_at_file(
            file_id=file.pk,
            loan_id=file.borrower.loans.get().pk,
            amount_minor=500_00,
            due_on=due_on,
            words="Salary on the 29th.",
            user=chidi,
            now=NOW,
        )

        file.refresh_from_db()
        assert PromiseToPay.objects.get().amount_minor == 500_00
        assert (file.waits_for, file.next_action_at) == ("PROMISE", morning(due_on + timedelta(days=3)))
        assert "PROMISE_RUNS" in file.facts

    def test_stops_the_clock_of_the_first_contact(self, file, chidi):
        promise_at_file(
            file_id=file.pk, loan_id=file.borrower.loans.get().pk, amount_minor=1_100_16, due_on=date(2026, 3, 30),
            words="", user=chidi, now=NOW,
        )  # fmt: skip

        file.refresh_from_db()
        assert file.contacted_at == NOW

    def test_of_next_to_nothing_does_not_leave_the_borrower_in_peace(self, file, chidi):
        asked = {"file_id": file.pk, "loan_id": file.borrower.loans.get().pk, "due_on": date(2026, 3, 30), "words": ""}

        with pytest.raises(PromiseRefused) as refusal:
            promise_at_file(**asked, amount_minor=100_00, user=chidi, now=NOW)

        file.refresh_from_db()
        assert (refusal.value.field, file.state) == ("amount", "HELD")
        assert not PromiseToPay.objects.exists()

    def test_that_is_refused_leaves_the_file_in_hands(self, file, chidi):
        with pytest.raises(PromiseRefused):
            promise_at_file(
                file_id=file.pk,
                loan_id=file.borrower.loans.get().pk,
                amount_minor=500_00,
                due_on=TODAY + timedelta(days=99),
                words="",
                user=chidi,
                now=NOW,
            )

        file.refresh_from_db()
        assert (file.state, PromiseToPay.objects.count()) == ("HELD", 0)

    def test_is_not_taken_on_the_loan_of_somebody_else(self, file, chidi, brook):
        with pytest.raises(FileNotFound):
            promise_at_file(
                file_id=file.pk,
                loan_id=factories.running_loan(brook).pk,
                amount_minor=1,
                due_on=TODAY,
                words="",
                user=chidi,
                now=NOW,
            )

        assert PromiseToPay.objects.exists() is False


class TestHold:
    def test_lets_the_file_wait_for_its_end(self, file, chidi):
        ends_on = TODAY + timedelta(days=30)

        hold_at_file(
            file_id=file.pk,
            loan_id=file.borrower.loans.get().pk,
            kind="BREATHING_SPACE",
            ends_on=ends_on,
            words="They asked for time.",
            user=chidi,
            now=NOW,
        )

        file.refresh_from_db()
        assert Hold.objects.get().ends_on == ends_on
        assert (file.waits_for, file.next_action_at) == ("HOLD", morning(ends_on + timedelta(days=1)))
        assert "CARE" in file.facts


class TestNotes:
    def test_are_kept_once_and_the_audit_log_has_no_words(self, file, chidi):
        for _again in range(2):
            note_on_file(file_id=file.pk, words=" Pays after the 3rd. ", user=chidi, now=NOW)

        assert [event.words for event in file.events.filter(kind="NOTE")] == ["Pays after the 3rd."]
        assert AuditRecord.objects.get(action="collections.file_note").data.keys() == {"event"}

    def test_that_shame_are_refused(self, file, chidi):
        with pytest.raises(WordsRefused, match="liar"):
            note_on_file(file_id=file.pk, words="A liar.", user=chidi, now=NOW)

        assert CaseFileEvent.objects.filter(kind="NOTE").exists() is False

    def test_are_not_written_into_what_one_may_not_see(self, file):
        with pytest.raises(FileNotFound):
            note_on_file(file_id=file.pk, words="x", user=collector("Ben", of=team("late")), now=NOW)


class TestFirstContact:
    def test_stops_the_clock_once(self, file):
        note_contact(borrower_id=file.borrower_id, at=NOW)
        note_contact(borrower_id=file.borrower_id, at=NOW + timedelta(days=1))

        file.refresh_from_db()
        assert file.contacted_at == NOW
