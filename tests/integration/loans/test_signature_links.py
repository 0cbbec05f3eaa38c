"""Links by which applicants sign who have no login: short-lived, one at a time, bound to a phone, leading nowhere."""

from datetime import timedelta

import pytest

from dashu.audit.models import AuditRecord
from loans.models import Application, SignatureAccessCode, SignatureLink
from loans.services.application_rows import ApplicationStateChanged
from loans.services.choose_offer import reconsider_offers
from loans.services.handed_links import ReturnAddressRefused, refuse_address
from loans.services.open_signature import (
    SignatureLinkOver,
    SignatureLinkUnknown,
    SignerNotConfirmed,
    ask_access_code,
    confirm_signer,
    decline_signature,
    open_signature,
)
from loans.services.signature_links import (
    TooManySignatureLinks,
    make_signature_link,
)
from loans.services.signing_codes import CodeExpired, CodeTooSoon, CodeWrong, TooManyCodes
from tests.applicants import NOW, draft
from tests.signers import chosen, let_in, link_of, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(amina):
    return chosen(amina)


def opened(token, confirmation="", now=NOW):
    return open_signature(token=token, confirmation=confirmation, now=now)


class TestMakeSignatureLink:
    def test_keeps_no_more_of_it_than_a_hash(self, application):
        token = link_of(application)

        link = SignatureLink.objects.get()
        assert len(token) == 48
        assert token not in str(vars(link))
        assert token not in str(list(AuditRecord.objects.values()))
        assert (link.phone_shown, link.expires_at) == ("138****1234", NOW + timedelta(hours=24))

    def test_ends_the_one_before(self, application):
        first = link_of(application)
        second = link_of(application, now=NOW + timedelta(minutes=1))

        with pytest.raises(SignatureLinkOver):
            opened(first, now=NOW + timedelta(minutes=1))
        assert opened(second, now=NOW + timedelta(minutes=1)).application == application

    def test_is_refused_without_a_chosen_offer(self, amina):
        with pytest.raises(ApplicationStateChanged):
            link_of(draft(amina))

        assert not SignatureLink.objects.exists()

    def test_is_refused_after_ten_in_a_day(self, application):
        for minute in range(10):
            link_of(application, now=NOW + timedelta(minutes=minute))

        with pytest.raises(TooManySignatureLinks):
            link_of(application, now=NOW + timedelta(minutes=10))

        assert SignatureLink.objects.count() == 10
        assert opened(
            link_of(application, now=NOW + timedelta(days=1, minutes=1)), now=NOW + timedelta(days=1, hours=1)
        )

    def test_of_another_host_is_refused_and_none_is_made(self, application):
        with pytest.raises(ReturnAddressRefused):
            link_of(application, return_url="https://evil.example/")

        assert not SignatureLink.objects.exists()


class TestReturnAddress:
    REGISTERED = ("https://partner.example/callback", "https://shop.partner.example:8443/", "http://plain.example/")

    @pytest.mark.parametrize(
        "address",
        ["", "https://partner.example", "https://PARTNER.example/done?a=1", "https://shop.partner.example:8443/x"],
    )
    def test_of_a_registered_host_is_taken(self, address):
        refuse_address(address, self.REGISTERED)

    @pytest.mark.parametrize(
        "address",
        [
            "http://partner.example/",
            "https://evil.example/",
            "https://partner.example.evil.example/",
            "https://partner.example@evil.example/",
            "https://evil.example\\@partner.example/",
            "https://shop.partner.example/",
            "https://partner.example:444/",
            "https://plain.example/",
            "//partner.example/",
            "javascript:alert(1)//https://partner.example",
            "https://partner.example/#there",
            "https://partner.example/ x",
            "https://partner.example/\r\nSet-Cookie: a=b",
            "https://пartner.example/",
            "https://partner.example:x/",
            "https://[::1/",
            "https://partner.example/" + "x" * 500,
        ],
    )
    def test_of_any_other_is_refused(self, address):
        with pytest.raises(ReturnAddressRefused):
            refuse_address(address, self.REGISTERED)


