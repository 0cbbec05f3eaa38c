"""Giving files to people and teams: by rule, and by whoever leads the desk."""

from datetime import timedelta

import pytest

from collections_mgmt.models import CaseFile, CaseFileEvent, CollectorProfile
from collections_mgmt.services.file_rows import MayNotWorkFiles
from collections_mgmt.services.steer_files import (
    NobodySuits,
    NothingToGive,
    PlanChanged,
    call_back_files,
    give_files,
    move_files,
    plan_rebalance,
    put_off_files,
    rebalance,
    share_out_files,
)
from collections_mgmt.services.take_file import take_next_file
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late_person, team

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def early(policy_packs):
    return team("early")


@pytest.fixture
def sun(policy_packs):
    return factories.staff("Sun", User.Role.SUPERVISOR)


def files(count: int) -> list[CaseFile]:
    """The most urgent first."""
    names = ("Amina", "Brook", "Chen", "Dai", "Eve", "Fei")
    return [late_person(name, minor=(count - place) * 1_000_00) for place, name in enumerate(names[:count])]


def owners() -> list[int | None]:
    return list(CaseFile.objects.order_by("-priority").values_list("collector", flat=True))


class TestShareOut:
    def test_gives_the_most_urgent_to_those_with_room(self, early):
        chidi = collector(of=early, capacity=1)
        ben = collector("Ben", of=early, capacity=2)
        collector("Off", of=early, is_working=False)
        files(4)

        assert share_out_files(now=NOW, actor="system:test") == 3

        assert owners() == [ben.pk, chidi.pk, ben.pk, None]
        assert share_out_files(now=NOW, actor="system:test") == 0
        assert CaseFileEvent.objects.filter(kind="ASSIGNED").count() == 3

    def test_takes_as_many_queries_for_many_as_for_few(self, early, django_assert_num_queries):
        collector(of=early, capacity=9)
        files(5)

        with django_assert_num_queries(6):
            share_out_files(now=NOW, actor="system:test")


class TestRebalance:
    def carry_out(self, plan, chidi, sun, *, most=2, to=(), to_pool=False):
        return rebalance(
            from_user_id=chidi.pk, most=most, to_user_ids=to, to_pool=to_pool, token=plan.token, user=sun, now=NOW
        )

    def test_moves_the_least_urgent_to_colleagues_as_was_shown(self, early, sun):
        chidi, ben, cleo = (collector(name, of=early) for name in ("Chidi", "Ben", "Cleo"))
        files(4)
        CaseFile.objects.update(collector=chidi)

        plan = plan_rebalance(from_user_id=chidi.pk, most=2, to_user_ids=[], to_pool=False)
        done = self.carry_out(plan, chidi, sun)

        assert plan.counts == done.counts == {ben.pk: 1, cleo.pk: 1}
        assert owners() == [chidi.pk, chidi.pk, ben.pk, cleo.pk]

    def test_moves_all_of_a_person_to_whoever_is_free_but_not_what_they_hold(self, early, sun):
        chidi = collector(of=early)
        files(3)
        CaseFile.objects.update(collector=chidi)
        held = take_next_file(user=chidi, now=NOW)

        plan = plan_rebalance(from_user_id=chidi.pk, most=None, to_user_ids=[], to_pool=True)
        self.carry_out(plan, chidi, sun, most=None, to_pool=True)

        assert owners() == [chidi.pk, None, None]
        assert CaseFile.objects.get(collector=chidi).pk == held.pk

    def test_that_came_out_differently_is_refused_as_a_whole(self, early, sun):
        chidi, ben, _cleo = (collector(name, of=early) for name in ("Chidi", "Ben", "Cleo"))
        files(2)
        CaseFile.objects.update(collector=chidi)
        plan = plan_rebalance(from_user_id=chidi.pk, most=2, to_user_ids=[], to_pool=False)
        CollectorProfile.objects.filter(pk=ben.pk).update(is_working=False)

        with pytest.raises(PlanChanged):
            self.carry_out(plan, chidi, sun)

        assert owners() == [chidi.pk, chidi.pk]

    def test_is_for_those_who_lead_the_desk(self, early):
        chidi = collector(of=early)
        plan = plan_rebalance(from_user_id=chidi.pk, most=2, to_user_ids=[], to_pool=False)

        with pytest.raises(MayNotWorkFiles):
            self.carry_out(plan, chidi, chidi)

    def test_says_what_suits_nobody(self, early, sun):
        chidi, _ben = collector(of=early), collector("Ben", of=early, capacity=1)
        _urgent, other = files(2)
        CaseFile.objects.update(collector=chidi)

        plan = plan_rebalance(from_user_id=chidi.pk, most=None, to_user_ids=[], to_pool=False)

        assert (len(plan.given), plan.left) == (1, (other.pk,))


