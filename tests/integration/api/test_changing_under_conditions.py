"""A step is answered only while the application is what the caller read, where it asks for that."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from rest_framework.response import Response

from dashu.api.idempotency import answer_once
from dashu.api.models import StoredAnswer
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
