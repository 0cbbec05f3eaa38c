"""Whose turn it is: one at a time, nobody picks, and two never hold one file."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from collections_mgmt.models import CaseFile, CaseFileEvent, CollectionCase
from collections_mgmt.services.act_on_file import put_off_file
from collections_mgmt.services.file_rows import FileNotHeld, MayNotWorkFiles, WordsRefused
from collections_mgmt.services.take_file import (
    NoFileWaits,
    NotACollector,
    give_back_file,
    renew_claim,
    take_next_file,
    wake_files,
)
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late_person, refresh, team

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def early(policy_packs):
    return team("early")


class TestTake:
    def test_gives_the_most_urgent_first_and_one_at_a_time(self, early):
        chidi, brook = collector(of=early), collector("Ben", of=early)
        small, large = late_person("Amina", minor=100_00), late_person("Brook", minor=9_000_00)

        first, again, other = (take_next_file(user=user, now=NOW) for user in (chidi, chidi, brook))

        assert (first.pk, again.pk, other.pk) == (large.pk, large.pk, small.pk)
        assert (first.state, first.holder_id, first.collector_id) == ("HELD", chidi.pk, chidi.pk)
        assert first.held_until == NOW + timedelta(minutes=15)
        assert CaseFileEvent.objects.filter(kind="TAKEN").count() == 2
        with pytest.raises(NoFileWaits):
            take_next_file(user=collector("Cleo", of=early), now=NOW)

    def test_gives_own_files_before_those_of_everybody(self, early):
        chidi = collector(of=early)
        own, _larger = late_person("Amina", minor=100_00), late_person("Brook", minor=9_000_00)
        CaseFile.objects.filter(pk=own.pk).update(collector=chidi)

        assert take_next_file(user=chidi, now=NOW).pk == own.pk

    def test_beyond_ones_room_leaves_everybodys_what_it_was(self, early):
        chidi = collector(of=early, capacity=1)
        for name in ("Amina", "Brook"):
            late_person(name)

        first = take_next_file(user=chidi, now=NOW)
        put_off_file(file_id=first.pk, why="LOOKED", until=None, words="", user=chidi, now=NOW)
        second = take_next_file(user=chidi, now=NOW)

        assert first.collector_id == chidi.pk
        assert (second.state, second.holder_id, second.collector_id) == ("HELD", chidi.pk, None)
        give_back_file(file_id=second.pk, words="x", user=chidi, now=NOW)
        CaseFile.objects.filter(pk=first.pk).update(state="READY", waits_for="", next_action_at=None)
        again = take_next_file(user=chidi, now=NOW)
        assert (again.pk, again.collector_id) == (first.pk, chidi.pk)

    def test_gives_nothing_of_another_language_skill_team_or_person(self, early):
        chidi, other = collector(of=early), collector("Ben", of=early)
        late_person("Amina", language="en")
        theirs = late_person("Brook")
        CaseFile.objects.filter(pk=theirs.pk).update(collector=other)
        sme, deep = late_person("Chen"), late_person("Dai")
        CaseFile.objects.filter(pk=sme.pk).update(skills=["sme"])
        CaseFile.objects.filter(pk=deep.pk).update(team=team("late"))

        with pytest.raises(NoFileWaits):
            take_next_file(user=chidi, now=NOW)

    def test_never_gives_anyone_their_own(self, early):
        chidi = collector(of=early)
        file = late_person("Amina")
        file.borrower.user = chidi
        file.borrower.save()

        with pytest.raises(NoFileWaits):
            take_next_file(user=chidi, now=NOW)

    def test_is_for_those_who_work_there(self, early):
        late_person("Amina")

        with pytest.raises(NotACollector):
            take_next_file(user=factories.staff("Nina"), now=NOW)
        with pytest.raises(MayNotWorkFiles):
            take_next_file(user=factories.staff("Una", User.Role.UNDERWRITER), now=NOW)
        with pytest.raises(NoFileWaits):
            take_next_file(user=collector("Ben", of=early, is_working=False), now=NOW)

        assert CaseFile.objects.get().state == "READY"

    def test_asks_a_number_of_queries_that_does_not_grow(self, early, django_assert_num_queries):
        chidi = collector(of=early)
        late_person("Amina")
        take_next_file(user=chidi, now=NOW)  # what is read once a process
        CaseFile.objects.update(state="READY", holder=None, held_until=None, collector=None)
        for name in ("Brook", "Chen", "Dai"):
            late_person(name)

        user = User.objects.get(pk=chidi.pk)
        with django_assert_num_queries(16):
            take_next_file(user=user, now=NOW)


class TestLettingGo:
    def test_a_file_whose_page_stays_closed_is_ready_again(self, early):
        chidi = collector(of=early)
        file = late_person("Amina")
        take_next_file(user=chidi, now=NOW)

        assert renew_claim(file_id=file.pk, user=chidi, now=NOW + timedelta(minutes=10)) is True
        assert wake_files(now=NOW + timedelta(minutes=24)) == 0
        assert wake_files(now=NOW + timedelta(minutes=25)) == 1

        file.refresh_from_db()
        assert (file.state, file.holder_id, file.held_until) == ("READY", None, None)
        assert file.events.last().kind == "LET_GO"
        assert renew_claim(file_id=file.pk, user=chidi, now=NOW + timedelta(minutes=26)) is False

    def test_what_is_given_back_comes_to_somebody_else(self, early):
        chidi, ben = collector(of=early), collector("Ben", of=early)
        file = late_person("Amina")
        take_next_file(user=chidi, now=NOW)

        give_back_file(file_id=file.pk, words="I know them.", user=chidi, now=NOW)

        with pytest.raises(NoFileWaits):
            take_next_file(user=chidi, now=NOW)
        assert take_next_file(user=ben, now=NOW).pk == file.pk
        event = file.events.get(kind="GIVEN_BACK")
        assert (event.words, event.actor) == ("I know them.", f"user:{chidi.pk}")

    def test_is_refused_without_a_reason_and_to_whoever_does_not_hold_it(self, early):
        chidi, ben = collector(of=early), collector("Ben", of=early)
        file = late_person("Amina")
        take_next_file(user=chidi, now=NOW)

        with pytest.raises(WordsRefused):
            give_back_file(file_id=file.pk, words=" ", user=chidi, now=NOW)
        with pytest.raises(FileNotHeld):
            give_back_file(file_id=file.pk, words="Mine.", user=ben, now=NOW)

        file.refresh_from_db()
        assert (file.state, file.holder_id) == ("HELD", chidi.pk)

    def test_what_waited_long_enough_is_ready(self, early):
        late_person("Amina")
        CaseFile.objects.update(state="WAITING", waits_for="LOOKED", next_action_at=NOW + timedelta(hours=1))

        assert [wake_files(now=NOW + timedelta(minutes=each)) for each in (59, 60)] == [0, 1]
        assert CaseFile.objects.get().state == "READY"


@pytest.mark.django_db(transaction=True)
class TestTwentyAtOnce:
    def test_hold_twenty_different_files(self, transactional_db):
        forget_rules()
        early = team("early")
        users = [collector(f"Person{number}", of=early) for number in range(20)]
        owners = [factories.borrower(f"Owner{number}") for number in range(25)]
        CaseFile.objects.bulk_create(
            CaseFile(
                borrower=owner,
                opened_on=TODAY,
                weighed_on=TODAY,
                contact_due_on=TODAY,
                review_due_on=TODAY,
                team=early,
                priority=number,
            )
            for number, owner in enumerate(owners)
        )
        taken, start = [], threading.Barrier(len(users))

        def take(user: User) -> None:
            start.wait()
            try:
                taken.append(take_next_file(user=user, now=NOW).pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=take, args=(user,)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(taken) == len(set(taken)) == 20
        held = dict(CaseFile.objects.filter(state="HELD").values_list("holder", "pk"))
        assert sorted(held.values()) == sorted(taken)
        assert set(held) == {user.pk for user in users}
        assert CaseFile.objects.filter(state="READY").count() == 5
        assert CollectionCase.objects.count() == 0
        refresh()
