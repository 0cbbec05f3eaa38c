from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.kernel.dates import add_months
from tests import factories
from tests.applicants import draft

TODAY = date(2026, 6, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("dashu.portal.views.lender_today", lambda: TODAY)


@pytest.fixture
def amina(rules):
    owner = factories.borrower("Amina", language="en")
    type(owner.user).objects.filter(pk=owner.user_id).update(language="en")
    return owner


@pytest.fixture
def home(client, amina):
    client.force_login(amina.user)
    return lambda: client.get("/").content.decode()


class TestHomeOfAVisitor:
    def test_says_what_dashu_is_and_asks_the_database_for_the_products_alone(
        self, rules, client, django_assert_num_queries
    ):
        client.get("/")  # the rules of the day are kept for a while
        with django_assert_num_queries(1):
            page = client.get("/", headers={"accept-language": "en"})

        assert "Your loan, in plain numbers" in page.content.decode()
        assert page.context["example"].is_level

    @pytest.mark.django_db
    def test_says_what_dashu_is_also_where_nothing_is_offered(self, client, monkeypatch):
        monkeypatch.setattr("dashu.portal.applying.products.offered_products", lambda on: [])

        page = client.get("/", headers={"accept-language": "en"}).content.decode()

        assert "Your loan, in plain numbers" in page
        assert "All it costs you" not in page

    @pytest.mark.django_db
    def test_staff_are_sent_to_the_back_office(self, client):
        client.force_login(factories.staff())

        assert client.get("/").url == "/admin/"


class TestHomeOfABorrower:
    def test_without_a_loan_says_so(self, home):
        assert "There is no loan on this account yet" in home()

    def test_without_a_loan_leads_on_with_the_application(self, home, amina):
        begun = draft(amina)

        page = home()

        assert "See the application" in page
        assert f'href="/applications/{begun.reference}/"' in page
        assert "There is no loan on this account yet" not in page

    def test_adds_up_what_several_loans_ask_for(self, home, amina):
        factories.running_loan(amina, starts_on=date(2026, 6, 5))
        assert "All together" not in home()

        factories.running_loan(amina, starts_on=date(2026, 6, 10))

        page = home()
        assert "All together" in page
        assert _amount(24_000_00) in page

    def test_shows_the_next_payment_with_its_date(self, home, amina):
        factories.running_loan(amina, starts_on=date(2026, 6, 5))

        page = home()

        assert "Next payment in 15 days, July 5, 2026" in page
        assert _amount(1_100_16) in page
        assert "On track" in page

    def test_an_overdue_loan_comes_first_with_what_it_costs(self, home, amina):
        running = factories.running_loan(amina, starts_on=date(2026, 6, 5), principal=24_000_00)
        late = factories.running_loan(amina, starts_on=date(2026, 5, 10))

        page = home()

        assert "Overdue by 10 days" in page
        assert "of penalty interest included" in page
        assert "Each further day adds about" in page
        assert page.index(f"/loans/{late.number}/pay/") < page.index(running.number)

    def test_a_loan_that_waits_for_its_payout_says_what_happens_next(self, home, amina):
        factories.approved_loan(amina, starts_on=TODAY)

        page = home()

        assert "Waiting for payout" in page
        assert "¥12,000.00 will be paid out to you" in page

    def test_a_loan_that_is_paid_off_asks_for_nothing(self, home, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 5, 10), count=3)
        factories.pay(loan, sum(loan.installments.values_list("unpaid_minor", flat=True)), date(2026, 6, 1))

        page = home()

        assert "Nothing to pay" in page
        assert "Paid off" in page

    def test_an_application_leads_where_the_loans_ask_for_nothing(self, home, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 5, 10), count=3)
        factories.pay(loan, sum(loan.installments.values_list("unpaid_minor", flat=True)), date(2026, 6, 1))
        begun = draft(amina)

        page = home()

        assert "There is nothing you need to do." not in page
        assert "See the application" in page

        type(begun).objects.update(status="WITHDRAWN")
        assert "There is nothing you need to do." in home()

    def test_a_payment_leads_before_an_application(self, home, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 6, 5))
        draft(amina)

        page = home()

        assert f'href="/loans/{loan.number}/pay/"' in page
        assert "See the application" not in page

    def test_another_borrowers_loans_are_not_there(self, home, brook):
        theirs = factories.running_loan(brook)

        assert theirs.number not in home()

    def test_asks_the_database_the_same_number_of_questions_for_one_loan_and_for_five(
        self, client, amina, django_assert_num_queries
    ):
        client.force_login(amina.user)
        for months in range(5):
            factories.running_loan(amina, starts_on=add_months(TODAY, -months) - timedelta(days=5))
            # session, person, loans, balances, installments, applications, plans, lessons that fit, unread
            with django_assert_num_queries(9):
                client.get("/")

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
    def test_is_rendered_in_each_language(self, client, amina, language):
        client.force_login(amina.user)
        factories.speak(amina.user, language)
        factories.running_loan(amina, starts_on=date(2026, 5, 10))

        page = client.get("/")

        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.content.decode()


def _amount(minor: int) -> str:
    whole, part = divmod(minor, 100)
    return f'</span>{whole:,}<span class="money__part">.{part:02d}</span>'


class TestCost:
    def test_is_the_same_for_one_loan_and_for_five(self, client, amina):
        client.force_login(amina.user)
        factories.running_loan(amina)
        client.get("/")
        with CaptureQueriesContext(connection) as one:
            client.get("/")
        for _number in range(4):
            factories.running_loan(amina)
        with CaptureQueriesContext(connection) as five:
            page = client.get("/")

        assert len(page.context["overview"].cards) == 5
        assert len(five) == len(one)
