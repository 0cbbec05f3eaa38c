"""Webhook endpoints, deliveries and events in the console."""

import re
from datetime import timedelta
from typing import Any

import pytest

from dashu.api.webhooks.challenges import one_challenge
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.webhooks.models import PartnerEvent, WebhookDelivery, WebhookEndpoint
from tests.integration.console.conftest import signed_in
from tests.integration.webhooks.conftest import deliver, enabled, tell

pytestmark = pytest.mark.django_db

SURE = ("change/", "secret/", "delete/")
BY_BUTTON = ("verify/", "test/", "switch/", "replay/given-up/")


def secret_on(answer: Any) -> str:
    (secret,) = re.findall(r'<code id="secret">([^<]+)</code>', answer.content.decode())
    return secret


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def page_of(endpoint: WebhookEndpoint, act: str = "") -> str:
    return f"/partner/webhooks/{endpoint.key}/{act}"


class TestEndpoints:
    def test_one_is_entered_verified_and_tested(self, browser, dana, hooks):
        hooks.usually = "echo"
        answer = browser.post("/partner/webhooks/new/", {"url": hooks.url, "types": ["job.finished"]})
        made = WebhookEndpoint.objects.get()
        secret = secret_on(answer)
        assert (made.partner, made.types, made.status, made.secret) == (dana, ["job.finished"], "UNVERIFIED", secret)
        assert secret not in browser.get(page_of(made)).content.decode()

        assert "echoed the challenge" in said(browser.post(page_of(made, "verify/"), follow=True))
        made.refresh_from_db()
        assert made.status == "ENABLED"

        assert "A test event is on its way." in said(browser.post(page_of(made, "test/"), follow=True))
        deliver()
        assert hooks.received[-1].verified(secret)["type"] == "webhook.test"

    def test_an_address_that_is_not_allowed_is_refused_beside_its_field(self, browser, settings):
        page = browser.post("/partner/webhooks/new/", {"url": "https://10.0.0.1/hooks"}).content.decode()

        assert "1 field needs another look." in page
        assert WebhookEndpoint.objects.exists() is False

    def test_one_at_a_time_is_verified_as_by_the_api(self, browser, dana, endpoint, hooks):
        WebhookEndpoint.objects.update(status="UNVERIFIED", verified_at=None)

        with one_challenge(dana.pk):
            answer = browser.post(page_of(endpoint, "verify/"), follow=True)

        assert "An endpoint of yours is being verified at this moment." in said(answer)
        assert hooks.received == []

    def test_what_does_not_echo_is_told_why(self, browser, endpoint, hooks):
        WebhookEndpoint.objects.update(status="UNVERIFIED", verified_at=None)
        hooks.usually = 503

        answer = browser.post(page_of(endpoint, "verify/"), follow=True)

        assert said(answer).endswith("(The answer was not 2xx, HTTP 503)")
        endpoint.refresh_from_db()
        assert endpoint.status == "UNVERIFIED"

    def test_a_new_secret_is_shown_once_and_the_one_before_signs_on(self, browser, endpoint, hooks, dana):
        before = endpoint.secret
        answer = browser.post(page_of(endpoint, "secret/"))
        secret = secret_on(answer)

        assert secret != before
        assert secret not in browser.get(page_of(endpoint)).content.decode()
        assert "Signs too until" in browser.get(page_of(endpoint)).content.decode()
        tell(dana)
        deliver()
        assert [hooks.received[-1].verified(each)["type"] for each in (secret, before)] == ["job.finished"] * 2

    def test_it_is_switched_off_and_on(self, browser, endpoint):
        browser.post(page_of(endpoint, "switch/"), {"enabled": "0"})
        endpoint.refresh_from_db()
        assert (endpoint.status, endpoint.disabled_reason) == ("DISABLED", "BY_PARTNER")

        browser.post(page_of(endpoint, "switch/"), {"enabled": "1"})
        endpoint.refresh_from_db()
        assert endpoint.status == "ENABLED"

    def test_its_types_change_without_a_new_verification(self, browser, endpoint):
        kept = {"url": endpoint.url, "description": "bookings", "types": ["payment.received"]}
        browser.post(page_of(endpoint, "change/"), kept)

        endpoint.refresh_from_db()
        assert (endpoint.types, endpoint.description, endpoint.status) == (["payment.received"], "bookings", "ENABLED")
        fields = AuditRecord.objects.get(action="webhooks.endpoint_changed").data["fields"]
        assert fields == ["description", "types"]

    def test_deleted_it_is_gone(self, browser, endpoint):
        browser.post(page_of(endpoint, "delete/"))

        assert browser.get(page_of(endpoint)).status_code == 404
        assert "No endpoint yet." in browser.get("/partner/webhooks/").content.decode()

    @pytest.mark.parametrize("act", ["", *SURE, *BY_BUTTON, "replay/"])
    def test_another_partners_is_not_found_and_nothing_happens_to_it(self, elis, endpoint, act):
        kept, records = WebhookEndpoint.objects.values().get(), AuditRecord.objects.count()

        assert elis.get(page_of(endpoint, act), follow=True).status_code == 404
        assert elis.post(page_of(endpoint, act), {"enabled": "0"}).status_code in {404, 405}
        assert WebhookEndpoint.objects.values().get() == kept
        assert AuditRecord.objects.count() == records

    @pytest.mark.parametrize("act", SURE)
    def test_what_gives_a_key_away_asks_again_who_it_is(self, dana, endpoint, act):
        answer = signed_in(dana).get(page_of(endpoint, act))

        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")


