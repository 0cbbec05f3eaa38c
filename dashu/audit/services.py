"""Writing to the audit log, in the transaction of the write that it witnesses."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection


def record(
    *, action: str, subject_type: str, subject_id: object, actor: str, data: Mapping[str, Any] | None = None
) -> None:
    """
    Note that `actor` did `action` to a record.

    :param action: the app and what happened, such as "repayments.payment_received".
    :param subject_type: the kind of record in one word, such as "loan".
    :param subject_id: its id or public number; stored as text.
    :param actor: as `dashu.users.actors.actor_of` writes it, or "system:close".
    :param data: plain values that explain it; dates and decimals are stored as text.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditrecord (action, subject_type, subject_id, actor, data) VALUES (%s, %s, %s, %s, %s)",
            [action, subject_type, str(subject_id), actor, json.dumps(dict(data or {}), cls=DjangoJSONEncoder)],
        )
