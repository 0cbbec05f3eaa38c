"""Staff have two factors, sessions have an end, and what moves money needs a fresh proof."""

import hashlib
import runpy
import time

import pytest
from allauth.account.internal.flows import reauthentication
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from dashu.accounts.passwords import KnownPasswordValidator, is_breached
from dashu.users.models import User
from tests import factories
from tests.architecture.test_settings import PRODUCTION
from tests.integration.accounts.conftest import ENGLISH, is_signed_in, post

SECURITY = "/accounts/security/"


def signed_in(client, role="SUPERVISOR", name="Ekene") -> User:
    user = factories.staff(name, role)
    User.objects.filter(pk=user.pk).update(language="en")
    post(client, "login/", login=user.email, password="correct horse")
    assert is_signed_in(client) is True
    return user


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def _needed(self, settings):
        settings.STAFF_NEED_SECOND_FACTOR = True

    @pytest.mark.parametrize("address", ["/admin/", "/admin/loans/loan/", "/", "/learn/"])
    def test_staff_without_one_get_to_the_page_that_adds_one(self, client, address):
        signed_in(client)

        answer = client.get(address)

        assert (answer.status_code, answer.url) == (302, SECURITY)
        page = client.get(SECURITY).content.decode()
        assert "needs a second step" in page
        assert reverse("mfa_activate_totp") in page

    def test_a_form_is_not_taken_either_and_a_part_of_a_page_leads_there(self, client):
        signed_in(client)

        assert client.post("/admin/loans/loan/", {}).url == SECURITY
        part = client.get("/admin/loans/loan/", headers={"HX-Request": "true"})
        assert part.headers["HX-Redirect"] == SECURITY

    def test_the_pages_to_add_one_and_to_sign_out_are_open(self, client):
        signed_in(client)

        assert client.get(reverse("account_logout")).status_code == 200
        assert client.get(reverse("mfa_add_webauthn")).status_code in (200, 302)
        assert client.get(reverse("mfa_activate_totp")).status_code in (200, 302)

    @pytest.mark.parametrize("kind", ["totp", "webauthn"])
    def test_with_one_the_back_office_opens_until_it_is_given_up(self, client, kind):
        user = signed_in(client)
        Authenticator.objects.create(user=user, type=kind, data={})

        assert client.get("/admin/").status_code == 200

        Authenticator.objects.all().delete()
        assert client.get("/admin/").url == SECURITY

    def test_recovery_codes_alone_are_none(self, client):
        user = signed_in(client)
        Authenticator.objects.create(user=user, type="recovery_codes", data={})

        assert client.get("/admin/").url == SECURITY

    def test_borrowers_choose(self, client, amina):
        post(client, "login/", login="amina@example.com", password="correct horse")

        assert client.get("/").status_code == 200

    def test_is_needed_in_production(self, monkeypatch):
        for name, value in {**PRODUCTION, "DASHU_STAFF_SECOND_FACTOR": "0"}.items():
            monkeypatch.setenv(name, value)
        production = runpy.run_module("dashu.settings.prod")

        assert (production["STAFF_NEED_SECOND_FACTOR"], production["STEP_UP"]) == (True, True)


class TestLongestTime:
    def used_for(self, client, clock, seconds):
        end = clock[0] + seconds
        while clock[0] < end:
            clock[0] = min(end, clock[0] + 25 * 60)
            client.get("/messages/")

    def test_ends_a_session_that_is_used_all_the_time(self, client, amina, clock):
        User.objects.filter(pk=amina.user_id).update(language="en")
        post(client, "login/", login="amina@example.com", password="correct horse")

        self.used_for(client, clock, 12 * 3600 - 60)
        assert client.get("/messages/").status_code == 200
        clock[0] += 120
        page = client.get("/messages/", headers=ENGLISH)

        assert page.url.startswith("/accounts/login/")
        assert "You were signed in for a long time" in client.get(page.url, headers=ENGLISH).content.decode()

    def test_of_a_kept_device_is_thirty_days(self, client, amina, clock):
        post(client, "login/", login="amina@example.com", password="correct horse", remember="on")

        for _day in range(29):
            clock[0] += 86_400
            assert client.get("/messages/").status_code == 200
        clock[0] += 86_401

        assert client.get("/messages/").status_code == 302


class TestStepUp:
    def test_waits_for_a_proof_and_then_does_what_was_sent(self, client, settings, monkeypatch):
        settings.STEP_UP = True
        signed_in(client, "ADMIN", "Root")
        User.objects.filter(email="root@example.com").update(is_superuser=True)
        later(monkeypatch, 301)
        address = reverse("admin:users_user_add")
        given = {
            "email": "new@example.com", "name": "New", "language": "en", "role": "COLLECTOR",
            "usable_password": "true", "password1": "nine wild geese", "password2": "nine wild geese",
        }  # fmt: skip

        answer = client.post(address, given)

        assert answer.url.startswith(reverse("account_reauthenticate"))
        assert User.objects.filter(email="new@example.com").exists() is False
        key = client.session.session_key
        done = client.post(answer.url, {"password": "correct horse"})
        assert done.status_code == 302
        assert User.objects.get(email="new@example.com").role == "COLLECTOR"
        assert client.session.session_key != key  # another key with every proof

    def test_reading_and_a_fresh_sign_in_need_none(self, client, rules, settings):
        settings.STEP_UP = True
        signed_in(client, "ADMIN", "Root")

        assert client.get(reverse("admin:users_user_add")).status_code in (200, 403)

    def test_a_wrong_password_does_nothing(self, client, settings, monkeypatch):
        settings.STEP_UP = True
        signed_in(client, "ADMIN", "Root")
        User.objects.filter(email="root@example.com").update(is_superuser=True)
        later(monkeypatch, 301)
        answer = client.post(reverse("admin:users_user_add"), {"email": "new@example.com"})

        page = client.post(answer.url, {"password": "wrong"})

        assert page.status_code == 200
        assert User.objects.filter(email="new@example.com").exists() is False


def later(monkeypatch, seconds: int) -> None:
    """Have the proof of the sign-in be so old."""
    now = time.time() + seconds
    monkeypatch.setattr(reauthentication.time, "time", lambda: now)


class TestKnownPasswords:
    @pytest.mark.parametrize(
        "password", ["woaini1314", "5201314520", "Password123!", "dashu2026", "大树2026!!", "123456789", "qwertyuiop"]
    )
    def test_are_refused(self, password):
        with pytest.raises(ValidationError):
            validate_password(password)

    @pytest.mark.parametrize("password", ["nine wild geese", "correct horse", "我家的猫叫阿黄今年三岁", "x" * 64])
    def test_others_are_taken(self, password):
        validate_password(password)

    def test_of_a_list_of_hashes_are_found_wherever_they_stand(self, tmp_path, settings):
        known = [f"stolen {number}" for number in range(500)]
        hashes = sorted(hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest().upper() for each in known)
        file = tmp_path / "pwned.txt"
        file.write_text("".join(f"{each}:{number}\n" for number, each in enumerate(hashes, 1)))

        assert all(is_breached(each, file) for each in known)
        assert not any(is_breached(f"mine {number}", file) for number in range(500))
        settings.BREACHED_PASSWORDS = str(file)
        with pytest.raises(ValidationError, match="stolen"):
            KnownPasswordValidator().validate("stolen 17")

    def test_an_empty_list_knows_none(self, tmp_path):
        (tmp_path / "pwned.txt").write_text("")

        assert is_breached("stolen", tmp_path / "pwned.txt") is False
