from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from dashu.users.models import User
from tests.integration.api.conftest import SECRET, PartnerProgram, ask_for_token, assert_problem, program_of, register

pytestmark = pytest.mark.django_db


class TestToken:
    def test_is_issued_for_the_client_id_and_secret(self, dana, rules):
        register(dana)

        answer = ask_for_token("client-of-dana").json()

        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
        assert answer["scope"].split() == [
            "quotes",
            "borrowers:read",
            "borrowers:personal",
            "loans:read",
            "payments:read",
            "payments:write",
            "overdue:read",
            "relief:read",
            "relief:write",
            "documents:write",
            "applications:read",
            "applications:write",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "jobs:read",
            "jobs:write",
            "reports:read",
        ]
        assert PartnerProgram(Client(), answer["access_token"]).get("loans").status_code == 200

    def test_is_refused_for_another_secret(self, dana):
        register(dana)

        answer = ask_for_token("client-of-dana", secret="guessed")

        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert AccessToken.objects.exists() is False

    @pytest.mark.parametrize("given", ["Basic éü", "Basic ÿþ", "Basic !!!", "Basic //46AA==", "Basic", "Basic "])
    def test_is_refused_for_what_no_client_can_send(self, client, given):
        answer = client.post("/oauth/token/", {"grant_type": "client_credentials"}, HTTP_AUTHORIZATION=given)

        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})

    def test_secret_is_not_kept_in_the_clear(self, dana):
        assert SECRET not in register(dana).client_secret

    def test_ends(self, program):
        AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))

        assert_problem(program.get("loans"), 401, "invalid_token", None)

    def test_that_was_never_issued_is_refused(self):
        answer = PartnerProgram(Client(), "guessed").get("loans")

        assert_problem(answer, 401, "invalid_token", None)
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_in_the_address_is_not_read(self, program):
        answer = PartnerProgram(Client(), None).get(f"loans?access_token={program.token}")

        assert_problem(answer, 401, "not_authenticated", None)

    def test_of_a_person_is_refused(self, dana, program):
        AccessToken.objects.update(user=dana.user)

        assert_problem(program.get("loans"), 401, "invalid_token", None)


class TestPartner:
    def test_inactive_is_refused(self, dana, program):
        dana.is_active = False
        dana.save()

        assert_problem(program.get("loans"), 403, "partner_inactive", None)

    def test_with_an_inactive_login_is_refused(self, dana, program):
        dana.user.is_active = False
        dana.user.save()

        assert_problem(program.get("loans"), 403, "partner_inactive", None)

    def test_login_with_another_role_is_refused(self, dana, program):
        User.objects.filter(pk=dana.user_id).update(role=User.Role.BORROWER)

        assert_problem(program.get("loans"), 403, "partner_inactive", None)

    def test_client_without_a_partner_is_refused(self, dana, program):
        Application.objects.update(user=None)

        assert_problem(program.get("loans"), 403, "partner_inactive", None)


class TestScope:
    @pytest.mark.parametrize(
        ("scope", "status"), [("loans:read", 200), ("payments:write", 403), ("quotes payments:write", 403)]
    )
    def test_of_the_token_decides(self, dana, rules, scope, status):
        answer = program_of(dana, scope=scope).get("loans")

        assert answer.status_code == status
        if status == 403:
            assert_problem(answer, 403, "insufficient_scope", None)
            assert "loans:read" in answer.json()["detail"]

    def test_unknown_is_not_issued(self, dana):
        register(dana)

        answer = ask_for_token("client-of-dana", scope="loans:write")

        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")

    def test_a_signed_in_person_has_none(self, dana):
        client = Client()
        client.force_login(dana.user)

        assert_problem(PartnerProgram(client, None).get("loans"), 401, "not_authenticated", None)


class TestAddress:
    def test_that_does_not_exist_is_a_problem_too(self, program):
        assert_problem(program.get("nothing"), 404, "not_found", None)
        assert_problem(program.post("nothing", {}), 404, "not_found", None)

    def test_answers_no_other_method(self, program):
        assert_problem(program.post("loans", {}), 405, "method_not_allowed", None)
        assert program.client.options("/api/v1/loans", headers=program.headers({})).status_code == 405

    def test_answers_json_only(self, program):
        assert_problem(program.get("loans", Accept="text/html"), 406, "not_acceptable", None)
