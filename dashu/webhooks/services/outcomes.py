"""Writing down what came of tries to deliver, and what follows for the endpoints."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from dashu import events
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.arrays import array_text
from dashu.webhooks.models import WebhookEndpoint
from dashu.webhooks.retrying import DISABLED_AFTER

ACTOR = "system:webhooks"
Reason = WebhookEndpoint.Reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came of one try.

    :param tries: since the delivery was queued, with this one.
    :param failure: a `WebhookAttempt.Failure`, "" where it was taken.
    :param next_at: when it is tried again; None where it was taken or is given up.
    :param pause: for how long the receiver asked to be left in peace.
    :param is_gone: the receiver said that this address is no more.
    """

    delivery_id: int
    tries: int
    at: datetime
    milliseconds: int
    status_code: int | None
    failure: str
    answer: str
    next_at: datetime | None
    pause: timedelta
    is_gone: bool

    @property
    def status(self) -> str:
        if not self.failure:
            return "DELIVERED"
        return "PENDING" if self.next_at else "DEAD"


@dataclass(slots=True)
class EndpointOutcome:
    """
    What tries say of an endpoint, in the order in which they ended.

    :ivar failing_since: the first failure after the latest success among them.
    :ivar is_free: nobody of this run serves it any more.
    """

    endpoint_id: int
    has_worked: bool = False
    failing_since: datetime | None = None
    latest: datetime | None = None
    paused_until: datetime | None = None
    is_gone: bool = False
    has_dead: bool = False
    is_free: bool = False

    def add(self, outcome: Outcome) -> None:
        if outcome.failure:
            self.failing_since = self.failing_since or outcome.at
        else:
            self.has_worked, self.failing_since = True, None
        self.latest = outcome.at
        self.is_gone = self.is_gone or outcome.is_gone
        self.has_dead = self.has_dead or outcome.status == "DEAD"
        if outcome.pause:
            self.paused_until = max(self.paused_until or outcome.at, outcome.at + outcome.pause)


@transaction.atomic
def write_outcomes(
    outcomes: Sequence[Outcome], endpoints: Sequence[EndpointOutcome], *, token: uuid.UUID, now: datetime
) -> Counter[str]:
    """
    Write tries, deliveries and endpoints, a statement each; return how many tries ended how.

    What another run, or a person, decided on meanwhile is left as it is.

    :param token: of the run that served the endpoints.
    """
    counts = Counter(_store(outcomes)) if outcomes else Counter()
    for endpoint, about in _noted(endpoints, token=token, now=now):
        if about.has_worked and endpoint.told_dead_at:
            end_alert("webhook.dead", subject=str(endpoint.key))
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(told_dead_at=None)
        if about.is_gone:
            disable_endpoint(endpoint, Reason.GONE, now=now)
        elif about.has_dead:
            _tell_of_dead(endpoint, now=now)
        since = endpoint.failing_since
        if since and about.latest and about.latest - since >= DISABLED_AFTER and not about.is_gone:
            disable_endpoint(endpoint, Reason.FAILING, now=now)
    return counts


def disable_endpoint(endpoint: WebhookEndpoint, reason: str, *, now: datetime) -> None:
    """Stop sending to an endpoint that is enabled, and have its partner and the lender hear of it."""
    changed = WebhookEndpoint.objects.filter(pk=endpoint.pk, status=WebhookEndpoint.Status.ENABLED).update(
        status=WebhookEndpoint.Status.DISABLED, disabled_reason=reason, disabled_at=now
    )
    if not changed:
        return
    audit.record(
        action="webhooks.endpoint_disabled",
        subject_type="webhook_endpoint",
        subject_id=endpoint.key,
        actor=ACTOR,
        data={"reason": reason},
    )
    raise_alert(
        "webhook.disabled", subject=str(endpoint.key), partner=endpoint.partner.name, endpoint=str(endpoint.key)
    )
    events.publish("webhooks.endpoint_troubled", endpoint_id=endpoint.pk, what=f"DISABLED_{reason}")


