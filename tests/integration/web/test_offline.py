"""The app on the phone: what it may keep, and for whom."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests import factories
from tests.integration.collections_mgmt.relief_cases import plan_for


def signed_in(person: object) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


class TestManifest:
    @pytest.mark.parametrize(
        ("language", "name"), [("en", "Dashu: your loans"), ("zh-hans", "大树金融"), ("zh-hant", "大樹金融")]
    )
    def test_is_in_the_language_that_is_asked_for(self, client, language, name):
        answer = client.get("/manifest.webmanifest", {"lang": language})

        manifest = json.loads(answer.content)
        assert answer.headers["Content-Type"] == "application/manifest+json"
        assert manifest["name"].startswith(name)
        assert (manifest["lang"], manifest["scope"], manifest["display"]) == (language, "/", "standalone")
        assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}

    def test_of_a_language_that_we_do_not_have_is_in_the_readers(self, client):
        manifest = client.get("/manifest.webmanifest?lang=xx", headers={"accept-language": "en"}).json()

        assert manifest["lang"] == "en"

    def test_each_page_names_it_in_its_language(self, client, db):
        page = client.get("/", headers={"accept-language": "zh-Hant"}).content.decode()

        assert 'rel="manifest" href="/manifest.webmanifest?lang=zh-hant"' in page


class TestWorker:
    def test_is_for_all_of_the_site_and_asked_for_anew(self, client):
        answer = client.get("/sw.js")

        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Service-Worker-Allowed"] == "/"
        assert answer.headers["Cache-Control"] == "no-cache"

    def test_has_a_version_and_the_page_of_each_language(self, client):
        text = client.get("/sw.js").content.decode()

        settings = json.loads(re.match(r"const SETTINGS = (.*);\n", text)[1])
        assert re.fullmatch("[0-9a-f]{16}", settings["version"])
        assert set(settings["offline"]) == {"zh-hans", "zh-hant", "en"}
        assert set(settings["offline"].values()) <= set(settings["files"])
        assert settings["signing_out"] == ["/accounts/logout/"]

    def test_finds_every_file_that_it_keeps(self, client, db):
        text = client.get("/sw.js").content.decode()
        settings = json.loads(re.match(r"const SETTINGS = (.*);\n", text)[1])

        pages = [address for address in settings["files"] if not address.startswith("/static/")]
        assert [client.get(address).status_code for address in pages] == [200, 200, 200]
        files = {address.removeprefix("/static/") for address in settings["files"]} - set(pages)
        assert {name for name in files if not finders.find(name)} == set()
        home = client.get("/").content.decode()
        assert set(re.findall(r'rel="stylesheet" href="/static/([^"]+)"', home)) <= files


class TestOfflinePage:
    @pytest.mark.parametrize(
        ("language", "title"), [("en", "No connection"), ("zh-hans", "没有网络"), ("zh-hant", "沒有網路")]
    )
    def test_speaks_its_language_whatever_the_browser_says(self, client, language, title):
        answer = client.get(f"/offline/{language}/", headers={"accept-language": "fr"})

        assert title in answer.content.decode()
        assert answer.headers["Content-Language"] == language

    def test_has_no_form_and_nothing_of_who_is_signed_in(self, amina):
        page = signed_in(amina.user).get("/offline/en/").content.decode()

        assert "amina@example.com" not in page
        assert "<form" not in page

    def test_of_another_language_is_not_found(self, client):
        assert client.get("/offline/fr/").status_code == 404


class TestWhatMayBeKept:
    def test_are_home_and_loan_of_a_borrower(self, amina):
        loan = factories.running_loan(amina)
        client = signed_in(amina.user)

        for address in ("/", f"/loans/{loan.number}/"):
            answer = client.get(address)
            assert answer.headers["X-Keep-Copy"] == "1"
            assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Reader"])
            assert "hidden data-copy" in answer.content.decode()

    def test_are_plans_of_relief_and_never_what_is_signed(self, amina):
        amina.phone = "13800000000"
        amina.save()
        plan = plan_for(factories.running_loan(amina))
        client = signed_in(amina.user)

        kept = [client.get(address).headers.get("X-Keep-Copy") for address in ("/plans/", f"/plans/{plan.reference}/")]

        assert kept == ["1", "1"]
        assert "X-Keep-Copy" not in client.get("/plans/month/").headers

    @pytest.mark.parametrize("address", ["/me/", "/me/details/", "/me/export/", "/messages/", "/pay/"])
    def test_is_no_other_page(self, amina, address):
        answer = signed_in(amina.user).get(address)

        assert answer.status_code == 200
        assert "X-Keep-Copy" not in answer.headers

    def test_is_nothing_of_a_visitor_or_of_staff(self, client, chidi):
        visitor = client.get("/")
        assert visitor.headers["X-Reader"] == "nobody"
        assert "X-Keep-Copy" not in visitor.headers
        assert "X-Keep-Copy" not in signed_in(chidi).get("/").headers

    def test_the_mark_is_one_for_each_reader_and_says_nothing(self, amina, brook):
        marks = [signed_in(person.user).get("/me/").headers["X-Reader"] for person in (amina, brook, amina)]

        assert marks[0] == marks[2] != marks[1]

    def test_after_signing_out_a_page_says_nobody(self, amina):
        client = signed_in(amina.user)
        client.post("/accounts/logout/")

        assert client.get("/accounts/login/").headers["X-Reader"] == "nobody"

    def test_a_loan_of_another_is_not_found_and_not_kept(self, amina, brook):
        loan = factories.running_loan(brook)

        answer = signed_in(amina.user).get(f"/loans/{loan.number}/")

        assert answer.status_code == 404
        assert "X-Keep-Copy" not in answer.headers


class TestWhatIsForEverybody:
    PAGES = ("/learn/", "/learn/overdue/", "/learn/glossary/", "/learn/calculators/penalty/")

    def test_is_kept_for_a_visitor_and_for_a_borrower_beside_their_own(self, amina, client, rules):
        for reader in (client, signed_in(amina.user)):
            answers = [reader.get(address) for address in self.PAGES]

            assert {answer.headers["X-Keep-Copy"] for answer in answers} == {"reading"}
            assert all("hidden data-copy" in answer.content.decode() for answer in answers)

    def test_is_not_kept_in_parts_and_not_for_staff(self, client, chidi, rules):
        part = client.get("/learn/calculators/penalty/", headers={"hx-request": "true"})

        assert "X-Keep-Copy" not in part.headers
        assert "X-Keep-Copy" not in signed_in(chidi).get("/learn/overdue/").headers

    def test_what_was_searched_is_not_kept(self, client, db):
        assert "X-Keep-Copy" not in client.get("/learn/search/?q=利率").headers
