"""A partner's program: its client, its token and short ways to ask."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from oauth2_provider.models import Application

from dashu.users.models import Borrower, Partner
from loans.models import Loan
from tests import factories

SECRET = "a secret of the partner"


@dataclass
class PartnerProgram:
    """Speaks HTTP as a partner's program does; `token` None sends none."""

    client: Client
    token: str | None

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", headers=self.headers(headers))

    def post(self, path: str, body: Any, *, content_type: str = "application/json", **headers: str) -> HttpResponse:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(f"/api/v1/{path}", data=data, content_type=content_type, headers=self.headers(headers))

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.client.put(
            f"/api/v1/{path}", data=json.dumps(body), content_type="application/json", headers=self.headers(headers)
        )

    def upload(self, path: str, form: dict[str, Any], *, key: str = "key-1") -> HttpResponse:
        return self.client.post(f"/api/v1/{path}", data=form, headers=self.headers({"Idempotency-Key": key}))

    def pay(self, loan: Loan, body: Any, *, key: str = "key-1", **headers: str) -> HttpResponse:
        return self.post(f"loans/{loan.number}/payments", body, **{"Idempotency-Key": key, **headers})

    def headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Accept-Language": "en", **({"Authorization": f"Bearer {self.token}"} if self.token else {}), **more}


def register(partner: Partner) -> Application:
    return Application.objects.create(
        name=partner.name,
        user=partner.user,
        client_id=f"client-of-{partner.code}",
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def ask_for_token(client_id: str, secret: str = SECRET, scope: str = "") -> HttpResponse:
    credentials = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return Client().post(
        "/oauth/token/",
        data={"grant_type": "client_credentials", **({"scope": scope} if scope else {})},
        headers={"Authorization": f"Basic {credentials}"},
    )


def program_of(partner: Partner, *, scope: str = "") -> PartnerProgram:
    application = Application.objects.filter(user=partner.user).first() or register(partner)
    return PartnerProgram(Client(), ask_for_token(application.client_id, scope=scope).json()["access_token"])


@pytest.fixture
def program(dana: Partner) -> PartnerProgram:
    """Dana's program with every scope."""
    return program_of(dana)


@pytest.fixture
def danas_loan(amina: Borrower, dana: Partner) -> Loan:
    """12,000 yuan at 18% over 12 months from 15 January 2026, brought by Dana: 1,100.16 a month."""
    return factories.running_loan(amina, brought_by=dana)


PAYMENT = {
    "amount": {"amount": "1100.16", "currency": "CNY"},
    "received_on": "2026-02-15",
    "reference": "first",
}


def assert_problem(response: HttpResponse, status: int, code: str, field: str | None) -> None:
    """Check that the answer is a problem as RFC 9457 has it, and one that the schema documents for this operation."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    problem = response.json()
    assert (problem["type"], problem["status"], problem["code"], problem["field"]) == (
        "about:blank",
        status,
        code,
        field,
    )
    assert len(problem["detail"]) > 5
    operation = (response.request["REQUEST_METHOD"].lower(), response.request["PATH_INFO"])
    assert code == "not_found" or (status, code) in documented_refusals(*operation)


def documented_refusals(method: str, path: str) -> set[tuple[int, str]]:
    """Return the (status, code) pairs of the operation at this address; of any method where it has no such method."""
    items = [item for template, item in _documented().items() if re.fullmatch(_pattern(template), path)]
    assert len(items) == 1, f"{path} is not in the schema"
    return items[0].get(method) or set().union(*items[0].values())


def _pattern(template: str) -> str:
    return re.sub(r"{\w+}", "[^/]+", template)


@cache
def _documented() -> dict[str, dict[str, set[tuple[int, str]]]]:
    schema = Client().get("/api/v1/schema/").json()
    return {
        path: {method: set(_refusals(operation)) for method, operation in item.items()}
        for path, item in schema["paths"].items()
    }


def _refusals(operation: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for status, answer in operation["responses"].items():
        for example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).values():
            yield int(status), example["value"]["code"]
