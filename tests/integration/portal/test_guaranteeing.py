"""A guarantor at their own page: nobody signs in, nothing personal is shown before it is known who opened the link."""

import pytest
from django.test import Client

from dashu.consents.selectors import latest_texts
from dashu.portal.signing import guaranteeing
from loans.domain.application_consents import OF_GUARANTORS
from loans.models import GuaranteeAnswer, Guarantor, GuarantorCode, GuarantorLink
from loans.services.withdraw_application import withdraw_application
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, BROOKS_PHONE, NOW
from tests.signers import token_of, understood

PERSONAL = ("大树小吃店", "阿米娜", "阿**", "布鲁克", "布**", "100,000", "50,000", "139****5678", "0134", BROOKS_PHONE)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(guaranteeing, "lender_now", lambda: NOW)
    monkeypatch.setattr(guaranteeing, "lender_today", lambda: NOW.date())


@pytest.fixture
def application(amina):
    return understood(amina, "SME")


@pytest.fixture
def address(application):
    return f"/guarantee/{token_of(Guarantor.objects.get())}/"


def phone(language="en") -> Client:
    return Client(headers={"Accept-Language": language, "User-Agent": "A phone"}, REMOTE_ADDR="198.51.100.9")


@pytest.fixture
def confirmed(address):
    """A phone on which the guarantor has said who they are."""
    client = phone()
    client.post(address, {"act": "confirm", "digits": "070134"})
    return client


def texts() -> list[int]:
    return [text.pk for text in latest_texts(OF_GUARANTORS)]


class TestBeforeItIsKnownWhoItIs:
    def test_nothing_personal_is_shown(self, address):
        answer = phone().get(address)

        page = answer.content.decode()
        assert answer.status_code == 200
        assert "You were named as a guarantor" in page
        assert [said for said in PERSONAL if said in page] == []
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"

    def test_a_wrong_number_shows_nothing_and_is_counted(self, address):
        client = phone()

        page = client.post(address, {"act": "confirm", "digits": AMINAS_NUMBER[-6:]}).content.decode()

        assert "tries left: 4." in page
        assert [said for said in PERSONAL if said in page] == []
        assert guaranteeing.COOKIE not in client.cookies
        assert GuarantorLink.objects.get().wrong_tries == 1

    def test_after_five_of_them_the_link_is_over(self, address):
        for _try in range(5):
            last = phone().post(address, {"act": "confirm", "digits": "000000"})

        assert last.status_code == 410
        assert phone().post(address, {"act": "confirm", "digits": BROOKS_NUMBER[-6:]}).status_code == 410

    def test_neither_code_nor_signature_is_taken(self, address):
        client = phone()

        asked = client.post(address, {"act": "code", "texts": texts()}).content.decode()
        signed = client.post(address, {"act": "sign", "code": "123456"}).content.decode()

        for page in (asked, signed):
            assert "Confirm first that it is you who was asked." in page
        assert (GuarantorCode.objects.exists(), GuaranteeAnswer.objects.exists()) == (False, False)

    def test_one_can_decline_with_one_click(self, address):
        client = phone()

        page = client.post(address, {"act": "decline"}, follow=True).content.decode()

        assert "You have declined. You owe nothing" in page
        answer = GuaranteeAnswer.objects.get()
        assert (answer.kind, answer.evidence["where"]) == ("DECLINED", {"ip": "198.51.100.9", "agent": "A phone"})

    def test_opening_it_decides_nothing(self, address):
        phone().get(f"{address}?act=decline")

        assert not GuaranteeAnswer.objects.exists()

    def test_a_form_of_another_site_decides_nothing(self, address):
        client = Client(enforce_csrf_checks=True)

        assert client.post(address, {"act": "decline"}).status_code == 403
        assert not GuaranteeAnswer.objects.exists()


