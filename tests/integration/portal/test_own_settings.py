"""What a borrower settles about themselves, and what they find out."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashu.consents.models import ConsentEntry
from dashu.consents.selectors import latest_texts
from dashu.consents.services.ledger import give_consents
from dashu.kernel.dates import lender_now
from dashu.users.models import Borrower, User
from dashu.users.services.record_identity import record_identity
from loans.models import Application, Product
from tests.integration.portal.test_inbox import amina, brook, signed_in  # noqa: F401 – fixtures


def agree(borrower: Borrower, about: str, *purposes: str) -> None:
    texts = [text.pk for text in latest_texts(purposes)]
    give_consents(borrower_id=borrower.pk, text_ids=texts, about=about, now=lender_now(), actor="user:test")


def applied(borrower: Borrower, status: str = "DRAFT", product: str = "consumer") -> Application:
    return Application.objects.create(borrower=borrower, product=Product.objects.get(code=product), status=status)


class TestConsents:
    def test_of_every_application_and_of_none_are_on_one_page(self, amina):  # noqa: F811
        application = applied(amina)
        agree(amina, application.reference, "CREDIT_REPORT")
        agree(amina, "", "AUTOMATED_DECISION")

        page = signed_in(amina).get("/me/consents/").content.decode()

        assert "Reading your credit report" in page
        assert "A first decision by computer" in page
        assert application.reference in page
        assert "text version 1" in page

    def test_taking_one_back_that_an_application_needs_ends_the_application(self, amina):  # noqa: F811
        application = applied(amina, "REFERRED")
        agree(amina, application.reference, "PERSONAL_DATA")

        signed_in(amina).post("/me/consents/", {"about": application.reference, "purpose": "PERSONAL_DATA"})

        application.refresh_from_db()
        assert application.status == "WITHDRAWN"
        assert ConsentEntry.objects.first().kind == "WITHDRAWN"

    def test_one_that_belongs_to_no_application_is_taken_back_alone(self, amina):  # noqa: F811
        application = applied(amina)
        agree(amina, application.reference, "CREDIT_REPORT")
        agree(amina, "", "CREDIT_REPORT")

        signed_in(amina).post("/me/consents/", {"about": "", "purpose": "CREDIT_REPORT"})

        application.refresh_from_db()
        assert application.status == "DRAFT"
        assert [line.about for line in ConsentEntry.objects.filter(kind="WITHDRAWN")] == [""]

    def test_nobody_takes_back_anothers(self, amina, brook):  # noqa: F811
        application = applied(brook)
        agree(brook, application.reference, "CREDIT_REPORT")

        page = signed_in(amina).post(
            "/me/consents/", {"about": application.reference, "purpose": "CREDIT_REPORT"}, follow=True
        )

        assert "You have not given this consent" in page.content.decode()
        assert ConsentEntry.objects.filter(kind="WITHDRAWN").exists() is False

    def test_those_of_a_signed_contract_stay(self, amina):  # noqa: F811
        application = applied(amina, "SIGNED")
        agree(amina, application.reference, "PERSONAL_DATA")

        page = signed_in(amina).get("/me/consents/").content.decode()

        assert "The contract is signed, and your data is used to keep it." in page
        assert "Take it back" not in page

    def test_costs_the_same_for_few_and_for_many(self, amina):  # noqa: F811
        client = signed_in(amina)
        agree(amina, applied(amina).reference, "CREDIT_REPORT")
        with CaptureQueriesContext(connection) as few:
            client.get("/me/consents/")
        for _number in range(5):
            agree(amina, applied(amina, "WITHDRAWN").reference, "CREDIT_REPORT", "PERSONAL_DATA")
        with CaptureQueriesContext(connection) as many:
            client.get("/me/consents/")

        assert len(many) == len(few)


class TestLanguage:
    def test_is_kept_with_the_person_for_pages_and_messages(self, amina):  # noqa: F811
        client = signed_in(amina)

        page = client.post("/language/", {"language": "zh-hant", "next": "/me/language/"}, follow=True)

        assert page.redirect_chain[-1][0] == "/me/language/"
        assert "語言" in page.content.decode()
        amina.refresh_from_db()
        assert (amina.language, amina.user.language) == ("zh-hant", "zh-hant")


class TestDetails:
    def test_shows_what_is_known_and_hides_most_of_it(self, amina):  # noqa: F811
        record_identity(
            borrower_id=amina.pk,
            kind="CN_ID",
            name="张三丰",
            number="11010519491231002X",
            phone="13800001234",
            recorded_at=lender_now(),
            actor="user:test",
        )

        page = signed_in(amina).get("/me/details/").content.decode()

        assert "张**" in page
        assert "110***********002X" in page
        assert "138****1234" in page
        for whole in ("张三丰", "11010519491231002X", "13800001234"):
            assert whole not in page

    def test_who_never_applied_reads_that_nothing_is_known(self, rules):
        newcomer = User.objects.create_user("new@example.com", "correct horse", language="en")
        client = Client(headers={"accept-language": "en"})
        client.force_login(newcomer, "django.contrib.auth.backends.ModelBackend")

        assert "You have not told us yet." in client.get("/me/details/").content.decode()

    @pytest.mark.parametrize("address", ["/me/details/", "/me/consents/", "/me/contact/"])
    def test_is_not_for_staff(self, chidi, address):
        client = Client()
        assert client.get(address).status_code == 302
        client.force_login(chidi, "django.contrib.auth.backends.ModelBackend")
        assert client.get(address).status_code == 404


class TestApplications:
    def test_each_says_how_it_stands_and_whose_turn_it_is(self, amina, brook):  # noqa: F811
        mine = applied(amina, "SUBMITTED")
        theirs = applied(brook, "SUBMITTED")

        page = signed_in(amina).get("/applications/").content.decode()

        assert mine.reference in page
        assert "Our turn: we are working out what fits." in page
        assert theirs.reference not in page

    def test_without_any_shows_the_way_to_what_there_is(self, amina):  # noqa: F811
        page = signed_in(amina).get("/applications/").content.decode()

        assert "You have not applied for anything." in page
        assert 'href="/apply/"' in page

    def test_costs_the_same_for_few_and_for_many(self, amina):  # noqa: F811
        client = signed_in(amina)
        applied(amina, "WITHDRAWN")
        with CaptureQueriesContext(connection) as few:
            client.get("/applications/")
        for _number in range(10):
            applied(amina, "REFUSED")
        with CaptureQueriesContext(connection) as many:
            client.get("/applications/")

        assert len(many) == len(few)


def test_the_page_of_everything_leads_to_each_of_these(amina):  # noqa: F811
    page = signed_in(amina).get("/me/").content.decode()

    for address in ("/messages/", "/applications/", "/me/contact/", "/me/language/", "/me/details/", "/me/consents/"):
        assert f'href="{address}"' in page
