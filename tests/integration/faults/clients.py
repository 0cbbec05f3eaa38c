"""A partner's program that does not give up: it posts each payment until it is told what became of it."""

import http.client
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock, Thread

SECONDS_FOR_AN_ANSWER = 30
PAUSE = 0.02


@dataclass(frozen=True)
class Order:
    """One payment as the partner means it."""

    loan_number: str
    reference: str
    amount_minor: int
    received_on: date

    @property
    def path(self) -> str:
        return f"/api/v1/loans/{self.loan_number}/payments"

    def body(self) -> str:
        amount = {"amount": f"{self.amount_minor // 100}.{self.amount_minor % 100:02}", "currency": "CNY"}
        return json.dumps({"amount": amount, "received_on": self.received_on.isoformat(), "reference": self.reference})


def headers_of(order: Order, token: str) -> dict[str, str]:
    """Return the headers of every attempt at this order: its key stays the same."""
    return {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"key-of-{order.reference}",
    }


@dataclass
class Outcome:
    """
    What the clients saw.

    :param answers: the bodies that came back for each reference.
    :param troubles: how many requests ended without an answer, or with a 5xx, by what was wrong.
    """

    answers: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    replayed: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    refused: list[bytes] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return len(self.answers)


class Clients:
    """Threads that take the orders one after the other, with a connection each."""

    def __init__(self, port: int, token: str, orders: Iterable[Order], *, count: int, seconds: float) -> None:
        self.outcome = Outcome()
        self._port = port
        self._token = token
        self._orders = iter(orders)
        self._lock = Lock()
        self._deadline = time.monotonic() + seconds
        self._threads = [Thread(target=self._work, daemon=True) for _number in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def are_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def wait(self) -> Outcome:
        for thread in self._threads:
            thread.join(max(0.0, self._deadline - time.monotonic()) + SECONDS_FOR_AN_ANSWER)
        return self.outcome

    def _work(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS_FOR_AN_ANSWER)
        while order := self._next():
            while time.monotonic() < self._deadline and not self._is_answered(connection, order):
                connection.close()
                time.sleep(PAUSE)
        connection.close()

    def _next(self) -> Order | None:
        with self._lock:
            return next(self._orders, None)

    def _is_answered(self, connection: http.client.HTTPConnection, order: Order) -> bool:
        """Post the order once; False when there was no answer or one that says to try again."""
        try:
            connection.request("POST", order.path, order.body(), headers_of(order, self._token))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._note_trouble(type(error).__name__)
            return False
        if answer.status >= 500:
            self._note_trouble(f"{answer.status} {body.decode()[:200]}")
            return False
        self._note(order, answer.status, body, is_replay=answer.headers.get("Idempotent-Replayed") == "true")
        return True

    def _note(self, order: Order, status: int, body: bytes, *, is_replay: bool) -> None:
        with self._lock:
            if status == 201:
                self.outcome.answers[order.reference].append(body)
                self.outcome.replayed += is_replay
            else:
                self.outcome.refused.append(body)

    def _note_trouble(self, what: str) -> None:
        with self._lock:
            self.outcome.troubles[what] += 1
