"""
Bringing events to the endpoints that want them.

A run takes endpoints that have something due, by a conditional update with SKIP LOCKED: one run at a time serves an
endpoint, and for a short lease only, so that what a killed worker had in hand is taken up again. Each endpoint it
serves has a few lanes, a failing one only one, and a lane that met a slow or failing server stops after that request.
So whatever one server does, the others have theirs in time. The run looks again and again whether each endpoint is
still to be served at the address it had; once it is not, or nobody could look for some seconds, its lanes stop too.
Lanes only use the network; what came of it is written by the run itself, many outcomes in one statement, each guarded
by the number of its try.
"""

import queue
import re
import secrets
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from dashu.kernel.arrays import array_text
from dashu.webhooks.models import PartnerEvent, WebhookEndpoint
from dashu.webhooks.payloads import body_of, payload_of
from dashu.webhooks.posting import Failure, Limits, Reply, post
from dashu.webhooks.retrying import PER_MILLE, next_try, patience
from dashu.webhooks.services.outcomes import EndpointOutcome, Outcome, write_outcomes
from dashu.webhooks.services.positions import place_events
from dashu.webhooks.signing import signed_headers

LEASE = timedelta(seconds=90)
SERVED_FOR = timedelta(seconds=30)
AT_ONCE, LANES, FAILING_LANES, CHUNK = 4, 32, 12, 50
SLOW_MS = 5_000
LOOKS_EVERY, TRUSTED_FOR = 0.5, 5.0  # seconds
GONE = 410
MOST_KEPT = 1_024
_LONG_DIGITS = re.compile(r"\d{6,}")
_MAIL = re.compile(r"[^\s@\"'<>]{1,64}@[^\s@\"'<>]{1,255}")

Clock = Callable[[], datetime]


def deliver_due(*, clock: Clock, until: datetime, limits: Limits | None = None) -> Counter[str]:
    """
    Place what is new in the feed, and post what is due, until nothing is left or the moment `until` has come.

    :param clock: gives the present moment.
    :returns: how many tries ended how: "delivered", "failed", "dead".
    """
    run = _Run(clock, until, limits or Limits())
    with ThreadPoolExecutor(LANES, thread_name_prefix="webhooks") as pool:
        return run.work(pool)


@dataclass(frozen=True, slots=True)
class _Due:
    """One delivery, with all that a lane needs."""

    delivery_id: int
    tries: int
    message_id: str
    body: str


@dataclass(slots=True)
class _Served:
    """
    An endpoint that this run serves; `lanes` of it are still at work.

    :ivar seen: when it was last found to be as it was, on the monotonic clock.
    """

    endpoint: WebhookEndpoint
    due: deque[_Due]
    until: datetime
    seen: float
    lanes: int = 0
    is_stopped: bool = False

    def take(self, now: datetime) -> _Due | None:
        if self.is_stopped or now >= self.until or time.monotonic() - self.seen > TRUSTED_FOR:
            return None
        try:
            return self.due.popleft()
        except IndexError:
            return None


@dataclass(slots=True)
class _Done:
    """What a lane has to say: an outcome, or that it is at its end."""

    served: _Served
    outcome: Outcome | None = None


