"""Corrections in bulk: a file of acts, line by line, and what became of each line."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class CorrectionBatch(models.Model):
    """
    A file of corrections.

    :ivar key: made by the page that the file was uploaded on, so that uploading twice makes one batch.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting to be booked")
        BOOKED = "BOOKED", _("Booked")
        UNDONE = "UNDONE", _("Undone")

    key = models.UUIDField(_("key"), unique=True, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(_("uploaded at"), db_default=Now(), editable=False)
    created_by = models.TextField(_("uploaded by"))

    class Meta:
        verbose_name = _("correction by file")
        verbose_name_plural = _("corrections by file")
        ordering = ["-id"]
        permissions = [("book_correctionbatch", "Can book and undo corrections by file")]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"


class CorrectionRow(models.Model):
    """
    One line of the file. Its batch and its number are its identity: it is booked once.

    :ivar payload: the values as plain text, by the columns of the file.
    :ivar refusal: why the line cannot be booked, in the words of its day; empty where nothing is wrong.
    :ivar event_ids: what booking it wrote, in order.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting to be booked")
        REFUSED = "REFUSED", _("Refused")
        BOOKED = "BOOKED", _("Booked")
        UNDONE = "UNDONE", _("Undone")

    batch = models.ForeignKey(
        CorrectionBatch, on_delete=models.PROTECT, related_name="rows", db_index=False, verbose_name=_("batch")
    )
    number = models.PositiveIntegerField(_("line"))
    act = models.CharField(_("act"), max_length=40, blank=True, default="")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, null=True, related_name="corrections", verbose_name=_("loan")
    )
    payload = models.JSONField(_("values"), default=dict)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    refusal = models.TextField(_("refusal"), blank=True, default="")
    event_ids = ArrayField(models.BigIntegerField(), verbose_name=_("events"), db_default=[], default=list)

    class Meta:
        verbose_name = _("line of a correction")
        verbose_name_plural = _("lines of corrections")
        ordering = ["batch", "number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="repayments_correction_row_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"
