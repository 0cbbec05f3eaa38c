"""The collection for Postman and Bruno: every request of it is sent to the running server."""

import json
import uuid
from typing import Any

import httpx
import pytest

from dashu.kernel.dates import lender_now
from dashu.sandbox.seeding import Keys, seed_sandbox
from loans.models import Application
from tests.sent_files import pdf

pytestmark = pytest.mark.django_db(transaction=True)

# Of what the sandbox is not seeded with there is none to name; an unknown one is a documented refusal.
UNKNOWN = {
    **dict.fromkeys(("event", "endpoint", "delivery", "job"), str(uuid.uuid4())),
    **dict.fromkeys(("payment", "split", "refund", "offer"), "unknown"),
}


class Runner:
    """Sends requests of a collection as Postman does: variables filled in, what is switched off left out."""

    def __init__(self, collection: dict[str, Any], **variables: str) -> None:
        self.variables = {each["key"]: each["value"] for each in collection["variable"]} | variables
        self.client = httpx.Client(timeout=30, headers={"Connection": "close"})

    def send(self, item: dict[str, Any]) -> httpx.Response:
        request, auth = item["request"], None
        headers = {each["key"]: self.filled(each["value"]) for each in request["header"]}
        if "auth" in request:
            auth = tuple(self.filled(each["value"]) for each in request["auth"]["basic"])
        else:
            headers["Authorization"] = self.filled("Bearer {{token}}")
        url = self.filled(request["url"]["raw"])
        for each in request["url"]["variable"]:
            url = url.replace(f":{each['key']}", self.filled(each["value"]))
        return self.client.request(request["method"], url, headers=headers, auth=auth, **self.body(request))

    def body(self, request: dict[str, Any]) -> dict[str, Any]:
        body = request.get("body", {"mode": ""})
        match body["mode"]:
            case "raw":
                return {"content": body["raw"]}
            case "urlencoded":
                return {"data": {each["key"]: each["value"] for each in body["urlencoded"]}}
            case "formdata":
                return {"data": {"kind": "INCOME"}, "files": {"file": ("payslip.pdf", pdf(), "application/pdf")}}
        return {}

    def filled(self, text: str) -> str:
        text = text.replace("{{$guid}}", uuid.uuid4().hex)
        for name, value in self.variables.items():
            text = text.replace("{{" + name + "}}", value)
        return text


def requests_of(collection: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for folder in collection["item"] for item in folder.get("item", [])]


@pytest.fixture
def keys(sandbox) -> Keys:
    return seed_sandbox(code="acme", name="Acme", now=lender_now())


def named(runner: Runner) -> dict[str, str]:
    """Ask for a payoff quote and for a paper, and return what their addresses are made of."""
    base, today = "{{base_url}}/api/v1/loans/{{number}}/", lender_now().date()
    found = {}
    for path, name, body in (
        ("payoff-quotes", "id", {"valid_to": str(today)}),
        ("documents", "code", {"kind": "STATEMENT_OF_ACCOUNT", "first": str(today), "last": str(today)}),
    ):
        headers = {"Authorization": runner.filled("Bearer {{token}}"), "Idempotency-Key": path}
        found[name] = runner.client.post(runner.filled(base + path), json=body, headers=headers).json()[name]
    return {"quote": found["id"], "code": found["code"], **UNKNOWN}


def code_in(answer: dict[str, Any]) -> str | None:
    """Return the code of a saved refusal; tables and files have none."""
    is_refusal = answer["code"] >= 400
    return json.loads(answer["body"])["code"] if is_refusal else None


def test_every_request_is_answered_as_it_documents(live_server, keys) -> None:
    collection = httpx.get(f"{live_server.url}/api/docs/collection.json", timeout=60).json()
    offered = Application.objects.get(status="OFFERED")
    own = {"number": "SBX-ACME-RUNNING", "reference": offered.reference, "position": "1"}
    runner = Runner(collection, client_id=keys.client_id, client_secret=keys.client_secret or "", **own)
    runner.variables["token"] = runner.send(collection["item"][0]).json()["access_token"]
    runner.variables |= named(runner)

    strange, done = [], set()
    for item in requests_of(collection):
        answer = runner.send(item)
        kind = answer.headers["Content-Type"]
        code = answer.json()["code"] if kind == "application/problem+json" else None
        saved = {(each["code"], code_in(each) if code else None) for each in item["response"]}
        if (answer.status_code, code) not in saved or answer.status_code == 500:
            strange.append((item["name"], answer.status_code, answer.text[:300]))
        if answer.status_code < 300:
            done.add((item["request"]["method"], item["request"]["url"]["raw"].removeprefix("{{base_url}}/api/v1/")))

    assert [f"{name}: {status} {text}" for name, status, text in strange] == []
    assert {
        ("POST", "quotes"),
        ("GET", "loans"),
        ("GET", "loans/:number/schedule"),
        ("GET", "applications/:reference"),
        ("GET", "loans/:number/documents/:code/:file_format"),
        ("POST", "loans/:number/payoff-quotes/:quote/acceptance"),
    } <= done


def test_has_every_operation_of_the_description(client, db) -> None:
    collection = client.get("/api/docs/collection.json").json()
    schema = client.get("/api/v1/schema/").json()

    described = {
        (method.upper(), path.replace("{", ":").replace("}", "").removeprefix("/"))
        for path, item in schema["paths"].items()
        for method in item
    }

    assert {
        (item["request"]["method"], item["request"]["url"]["raw"].removeprefix("{{base_url}}/"))
        for item in requests_of(collection)
    } == described
