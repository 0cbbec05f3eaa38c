"""
When a session ends: after a time without use, and after its longest time however much it is used. Both are longer for a
borrower who asked to stay signed in on a device.

The moments lie in the session. That of the latest use is written once a minute at most, so that reading pages stays
reading.
"""

import time
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

SEEN_AT, BEGAN_AT, REMEMBERED, ENDED = "seen_at", "began_at", "is_remembered", "ended_by"
UNUSED, LONGEST = "unused", "longest"  # why it ended
WRITTEN_EVERY = 60  # seconds


def begin(request: HttpRequest | None, **_signal: Any) -> None:
    """Start counting; called by Django whenever somebody has signed in, by whichever page."""
    if request is not None and hasattr(request, "session"):
        request.session[SEEN_AT] = request.session[BEGAN_AT] = int(time.time())


def remember(request: HttpRequest) -> None:
    """Keep this device signed in for longer. Whoever works with other people's loans is not asked."""
    request.session[REMEMBERED] = True


def minutes_allowed() -> int:
    return int(settings.SESSION_IDLE.total_seconds() // 60)


def renew_key(request: HttpRequest) -> None:
    """Give the session another key, as after signing in, and have the list of devices know it by that."""
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def ended_by(request: HttpRequest) -> str:
    """Return why the session of a signed-in person is over: UNUSED or LONGEST; "" where it goes on."""
    is_kept = request.session.get(REMEMBERED) and not request.user.is_staff
    unused, longest = (
        (settings.SESSION_IDLE_REMEMBERED, settings.SESSION_LONGEST_REMEMBERED)
        if is_kept
        else (settings.SESSION_IDLE, settings.SESSION_LONGEST)
    )
    now = time.time()
    if now - request.session.get(SEEN_AT, now) > unused.total_seconds():
        return UNUSED
    return LONGEST if now - request.session.get(BEGAN_AT, now) > longest.total_seconds() else ""


def note_use(request: HttpRequest) -> None:
    """Note that a signed-in person uses the session, and with which device, unless that was noted just now."""
    now = int(time.time())
    if now - request.session.get(SEEN_AT, 0) < WRITTEN_EVERY:
        return
    request.session[SEEN_AT] = now
    request.session.setdefault(BEGAN_AT, now)
    known = UserSession.objects.filter(session_key=request.session.session_key, user_id=request.user.pk)
    if not known.update(last_seen_at=timezone.now()):
        UserSession.objects.create_from_request(request)
