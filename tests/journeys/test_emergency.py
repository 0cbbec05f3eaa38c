"""A supervisor takes an accountant's rights while the provider is down, and another one looks into it."""

import pytest
from django.urls import reverse

from dashu.break_glass.models import EmergencyGrant
from tests import factories
from tests.journeys.browsing import enter, fits
from tests.journeys.looking import barriers

REASON = "The provider is down and refunds have to be given today."
LIST = "/admin/break_glass/emergencygrant/"


@pytest.fixture
def people(transactional_db):
    leading = [factories.staff(name, "SUPERVISOR") for name in ("Sun", "Ping")]
    for user in leading:
        factories.speak(user, "en")
    return leading


def looked_at(page) -> None:
    assert fits(page), page.url
    assert barriers(page, within="#content") == [], page.url


def test_from_taking_rights_to_what_was_found(open_each_size, live_server, people):
    sun, ping = people
    desk = open_each_size("en")
    enter(desk, sun, live_server.url)
    desk.goto(f"{live_server.url}{LIST}")
    looked_at(desk)
    desk.goto(live_server.url + reverse("admin:break_glass_emergencygrant_take"))
    looked_at(desk)
    desk.select_option("[name=role]", "ACCOUNTANT")
    desk.fill("[name=reason]", REASON)
    with desk.expect_navigation():
        desk.click("main button[type=submit], #content button[type=submit]")

    desk.goto(f"{live_server.url}/admin/ledger/journalentry/")
    assert "You have the rights of “Accountant” in an emergency until" in desk.inner_text("body")
    assert fits(desk)
    with desk.expect_navigation():
        desk.click("text=Give the rights back")
    assert "The rights are given back." in desk.inner_text("body")
    assert "in an emergency until" not in desk.inner_text("body")

    other = open_each_size("en")
    enter(other, ping, live_server.url)
    grant = EmergencyGrant.objects.get()
    other.goto(live_server.url + reverse("admin:break_glass_emergencygrant_look_into", args=[grant.pk]))
    assert "ledger_journalentry_changelist" in other.inner_text("body")
    looked_at(other)
    other.select_option("[name=is_justified]", "yes")
    other.fill("[name=words]", "Looked at the entries, as said.")
    with other.expect_navigation():
        other.click("#content button[type=submit]")
    assert "justified" in other.inner_text("#content").lower()
    looked_at(other)