def _tell_of_dead(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Once in a run of failures: whoever can read one mail knows as much as from a hundred."""
    untold = WebhookEndpoint.objects.filter(pk=endpoint.pk, told_dead_at=None)
    raise_alert("webhook.dead", subject=str(endpoint.key), partner=endpoint.partner.name, endpoint=str(endpoint.key))
    if untold.update(told_dead_at=now):
        events.publish("webhooks.endpoint_troubled", endpoint_id=endpoint.pk, what="DEAD")


def _store(outcomes: Sequence[Outcome]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH outcome AS (
                SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::int[], %s::int[], %s::text[],
                                     %s::text[], %s::timestamptz[], %s::text[])
                    AS given (id, tries, at, milliseconds, status_code, failure, answer, next_at, status)
            ), moved AS (
                UPDATE webhooks_webhookdelivery AS delivery
                SET status = outcome.status, attempts = outcome.tries, tried = delivery.tried + 1,
                    next_at = COALESCE(outcome.next_at, delivery.next_at),
                    ended_at = CASE WHEN outcome.status <> 'PENDING' THEN outcome.at END
                FROM outcome
                WHERE delivery.id = outcome.id AND delivery.status = 'PENDING'
                  AND delivery.attempts = outcome.tries - 1
                RETURNING delivery.id, delivery.tried, delivery.status
            ), kept AS (
                INSERT INTO webhooks_webhookattempt
                    (delivery_id, number, at, milliseconds, status_code, failure, answer)
                SELECT moved.id, moved.tried, outcome.at, outcome.milliseconds, outcome.status_code, outcome.failure,
                       outcome.answer
                FROM moved JOIN outcome ON outcome.id = moved.id
            )
            SELECT CASE status WHEN 'DELIVERED' THEN 'delivered' WHEN 'DEAD' THEN 'dead' ELSE 'failed' END, count(*)
            FROM moved GROUP BY 1
            """,
            [
                array_text(each.delivery_id for each in outcomes),
                array_text(each.tries for each in outcomes),
                [each.at for each in outcomes],
                array_text(each.milliseconds for each in outcomes),
                array_text(each.status_code for each in outcomes),
                array_text(each.failure for each in outcomes),
                array_text(each.answer for each in outcomes),
                [each.next_at for each in outcomes],
                array_text(each.status for each in outcomes),
            ],
        )
        return dict(cursor.fetchall())


def _noted(
    endpoints: Sequence[EndpointOutcome], *, token: uuid.UUID, now: datetime
) -> list[tuple[WebhookEndpoint, EndpointOutcome]]:
    """Write how long each has failed, for how long it asked for peace, and whether it is free again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE webhooks_webhookendpoint AS endpoint
            SET failing_since = CASE WHEN seen.has_worked THEN seen.failing_since
                                     ELSE COALESCE(endpoint.failing_since, seen.failing_since) END,
                paused_until = COALESCE(seen.paused_until, endpoint.paused_until),
                claimed_by = CASE WHEN NOT seen.is_free THEN endpoint.claimed_by END,
                claimed_until = CASE WHEN seen.is_free THEN %s ELSE endpoint.claimed_until END
            FROM unnest(%s::bigint[], %s::boolean[], %s::timestamptz[], %s::timestamptz[], %s::boolean[])
                AS seen (id, has_worked, failing_since, paused_until, is_free)
            WHERE endpoint.id = seen.id AND endpoint.claimed_by = %s
            """,
            [
                now,
                array_text(each.endpoint_id for each in endpoints),
                [each.has_worked for each in endpoints],
                [each.failing_since for each in endpoints],
                [each.paused_until for each in endpoints],
                [each.is_free for each in endpoints],
                token,
            ],
        )
    telling = [each for each in endpoints if each.latest]
    found = WebhookEndpoint.objects.select_related("partner").in_bulk([each.endpoint_id for each in telling])
    return [(found[each.endpoint_id], each) for each in telling]
