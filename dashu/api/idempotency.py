"""
Writes that may be sent twice.

The row of the key is inserted in the transaction of the write itself. A second request with the same key waits at the
unique index until the first has ended: committed, it returns the first one's answer; refused or failed, nothing is left
of the first and the second is carried out. It does not wait for ever: when the
first takes long, the duplicate is told to come back later.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import LockNotAvailable
from rest_framework.request import Request
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.calls import REPLAYED
from dashu.api.models import StoredAnswer
from dashu.kernel.errors import DomainError

HEADER = "Idempotency-Key"
PATIENCE = 10  # seconds that a duplicate waits for the first request
RETRY_IN = 5
KEPT_HEADERS = ("Location", "Content-Location", "Link")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyMissing(DomainError):
    """A write came without an `Idempotency-Key` header."""

    code = "idempotency_key_missing"
    http_status = 400


class IdempotencyKeyInvalid(DomainError):
    """The `Idempotency-Key` is not 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"
    http_status = 400


class IdempotencyKeyReused(DomainError):
    """The `Idempotency-Key` was used for a different request."""

    code = "idempotency_key_reused"
    http_status = 409


class RequestInProgress(DomainError):
    """The first request with this key is not done yet. Send the same one again after `Retry-After` seconds."""

    code = "request_in_progress"
    http_status = 409
    retry_in = RETRY_IN


def answer_once(
    request: PartnerRequest,
    write: Callable[[], Response],
    *,
    asked: Any = None,
    withhold: Callable[[], None] | None = None,
) -> Response:
    """
    Carry out `write` and keep its answer, or return the answer kept for this key.

    :param asked: what the body asks for, in plain values, where the body is no JSON.
    :param withhold: refuses where a kept answer may not be read any more, such as without the consent it rested on.
    :raises IdempotencyKeyMissing: no header. :raises IdempotencyKeyInvalid: a header that is no key.
    :raises IdempotencyKeyReused: the key belongs to another path or body.
    :raises RequestInProgress: the first request with this key takes longer than `PATIENCE`.
    """
    key, user = _key_of(request), request.partner.user
    assert user is not None  # the token is this login's
    fingerprint = _fingerprint(request, request.data if asked is None else asked)
    with transaction.atomic():
        claim = _claimed(user.pk, key, fingerprint)
        if claim is None:
            return _replayed(StoredAnswer.objects.get(user=user, key=key), fingerprint, withhold)
        response = write()
        _keep(claim, response)
        return response


def forget_answers(*, before: datetime) -> int:
    """Delete the answers kept before this moment and return how many; a payment's reference still guards it."""
    return StoredAnswer.objects.filter(created_at__lt=before).delete()[0]


def _claimed(user_id: int, key: str, fingerprint: str) -> int | None:
    """
    Return the id of a new row for this key, or None when an earlier request has been answered under it.

    Only this statement waits no longer than `PATIENCE`: the write waits for whatever it has to lock.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [f"{PATIENCE}s", user_id, key, fingerprint])
            row = cursor.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise RequestInProgress(
                _("The first request with this key is not done yet. Send the same one again in a few seconds."),
                field=HEADER,
            ) from error
        raise
    return row[0] if row else None


_CLAIM = """
WITH waits AS MATERIALIZED (SELECT set_config('lock_timeout', %s, true))
INSERT INTO api_storedanswer (user_id, key, fingerprint, status, body) SELECT %s, %s, %s, 0, '' FROM waits
ON CONFLICT (user_id, key) DO NOTHING RETURNING id, set_config('lock_timeout', '0', true)
"""


def _keep(claim: int, response: Response) -> None:
    body = json.dumps(response.data, ensure_ascii=False)
    headers = json.dumps({name: response[name] for name in KEPT_HEADERS if response.has_header(name)})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE api_storedanswer SET status = %s, body = %s, headers = %s WHERE id = %s",
            [response.status_code, body, headers, claim],
        )


def _key_of(request: Request) -> str:
    key = request.headers.get(HEADER)
    if key is None:
        raise IdempotencyKeyMissing(
            _("Send an Idempotency-Key header, a new one for each payment and the same one when you try again."),
            field=HEADER,
        )
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid(_("An Idempotency-Key has 1 to 255 printable ASCII characters."), field=HEADER)
    return key


def _fingerprint(request: Request, body: Any) -> str:
    """Return a digest of what was asked; spacing and the order of names do not count."""
    asked = [request.method, request.path, body]
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _replayed(kept: StoredAnswer, fingerprint: str, withhold: Callable[[], None] | None = None) -> Response:
    if kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused(
            _("This Idempotency-Key was used for a different request. Use a new one."), field=HEADER
        )
    if withhold is not None:
        withhold()
    return Response(json.loads(kept.body), status=kept.status, headers={**kept.headers, REPLAYED: "true"})


def earlier_answer(request: PartnerRequest, *, asked: Any = None) -> Response | None:
    """
    Return the answer kept for this key, None where there is none: for writes that do something before they write.

    :raises IdempotencyKeyMissing, IdempotencyKeyInvalid, IdempotencyKeyReused: see `answer_once`.
    """
    key, user = _key_of(request), request.partner.user
    kept = StoredAnswer.objects.filter(user=user, key=key).first()
    return _replayed(kept, _fingerprint(request, request.data if asked is None else asked)) if kept else None
