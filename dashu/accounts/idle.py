"""
When a session ends: after a time without use, which a person who asked to stay signed in on a device has longer.

The moment of the latest use lies in the session. It is written once a minute at most, so that reading pages stays
reading.
"""

import time
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

SEEN_AT, REMEMBERED, ENDED = "seen_at", "is_remembered", "ended_idle"
WRITTEN_EVERY = 60  # seconds


def begin(request: HttpRequest | None, **_signal: Any) -> None:
    """Start counting; called by Django whenever somebody has signed in, by whichever page."""
    if request is not None and hasattr(request, "session"):
        request.session[SEEN_AT] = int(time.time())


def remember(request: HttpRequest) -> None:
    """Keep this device signed in for longer. Whoever works with other people's loans is not asked."""
    request.session[REMEMBERED] = True


def minutes_allowed() -> int:
    return int(settings.SESSION_IDLE.total_seconds() // 60)


def is_over(request: HttpRequest) -> bool:
    """Whether the session of a signed-in person was not used for too long."""
    seen_at = request.session.get(SEEN_AT)
    is_kept = request.session.get(REMEMBERED) and not request.user.is_staff
    limit = settings.SESSION_IDLE_REMEMBERED if is_kept else settings.SESSION_IDLE
    return seen_at is not None and time.time() - seen_at > limit.total_seconds()


def note_use(request: HttpRequest) -> None:
    """Note that a signed-in person uses the session, and with which device, unless that was noted just now."""
    now = int(time.time())
    if now - request.session.get(SEEN_AT, 0) < WRITTEN_EVERY:
        return
    request.session[SEEN_AT] = now
    known = UserSession.objects.filter(session_key=request.session.session_key, user_id=request.user.pk)
    if not known.update(last_seen_at=timezone.now()):
        UserSession.objects.create_from_request(request)
