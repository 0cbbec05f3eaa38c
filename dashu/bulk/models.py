"""A file of a partner, its lines with what became of each, and the ranges of lines that workers take up."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Partner, Viewer
from dashu.users.sealing import SealedJSON, SealedText


class BulkJobQuerySet(models.QuerySet["BulkJob"]):
    def visible_to(self, user: Viewer) -> Self:
        """Staff whose role grants it see every job, a partner's login sees its own, anyone else sees none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self if user.has_perm("bulk.view_bulkjob") else self.none()
        return self.filter(partner__user=user, partner__is_active=True)

    def at_work(self) -> Self:
        """Return those that the machine has still to do with; one that waits for a person is not among them."""
        return self.filter(status__in=BulkJob.OPEN).exclude(approval=BulkJob.Approval.WAITING)


class BulkJob(models.Model):
    """
    One uploaded file.

    :ivar kind: a key of the setting BULK_JOB_KINDS.
    :ivar check_only: every line is worked and taken back, so that nothing is written.
    :ivar approval: of a kind at which a person looks before anything becomes real: first all lines are checked.
    :ivar language: of the sentences about its lines.
    :ivar columns: of a CSV file, in its order.
    :ivar lines: how many it has; `done`, `known` and `refused` are counted when it ends.
    :ivar problem_code, problem: why it failed as a whole.
    :ivar planned_at: when its lines were read; until then there are no ranges.
    """

    class Status(models.TextChoices):
        QUEUED = "QUEUED", _("Queued")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        DONE_WITH_REFUSALS = "DONE_WITH_REFUSALS", _("Done, with refusals")
        FAILED = "FAILED", _("Failed")
        CANCELLED = "CANCELLED", _("Cancelled")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        JSON_LINES = "jsonl", "JSON lines"

    class Approval(models.TextChoices):
        NONE = "", _("Not needed")
        CHECKING = "CHECKING", _("Lines are being checked")
        WAITING = "WAITING", _("Waits for a person")
        APPROVED = "APPROVED", _("Approved")
        DECLINED = "DECLINED", _("Declined")

    OPEN = (Status.QUEUED, Status.RUNNING)

    key = models.UUIDField(_("job"), unique=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("partner")
    )
    kind = models.CharField(_("kind"), max_length=20)
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.QUEUED, db_default=Status.QUEUED
    )
    check_only = models.BooleanField(_("only to be checked"), default=False, db_default=False)
    approval = models.CharField(
        _("approval"), max_length=10, choices=Approval, blank=True, default=Approval.NONE, db_default=Approval.NONE
    )
    language = models.CharField(_("language"), max_length=10)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_format = models.CharField(_("format"), max_length=8, choices=Format)
    encoding = models.CharField(_("encoding"), max_length=12)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    stored_as = models.CharField(_("stored as"), max_length=100, blank=True)
    columns = models.JSONField(_("columns"), default=list, db_default=Value([], models.JSONField()), blank=True)
    lines = models.PositiveIntegerField(_("lines"))
    done = models.PositiveIntegerField(_("done"), default=0, db_default=0)
    known = models.PositiveIntegerField(_("known before"), default=0, db_default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0, db_default=0)
    problem_code = models.CharField(_("failed with"), max_length=60, blank=True, default="", db_default="")
    problem = models.TextField(_("why"), blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    planned_at = models.DateTimeField(_("read at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("lines erased at"), null=True, blank=True)

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        permissions = [("decide_bulkjob", "Can approve or decline a bulk job that waits for a person")]
        indexes = [
            models.Index(fields=["partner", "-id"], name="bulk_job_by_partner"),
            models.Index(fields=["id"], condition=Q(status__in=["QUEUED", "RUNNING"]), name="bulk_job_open"),
            models.Index(fields=["ended_at"], condition=Q(erased_at=None), name="bulk_job_to_erase"),
            models.Index(fields=["stored_as"], condition=~Q(stored_as=""), name="bulk_job_by_file"),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_trial(self) -> bool:
        """Whether lines are worked and taken back, now."""
        return self.check_only or self.approval == self.Approval.CHECKING

    @property
    def has_results(self) -> bool:
        """Whether something can be said of every line: it has ended, or it was checked and waits for a person."""
        return not self.is_open or self.approval == self.Approval.WAITING


class JobRange(models.Model):
    """
    Lines from `first` up to `end` (excluded), which one worker takes up at a time.

    :ivar claim: given anew to each worker that takes it up; who no longer holds it writes nothing more.
    :ivar beat_at: when the worker last did something; long ago, it is lost.
    :ivar attempts: since a line of it was last done.
    :ivar next_at: a range that failed is not tried again before.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        CANCELLED = "CANCELLED", _("Cancelled")

    OPEN = (Status.WAITING, Status.RUNNING)

    job = models.ForeignKey(
        BulkJob, on_delete=models.CASCADE, related_name="ranges", db_index=False, verbose_name=_("bulk job")
    )
    first = models.PositiveIntegerField(_("from line"))
    end = models.PositiveIntegerField(_("up to line"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.WAITING, db_default=Status.WAITING
    )
    claim = models.UUIDField(_("claim"), null=True, blank=True, editable=False)
    beat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    done = models.PositiveIntegerField(_("done"), default=0, db_default=0)
    known = models.PositiveIntegerField(_("known before"), default=0, db_default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0, db_default=0)
    error = models.TextField(_("error"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("range of a bulk job")
        verbose_name_plural = _("ranges of bulk jobs")
        constraints = [models.UniqueConstraint(fields=["job", "first"], name="bulk_range_once")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.first}–{self.end}"


class JobLine(models.Model):
    """
    One line of the file, and what became of it.

    :ivar number: its place among the lines that say something, from 1. :ivar line: its line in the file.
    :ivar data: what it says. :ivar raw: the line itself where it cannot be read.
    :ivar field: the column or name that is to blame.
    :ivar result: what was made, such as `{"payment": "first"}`.
    """

    class Outcome(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        DONE = "DONE", _("Done")
        KNOWN = "KNOWN", _("Known before")
        REFUSED = "REFUSED", _("Refused")

    job = models.ForeignKey(
        BulkJob, on_delete=models.CASCADE, related_name="rows", db_index=False, verbose_name=_("bulk job")
    )
    number = models.PositiveIntegerField(_("number"))
    line = models.PositiveIntegerField(_("line"))
    data = SealedJSON(_("values"))
    raw = SealedText(_("unreadable line"), blank=True, default="", db_default="")
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=Outcome, default=Outcome.WAITING, db_default=Outcome.WAITING
    )
    code = models.CharField(_("refused with"), max_length=60, blank=True, default="", db_default="")
    detail = models.TextField(_("why"), blank=True, default="", db_default="")
    field = models.CharField(_("field"), max_length=80, blank=True, default="", db_default="")
    result = models.JSONField(_("result"), default=dict, db_default=Value({}, models.JSONField()), blank=True)

    class Meta:
        verbose_name = _("line of a bulk job")
        verbose_name_plural = _("lines of bulk jobs")
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="bulk_line_once")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"
