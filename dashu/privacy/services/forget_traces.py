"""Traces of signing in go after the days that a rule gives them: tries, and the devices of sessions that are over."""

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from dashu.kernel.dates import lender_date
from dashu.policy.rules import privacy_retention


def forget_traces(*, now: datetime) -> int:
    """Delete what is older; return how many rows it was."""
    before = now - timedelta(days=privacy_retention(lender_date(now)).sign_in_days)
    tries = (traces.objects.filter(attempt_time__lt=before) for traces in (AccessAttempt, AccessLog, AccessFailureLog))
    over = UserSession.objects.filter(last_seen_at__lt=before).exclude(
        session_key__in=Session.objects.values("session_key")
    )
    return sum(rows.delete()[0] for rows in (*tries, over))
