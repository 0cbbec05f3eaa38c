"""What another person has to approve here, as `dashu.approvals` takes it."""

from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.kernel.dates import lender_now
from education.editing.words import moment_in
from education.models import LessonVersion
from education.services.publish_lessons import LESSON, approve_lesson, is_own_work, preview_tables
from education.services.write_lessons import WRITE


def perform_review(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = approve_lesson(
        version_id=payload["version_id"], digest=payload["digest"], actor=actor, now=lender_now(), today=today
    )
    return {"lesson": version.slug, "version": version.number, "status": version.status}


def describe_review(payload: Payload) -> str:
    about = {"lesson": payload["lesson"], "version": payload["version"]}
    if payload["publish_at"] is None:
        return gettext("Show this to readers from now on: lesson %(lesson)s, version %(version)s.") % about
    about["moment"] = moment_in(datetime.fromisoformat(payload["publish_at"]), payload["publish_zone"])
    return gettext("Show this to readers from %(moment)s on: lesson %(lesson)s, version %(version)s.") % about


def preview_review(payload: Payload, _today: date) -> Preview:
    return preview_tables(LessonVersion.objects.get(pk=payload["version_id"]))


def _version_page(payload: Payload) -> str:
    return reverse("admin:education_lessonversion_change", args=[payload["version_id"]])


KINDS = (
    ActKind(
        code=LESSON,
        label=_("Publish a lesson"),
        perform=perform_review,
        permission=WRITE,
        describe=describe_review,
        preview=preview_review,
        subject_url=_version_page,
        bars=is_own_work,
    ),
)