class TestOpenSignature:
    def test_shows_that_it_was_opened_and_by_nobody_known(self, application):
        token = link_of(application)

        assert opened(token).is_confirmed is False

        assert SignatureLink.objects.get().opened_at == NOW

    def test_does_not_know_what_is_no_link(self, application):
        with pytest.raises(SignatureLinkUnknown):
            opened("0" * 48)

    def test_is_over_after_a_day(self, application):
        token = link_of(application)

        with pytest.raises(SignatureLinkOver):
            opened(token, now=NOW + timedelta(hours=24))

    def test_is_over_when_no_offer_is_chosen_any_more(self, application):
        token = link_of(application)
        reconsider_offers(application_id=application.pk, now=NOW, actor="partner:dana")

        with pytest.raises(SignatureLinkOver):
            opened(token)

    def test_says_after_the_signature_that_it_is_signed(self, amina):
        contract = signed(amina)
        SignatureLink.objects.create(
            application=contract.application,
            token_hash="x",
            phone_shown="",
            made_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )

        with pytest.raises(ApplicationStateChanged):
            make_signature_link(
                application_id=contract.application_id, return_url="", registered=[], now=NOW, actor="partner:dana"
            )


class TestConfirmSigner:
    def test_lets_in_the_browser_with_the_code_for_half_an_hour(self, application):
        token = link_of(application)

        secret = let_in(token)

        assert opened(token, secret).is_confirmed is True
        assert opened(token, secret, now=NOW + timedelta(minutes=30)).is_confirmed is False
        assert opened(token, "another").is_confirmed is False
        assert secret not in str(vars(SignatureLink.objects.get()))

    def test_counts_a_wrong_code_and_ends_after_five(self, application):
        token = link_of(application)
        code = ask_access_code(token=token, now=NOW)
        wrong = f"{(int(code.sealed_code) + 1) % 1_000_000:06d}"

        for _try in range(5):
            with pytest.raises(CodeWrong):
                confirm_signer(token=token, typed=wrong, now=NOW)

        with pytest.raises(CodeExpired):
            confirm_signer(token=token, typed=code.sealed_code, now=NOW)
        assert opened(token).is_confirmed is False

    def test_takes_a_code_once(self, application):
        token = link_of(application)
        code = ask_access_code(token=token, now=NOW)
        confirm_signer(token=token, typed=code.sealed_code, now=NOW)

        with pytest.raises(CodeExpired):
            confirm_signer(token=token, typed=code.sealed_code, now=NOW)

    def test_asks_for_codes_at_intervals_and_five_a_day(self, application):
        token = link_of(application)
        ask_access_code(token=token, now=NOW)
        with pytest.raises(CodeTooSoon):
            ask_access_code(token=token, now=NOW + timedelta(seconds=59))
        for minute in range(1, 5):
            ask_access_code(token=token, now=NOW + timedelta(minutes=minute))

        with pytest.raises(TooManyCodes):
            ask_access_code(token=link_of(application, now=NOW + timedelta(hours=1)), now=NOW + timedelta(hours=1))

        assert SignatureAccessCode.objects.count() == 5


class TestDeclineSignature:
    def test_ends_the_application(self, application):
        token = link_of(application)
        secret = let_in(token)

        decline_signature(token=token, confirmation=secret, now=NOW)
        again = decline_signature(token=token, confirmation=secret, now=NOW)

        assert again.is_declined
        application.refresh_from_db()
        assert application.status == Application.State.WITHDRAWN
        assert application.events.filter(kind="WITHDRAWN").count() == 1

    def test_needs_the_code_first(self, application):
        token = link_of(application)

        with pytest.raises(SignerNotConfirmed):
            decline_signature(token=token, confirmation="", now=NOW)

        application.refresh_from_db()
        assert application.status == Application.State.ACCEPTED
