"""
Telling participants: borrowers through the outbox, visitors by notices of their own, each in one statement for all.

In the account it is always told. What comes at a moment that somebody has to know of also leaves the house, on the
channel that the borrower prefers and on which they have not stopped reminders; the guard then judges the hours.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse

from dashu import events
from dashu.messaging.links import public_address
from dashu.messaging.models import OutboxMessage
from education.models import GuestNotice, Notice, Workshop, WorkshopRegistration
from education.selectors.workshops import template_of, values_of

REMINDERS = (Notice.TOMORROW, Notice.SOON)
# Who signs up looks at the page that says so; everything else comes when nobody expects it.
ONLY_IN_ACCOUNT = (Notice.REGISTERED, Notice.WAITING)

OUTSIDE = (OutboxMessage.Channel.EMAIL.value, OutboxMessage.Channel.SMS.value)

_TO_BORROWERS = """
INSERT INTO messaging_outboxmessage
    (dedupe_key, borrower_id, channel, purpose, template, params, language, not_before)
SELECT %(key)s || registration.id || ':' || way.channel, borrower.id, way.channel, 'SERVICE', %(template)s,
       said.params, borrower.language, %(now)s
FROM education_workshopregistration AS registration
JOIN users_borrower AS borrower ON borrower.user_id = registration.user_id
JOIN unnest(%(languages)s::text[], %(params)s::jsonb[]) AS said (language, params)
    ON said.language = borrower.language
CROSS JOIN LATERAL (
    SELECT 'IN_APP' AS channel
    UNION ALL
    (
        SELECT known.channel
        FROM (VALUES ('EMAIL', borrower.email, 1), ('SMS', borrower.phone_index, 2)) AS known (channel, address, place)
        LEFT JOIN messaging_contactpreference AS preference ON preference.borrower_id = borrower.id
        WHERE %(leaves)s AND known.address <> '' AND preference.channel IS DISTINCT FROM 'IN_APP'
          AND NOT EXISTS (
              SELECT FROM messaging_contactpoint AS point
              WHERE point.borrower_id = borrower.id AND point.channel = known.channel
                AND point.address_key = known.address AND point.invalid_since IS NOT NULL
          )
          AND NOT (%(is_reminder)s AND (
              coalesce(preference.paused_until > %(now)s, false)
              OR EXISTS (
                  SELECT FROM messaging_optout AS stopped
                  WHERE stopped.borrower_id = borrower.id AND stopped.channel = known.channel
                    AND stopped.purpose = 'REMINDER' AND stopped.ended_at IS NULL
              )
          ))
        ORDER BY known.channel IS DISTINCT FROM preference.channel, known.place
        LIMIT 1
    )
) AS way
WHERE registration.workshop_id = %(workshop)s AND registration.status = ANY(%(statuses)s)
  AND (%(only)s::bigint IS NULL OR registration.id = %(only)s)
  AND (%(joined_before)s::timestamptz IS NULL OR registration.joined_at < %(joined_before)s)
ON CONFLICT (dedupe_key) DO NOTHING
"""
_TO_GUESTS = """
INSERT INTO education_guestnotice (registration_id, kind, sequence, made_at, not_before, attempts)
SELECT registration.id, %(kind)s, %(sequence)s, %(now)s, %(now)s, 0
FROM education_workshopregistration AS registration
WHERE registration.workshop_id = %(workshop)s AND registration.status = ANY(%(statuses)s)
  AND registration.user_id IS NULL AND registration.contact_index <> ''
  AND (%(only)s::bigint IS NULL OR registration.id = %(only)s)
  AND (%(joined_before)s::timestamptz IS NULL OR registration.joined_at < %(joined_before)s)
ON CONFLICT ON CONSTRAINT education_guest_told_once DO NOTHING
"""


def tell_all(
    workshop: Workshop,
    kind: Notice,
    *,
    statuses: Sequence[str] = WorkshopRegistration.LIVE,
    joined_before: datetime | None = None,
    now: datetime,
) -> int:
    """
    Tell everybody with one of these statuses, each once for a `sequence` of the workshop; return how many rows it made.

    :param joined_before: leaves out who signed up later.
    """
    return _tell(workshop, kind, statuses=statuses, joined_before=joined_before, only=None, now=now)


def tell_one(registration: WorkshopRegistration, kind: Notice, *, now: datetime) -> int:
    """Tell one participant, as `tell_all`."""
    workshop = registration.workshop
    return _tell(workshop, kind, statuses=[registration.status], joined_before=None, only=registration.pk, now=now)


def forget_waiting(workshop: Workshop, *, only: int | None = None) -> None:
    """
    Take back what was not sent yet and is no longer true: reminders of a time that changed, or of a seat given back.

    :param only: a registration; all of the workshop without it.
    """
    waiting = OutboxMessage.objects.filter(status=OutboxMessage.Status.PENDING, channel__in=OUTSIDE)
    if only is None:
        waiting = waiting.filter(dedupe_key__startswith=f"workshop:{workshop.pk}:")
    else:
        starts = [f"{_key(workshop.pk, kind)}{workshop.sequence}:{only}:" for kind in Notice]
        waiting = waiting.filter(dedupe_key__in=[start + channel for start in starts for channel in OUTSIDE])
    waiting.update(status=OutboxMessage.Status.CANCELLED)
    guests = GuestNotice.objects.filter(registration__workshop=workshop, sent_at=None, ended_at=None)
    (guests if only is None else guests.filter(registration_id=only)).delete()


def _key(workshop_id: int, kind: str) -> str:
    return f"workshop:{workshop_id}:{kind}:"


def _tell(
    workshop: Workshop,
    kind: Notice,
    *,
    statuses: Sequence[str],
    joined_before: datetime | None,
    only: int | None,
    now: datetime,
) -> int:
    if events.is_silent():
        return 0
    page = "education:workshops" if kind == Notice.CALLED_OFF else "education:workshop"
    link = public_address(reverse(page, args=[] if kind == Notice.CALLED_OFF else [workshop.code]))
    languages = [language for language, _name in settings.LANGUAGES]
    values: dict[str, Any] = {
        "key": f"{_key(workshop.pk, kind)}{workshop.sequence}:",
        "template": template_of(kind),
        "languages": languages,
        "params": [json.dumps(values_of(workshop, language, link=link)) for language in languages],
        "leaves": kind not in ONLY_IN_ACCOUNT,
        "is_reminder": kind in REMINDERS,
        "kind": kind.value,
        "sequence": workshop.sequence,
        "workshop": workshop.pk,
        "statuses": [str(status) for status in statuses],
        "only": only,
        "joined_before": joined_before,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TO_BORROWERS, values)
        told = cursor.rowcount
        cursor.execute(_TO_GUESTS, values)
        return told + int(cursor.rowcount)
