import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from dashu.accounts.authenticators import PLACE
from dashu.settings.env import derived_key
from dashu.users.models import User
from dashu.users.sealing import open_sealed
from dashu.users.services.rotate_field_keys import rotate_field_keys
from tests import factories
from tests.integration.accounts.conftest import ENGLISH, confirm_it_is_you, is_signed_in, post, wrong


@pytest.fixture
def amina():
    return User.objects.create_user("amina@example.com", "correct horse", name="Amina", language="en")


@pytest.fixture
def signed_in(client, amina):
    post(client, "login/", login="amina@example.com", password="correct horse")
    confirm_it_is_you(client)
    return client


@pytest.fixture
def clock(monkeypatch):
    """The moment that the app and the server agree on; each step is the next code."""
    moment = [time.time()]
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: moment[0])
    return moment


def shown_key(client):
    page = client.get("/accounts/2fa/totp/activate/", headers=ENGLISH).content.decode()
    assert "<svg" in page
    return re.search(r'class="key">([A-Z2-7]+)<', page)[1]


def code_of(key, clock):
    return format_hotp_value(hotp_value(key, int(clock[0]) // 30))


@pytest.fixture
def key(signed_in, clock):
    """The key of an app that was added."""
    found = shown_key(signed_in)
    page = post(signed_in, "2fa/totp/activate/", code=code_of(found, clock))
    assert page.url == "/accounts/2fa/recovery-codes/"
    clock[0] += 60
    return found


def half_way():
    client = Client()
    page = post(client, "login/", login="amina@example.com", password="correct horse", next="/pay/")
    assert page.url == "/accounts/2fa/authenticate/"
    return client


class TestAuthenticatorApp:
    def test_its_code_comes_after_the_password(self, key, clock):
        client = half_way()
        assert is_signed_in(client) is False

        page = post(client, "2fa/authenticate/", code=code_of(key, clock))

        assert page.url == "/pay/"
        assert is_signed_in(client) is True

    def test_a_wrong_code_adds_nothing(self, signed_in, clock):
        found = shown_key(signed_in)

        page = post(signed_in, "2fa/totp/activate/", code=wrong(code_of(found, clock)))

        assert "This is not the code" in page.content.decode()
        assert Authenticator.objects.exists() is False

    def test_a_code_works_once(self, key, clock):
        code = code_of(key, clock)
        post(half_way(), "2fa/authenticate/", code=code)

        again = half_way()
        post(again, "2fa/authenticate/", code=code)

        assert is_signed_in(again) is False

    def test_a_code_works_once_while_a_slow_clock_lets_it_hold(self, amina, key, clock):
        code = code_of(key, clock)
        post(half_way(), "2fa/authenticate/", code=code)
        clock[0] += 31
        cache.delete(f"allauth.mfa.totp.used?user={amina.pk}&code={code}")

        again = half_way()
        post(again, "2fa/authenticate/", code=code)

        assert is_signed_in(again) is False

    def test_the_code_that_added_the_app_opens_nothing(self, signed_in, clock):
        found = shown_key(signed_in)
        code = code_of(found, clock)
        post(signed_in, "2fa/totp/activate/", code=code)

        client = half_way()
        post(client, "2fa/authenticate/", code=code)

        assert is_signed_in(client) is False

    def test_a_code_of_some_minutes_ago_is_worth_nothing(self, key, clock):
        code = code_of(key, clock)
        clock[0] += 120

        client = half_way()
        post(client, "2fa/authenticate/", code=code)

        assert is_signed_in(client) is False

    def test_guessing_is_held_up(self, key, clock):
        client = half_way()
        for _ in range(5):
            post(client, "2fa/authenticate/", code=wrong(code_of(key, clock)))

        page = post(client, "2fa/authenticate/", code=code_of(key, clock))

        assert "There were too many tries" in page.content.decode()
        assert is_signed_in(client) is False

    def test_the_second_step_alone_opens_nothing(self, key, clock):
        client = Client()

        page = post(client, "2fa/authenticate/", code=code_of(key, clock))

        assert page.url == "/accounts/login/"
        assert is_signed_in(client) is False

    def test_recovery_by_mail_does_not_go_round_it(self, key, clock, mailoutbox):
        client = Client()
        post(client, "password/reset/", login="amina@example.com")
        link = next(word for word in mailoutbox[-1].body.split() if "/key/" in word)
        client.post(client.get(link).url, {"password1": "battery staple"})

        page = post(client, "login/", login="amina@example.com", password="battery staple")

        assert page.url == "/accounts/2fa/authenticate/"

    @pytest.mark.django_db(transaction=True)
    def test_can_be_removed_and_the_owner_hears_of_both(self, signed_in, key, mailoutbox):
        assert "An authenticator app was added." in mailoutbox[0].body

        page = post(signed_in, "2fa/totp/deactivate/")

        assert page.status_code == 302
        assert Authenticator.objects.exists() is False
        assert "The authenticator app was removed." in mailoutbox[1].body
        client = Client()
        post(client, "login/", login="amina@example.com", password="correct horse")
        assert is_signed_in(client) is True

    def test_the_key_is_sealed_and_sealed_anew_with_a_new_key(self, key, settings):
        row = Authenticator.objects.get(type="totp")
        assert key not in str(row.data)
        assert open_sealed(row.data["secret"], place=PLACE) == key

        settings.FIELD_KEYS = [("next", derived_key("another", "fields")), *settings.FIELD_KEYS]
        rotate_field_keys(actor="system:test")

        for row in Authenticator.objects.all():
            assert row.data.get("secret", row.data.get("seed")).startswith("next.")
        settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
        assert open_sealed(Authenticator.objects.get(type="totp").data["secret"], place=PLACE) == key


class TestRecoveryCodes:
    def codes(self, client):
        page = client.get("/accounts/2fa/recovery-codes/", headers=ENGLISH).content.decode()
        return re.findall(r"<li>([0-9]{4} [0-9]{4})</li>", page)

    def test_each_works_once(self, signed_in, key):
        codes = self.codes(signed_in)
        assert len(codes) == 10

        first, second = half_way(), half_way()
        post(first, "2fa/authenticate/", code=codes[0])
        post(second, "2fa/authenticate/", code=codes[0])

        assert (is_signed_in(first), is_signed_in(second)) == (True, False)
        assert self.codes(signed_in) == codes[1:]
        assert "9 codes are left." in signed_in.get("/accounts/security/", headers=ENGLISH).content.decode()

    def test_can_be_saved_as_a_file(self, signed_in, key):
        file = signed_in.get("/accounts/2fa/recovery-codes/download/", headers=ENGLISH)

        assert file.headers["Content-Disposition"].startswith("attachment")
        assert re.findall(r"^[0-9]{4} [0-9]{4}$", file.content.decode(), re.MULTILINE) == self.codes(signed_in)

    def test_new_ones_end_those_before(self, signed_in, key):
        codes = self.codes(signed_in)

        post(signed_in, "2fa/recovery-codes/generate/")

        client = half_way()
        post(client, "2fa/authenticate/", code=codes[0])
        assert is_signed_in(client) is False
        assert set(self.codes(signed_in)) & set(codes) == set()

    def test_are_shown_only_after_the_password_is_asked_for(self, key):
        client = half_way()
        client.force_login(User.objects.get())

        page = client.get("/accounts/2fa/recovery-codes/")

        assert page.url.startswith("/accounts/reauthenticate/")


class TestPages:
    @pytest.mark.parametrize(
        "address",
        [
            "2fa/totp/activate/",
            "2fa/webauthn/add/",
            "email/",
            "phone/change/",
            "password/change/",
            "reauthenticate/",
            "security/",
        ],
    )
    @pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
    def test_are_ours_in_each_language(self, signed_in, amina, address, language):
        factories.speak(amina, language)

        page = signed_in.get(f"/accounts/{address}").content.decode()

        assert 'class="page-header"' in page
        assert f'lang="{language}"' in page
        if language != "en":
            assert "passkey" not in _words(page).lower()
            assert "e-mail" not in _words(page).lower()

    @pytest.mark.parametrize("address", ["2fa/recovery-codes/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/"])
    def test_of_an_app_are_ours_too(self, signed_in, key, address):
        assert 'class="page-header"' in signed_in.get(f"/accounts/{address}", headers=ENGLISH).content.decode()

    def test_of_the_second_step_are_ours(self, key):
        client = half_way()

        page = client.get("/accounts/2fa/authenticate/", headers=ENGLISH).content.decode()

        assert "One more step" in page
        assert "Use a passkey" in page


def _words(page: str) -> str:
    main = page.split("<main")[1].split("</main>")[0]
    return re.sub(r"<script.*?</script>|<[^>]+>", " ", main, flags=re.DOTALL)
