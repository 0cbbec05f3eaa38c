"""The guides of docs/api: every request of them is sent to the running server, and its answer compared."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from dashu.bulk.models import BulkJob
from dashu.kernel.dates import lender_now
from dashu.sandbox.seeding import Keys, seed_sandbox
from tests.guides import follow, steps_of
from tests.integration.bulk.files import work
from tests.integration.webhooks.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()

FOLDER = Path(__file__).parents[3] / "docs" / "api"
GUIDES = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md") if "```http" in path.read_text()}


@pytest.fixture
def keys(sandbox) -> Keys:
    return seed_sandbox(code="acme", name="Acme", now=lender_now())


@pytest.fixture
def names(keys, live_server, today) -> dict[str, str]:
    """What the reader of a guide fills in."""
    client = base64.b64encode(f"{keys.client_id}:{keys.client_secret}".encode()).decode()
    asked = {"data": {"grant_type": "client_credentials"}, "headers": {"Authorization": f"Basic {client}"}}
    token = httpx.post(f"{live_server.url}/oauth/token/", **asked).json()["access_token"]
    now = lender_now().isoformat()
    return {"site": live_server.url, "client": client, "own_token": token, "today": today, "now": now}


@pytest.fixture
def receiver() -> Iterator[dict[str, Any]]:
    """The receiver of handling-webhooks.md, run as it stands there."""
    guide = (FOLDER / "handling-webhooks.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    running: dict[str, Any] = {}
    exec(program.replace("whsec_…", SECRET), running)  # noqa: S102 - the example is our own
    running["Receiver"].log_message = lambda *_args: None
    with HTTPServer(("127.0.0.1", 0), running["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        running["url"] = f"http://127.0.0.1:{server.server_address[1]}/"
        yield running
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("guide", GUIDES)
def test_answers_as_the_guide_shows(live_server, names, receiver, guide) -> None:
    names["receiver"] = receiver["url"]

    def send(method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        usual = {
            "Authorization": f"Bearer {names.get('token', names['own_token'])}",
            "Content-Type": "application/json",
            "Accept-Language": "en",
            "Connection": "close",
        }
        receiver["SECRET"] = names.get("secret", SECRET)  # as the reader puts it there
        headers = {**usual, **headers}
        if headers["Content-Type"].startswith("multipart/"):
            body = body.replace("\n", "\r\n") + "\r\n"
        answer = httpx.request(method, f"{live_server.url}{path}", headers=headers, content=body or None, timeout=30)
        work_all()
        return answer.status_code, document_of(answer)

    assert follow(GUIDES[guide], send, names) == []


def document_of(answer: httpx.Response) -> Any:
    if answer.headers["Content-Type"].startswith("application/x-ndjson"):
        return [json.loads(line) for line in answer.text.splitlines()]
    return answer.json()


def work_all() -> None:
    """Do what the workers of the lender do meanwhile."""
    for job in BulkJob.objects.filter(status=BulkJob.Status.QUEUED):
        work(job, now=lender_now())
    deliver()


def test_there_are_guides_for_what_partners_do() -> None:
    told = {"first-loan-in-10-minutes", "taking-payments", "handling-webhooks", "bulk-jobs", "errors"}

    assert GUIDES.keys() >= told
    assert sum(len(steps_of(guide)) for guide in GUIDES.values()) > 30


class TestReceiver:
    """The receiver of handling-webhooks.md, run as it stands there."""

    def post(self, receiver: dict[str, Any], event: dict[str, Any], *, secret: str = SECRET) -> httpx.Response:
        body, now = json.dumps(event), lender_now().astimezone(UTC)
        signature = Webhook(secret).sign(event["id"], now, body)
        signed = {"webhook-id": event["id"], "webhook-timestamp": str(int(now.timestamp()))}
        headers = {**signed, "webhook-signature": signature, "Content-Type": "application/json"}
        return httpx.post(receiver["url"], content=body, headers=headers)

    def test_answers_the_challenge(self, receiver):
        event = {"id": "1", "type": "webhook.verification", "data": {"challenge": "a word"}}

        assert self.post(receiver, event).json() == {"challenge": "a word"}
        assert receiver["inbox"] == []

    def test_keeps_an_event_that_comes_twice_once(self, receiver):
        event = {"id": "2", "type": "payment.received", "data": {"loan": "DS1"}}

        answers = [self.post(receiver, event).status_code for _time in range(2)]

        assert (answers, receiver["inbox"]) == ([200, 200], [event])

    def test_refuses_what_somebody_else_signed(self, receiver):
        other = "whsec_" + base64.b64encode(b"another secret of 32 bytes, at l").decode()

        answer = self.post(receiver, {"id": "3", "type": "payment.received", "data": {}}, secret=other)

        assert (answer.status_code, receiver["inbox"]) == (401, [])


class TestFollow:
    GUIDE = '```http\nGET /loans\n```\n\n```json 200\n{"id": "{loan}", "rows": [{"n": 1}, "…"], "…": "…"}\n```\n'

    def given(self, answer: Any, status: int = 200) -> list[str]:
        return follow(self.GUIDE, lambda *_asked: (status, answer), {})

    def test_lets_stand_what_the_guide_leaves_open(self):
        assert self.given({"id": "L1", "rows": [{"n": 1}, {"n": 2}], "more": True}) == []

    def test_finds_another_status_and_another_value(self):
        assert self.given({"id": "L1", "rows": [{"n": 2}]}, 201) == [
            "1. GET /loans: 201 and not 200: {'id': 'L1', 'rows': [{'n': 2}]}",
            "1. GET /loans.rows[0].n is 2 and not 1",
        ]

    def test_finds_a_field_that_is_missing_and_one_that_the_guide_does_not_know(self):
        assert self.given({"id": "L1", "rows": [{"m": 1}]}) == [
            "1. GET /loans.rows[0].n is missing",
            "1. GET /loans.rows[0].m is not in the guide",
        ]

    def test_refuses_a_guide_with_a_request_that_has_no_answer(self):
        with pytest.raises(ValueError, match="2 requests, and 1 of them with an answer"):
            steps_of(self.GUIDE + "```http\nGET /loans\n```\n")
