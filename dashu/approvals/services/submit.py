"""Ask for an act: it is done at once within the person's own authority, else it waits for another person."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import UniqueViolation

from dashu.approvals.acts import Payload, act_kind
from dashu.approvals.authority import last_moment, may_do_alone, refuse_unless_may_ask
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.acting import perform, witness
from dashu.kernel.errors import DomainError
from dashu.kernel.money import MAX_MINOR, InvalidAmount, Money, format_minor
from dashu.users.models import User

LONGEST_REASON = 500


class ReasonMissing(DomainError):
    """A request or a refusal of one says why, in at most 500 characters."""

    code = "reason_missing"


class RequestKeyReused(DomainError):
    """The key belongs to a different request."""

    code = "request_key_reused"
    http_status = 409


@transaction.atomic
def submit(
    *,
    kind: str,
    payload: Payload,
    amount_minor: int,
    currency: str,
    subject_type: str,
    subject_id: object,
    reason: str,
    user: User,
    today: date,
    idempotency_key: str,
    loan_id: int | None = None,
    preview: Sequence[dict[str, Any]] = (),
) -> ApprovalRequest:
    """
    Return the request: APPROVED when it was within the person's own authority and is done, else PENDING.

    Calling again with the same key returns the first request, whatever became of it, and changes nothing. Requests are
    locked before loans.

    :param payload: the exact arguments of the act, as plain JSON values; amounts as whole minor units.
    :param preview: what the person saw, see `dashu.approvals.acts`.
    :raises UnknownAct: no app registered the kind.
    :raises NotAuthorized: the person may not ask for this.
    :raises ReasonMissing: no reason, or one that is too long.
    :raises InvalidAmount: the amount is negative or exceeds the bound.
    :raises RequestKeyReused: the key belongs to a different request.
    :raises DomainError: the act, done at once, refused; nothing was written.
    """
    act = act_kind(kind)
    refuse_unless_may_ask(user, kind, act.permission, on=today)
    if not 0 <= amount_minor <= MAX_MINOR:
        raise InvalidAmount(
            _("The amount must be from 0 to %(bound)s."), field="amount", params={"bound": format_minor(MAX_MINOR)}
        )
    asked = ApprovalRequest(
        kind=kind,
        subject_type=subject_type,
        subject_id=str(subject_id),
        loan_id=loan_id,
        amount_minor=amount_minor,
        currency=currency,
        payload=_plain(payload),
        preview=_plain(preview),
        language=get_language() or "en",
        reason=checked_reason(reason),
        is_alone=may_do_alone(user, kind, Money(amount_minor, currency), loan_id=loan_id, on=today),
        idempotency_key=idempotency_key,
        maker=user,
        expires_at=last_moment(kind, on=today),
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
            asked.refresh_from_db()
    except IntegrityError as error:
        # A second submission waits at the unique index until the first has ended.
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        return _same_or_refuse(ApprovalRequest.objects.get(idempotency_key=idempotency_key), asked)
    if asked.is_alone:
        result = perform(asked, today=today)
        asked.close(ApprovalRequest.Status.APPROVED, result=result)
    witness(asked, "done_alone" if asked.is_alone else "requested", by=user)
    return asked


def checked_reason(text: str) -> str:
    """:raises ReasonMissing: the text is blank or longer than 500 characters."""
    text = text.strip()
    if not text or len(text) > LONGEST_REASON:
        raise ReasonMissing(
            _("Say why, in at most %(longest)s characters."), field="reason", params={"longest": LONGEST_REASON}
        )
    return text


def _plain(value: Any) -> Any:
    """Return the value as the database will give it back; what JSON cannot hold exactly is our own mistake."""
    text = json.dumps(value if isinstance(value, dict) else list(value), ensure_ascii=False)
    return json.loads(text, parse_float=_no_float)


def _no_float(text: str) -> Any:
    raise AssertionError(f"a float is not exact: {text}")


def _same_or_refuse(earlier: ApprovalRequest, asked: ApprovalRequest) -> ApprovalRequest:
    compared = ("kind", "subject_type", "subject_id", "loan_id", "amount_minor", "currency", "payload", "maker_id")
    if any(getattr(earlier, name) != getattr(asked, name) for name in compared):
        raise RequestKeyReused(
            _("This form was already used for a different request. Open it again and send it once."),
            field="idempotency_key",
        )
    return earlier
