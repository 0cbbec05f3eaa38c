"""Contacts, notes and reviews of them for tests."""

from datetime import datetime, timedelta
from itertools import count

from collections_mgmt.models import CaseFile, CaseFileEvent, CollectorProfile, QualityReview
from dashu.messaging.models import ContactAttempt, GuardDecision
from dashu.users.models import Borrower, User
from tests.integration.collections_mgmt.desk_cases import NOW

MONDAY = NOW.date() - timedelta(days=NOW.weekday() + 7)
LAST_WEEK = NOW - timedelta(days=7)
WORDS = "Chidi told them what is open and how to ask for help."
_KEYS = count()


def contact(by: User, to: Borrower, *, at: datetime = LAST_WEEK, outcome: str = "RIGHT_PARTY", **fields: object):
    """A call that was allowed and took three minutes."""
    actor = f"user:{by.pk}"
    decision = GuardDecision.objects.create(
        borrower=to, channel="CALL", purpose="COLLECTION", operator=actor, stage="ASKED", verdict="ALLOW",
        reasons=[], at=at,
    )  # fmt: skip
    return ContactAttempt.objects.create(
        key=f"quality-{next(_KEYS)}",
        borrower=to,
        channel="CALL",
        purpose="COLLECTION",
        decision=decision,
        operator=actor,
        started_at=at,
        ended_at=at + timedelta(minutes=3),
        seconds=180,
        outcome=outcome,
        outcome_at=None if outcome == "OPEN" else at + timedelta(minutes=3),
        note=WORDS,
        **fields,
    )


def note(by: User, file: CaseFile, words: str = "Asked for a plan.", *, at: datetime = LAST_WEEK) -> CaseFileEvent:
    return CaseFileEvent.objects.create(file=file, kind="NOTE", at=at, actor=f"user:{by.pk}", words=words)


def review_of(attempt: ContactAttempt, by: User, **fields: object) -> QualityReview:
    """A contact that was drawn and waits."""
    profile = CollectorProfile.objects.filter(user=by).first()
    return QualityReview.objects.create(
        week=MONDAY,
        work="CONTACT",
        attempt=attempt,
        collector=by,
        team=profile.team if profile else None,
        why=fields.pop("why", "RANDOM"),
        done_at=attempt.started_at,
        due_on=NOW.date() + timedelta(days=7),
        **fields,
    )


ALL_WELL = dict.fromkeys(
    ["HOURS_AND_CAPS", "IDENTITY", "TONE", "DISCLOSURE", "HELP_OFFERED", "FIGURES", "NEXT_STEP"], "YES"
)
