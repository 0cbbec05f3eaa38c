"""
Signatures of questions and answers, as the Standard Webhooks specification says.

Question and answer carry the same id, the question's, so that an answer to another question is none to this one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def signed_headers(secret: str, request_id: UUID, body: str, *, now: datetime) -> dict[str, str]:
    """:param secret: base64, with or without `whsec_` before it."""
    now = now.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": str(request_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(request_id), now, body),
    }


def is_signed(secret: str, request_id: UUID | None, body: str, headers: Mapping[str, str]) -> bool:
    """
    Tell whether a body was signed with the secret within the last five minutes.

    :param request_id: the id that it must be signed for; None for any.
    :param headers: with names in lower case.
    """
    if request_id is not None and headers.get("webhook-id") != str(request_id):
        return False
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
