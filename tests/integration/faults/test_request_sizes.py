"""What is too large is refused by the real server, before it fills anything."""

import http.client
import json
from collections.abc import Iterator

import pytest

from repayments.models import Payment
from tests import factories
from tests.integration.api.conftest import PAYMENT, program_of
from tests.integration.faults.parts import web_server

pytestmark = pytest.mark.django_db(transaction=True)

Answer = tuple[int, bytes]


class Sender:
    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def send(self, method: str, path: str, body: bytes | Iterator[bytes] = b"", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        sent = {"Authorization": f"Bearer {self._token}", "Accept-Language": "en", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, sent | headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture
def danas_loan(amina, dana):
    return factories.running_loan(amina, brought_by=dana)


@pytest.fixture
def sender(danas_loan, dana, tmp_path) -> Iterator[Sender]:
    with web_server(tmp_path, workers=1) as (_part, port):
        yield Sender(port, program_of(dana).token or "")


class TestRequest:
    def test_of_ordinary_size_is_answered_and_larger_ones_are_not(self, sender, danas_loan):
        path = f"/api/v1/loans/{danas_loan.number}/payments"
        large = json.dumps({**PAYMENT, "reference": "x" * 70_000}).encode()

        assert sender.send("GET", "/api/v1/loans")[0] == 200

        status, body = sender.send("POST", path, large, **{"Idempotency-Key": "one"})
        assert (status, json.loads(body)["code"]) == (413, "body_too_large")

        # Without a Content-Length nothing of a body is read.
        in_pieces = (large[at : at + 1000] for at in range(0, len(large), 1000))
        status, body = sender.send("POST", path, in_pieces, **{"Idempotency-Key": "two"})
        assert (status, json.loads(body)["code"]) == (411, "length_required")

        assert sender.send("GET", "/api/v1/loans", **{"X-Long": "x" * 10_000})[0] in (400, 431)
        assert sender.send("GET", "/api/v1/loans", **{f"X-{number}": "x" for number in range(200)})[0] in (400, 431)
        assert sender.send("GET", f"/api/v1/loans?status={'x' * 10_000}")[0] in (400, 414)
        assert sender.send("POST", path, b"", **{"Idempotency-Key": "x" * 256})[0] in (400, 415)

        assert Payment.objects.exists() is False
        assert sender.send("GET", "/api/v1/loans")[0] == 200
