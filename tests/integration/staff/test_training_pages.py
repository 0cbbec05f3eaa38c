"""Training with a made-up borrower: the real guard's answers, a reason for each choice, and nothing left behind."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from collections_mgmt.domain.training import walk_of_training
from collections_mgmt.models import CollectorProfile, Team
from collections_mgmt.services.finish_training import finish_training
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_date, lender_now, lender_today
from dashu.policy.contact_guard import decide
from dashu.policy.rules import contact_rules
from dashu.users.models import User
from tests import factories
from tests.integration.staff.test_file_pages import DESK, signed_in

TRAINING = f"{DESK}training/"
WALK = walk_of_training()
MARK = "This person and everything on this page are made up."


@pytest.fixture
def chidi(policy_packs) -> User:
    user = factories.staff("Chidi")
    early = Team.objects.create(code="early", name="Early")
    CollectorProfile.objects.create(user=user, team=early, languages=["en"])
    return user


def rows() -> dict[str, int]:
    """How many rows each table has, but for sessions and the audit log."""
    kept = {Session, AuditRecord}
    models = [model for model in apps.get_models() if model._meta.managed and model not in kept]
    return {model._meta.label: model._default_manager.count() for model in models if not model._meta.proxy}


def choose(client: Client, step: str, choice: str) -> str:
    return client.post(f"{TRAINING}choose/", {"step": step, "choice": choice}, follow=True).content.decode()


def go_on(client: Client, step: str) -> str:
    return client.post(f"{TRAINING}go-on/", {"step": step}, follow=True).content.decode()


def right_of(step) -> str:
    return next(choice.code for choice in step.choices if choice.is_right)


class TestWalk:
    def test_is_marked_on_every_page_leaves_no_row_and_is_noted_at_the_profile(self, chidi):
        client = signed_in(chidi)
        before = rows()

        pages = [client.get(TRAINING).content.decode()]
        for step in WALK.steps:
            for choice in sorted(step.choices, key=lambda choice: choice.is_right):
                pages.append(choose(client, step.code, choice.code))
            pages.append(go_on(client, step.code))

        assert [MARK in page for page in pages] == [True] * len(pages)
        assert rows() == before
        assert "0 of 8 steps were right at once." in pages[-1]
        profile = CollectorProfile.objects.get()
        assert (profile.walks, lender_date(profile.trained_at)) == (1, lender_today())
        assert [record.action for record in AuditRecord.objects.all()] == ["collections.training_finished"]

    def test_says_of_each_choice_why_and_lets_one_try_again(self, chidi):
        client = signed_in(chidi)

        page = choose(client, "READ", "FAMILY")

        assert "She can be reached herself." in page
        assert "Go on" not in page
        page = choose(client, "READ", "BANNERS")
        assert "What runs decides whether there is any contact at all." in page
        assert "Go on" in page

    def test_shows_what_the_real_guard_says(self, chidi):
        client = signed_in(chidi)
        choose(client, "READ", "BANNERS")

        page = go_on(client, "READ")

        assert page.count("The guard refuses it.") == 2
        assert "Outside the contact hours" in page
        assert "The borrower can be reached" in page

    def test_begins_again_and_counts_another_walk(self, chidi):
        client = signed_in(chidi)
        for times in (1, 2):
            client.post(f"{TRAINING}begin/")
            for step in WALK.steps:
                choose(client, step.code, right_of(step))
                page = go_on(client, step.code)
            assert "8 of 8 steps were right at once." in page
            assert CollectorProfile.objects.get().walks == times

    def test_the_same_walk_is_noted_once(self, chidi):
        begun, now = lender_now() - timedelta(minutes=9), lender_now()
        first = finish_training(user=chidi, begun_at=begun, now=now)

        again = finish_training(user=chidi, begun_at=begun, now=now + timedelta(minutes=1))

        assert (first.walks, again.walks, again.trained_at) == (1, 1, now)

    def test_is_open_to_who_leads_and_noted_for_nobody_without_a_profile(self, policy_packs):
        client = signed_in(factories.staff("Sun", User.Role.SUPERVISOR))
        for step in WALK.steps:
            choose(client, step.code, right_of(step))
            page = go_on(client, step.code)

        assert "nothing is noted" in page
        assert CollectorProfile.objects.exists() is False

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ACCOUNTANT"])
    def test_is_closed_to_others(self, role, policy_packs):
        client = signed_in(factories.staff("Una", role))

        assert client.get(TRAINING).status_code == 403
        assert client.post(f"{TRAINING}choose/", {"step": "READ", "choice": "BANNERS"}).status_code == 403
        assert client.post(f"{TRAINING}go-on/", {"step": "READ"}).status_code == 403

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
    def test_reads_in_chinese(self, chidi, language):
        client = signed_in(chidi)
        chidi.language = language
        chidi.save()

        page = client.get(TRAINING, headers={"accept-language": language}).content.decode()

        assert WALK.steps[0].title[language] in page
        assert "made up" not in page


class TestGuard:
    @pytest.mark.parametrize("pack", ["cn", "us"])
    def test_answers_what_the_walk_tells_under_each_pack(self, pack, policy_packs):
        rules = contact_rules(lender_today(), pack=pack)
        zone = rules.hours.zone

        def asked(place: int, number: int):
            question = WALK.steps[place].guard[number].on(lender_today(), zone)
            return decide(rules, question.attempt, question.case, question.history, now=question.now, zone=zone)

        late, sister, morning = asked(1, 0), asked(1, 1), asked(2, 0)
        assert [reason.value for reason in late.reasons] == ["QUIET_HOURS"]
        assert late.next_allowed_at.astimezone(zone).hour == 8
        assert "BORROWER_REACHABLE" in [reason.value for reason in sister.reasons]
        assert sister.next_allowed_at is None
        assert morning.allows
