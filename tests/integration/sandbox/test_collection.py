"""The collection for Postman and Bruno: every request of it is sent to the running server."""

import json
import uuid
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from dashu.api import collection
from dashu.bulk.models import BulkJob
from dashu.kernel.dates import lender_now
from dashu.sandbox.seeding import Keys, seed_sandbox
from loans.models import Application
from tests.integration.bulk.files import work
from tests.integration.webhooks.conftest import deliver
from tests.receivers import receiver
from tests.sent_files import pdf

pytestmark = pytest.mark.django_db(transaction=True)


LINES = b"loan,amount,currency,received_on,reference\nSBX-ACME-LATE-10,10.00,CNY,2026-02-15,of-a-file\n"
# By what a form says that the file is.
FILES = {
    "INCOME": ("payslip.pdf", pdf(), "application/pdf"),
    "payments": ("payments.csv", LINES, "text/csv"),
}


class Runner:
    """Sends requests of a collection as Postman does: variables filled in, what is switched off left out."""

    def __init__(self, sent: dict[str, Any], **variables: str) -> None:
        self.variables = {each["key"]: each["value"] for each in sent["variable"]} | variables
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
        answer = self.client.request(request["method"], url, headers=headers, auth=auth, **self.body(request))
        self.keep(item, answer)
        return answer

    def keep(self, item: dict[str, Any], answer: httpx.Response) -> None:
        """Do what the scripts of the collection do, of which there are two."""
        for script in [line for event in item.get("event", ()) for line in event["script"]["exec"]]:
            match script:
                case collection.KEEP_ACCESS:
                    self.variables["token"] = answer.json()["access_token"]
                case collection.KEEP_TAG:
                    self.variables["etag"] = answer.headers.get("ETag", "")
                case _:
                    raise AssertionError(f"a script that this test does not know: {script}")

    def ask(self, method: str, url: str, **what: Any) -> dict[str, Any]:
        """Send a request of the reader's own, which has to be answered well."""
        headers = {"Authorization": self.filled("Bearer {{token}}"), "Idempotency-Key": uuid.uuid4().hex}
        answer = self.client.request(method, self.filled(url), headers=headers, **what)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def body(self, request: dict[str, Any]) -> dict[str, Any]:
        body = request.get("body", {"mode": ""})
        match body["mode"]:
            case "raw":
                return {"content": body["raw"]}
            case "urlencoded":
                return {"data": {each["key"]: each["value"] for each in body["urlencoded"]}}
            case "formdata":
                given = [each for each in body["formdata"] if not each.get("disabled")]
                texts = {each["key"]: each["value"] for each in given if each["type"] == "text"}
                return {"data": texts, "files": {"file": FILES.get(texts["kind"], FILES["INCOME"])}}
        return {}

    def filled(self, text: str) -> str:
        text = text.replace("{{$guid}}", uuid.uuid4().hex)
        for name, value in self.variables.items():
            text = text.replace("{{" + name + "}}", value)
        return text


def requests_of(written: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for folder in written["item"] for item in folder.get("item", [])]


@pytest.fixture
def keys(sandbox) -> Keys:
    return seed_sandbox(code="acme", name="Acme", now=lender_now())


def named(runner: Runner, receiver: str) -> dict[str, str]:
    """Have something at every address, and return what the addresses are made of."""
    loan, today = "{{base_url}}/api/v1/loans/{{number}}/", str(lender_now().date())
    amount, webhooks = {"amount": "10.00", "currency": "CNY"}, "{{base_url}}/api/v1/webhook-endpoints"
    paid = {"received_on": today, "reference": "named"}
    parts = {"total": amount, "parts": [{"loan": "SBX-ACME-RUNNING", "amount": amount}]}

    def made(url: str, body: dict[str, Any], name: str = "id") -> str:
        return runner.ask("POST", url, json=body)[name]

    too_much = {**paid, "reference": "named-too-much", "amount": {**amount, "amount": "5000.00"}}
    half_way = "{{base_url}}/api/v1/loans/SBX-ACME-HALF-WAY/"
    runner.ask("POST", f"{half_way}payments", json=too_much)
    refunded = {"amount": amount, "reason": "paid twice", "reference": "named"}
    found = {
        "code": made(f"{loan}documents", {"kind": "STATEMENT_OF_ACCOUNT", "first": today, "last": today}, "code"),
        "payment": made(f"{loan}payments", {**paid, "amount": amount}),
        "split": made("{{base_url}}/api/v1/payments", {**paid, "reference": "named-split", **parts}),
        "endpoint": made(webhooks, {"url": receiver}),
        "refund": made(f"{half_way}refunds", refunded),
    }
    runner.ask("POST", f"{webhooks}/{found['endpoint']}/verify")
    runner.ask("POST", f"{webhooks}/{found['endpoint']}/test")
    deliver()
    files = {"file": FILES["payments"]}
    job = runner.ask("POST", "{{base_url}}/api/v1/jobs", data={"kind": "payments"}, files=files)["id"]
    work(BulkJob.objects.get(key=job), now=lender_now())
    [event, *_others] = runner.ask("GET", "{{base_url}}/api/v1/events")["results"]
    [delivery, *_others] = runner.ask("GET", f"{webhooks}/{found['endpoint']}/deliveries")["results"]
    # What is paid after a quote voids it.
    quote = made(f"{loan}payoff-quotes", {"valid_to": today})
    return {**found, "quote": quote, "job": job, "event": event["id"], "delivery": delivery["id"]}


