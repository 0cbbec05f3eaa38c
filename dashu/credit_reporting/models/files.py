"""The files that a bureau gets."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ReportingFile(models.Model):
    """
    One file for one bureau, sealed on the disk. What it says of each loan is in its records, but for who the person is.

    :ivar month: its first day; of a correction the month of the newest record in it.
    :ivar sequence: at the bureau, from 1; a file that was thrown away before it was sent keeps none.
    :ivar of: of a resubmission, the file whose rejected rows it has again.
    :ivar totals: `records`, `balance_minor`, `overdue_minor`, `adverse`, as its trailer states them.
    :ivar sha256: of the whole file as it is sent. :ivar deadline_on: the last day on which it is in time.
    :ivar answer_sha256: of the bureau's answer, so that the same one is not taken twice.
    """

    class Kind(models.TextChoices):
        MONTHLY = "MONTHLY", _("Month")
        CORRECTION = "CORRECTION", _("Corrections and late months")
        RESUBMISSION = "RESUBMISSION", _("Rejected rows again")

    class Status(models.TextChoices):
        BUILT = "BUILT", pgettext_lazy("file for a credit bureau", "Built")
        APPROVED = "APPROVED", _("Approved")
        SENT = "SENT", _("Sent")
        ACCEPTED = "ACCEPTED", pgettext_lazy("file for a credit bureau", "Accepted")
        PARTLY_REJECTED = "PARTLY_REJECTED", _("Partly rejected")
        DISCARDED = "DISCARDED", _("Thrown away")

    bureau = models.CharField(_("bureau"), max_length=12)
    month = models.DateField(_("month"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    sequence = models.PositiveIntegerField(_("number at the bureau"), null=True, blank=True)
    of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="resubmissions",
        verbose_name=_("rows of"),
    )
    layout = models.CharField(_("layout"), max_length=40)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.BUILT)
    totals = models.JSONField(_("control totals"), default=dict, db_default=Value({}, models.JSONField()))
    held = models.PositiveIntegerField(_("held back"), default=0, db_default=0)
    size = models.PositiveBigIntegerField(_("bytes"), default=0, db_default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="", db_default="")
    stored_as = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    deadline_on = models.DateField(_("in time until"))
    built_at = models.DateTimeField(_("built at"), db_default=Now(), editable=False)
    built_by = models.TextField(_("built by"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.TextField(_("approved by"), blank=True, default="", db_default="")
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    sent_by = models.TextField(_("sent by"), blank=True, default="", db_default="")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answer_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("file for a credit bureau")
        verbose_name_plural = _("files for credit bureaus")
        permissions = [
            ("approve_reportingfile", "Can ask for the approval of files for credit bureaus"),
            ("send_reportingfile", "Can take and send files for credit bureaus, and enter answers"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bureau", "sequence"], name="credit_reporting_sequence_once"),
            models.UniqueConstraint(
                fields=["bureau", "month"],
                condition=Q(kind="MONTHLY") & ~Q(status="DISCARDED"),
                name="credit_reporting_one_file_a_month",
            ),
            models.UniqueConstraint(
                fields=["of"],
                condition=Q(kind="RESUBMISSION") & ~Q(status="DISCARDED"),
                name="credit_reporting_one_resubmission",
            ),
            models.CheckConstraint(
                condition=Q(kind="RESUBMISSION", of__isnull=False) | (~Q(kind="RESUBMISSION") & Q(of=None)),
                name="credit_reporting_resubmission_of_one",
            ),
            models.CheckConstraint(
                condition=Q(status="DISCARDED") | Q(sequence__isnull=False),
                name="credit_reporting_file_has_a_sequence",
            ),
        ]
        indexes = [
            models.Index(fields=["month", "id"], name="credit_reporting_file_month"),
            models.Index(fields=["stored_as"], condition=~Q(stored_as=""), name="credit_reporting_file_stored"),
        ]

    def __str__(self) -> str:
        return f"{self.bureau} {self.month:%Y-%m} {self.get_kind_display()}"

    @property
    def name(self) -> str:
        return f"{self.bureau}-{self.month:%Y%m}-{self.sequence or 0:06d}.txt"
