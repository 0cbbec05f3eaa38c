"""A borrower without a login reads and answers an offer by a link: nobody signs in, nothing is shown too early."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from collections_mgmt.models import (
    OfferCode,
    OfferSet,
    ReliefAccessCode,
    ReliefLink,
    RestructuringOffer,
    RestructuringPlan,
)
from collections_mgmt.services.relief.end_offers import take_offers_back
from collections_mgmt.services.relief.handing_over import make_relief_link
from collections_mgmt.services.relief.make_offers import make_offers
from collections_mgmt.services.relief.open_link import send_access_code
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging import secret_texts
from dashu.portal.relief import by_link
from tests import factories
from tests.integration.collections_mgmt.relief_cases import READ
from tests.integration.portal.test_relief_pages import loan, offered, stated

__all__ = ["loan", "offered", "stated"]
BACK = "https://partner.example/help?client=7"


@pytest.fixture
def amina(rules):
    """Without a login, as partners bring them."""
    theirs = factories.borrower("Amina", phone="13800000000")
    theirs.user = None
    theirs.save()
    return theirs


@pytest.fixture
def several(loan) -> OfferSet:
    """More than one way: the month gets better after a while."""
    later = {"income_later_minor": 7_000_00, "income_later_from": lender_today() + timedelta(days=70)}
    month = stated(loan.borrower, income=5_000_00, **later)
    made = make_offers(loan_id=loan.pk, source="ASKED", budget_id=month.pk, now=lender_now(), actor=factories.ACTOR)
    assert made.offers.count() > 1
    return made


@pytest.fixture
def address(offered):
    return f"/relief/{link_to(offered)}/"


def link_to(offered, return_url=BACK) -> str:
    link = make_relief_link(
        set_id=offered.pk,
        return_url=return_url,
        registered=["https://partner.example/"],
        now=lender_now(),
        actor="partner:dana",
    )
    return link.token_of(link.public_id)


def phone(language="en") -> Client:
    return Client(headers={"Accept-Language": language, "User-Agent": "A phone"}, REMOTE_ADDR="198.51.100.9")


@pytest.fixture
def inside(address):
    return let_in(address)


def let_in(address) -> Client:
    """Return a browser in which the code was entered."""
    client = phone()
    client.post(address, {"act": "ask"})
    client.post(address, {"act": "confirm", "code": ReliefAccessCode.objects.get().sealed_code})
    return client


def text(answer) -> str:
    shown = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", shown)))


def read(client, address, number=1) -> None:
    """Open what a way costs and leave it open for long enough."""
    client.get(f"{address}?way={number}")
    RestructuringOffer.objects.exclude(sheet_opened_at=None).update(sheet_opened_at=lender_now() - READ)


def accepted(client, address, number=1):
    read(client, address, number)
    client.post(address, {"act": "code", "way": number})
    code = OfferCode.objects.get().sealed_code
    return client.post(address, {"act": "accept", "way": number, "code": code}, follow=True)


class TestBeforeTheCode:
    def test_nothing_personal_is_shown(self, address, offered, loan):
        answer = phone().get(address)

        page = text(answer)
        assert answer.status_code == 200
        assert "Dashu Finance offers you plans to pay more easily." in page
        assert "138****0000" in page
        assert [said for said in ("Amina", loan.number, offered.reference, "¥") if said in page] == []
        assert "no-store" in answer["Cache-Control"]
        assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "same-origin")

    @pytest.mark.parametrize("act", ["code", "accept", "decline"])
    def test_nothing_can_be_done(self, address, offered, act):
        page = text(phone().post(address, {"act": act, "way": "1", "code": "123456"}))

        assert "Enter the code from the text message first." in page
        offered.refresh_from_db()
        assert (offered.status, OfferCode.objects.exists()) == (OfferSet.Status.OPEN, False)
        assert RestructuringPlan.objects.exists() is False

    def test_a_wrong_code_lets_nobody_in(self, address):
        client = phone()
        client.post(address, {"act": "ask"})
        right = ReliefAccessCode.objects.get().sealed_code

        page = text(client.post(address, {"act": "confirm", "code": f"{(int(right) + 1) % 1_000_000:06d}"}))

        assert "tries left: 4." in page
        assert by_link.COOKIE not in client.cookies

    def test_the_code_goes_to_the_borrowers_own_phone_and_says_that_it_accepts_nothing(
        self, address, offered, monkeypatch
    ):
        sent = []
        monkeypatch.setattr(
            "loans.services.signing_codes.send_secret_text", lambda *, key, phone, text: sent.append((phone, text))
        )
        phone().post(address, {"act": "ask"})
        code = ReliefAccessCode.objects.get()

        assert send_access_code(code_id=code.pk, now=lender_now()) is True
        assert send_access_code(code_id=code.pk, now=lender_now()) is False
        [(number, said)] = sent
        assert number.endswith("13800000000")
        assert (code.sealed_code in said, offered.reference in said) == (True, True)
        assert secret_texts.shows_secrets() is True  # the tests send nothing, and show

    def test_links_that_are_not_ours_are_not_found(self, rules):
        for wrong in ("0" * 48, "x", "0" * 47, "g" * 48):
            assert phone().get(f"/relief/{wrong}/").status_code == 404
        assert phone().get(f"/relief/{'0' * 48}/amendment/").status_code == 404

    def test_a_form_of_another_site_does_nothing(self, address):
        assert Client(enforce_csrf_checks=True).post(address, {"act": "ask"}).status_code == 403
        assert not ReliefAccessCode.objects.exists()


class TestAnswering:
    def test_leads_from_the_costs_to_the_plan_and_its_paper(self, address, inside, offered, loan):
        sheet = text(inside.get(address))
        assert "What the plan costs and changes" in sheet
        assert loan.number in sheet

        page = text(accepted(inside, address))

        plan = RestructuringPlan.objects.get()
        assert "The plan is agreed" in page
        assert plan.evidence["where"] == {"ip": "198.51.100.9", "agent": "A phone"}
        assert (plan.loan, plan.offer.offer_set) == (loan, offered)
        answer = inside.get(address)
        assert f"{BACK}&amp;offer={offered.reference}&amp;relief=accepted" in answer.content.decode()
        paper = inside.get(f"{address}amendment/")
        assert (paper.status_code, paper["Content-Type"], paper.content[:4]) == (200, "application/pdf", b"%PDF")
        assert phone().get(f"{address}amendment/").url == address

    def test_nothing_is_accepted_before_it_was_read(self, address, inside):
        inside.get(f"{address}?way=1")

        page = text(inside.post(address, {"act": "code", "way": "1"}))

        assert "Take your time" in page
        assert OfferCode.objects.exists() is False

    def test_a_wrong_code_accepts_nothing_and_keeps_the_sheet(self, address, inside):
        read(inside, address)
        inside.post(address, {"act": "code", "way": "1"})
        right = OfferCode.objects.get().sealed_code

        page = text(inside.post(address, {"act": "accept", "way": "1", "code": f"{(int(right) + 1) % 1_000_000:06d}"}))

        assert "tries left: 4." in page
        assert "What the plan costs and changes" in page
        assert RestructuringPlan.objects.exists() is False

    def test_one_can_leave_it_as_it_is(self, address, inside, offered):
        answer = inside.post(address, {"act": "decline"}, follow=True)

        assert "Your contract goes on as it is." in text(answer)
        assert f"offer={offered.reference}&amp;relief=declined" in answer.content.decode()
        offered.refresh_from_db()
        assert offered.status == OfferSet.Status.DECLINED

    @pytest.mark.parametrize("way", ["9", "x", "", "1" * 30, "١"])
    def test_a_way_that_is_none_leads_to_all_of_them(self, several, way):
        address = f"/relief/{link_to(several)}/"
        client = let_in(address)

        page = text(client.get(address, {"way": way}))

        assert "Plans for you" in page
        assert page.count("Look at this plan") == several.offers.count()
        assert client.post(address, {"act": "code", "way": way}).url == address

    def test_one_of_several_is_looked_at_and_accepted(self, several):
        address = f"/relief/{link_to(several)}/"
        client = let_in(address)
        assert "All plans" in text(client.get(f"{address}?way=2"))

        assert "The plan is agreed" in text(accepted(client, address, number=2))
        assert RestructuringPlan.objects.get().offer.number == 2

    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "方案"), ("zh-hant", "方案")])
    def test_in_the_readers_language(self, address, inside, language, words):
        assert words in text(inside.get(address, headers={"Accept-Language": language}))

    def test_another_browser_starts_from_the_code(self, address, inside):
        assert "Plans for you" not in text(phone().get(address))

    def test_the_cookie_is_for_this_address_alone(self, address, inside):
        cookie = inside.cookies[by_link.COOKIE]

        assert (cookie["path"], cookie["httponly"], cookie["max-age"], cookie["samesite"]) == (
            address,
            True,
            1800,
            "Lax",
        )


class TestLinks:
    def test_one_at_a_time_opens(self, offered, address, inside):
        link_to(offered)

        answer = inside.get(address)

        assert answer.status_code == 410
        assert "This link no longer opens." in text(answer)
        assert offered.reference not in answer.content.decode()

    def test_is_over_after_a_day(self, offered, address, inside):
        ReliefLink.objects.update(expires_at=lender_now() - timedelta(seconds=1))

        assert inside.get(address).status_code == 410

    def test_is_over_with_the_offer(self, offered, address, inside):
        take_offers_back(set_id=offered.pk, reason="the loan has moved", now=lender_now(), actor="user:1")

        answer = inside.get(address)

        assert answer.status_code == 410
        assert "These plans can no longer be chosen." in text(answer)
