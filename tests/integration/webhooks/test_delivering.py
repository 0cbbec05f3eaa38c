"""Events are brought to receivers that work, and to those that do not, again and again."""

from datetime import timedelta
from queue import SimpleQueue

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.alerts.models import Alert
from dashu.kernel.dates import lender_now
from dashu.webhooks import sending
from dashu.webhooks.models import PartnerEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dashu.webhooks.posting import Limits, Reply
from dashu.webhooks.retrying import DELAYS, MOST_TRIES
from dashu.webhooks.sending import deliver_due, outcome_of
from dashu.webhooks.services.endpoints import change_endpoint, delete_endpoint, rotate_secret
from dashu.webhooks.services.outcomes import write_outcomes
from dashu.webhooks.services.telling import tell_partner
from tests.integration.webhooks.conftest import ACTOR, deliver, enabled, tell
from tests.receivers import receiver

pytestmark = pytest.mark.django_db


def only_delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


class TestDelivering:
    def test_a_receiver_reads_what_the_feed_says_and_can_check_who_said_it(self, dana, endpoint, hooks):
        tell(dana)

        assert deliver() == {"delivered": 1}
        event = PartnerEvent.objects.get()
        assert hooks.received[0].verified(endpoint.secret) == {
            "id": str(event.key),
            "type": "job.finished",
            "timestamp": event.happened_at.astimezone(lender_now().tzinfo).isoformat(),
            "subject": "job-1",
            "sequence": event.position,
            "version": 1,
            "business_date": None,
            "data": {"job": "job-1", "kind": "payments", "status": "FINISHED", "rows": 1, "done": 1, "refused": 0},
        }
        assert hooks.received[0].headers["webhook-id"] == str(event.key)
        attempt = WebhookAttempt.objects.get()
        assert (only_delivery().status, attempt.status_code, attempt.failure, attempt.answer) == (
            "DELIVERED",
            200,
            "",
            "fine",
        )

    def test_nothing_is_sent_twice_that_was_taken(self, dana, endpoint, hooks):
        tell(dana)
        deliver()

        assert deliver() == {}
        assert len(hooks.received) == 1

    def test_only_what_an_endpoint_wants_is_sent_to_it(self, dana, hooks):
        enabled(dana, hooks.url, types=["payment.received"])
        tell(dana)

        assert deliver() == {}
        assert hooks.received == []

    def test_the_secret_before_signs_too_for_a_day_after_a_change(self, dana, endpoint, hooks):
        before = endpoint.secret
        changed = rotate_secret(endpoint_id=endpoint.pk, now=lender_now(), actor=ACTOR)
        tell(dana)
        deliver()
        tell(dana)
        deliver(now=lender_now() + timedelta(hours=25))

        assert hooks.received[0].verified(changed.secret) == hooks.received[0].verified(before)
        assert len(hooks.received[0].headers["webhook-signature"].split(" ")) == 2
        assert len(hooks.received[1].headers["webhook-signature"].split(" ")) == 1

    def test_events_of_one_subject_carry_a_number_that_rises(self, dana, endpoint, hooks):
        for _time in range(5):
            tell(dana)
        deliver()

        sequences = sorted(request.payload["sequence"] for request in hooks.received)
        by_id = [*PartnerEvent.objects.order_by("id").values_list("position", flat=True)]
        assert sequences == by_id
        assert len(set(sequences)) == 5

    def test_2_000_deliveries_take_few_statements(self, dana, endpoint, hooks, monkeypatch):
        """However slowly the machine works: what is written at once is a whole chunk, and nothing goes by the clock."""

        def all_lanes(said: SimpleQueue) -> list:
            heard = [said.get(timeout=60)]
            while sum(each.outcome is None for each in heard) < sending.AT_ONCE:
                heard.append(said.get(timeout=60))
            return heard

        monkeypatch.setattr(sending, "_heard", all_lanes)
        for clock in ("LOOKS_EVERY", "TRUSTED_FOR", "SLOW_MS"):
            monkeypatch.setattr(sending, clock, float("inf"))
        for number in range(2_000):
            tell(dana, f"job-{number}")

        with CaptureQueriesContext(connection) as asked:
            counts = deliver(limits=Limits(connect=60, read=60, total=60))

        assert counts == {"delivered": 2_000}
        assert len({request.headers["webhook-id"] for request in hooks.received}) == 2_000
        assert len(asked) <= 1_000, len(asked)
        assert hooks.most_at_once <= sending.AT_ONCE


