"""Asking an endpoint whether it wants what we would send, before it is sent anything else."""

import json
import secrets
import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.webhooks.catalog import VERIFICATION
from dashu.webhooks.models import WebhookEndpoint
from dashu.webhooks.payloads import body_of
from dashu.webhooks.posting import Limits, Reply
from dashu.webhooks.sending import post_event

# Somebody waits for the answer.
LIMITS = Limits(connect=3, read=5, total=6)


class ChallengeFailed(DomainError):
    """The endpoint did not echo the challenge; `details` has the reason, and the status of its answer."""

    code = "webhook_challenge_failed"
    http_status = 409


def challenge(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """
    Post a challenge that the endpoint has to echo as `{"challenge": "…"}`, or as the whole body. Not in a transaction.

    :raises ChallengeFailed: it did not.
    """
    word = secrets.token_urlsafe(24)
    message_id = str(uuid.uuid4())
    body = body_of({"id": message_id, "type": VERIFICATION, "timestamp": now.isoformat(), "data": {"challenge": word}})
    reply = post_event(endpoint, message_id, body, at=now, limits=LIMITS)
    if not reply.is_taken:
        raise _failed(reply.failure.lower(), reply)
    if not _echoes(reply.body, word):
        raise _failed("not_echoed", reply)


def _echoes(body: bytes, word: str) -> bool:
    text = body.decode("utf-8", "replace").strip()
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    if isinstance(said, dict):
        said = said.get("challenge")
    return isinstance(said, str) and secrets.compare_digest(said.encode(), word.encode())


def _failed(reason: str, reply: Reply) -> ChallengeFailed:
    return ChallengeFailed(
        _(
            'The endpoint did not echo the challenge. Check the signature, answer 200 with {"challenge": …} as it was'
            " sent, and verify again."
        ),
        field="url",
        details={"reason": reason, "status": reply.status},
    )
