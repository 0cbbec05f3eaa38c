"""Requests for help, complaints and disputes as staff see and answer them."""

import uuid
from datetime import timedelta

import pytest

from collections_mgmt.models import Complaint, Dispute, HardshipRequest
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.disputes import dispute_record
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import User
from tests import factories

LISTS = ("hardshiprequest", "complaint", "dispute")


@pytest.fixture
def asked(amina) -> HardshipRequest:
    return help_for(amina)


def help_for(borrower, *, days_ago=0) -> HardshipRequest:
    loan = factories.running_loan(borrower, starts_on=lender_today() - timedelta(days=50))
    return ask_for_help(
        borrower_id=borrower.pk,
        loan_ids=[loan.pk],
        cause="INCOME",
        lasts="UNKNOWN",
        can_pay_minor=None,
        words="Shifts were cut.",
        now=lender_now() - timedelta(days=days_ago),
        actor="user:1",
    )


@pytest.fixture
def complaint(amina) -> Complaint:
    return make_complaint(
        borrower_id=amina.pk,
        loan_id=None,
        about="CONTACT",
        words="Three calls.",
        wish="",
        key=uuid.uuid4(),
        now=lender_now(),
        actor="user:1",
    )


@pytest.fixture
def dispute(amina) -> Dispute:
    loan = factories.running_loan(amina)
    return dispute_record(
        borrower_id=amina.pk, loan_id=loan.pk, month=None, words="Not mine.", now=lender_now(), actor="user:1"
    )


@pytest.fixture
def sun(client, rules) -> User:
    person = factories.staff("Sun", User.Role.SUPERVISOR)
    User.objects.filter(pk=person.pk).update(language="en")
    client.force_login(person)
    return person


def address(row, act: str = "") -> str:
    name = row._meta.model_name
    return f"/admin/collections_mgmt/{name}/{row.pk}/{act or 'change'}/"


class TestLists:
    def test_what_is_overdue_stands_first_with_its_clock(self, client, sun, amina, brook):
        fresh, old = help_for(amina), help_for(brook, days_ago=20)

        page = client.get("/admin/collections_mgmt/hardshiprequest/").content.decode()

        assert page.index(old.reference) < page.index(fresh.reference)
        assert "Overdue by" in page
        assert "left" in page

    def test_what_is_answered_is_left_out_until_it_is_asked_for(self, client, sun, asked):
        client.post(address(asked, "answer"), {"outcome": "NOT_POSSIBLE", "words": "Because."})

        assert asked.reference not in client.get("/admin/collections_mgmt/hardshiprequest/").content.decode()
        assert asked.reference in client.get("/admin/collections_mgmt/hardshiprequest/?state=answered").content.decode()
        assert asked.reference in client.get("/admin/collections_mgmt/hardshiprequest/?state=all").content.decode()

    @pytest.mark.parametrize("name", LISTS)
    def test_the_menu_leads_to_each(self, client, sun, name):
        assert f'href="/admin/collections_mgmt/{name}/"' in client.get("/admin/").content.decode()
        assert client.get(f"/admin/collections_mgmt/{name}/").status_code == 200

    def test_ask_as_much_for_one_row_as_for_many(self, client, sun, amina, rules, django_assert_max_num_queries):
        def questions() -> int:
            with django_assert_max_num_queries(40) as asked:
                client.get("/admin/collections_mgmt/hardshiprequest/")
            return len(asked)

        help_for(amina)
        questions()
        for_one = questions()
        for name in ("Brook", "Carol", "Dan"):
            help_for(factories.borrower(name))

        assert questions() == for_one

    def test_are_closed_to_whoever_has_no_business_there(self, client, rules):
        client.force_login(factories.staff("Uma", User.Role.UNDERWRITER))

        for name in LISTS:
            assert client.get(f"/admin/collections_mgmt/{name}/").status_code == 403


class TestAnswering:
    def test_a_request_shows_what_it_is_about_and_is_answered(self, client, sun, asked):
        page = client.get(address(asked)).content.decode()
        assert "Shifts were cut." in page
        assert "&#x27;in_time&#x27;" not in page
        assert asked.loans.get().loan.number in page

        client.post(address(asked, "take"))
        client.post(address(asked, "answer"), {"outcome": "PLAN", "words": "Plans come today."})

        asked.refresh_from_db()
        assert (asked.outcome, asked.answer, asked.answered_by, asked.handler) == (
            "PLAN",
            "Plans come today.",
            sun,
            sun,
        )

    def test_a_refusal_keeps_what_was_typed(self, client, sun, asked):
        client.force_login(factories.staff("Chidi"))
        client.post(address(asked, "take"))
        client.force_login(sun)

        page = client.post(address(asked, "answer"), {"outcome": "PLAN", "words": "Plans come today."}).content.decode()

        assert "Plans come today." in page
        asked.refresh_from_db()
        assert asked.is_open

    def test_a_complaint_is_asked_about_answered_and_closed(self, client, sun, complaint):
        client.post(address(complaint, "write"), {"words": "Which day?"})
        client.post(address(complaint, "answer"), {"words": "We will write."})
        client.post(address(complaint, "close"), {"root_cause": "CONTACT"})

        complaint.refresh_from_db()
        assert [message.words for message in complaint.messages.all()] == ["Which day?", "We will write."]
        assert (complaint.root_cause, complaint.closed_at is not None) == ("CONTACT", True)
        assert "How or how often we made contact" in client.get(address(complaint)).content.decode()

    def test_a_dispute_is_answered(self, client, sun, dispute):
        assert "Not mine." in client.get(address(dispute)).content.decode()

        client.post(address(dispute, "answer"), {"outcome": "STANDS", "words": "The bank says so."})

        dispute.refresh_from_db()
        assert (dispute.outcome, dispute.answer) == ("STANDS", "The bank says so.")

    def test_a_collector_answers_requests_and_no_complaint_or_dispute(self, client, asked, complaint, dispute):
        client.force_login(factories.staff("Chidi"))

        assert client.get(address(asked, "answer")).status_code == 200
        for row in (complaint, dispute):
            assert client.get(address(row)).status_code == 200
            for act in ("take", "answer"):
                assert client.post(address(row, act), {"outcome": "STANDS", "words": "No."}).status_code == 403
            row.refresh_from_db()
            assert row.is_open

    def test_what_is_answered_is_not_answered_again(self, client, sun, asked):
        client.post(address(asked, "answer"), {"outcome": "NOT_POSSIBLE", "words": "Because."})

        assert client.post(address(asked, "answer"), {"outcome": "PLAN", "words": "Yes."}).status_code == 403
        asked.refresh_from_db()
        assert asked.answer == "Because."
