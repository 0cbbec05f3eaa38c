"""An applicant who was brought by a partner reads and signs by a link: nobody signs in, nothing is shown too early."""

from datetime import timedelta

import pytest
from django.test import Client

from dashu.portal.complaining import complaints_shown
from dashu.portal.signing import by_link
from loans.models import Application, Disclosure, LoanContract, SignatureAccessCode, SigningCode
from loans.services.apply_for_partner import source_of
from tests import factories
from tests.applicants import NOW
from tests.signers import ACCOUNT, READ, chosen, link_of, right_answers

pytestmark = pytest.mark.django_db
BACK = "https://partner.example/done?order=7"


class Clock:
    moment = NOW


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(by_link, "lender_now", lambda: clock.moment)
    monkeypatch.setattr(by_link, "lender_today", lambda: clock.moment.date())
    return clock


@pytest.fixture
def application(rules, dana, clock):
    """Of somebody without a login, as partners bring them."""
    theirs = factories.borrower("Amina", source=source_of(dana), external_id="C-1")
    theirs.user = None
    theirs.save()
    application = chosen(theirs)
    application.partner = dana
    application.save()
    return application


@pytest.fixture
def address(application):
    return f"/sign/{link_of(application, return_url=BACK)}/"


def phone(language="en") -> Client:
    return Client(headers={"Accept-Language": language, "User-Agent": "A phone"}, REMOTE_ADDR="198.51.100.9")


@pytest.fixture
def inside(address):
    """A browser in which the code was entered."""
    client = phone()
    client.post(address, {"act": "ask"})
    client.post(address, {"act": "confirm", "code": SignatureAccessCode.objects.get().sealed_code})
    return client


def shown_of(application, page):
    """Return what of the applicant is on a page."""
    return [said for said in ("阿米娜", "阿**", "¥12,000", "****1234", application.reference) if said in page]


def read(client, address, clock):
    client.get(address)
    clock.moment += READ
    return client.post(address, {"act": "read"}, follow=True).content.decode()


class TestBeforeTheCode:
    def test_nothing_personal_is_shown(self, address, application):
        answer = phone().get(address)

        page = answer.content.decode()
        assert answer.status_code == 200
        assert "You applied for a loan of Dashu Finance with Dana." in page
        assert "138****1234" in page
        assert shown_of(application, page.replace("138****1234", "")) == []
        assert "no-store" in answer["Cache-Control"]
        assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "same-origin")

    @pytest.mark.parametrize("act", ["read", "answer", "code", "sign", "decline"])
    def test_nothing_can_be_done(self, address, application, act):
        page = phone().post(address, {"act": act, "code": "123456", **ACCOUNT_TYPED}).content.decode()

        assert "Enter the code from the text message first." in page
        assert (SigningCode.objects.exists(), LoanContract.objects.exists()) == (False, False)
        application.refresh_from_db()
        assert application.status == Application.State.ACCEPTED

    def test_a_wrong_code_lets_nobody_in(self, address):
        client = phone()
        client.post(address, {"act": "ask"})
        right = SignatureAccessCode.objects.get().sealed_code

        page = client.post(address, {"act": "confirm", "code": f"{(int(right) + 1) % 1_000_000:06d}"}).content.decode()

        assert "tries left: 4." in page
        assert by_link.COOKIE not in client.cookies

    def test_a_form_of_another_site_does_nothing(self, address):
        assert Client(enforce_csrf_checks=True).post(address, {"act": "ask"}).status_code == 403
        assert not SignatureAccessCode.objects.exists()

    def test_links_that_are_not_ours_are_not_found(self, rules):
        for wrong in ("0" * 48, "x", "0" * 47, "g" * 48):
            assert phone().get(f"/sign/{wrong}/").status_code == 404

    def test_the_contract_leads_to_the_page_that_asks_for_the_code(self, address):
        assert phone().get(f"{address}contract/").url == address
        assert phone().get(f"/sign/{'0' * 48}/contract/").status_code == 404


ACCOUNT_TYPED = {"bank": ACCOUNT.bank, "number": ACCOUNT.number}


