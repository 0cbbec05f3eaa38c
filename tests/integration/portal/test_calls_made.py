"""The borrower's list of calls, visits and letters."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactAttempt, GuardDecision
from dashu.users.models import Borrower
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "/messages/calls/"
NOON = datetime(2026, 3, 4, 12, 5, tzinfo=LENDER_ZONE)


def tried(owner: Borrower, number: int = 0, *, channel: str = "CALL", **fields: str) -> ContactAttempt:
    at = NOON + timedelta(days=number)
    given = {"party": "BORROWER", "purpose": "COLLECTION", "outcome": "NO_ANSWER", **fields}
    decision = GuardDecision.objects.create(
        borrower=owner, channel=channel, party=given["party"], purpose=given["purpose"], stage="ASKED",
        verdict="ALLOW", reasons=[], at=at,
    )  # fmt: skip
    return ContactAttempt.objects.create(
        key=f"{owner.pk}-{number}-{channel}-{given['party']}-{given['outcome']}", borrower=owner, channel=channel,
        decision=decision, operator="user:7", started_at=at, note="She sounded tired.",
        outcome_at=None if given["outcome"] == "OPEN" else at, **given,
    )  # fmt: skip


def signed_in(person: Borrower) -> Client:
    factories.speak(person.user, "en")
    client = Client()
    client.force_login(person.user, "django.contrib.auth.backends.ModelBackend")
    return client


def shown(person: Borrower, **asked: str) -> str:
    return signed_in(person).get(PAGE, asked).content.decode()


class TestCallsMade:
    def test_say_when_how_why_and_what_came_of_it_and_nothing_of_our_notes(self, amina):
        tried(amina)
        tried(amina, 1, channel="VISIT", outcome="NOT_MET")

        page = shown(amina)

        assert "We called" in page
        assert "because a payment was late · Nobody answered." in page
        assert "12:05" in page
        assert page.index("We came by") < page.index("We called")
        assert "tired" not in page
        assert PAGE in signed_in(amina).get("/messages/").content.decode()

    def test_name_the_kind_of_others_who_were_asked(self, amina):
        tried(amina, party="WORKPLACE", purpose="LOCATE", outcome="RIGHT_PARTY")

        page = shown(amina)

        assert "We called · Workplace" in page
        assert "to ask how you can be reached; nothing was said of a loan · We spoke." in page

    def test_leave_out_what_did_not_come_about(self, amina):
        tried(amina, outcome="FAILED")

        assert "Nobody has called, visited or written by hand." in shown(amina)

    def test_of_others_are_not_seen(self, amina, brook, chidi):
        theirs = tried(brook)

        assert "We called" not in shown(amina)
        for before in (str(theirs.pk), "x", "9" * 30):
            assert signed_in(amina).get(PAGE, {"before": before}).status_code == 404
        staff = Client()
        staff.force_login(chidi, "django.contrib.auth.backends.ModelBackend")
        assert "We called" not in staff.get(PAGE).content.decode()
        assert Client().get(PAGE).status_code == 302

    def test_go_on_page_by_page_at_the_same_cost(self, amina):
        client = signed_in(amina)
        tried(amina)
        with CaptureQueriesContext(connection) as few:
            client.get(PAGE)
        for number in range(1, 25):
            tried(amina, number)
        with CaptureQueriesContext(connection) as many:
            first = client.get(PAGE)
        second = client.get(PAGE, {"before": first.context["older"]})

        assert len(many) == len(few)
        assert (len(first.context["made"]), len(second.context["made"]), second.context["older"]) == (20, 5, None)