class TestFailing:
    @pytest.mark.parametrize(
        ("manner", "failure", "status"),
        [
            (500, "STATUS", 500),
            ("hang", "TIMEOUT", None),
            ("drip", "TIMEOUT", 200),
            ("redirect", "REDIRECT", 302),
            ("close", "CONNECTION", None),
            ("garbage", "PROTOCOL", None),
        ],
    )
    def test_whatever_a_receiver_does_it_is_tried_again(self, dana, endpoint, hooks, manner, failure, status):
        hooks.manners = [manner]
        tell(dana)
        now = lender_now()

        assert deliver(now) == {"failed": 1}
        attempt = WebhookAttempt.objects.get()
        assert (attempt.failure, attempt.status_code) == (failure, status)
        assert attempt.milliseconds < 2_000
        assert now + DELAYS[0] * 0.9 <= only_delivery().next_at <= now + DELAYS[0]
        assert deliver(now) == {}
        assert deliver(now + DELAYS[0]) == {"delivered": 1}
        assert {request.headers["webhook-id"] for request in hooks.received} == {str(PartnerEvent.objects.get().key)}

    def test_of_a_huge_answer_no_more_than_the_beginning_is_read(self, dana, endpoint, hooks):
        hooks.usually = "huge"
        tell(dana)

        assert deliver(limits=Limits()) == {"delivered": 1}
        assert WebhookAttempt.objects.get().answer == "x" * 1_024

    def test_an_answer_is_kept_without_phones_and_addresses(self, dana, endpoint, hooks):
        hooks.usually = "phone"
        tell(dana)
        deliver()

        assert WebhookAttempt.objects.get().answer == "No …, ask …@…"

    def test_a_receiver_that_asks_for_patience_gets_it(self, dana, endpoint, hooks):
        hooks.usually = "patience"
        tell(dana)
        now = lender_now()
        deliver(now)
        tell(dana, "another")

        assert only_delivery().next_at == now + timedelta(minutes=20)
        assert deliver(now + timedelta(minutes=19)) == {}
        assert len(hooks.received) == 1

    def test_after_nearly_a_day_it_is_given_up_and_everybody_hears_of_it(
        self, dana, endpoint, hooks, django_capture_on_commit_callbacks
    ):
        hooks.usually = 500
        tell(dana)
        now = lender_now()
        for delay in (timedelta(0), *DELAYS):
            now += delay
            deliver(now)

        assert len(hooks.received) == MOST_TRIES == 11
        assert now - lender_now() < timedelta(hours=24)
        assert (only_delivery().status, only_delivery().tried) == ("DEAD", 11)
        assert Alert.objects.get(kind="webhook.dead").params == {"partner": "Dana", "endpoint": str(endpoint.key)}
        assert WebhookEndpoint.objects.exclude(told_dead_at=None).exists()
        assert tell_partner(endpoint_id=endpoint.pk, what="DEAD") is True
        assert mail.outbox[0].to == ["dana@example.com"]
        assert hooks.url in mail.outbox[0].body

    def test_a_success_ends_the_trouble(self, dana, endpoint, hooks):
        hooks.manners = [500]
        tell(dana)
        now = lender_now()
        deliver(now)
        assert WebhookEndpoint.objects.get().failing_since == now

        deliver(now + DELAYS[0])

        assert WebhookEndpoint.objects.get().failing_since is None

    def test_a_receiver_that_is_gone_is_not_asked_again(self, dana, endpoint, hooks):
        hooks.usually = 410
        tell(dana)

        assert deliver() == {"dead": 1}
        stopped = WebhookEndpoint.objects.get()
        assert (stopped.status, stopped.disabled_reason) == ("DISABLED", "GONE")
        assert Alert.objects.filter(kind="webhook.disabled", ended_at=None).exists()
        tell(dana)
        assert deliver() == {}
        change_endpoint(endpoint_id=endpoint.pk, changes={"enabled": True}, now=lender_now(), actor=ACTOR)
        assert Alert.objects.filter(kind="webhook.disabled", ended_at=None).exists() is False

    def test_five_days_of_nothing_but_failures_disable_an_endpoint(self, dana, endpoint, hooks):
        hooks.usually = 500
        tell(dana)
        now = lender_now()
        deliver(now)
        tell(dana, "another")
        deliver(now + timedelta(days=5))

        stopped = WebhookEndpoint.objects.get()
        assert (stopped.status, stopped.disabled_reason) == ("DISABLED", "FAILING")

    def test_a_name_that_leads_inside_is_refused_at_every_try(self, dana, endpoint, hooks, settings):
        settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": False}
        tell(dana)

        assert deliver() == {"failed": 1}
        assert WebhookAttempt.objects.get().failure == "ADDRESS"
        assert hooks.received == []