def code_in(answer: dict[str, Any]) -> str | None:
    """Return the code of a saved refusal; tables and files have none."""
    is_refusal = answer["code"] >= 400
    return json.loads(answer["body"])["code"] if is_refusal else None


@pytest.fixture
def posted_to() -> Iterator[str]:
    """The address of a receiver of webhooks that echoes what it is asked."""
    with receiver(usually="echo") as running:
        yield running.url


def test_every_request_is_answered_as_it_documents(live_server, keys, posted_to) -> None:
    sent = httpx.get(f"{live_server.url}/api/docs/collection.json", timeout=60).json()
    offered = Application.objects.get(status="OFFERED")
    own = {"number": "SBX-ACME-RUNNING", "reference": offered.reference, "position": "1", "offer": "none"}
    runner = Runner(sent, client_id=keys.client_id, client_secret=keys.client_secret or "", **own)
    runner.send(sent["item"][0])
    runner.variables |= named(runner, posted_to)

    strange, done = [], set()
    for item in requests_of(sent):
        answer = runner.send(item)
        kind = answer.headers.get("Content-Type")
        code = answer.json()["code"] if kind == "application/problem+json" else None
        saved = {(each["code"], code_in(each) if code else None) for each in item["response"]}
        if (answer.status_code, code) not in saved or answer.status_code == 500:
            strange.append((item["name"], answer.status_code, answer.text[:300]))
        if answer.status_code < 300:
            done.add((item["request"]["method"], item["request"]["url"]["raw"].removeprefix("{{base_url}}/api/v1/")))

    assert strange == []
    assert {
        ("POST", "quotes"),
        ("GET", "loans"),
        ("GET", "loans/:number/schedule"),
        ("GET", "applications/:reference"),
        ("GET", "loans/:number/documents/:code/:file_format"),
        ("POST", "loans/:number/payoff-quotes/:quote/acceptance"),
        ("GET", "payments/:payment"),
        ("GET", "split-payments/:split"),
        ("POST", "refunds/:refund/withdraw"),
        ("GET", "relief-form"),
        ("GET", "reports/portfolio"),
        ("GET", "applications/:reference/signature"),
        ("GET", "events/:event"),
        ("POST", "webhook-endpoints/:endpoint/verify"),
        ("GET", "webhook-endpoints/:endpoint/secret"),
        ("GET", "webhook-deliveries/:delivery"),
        ("GET", "jobs/:job/results"),
        ("PATCH", "webhook-endpoints/:endpoint"),
        ("DELETE", "webhook-endpoints/:endpoint"),
    } <= done


def test_has_every_operation_of_the_description(client, db) -> None:
    written = client.get("/api/docs/collection.json").json()
    schema = client.get("/api/v1/schema/").json()

    described = {
        (method.upper(), path.replace("{", ":").replace("}", "").removeprefix("/"))
        for path, item in schema["paths"].items()
        for method in item
    }

    assert {
        (item["request"]["method"], item["request"]["url"]["raw"].removeprefix("{{base_url}}/"))
        for item in requests_of(written)
    } == described


def test_sends_with_if_match_what_was_read_just_before(client, db) -> None:
    items = requests_of(client.get("/api/docs/collection.json").json())

    before = [
        (read["request"]["method"], read["request"]["url"]["raw"] == item["request"]["url"]["raw"], read.get("event"))
        for read, item in pairwise(items)
        if {"key": "If-Match", "value": "{{etag}}"} in item["request"]["header"]
    ]

    script = {"type": "text/javascript", "exec": [collection.KEEP_TAG]}
    assert len(before) >= 3
    assert [each for each in before if each != ("GET", True, [{"listen": "test", "script": script}])] == []
