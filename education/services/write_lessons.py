"""
Writing lessons: a version is begun with what readers have now, with an earlier version or with nothing, and is written
part by part until its review is asked for.

Two editors may write on one draft. Each saves with the revision they saw; whoever would write over a part that somebody
else saved meanwhile is told, and both texts are there: the one in the draft, the other in the form and, once it is
saved, in the edits, which are never removed.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from education.domain.lessons import slugs
from education.domain.parts import FACTS, as_text, blank_files, part_of, with_part
from education.domain.source import TEXTS, LessonSource, source_of_files
from education.models import LessonEdit, LessonVersion
from education.models.versions import LONGEST_NOTE
from education.selectors.published import LessonNotPublished, published_slugs, shown_now, source_of

WRITE = "education.write_lessonversion"
MOST_CHARACTERS = 20_000  # of one part
Status = LessonVersion.Status
ON_ITS_WAY = (Status.DRAFT, Status.IN_REVIEW, Status.APPROVED)


class NoSuchLesson(DomainError):
    """There is no such lesson, version or part."""

    code = "no_such_lesson"
    http_status = 404


class LessonTaken(DomainError):
    """Somebody is writing a version of this lesson already, or a lesson of this name is there."""

    code = "lesson_taken"
    http_status = 409


class LessonFixed(DomainError):
    """What waits for its review or its day, or was published, is no longer changed."""

    code = "lesson_fixed"
    http_status = 409


class LessonMoved(DomainError):
    """Somebody else saved the same part meanwhile; `details.revision` is what to save over once that was seen."""

    code = "lesson_moved"
    http_status = 409


class PartTooLong(DomainError):
    """A part is longer than any lesson could need."""

    code = "part_too_long"


@transaction.atomic
def begin_version(*, slug: str, user: User, now: datetime, of_number: int | None = None) -> LessonVersion:
    """
    Begin a version with what readers have now, or with the text of an earlier one; a lesson's own draft is returned.

    :raises NotAuthorized: the person may not write lessons.
    :raises NoSuchLesson: there is nothing to begin with.
    :raises LessonTaken: a version is on its way, and another text was asked for.
    """
    refuse_others(user)
    waiting = LessonVersion.objects.select_for_update().filter(slug=slug, status__in=ON_ITS_WAY).first()
    if waiting is not None:
        if of_number is None:
            return waiting
        raise LessonTaken(_("A version of this lesson is on its way already. Publish it or give it up first."))
    before = LessonVersion.objects.filter(slug=slug, number=of_number).first() if of_number else None
    if of_number and before is None:
        raise NoSuchLesson(_("There is no such version."))
    files = before.files if before else _files_now(slug)
    return _begun(slug, files, user=user, now=now, based_on=before.number if before else _number_now(slug))


@transaction.atomic
def begin_lesson(*, slug: str, user: User, now: datetime, today: date) -> LessonVersion:
    """
    Begin a lesson that is not there yet.

    :raises NotAuthorized: the person may not write lessons.
    :raises LessonTaken: there is one of this name, perhaps one that is no longer shown.
    """
    refuse_others(user)
    if slug in slugs() or LessonVersion.objects.filter(slug=slug).exists():
        raise LessonTaken(_("There is a lesson of this name already. Write a new version of it."), field="slug")
    order = 1 + max(source_of(each).head("en")["order"] for each in published_slugs())
    return _begun(slug, blank_files(order=order, legal_facts_on=today), user=user, now=now, based_on=None)


@transaction.atomic
def save_part(*, version_id: int, part: str, given: Any, revision: int, user: User, now: datetime) -> LessonVersion:
    """
    Write one part of a draft anew. Saving what is there already changes nothing but when a language was looked at.

    :param given: see `education.domain.parts`; None takes a question out.
    :param revision: of the draft as the person saw it, or that of `LessonMoved` once they saw the other's text.
    :raises NotAuthorized: the person may not write lessons.
    :raises LessonFixed: it is no draft any more.
    :raises LessonMoved: somebody else saved this part since.
    :raises PartTooLong: more than 20,000 characters.
    """
    refuse_others(user)
    version = locked(version_id)
    refuse_fixed(version)
    _refuse_unseen(version, part, revision, user)
    before = LessonSource(version.slug, version.files, where=str(version))
    files = with_part(before, part, given)
    after = LessonSource(version.slug, files, where=str(version))
    was, now_is = as_text(before, part), as_text(after, part)
    if len(now_is) > MOST_CHARACTERS:
        raise PartTooLong(_("This is longer than a lesson can be."))
    if part in TEXTS:
        version.written = {**version.written, part: now.isoformat()}
    if was != now_is or [each["code"] for each in before.questions] != [each["code"] for each in after.questions]:
        version.revision += 1
        LessonEdit.objects.create(
            version=version, revision=version.revision, part=part, before=was, after=now_is, by=user, at=now
        )
        witness("lesson_written", version, actor_of_user(user), part=part)
    _keep(version, files, now)
    return version


@transaction.atomic
def save_note(*, version_id: int, note: str, user: User, now: datetime) -> LessonVersion:
    """
    Say in a sentence what a draft changes, for those who review it and look back.

    :raises NotAuthorized, LessonFixed: see `save_part`. :raises PartTooLong: more than 500 characters.
    """
    refuse_others(user)
    version = locked(version_id)
    refuse_fixed(version)
    if len(note) > LONGEST_NOTE:
        raise PartTooLong(_("Say it in at most %(most)s characters."), field="note", params={"most": LONGEST_NOTE})
    version.note, version.changed_at = " ".join(note.split()), now
    version.save(update_fields=["note", "changed_at"])
    return version


@transaction.atomic
def confirm_facts(*, slug: str, user: User, now: datetime, today: date) -> LessonVersion:
    """
    Note in a version that the legal facts were checked today and still hold; its review is then asked for as always.

    :raises NotAuthorized, NoSuchLesson: see `begin_version`. :raises LessonFixed: a version waits for its review.
    """
    version = begin_version(slug=slug, user=user, now=now)
    facts = part_of(LessonSource(slug, version.files, where=str(version)), FACTS)
    return save_part(
        version_id=version.pk,
        part=FACTS,
        given={**facts, "legal_facts_on": today},
        revision=version.revision,
        user=user,
        now=now,
    )


@transaction.atomic
def give_up(*, version_id: int, user: User, now: datetime) -> LessonVersion:
    """
    End a draft that is not wanted; it stays on record. Again changes nothing.

    :raises NotAuthorized, LessonFixed: see `save_part`.
    """
    refuse_others(user)
    version = locked(version_id)
    if version.status == Status.RETIRED and version.published_at is None:
        return version
    refuse_fixed(version)
    version.status, version.retired_at = Status.RETIRED, now
    version.save(update_fields=["status", "retired_at"])
    witness("lesson_given_up", version, actor_of_user(user))
    return version


def locked(version_id: int) -> LessonVersion:
    """:raises NoSuchLesson: there is none."""
    version = LessonVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise NoSuchLesson(_("There is no such version."))
    return version


def refuse_others(user: User) -> None:
    """:raises NotAuthorized: the person may not write lessons."""
    if not (user.is_active and user.is_staff and user.has_perm(WRITE)):
        raise NotAuthorized(_("Your role does not write lessons."))


def refuse_fixed(version: LessonVersion) -> None:
    """:raises LessonFixed: it is no draft."""
    if not may_be_written(version):
        raise LessonFixed(_("This version is no draft any more. Write a new version."))


def may_be_written(version: LessonVersion) -> bool:
    """Whether it is a draft, or its review was declined, withdrawn or has expired."""
    if version.status != Status.IN_REVIEW:
        return version.status == Status.DRAFT
    waiting = ApprovalRequest.objects.filter(pk=version.request_id or 0, status=ApprovalRequest.Status.PENDING)
    return not waiting.exists()


def digest_of(slug: str, files: Mapping[str, str]) -> str:
    return sha256(json.dumps([slug, files], ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def witness(what: str, version: LessonVersion, actor: str, **data: Any) -> None:
    audit.record(
        action=f"education.{what}",
        subject_type="lesson",
        subject_id=version.pk,
        actor=actor,
        data={"lesson": version.slug, "version": version.number, **data},
    )


def _begun(slug: str, files: Mapping[str, str], *, user: User, now: datetime, based_on: int | None) -> LessonVersion:
    latest = LessonVersion.objects.filter(slug=slug).aggregate(latest=Max("number"))["latest"]
    before = LessonVersion.objects.filter(slug=slug, number=based_on or 0).first()
    # Two that are begun at once: the constraint refuses one, whose writer tries again.
    version = LessonVersion.objects.create(
        slug=slug,
        number=(latest or (1 if slug in slugs() else 0)) + 1,
        files=dict(files),
        digest=digest_of(slug, files),
        written=before.written if before else {},
        based_on=based_on,
        made_by=user,
        made_at=now,
        changed_at=now,
    )
    witness("lesson_begun", version, actor_of_user(user), based_on=based_on)
    return version


def _refuse_unseen(version: LessonVersion, part: str, revision: int, user: User) -> None:
    """What the person saved themselves, such as in another window, they have seen."""
    newer = LessonEdit.objects.filter(version=version, part=part, revision__gt=revision).exclude(by=user)
    if newer.exists():
        raise LessonMoved(
            _("Somebody else saved this part while you were writing. Look at their text below; yours is still here."),
            details={"revision": version.revision},
        )


def _keep(version: LessonVersion, files: Mapping[str, str], now: datetime) -> None:
    version.files, version.digest, version.changed_at = dict(files), digest_of(version.slug, files), now
    version.status, version.request_id = Status.DRAFT, None
    version.save(update_fields=["files", "digest", "changed_at", "status", "request_id", "revision", "written"])


def _files_now(slug: str) -> Mapping[str, str]:
    try:
        return source_of(slug).files
    except LessonNotPublished:
        latest = LessonVersion.objects.filter(slug=slug, published_at__isnull=False).order_by("-number").first()
        if latest is not None:
            return latest.files
        if slug in slugs():
            return source_of_files(slug).files
    raise NoSuchLesson(_("There is no such lesson."))


def _number_now(slug: str) -> int | None:
    key = shown_now().get(slug)
    return LessonVersion.objects.filter(pk=key.version_id).values_list("number", flat=True).first() if key else None
