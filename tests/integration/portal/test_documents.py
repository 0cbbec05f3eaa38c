"""The borrower's papers, and the public page where anyone checks them."""

from datetime import date

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisDown

from dashu.audit.models import AuditRecord
from dashu.portal import verifying
from repayments.models import IssuedDocument
from repayments.services.return_payment import return_payment
from tests import factories
from tests.factories import pay
from tests.papers import text_of

pytestmark = pytest.mark.django_db

PERIOD = {"first": "2026-01-01", "last": "2026-03-31", "statement": "1"}


@pytest.fixture(autouse=True)
def _nobody_looked_up_anything():
    cache.clear()


@pytest.fixture
def browser(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return client


@pytest.fixture
def settled(amina):
    """A loan of 3,000 that was paid off on 15 February 2026 with 3,045: principal and one month of interest."""
    loan = factories.running_loan(amina, principal=3_000_00, count=3)
    pay(loan, 3_045_00, date(2026, 2, 15), reference="ALL", kind="SETTLEMENT")
    loan.refresh_from_db()
    assert loan.status == "SETTLED"
    return loan


def issue(browser, loan, **form) -> IssuedDocument:
    answer = browser.post(f"/loans/{loan.number}/documents/", form or {"certificate": "1"})
    assert answer.status_code == 302
    return IssuedDocument.objects.latest("pk")


class TestDocumentsPage:
    def test_issues_the_certificate_and_hands_it_out(self, browser, settled, amina):
        document = issue(browser, settled)

        page = browser.get(f"/loans/{settled.number}/documents/").content.decode()
        address = f"/loans/{settled.number}/documents/{document.code_shown}/pdf/"
        file = browser.get(address)

        assert address in page
        assert (file.status_code, file["Content-Type"]) == (200, "application/pdf")
        assert file["Content-Disposition"] == f'attachment; filename="{document.number}.pdf"'
        assert file["Cache-Control"] == "private, no-store"
        assert "Settlementcertificate" in text_of(file.content)
        assert f"http://testserver/verify/{document.code_shown}/" in text_of(file.content)
        assert AuditRecord.objects.get(action="repayments.document_downloaded").actor == f"user:{amina.user.pk}"

    def test_issues_a_statement_in_both_forms_in_the_readers_language(self, browser, amina, loan):
        factories.speak(amina.user, "zh-hant")
        document = issue(browser, loan, **PERIOD)

        files = {
            form: browser.get(f"/loans/{loan.number}/documents/{document.code_shown}/{form}/")
            for form in ("pdf", "xlsx")
        }

        assert "對帳單" in text_of(files["pdf"].content)
        assert files["xlsx"].content[:2] == b"PK"
        assert files["xlsx"]["Content-Type"].endswith("spreadsheetml.sheet")

    def test_pressed_twice_issues_once(self, browser, loan):
        for _press in range(2):
            issue(browser, loan, **PERIOD)

        assert IssuedDocument.objects.count() == 1

    @pytest.mark.parametrize(
        ("given", "field", "says"),
        [
            ({"first": "2026-04-01"}, "last", "ends before it begins"),
            ({"last": "2199-01-01"}, "last", "cannot end after today"),
            ({"first": "2025-01-01", "last": "2025-12-31"}, "last", "The loan began on"),
            ({"first": ""}, "first", "Please fill this in."),
            ({"first": "x"}, "first", "Enter a valid date."),
        ],
    )
    def test_a_wrong_period_is_explained_beside_the_field(self, browser, loan, given, field, says):
        page = browser.post(f"/loans/{loan.number}/documents/", {**PERIOD, **given})

        assert says in page.context["form"].errors[field][0]
        assert IssuedDocument.objects.exists() is False

    def test_offers_no_certificate_of_a_loan_that_runs_and_refuses_one(self, browser, loan):
        address = f"/loans/{loan.number}/documents/"

        assert 'name="certificate"' not in browser.get(address).content.decode()
        assert "This loan is not paid off" in browser.post(address, {"certificate": "1"}).content.decode()
        assert IssuedDocument.objects.exists() is False

    def test_is_nobody_elses(self, browser, settled, brook):
        document = issue(browser, settled)
        browser.force_login(brook.user)

        for address in ("", f"{document.code_shown}/pdf/"):
            assert browser.get(f"/loans/{settled.number}/documents/{address}").status_code == 404
        theirs = factories.running_loan(brook)
        assert browser.get(f"/loans/{theirs.number}/documents/{document.code_shown}/pdf/").status_code == 404

    @pytest.mark.parametrize("address", ["0000-0000-0000-0000/pdf/", "X/pdf/", "{code}/xlsx/", "{code}/exe/"])
    def test_a_file_that_is_not_there_is_not_found(self, browser, settled, address):
        code = issue(browser, settled).code_shown

        assert browser.get(f"/loans/{settled.number}/documents/{address.format(code=code)}").status_code == 404

    def test_takes_the_same_queries_for_many_papers(self, browser, loan, django_assert_num_queries):
        for last in ("2026-02-01", "2026-03-01", "2026-04-01"):
            issue(browser, loan, **{**PERIOD, "last": last})
            with django_assert_num_queries(6):  # session, person, loan, papers, files, unread
                browser.get(f"/loans/{loan.number}/documents/")


class TestVerifyPage:
    def test_asks_for_a_code_of_everyone(self, client):
        client.cookies["django_language"] = "en"
        page = client.get("/verify/")

        assert page.status_code == 200
        assert 'name="code"' in page.content.decode()
        assert page["X-Robots-Tag"] == "noindex"

    def test_says_what_was_issued_with_names_masked(self, client, browser, settled):
        document = issue(browser, settled)
        client.logout()

        typed = client.get("/verify/", {"code": document.code_shown.lower().replace("-", " ")})
        page = client.get(typed.url)

        text = page.content.decode()
        assert typed.url == f"/verify/{document.code_shown}/"
        assert page.status_code == 200
        assert "Issued by us and valid" in text
        assert "A****" in text
        assert "Amina" not in text
        assert settled.number not in text
        assert f"{settled.number[:2]}*******{settled.number[-4:]}" in text
        assert page.context["document"].facts["principal"] == 3_000_00
        assert "Feb. 15, 2026" in text
        assert document.files.get().sha256 in text
        assert page["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page["Cache-Control"]

    def test_of_a_statement_says_period_and_balance(self, client, browser, loan):
        document = issue(browser, loan, **PERIOD)

        page = client.get(f"/verify/{document.code_shown}/")

        assert page.context["document"].facts["owed"] == 12_000_00
        assert [file.format for file in page.context["document"].files] == ["PDF", "XLSX"]
        assert "Owed at its end" in page.content.decode()

    def test_says_at_once_that_a_certificate_no_longer_holds(self, client, browser, settled):
        document = issue(browser, settled)
        on = date(2026, 2, 20)
        return_payment(reference="ALL", returned_on=on, today=on, reason="x", actor="u")

        text = client.get(f"/verify/{document.code_shown}/").content.decode()

        assert "No longer valid" in text
        assert "A payment did not hold, so the loan is running again." in text
        assert "Issued by us and valid" not in text

    @pytest.mark.parametrize("typed", ["0000-0000-0000-0000", "nonsense", "'", "<script>", "U" * 16, "结清"])
    def test_an_unknown_code_and_an_impossible_one_read_alike(self, client, typed):
        client.cookies["django_language"] = "en"
        page = client.get("/verify/", {"code": typed}, follow=True)

        assert page.status_code == 404
        assert "We issued no document under this code." in page.content.decode()
        assert "<script>" not in page.content.decode().replace("&lt;script&gt;", "").split("<main")[1]

    def test_an_address_may_ask_so_often_and_no_more(self, client, browser, settled):
        code = issue(browser, settled).code_shown
        answers = [client.get(f"/verify/{code}/").status_code for _time in range(verifying.LOOKUPS)]

        refused = client.get(f"/verify/{code}/")
        unknown = client.get("/verify/0000-0000-0000-0000/")
        elsewhere = client.get(f"/verify/{code}/", REMOTE_ADDR="203.0.113.9")

        assert set(answers) == {200}
        assert (refused.status_code, unknown.status_code, elsewhere.status_code) == (429, 429, 200)
        assert refused.context.get("document") is None
        assert client.get("/verify/").status_code == 200

    def test_without_the_cache_it_still_answers(self, client, browser, settled, monkeypatch):
        code = issue(browser, settled).code_shown

        def down(*_arguments):
            raise RedisDown

        monkeypatch.setattr(verifying.cache, "add", down)

        assert client.get(f"/verify/{code}/").status_code == 200

    @pytest.mark.parametrize(
        ("language", "words"),
        [("zh-hans", ["由我们开具，现仍有效", "结清证明"]), ("zh-hant", ["由我們開具，現仍有效", "結清證明"])],
    )
    def test_reads_in_chinese(self, client, browser, settled, language, words):
        code = issue(browser, settled).code_shown
        client.logout()
        client.cookies["django_language"] = language

        text = client.get(f"/verify/{code}/").content.decode()

        for word in words:
            assert word in text

    def test_needs_few_queries(self, client, browser, settled, django_assert_num_queries):
        code = issue(browser, settled).code_shown
        client.logout()

        with django_assert_num_queries(4):  # the paper with its loan, its files, what paid it off, what was undone
            client.get(f"/verify/{code}/")
