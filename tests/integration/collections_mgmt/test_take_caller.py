"""Somebody is calling: one file or none is found, by a whole number only, and two never take it up at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from collections_mgmt.models import AgencyFile, CaseFile, CaseFileEvent, CollectorProfile, Placement
from collections_mgmt.services.act_on_file import put_off_file
from collections_mgmt.services.file_rows import MayNotWorkFiles, WordsRefused
from collections_mgmt.services.take_caller import CallerIsElsewhere, NoFileOfCaller, take_caller
from collections_mgmt.services.take_file import NotACollector, give_back_file, take_next_file, wake_files
from dashu.audit.models import AuditRecord
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.agency_cases import agency
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late_person, team

AMINA, BROOK = "13812345678", "13912345678"

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def chidi(db) -> User:
    return collector(of=team())


@pytest.fixture
def file(chidi) -> CaseFile:
    """Of Amina, who is behind by little: Brook would be the next."""
    late_person("Brook", minor=9_000_00, phone=BROOK)
    return late_person("Amina", minor=100_00, phone=AMINA)


def answer(number, user, words="asks what is due", now=NOW) -> CaseFile:
    return take_caller(number=number, words=words, user=user, now=now)


def kept() -> list[tuple[str, str, dict]]:
    found = AuditRecord.objects.filter(action="collections.caller_looked_up").order_by("pk")
    return [(record.actor, record.subject_id, record.data) for record in found]


class TestAWait:
    """Amina's file waits for an answer until three days from now; she calls."""

    LATER = NOW + timedelta(minutes=16)

    @pytest.fixture
    def waiting(self, file, chidi) -> CaseFile:
        answer(AMINA, chidi)
        put_off_file(file_id=file.pk, why="ANSWER", until=TODAY + timedelta(days=3), words="", user=chidi, now=NOW)
        file.refresh_from_db()
        return file

    def wait_of(self, file) -> tuple[str, str, object]:
        file.refresh_from_db()
        return file.state, file.waits_for, file.next_action_at

    def test_goes_on_when_the_file_is_let_go_of_and_nothing_was_decided(self, waiting, chidi):
        before = self.wait_of(waiting)
        answer(AMINA, chidi)
        assert self.wait_of(waiting) == ("HELD", "", None)

        wake_files(now=self.LATER)

        assert self.wait_of(waiting) == before == ("WAITING", "ANSWER", before[2])
        assert (waiting.holder, waiting.collector) == (None, chidi)

    def test_goes_on_when_the_file_is_given_back(self, waiting, chidi):
        before = self.wait_of(waiting)
        answer(AMINA, chidi)

        give_back_file(file_id=waiting.pk, words="the line broke", user=chidi, now=NOW)

        assert self.wait_of(waiting) == before
        assert waiting.passed_by is None

    def test_is_over_when_something_else_was_decided(self, waiting, chidi):
        answer(AMINA, chidi)
        put_off_file(file_id=waiting.pk, why="PAYMENT", until=TODAY + timedelta(days=1), words="", user=chidi, now=NOW)

        wake_files(now=NOW + timedelta(days=2))
        assert take_next_file(user=chidi, now=NOW + timedelta(days=2)).pk == waiting.pk
        wake_files(now=NOW + timedelta(days=2, minutes=16))

        assert self.wait_of(waiting) == ("READY", "", None)

    def test_is_over_when_its_day_has_come_meanwhile(self, waiting, chidi):
        CaseFile.objects.filter(pk=waiting.pk).update(next_action_at=NOW + timedelta(minutes=10))
        answer(AMINA, chidi)

        wake_files(now=self.LATER)

        assert self.wait_of(waiting) == ("READY", "", None)

    @pytest.mark.parametrize("is_there", [True, False])
    def test_for_an_agency_goes_on_while_the_agency_has_the_loan(self, waiting, chidi, is_there):
        north = agency()
        made = AgencyFile.objects.create(agency=north, kind="PLACEMENT", made_on=TODAY, made_by="x", loans=1)
        Placement.objects.create(
            agency=north, loan=waiting.borrower.loans.get(), file=made, placed_on=TODAY, ends_on=TODAY + timedelta(30),
            owed_minor=1, days=1, bps=1, after_event=0, actor="x",
            **({} if is_there else {"recalled_on": TODAY, "recalled_at": NOW, "until_event": 0, "reasons": ["OURS"]}),
        )  # fmt: skip
        CaseFile.objects.filter(pk=waiting.pk).update(waits_for="AGENCY")
        answer(AMINA, chidi)

        wake_files(now=self.LATER)

        assert self.wait_of(waiting)[:2] == (("WAITING", "AGENCY") if is_there else ("READY", ""))


