"""
Signatures as Standard Webhooks has them (https://www.standardwebhooks.com).

While a secret is being changed over, both sign, side by side in one header: whoever verifies takes any that fits.
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

SECRET_BYTES = 32


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(*, message_id: str, body: str, at: datetime, secrets_in_use: Sequence[str]) -> dict[str, str]:
    """Return the three headers by which a receiver knows that a message is ours, new and unchanged."""
    moment = at.astimezone(UTC)
    signatures = [
        Webhook(secret).sign(msg_id=message_id, timestamp=moment, data=body) for secret in secrets_in_use if secret
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