class TestInactivePartner:
    def test_gets_nothing_until_it_is_active_again(self, dana, endpoint, hooks):
        dana.is_active = False
        dana.save()
        tell(dana)

        assert deliver() == {}
        assert hooks.received == []

        dana.is_active = True
        dana.save()
        assert deliver() == {"delivered": 1}


class TestServing:
    def test_what_is_in_hand_is_not_sent_to_an_endpoint_that_was_deleted(self, dana, endpoint, hooks, monkeypatch):
        for number in range(20):
            tell(dana, f"job-{number}")
        due_of = sending._due_of

        def deleted_meanwhile(ids, now):
            found = due_of(ids, now)
            if found:
                delete_endpoint(endpoint_id=endpoint.pk, now=now, actor=ACTOR)
            return found

        monkeypatch.setattr(sending, "_due_of", deleted_meanwhile)

        assert deliver() == {}
        assert hooks.received == []

    @pytest.mark.parametrize("change", [{"url": "https://elsewhere.example/"}, {"enabled": False}])
    def test_the_rest_of_what_is_in_hand_waits_for_an_endpoint_that_was_changed(
        self, dana, endpoint, hooks, monkeypatch, change
    ):
        """The run looks again and again; here it does when its lanes are about to begin."""
        for number in range(20):
            tell(dana, f"job-{number}")
        start = sending._Run._start

        def changed_before_the_start(run, pool, served):
            change_endpoint(endpoint_id=endpoint.pk, changes=change, now=lender_now(), actor=ACTOR)
            run.served[endpoint.pk] = served
            run._look_again()
            start(run, pool, served)

        monkeypatch.setattr(sending._Run, "_start", changed_before_the_start)

        assert deliver() == {}
        assert hooks.received == []
        assert WebhookDelivery.objects.filter(status="PENDING", tried=0).count() == 20

    def test_a_slow_receiver_holds_up_nobody_else(self, dana, hooks):
        """Its lanes stop at the first deadline, while the other endpoint gets all of its events."""
        hooks.usually = "hang"
        slow = enabled(dana, hooks.url)
        with receiver() as quick:
            enabled(dana, quick.url)
            for number in range(20):
                tell(dana, f"job-{number}")
            until = lender_now() + timedelta(seconds=2)
            counts = deliver_due(clock=lender_now, until=until, limits=Limits(connect=1, read=3, total=3))

            assert len(quick.received) == 20
        assert dict(counts) == {"delivered": 20, "failed": 4}
        assert hooks.most_at_once == 4
        assert WebhookDelivery.objects.filter(endpoint=slow, tried=0).count() == 16

    def test_what_a_killed_worker_had_in_hand_is_taken_up_when_its_lease_is_over(self, dana, endpoint, hooks):
        tell(dana)
        now = lender_now()
        WebhookEndpoint.objects.update(
            claimed_by="0f8fad5b-d9cb-469f-a165-70867728950e", claimed_until=now + timedelta(seconds=90)
        )

        assert deliver(now + timedelta(seconds=89)) == {}
        assert deliver(now + timedelta(seconds=90)) == {"delivered": 1}

    def test_what_was_decided_meanwhile_is_not_overwritten(self, dana, endpoint, hooks):
        """A try that ends after somebody else wrote its outcome changes nothing."""
        tell(dana)
        deliver()
        late = outcome_of(only_delivery().pk, 1, Reply(500, b"", 1, None, "STATUS"), at=lender_now())
        counts = write_outcomes([late], [], token=endpoint.key, now=lender_now())

        assert counts == {}
        assert (only_delivery().status, only_delivery().tried) == ("DELIVERED", 1)
