"""Who works on an application: nobody picks, nobody holds one twice, nobody gets their own."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from loans.domain.applications import Status
from loans.models import Application, ApplicationEvent
from loans.services.application_rows import ApplicationStateChanged
from loans.services.hold_application import (
    HeldByAnother,
    MayNotReview,
    NotAColleague,
    NothingWaits,
    OwnApplication,
    TooManyHeld,
    WordsMissing,
    claim_next_application,
    hand_over_application,
    release_application,
)
from tests import factories
from tests.applicants import BROOKS_NUMBER, NOW
from tests.integration.desk.conftest import referred

pytestmark = pytest.mark.usefixtures("bureau")
OTHERS = {"person": {"number": BROOKS_NUMBER, "phone": "13800005678"}}


def hand_over(application, to, user, words="I am on leave."):
    return hand_over_application(application_id=application.pk, to_user_id=to.pk, words=words, user=user, now=NOW)


class TestClaim:
    def test_gives_the_promise_that_ends_first(self, amina, brook, una):
        referred(amina, now=NOW + timedelta(hours=1))
        earlier = referred(brook, now=NOW, **OTHERS)

        claimed = claim_next_application(user=una, now=NOW)

        assert (claimed.pk, claimed.handler_id) == (earlier.pk, una.pk)
        event = ApplicationEvent.objects.get(kind="CLAIMED")
        assert (event.application_id, event.actor, event.is_internal) == (earlier.pk, f"user:{una.pk}", True)

    def test_gives_each_underwriter_another_one(self, amina, brook, una, victor):
        referred(amina)
        referred(brook, **OTHERS)

        first, second = (claim_next_application(user=user, now=NOW) for user in (una, victor))

        assert first.pk != second.pk
        with pytest.raises(NothingWaits):
            claim_next_application(user=una, now=NOW)

    def test_never_gives_anyone_their_own_nor_that_of_a_record_with_their_number(self, brook, una, amina):
        amina.user = una
        amina.save()
        referred(amina)
        referred(brook)  # with the same number

        with pytest.raises(NothingWaits):
            claim_next_application(user=una, now=NOW)

        assert not Application.objects.exclude(handler=None).exists()

    def test_is_for_those_who_decide(self, amina, chidi):
        referred(amina)

        with pytest.raises(MayNotReview):
            claim_next_application(user=chidi, now=NOW)

        assert Application.objects.get().handler is None

    def test_piles_up_no_more_than_five(self, amina, una):
        waiting = referred(amina)
        for number in range(5):
            Application.objects.create(
                borrower=factories.borrower(f"B{number}"),
                product=waiting.product,
                status=Status.REFERRED,
                handler=una,
                due_at=NOW,
            )

        with pytest.raises(TooManyHeld):
            claim_next_application(user=una, now=NOW)

        waiting.refresh_from_db()
        assert waiting.handler is None


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_two_underwriters_get_two_applications(self, amina, brook, una, victor):
        referred(amina)
        referred(brook, **OTHERS)
        together, got = threading.Barrier(2), []

        def claim(user):
            try:
                together.wait(timeout=10)
                got.append(claim_next_application(user=user, now=NOW).pk)
            finally:
                connection.close()

        people = [threading.Thread(target=claim, args=(user,)) for user in (una, victor)]
        for each in people:
            each.start()
        for each in people:
            each.join(timeout=20)

        assert sorted(got) == sorted(Application.objects.values_list("pk", flat=True))


class TestRelease:
    def test_makes_it_the_next_one_for_somebody(self, amina, una, victor):
        referred(amina)
        application = claim_next_application(user=una, now=NOW)

        release_application(application_id=application.pk, words="I know the family.", user=una, now=NOW)
        release_application(application_id=application.pk, words="I know the family.", user=una, now=NOW)

        assert claim_next_application(user=victor, now=NOW).pk == application.pk
        event = ApplicationEvent.objects.get(kind="HANDED_OVER")
        assert event.data == {"to": None, "words": "I know the family."}

    def test_is_for_who_holds_it_and_says_why(self, amina, una, victor):
        referred(amina)
        application = claim_next_application(user=una, now=NOW)

        with pytest.raises(HeldByAnother):
            release_application(application_id=application.pk, words="x", user=victor, now=NOW)
        with pytest.raises(WordsMissing):
            release_application(application_id=application.pk, words="  ", user=una, now=NOW)

        application.refresh_from_db()
        assert application.handler_id == una.pk


class TestHandOver:
    @pytest.fixture
    def held(self, amina, una):
        referred(amina)
        return claim_next_application(user=una, now=NOW)

    def test_passes_it_to_a_named_colleague_with_a_reason_and_the_same_promise(self, held, una, victor):
        due = held.due_at

        handed = hand_over(held, victor, una)

        assert (handed.handler_id, handed.due_at) == (victor.pk, due)
        event = ApplicationEvent.objects.get(kind="HANDED_OVER")
        assert (event.data, event.is_internal) == ({"to": f"user:{victor.pk}", "words": "I am on leave."}, True)

    def test_what_another_holds_is_passed_on_by_who_assigns_work(self, held, una, victor, sofia):
        with pytest.raises(MayNotReview):
            hand_over(held, sofia, victor)

        assert hand_over(held, victor, sofia).handler_id == victor.pk

    def test_takes_nothing_for_oneself(self, held, una, sofia):
        with pytest.raises(NotAColleague):
            hand_over(held, sofia, sofia)

        held.refresh_from_db()
        assert held.handler_id == una.pk

    def test_goes_to_nobody_who_cannot_decide_on_it(self, held, una, victor, chidi, amina):
        with pytest.raises(NotAColleague):
            hand_over(held, chidi, una)
        amina.user = victor
        amina.save()
        with pytest.raises(OwnApplication):
            hand_over(held, victor, una)

        held.refresh_from_db()
        assert held.handler_id == una.pk

    def test_of_what_has_ended_is_refused(self, held, una, victor):
        Application.objects.filter(pk=held.pk).update(status=Status.WITHDRAWN)

        with pytest.raises(ApplicationStateChanged):
            hand_over(held, victor, una)

        assert not ApplicationEvent.objects.filter(kind="HANDED_OVER").exists()