class TestActsOnMany:
    def test_files_are_given_to_a_person_who_suits(self, early, sun):
        chidi, ben = collector(of=early), collector("Ben", of=early, languages=("en",))
        ids = [file.pk for file in files(2)]

        assert give_files(file_ids=ids, to_user_id=chidi.pk, user=sun, now=NOW) == 2
        assert give_files(file_ids=ids, to_user_id=chidi.pk, user=sun, now=NOW) == 0
        with pytest.raises(NobodySuits):
            give_files(file_ids=ids, to_user_id=ben.pk, user=sun, now=NOW)

        assert owners() == [chidi.pk, chidi.pk]

    def test_files_are_given_to_nobody_beyond_their_room(self, early, sun):
        chidi = collector(of=early, capacity=2)
        ids = [file.pk for file in files(3)]

        with pytest.raises(NobodySuits) as refusal:
            give_files(file_ids=ids, to_user_id=chidi.pk, user=sun, now=NOW)
        assert (refusal.value.params["room"], owners()) == (2, [None, None, None])
        assert give_files(file_ids=ids[:2], to_user_id=chidi.pk, user=sun, now=NOW) == 2
        assert give_files(file_ids=ids[:2], to_user_id=chidi.pk, user=sun, now=NOW) == 0
        with pytest.raises(NobodySuits):
            give_files(file_ids=ids, to_user_id=chidi.pk, user=sun, now=NOW)

    def test_files_move_to_a_team_that_takes_their_level_and_needs(self, early, sun):
        other, deep = team("other"), team("deep", first_level=3)
        chidi = collector(of=early)
        ids = [file.pk for file in files(2)]
        CaseFile.objects.update(collector=chidi, team=early)

        with pytest.raises(NobodySuits):
            move_files(file_ids=ids, team_id=deep.pk, user=sun, now=NOW)
        assert move_files(file_ids=ids, team_id=other.pk, user=sun, now=NOW) == 2

        assert set(CaseFile.objects.values_list("team", "collector")) == {(other.pk, None)}

    def test_files_wait_and_are_called_back(self, early, sun):
        ids = [file.pk for file in files(2)]

        waits = put_off_files(file_ids=ids, until=TODAY + timedelta(days=2), words="Holidays.", user=sun, now=NOW)

        assert (waits, CaseFile.objects.filter(state="WAITING", waits_for="OTHER").count()) == (2, 2)
        assert call_back_files(file_ids=ids, user=sun, now=NOW) == 2
        assert CaseFile.objects.filter(state="READY", waits_for="").count() == 2

    def test_what_an_agency_has_is_neither_put_off_nor_called_back(self, early, sun):
        ids = [file.pk for file in files(2)]
        CaseFile.objects.filter(pk=ids[0]).update(
            state="WAITING", waits_for="AGENCY", next_action_at=NOW + timedelta(days=9)
        )

        waits = put_off_files(file_ids=ids, until=TODAY + timedelta(days=2), words="Holidays.", user=sun, now=NOW)

        assert waits == 1
        assert call_back_files(file_ids=ids, user=sun, now=NOW) == 1
        assert CaseFile.objects.get(pk=ids[0]).waits_for == "AGENCY"

    def test_nothing_is_given_of_nothing(self, early, sun):
        with pytest.raises(NothingToGive):
            give_files(file_ids=[], to_user_id=None, user=sun, now=NOW)
