"""
Sending what is due.

Workers claim rows by status with SKIP LOCKED, so two of them never send one message. Right before it leaves, a message
is judged by the contact guard and, when it waits for its words, filled with what is open by then; the words are stored
before the network is used. A worker that dies, or a provider that does not answer, leaves the outcome uncertain: the
provider is then asked by the message's idempotency key before anything is sent again. When a rule that allows contact
cannot be read, everything waits.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging import guard
from dashu.messaging.composing import facts_of, give_words, is_composed
from dashu.messaging.delivery import NotDelivered, address_key_of, address_of
from dashu.messaging.models import OutboxMessage, Purpose
from dashu.messaging.templates import Rendered
from dashu.messaging.transports import carry, find, transport_of
from dashu.messaging.wording import NoWording, Wordings
from dashu.policy.reaching_out import Retry
from dashu.policy.rules import message_retry
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.sealing import seal

logger = logging.getLogger(__name__)

Channel, Status = OutboxMessage.Channel, OutboxMessage.Status
Result = TypeVar("Result")
CLAIM_LASTS = timedelta(minutes=15)
# Those outside are handed over side by side, each right after it was judged and filled.
IN_APP_BATCH, AT_ONCE = 1000, 16


@dataclass(slots=True)
class Outcome:
    """What became of an attempt. :param error: None when the provider took the message."""

    message: OutboxMessage
    reference: str = ""
    error: NotDelivered | None = None


def send_due(*, clock: Callable[[], datetime], until: datetime) -> Counter[str]:
    """
    Send the messages that are due, until there are none left or the moment `until` has come.

    :param clock: gives the present moment.
    :returns: how many messages reached each status.
    """
    counts: Counter[str] = Counter()
    _take_back_abandoned(clock())
    # Once for all that is due; what falls out of its hours meanwhile is put off one by one, when it is judged.
    may_reach_out = _may_reach_out(clock())
    while clock() < until:
        in_app = _send([Channel.IN_APP], IN_APP_BATCH, clock(), counts)
        contacts = may_reach_out and _send(guard.OUTSIDE, AT_ONCE, clock(), counts)
        if not in_app and not contacts:
            break
    return counts


def _send(channels: Iterable[str], limit: int, now: datetime, counts: Counter[str]) -> int:
    """Claim, prepare and hand over one batch, and return how many messages there were."""
    claimed = _claim(channels, limit, now)
    try:
        retry = message_retry(lender_date(now))
    except PolicyRuleMissing as error:
        _hold_back(claimed, now, error)
        return len(claimed)
    ready = _prepared(_settle_uncertain(claimed, now, retry, counts), now, counts)
    kept = [Outcome(message) for message in ready if not _leaves(message)]
    outside = [message for message in ready if _leaves(message)]
    for outcome in [*kept, *_carried(outside)]:
        _note(outcome, now, retry)
        counts[outcome.message.status] += 1
    _store_sent([message for message in ready if message.status == Status.SENT])
    return len(claimed)


def _prepared(messages: Sequence[OutboxMessage], now: datetime, counts: Counter[str]) -> list[OutboxMessage]:
    """
    Return the messages that may leave now, with their words; the others are postponed, blocked, cancelled or failed.
    """
    allowed: list[OutboxMessage] = []
    for (purpose, is_notice), mine in _grouped(messages).items():
        try:
            # A notice in the borrower's own account reaches out to nobody.
            allowed += mine if is_notice else _allowed(mine, purpose, now, counts)
        except PolicyRuleMissing as error:
            _hold_back(mine, now, error)
    today = lender_date(now)
    facts = facts_of([message for message in allowed if is_composed(message)], today)
    wordings = Wordings.approved() if facts else Wordings()
    ready = []
    for message in allowed:
        try:
            if give_words(message, facts.get(message.pk), wordings, on=today):
                ready.append(message)
            else:
                _end(message, Status.CANCELLED, counts, error="there is nothing to remind of any more")
        except (NoWording, PolicyRuleMissing) as error:
            _wait(message, now + timedelta(hours=1), error=f"{error.code}: {error}")
        except DomainError as error:
            _end(message, Status.FAILED, counts, error=f"{error.code}: {error}")
        except Exception as error:
            # One row that breaks our own code must not keep the others of its batch from being sent.
            logger.exception("message %s could not be written", message.pk)
            _end(message, Status.FAILED, counts, error=f"unexpected: {type(error).__name__}")
    _store_words([message for message in ready if _leaves(message) or is_composed(message)])
    return ready


def _grouped(messages: Iterable[OutboxMessage]) -> dict[tuple[str, bool], list[OutboxMessage]]:
    groups: dict[tuple[str, bool], list[OutboxMessage]] = {}
    for message in messages:
        is_notice = message.purpose == Purpose.SERVICE and message.channel == Channel.IN_APP
        groups.setdefault((message.purpose, is_notice), []).append(message)
    return groups


def _leaves(message: OutboxMessage) -> bool:
    """Whether the message is handed over to somebody, rather than kept for reading here."""
    return transport_of(message.channel) != "database"


def _allowed(
    messages: Sequence[OutboxMessage], purpose: str, now: datetime, counts: Counter[str]
) -> list[OutboxMessage]:
    """
    Return the messages that the guard allows, each on its channel or on the best that is left.

    What the contract asks for goes to its own channel, or into the borrower's account when the address does not work.
    Each person's messages are judged one after the other, and each counts from the moment at which it was allowed.
    """
    allowed: list[OutboxMessage] = []
    for turn in _turns(messages):
        with transaction.atomic():
            guard.lock_people(message.borrower_id for message in turn)
            allowed += _judged(turn, purpose, now, counts)
    return allowed


def _turns(messages: Iterable[OutboxMessage]) -> list[list[OutboxMessage]]:
    """Share the messages out so that no turn has two of one person."""
    turns: list[list[OutboxMessage]] = []
    seen: Counter[int] = Counter()
    for message in messages:
        turn = seen[message.borrower_id]
        seen[message.borrower_id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(message)
    return turns


def _judged(
    messages: Sequence[OutboxMessage], purpose: str, now: datetime, counts: Counter[str]
) -> list[OutboxMessage]:
    ids = [message.pk for message in messages]
    judged = guard.judge((message.borrower_id for message in messages), purpose=purpose, at=now, but_for=ids)
    allowed: list[OutboxMessage] = []
    decided: list[tuple[OutboxMessage, guard.Verdict]] = []
    for message in messages:
        verdicts = judged[message.borrower_id]
        own = next(verdict for verdict in verdicts if verdict.channel == message.channel)
        if own.allows or (purpose == Purpose.SERVICE and own.reasons == (guard.Reason.NO_ADDRESS,)):
            allowed.append(message)
            decided.append((message, own))
            continue
        if own.is_only_early:
            assert own.next_allowed_at is not None
            _wait(message, own.next_allowed_at, attempts=message.attempts - 1)
            continue
        best = next((verdict for verdict in verdicts if verdict.allows and _may_move(message, verdict)), None)
        decided += [(message, verdict) for verdict in ([own, best] if best else verdicts)]
        if best is None:
            _end(message, Status.BLOCKED, counts, error=", ".join(own.reasons))
        else:
            message.channel = best.channel
            allowed.append(message)
    decisions = guard.record_decisions(
        [(message, verdict) for message, verdict in decided if verdict.channel != Channel.IN_APP or not verdict.allows],
        allowed={message.pk for message in allowed},
        at=now,
    )
    for message in allowed:
        message.decision_id = decisions.get(message.pk)
    _store_decisions(allowed)
    return allowed


def _may_move(message: OutboxMessage, verdict: guard.Verdict) -> bool:
    """A message of the contract was written for its channel; elsewhere it can only go where everything can be read."""
    return message.purpose != Purpose.SERVICE or verdict.channel == Channel.IN_APP


def _settle_uncertain(
    messages: Sequence[OutboxMessage], now: datetime, retry: Retry, counts: Counter[str]
) -> list[OutboxMessage]:
    """Ask the provider about messages that it may have already, and return those that it has not."""
    unknown = [message for message in messages if message.is_uncertain]
    for outcome in filter(None, _in_threads(_found, unknown)):
        _note(outcome, now, retry)
        counts[outcome.message.status] += 1
    _store_sent([message for message in unknown if message.status == Status.SENT])
    return [message for message in messages if message.status == Status.SENDING]


def _found(message: OutboxMessage) -> Outcome | None:
    try:
        reference = find(message)
    except NotDelivered as error:
        return Outcome(message, error=error)
    return None if reference is None else Outcome(message, reference)


def _carried(messages: Sequence[OutboxMessage]) -> list[Outcome]:
    return _in_threads(_carry, messages)


def _carry(message: OutboxMessage) -> Outcome:
    try:
        return Outcome(message, carry(message, Rendered(message.subject, message.body)))
    except NotDelivered as error:
        return Outcome(message, error=error)
    except Exception as error:
        logger.exception("message %s could not be handed over", message.pk)
        reason = f"unexpected: {type(error).__name__}"
        return Outcome(message, error=NotDelivered(reason, can_heal=False, is_uncertain=True))


def _in_threads(work: Callable[[OutboxMessage], Result], messages: Sequence[OutboxMessage]) -> list[Result]:
    """Wait for the network side by side; the work touches no database."""
    if len(messages) < 2:
        return [work(message) for message in messages]
    with ThreadPoolExecutor(len(messages)) as pool:
        return list(pool.map(work, messages))


def _note(outcome: Outcome, now: datetime, retry: Retry) -> None:
    """
    Put the outcome into the message, and store it unless it was sent: those of a batch are stored together.

    What can heal is tried again later, and what an attempt left uncertain is asked about then. So is what was sent, if
    this worker dies before it is stored.
    """
    message, error = outcome.message, outcome.error
    if error is None:
        message.status, message.sent_at, message.provider_reference = Status.SENT, now, outcome.reference
    elif error.can_heal and message.attempts < retry.most_attempts:
        later = now + retry.wait_after(message.attempts)
        _wait(message, later, error=str(error), is_uncertain=error.is_uncertain)
    else:
        _store(message, Status.FAILED, error=str(error), is_uncertain=error.is_uncertain)


def _claim(channels: Iterable[str], limit: int, now: datetime) -> list[OutboxMessage]:
    """
    Take up to `limit` due messages for this worker; another worker skips them.

    Materialized, because a plan that asked for the due ones once for each row would take more than that.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM messaging_outboxmessage
                WHERE status = 'PENDING' AND not_before <= %s AND channel = ANY(%s)
                ORDER BY not_before, id LIMIT %s FOR UPDATE SKIP LOCKED
            )
            UPDATE messaging_outboxmessage AS message
            SET status = 'SENDING', claimed_at = %s, attempts = attempts + 1
            FROM due WHERE message.id = due.id RETURNING message.id
            """,
            [now, [str(channel) for channel in channels], limit, now],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(OutboxMessage.objects.filter(pk__in=ids).select_related("borrower").order_by("not_before", "pk"))


def _take_back_abandoned(now: datetime) -> None:
    abandoned = OutboxMessage.objects.filter(status=Status.SENDING, claimed_at__lt=now - CLAIM_LASTS)
    count = abandoned.update(status=Status.PENDING, error="the worker that was sending it stopped")
    if count:
        logger.warning("%s messages were claimed by a worker that stopped; they are sent again", count)


def _may_reach_out(now: datetime) -> bool:
    """Put off what is due outside its borrower's contact hours; False when the rule is missing, so that all waits."""
    try:
        with connection.cursor() as cursor:
            guard.postpone_quiet(cursor, now=now)
    except PolicyRuleMissing as error:
        due = OutboxMessage.objects.filter(status=Status.PENDING, not_before__lte=now, channel__in=guard.OUTSIDE)
        due.update(not_before=now + timedelta(hours=1), error=str(error))
        return False
    return True