class TestACaller:
    @pytest.mark.parametrize("said", [AMINA, "+86 138 1234 5678", " 13812345678 "])
    def test_is_found_by_the_whole_phone_whatever_the_place_in_the_queue(self, file, chidi, said):
        found = answer(said, chidi)

        assert (found.pk, found.state, found.holder_id, found.collector_id) == (file.pk, "HELD", chidi.pk, chidi.pk)
        assert found.held_until == NOW + timedelta(minutes=15)
        event = CaseFileEvent.objects.get(kind="CALLED_IN")
        assert (event.file_id, event.actor, event.words) == (file.pk, f"user:{chidi.pk}", "asks what is due")
        assert kept() == [(f"user:{chidi.pk}", file.number, {"by": "phone", "answer": "taken"})]

    def test_beyond_the_room_of_who_answers_stays_everybodys(self, file, chidi):
        CollectorProfile.objects.filter(pk=chidi.pk).update(capacity=0)

        found = answer(AMINA, chidi)

        assert (found.holder_id, found.collector_id) == (chidi.pk, None)

    def test_is_found_by_the_number_of_a_loan(self, file, chidi):
        assert answer(file.borrower.loans.get().number, chidi).pk == file.pk
        assert CaseFileEvent.objects.get(kind="CALLED_IN").data == {"by": "loan"}

    @pytest.mark.parametrize("said", ["5678", "1381234567", "Amina", "", "%", "13812345679"])
    def test_is_not_found_by_anything_else(self, file, chidi, said):
        with pytest.raises(NoFileOfCaller):
            answer(said, chidi)

        assert not CaseFile.objects.filter(state="HELD").exists()
        assert not CaseFileEvent.objects.filter(kind="CALLED_IN").exists()
        assert kept() == [(f"user:{chidi.pk}", "", {"by": "phone", "answer": "no_file_of_caller"})]

    def test_whose_phone_is_that_of_another_is_never_one_of_two(self, file, chidi):
        late_person("Cleo", phone=AMINA)

        with pytest.raises(NoFileOfCaller, match="Several people"):
            answer(AMINA, chidi)

        assert not CaseFile.objects.filter(state="HELD").exists()
        assert answer(file.borrower.loans.get().number, chidi).pk == file.pk

    def test_who_is_with_a_colleague_stays_there_and_the_name_is_said(self, file, chidi):
        ben = collector("Ben", of=chidi.collector.team)
        answer(AMINA, ben)

        with pytest.raises(CallerIsElsewhere) as refused:
            answer(AMINA, chidi)

        assert refused.value.user_message.startswith("Ben is working on this person's file.")
        file.refresh_from_db()
        assert file.holder_id == ben.pk
        assert kept()[-1] == (f"user:{chidi.pk}", file.number, {"by": "phone", "answer": "caller_is_elsewhere"})

    def test_comes_back_from_a_colleague_whose_page_was_closed(self, file, chidi):
        answer(AMINA, collector("Ben", of=chidi.collector.team))

        assert answer(AMINA, chidi, now=NOW + timedelta(minutes=16)).holder_id == chidi.pk

    def test_whose_file_waits_is_taken_up_and_stays_that_of_a_colleague(self, file, chidi):
        ben = collector("Ben", of=chidi.collector.team)
        answer(AMINA, ben)
        until = TODAY + timedelta(days=3)
        put_off_file(file_id=file.pk, why="ANSWER", until=until, words="", user=ben, now=NOW)

        found = answer(AMINA, chidi)

        assert (found.holder_id, found.collector_id, found.waits_for, found.next_action_at) == (
            chidi.pk,
            ben.pk,
            "",
            None,
        )

    def test_twice_is_the_same_and_kept_once_as_taken(self, file, chidi):
        answer(AMINA, chidi)
        answer(AMINA, chidi)

        assert CaseFileEvent.objects.filter(kind="CALLED_IN").count() == 1
        assert len(kept()) == 2

    def test_comes_beside_the_file_that_one_holds(self, file, chidi):
        held = take_next_file(user=chidi, now=NOW)

        assert answer(AMINA, chidi).pk == file.pk
        assert set(CaseFile.objects.visible_to(chidi).values_list("pk", flat=True)) == {held.pk, file.pk}

    def test_who_is_oneself_is_for_a_colleague(self, file, chidi):
        file.borrower.user = chidi
        file.borrower.save()

        with pytest.raises(NoFileOfCaller, match="own account"):
            answer(AMINA, chidi)

        assert not CaseFile.objects.filter(state="HELD").exists()

    def test_is_for_people_at_the_desk_who_say_why(self, file, chidi):
        with pytest.raises(WordsRefused):
            answer(AMINA, chidi, words=" ")
        with pytest.raises(NotACollector):
            answer(AMINA, factories.staff("Dele"))
        with pytest.raises(MayNotWorkFiles):
            answer(AMINA, factories.staff("Una", User.Role.UNDERWRITER))

        assert (kept(), CaseFile.objects.filter(state="HELD").exists()) == ([], False)


class TestTwoAtOnce:
    def test_get_it_once_and_the_other_hears_who_has_it(self, transactional_db):
        forget_rules()
        early = team()
        people = [collector(name, of=early) for name in ("Chidi", "Ben", "Cleo", "Dele")]
        late_person("Amina", phone=AMINA)
        start, got, refused = threading.Barrier(len(people)), [], []

        def ask(user: User) -> None:
            start.wait()
            try:
                got.append(answer(AMINA, user).holder_id)
            except CallerIsElsewhere as error:
                refused.append(error.user_message)
            finally:
                connection.close()

        threads = [threading.Thread(target=ask, args=(user,)) for user in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        holder = CaseFile.objects.get().holder
        assert got == [holder.pk]
        assert len(refused) == 3
        assert all(told.startswith(f"{holder.name} is working") for told in refused)
        assert CaseFileEvent.objects.filter(kind="CALLED_IN").count() == 1
        assert len(kept()) == 4
