"""
From a draft to its readers: its review is asked for, another person who wrote none of it approves it, and it is
published at once or at its day. A lesson can be retired at once, because what is wrong must not wait.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import end_alert, raise_alert
from dashu.approvals.acts import Payload
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from education.domain.checking import errors_of, problems_of
from education.domain.diffs import diff
from education.domain.parts import as_text, parts_of
from education.domain.source import LessonSource
from education.domain.words import BrokenLesson
from education.models import LessonEdit, LessonVersion
from education.models.versions import LONGEST_NOTE
from education.selectors.images import missing_images
from education.selectors.published import LessonNotPublished, published_slugs, source_of
from education.services.write_lessons import (
    LessonFixed,
    Status,
    locked,
    refuse_fixed,
    refuse_others,
    witness,
)

LESSON = "education.lesson"
ACTOR = "system:education"


class LessonNotReady(DomainError):
    """Something is still wrong with it; `details.problems` says how much."""

    code = "lesson_not_ready"


class LessonDayPast(DomainError):
    """A day of publishing lies ahead."""

    code = "lesson_day_past"


class ReasonMissing(DomainError):
    """Why a lesson is retired is said in a sentence."""

    code = "lesson_reason_missing"


@transaction.atomic
def ask_review(
    *,
    version_id: int,
    publish_at: datetime | None,
    publish_zone: str,
    reason: str,
    user: User,
    now: datetime,
    today: date,
    idempotency_key: str,
) -> ApprovalRequest:
    """
    Ask another person to review a draft; again with the same key returns the first request.

    :param publish_at: None for as soon as it is approved.
    :raises NotAuthorized: the person may not write lessons.
    :raises LessonFixed: it is no draft. :raises LessonNotReady: something is wrong with it.
    :raises LessonDayPast: `publish_at` is over.
    :raises DomainError: see `dashu.approvals.services.submit.submit`.
    """
    refuse_others(user)
    version = locked(version_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    refuse_fixed(version)
    if publish_at is not None and publish_at <= now:
        raise LessonDayPast(_("This moment is over. Choose a later one, or none."), field="day")
    refuse_unready(version, today=today)
    asked = submit(
        kind=LESSON,
        payload={
            "version_id": version.pk,
            "lesson": version.slug,
            "version": version.number,
            "digest": version.digest,
            "publish_at": publish_at.isoformat() if publish_at else None,
            "publish_zone": publish_zone,
        },
        amount_minor=0,
        currency="CNY",
        subject_type="lesson",
        subject_id=str(version),
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
        preview=preview_tables(version),
    )
    version.status, version.request_id = Status.IN_REVIEW, asked.pk
    version.publish_at, version.publish_zone = publish_at, publish_zone if publish_at else ""
    version.save(update_fields=["status", "request_id", "publish_at", "publish_zone"])
    witness("lesson_review_asked", version, actor_of_user(user))
    return asked


@transaction.atomic
def approve_lesson(*, version_id: int, digest: str, actor: str, now: datetime, today: date) -> LessonVersion:
    """
    Approve what was submitted; it is published now, or waits for its day.

    :raises LessonFixed: it is not in review, or not what was submitted.
    :raises LessonNotReady: something it names is gone since.
    """
    version = locked(version_id)
    if version.status != Status.IN_REVIEW or version.digest != digest:
        raise LessonFixed(_("This version is no longer the one that was submitted."))
    refuse_unready(version, today=today)
    version.status = Status.APPROVED
    version.save(update_fields=["status"])
    witness("lesson_approved", version, actor)
    return version if version.publish_at and version.publish_at > now else _publish(version, actor=actor, now=now)


def publish_due(*, now: datetime, today: date) -> int:
    """
    Publish the versions whose day has come, each by itself, and return how many.

    One that cannot be published stays, and the person on call is told.
    """
    due = LessonVersion.objects.filter(status=Status.APPROVED, publish_at__lte=now).order_by("publish_at", "pk")
    return sum(_publish_one(pk, now=now, today=today) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def call_off(*, version_id: int, user: User) -> LessonVersion:
    """
    Take back a version that waits for its day; it is a draft again. Again changes nothing.

    :raises NotAuthorized: the person may not write lessons. :raises LessonFixed: it does not wait for its day.
    """
    refuse_others(user)
    version = locked(version_id)
    if version.status == Status.DRAFT:
        return version
    if version.status != Status.APPROVED:
        raise LessonFixed(_("This version does not wait for its day."))
    version.status, version.request_id, version.publish_at, version.publish_zone = Status.DRAFT, None, None, ""
    version.save(update_fields=["status", "request_id", "publish_at", "publish_zone"])
    end_alert("education.lesson_not_published", subject=str(version))
    witness("lesson_called_off", version, actor_of_user(user))
    return version


@transaction.atomic
def retire_lesson(*, version_id: int, because: str, user: User, now: datetime) -> LessonVersion:
    """
    Take a published lesson away from its readers without another in its place. Again changes nothing.

    :raises NotAuthorized: the person may not write lessons. :raises LessonFixed: it is not published.
    :raises ReasonMissing: no reason, or one longer than 500 characters.
    """
    refuse_others(user)
    version = locked(version_id)
    if version.status == Status.RETIRED:
        return version
    if version.status != Status.PUBLISHED:
        raise LessonFixed(_("This version is not published."))
    because = because.strip()
    if not because or len(because) > LONGEST_NOTE:
        raise ReasonMissing(
            _("Say why, in at most %(longest)s characters."), field="reason", params={"longest": LONGEST_NOTE}
        )
    version.status, version.retired_at, version.retired_because = Status.RETIRED, now, because
    version.save(update_fields=["status", "retired_at", "retired_because"])
    witness("lesson_retired", version, actor_of_user(user), because=because)
    return version


def refuse_unready(version: LessonVersion, *, today: date) -> None:
    """:raises LessonNotReady: naming what is wrong first."""
    source = LessonSource(version.slug, version.files, where=str(version))
    errors = errors_of(problems_of(source, known=published_slugs(), today=today))
    if errors:
        raise LessonNotReady(
            _("%(count)s things are still to be put right, first: %(first)s"),
            params={"count": len(errors), "first": f"{errors[0].part}: {errors[0].text}"},
            details={"problems": len(errors)},
        )
    if missing_images(about["digest"] for about in source.pictures.values()):
        raise LessonNotReady(_("An image that it shows is not there."))


def is_own_work(payload: Payload, user: User) -> bool:
    """Whether somebody wrote on it, and so is not the one to review it."""
    wrote = LessonEdit.objects.filter(version_id=payload["version_id"], by=user).exists()
    return wrote or LessonVersion.objects.filter(pk=payload["version_id"], made_by=user).exists()


def preview_tables(version: LessonVersion) -> list[dict[str, Any]]:
    """Return what changes for readers, part by part, as whoever decides sees it."""
    after, before = LessonSource(version.slug, version.files, where=str(version)), _before(version.slug)
    rows = [
        [part, line.sign, line.text]
        for part, lines in changed_parts(before, after).items()
        for line in lines
        if line.kind in ("gone", "new") and line.text.strip()
    ]
    columns = [gettext("Part"), "", gettext("Text")]
    tones = ["changed" if row[1] == "+" else "quiet" for row in rows]
    title, note = gettext("What changes"), version.note
    return [{"title": title, "columns": columns, "rows": rows, "tones": tones, "note": note}]


def changed_parts(before: LessonSource | None, after: LessonSource) -> Mapping[str, list[Any]]:
    """Return the lines that changed, by part, of those parts that changed."""
    parts = dict.fromkeys([*(parts_of(before) if before else []), *parts_of(after)])
    texts = {part: (as_text(before, part) if before else "", as_text(after, part)) for part in parts}
    return {part: list(diff(was, now)) for part, (was, now) in texts.items() if was != now}


def _before(slug: str) -> LessonSource | None:
    try:
        return source_of(slug)
    except LessonNotPublished:
        return None


@transaction.atomic
def _publish_one(version_id: int, *, now: datetime, today: date) -> bool:
    version = locked(version_id)
    if version.status != Status.APPROVED or version.publish_at is None or version.publish_at > now:
        return False
    try:
        refuse_unready(version, today=today)
    except (LessonNotReady, BrokenLesson) as error:
        params = {"lesson": version.slug, "version": version.number, "error": str(error)}
        raise_alert("education.lesson_not_published", subject=str(version), **params)
        return False
    _publish(version, actor=ACTOR, now=now)
    return True


def _publish(version: LessonVersion, *, actor: str, now: datetime) -> LessonVersion:
    before = LessonVersion.objects.select_for_update().filter(slug=version.slug, status=Status.PUBLISHED)
    before.update(status=Status.RETIRED, retired_at=now)
    version.status, version.published_at = Status.PUBLISHED, now
    version.save(update_fields=["status", "published_at"])
    end_alert("education.lesson_not_published", subject=str(version))
    end_alert("education.lesson_broken", subject=version.slug)
    witness("lesson_published", version, actor)
    return version