def _hold_back(messages: Iterable[OutboxMessage], now: datetime, error: PolicyRuleMissing) -> None:
    """Give back what was claimed: no attempt was made, and none may be before the rule is there."""
    for message in messages:
        if message.status == Status.SENDING:
            _wait(message, now + timedelta(hours=1), error=str(error), attempts=message.attempts - 1)


def _wait(message: OutboxMessage, until: datetime, **fields: object) -> None:
    _store(message, Status.PENDING, not_before=until, **fields)


def _end(message: OutboxMessage, status: str, counts: Counter[str], **fields: object) -> None:
    _store(message, status, **fields)
    counts[status] += 1


def _store(message: OutboxMessage, status: str, **fields: object) -> None:
    """Write the outcome, unless the claim was taken back meanwhile and another worker has the message."""
    message.status = status
    mine = OutboxMessage.objects.filter(pk=message.pk, status=Status.SENDING, attempts=message.attempts)
    mine.update(status=status, **fields)


def _store_decisions(messages: Sequence[OutboxMessage]) -> None:
    """From here on they count towards what their people get."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE messaging_outboxmessage AS message SET decision_id = allowed.decision_id, channel = allowed.channel
            FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[])
                AS allowed (id, attempts, decision_id, channel)
            WHERE message.id = allowed.id AND message.status = 'SENDING' AND message.attempts = allowed.attempts
            """,
            [
                [message.pk for message in messages],
                [message.attempts for message in messages],
                [message.decision_id for message in messages],
                [str(message.channel) for message in messages],
            ],
        )


