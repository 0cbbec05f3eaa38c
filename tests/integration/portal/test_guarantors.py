"""The applicant sees who has agreed, masked, and has the link sent again; nobody else sees or sends anything."""

from datetime import timedelta

import pytest

from dashu.portal.applying import views
from dashu.portal.signing import guarantors, reading, signing
from loans.models import Guarantor, GuarantorLink, SigningCode
from tests.applicants import BROOKS_PHONE, NOW
from tests.integration.loans.test_guarantees import decline
from tests.integration.portal.test_applying import page  # noqa: F401 – a fixture
from tests.signers import ACCOUNT, chosen, guaranteed, token_of, understood

LATER = NOW + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def at(monkeypatch):
    """Set what time it is on the pages."""

    def set_to(moment):
        for module in (views, guarantors, reading, signing):
            monkeypatch.setattr(module, "lender_now", lambda: moment)

    set_to(NOW)
    return set_to


@pytest.fixture
def application(amina):
    return understood(amina, "SME")


@pytest.fixture
def guarantor(application):
    return Guarantor.objects.get()


def home(application):
    return f"/applications/{application.reference}/"


def again(application, guarantor):
    return f"{home(application)}guarantors/{guarantor.pk}/"


class TestApplicationPage:
    def test_shows_who_is_asked_masked(self, page, application, guarantor):  # noqa: F811
        shown = page.get(home(application)).content.decode()

        assert "布** · 50%" in shown
        assert "Has a link to decide" in shown
        assert "until Nov. 26, 2026" in shown
        assert again(application, guarantor) in shown
        assert ("布鲁克" in shown, BROOKS_PHONE in shown) == (False, False)

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "Has agreed and signed"), ("zh-hans", "已同意并签署"), ("zh-hant", "已同意並簽署")],
    )
    def test_says_who_has_agreed(self, language, words, page, amina, application, guarantor):  # noqa: F811
        guaranteed(guarantor)
        amina.user.language = language
        amina.user.save()

        shown = page.get(home(application)).content.decode()

        assert words in shown
        assert again(application, guarantor) not in shown

    def test_says_what_one_can_do_when_somebody_declined(self, page, application, guarantor):  # noqa: F811
        decline(token_of(guarantor))

        shown = page.get(home(application)).content.decode()

        assert "With them you cannot sign this contract. You can withdraw this application" in shown
        assert again(application, guarantor) not in shown

    def test_before_the_costs_are_understood_nobody_is_asked(self, page, amina):  # noqa: F811
        shown = page.get(home(chosen(amina, "SME"))).content.decode()

        assert "Not asked yet" in shown

    def test_of_a_loan_without_guarantors_says_nothing_of_them(self, page, amina):  # noqa: F811
        assert "Guarantors" not in page.get(home(understood(amina))).content.decode()


class TestSigningPage:
    def test_waits_for_the_guarantors(self, page, application, guarantor):  # noqa: F811
        address = f"{home(application)}sign/"

        waiting = page.get(address).content.decode()
        refused = page.post(address, {"bank": ACCOUNT.bank, "number": ACCOUNT.number}).content.decode()

        assert ("Has a link to decide" in waiting, "Where the money goes" in waiting) == (True, False)
        assert "Not every guarantor has agreed to this cost sheet yet." in refused
        assert not SigningCode.objects.exists()

    def test_goes_on_once_all_have_agreed(self, page, application, guarantor):  # noqa: F811
        guaranteed(guarantor)

        assert "Where the money goes" in page.get(f"{home(application)}sign/").content.decode()


class TestSendingTheLinkAgain:
    def test_sends_another_and_says_so(self, page, application, guarantor, at):  # noqa: F811
        at(LATER)

        shown = page.post(again(application, guarantor), follow=True).content.decode()

        assert "The link is on its way. The one before no longer opens." in shown
        assert GuarantorLink.objects.count() == 2

    def test_too_soon_says_when(self, page, application, guarantor):  # noqa: F811
        shown = page.post(again(application, guarantor)).content.decode()

        assert "Another one can be sent in 10 minutes." in shown
        assert GuarantorLink.objects.count() == 1

    def test_goes_to_another_phone(self, page, application, guarantor):  # noqa: F811
        page.post(again(application, guarantor), {"phone": "137 0000 0009"})

        guarantor.refresh_from_db()
        assert (guarantor.phone, GuarantorLink.objects.first().phone_shown) == ("13700000009", "137****0009")

    @pytest.mark.parametrize(
        ("phone", "words"), [("13800001234", "needs a phone of their own"), ("12", "11 digits"), ("", "required")]
    )
    def test_refuses_beside_the_field(self, phone, words, page, application, guarantor):  # noqa: F811
        shown = page.post(again(application, guarantor), {"phone": phone}).content.decode()

        guarantor.refresh_from_db()
        assert words in shown
        assert (guarantor.phone, GuarantorLink.objects.count()) == (BROOKS_PHONE, 1)

    def test_in_a_demonstration_the_link_is_shown(self, page, application, guarantor):  # noqa: F811
        assert f"/guarantee/{token_of(guarantor)}/" in page.get(again(application, guarantor)).content.decode()

    def test_where_messages_are_sent_the_applicant_never_sees_it(self, page, application, guarantor, settings):  # noqa: F811
        token = token_of(guarantor)
        settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "http"}

        for address in (again(application, guarantor), home(application)):
            assert token not in page.get(address).content.decode()

    def test_of_another_persons_application_is_not_found(self, page, brook, application, guarantor):  # noqa: F811
        others = understood(
            brook, "SME", person={"name": "白露", "number": "440101198001010017", "phone": "13600000001"}
        )
        theirs = others.guarantors.get()

        for address in (again(others, theirs), again(application, theirs)):
            assert page.get(address).status_code == 404
            assert page.post(address, {"phone": "13700000009"}).status_code == 404
        assert GuarantorLink.objects.filter(guarantor=theirs).count() == 1
