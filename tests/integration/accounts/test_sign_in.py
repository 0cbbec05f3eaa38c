import pytest
from django.core.cache import cache
from django.test import Client

from dashu.accounts import idle
from dashu.kernel.dates import lender_now
from dashu.users.models import User
from dashu.users.services.sign_in_phones import note_phone, verify_phone
from tests.integration.accounts.conftest import ENGLISH, PHONE, SAME_PHONE, is_signed_in, post


@pytest.fixture
def amina():
    user = User.objects.create_user(None, "correct horse", name="Amina")
    verify_phone(user_id=user.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")
    return user


def sign_in(client, login=PHONE, password="correct horse", **more):  # noqa: S107
    return post(client, "login/", login=login, password=password, **more)


class TestSignInByPhone:
    @pytest.mark.parametrize(
        "typed", ["13800001234", PHONE, "+86 138-0000-1234", "0086 13800001234", "１３８００００１２３４"]
    )
    def test_however_it_is_typed(self, client, amina, typed):
        page = sign_in(client, typed, next="/pay/")

        assert (page.status_code, page.url) == (302, "/pay/")
        assert client.session["_auth_user_id"] == str(amina.pk)

    def test_not_with_a_phone_that_was_never_verified(self, client):
        user = User.objects.create_user(None, "correct horse")
        note_phone(user_id=user.pk, phone=SAME_PHONE, now=lender_now())

        assert sign_in(client).status_code == 200

        assert is_signed_in(client) is False

    def test_a_refusal_does_not_tell_who_is_a_customer(self, client, amina):
        User.objects.create_user("brook@example.com", "correct horse")
        pages = {
            login: _notice(sign_in(Client(), login, "wrong").content.decode())
            for login in (PHONE, "139 0000 1234", "brook@example.com", "nobody@example.com")
        }

        assert set(pages.values()) == {
            "This address or phone and this password do not belong together. Look at both, or choose a new password."
        }

    def test_hashes_a_password_for_a_phone_that_nobody_has_too(self, client, amina, monkeypatch):
        from django.contrib.auth.hashers import MD5PasswordHasher

        hashed = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *given: hashed.append(1) or encode(*given))
        counts = {}
        for login in (PHONE, "139 0000 1234"):
            hashed.clear()
            sign_in(Client(), login, "wrong")
            counts[login] = len(hashed)

        assert len(set(counts.values())) == 1

    def test_staff_sign_in_as_before(self, client):
        User.objects.create_user("chidi@example.com", "correct horse", role=User.Role.COLLECTOR)

        assert sign_in(client, "chidi@example.com").url == "/admin/"


class TestTooManyTries:
    def test_those_of_one_phone_hold_up_no_other(self, client, amina):
        for _ in range(5):
            sign_in(Client(), "139 0000 1234", "wrong")
        held_up = _notice(sign_in(Client(), "139 0000 1234", "wrong").content.decode())

        assert held_up == "There were too many tries. Wait five minutes, then try again."
        sign_in(client)
        assert is_signed_in(client) is True

    def test_lock_the_phone_however_it_is_typed_and_keep_no_number(self, client, amina, settings):
        from axes.models import AccessAttempt

        settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT, settings.ACCOUNT_RATE_LIMITS = True, 3, False

        answers = [sign_in(client, typed, "wrong").status_code for typed in ("13800001234", PHONE, "+8613800001234")]

        assert answers == [200, 200, 429]
        assert sign_in(client).status_code == 429
        kept = AccessAttempt.objects.get()
        assert kept.username.startswith("phone:")
        assert "13800001234" not in kept.username + kept.post_data + kept.get_data
        assert PHONE not in kept.post_data

    def test_a_phone_gets_one_code_a_minute_and_few_a_day(self, client, texts, monkeypatch):
        import time

        start = time.time()
        answers = []
        for minute in (0, 0.5, 1.1, 2.2, 3.3, 4.4, 5.5):
            monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda minute=minute: start + minute * 60)
            answers.append(post(Client(), "signup/", login=PHONE, password1="correct horse").status_code)

        # The second is too soon; after five in an hour there is none.
        assert answers == [302, 200, 302, 302, 302, 302, 200]
        monkeypatch.undo()
        cache.clear()


class TestStayingSignedIn:
    def test_only_where_it_was_asked_for(self, client, amina):
        sign_in(client, remember="on")
        other = Client()
        sign_in(other)

        assert client.session.get(idle.REMEMBERED) is True
        assert client.cookies["sessionid"]["max-age"] == 14 * 86_400
        assert other.session.get(idle.REMEMBERED) is None
        assert other.cookies["sessionid"]["max-age"] == ""

    def test_the_sign_in_page_shows_one_field_for_both(self, client):
        page = client.get("/accounts/login/?next=/pay/", headers=ENGLISH).content.decode()

        assert "Mobile phone or e-mail address" in page
        assert "After that you are back on the page you wanted." in page
        assert 'name="next" value="/pay/"' in page
        assert "data-show-password" in page


def _notice(page: str) -> str:
    return page.split('role="alert"')[1].split("<p>")[1].split("</p>")[0]
