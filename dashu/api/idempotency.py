"""
Writes that may be sent twice.

The row of the key is inserted in the transaction of the write itself. A second request with the same key waits at the
unique index until the first has ended: committed, it returns the first one's answer; refused or failed, nothing is left
of the first and the second is carried out.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.models import StoredAnswer
from dashu.kernel.errors import DomainError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
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


def answer_once(request: PartnerRequest, write: Callable[[], Response], *, asked: Any = None) -> Response:
    """
    Carry out `write` and keep its answer, or return the answer kept for this key.

    :param asked: what the body asks for, in plain values, where the body is no JSON.
    :raises IdempotencyKeyMissing: no header. :raises IdempotencyKeyInvalid: a header that is no key.
    :raises IdempotencyKeyReused: the key belongs to another path or body.
    """
    key, user = _key_of(request), request.partner.user
    assert user is not None  # the token is this login's
    fingerprint = _fingerprint(request, request.data if asked is None else asked)
    with transaction.atomic():
        claim = _claimed(user.pk, key, fingerprint)
        if claim is None:
            return _replayed(StoredAnswer.objects.get(user=user, key=key), fingerprint)
        response = write()
        _keep(claim, response)
        return response


def forget_answers(*, before: datetime) -> int:
    """Delete the answers kept before this moment and return how many; a payment's reference still guards it."""
    return StoredAnswer.objects.filter(created_at__lt=before).delete()[0]


def _claimed(user_id: int, key: str, fingerprint: str) -> int | None:
    """Return the id of a new row for this key, or None when an earlier request has been answered under it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_storedanswer (user_id, key, fingerprint, status, body) VALUES (%s, %s, %s, 0, '')"
            " ON CONFLICT (user_id, key) DO NOTHING RETURNING id",
            [user_id, key, fingerprint],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _keep(claim: int, response: Response) -> None:
    body = json.dumps(response.data, ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE api_storedanswer SET status = %s, body = %s WHERE id = %s", [response.status_code, body, claim]
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


def _replayed(kept: StoredAnswer, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused(
            _("This Idempotency-Key was used for a different request. Use a new one."), field=HEADER
        )
    return Response(json.loads(kept.body), status=kept.status, headers={REPLAYED: "true"})


def earlier_answer(request: PartnerRequest, *, asked: Any = None) -> Response | None:
    """
    Return the answer kept for this key, None where there is none: for writes that do something before they write.

    :raises IdempotencyKeyMissing, IdempotencyKeyInvalid, IdempotencyKeyReused: see `answer_once`.
    """
    key, user = _key_of(request), request.partner.user
    kept = StoredAnswer.objects.filter(user=user, key=key).first()
    return _replayed(kept, _fingerprint(request, request.data if asked is None else asked)) if kept else None
