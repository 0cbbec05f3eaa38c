import pytest
from django.core.cache import cache

from dashu.users.models import User

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _no_earlier_attempts(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def amina():
    return User.objects.create_user("amina@example.com", "secret-word")


def sign_in(client, login="amina@example.com", typed="secret-word"):
    return client.post(LOGIN, {"login": login, "password": typed}, headers=ENGLISH)


class TestSignIn:
    @pytest.mark.parametrize("typed", ["amina@example.com", "Amina@Example.com"])
    def test_a_borrower_comes_to_their_home(self, client, amina, typed):
        page = sign_in(client, typed)

        assert (page.status_code, page.url) == (302, "/")

    def test_staff_come_to_the_back_office(self, client):
        User.objects.create_user("chidi@example.com", "secret-word", role="COLLECTOR")

        assert sign_in(client, "chidi@example.com").url == "/admin/"

    def test_a_refusal_does_not_tell_who_is_a_customer(self, client, amina):
        known = sign_in(client, "amina@example.com", "wrong").content.decode()
        unknown = sign_in(client, "nobody@example.com", "wrong").content.decode()

        assert known.count("field__error") == unknown.count("field__error")
        assert _notices(known) == _notices(unknown) != []

    def test_keeps_the_address_that_was_typed(self, client, amina):
        assert 'value="amina@example.com"' in sign_in(client, typed="wrong").content.decode()

    def test_asking_for_a_new_password_does_not_tell_either(self, client, amina, mailoutbox):
        known = client.post("/accounts/password/reset/", {"login": "amina@example.com"})
        unknown = client.post("/accounts/password/reset/", {"login": "nobody@example.com"})

        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


class TestLockOut:
    @pytest.fixture(autouse=True)
    def _counting(self, settings):
        settings.AXES_ENABLED = True
        settings.AXES_FAILURE_LIMIT = 3
        settings.ACCOUNT_RATE_LIMITS = False

    def test_many_wrong_passwords_pause_sign_in_for_that_address_only(self, client, amina):
        User.objects.create_user("brook@example.com", "secret-word")
        answers = [sign_in(client, typed="wrong").status_code for _ in range(3)]

        locked = sign_in(client)

        assert answers == [200, 200, 429]
        assert locked.status_code == 429
        assert "Try again in 15 minutes" in locked.content.decode()
        assert sign_in(client, "brook@example.com").status_code == 302

    def test_writing_the_address_differently_is_no_way_around(self, client, amina):
        for typed in ("amina@example.com", "AMINA@example.com", " Amina@Example.com"):
            sign_in(client, typed, "wrong")

        assert sign_in(client).status_code == 429


@pytest.mark.parametrize(
    "address",
    [
        "login/",
        "password/reset/",
        "password/reset/done/",
        "password/reset/key/done/",
        "password/reset/key/x-y/",
        "inactive/",
    ],
)
def test_every_page_around_signing_in_is_ours(client, address):
    page = client.get(f"/accounts/{address}", headers=ENGLISH)

    assert page.status_code == 200
    assert 'class="page-header"' in page.content.decode()


@pytest.mark.parametrize("address", ["password/change/", "logout/", "reauthenticate/"])
def test_every_page_of_a_signed_in_person_is_ours(client, amina, address):
    client.force_login(amina)

    page = client.get(f"/accounts/{address}", headers=ENGLISH)

    assert page.status_code == 200
    assert 'class="page-header"' in page.content.decode()


def _notices(page: str) -> list[str]:
    return [part.split("</div>")[0] for part in page.split('class="notice')[1:]]
