"""What browsers are told to keep: cookies of this host alone, and no page of somebody who is signed in."""

import runpy

import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.architecture.test_settings import PRODUCTION

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_in_production(settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$", r"^(api/v|oauth/)"]


def signed_in() -> Client:
    client = Client()
    client.force_login(factories.borrower().user, "django.contrib.auth.backends.ModelBackend")
    return client


class TestPages:
    @pytest.mark.parametrize("address", ["/", "/me/", "/loans/", "/learn/", "/no-such-page/"])
    def test_of_somebody_signed_in_are_not_kept(self, rules, address):
        assert signed_in().get(address).headers["Cache-Control"] == "private, no-store"

    def test_that_say_how_they_may_be_kept_are_left_alone(self):
        assert signed_in().get("/sw.js").headers["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize("address", ["/", "/learn/"])
    def test_of_nobody_may_be_kept(self, rules, address):
        assert "no-store" not in Client().get(address).headers.get("Cache-Control", "")


class TestCookies:
    def test_are_for_the_server_alone_and_this_site(self, rules):
        factories.borrower("Amina", email="amina@example.com")
        client = Client()

        client.get("/accounts/login/")
        client.post("/language/", {"language": "en"})
        client.post("/accounts/login/", {"login": "amina@example.com", "password": "correct horse"})

        assert set(client.cookies) == {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "django_language"}
        for cookie in client.cookies.values():
            assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")


class TestPlainCalls:
    @pytest.mark.parametrize("address", ["/api/v1/loans", "/api/v1/schema/", "/oauth/token/"])
    def test_are_refused_and_not_led_on(self, as_in_production, address):
        answer = Client().get(address, headers={"Authorization": "Bearer told-in-the-clear"})

        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        assert answer.json()["code"] == "https_required"

    def test_with_tls_are_answered(self, as_in_production):
        assert Client().get("/api/v1/schema/", secure=True).status_code == 200

    def test_pages_are_led_on(self, as_in_production):
        answer = Client().get("/learn/")

        assert (answer.status_code, answer["Location"]) == (301, "https://testserver/learn/")

    def test_a_health_check_needs_none(self, as_in_production):
        assert Client().get("/healthz").status_code == 200


def test_names_in_production_bind_cookies_to_the_host(monkeypatch):
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    production = runpy.run_module("dashu.settings.prod")

    for kind in ("SESSION", "CSRF", "LANGUAGE"):
        assert production[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        assert production[f"{kind}_COOKIE_SECURE"] is True
        assert (production.get(f"{kind}_COOKIE_DOMAIN"), production.get(f"{kind}_COOKIE_PATH", "/")) == (None, "/")
        assert getattr(settings, f"{kind}_COOKIE_SAMESITE") == "Lax"
