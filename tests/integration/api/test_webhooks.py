"""The events feed, webhook endpoints and deliveries through the API; and what the OpenAPI document says of them."""

import json
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
import redis
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashu.api.models import StoredAnswer
from dashu.api.webhooks import challenges, examples
from dashu.api.webhooks.challenges import one_challenge
from dashu.kernel.dates import lender_now
from dashu.webhooks.catalog import CATALOG
from dashu.webhooks.models import FeedStart, PartnerEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dashu.webhooks.services.tidying import tidy_events
from tests import factories
from tests.integration.api.conftest import PartnerProgram, assert_problem, program_of
from tests.integration.webhooks.conftest import deliver, enabled, tell
from tests.receivers import Receiver, receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_challenge_before(settings):
    server = redis.Redis.from_url(settings.REDIS_URL)
    for key in server.scan_iter("dashu:*challenge*"):
        server.delete(key)


@pytest.fixture
def hooks(settings: Any):
    settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": True}
    with receiver() as state:
        yield state


@pytest.fixture
def other(db: None) -> PartnerProgram:
    return program_of(factories.partner("Brook"))


def post(program: PartnerProgram, path: str, body: Any = None, key: str = "") -> HttpResponse:
    return program.post(path, body if body is not None else {}, **{"Idempotency-Key": key or str(uuid4())})


def change(program: PartnerProgram, path: str, body: Any, method: str = "patch", **headers: str) -> HttpResponse:
    return getattr(program.client, method)(
        f"/api/v1/{path}",
        data=json.dumps(body),
        content_type="application/json",
        headers=program.headers({"Idempotency-Key": str(uuid4()), "If-Match": "*", **headers}),
    )


def entered(program: PartnerProgram, hooks: Receiver, **more: Any) -> str:
    answer = post(program, "webhook-endpoints", {"url": hooks.url, **more})
    assert answer.status_code == 201, answer.json()
    return answer.json()["id"]


def read_all(program: PartnerProgram, query: str = "", cursor: str = "") -> tuple[list[str], str]:
    page = program.get(f"events?limit=2{query}" + (f"&cursor={cursor}" if cursor else "")).json()
    subjects = [event["subject"] for event in page["results"]]
    if not subjects:
        return [], page["next_cursor"]
    more, end = read_all(program, query, page["next_cursor"])
    return subjects + more, end


class TestFeed:
    def test_is_read_oldest_first_and_gone_on_with_later(self, dana, program):
        for number in range(5):
            tell(dana, f"job-{number}")
        subjects, end = read_all(program)
        tell(dana, "later")

        assert subjects == ["job-0", "job-1", "job-2", "job-3", "job-4"]
        assert read_all(program, cursor=end)[0] == ["later"]

    def test_narrowed_it_passes_over_the_rest(self, dana, program):
        for number in range(4):
            tell(dana, f"job-{number}")

        subjects, end = read_all(program, "&subject=job-1&types=job.finished,webhook.test")
        page = program.get("events?types=loan.settled").json()

        assert subjects == ["job-1"]
        assert page["results"] == []
        assert read_all(program, cursor=end) == ([], page["next_cursor"])

    def test_is_each_partners_own(self, dana, program, other):
        tell(dana)
        event = program.get("events").json()["results"][0]

        assert other.get("events").json()["results"] == []
        assert program.get(f"events/{event['id']}").json() == event
        assert_problem(other.get(f"events/{event['id']}"), 404, "event_not_found", "event")

    def test_takes_as_many_queries_for_many_as_for_one(self, dana, program):
        tell(dana)
        program.get("events")
        with CaptureQueriesContext(connection) as for_one:
            program.get("events")
        for number in range(30):
            tell(dana, f"job-{number}")
        program.get("events")
        with CaptureQueriesContext(connection) as for_many:
            program.get("events")

        assert len(for_many) == len(for_one)

    def test_refuses_what_it_does_not_know(self, program):
        assert_problem(program.get("events?cursor=made-up"), 422, "invalid_cursor", "cursor")
        assert_problem(program.get("events?types=loan.vanished"), 422, "unknown_event_type", "types")
        assert_problem(program.get("events?since=yesterday"), 422, "unknown_field", "since")
        assert_problem(program.get("events?limit=0"), 422, "invalid_input", "limit")

    def test_an_old_cursor_is_told_that_it_missed_something(self, dana, program):
        first = program.get("events").json()["next_cursor"]
        tell(dana)
        second = program.get(f"events?cursor={first}").json()["next_cursor"]
        PartnerEvent.objects.update(happened_at=lender_now() - timedelta(days=91))
        tell(dana, "fresh")
        program.get("events")

        assert tidy_events(now=lender_now()) == 1
        assert FeedStart.objects.get().partner == dana
        assert_problem(program.get(f"events?cursor={first}"), 410, "cursor_expired", "cursor")
        assert read_all(program, cursor=second)[0] == ["fresh"]
        assert read_all(program)[0] == ["fresh"]

    def test_needs_its_scope(self, dana):
        assert_problem(program_of(dana, scope="loans:read").get("events"), 403, "insufficient_scope", None)


