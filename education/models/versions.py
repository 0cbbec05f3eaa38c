"""Lessons that editors write: their versions, who changed what, their images, and where their links lead."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models import User

LONGEST_NOTE = 500


class LessonVersion(models.Model):
    """
    One version of a lesson. A draft may be written on; what waits for its review, or for its day, is fixed.

    The first versions are the files of `education/content/`; a version here stands in their place once it is published.
    Of a lesson one version is published and one at most is on its way there.

    :ivar files: text by name, as in `education/content/README.md`.
    :ivar revision: counts what was saved, so that a second editor is told what they have not seen.
    :ivar written: when the text of each language was last saved, ISO moments by language; none where it is unknown.
    :ivar based_on: number of the version whose text this began with; None for the files, or for a new lesson.
    :ivar publish_at: from when readers get it; None for as soon as it is approved. `publish_zone` is where that was
        read off a clock.
    :ivar published_at: None too of a draft that was given up, which is RETIRED without having been read.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        IN_REVIEW = "IN_REVIEW", _("In review")
        APPROVED = "APPROVED", _("Waits for its day")
        PUBLISHED = "PUBLISHED", _("Published")
        RETIRED = "RETIRED", _("No longer shown")

    slug = models.SlugField(_("lesson"), max_length=60, db_index=False)
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="DRAFT", default=Status.DRAFT)
    files = models.JSONField(_("texts"))
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    revision = models.PositiveIntegerField(_("revision"), db_default=1, default=1, editable=False)
    written = models.JSONField(_("written"), default=dict, editable=False)
    based_on = models.PositiveIntegerField(_("based on version"), null=True, blank=True)
    note = models.CharField(_("what changes"), max_length=LONGEST_NOTE, blank=True, default="")
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("begun by")
    )
    made_at = models.DateTimeField(_("begun at"), editable=False)
    changed_at = models.DateTimeField(_("changed at"), editable=False)
    request_id = models.BigIntegerField(_("approval"), null=True, blank=True)
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    publish_zone = models.CharField(_("time zone"), max_length=40, blank=True, default="")
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    retired_because = models.CharField(_("retired because"), max_length=LONGEST_NOTE, blank=True, default="")

    class Meta:
        verbose_name = _("version of a lesson")
        verbose_name_plural = _("versions of lessons")
        ordering = ["slug", "-number"]
        permissions = [("write_lessonversion", "Can write lessons and ask for their publication")]
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="education_lesson_version_once"),
            models.UniqueConstraint(
                fields=["slug"], condition=Q(status="PUBLISHED"), name="education_one_published_version"
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(status__in=["DRAFT", "IN_REVIEW", "APPROVED"]),
                name="education_one_version_on_its_way",
            ),
            models.CheckConstraint(
                condition=Q(status="PUBLISHED", published_at__isnull=False, retired_at=None)
                | Q(status="RETIRED", retired_at__isnull=False)
                | Q(status__in=["DRAFT", "IN_REVIEW", "APPROVED"], published_at=None, retired_at=None),
                name="education_version_dates_fit_status",
            ),
        ]
        indexes = [
            models.Index(fields=["publish_at"], condition=Q(status="APPROVED"), name="education_versions_to_publish")
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.number}"


class LessonEdit(models.Model):
    """
    One part of a version as somebody saved it; rows are only added, so nothing that was written is lost.

    :ivar part: see `education.domain.parts`. :ivar revision: of the version after it.
    """

    version = models.ForeignKey(
        LessonVersion, on_delete=models.CASCADE, db_index=False, related_name="edits", verbose_name=_("version")
    )
    revision = models.PositiveIntegerField(_("revision"))
    part = models.CharField(_("part"), max_length=80)
    before = models.TextField(_("before"), blank=True, default="")
    after = models.TextField(_("after"), blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("edit of a lesson")
        verbose_name_plural = _("edits of lessons")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["version", "revision"], name="education_one_edit_a_revision")]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.part}"


class LessonImage(models.Model):
    """
    A picture as `education.domain.pictures` wrote it anew. It never changes: what versions name stays what was seen.

    :ivar digest: SHA-256 of the content, by which it is served and named in `images.yaml`.
    """

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    content = models.BinaryField(_("content"))
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("image of a lesson")
        verbose_name_plural = _("images of lessons")

    def __str__(self) -> str:
        return self.digest[:12]


class LinkCheck(models.Model):
    """
    What an address that lessons name answered when it was last looked at.

    :ivar failures: how often in a row it did not answer as it should; once may be chance.
    :ivar detail: the status or the kind of failure, for people who mend it.
    """

    class Outcome(models.TextChoices):
        FINE = "FINE", _("Answers")
        MOVED = "MOVED", _("Leads elsewhere")
        BROKEN = "BROKEN", _("Does not answer as it should")
        REFUSED = "REFUSED", _("Not an address that we open")

    address = models.CharField(_("address"), max_length=500, unique=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    detail = models.CharField(_("detail"), max_length=40, blank=True, default="")
    failures = models.PositiveIntegerField(_("failures in a row"), db_default=0, default=0)
    checked_at = models.DateTimeField(_("looked at"), db_index=True)

    class Meta:
        verbose_name = _("link of lessons")
        verbose_name_plural = _("links of lessons")

    def __str__(self) -> str:
        return self.address
