"""The credit record, month by month, and objecting to it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from collections_mgmt.models import Dispute, Hold
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.disputes import answer_dispute
from dashu.users.models import User
from tests import factories

NOW = datetime(2026, 4, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("dashu.portal.trouble.credit_record.lender_today", NOW.date)
    monkeypatch.setattr("dashu.portal.trouble.credit_record.lender_now", lambda: NOW)


@pytest.fixture
def amina(rules):
    owner = factories.borrower("Amina", language="en")
    type(owner.user).objects.filter(pk=owner.user_id).update(language="en")
    return owner


@pytest.fixture
def loan(amina):
    """February was late and is paid; March was paid on time."""
    made = factories.running_loan(amina)
    close_date(business_date=date(2026, 2, 28), today=date(2026, 3, 1))
    factories.pay(made, 2_300_00, date(2026, 3, 3))
    close_date(business_date=date(2026, 3, 31), today=date(2026, 4, 1))
    return made


@pytest.fixture
def signed_in(client, amina):
    client.force_login(amina.user)
    return client


def page(client) -> str:
    return " ".join(client.get("/credit-record/").content.decode().split())


def object_to(client, loan, **given):
    return client.post(
        f"/credit-record/{loan.number}/dispute/", {"month": "2026-02-01", "words": "I paid in time.", **given}
    )


class TestRecord:
    def test_says_each_month_in_words_and_not_by_color_alone(self, signed_in, loan):
        shown = page(signed_in)

        assert '<span class="visually-hidden">1: 1 to 30 days late at the end of the month</span>' in shown
        assert '<span class="visually-hidden">not over yet</span>' in shown
        assert '<th scope="row">2026</th>' in shown
        assert "Noted last for the end of March 31, 2026." in shown

    def test_says_what_speaks_against_a_person_and_until_when(self, signed_in, loan):
        shown = page(signed_in)

        assert "This month speaks against you: February 2026 (1)." in shown
        assert "What was late is paid; by" in shown
        assert "There is no adverse record" not in shown

    def test_says_plainly_where_there_is_nothing_adverse(self, signed_in, amina):
        factories.running_loan(amina, starts_on=date(2026, 3, 20))
        close_date(business_date=date(2026, 3, 31), today=date(2026, 4, 1))

        assert "There is no adverse record" in page(signed_in)

    def test_is_ones_own_alone(self, signed_in, loan, brook):
        theirs = factories.running_loan(brook)

        assert theirs.number not in page(signed_in)
        assert signed_in.get(f"/credit-record/{theirs.number}/dispute/").status_code == 404
        assert object_to(signed_in, theirs).status_code == 404
        assert not Dispute.objects.exists()

    def test_asks_as_much_for_one_loan_as_for_five(self, signed_in, amina, loan, django_assert_max_num_queries):
        def questions() -> int:
            with django_assert_max_num_queries(30) as asked:
                page(signed_in)
            return len(asked)

        page(signed_in)
        for_one = questions()
        for _number in range(4):
            factories.running_loan(amina, starts_on=date(2026, 3, 1))

        assert questions() == for_one


class TestObjecting:
    def test_is_marked_at_once_with_a_day_for_the_answer(self, signed_in, loan):
        answer = object_to(signed_in, loan)

        found = Dispute.objects.get()
        assert answer.url == f"/credit-record/disputes/{found.reference}/"
        assert (found.month, found.due_on) == (date(2026, 2, 1), date(2026, 4, 22))
        assert Hold.objects.get().kind == "DISPUTE"
        assert "you object, and we look into it" in page(signed_in)
        assert "You have our answer by April 22, 2026." in signed_in.get(answer.url).content.decode()

    def test_sent_twice_is_one(self, signed_in, loan):
        assert object_to(signed_in, loan).url == object_to(signed_in, loan).url

        assert Dispute.objects.count() == 1

    def test_needs_words_and_a_month_that_is_noted(self, signed_in, loan):
        assert list(object_to(signed_in, loan, words="").context["form"].errors) == ["words"]
        assert list(object_to(signed_in, loan, month="2020-01-01").context["form"].errors) == ["month"]

        assert not Dispute.objects.exists()

    def test_to_what_stands_a_statement_can_be_added(self, signed_in, loan):
        address = object_to(signed_in, loan).url
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        found = Dispute.objects.get()
        answer_dispute(dispute_id=found.pk, is_corrected=False, words="It came on 3 March.", user=sun, now=NOW)

        assert "It came on 3 March." in signed_in.get(address).content.decode()
        signed_in.post(address, {"statement": "The bank was closed."})

        found.refresh_from_db()
        assert found.statement == "The bank was closed."
        assert "Beside the record since April 2, 2026." in signed_in.get(address).content.decode()

    def test_can_be_taken_back(self, signed_in, loan):
        address = object_to(signed_in, loan).url

        signed_in.post(address, {"withdraw": "1"})

        assert Dispute.objects.get().outcome == "WITHDRAWN"

    def test_another_persons_is_not_found(self, signed_in, loan, brook):
        address = object_to(signed_in, loan).url
        signed_in.force_login(brook.user)

        assert signed_in.get(address).status_code == 404
        assert signed_in.post(address, {"withdraw": "1"}).status_code == 404
        assert Dispute.objects.get().is_open