class TestReadingAndSigning:
    def test_leads_from_the_costs_to_the_signed_contract(self, address, inside, application, clock):
        assert "Everything it costs" in inside.get(address).content.decode()
        early = inside.post(address, {"act": "read"}).content.decode()
        assert "you can go on in 20 s" in early

        assert "Three short questions" in read(inside, address, clock)
        wrong = inside.post(address, {"act": "answer"} | dict.fromkeys(right_answers(application), "x"))
        assert wrong.status_code == 200
        assert Disclosure.objects.get().passed_at is None

        page = inside.post(address, {"act": "answer", **right_answers(application)}, follow=True).content.decode()
        assert "Where the money goes" in page

        page = inside.post(address, {"act": "code", **ACCOUNT_TYPED}, follow=True).content.decode()
        code = SigningCode.objects.get()
        assert "Entering it signs the contract." in page

        page = inside.post(address, {"act": "sign", "code": code.sealed_code}, follow=True).content.decode()

        contract = LoanContract.objects.get()
        assert "The contract is signed" in page
        assert contract.evidence_digest in page
        assert contract.evidence["where"] == {"ip": "198.51.100.9", "agent": "A phone"}
        assert contract.first_loan.partner.code == "dana"
        assert f"{BACK}&amp;application={application.reference}&amp;signature=signed" in page

        words = complaints_shown()
        assert "If you change your mind" in page
        assert "For 7 days after it is there you can give the loan back" in page
        assert f"Call {words.phone}, {words.hours}, and name your contract {contract.number}." in page
        assert "another account of yours" in page

        paper = inside.get(f"{address}contract/")
        assert paper.content == bytes(LoanContract.objects.get().pdf)
        assert phone().get(f"{address}contract/").url == address

    def test_the_evidence_names_the_signer_not_our_proxy(self, address, inside, application, clock, settings):
        settings.TRUSTED_PROXIES = 1
        read(inside, address, clock)
        inside.post(address, {"act": "answer", **right_answers(application)})
        inside.post(address, {"act": "code", **ACCOUNT_TYPED})

        signed = {"act": "sign", "code": SigningCode.objects.get().sealed_code}
        inside.post(address, signed, headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.77"})

        assert LoanContract.objects.get().evidence["where"] == {"ip": "203.0.113.77", "agent": "A phone"}

    def test_a_wrong_account_is_blamed_beside_its_field(self, address, inside, application, clock):
        read(inside, address, clock)
        inside.post(address, {"act": "answer", **right_answers(application)})

        page = inside.post(address, {"act": "code", "bank": ACCOUNT.bank, "number": "123"}).content.decode()

        assert "id_number" in page
        assert not SigningCode.objects.exists()

    def test_one_can_decline(self, address, inside, application):
        page = inside.post(address, {"act": "decline"}, follow=True).content.decode()

        assert "You said that you do not want the loan." in page
        assert "If you change your mind" not in page
        assert f"application={application.reference}&amp;signature=declined" in page
        application.refresh_from_db()
        assert application.status == Application.State.WITHDRAWN

    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "这笔贷款的成本"), ("zh-hant", "這筆貸款的成本")])
    def test_in_the_readers_language(self, address, inside, language, words):
        page = inside.get(address, headers={"Accept-Language": language}).content.decode()

        assert words in page

    def test_after_half_an_hour_the_code_is_asked_for_again(self, address, inside, clock):
        clock.moment += timedelta(minutes=30)

        assert "Is it you who applied?" in inside.get(address).content.decode()

    def test_another_browser_starts_from_the_code(self, address, inside):
        assert "Everything it costs" not in phone().get(address).content.decode()

    def test_the_cookie_is_for_this_address_alone(self, address, inside):
        cookie = inside.cookies[by_link.COOKIE]

        assert (cookie["path"], cookie["httponly"], cookie["max-age"], cookie["samesite"]) == (
            address,
            True,
            1800,
            "Lax",
        )

    def test_a_link_that_is_over_says_so_without_anything_personal(self, address, inside, application, clock):
        clock.moment += timedelta(hours=24)

        answer = inside.get(address)

        assert answer.status_code == 410
        assert "This link no longer opens." in answer.content.decode()
        assert shown_of(application, answer.content.decode()) == []
