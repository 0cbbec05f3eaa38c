"""Every write × a key that belongs to another request, or to one that is not done yet: so that a new write is in it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from dashu.api import idempotency
from dashu.api.models import StoredAnswer
from tests.integration.api.test_authorization import SCOPES, token_of
from tests.integration.api.test_schema import operations, takes_a_key
from tests.integration.api.worlds import World, address
from tests.integration.bulk.conftest import folder
from tests.integration.bulk.files import csv_file, payment
from tests.sent_files import pdf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules", "folder")]

__all__ = ["folder"]

# Asks the receiver whether it is there before anything is written, and the receiver of this test is not.
ASKS_FIRST = {"verify"}


@pytest.fixture
def danas(dana, amina) -> World:
    return World(dana, amina)


@pytest.fixture
def writes(danas) -> list[tuple[str, str, dict[str, Any]]]:
    """Every write as method, address and what it is sent."""
    schema = Client().get("/api/v1/schema/").json()
    keyed = [(*name, operation) for name, operation in operations(schema).items() if takes_a_key(operation)]
    return [(method, address(path, danas), sent(operation, danas)) for method, path, operation in keyed]


def sent(operation: dict[str, Any], danas: World) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        is_job = operation["operationId"] == "upload_job"
        file = csv_file(payment(danas.loan_number, "kept")) if is_job else SimpleUploadedFile("payslip.pdf", pdf())
        return {"form": {"kind": "payments" if is_job else "INCOME", "file": file}}
    examples = list(content.get("application/json", {}).get("examples", {}).values())
    return {"data": json.dumps(examples[0]["value"]) if examples else "", "content_type": "application/json"}


def send(write: tuple[str, str, dict[str, Any]], *, token: str, key: str) -> HttpResponse:
    method, where, what = write
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "If-Match": "*"}
    if "form" in what:
        return Client().post(f"/api/v1/{where}", data=what["form"], headers=headers)
    return Client().generic(method.upper(), f"/api/v1/{where}", headers=headers, **what)


def told(response: HttpResponse) -> tuple[int, str, bool]:
    return response.status_code, response.json().get("code"), "Retry-After" in response


def test_of_another_request_is_refused(writes, danas) -> None:
    token, key = token_of(danas, SCOPES), str(uuid4())
    StoredAnswer.objects.create(user=danas.partner.user, key=key, fingerprint="of another", status=200, body="{}")

    found = {(write[0], write[1]): told(send(write, token=token, key=key)) for write in writes}

    assert len(found) > 25
    assert {write: got for write, got in found.items() if got != (409, "idempotency_key_reused", False)} == {}


def test_of_a_request_that_is_not_done_is_told_to_wait(writes, danas, monkeypatch) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", 0.05)
    token, key = token_of(danas, SCOPES), str(uuid4())

    def send_all() -> dict[tuple[str, str], tuple[int, str, bool]]:
        try:
            return {(write[0], write[1]): told(send(write, token=token, key=key)) for write in writes}
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        StoredAnswer.objects.create(user=danas.partner.user, key=key, fingerprint="", status=0, body="")
        found = pool.submit(send_all).result(timeout=60)
        transaction.set_rollback(True)

    told_to_wait = {write for write, got in found.items() if got == (409, "request_in_progress", True)}
    assert {where.rpartition("/")[2] for _method, where in found.keys() - told_to_wait} == ASKS_FIRST