class TestReading:
    def test_says_in_figures_what_it_means(self, address, confirmed):
        page = confirmed.get(address).content.decode()

        for said in ("大树小吃店", "阿**", "50%", "¥100,000.00", "¥50,000.00", "The cost sheet of the loan", "No. 12"):
            assert said in page
        assert "The last payment is due on" in page
        assert "We claim from the business first" in page
        assert "阿米娜" not in page

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("zh-hans", "您对企业所欠款项的份额"),
            ("zh-hant", "您對企業所欠款項的份額"),
            ("en", "Your share of what the business owes"),
        ],
    )
    def test_in_the_readers_language(self, language, words, address):
        client = phone(language)
        client.post(address, {"act": "confirm", "digits": "070134"})

        assert words in client.get(address).content.decode()

    def test_another_browser_starts_from_the_question(self, address, confirmed):
        assert "Is it you who was asked?" in phone().get(address).content.decode()

    def test_the_cookie_is_for_this_address_alone(self, address, confirmed):
        cookie = confirmed.cookies[guaranteeing.COOKIE]

        assert (cookie["path"], cookie["httponly"], cookie["max-age"], cookie["samesite"]) == (
            address,
            True,
            1800,
            "Lax",
        )

    def test_links_that_are_not_ours_are_not_found(self, rules):
        for wrong in ("x" * 32, "x", "x" * 33):
            assert phone().get(f"/guarantee/{wrong}/").status_code == 404

    def test_a_link_that_is_over_says_so_without_anything_personal(self, application, address, confirmed):
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        answer = confirmed.get(address)

        page = answer.content.decode()
        assert answer.status_code == 410
        assert "There is nothing to decide here any more." in page
        assert [said for said in PERSONAL if said in page] == []


class TestAgreeing:
    def test_ticks_gets_a_code_and_signs(self, address, confirmed):
        page = confirmed.post(address, {"act": "code", "texts": texts()}, follow=True).content.decode()
        code = GuarantorCode.objects.get()
        assert "It goes to 139****5678" in page
        assert code.sealed_code in page

        page = confirmed.post(address, {"act": "sign", "code": code.sealed_code}, follow=True).content.decode()

        answer = GuaranteeAnswer.objects.get()
        assert "You have agreed and signed" in page
        assert answer.evidence_digest in page
        assert answer.evidence["where"] == {"ip": "198.51.100.9", "agent": "A phone"}
        assert "Take it back" in page

    def test_needs_both_boxes_and_keeps_what_was_ticked(self, address, confirmed):
        [first, _second] = texts()

        page = confirmed.post(address, {"act": "code", "texts": [first, "x", "9" * 30]}).content.decode()

        assert "Tick both boxes if you agree." in page
        assert f'value="{first}" id="text-{first}" checked' in page
        assert not GuarantorCode.objects.exists()

    @pytest.mark.parametrize("given", ["9" * 5000, "x", "-1"])
    def test_what_is_no_text_counts_as_not_ticked(self, given, address, confirmed):
        answer = confirmed.post(address, {"act": "code", "texts": [given]})

        assert answer.status_code == 200
        assert "Tick both boxes if you agree." in answer.content.decode()
        assert GuarantorCode.objects.count() == 0

    def test_a_wrong_code_says_how_many_tries_are_left(self, address, confirmed):
        confirmed.post(address, {"act": "code", "texts": texts()})
        right = GuarantorCode.objects.get().sealed_code
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"

        page = confirmed.post(address, {"act": "sign", "code": wrong}).content.decode()

        assert "tries left: 4." in page
        assert not GuaranteeAnswer.objects.exists()

    def test_can_be_taken_back(self, address, confirmed):
        confirmed.post(address, {"act": "code", "texts": texts()})
        confirmed.post(address, {"act": "sign", "code": GuarantorCode.objects.get().sealed_code})

        page = confirmed.post(address, {"act": "decline"}, follow=True).content.decode()

        assert "You have declined." in page
        assert "I want to guarantee after all" in page
        assert [answer.kind for answer in GuaranteeAnswer.objects.all()] == ["DECLINED", "SIGNED"]

    def test_an_unknown_act_leads_back_to_the_page(self, address, confirmed):
        assert confirmed.post(address, {"act": "gold"}).headers["Location"] == address