def _store_words(messages: Sequence[OutboxMessage]) -> None:
    """
    Write down what is about to be said, where and about what. From here on, one that leaves has an uncertain outcome.
    """
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE messaging_outboxmessage AS message
            SET channel = said.channel, template = said.template, params = said.params, wording_id = said.wording_id,
                address = said.address, address_key = said.address_key, subject = said.subject, body = said.body,
                is_uncertain = said.leaves
            FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::jsonb[], %s::bigint[], %s::text[],
                        %s::text[], %s::text[], %s::text[], %s::boolean[])
                AS said (id, attempts, channel, template, params, wording_id, address, address_key, subject, body,
                         leaves)
            WHERE message.id = said.id AND message.status = 'SENDING' AND message.attempts = said.attempts
            """,
            [
                [message.pk for message in messages],
                [message.attempts for message in messages],
                [str(message.channel) for message in messages],
                [message.template for message in messages],
                [json.dumps(message.params) for message in messages],
                [message.wording_id for message in messages],
                [_sealed(address_of(message)) for message in messages],
                [address_key_of(message) for message in messages],
                [message.subject for message in messages],
                [message.body for message in messages],
                [_leaves(message) for message in messages],
            ],
        )


def _sealed(address: str) -> str:
    return seal(address, place="messaging_outboxmessage.address") if address else ""


def _store_sent(messages: Sequence[OutboxMessage]) -> None:
    """Write many outcomes in one statement."""
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE messaging_outboxmessage AS message
            SET status = 'SENT', sent_at = sent.at, channel = sent.channel, subject = sent.subject, body = sent.body,
                provider_reference = sent.reference, error = '', is_uncertain = false
            FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
                AS sent (id, attempts, at, channel, subject, body, reference)
            WHERE message.id = sent.id AND message.status = 'SENDING' AND message.attempts = sent.attempts
            """,
            [
                [message.pk for message in messages],
                [message.attempts for message in messages],
                [message.sent_at for message in messages],
                [str(message.channel) for message in messages],
                [message.subject for message in messages],
                [message.body for message in messages],
                [message.provider_reference for message in messages],
            ],
        )
