"""Administrators register clients of the API, narrow them and change their secrets."""

import re

import pytest
from django.urls import reverse
from oauth2_provider.models import Application

from dashu.api.models import ClientAccess
from dashu.audit.models import AuditRecord
from loans.services.handed_links import refuse_address
from tests.integration.api.conftest import SECRET, ask_for_token, register
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

LIST = "admin:oauth2_provider_application"


@pytest.fixture
def ada():
    return as_role("ADMIN")


@pytest.fixture
def client_of_dana(dana) -> Application:
    return register(dana)


def page(act: str, application: Application) -> str:
    return reverse(f"{LIST}_{act}", args=[application.pk])


def shown_secret(answer) -> str:
    return re.findall(r"<code>([\w-]{64})</code>", answer.content.decode())[0]


class TestRegistering:
    def test_shows_the_secret_once(self, ada, dana):
        answer = ada.post(reverse(f"{LIST}_add"), {"name": "Till", "user": dana.user_id})

        application = Application.objects.get()
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert ask_for_token(application.client_id, secret=shown_secret(answer)).status_code == 200
        assert shown_secret(answer) not in ada.get(page("change", application)).content.decode()

    def test_is_for_partners_only(self, ada, chidi):
        answer = ada.post(reverse(f"{LIST}_add"), {"name": "Till", "user": chidi.pk})

        assert answer.status_code == 200
        assert Application.objects.exists() is False


class TestAddresses:
    def test_to_go_on_at_are_registered_by_an_administrator(self, ada, client_of_dana):
        form = {"name": "Till", "redirect_uris": "https://dana.example/\nhttps://shop.dana.example/done"}

        answer = ada.post(page("change", client_of_dana), form)

        assert answer.status_code == 302
        client_of_dana.refresh_from_db()
        registered = client_of_dana.redirect_uris.split()
        assert registered == ["https://dana.example/", "https://shop.dana.example/done"]
        refuse_address("https://dana.example/loans/7", registered)

    @pytest.mark.parametrize(
        "address", ["http://dana.example/", "javascript:alert(1)", "https://", "https://a@b.example/"]
    )
    def test_that_lead_astray_are_refused(self, ada, client_of_dana, address):
        answer = ada.post(page("change", client_of_dana), {"name": "Till", "redirect_uris": address})

        assert answer.status_code == 200
        client_of_dana.refresh_from_db()
        assert client_of_dana.redirect_uris == ""


class TestSecret:
    def test_new_is_shown_and_the_one_so_far_stays_good(self, ada, client_of_dana):
        assert ada.get(page("new_secret", client_of_dana)).status_code == 200

        answer = ada.post(page("new_secret", client_of_dana), {"days": 7})

        for secret in (shown_secret(answer), SECRET):
            assert ask_for_token("client-of-dana", secret=secret).status_code == 200
        assert "two; the earlier one ends" in ada.get(page("change", client_of_dana)).content.decode()

    def test_third_is_refused(self, ada, client_of_dana):
        ada.post(page("new_secret", client_of_dana), {"days": 7})

        answer = ada.post(page("new_secret", client_of_dana), {"days": 7})

        assert "This client has two secrets." in answer.content.decode()
        assert AuditRecord.objects.filter(action="api.secret_rotated").count() == 1

    def test_is_ended(self, ada, client_of_dana):
        ada.post(page("new_secret", client_of_dana), {"days": 7})
        assert ada.get(page("end_one_secret", client_of_dana)).status_code == 200

        answer = ada.post(page("end_one_secret", client_of_dana), {"which": "EARLIER"})

        assert answer.status_code == 302
        assert ask_for_token("client-of-dana").status_code == 401


class TestBounds:
    def test_are_set_and_shown(self, ada, client_of_dana):
        assert ada.get(page("grant", client_of_dana)).status_code == 200
        ada.post(page("grant", client_of_dana), {"granted_scopes": ["quotes"], "reads_a_minute": "50"})
        assert ada.get(page("origins", client_of_dana)).status_code == 200
        ada.post(page("origins", client_of_dana), {"networks": "203.0.113.0/24\r\n2001:db8::/32"})

        access = ClientAccess.objects.get()
        assert (access.granted_scopes, access.reads_a_minute, access.writes_a_minute) == (["quotes"], 50, None)
        assert access.networks == ["203.0.113.0/24", "2001:db8::/32"]
        shown = ada.get(page("change", client_of_dana)).content.decode()
        assert "203.0.113.0/24, 2001:db8::/32" in shown
        assert "50 / as for everyone" in shown

    def test_of_all_scopes_are_no_bounds(self, ada, client_of_dana):
        form = ada.get(page("grant", client_of_dana)).context["form"]

        ada.post(page("grant", client_of_dana), {"granted_scopes": form["granted_scopes"].initial})

        assert ClientAccess.objects.get().granted_scopes is None

    def test_that_are_none_are_refused_beside_their_field(self, ada, client_of_dana):
        answer = ada.post(page("origins", client_of_dana), {"networks": "nowhere"})

        assert "Write networks such as" in answer.content.decode()
        assert ClientAccess.objects.exists() is False

    def test_on_certificates_are_refused_where_none_are_read(self, ada, client_of_dana):
        answer = ada.post(page("origins", client_of_dana), {"certificates": "a" * 64})

        assert "Certificates of clients are not read here." in answer.content.decode()


class TestWhoMay:
    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER", "ACCOUNTANT"])
    def test_is_administrators_alone(self, role, client_of_dana):
        client = as_role(role)

        for act in ("change", "grant", "origins", "new_secret", "end_one_secret"):
            assert client.post(page(act, client_of_dana), {"days": 0}).status_code in (302, 403), act
        assert ask_for_token("client-of-dana").status_code == 200
        assert ClientAccess.objects.exists() is False

    def test_nobody_deletes_a_client(self, ada, client_of_dana):
        assert ada.post(page("delete", client_of_dana), {"post": "yes"}).status_code == 403
        assert Application.objects.count() == 1
