"""The queue in the back office: what waits, in order, with its clock and its reasons, and how it is searched."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loans.models import Application
from loans.selectors.desk import Place, page_of
from loans.services.ask_for_review import ask_for_review
from loans.services.hold_application import claim_next_application
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, NOW
from tests.integration.desk.conftest import decided, referred, signed_in

pytestmark = pytest.mark.usefixtures("bureau")
QUEUE = "/admin/loans/application/"
OTHERS = {"person": {"number": BROOKS_NUMBER, "phone": "13800005678"}}


@pytest.fixture
def clock(monkeypatch):
    """Let the desk's clock stand one day before the promises of this cast are due."""
    monkeypatch.setattr("loans.desk.admin.lender_now", lambda: NOW + timedelta(days=1))


def text_of(client, query: str = "") -> str:
    return client.get(f"{QUEUE}{query}").content.decode()


@pytest.mark.usefixtures("clock")
class TestQueue:
    def test_says_how_long_the_promise_holds_who_holds_it_and_why_a_person_decides(self, amina, una):
        application = referred(amina)

        page = text_of(signed_in(una))

        for words in (application.reference, "24 hours left", "Nobody", "¥12,000.00", "Wants a person"):
            assert words in page
        assert "阿米娜" not in page
        assert AMINAS_NUMBER not in page

    def test_says_that_a_promise_is_broken(self, amina, una):
        referred(amina, now=NOW - timedelta(hours=30))

        page = text_of(signed_in(una), "?box=overdue")

        assert "Overdue by 6 hours" in page

    def test_marks_who_asked_for_a_review(self, amina, una):
        application = decided(amina, month={"income": "1000.00"})
        ask_for_review(application_id=application.pk, words="I found work.", now=NOW, actor="user:1")

        assert "Review asked for" in text_of(signed_in(una))

    def test_finds_nothing_by_what_no_database_keeps(self, amina, una):
        referred(amina)

        found = signed_in(una).post(QUEUE, {"q": "A\0"})

        assert "No application is found by this." in found.content.decode()

    def test_is_parted_by_who_holds_it(self, amina, brook, una):
        first = referred(amina)
        second = referred(brook, now=NOW + timedelta(minutes=1), **OTHERS)
        claim_next_application(user=una, now=NOW)
        client = signed_in(una)

        mine, free = text_of(client, "?box=mine"), text_of(client, "?box=unclaimed")

        assert (first.reference in mine, second.reference in mine) == (True, False)
        assert (first.reference in free, second.reference in free) == (False, True)

    def test_lists_what_was_decided_by_itself(self, amina, una):
        application = decided(amina)
        client = signed_in(una)

        assert application.reference not in text_of(client)
        assert application.reference in text_of(client, "?box=decided")

    def test_takes_up_the_next_one_and_opens_it(self, amina, una):
        application = referred(amina)

        answer = signed_in(una).post(f"{QUEUE}next/")

        assert answer.url == f"{QUEUE}{application.pk}/change/"
        application.refresh_from_db()
        assert application.handler_id == una.pk

    def test_costs_the_same_queries_however_many_wait(self, amina, una):
        first = referred(amina)
        client = signed_in(una)
        with CaptureQueriesContext(
            connection,
        ) as few:
            text_of(client)
        for number in range(12):
            borrower = factories.borrower(f"B{number}")
            Application.objects.create(borrower=borrower, product=first.product, status="REFERRED", due_at=NOW)

        with CaptureQueriesContext(connection) as many:
            page = text_of(client)

        assert page.count("Nobody") >= 13
        assert len(many) == len(few)

    def test_is_closed_to_collectors(self, amina, chidi):
        application = referred(amina)
        client = signed_in(chidi)

        assert client.get(QUEUE).status_code == 403
        assert client.get(f"{QUEUE}{application.pk}/change/").status_code in (403, 404)


class TestPages:
    def test_go_on_where_the_last_one_ended(self, amina, una, monkeypatch):
        monkeypatch.setattr("loans.selectors.desk.PAGE", 2)
        first = referred(amina)
        for number in range(4):
            borrower = factories.borrower(f"B{number}")
            Application.objects.create(borrower=borrower, product=first.product, status="REFERRED", due_at=NOW)
        seen, found, place = Application.objects.visible_to(una), [], None

        for _page in range(3):
            rows, place = page_of(seen, "all", user=una, now=NOW, after=place and Place.read(str(place)))
            found += [row.pk for row in rows]

        in_order = Application.objects.order_by("due_at", "id").values_list("pk", flat=True)
        assert (found, place) == (list(in_order), None)

    @pytest.mark.parametrize("text", ["", "x", "2026-11-23T10:00:00,1", "2026-11-23T10:00:00+08:00,x", "1,1"])
    def test_begin_anew_where_a_place_is_none(self, text):
        assert Place.read(text) is None


class TestSearch:
    def test_finds_by_reference_and_by_number_through_the_index(self, amina, brook, una):
        application = referred(amina)
        other = referred(brook, **OTHERS)
        client = signed_in(una)

        for term in (application.reference, application.reference.lower(), AMINAS_NUMBER, "110105 19491231 002x"):
            page = client.post(QUEUE, {"q": term}).content.decode()
            assert (application.reference in page, other.reference in page) == (True, False)

    def test_says_that_nothing_is_found(self, amina, una):
        referred(amina)

        assert "No application is found by this." in signed_in(una).post(QUEUE, {"q": "A1"}).content.decode()
