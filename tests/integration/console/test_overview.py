"""The first page: how calls went, what was refused, and which endpoints need somebody."""

from datetime import timedelta

import pytest
from django.test import Client

from dashu.kernel.dates import lender_now
from dashu.webhooks.models import WebhookDelivery
from tests import factories
from tests.integration.console.calls import called
from tests.integration.console.conftest import signed_in
from tests.integration.webhooks.conftest import enabled, tell

pytestmark = pytest.mark.django_db


def test_the_site_leads_a_partner_here_and_a_borrower_not(browser, rules):
    assert browser.get("/").headers["Location"] == "/partner/"
    borrower = Client()
    borrower.force_login(factories.borrower("Amina").user, backend="django.contrib.auth.backends.ModelBackend")
    assert borrower.get("/").status_code == 200
    assert borrower.get("/partner/").status_code == 404


def test_a_partner_that_is_no_longer_active_finds_nothing(dana):
    dana.is_active = False
    dana.save()

    assert signed_in(dana).get("/partner/").status_code == 404


def test_the_last_day_is_summed_up_by_how_calls_ended(browser, dana, eli):
    now = lender_now()
    for milliseconds in (10, 20, 30, 40):
        called(dana, milliseconds=milliseconds, at=now - timedelta(hours=1))
    called(dana, status=404, code="loan_not_found", milliseconds=900, at=now - timedelta(hours=2))
    called(dana, status=429, code="too_many_requests", at=now - timedelta(hours=3))
    called(dana, status=500, at=now - timedelta(hours=25))
    called(eli, status=500, at=now)

    page = browser.get("/partner/")

    last_day = page.context["last_day"]
    assert (last_day.calls, last_day.answered, last_day.refused, last_day.limited, last_day.failed) == (6, 4, 2, 1, 0)
    assert (last_day.half, last_day.most) == (20, 900)
    shares = [(each["code"], each["count"], str(each["share"])) for each in page.context["refusals"]]
    assert shares == [("loan_not_found", 1, "16.7"), ("too_many_requests", 1, "16.7")]
    assert "/partner/requests/?code=loan_not_found" in page.content.decode()


def test_without_calls_it_says_so(browser):
    page = browser.get("/partner/").content.decode()

    assert "There were no calls." in page
    assert "None yet. The events feed has the same events" in page


def test_what_was_given_up_is_said_first(browser, endpoint, dana, eli, hooks):
    tell(dana)
    browser.get("/partner/webhooks/deliveries/")
    WebhookDelivery.objects.update(status="DEAD")
    enabled(eli, hooks.url)

    page = browser.get("/partner/").content.decode()

    assert "1 delivery was given up. Send it again once your receiver works." in page
    assert page.count(endpoint.url) == 1


def test_the_sandbox_is_named_where_there_is_one(browser, settings):
    settings.SANDBOX_URL = "https://sandbox.example.com/"
    assert 'href="https://sandbox.example.com"' in browser.get("/partner/").content.decode()

    settings.SANDBOX = True
    page = browser.get("/partner/").content.decode()
    assert "https://sandbox.example.com" not in page
    assert "Sandbox: nothing here is real." in page


def test_it_asks_the_database_equally_often_however_much_there_is(
    browser, dana, endpoint, hooks, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15) as first:
        browser.get("/partner/")
    for number in range(4):
        enabled(dana, f"{hooks.url}?{number}")
        called(dana, status=422, code=f"code_{number}")

    with django_assert_num_queries(len(first.captured_queries)):
        browser.get("/partner/")