class TestEndpoints:
    def test_entered_verified_and_sent_to(self, dana, program, hooks):
        hooks.manners = ["echo"]
        key = entered(program, hooks, types=["job.finished"])
        tell(dana, "too soon")
        before = deliver()
        secret = program.get(f"webhook-endpoints/{key}/secret").json()["secret"]
        verified = post(program, f"webhook-endpoints/{key}/verify")
        tell(dana)
        deliver()

        assert before == {}
        assert (verified.status_code, verified.json()["status"]) == (200, "ENABLED")
        challenge, event = hooks.received
        assert challenge.verified(secret)["type"] == "webhook.verification"
        assert event.verified(secret)["subject"] == "job-1"

    def test_the_secret_stands_in_no_answer_that_is_kept(self, program, hooks):
        key = entered(program, hooks)
        post(program, f"webhook-endpoints/{key}/rotate-secret")
        answer = program.get(f"webhook-endpoints/{key}/secret")

        secrets = answer.json()
        assert secrets["secret"] != secrets["previous_secret"]
        assert answer["Cache-Control"] == "no-store"
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret, previous_secret FROM webhooks_webhookendpoint")
            kept = [*cursor.fetchone(), *StoredAnswer.objects.values_list("body", flat=True)]
        assert [text for text in kept if "whsec_" in text] == []

    @pytest.mark.parametrize(
        ("manner", "reason", "status"), [(200, "not_echoed", 200), (500, "status", 500), ("close", "connection", None)]
    )
    def test_one_that_does_not_echo_stays_as_it_is(self, program, hooks, manner, reason, status):
        hooks.usually = manner
        key = entered(program, hooks)
        answer = post(program, f"webhook-endpoints/{key}/verify")

        assert_problem(answer, 409, "webhook_challenge_failed", "url")
        assert answer.json()["details"] == {"reason": reason, "status": status}
        assert program.get(f"webhook-endpoints/{key}").json()["status"] == "UNVERIFIED"

    def test_one_at_a_time_is_verified(self, dana, other, program, hooks):
        hooks.usually = "echo"
        key = entered(program, hooks)

        with one_challenge(dana.pk):
            refused = post(program, f"webhook-endpoints/{key}/verify")
            assert post(other, f"webhook-endpoints/{entered(other, hooks)}/verify").status_code == 200

        assert_problem(refused, 409, "webhook_challenge_running", None)
        assert len(hooks.received) == 1
        assert post(program, f"webhook-endpoints/{key}/verify").status_code == 200

    def test_a_few_are_verified_at_one_time_whoever_asks(self, program, hooks):
        hooks.usually = "echo"
        key = entered(program, hooks)

        with ExitStack() as held:
            for number in range(challenges.AT_ONCE):
                held.enter_context(one_challenge(-1 - number))
            refused = post(program, f"webhook-endpoints/{key}/verify")

        assert_problem(refused, 503, "webhook_challenges_busy", None)
        assert refused["Retry-After"] == "6"
        assert hooks.received == []
        assert post(program, f"webhook-endpoints/{key}/verify").status_code == 200

    def test_a_few_challenges_are_sent_in_an_hour(self, program, hooks, monkeypatch):
        monkeypatch.setattr(challenges, "AN_HOUR", 2)
        key = entered(program, hooks)

        answers = [post(program, f"webhook-endpoints/{key}/verify") for _time in range(3)]

        assert [answer.status_code for answer in answers] == [409, 409, 429]
        assert_problem(answers[2], 429, "rate_limited", None)
        assert 1_700 < int(answers[2]["Retry-After"]) <= 1_800
        assert len(hooks.received) == 2

    def test_a_secret_that_receivers_still_have_is_not_dropped(self, program, hooks):
        key = entered(program, hooks)
        first = program.get(f"webhook-endpoints/{key}/secret").json()["secret"]
        assert post(program, f"webhook-endpoints/{key}/rotate-secret").status_code == 200

        refused = post(program, f"webhook-endpoints/{key}/rotate-secret")

        assert_problem(refused, 409, "two_webhook_secrets_in_use", "endpoint")
        assert program.get(f"webhook-endpoints/{key}/secret").json()["previous_secret"] == first

    def test_a_verification_sent_twice_challenges_once(self, program, hooks):
        hooks.manners = ["echo"]
        key = entered(program, hooks)
        first = post(program, f"webhook-endpoints/{key}/verify", key="once")
        second = post(program, f"webhook-endpoints/{key}/verify", key="once")

        assert first.json() == second.json()
        assert second["Idempotent-Replayed"] == "true"
        assert len(hooks.received) == 1

    def test_another_address_has_to_be_verified_again(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        changed = change(program, f"webhook-endpoints/{endpoint.key}", {"url": f"{hooks.url}/new"})
        refused = change(program, f"webhook-endpoints/{endpoint.key}", {"enabled": True})
        tell(dana)

        assert (changed.json()["status"], changed.json()["verified_at"]) == ("UNVERIFIED", None)
        assert_problem(refused, 409, "webhook_endpoint_not_verified", "enabled")
        assert deliver() == {}

    def test_disabled_and_enabled_and_deleted(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        path = f"webhook-endpoints/{endpoint.key}"
        off = change(program, path, {"enabled": False, "description": "off"}).json()
        on = change(program, path, {"enabled": True, "types": ["loan.settled"]}).json()
        hooks.usually = 500
        change(program, path, {"types": []})
        tell(dana)
        deliver()
        gone = change(program, path, None, "delete")

        assert (off["status"], off["disabled_reason"], off["description"]) == ("DISABLED", "BY_PARTNER", "off")
        assert (on["status"], on["disabled_reason"], on["types"]) == ("ENABLED", None, ["loan.settled"])
        assert gone.status_code == 204
        assert_problem(program.get(path), 404, "webhook_endpoint_not_found", "endpoint")
        assert program.get("webhook-endpoints").json()["results"] == []
        assert WebhookDelivery.objects.get().status == "CANCELLED"

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            ({"url": "http://partner.example/"}, "webhook_url_refused", "url"),
            ({"url": "https://10.0.0.1/"}, "webhook_url_refused", "url"),
            ({"url": "https://partner.example:22/"}, "webhook_url_refused", "url"),
            ({"url": "https://partner.example/", "types": ["loan.vanished"]}, "unknown_event_type", "types"),
            ({"url": "https://partner.example/", "version": 9}, "unknown_payload_version", "version"),
            ({"url": "https://partner.example/", "secret": "mine"}, "unknown_field", "secret"),
            ({}, "missing_field", "url"),
        ],
    )
    def test_refuses_what_cannot_be(self, program, body, code, field):
        assert_problem(post(program, "webhook-endpoints", body), 422, code, field)
        assert WebhookEndpoint.objects.exists() is False

    def test_ten_are_enough(self, program):
        for number in range(10):
            post(program, "webhook-endpoints", {"url": f"https://partner.example/{number}"})

        refused = post(program, "webhook-endpoints", {"url": "https://partner.example/more"})

        assert_problem(refused, 409, "too_many_webhook_endpoints", None)

    def test_are_each_partners_own(self, program, other, hooks):
        key = entered(program, hooks)
        paths = ["verify", "rotate-secret", "test"]

        assert other.get("webhook-endpoints").json()["results"] == []
        assert other.get(f"webhook-endpoints?ids={key}").json()["results"] == []
        assert [row["id"] for row in program.get(f"webhook-endpoints?ids={key},{uuid4()}").json()["results"]] == [key]
        for path in paths:
            answer = post(other, f"webhook-endpoints/{key}/{path}")
            assert_problem(answer, 404, "webhook_endpoint_not_found", "endpoint")
        for method in ("patch", "delete"):
            answer = change(other, f"webhook-endpoints/{key}", {"enabled": False}, method)
            assert_problem(answer, 404, "webhook_endpoint_not_found", "endpoint")
        for path in ("", "/secret", "/deliveries"):
            answer = other.get(f"webhook-endpoints/{key}{path}")
            assert_problem(answer, 404, "webhook_endpoint_not_found", "endpoint")
        assert hooks.received == []

    def test_reading_does_not_allow_writing_or_the_secret(self, dana, program, hooks):
        key = entered(program, hooks)
        reader = program_of(dana, scope="webhooks:read")

        assert reader.get(f"webhook-endpoints/{key}").status_code == 200
        assert_problem(reader.get(f"webhook-endpoints/{key}/secret"), 403, "insufficient_scope", None)
        assert_problem(post(reader, f"webhook-endpoints/{key}/test"), 403, "insufficient_scope", None)


