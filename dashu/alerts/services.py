"""Raising and ending alerts. Raising one that is open counts it again and tells nobody a second time."""

import json
import logging
from functools import partial
from typing import Any

from django.core.mail import mail_admins
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, transaction

from dashu.alerts.texts import KINDS, text_of

logger = logging.getLogger(__name__)


def raise_alert(kind: str, *, subject: str = "", **params: Any) -> None:
    """
    Open an alert, or count one that is open; a new one is logged as an error and sent to `ADMINS` once committed.

    :param kind: a key of `KINDS`.
    :param subject: what it happened to; at most one alert of a kind is open for each.
    :param params: what the kind's text names.
    """
    assert kind in KINDS, f"an alert that nobody listed: {kind}"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO alerts_alert (kind, subject, params) VALUES (%s, %s, %s)
            ON CONFLICT (kind, subject) WHERE ended_at IS NULL
            DO UPDATE SET last_at = now(), times = alerts_alert.times + 1, params = excluded.params
            RETURNING times
            """,
            [kind, subject, json.dumps(params, cls=DjangoJSONEncoder)],
        )
        is_new = cursor.fetchone()[0] == 1
    if is_new:
        transaction.on_commit(partial(_tell, kind, params))


def raise_alert_if_possible(kind: str, *, subject: str = "", **params: Any) -> None:
    """Raise an alert where the caller must go on whatever happens, and outside any transaction of theirs."""
    try:
        raise_alert(kind, subject=subject, **params)
    except DatabaseError as error:
        logger.error("The alert %s could not be kept: %s", kind, error)


def end_alert(kind: str, *, subject: str = "") -> bool:
    """End the open alert of this kind and subject; return whether there was one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alerts_alert SET ended_at = now() WHERE kind = %s AND subject = %s AND ended_at IS NULL",
            [kind, subject],
        )
        return bool(cursor.rowcount)


def tell_without_database(kind: str, **params: Any) -> None:
    """Log and send what no row can say, because the database is what fails; whoever calls this limits how often."""
    _tell(kind, params)


def _tell(kind: str, params: dict[str, Any]) -> None:
    text = text_of(kind, params)
    logger.error("%s: %s", kind, text)
    try:
        mail_admins(kind, text)
    except OSError as error:
        logger.error("The alert %s could not be sent by e-mail: %s", kind, error)
