from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.users.models import SignInPhone, User
from dashu.users.services.sign_in_phones import verify_phone
from tests.integration.accounts.conftest import (
    ENGLISH,
    PHONE,
    SAME_PHONE,
    code_in,
    confirm_it_is_you,
    is_signed_in,
    post,
    wrong,
)

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def amina():
    return User.objects.create_user("amina@example.com", "correct horse", name="Amina", language="en")


@pytest.fixture
def signed_in(client, amina):
    client.defaults["HTTP_USER_AGENT"] = ANDROID
    post(client, "login/", login="amina@example.com", password="correct horse")
    return client


def security(client):
    return client.get("/accounts/security/", headers=ENGLISH).content.decode()


class TestPage:
    def test_is_for_the_signed_in(self, client):
        page = client.get("/accounts/security/")

        assert (page.status_code, page.url) == (302, "/accounts/login/?next=/accounts/security/")

    def test_shows_what_somebody_signs_in_with(self, signed_in, amina):
        verify_phone(user_id=amina.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")

        page = security(signed_in)

        assert "138****1234" in page
        assert "13800001234" not in page
        assert "amina@example.com" in page
        assert "Chrome · Android" in page
        assert "This device" in page

    def test_shows_nothing_of_another(self, signed_in):
        brook = User.objects.create_user("brook@example.com", "x")
        verify_phone(user_id=brook.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")
        key = Authenticator.objects.create(user=brook, type="webauthn", data={"name": "Brook's key", "credential": {}})

        page = security(signed_in)

        assert "138****1234" not in page
        assert "Brook" not in page
        confirm_it_is_you(signed_in)
        for act in ("edit", "remove"):
            assert signed_in.get(f"/accounts/2fa/webauthn/keys/{key.pk}/{act}/").status_code == 404

    @pytest.mark.parametrize("address", ["2fa/", "2fa/webauthn/", "sessions/"])
    def test_takes_the_place_of_other_lists(self, signed_in, address):
        assert signed_in.get(f"/accounts/{address}").url == "/accounts/security/"


class TestSessions:
    def test_signing_out_elsewhere_ends_all_others_only(self, signed_in, amina):
        other = Client(headers={"User-Agent": "Firefox Windows"})
        post(other, "login/", login="amina@example.com", password="correct horse")
        assert "Firefox · Windows" in security(signed_in)

        page = post(signed_in, "security/elsewhere/")

        assert page.url == "/accounts/security/"
        assert "You are signed in here only" in security(signed_in)
        assert other.get("/accounts/security/").status_code == 302
        assert UserSession.objects.filter(user=amina).count() == 1

    def test_says_when_one_was_used_last(self, signed_in, amina):
        other = Client(headers={"User-Agent": "Firefox Windows"})
        post(other, "login/", login="amina@example.com", password="correct horse")
        seen = timezone.now().replace(year=2026, month=3, day=2, hour=1, minute=5)
        UserSession.objects.filter(session_key=other.session.session_key).update(last_seen_at=seen)

        assert "Last used on March 2, 2026, 09:05" in security(signed_in)

    def test_use_is_noted_once_a_minute(self, signed_in, monkeypatch, django_assert_num_queries):
        mine = UserSession.objects.get()
        UserSession.objects.update(last_seen_at=mine.last_seen_at - timedelta(hours=1))
        signed_in.get("/accounts/logout/")
        assert UserSession.objects.get().last_seen_at == mine.last_seen_at - timedelta(hours=1)

        later = timezone.now().timestamp() + 61
        monkeypatch.setattr("dashu.accounts.idle.time.time", lambda: later)
        signed_in.get("/accounts/logout/")

        assert UserSession.objects.get().last_seen_at > mine.last_seen_at


class TestBeforeAnythingChanges:
    @pytest.mark.parametrize(
        ("address", "typed"),
        [
            ("email/", {"email": "new@example.com", "action_add": "1"}),
            ("phone/change/", {"phone": PHONE}),
            ("2fa/totp/activate/", {"code": "123456"}),
            ("2fa/webauthn/add/", {"credential": "{}"}),
            ("2fa/recovery-codes/generate/", {}),
        ],
    )
    def test_the_password_is_asked_for_once_more(self, signed_in, amina, texts, mailoutbox, address, typed):
        page = post(signed_in, address, **typed)

        assert page.url == f"/accounts/reauthenticate/?next=%2Faccounts%2F{address.replace('/', '%2F')}"
        assert texts == []
        assert mailoutbox == []
        assert Authenticator.objects.exists() is False

    def test_what_was_typed_goes_on_after_it(self, signed_in, latest_text):
        page = post(signed_in, "phone/change/", phone=PHONE)

        page = signed_in.post(page.url, {"password": "correct horse"}, headers=ENGLISH)

        assert page.url == "/accounts/phone/verify/"
        post(signed_in, "phone/verify/", code=code_in(latest_text()))
        assert SignInPhone.objects.get().phone == SAME_PHONE

    def test_a_wrong_password_stops_it(self, signed_in):
        post(signed_in, "phone/change/", phone=PHONE)

        page = post(signed_in, "reauthenticate/", password="wrong")

        assert page.status_code == 200
        assert "This is not your password." in page.content.decode()
        assert post(signed_in, "phone/change/", phone=PHONE).url.startswith("/accounts/reauthenticate/")

    def test_it_holds_for_five_minutes(self, signed_in, monkeypatch, texts):
        confirm_it_is_you(signed_in)
        later = timezone.now().timestamp() + 301
        monkeypatch.setattr("allauth.account.internal.flows.reauthentication.time.time", lambda: later)

        page = post(signed_in, "phone/change/", phone=PHONE)

        assert page.url.startswith("/accounts/reauthenticate/")

    def test_who_has_a_phone_only_is_asked_by_it(self, client):
        brook = User.objects.create_user(None, "correct horse")
        verify_phone(user_id=brook.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")
        post(client, "login/", login=PHONE, password="correct horse")

        confirm_it_is_you(client)


class TestPhone:
    @pytest.fixture(autouse=True)
    def _confirmed(self, signed_in):
        confirm_it_is_you(signed_in)

    def test_the_one_before_counts_until_the_code_is_back_and_hears_of_it(self, signed_in, amina, latest_text, texts):
        verify_phone(user_id=amina.pk, phone="+8613900001234", now=lender_now(), actor="user:test")

        post(signed_in, "phone/change/", phone=PHONE)
        code = code_in(latest_text())
        assert SignInPhone.objects.get().phone == "+8613900001234"
        post(signed_in, "phone/verify/", code=wrong(code))
        assert SignInPhone.objects.get().phone == "+8613900001234"
        page = post(signed_in, "phone/verify/", code=code)

        assert page.status_code == 302
        assert SignInPhone.objects.get().phone == SAME_PHONE
        latest_text()
        assert texts[-1]["phone"] == "13900001234"
        assert "The phone to sign in with was changed." in texts[-1]["text"]
        assert AuditRecord.objects.get(action="users.sign_in_phone_verified", data__replaces_another=True)

    def test_of_another_is_refused_at_the_end_only(self, signed_in, latest_text):
        brook = User.objects.create_user("brook@example.com", "x")
        verify_phone(user_id=brook.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")

        page = post(signed_in, "phone/change/", phone=PHONE)
        assert page.url == "/accounts/phone/verify/"
        page = post(signed_in, "phone/verify/", code=code_in(latest_text()))

        assert "Somebody signs in with this already." in page.content.decode()
        assert SignInPhone.objects.get().user == brook


class TestAddress:
    @pytest.fixture(autouse=True)
    def _confirmed(self, signed_in):
        confirm_it_is_you(signed_in)

    def test_the_one_before_counts_until_the_code_is_back_and_hears_of_it(self, signed_in, amina, mailoutbox):
        page = post(signed_in, "email/", email="new@example.com", action_add="1")
        assert page.url == "/accounts/confirm-email/"
        amina.refresh_from_db()
        assert amina.email == "amina@example.com"

        page = post(signed_in, "confirm-email/", code=code_in(mailoutbox[0].body))

        amina.refresh_from_db()
        assert page.url == "/accounts/security/"
        assert amina.email == "new@example.com"
        assert [mail.to for mail in mailoutbox] == [["new@example.com"], ["amina@example.com"]]
        assert "The e-mail address to sign in with was changed." in mailoutbox[1].body

    def test_of_another_is_refused_at_the_end_only(self, signed_in, amina, mailoutbox):
        User.objects.create_user("brook@example.com", "x")

        page = post(signed_in, "email/", email="brook@example.com", action_add="1")

        assert page.url == "/accounts/confirm-email/"
        page = post(signed_in, "confirm-email/", code=code_in(mailoutbox[0].body))
        assert "Somebody signs in with this already." in page.content.decode()
        amina.refresh_from_db()
        assert amina.email == "amina@example.com"

    def test_can_be_added_by_who_has_a_phone_only(self, mailoutbox):
        brook = User.objects.create_user(None, "correct horse")
        verify_phone(user_id=brook.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")
        client = Client()
        post(client, "login/", login=PHONE, password="correct horse")
        confirm_it_is_you(client)

        post(client, "email/", email="brook@example.com", action_add="1")
        post(client, "confirm-email/", code=code_in(mailoutbox[0].body))

        brook.refresh_from_db()
        assert brook.email == "brook@example.com"


class TestPassword:
    def test_a_new_one_ends_the_sessions_elsewhere_and_is_told(self, signed_in, amina, mailoutbox):
        other = Client()
        post(other, "login/", login="amina@example.com", password="correct horse")

        page = post(signed_in, "password/change/", oldpassword="correct horse", password1="battery staple")

        assert page.url == "/accounts/security/"
        assert is_signed_in(signed_in) is True
        assert signed_in.get("/accounts/security/").status_code == 200
        assert other.get("/accounts/security/").status_code == 302
        assert "The password was changed." in mailoutbox[0].body
        assert "Chrome · Android" in mailoutbox[0].body
        assert AuditRecord.objects.get(action="users.sign_in_changed").data == {"what": "password_changed"}

    def test_can_be_chosen_by_who_has_none(self, client, amina):
        amina.set_unusable_password()
        amina.save()
        client.force_login(amina)
        page = client.get("/accounts/password/change/")
        assert page.url == "/accounts/password/set/"
        assert 'class="page-header"' in client.get(page.url).content.decode()

        post(client, "password/set/", password1="battery staple")

        amina.refresh_from_db()
        assert amina.check_password("battery staple") is True

    def test_the_present_one_is_needed(self, signed_in, amina):
        page = post(signed_in, "password/change/", oldpassword="wrong", password1="battery staple")

        assert "This is not your present password." in page.content.decode()
        amina.refresh_from_db()
        assert amina.check_password("correct horse") is True