class TestDeliveries:
    def test_tell_every_try(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        hooks.manners = [500]
        tell(dana)
        deliver()
        deliver(lender_now() + timedelta(seconds=6))
        page = program.get(f"webhook-endpoints/{endpoint.key}/deliveries").json()
        one = program.get(f"webhook-deliveries/{page['results'][0]['id']}").json()

        assert one["status"] == "DELIVERED"
        assert [(each["number"], each["status_code"], each["failure"]) for each in one["attempts_made"]] == [
            (1, 500, "STATUS"),
            (2, 200, None),
        ]
        assert page["results"] == [{name: value for name, value in one.items() if name != "attempts_made"}]

    def test_are_sent_again_under_the_same_id(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        tell(dana)
        deliver()
        delivery = WebhookDelivery.objects.get()
        answer = post(program, f"webhook-deliveries/{delivery.key}/replay")
        deliver()

        assert (answer.status_code, answer.json()["status"]) == (202, "PENDING")
        assert len({request.headers["webhook-id"] for request in hooks.received}) == 1
        assert len(hooks.received) == 2
        assert [*WebhookAttempt.objects.order_by("number").values_list("number", flat=True)] == [1, 2]
        assert endpoint.deliveries.count() == 1

    def test_everything_since_a_moment_also_what_was_never_queued(self, dana, program, hooks):
        begin = lender_now() - timedelta(minutes=1)
        tell(dana, "before")
        program.get("events")
        endpoint = enabled(dana, hooks.url)
        answer = post(program, f"webhook-endpoints/{endpoint.key}/replay", {"since": begin.isoformat()})
        deliver()

        assert (answer.status_code, answer.json()) == (202, {"queued": 1})
        assert [request.payload["subject"] for request in hooks.received] == ["before"]

    def test_all_that_was_given_up(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        tell(dana)
        tell(dana, "another")
        program.get("events")
        WebhookDelivery.objects.update(status="DEAD", attempts=11)
        listed = program.get(f"webhook-endpoints/{endpoint.key}/deliveries?status=DEAD").json()["results"]
        answer = post(program, f"webhook-endpoints/{endpoint.key}/replay", {"dead": True})

        assert len(listed) == 2
        assert answer.json() == {"queued": 2}
        assert deliver() == {"delivered": 2}

    @pytest.mark.parametrize("body", [{}, {"dead": False}, {"dead": True, "since": "2026-01-01T00:00:00Z"}])
    def test_asked_again_for_nothing_or_for_both_is_refused(self, dana, program, hooks, body):
        endpoint = enabled(dana, hooks.url)

        assert_problem(post(program, f"webhook-endpoints/{endpoint.key}/replay", body), 422, "invalid_input", None)

    def test_nothing_is_queued_for_a_disabled_endpoint(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        change(program, f"webhook-endpoints/{endpoint.key}", {"enabled": False})

        for path, body in (("test", {}), ("replay", {"dead": True})):
            answer = post(program, f"webhook-endpoints/{endpoint.key}/{path}", body)
            assert_problem(answer, 409, "webhook_endpoint_not_enabled", "endpoint")

    def test_a_test_goes_to_one_endpoint_alone(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        enabled(dana, f"{hooks.url}/other")
        answer = post(program, f"webhook-endpoints/{endpoint.key}/test")
        deliver()

        assert answer.json() == examples.TESTED
        assert [(request.path, request.payload["type"]) for request in hooks.received] == [("/hooks", "webhook.test")]

    def test_another_partner_finds_none(self, dana, other, hooks):
        enabled(dana, hooks.url)
        tell(dana)
        deliver()
        key = WebhookDelivery.objects.get().key

        assert_problem(other.get(f"webhook-deliveries/{key}"), 404, "webhook_delivery_not_found", "delivery")
        assert_problem(post(other, f"webhook-deliveries/{key}/replay"), 404, "webhook_delivery_not_found", "delivery")
        assert len(hooks.received) == 1

    def test_a_list_takes_as_many_queries_for_many_as_for_one(self, dana, program, hooks):
        endpoint = enabled(dana, hooks.url)
        counts = []
        for _round in range(2):
            for number in range(1 if not counts else 20):
                tell(dana, f"job-{number}")
            program.get("events")
            with CaptureQueriesContext(connection) as asked:
                program.get(f"webhook-endpoints/{endpoint.key}/deliveries")
            counts.append(len(asked))

        assert counts[0] == counts[1]


class TestDocument:
    def test_has_a_webhook_for_every_type_with_an_example_that_fits(self):
        schema = Client().get("/api/v1/schema/").json()
        webhooks = schema["webhooks"]

        assert set(webhooks) == {*CATALOG, "webhook.verification"}
        for name, item in webhooks.items():
            content = item["post"]["requestBody"]["content"]["application/json"]
            validator = jsonschema.Draft202012Validator({**content["schema"], "components": schema["components"]})
            validator.validate(content["examples"][name]["value"])

    def test_what_is_really_sent_fits_too(self, dana, program):
        tell(dana)
        event = program.get("events").json()["results"][0]
        schema = Client().get("/api/v1/schema/").json()
        content = schema["webhooks"]["job.finished"]["post"]["requestBody"]["content"]["application/json"]

        jsonschema.Draft202012Validator({**content["schema"], "components": schema["components"]}).validate(event)
