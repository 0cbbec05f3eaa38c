"""
What the caller read is changed only while it is still that: steps of an application where it asks for that, borrowers
and webhook endpoints always.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from rest_framework.response import Response

from dashu.api.idempotency import answer_once
from dashu.api.models import StoredAnswer
from dashu.kernel.dates import lender_now
from dashu.users.models import Borrower
from dashu.users.services.correct_borrower import correct_borrower
from dashu.webhooks.models import WebhookEndpoint
from dashu.webhooks.services.endpoints import change_endpoint, create_endpoint
from loans.models import Application
from loans.services.application_rows import lock_application
from tests.integration.api.conftest import PartnerProgram, assert_problem
from tests.integration.api.test_applications import applied
from tests.integration.ledger.test_periods import wait_until_waiting

pytestmark = pytest.mark.django_db

DEBTS = {"debts": [], "had_defaults": False}
OTHER_DEBTS = {"debts": [{"lender": "Bank", "monthly": "100.00", "left": "1000.00"}], "had_defaults": False}


def answer(program: PartnerProgram, application: Application, sent, key: str, **headers):
    return program.put(f"applications/{application.reference}/steps/debts", sent, **{"Idempotency-Key": key, **headers})


@pytest.fixture
def application(program, rules) -> Application:
    return applied(program, debts=DEBTS)


def read(program, application) -> str:
    return program.get(f"applications/{application.reference}")["ETag"]


class TestStep:
    def test_is_answered_while_the_application_is_what_was_read(self, program, application):
        done = answer(program, application, OTHER_DEBTS, "one", **{"If-Match": read(program, application)})

        assert done.status_code == 200
        application.refresh_from_db()
        assert len(application.facts["debts"]["debts"]) == 1

    def test_is_refused_when_it_has_changed_and_nothing_is_written(self, program, application):
        tag = read(program, application)
        assert answer(program, application, OTHER_DEBTS, "one").status_code == 200

        refused = answer(program, application, DEBTS, "two", **{"If-Match": tag})

        assert_problem(refused, 412, "precondition_failed", "If-Match")
        application.refresh_from_db()
        assert len(application.facts["debts"]["debts"]) == 1
        assert StoredAnswer.objects.filter(key="two").exists() is False

    def test_sent_again_is_answered_as_before_although_it_changed_the_application(self, program, application):
        tag = read(program, application)
        first = answer(program, application, OTHER_DEBTS, "one", **{"If-Match": tag})

        again = answer(program, application, OTHER_DEBTS, "one", **{"If-Match": tag})

        assert (again.status_code, again.content) == (200, first.content)
        assert again["Idempotent-Replayed"] == "true"

    @pytest.mark.django_db(transaction=True)
    def test_is_compared_after_whoever_holds_the_application_is_done(self, program, application):
        tag = read(program, application)

        def send():
            try:
                mine = PartnerProgram(Client(), program.token)
                return answer(mine, application, OTHER_DEBTS, "one", **{"If-Match": tag})
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                held = lock_application(application.pk)
                sent = pool.submit(send)
                wait_until_waiting("loans_application")
                held.purpose = "CHANGED"
                held.save(update_fields=["purpose"])
            refused = sent.result(timeout=30)

        assert_problem(refused, 412, "precondition_failed", "If-Match")


def send(program: PartnerProgram, method: str, path: str, body: Any, **headers: str) -> HttpResponse:
    return getattr(program.client, method)(
        f"/api/v1/{path}",
        data=json.dumps(body),
        content_type="application/json",
        headers=program.headers({"Idempotency-Key": str(uuid4()), **headers}),
    )


class TestBorrower:
    @pytest.fixture
    def brought(self, dana) -> Borrower:
        return Borrower.objects.create(
            name="阿米娜", email="amina@example.com", source="partner:dana", external_id="C-1"
        )

    def change(self, program, **headers) -> HttpResponse:
        return send(program, "patch", "borrowers/C-1", {"language": "en"}, **headers)

    def test_is_corrected_while_it_is_what_was_read(self, program, brought):
        done = self.change(program, **{"If-Match": program.get("borrowers/C-1")["ETag"]})

        assert (done.status_code, done.json()["language"]) == (200, "en")

    def test_is_not_corrected_without_saying_what_was_read(self, program, brought):
        assert_problem(self.change(program), 428, "precondition_required", "If-Match")
        brought.refresh_from_db()
        assert brought.language == "zh-hans"

    def test_is_refused_also_where_only_what_is_masked_has_changed(self, program, brought):
        before = program.get("borrowers/C-1")
        correct_borrower(borrower_id=brought.pk, email="another@example.com", actor="user:1")
        after = program.get("borrowers/C-1")

        refused = self.change(program, **{"If-Match": before["ETag"]})

        assert (after.json(), after["ETag"] != before["ETag"]) == (before.json(), True)
        assert_problem(refused, 412, "precondition_failed", "If-Match")
        brought.refresh_from_db()
        assert brought.language == "zh-hans"


class TestWebhookEndpoint:
    @pytest.fixture
    def endpoint(self, dana) -> WebhookEndpoint:
        about = {"url": "https://partner.example/hooks", "description": "", "types": []}
        return create_endpoint(partner_id=dana.pk, now=lender_now(), actor="partner:dana", **about)

    @pytest.mark.parametrize(("method", "status"), [("patch", 200), ("delete", 204)])
    def test_is_changed_or_deleted_while_it_is_what_was_read(self, program, endpoint, method, status):
        path = f"webhook-endpoints/{endpoint.key}"

        done = send(program, method, path, {"enabled": False}, **{"If-Match": program.get(path)["ETag"]})

        assert done.status_code == status
        endpoint.refresh_from_db()
        assert endpoint.status == "DISABLED"

    @pytest.mark.parametrize("method", ["patch", "delete"])
    def test_is_left_alone_without_saying_what_was_read_or_once_it_has_changed(self, program, endpoint, method):
        path = f"webhook-endpoints/{endpoint.key}"
        tag = program.get(path)["ETag"]
        change_endpoint(endpoint_id=endpoint.pk, changes={"description": "new"}, now=lender_now(), actor="partner:dana")

        unsaid = send(program, method, path, {"enabled": False})
        outdated = send(program, method, path, {"enabled": False}, **{"If-Match": tag})

        assert_problem(unsaid, 428, "precondition_required", "If-Match")
        assert_problem(outdated, 412, "precondition_failed", "If-Match")
        endpoint.refresh_from_db()
        assert (endpoint.status, endpoint.deleted_at) == ("UNVERIFIED", None)


class TestStoredAnswer:
    def test_keeps_the_headers_that_matter(self, dana):
        class Asked:
            headers = {"Idempotency-Key": "one"}
            method, path, data, partner = "POST", "/api/v1/jobs", {}, dana

        def write() -> Response:
            return Response({"id": "J1"}, status=202, headers={"Location": "/api/v1/jobs/J1", "X-Other": "1"})

        answer_once(Asked(), write)
        again = answer_once(Asked(), write)

        assert (again.status_code, again.data, again["Location"]) == (202, {"id": "J1"}, "/api/v1/jobs/J1")
        assert "X-Other" not in again