@dataclass
class _Run:
    clock: Clock
    until: datetime
    limits: Limits
    token: uuid.UUID = field(default_factory=uuid.uuid4)
    served: dict[int, _Served] = field(default_factory=dict)
    said: queue.SimpleQueue[_Done] = field(default_factory=queue.SimpleQueue)
    counts: Counter[str] = field(default_factory=Counter)
    looked: float = 0.0

    def work(self, pool: ThreadPoolExecutor) -> Counter[str]:
        while True:
            now = self.clock()
            if now < self.until:
                place_events()
                for served in self._claimed(now):
                    self._start(pool, served)
            if not self.served:
                return self.counts
            if said := _heard(self.said):
                self._write(said)
            if time.monotonic() - self.looked >= LOOKS_EVERY:
                self._look_again()

    def _claimed(self, now: datetime) -> list[_Served]:
        free = LANES - sum(served.lanes for served in self.served.values())
        failing = sum(served.lanes for served in self.served.values() if served.endpoint.failing_since)
        if free < AT_ONCE:
            return []
        ids = _claim(self.token, most=free // AT_ONCE, may_fail=failing < FAILING_LANES, now=now)
        if not ids:
            return []
        due = _due_of(ids, now)
        until, seen = min(self.until, now + SERVED_FOR), time.monotonic()
        endpoints = WebhookEndpoint.objects.in_use().select_related("partner").in_bulk(ids)
        found = [_Served(endpoints[pk], deque(due.get(pk, ())), until, seen) for pk in ids if pk in endpoints]
        if len(found) < len(ids):
            _let_go(self.token, [pk for pk in ids if pk not in endpoints])
        return found

    def _look_again(self) -> None:
        """Stop the lanes of endpoints that were deleted, disabled or moved, or whose partner is not active any more."""
        self.looked = time.monotonic()
        if not self.served:
            return
        urls = dict(WebhookEndpoint.objects.in_use().filter(pk__in=self.served).values_list("pk", "url"))
        for pk, served in self.served.items():
            if urls.get(pk) == served.endpoint.url:
                served.seen = self.looked
            else:
                served.is_stopped = True

    def _start(self, pool: ThreadPoolExecutor, served: _Served) -> None:
        self.served[served.endpoint.pk] = served
        served.lanes = 1 if served.endpoint.failing_since else min(AT_ONCE, max(1, len(served.due)))
        for _lane in range(served.lanes):
            pool.submit(self._lane, served)

    def _lane(self, served: _Served) -> None:
        """Post one after the other. No database here: its connections belong to the run's own thread."""
        try:
            while due := served.take(self.clock()):
                at = self.clock()
                reply = post_event(served.endpoint, due.message_id, due.body, at=at, limits=self.limits)
                if not reply.is_taken or reply.milliseconds > SLOW_MS:
                    served.is_stopped = True
                self.said.put(_Done(served, outcome_of(due.delivery_id, due.tries + 1, reply, at=at)))
        finally:
            self.said.put(_Done(served))

    def _write(self, said: Sequence[_Done]) -> None:
        found: dict[int, EndpointOutcome] = {}
        outcomes: list[Outcome] = []
        for done in said:
            endpoint_id = done.served.endpoint.pk
            about = found.setdefault(endpoint_id, EndpointOutcome(endpoint_id))
            if done.outcome:
                outcomes.append(done.outcome)
                about.add(done.outcome)
            else:
                done.served.lanes -= 1
                about.is_free = done.served.lanes == 0
        self.counts.update(write_outcomes(outcomes, list(found.values()), token=self.token, now=self.clock()))
        for about in found.values():
            if about.is_free:
                del self.served[about.endpoint_id]


def post_event(
    endpoint: WebhookEndpoint, message_id: str, body: str, *, at: datetime, limits: Limits | None = None
) -> Reply:
    """Sign a message with every secret of the endpoint that is in use, and post it."""
    headers = signed_headers(message_id=message_id, body=body, at=at, secrets_in_use=secrets_of(endpoint, at))
    return post(endpoint.url, body.encode(), headers, whose=endpoint.partner_id, limits=limits)


def secrets_of(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    is_changing = endpoint.previous_until is not None and at < endpoint.previous_until
    return [endpoint.secret, *([endpoint.previous_secret] if is_changing else [])]


def outcome_of(delivery_id: int, tries: int, reply: Reply, *, at: datetime) -> Outcome:
    """:param tries: with this one."""
    next_at = None
    if not reply.is_taken and reply.status != GONE:
        next_at = next_try(tries=tries, at=at, chance=secrets.randbelow(PER_MILLE), retry_after=reply.retry_after)
    return Outcome(
        delivery_id=delivery_id,
        tries=tries,
        at=at,
        milliseconds=reply.milliseconds,
        status_code=reply.status,
        failure=reply.failure,
        answer=kept_answer(reply.body),
        next_at=next_at,
        pause=patience(reply.retry_after) if reply.status in (429, 503) else timedelta(0),
        is_gone=reply.status == GONE and reply.failure == Failure.STATUS,
    )


def kept_answer(body: bytes) -> str:
    """Return the beginning of an answer without what may be a phone, an identity number or an e-mail address."""
    text = body[:MOST_KEPT].decode("utf-8", "replace").replace("\0", "")
    return _MAIL.sub("…@…", _LONG_DIGITS.sub("…", text))[:MOST_KEPT]


def _heard(said: "queue.SimpleQueue[_Done]", most: int = 200) -> list[_Done]:
    """
    Wait for a word, and take with it what comes right after: outcomes are written many at once.

    :returns: nothing after half a second in which all lanes were silent; something new may be due meanwhile.
    """
    heard: list[_Done] = []
    until = time.monotonic() + LOOKS_EVERY
    try:
        heard.append(said.get(timeout=LOOKS_EVERY))
        while len(heard) < most and time.monotonic() < until:
            heard.append(said.get(timeout=0.02))
    except queue.Empty:
        pass
    return heard


@transaction.atomic
def _claim(token: uuid.UUID, *, most: int, may_fail: bool, now: datetime) -> list[int]:
    """Take endpoints that nobody serves and that have something due; those that work come first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE webhooks_webhookendpoint AS endpoint
            SET claimed_by = %(token)s, claimed_until = %(until)s
            WHERE id IN (
                SELECT id FROM webhooks_webhookendpoint AS free
                WHERE status = 'ENABLED' AND deleted_at IS NULL
                  AND EXISTS (SELECT FROM users_partner AS whose WHERE whose.id = free.partner_id AND whose.is_active)
                  AND (claimed_until IS NULL OR claimed_until <= %(now)s)
                  AND (paused_until IS NULL OR paused_until <= %(now)s)
                  AND (failing_since IS NULL OR %(may_fail)s)
                  AND EXISTS (
                      SELECT FROM webhooks_webhookdelivery AS due
                      WHERE due.endpoint_id = free.id AND due.status = 'PENDING' AND due.next_at <= %(now)s
                  )
                ORDER BY failing_since IS NOT NULL, claimed_until NULLS FIRST, id LIMIT %(most)s
                FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING id
            """,
            {"token": token, "until": now + LEASE, "now": now, "may_fail": may_fail, "most": most},
        )
        return [row[0] for row in cursor.fetchall()]


def _let_go(token: uuid.UUID, endpoint_ids: list[int]) -> None:
    mine = WebhookEndpoint.objects.filter(pk__in=endpoint_ids, claimed_by=token)
    mine.update(claimed_by=None, claimed_until=None)


def _due_of(endpoint_ids: Iterable[int], now: datetime) -> dict[int, list[_Due]]:
    """Return what is due of each endpoint, the longest due first, as it will be sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT due.endpoint_id, due.id, due.attempts, due.event_id, endpoint.version
            FROM webhooks_webhookendpoint AS endpoint
            CROSS JOIN LATERAL (
                SELECT delivery.* FROM webhooks_webhookdelivery AS delivery
                WHERE delivery.endpoint_id = endpoint.id AND delivery.status = 'PENDING'
                  AND delivery.next_at <= %(now)s
                ORDER BY delivery.next_at, delivery.id LIMIT %(chunk)s
            ) AS due
            WHERE endpoint.id = ANY(%(ids)s::bigint[])
            ORDER BY due.next_at, due.id
            """,
            {"ids": array_text(endpoint_ids), "now": now, "chunk": CHUNK},
        )
        rows = cursor.fetchall()
    events = PartnerEvent.objects.in_bulk({row[3] for row in rows})
    found: dict[int, list[_Due]] = {}
    for endpoint_id, delivery_id, tries, event_id, version in rows:
        event = events[event_id]
        body = body_of(payload_of(event, version=version))
        found.setdefault(endpoint_id, []).append(_Due(delivery_id, tries, str(event.key), body))
    return found