class TestDeliveries:
    def test_one_is_found_by_each_box_with_its_tries(self, browser, endpoint, dana, hooks):
        hooks.usually = 503
        tell(dana, "job-1")
        deliver()
        delivery = WebhookDelivery.objects.get()

        for box, value in {
            "endpoint": endpoint.key,
            "status": "PENDING",
            "type": "job.finished",
            "subject": "job-1",
        }.items():
            rows = browser.get("/partner/webhooks/deliveries/", {box: str(value)}).context["rows"]
            assert [each["row"].pk for each in rows] == [delivery.pk], box
        assert browser.get("/partner/webhooks/deliveries/", {"status": "DEAD"}).context["rows"] == []
        page = browser.get(f"/partner/webhooks/deliveries/{delivery.key}/").content.decode()
        assert "The answer was not 2xx" in page
        assert "&quot;type&quot;: &quot;job.finished&quot;" in page

    def test_one_that_was_given_up_is_sent_again(self, browser, endpoint, dana, hooks):
        tell(dana)
        deliver()
        WebhookDelivery.objects.update(status="DEAD")
        delivery = WebhookDelivery.objects.get()

        browser.post(f"/partner/webhooks/deliveries/{delivery.key}/replay/")
        deliver()

        delivery.refresh_from_db()
        assert (delivery.status, len(hooks.received)) == ("DELIVERED", 2)

    def test_all_that_were_given_up_and_all_since_a_moment_are_sent_again(self, browser, endpoint, dana):
        for number in range(3):
            tell(dana, f"job-{number}")
        deliver()
        WebhookDelivery.objects.filter(event__subject="job-1").update(status="DEAD")

        assert said(browser.post(page_of(endpoint, "replay/given-up/"), follow=True)) == "On their way again: 1."
        since = {"since": f"{lender_now() - timedelta(hours=1):%Y-%m-%dT%H:%M}"}
        assert said(browser.post(page_of(endpoint, "replay/"), since, follow=True)) == "On their way again: 3."
        assert WebhookDelivery.objects.filter(status="PENDING").count() == 3

    def test_to_an_endpoint_that_is_off_nothing_is_sent_again(self, browser, endpoint, dana):
        tell(dana)
        deliver()
        WebhookEndpoint.objects.update(status="DISABLED", disabled_reason="BY_PARTNER", disabled_at=lender_now())

        answer = browser.post(f"/partner/webhooks/deliveries/{WebhookDelivery.objects.get().key}/replay/", follow=True)

        assert "This endpoint is not enabled." in said(answer)
        assert WebhookDelivery.objects.get().status == "DELIVERED"

    def test_another_partners_is_neither_listed_nor_found(self, elis, endpoint, dana):
        tell(dana)
        deliver()
        delivery = WebhookDelivery.objects.get()

        assert elis.get("/partner/webhooks/deliveries/").context["rows"] == []
        assert elis.get(f"/partner/webhooks/deliveries/{delivery.key}/").status_code == 404
        assert elis.post(f"/partner/webhooks/deliveries/{delivery.key}/replay/").status_code == 404
        assert elis.get("/partner/webhooks/deliveries/", {"endpoint": endpoint.key}).context["rows"] == []
        delivery.refresh_from_db()
        assert delivery.status == "DELIVERED"

    def test_the_list_asks_the_database_equally_often_for_few_and_for_many(
        self, browser, endpoint, dana, django_assert_num_queries, django_assert_max_num_queries
    ):
        tell(dana)
        browser.get("/partner/webhooks/deliveries/")
        with django_assert_max_num_queries(16) as first:
            browser.get("/partner/webhooks/deliveries/")
        asked = len(first.captured_queries)
        enabled(dana, f"{endpoint.url}?2")
        for number in range(5):
            tell(dana, f"job-{number}")
        browser.get("/partner/webhooks/deliveries/")

        with django_assert_num_queries(asked):
            answer = browser.get("/partner/webhooks/deliveries/")
        assert len(answer.context["rows"]) == 11


class TestEvents:
    def test_the_feed_is_shown_newest_first_and_narrowed(self, browser, elis, dana, hooks):
        tell(dana, "job-1")
        tell(dana, "job-2")

        shown = browser.get("/partner/events/").context["page"].rows
        assert [each.subject for each in shown] == ["job-2", "job-1"]
        assert [each.subject for each in browser.get("/partner/events/?subject=job-1").context["page"].rows] == [
            "job-1"
        ]
        assert browser.get("/partner/events/?type=payment.received").context["page"].rows == []
        assert elis.get("/partner/events/").context["page"].rows == []

    def test_one_event_is_its_partners_alone(self, browser, elis, dana):
        tell(dana)
        browser.get("/partner/events/")
        event = PartnerEvent.objects.get()

        assert "&quot;job&quot;: &quot;job-1&quot;" in browser.get(f"/partner/events/{event.key}/").content.decode()
        assert elis.get(f"/partner/events/{event.key}/").status_code == 404
