"""Two editors, and short ways to bring a lesson from one to the other."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import User
from education.domain.parts import part_of
from education.domain.source import LessonSource
from education.models import LessonVersion
from education.services.publish_lessons import ask_review
from education.services.write_lessons import begin_version, save_part
from tests import factories

NOW = lender_now()
TODAY = lender_today()
ZONE = ZoneInfo("Asia/Taipei")


def editor(name: str) -> User:
    user = factories.staff(name, User.Role.SUPERVISOR)
    user.language = "en"
    user.save()
    return user


def source(version: LessonVersion) -> LessonSource:
    return LessonSource(version.slug, version.files, where=str(version))


def begun(user: User, slug: str = "overdue") -> LessonVersion:
    return begin_version(slug=slug, user=user, now=NOW)


def saved(version: LessonVersion, part: str, user: User, *, revision: int | None = None, **changes: Any):
    """Save a part with some of it changed. :param revision: as the person saw it, the newest unless given."""
    version.refresh_from_db()
    given = {**part_of(source(version), part), **changes}
    seen = version.revision if revision is None else revision
    return save_part(version_id=version.pk, part=part, given=given, revision=seen, user=user, now=lender_now())


def titled(user: User, title: str = "When a payment is late", slug: str = "overdue") -> LessonVersion:
    """A draft with another English title."""
    return saved(begun(user, slug), "en", user, title=title)


def asked(
    version: LessonVersion, user: User, *, publish_at: datetime | None = None, key: str = "k", today: date = TODAY
) -> ApprovalRequest:
    return ask_review(
        version_id=version.pk, publish_at=publish_at, publish_zone=ZONE.key if publish_at else "", reason="Clearer.",
        user=user, now=lender_now(), today=today, idempotency_key=key,
    )  # fmt: skip


def published(user: User, by: User, title: str = "When a payment is late", slug: str = "overdue") -> LessonVersion:
    """A version with another English title, approved by another person and read from now on."""
    version = titled(user, title, slug)
    approve(request_id=asked(version, user, key=title).pk, user=by, today=TODAY)
    version.refresh_from_db()
    assert version.status == "PUBLISHED"
    return version


def tomorrow() -> datetime:
    return NOW + timedelta(days=1)
