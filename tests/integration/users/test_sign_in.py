from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from dashu.users.actors import actor_of
from dashu.users.adapter import AccountAdapter


@pytest.mark.django_db
class TestAfterSignIn:
    def test_staff_go_to_the_back_office(self, chidi):
        assert AccountAdapter().get_login_redirect_url(SimpleNamespace(user=chidi)) == "/admin/"

    def test_borrowers_go_home(self, amina):
        assert AccountAdapter().get_login_redirect_url(SimpleNamespace(user=amina.user)) == "/"

    def test_nobody_signs_up_uninvited(self):
        assert AccountAdapter().is_open_for_signup(RequestFactory().get("/accounts/signup/")) is False

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
