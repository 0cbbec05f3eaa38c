"""Handing an applicant over to our pages, and asking how far the signature is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import Application as ApiClient

from dashu.api.models import StoredAnswer
from dashu.kernel.dates import lender_now
from loans.models import SignatureLink
from loans.services.open_signature import decline_signature, open_signature
from tests import factories
from tests.applicants import NOW
from tests.integration.api.conftest import assert_problem, program_of
from tests.integration.api.test_applications import offered, post
from tests.signers import chosen, let_in, signed

__all__ = ["offered"]
pytestmark = pytest.mark.django_db
BACK = "https://partner.example/done"


@pytest.fixture
def application(program, amina, dana):
    """With a chosen offer; the host to go back to is registered."""
    ApiClient.objects.filter(user=dana.user).update(redirect_uris="https://partner.example/")
    application = chosen(amina, now=lender_now())
    application.partner = dana
    application.save()
    return application


def token_in(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


class TestMakeSignatureLink:
    def test_opens_the_page_of_the_applicant(self, program, application):
        answer = post(program, f"applications/{application.reference}/signature-link", {"return_url": BACK})

        link = SignatureLink.objects.get()
        made = answer.json()
        assert answer.status_code == 201
        assert set(made) == {"id", "url", "phone", "expires_at"}
        assert (made["id"], made["phone"], link.return_url) == (str(link.public_id), "138****1234", BACK)
        assert open_signature(token=token_in(made["url"]), confirmation="", now=lender_now()).link == link

    def test_sent_again_is_the_same_link_of_which_no_more_than_its_id_is_kept(self, program, application):
        path = f"applications/{application.reference}/signature-link"

        first = post(program, path, {}, key="once").json()
        again = post(program, path, {}, key="once")

        assert (again.json(), again["Idempotent-Replayed"]) == (first, "true")
        assert SignatureLink.objects.count() == 1
        assert token_in(first["url"]) not in StoredAnswer.objects.get(key="once").body

    @pytest.mark.parametrize("address", ["https://evil.example/", "http://partner.example/", "/done"])
    def test_leads_nowhere_but_to_a_registered_host(self, program, application, address):
        answer = post(program, f"applications/{application.reference}/signature-link", {"return_url": address})

        assert_problem(answer, 422, "return_url_refused", "return_url")
        assert not SignatureLink.objects.exists()

    def test_is_refused_before_an_offer_is_chosen(self, program, application):
        from loans.services.choose_offer import reconsider_offers

        reconsider_offers(application_id=application.pk, now=lender_now(), actor="partner:dana")

        answer = post(program, f"applications/{application.reference}/signature-link", {})

        assert_problem(answer, 409, "application_state", "application")

    def test_for_another_partners_application_is_not_found(self, application):
        eve = program_of(factories.partner("Eve"))

        answer = post(eve, f"applications/{application.reference}/signature-link", {})

        assert_problem(answer, 404, "application_not_found", "application")
        assert not SignatureLink.objects.exists()

    def test_needs_scope_and_key(self, dana, program, application):
        path = f"applications/{application.reference}/signature-link"

        assert_problem(post(program_of(dana, scope="applications:read"), path, {}), 403, "insufficient_scope", None)
        assert_problem(program.post(path, {}), 400, "idempotency_key_missing", "Idempotency-Key")
        assert not SignatureLink.objects.exists()


class TestGetSignature:
    def state(self, program, application):
        return program.get(f"applications/{application.reference}/signature").json()["state"]

    def test_follows_the_link_to_its_end(self, program, application):
        assert self.state(program, application) == "NOT_ASKED"
        made = post(program, f"applications/{application.reference}/signature-link", {}).json()
        assert self.state(program, application) == "LINK_MADE"
        token, now = token_in(made["url"]), lender_now()

        secret = let_in(token, now=now)
        assert self.state(program, application) == "OPENED"
        decline_signature(token=token, confirmation=secret, now=now)

        assert self.state(program, application) == "DECLINED"

    def test_of_a_link_whose_time_is_over_is_expired(self, program, application):
        post(program, f"applications/{application.reference}/signature-link", {})
        SignatureLink.objects.update(expires_at=lender_now() - timedelta(seconds=1))

        shown = program.get(f"applications/{application.reference}/signature").json()

        assert shown["state"] == "EXPIRED"
        assert "url" not in shown["link"]

    def test_after_it_has_the_digest_of_the_evidence(self, program, amina, dana):
        contract = signed(amina, now=NOW)
        contract.application.partner = dana
        contract.application.save()

        shown = program.get(f"applications/{contract.application.reference}/signature").json()

        assert (shown["state"], shown["link"]) == ("SIGNED", None)
        assert shown["contract"]["evidence_digest"] == contract.evidence_digest
        assert (shown["contract"]["number"], shown["contract"]["sha256"]) == (contract.number, contract.sha256)
        assert shown["reading"]["understood_at"] is not None

    def test_needs_the_same_queries_signed_or_not(self, program, application):
        with CaptureQueriesContext(connection) as queries:
            program.get(f"applications/{application.reference}/signature")

        assert len(queries) == 5

    def test_of_another_partner_is_not_found(self, application):
        eve = program_of(factories.partner("Eve"))

        answer = eve.get(f"applications/{application.reference}/signature")

        assert_problem(answer, 404, "application_not_found", "application")

    def test_refuses_a_field_that_is_none(self, program, application):
        answer = program.get(f"applications/{application.reference}/signature?fields=url")

        assert_problem(answer, 422, "unknown_field", "fields")
