from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from dashu.accounts.adapter import AccountAdapter
from dashu.users.actors import actor_of
from dashu.users.models import User


@pytest.mark.django_db
class TestAfterSignIn:
    def test_staff_go_to_the_back_office(self, chidi):
        assert AccountAdapter().get_login_redirect_url(SimpleNamespace(user=chidi)) == "/admin/"

    def test_borrowers_go_home(self, amina):
        assert AccountAdapter().get_login_redirect_url(SimpleNamespace(user=amina.user)) == "/"

    def test_whoever_opens_an_account_is_a_borrower_and_reads_on_in_their_language(self):
        client = Client(headers={"Accept-Language": "zh-hant"})
        typed = {"login": "New@example.com", "password1": "correct horse"}

        response = client.post("/accounts/signup/", {**typed, "role": "ADMIN", "is_staff": "on", "next": "/apply/"})

        made = User.objects.get(email="new@example.com")
        assert (response.status_code, response.headers["Location"]) == (302, "/accounts/confirm-email/")
        assert (made.role, made.is_staff, made.language) == (User.Role.BORROWER, False, "zh-hant")

    def test_a_mail_server_that_is_down_loses_nothing(self, settings, mailoutbox):
        settings.ACCOUNT_RATE_LIMITS = False
        works = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        client = Client()

        page = client.post("/accounts/signup/", {"login": "new@example.com", "password1": "correct horse"})

        assert (page.status_code, page.headers["Location"]) == (302, "/accounts/confirm-email/")
        assert User.objects.filter(email="new@example.com").exists()
        settings.EMAIL_BACKEND = works
        assert client.post("/accounts/confirm-email/", {"action": "resend"}).status_code == 302
        assert [mail.to for mail in mailoutbox] == [["new@example.com"]]

    def test_the_address_may_be_typed_in_capitals(self, amina):
        client = Client()

        response = client.post("/accounts/login/", {"login": "AMINA@Example.com", "password": "correct horse"})

        assert (response.status_code, response.headers["Location"]) == (302, "/")
        assert client.session["_auth_user_id"] == str(amina.user_id)


@pytest.mark.django_db
class TestActor:
    def test_is_the_person(self, amina):
        assert actor_of(SimpleNamespace(user=amina.user)) == f"user:{amina.user_id}"

    def test_is_the_partner_behind_a_login(self, dana):
        assert actor_of(SimpleNamespace(user=dana.user)) == "partner:dana"

    def test_is_the_partner_behind_a_program(self, dana):
        assert actor_of(SimpleNamespace(user=AnonymousUser(), partner=dana)) == "partner:dana"

    def test_is_anonymous_before_sign_in(self):
        assert actor_of(SimpleNamespace(user=AnonymousUser())) == "anonymous"
