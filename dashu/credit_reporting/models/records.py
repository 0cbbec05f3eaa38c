"""What was, or is to be, told of each loan and month."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dashu.credit_reporting.models.files import ReportingFile
from dashu.users.models import Viewer
from loans.models import Loan


class RecordStatus(models.TextChoices):
    """IN_FILE and ACCEPTED each stand at most once for a loan and month at a bureau; the database sees to it."""

    IN_FILE = "IN_FILE", _("In a file")
    ACCEPTED = "ACCEPTED", pgettext_lazy("record of a credit bureau", "Accepted")
    REJECTED = "REJECTED", pgettext_lazy("record of a credit bureau", "Rejected")
    RESUBMITTED = "RESUBMITTED", _("Sent again")
    CORRECTED = "CORRECTED", pgettext_lazy("record of a credit bureau", "Corrected")
    HELD = "HELD", _("Held back")
    RELEASED = "RELEASED", _("No longer held back")
    DISCARDED = "DISCARDED", _("Thrown away")


class ReportedRecordQuerySet(models.QuerySet["ReportedRecord"]):
    def visible_to(self, user: Viewer) -> Self:
        """As the loans are: a borrower's own, all for staff whose role grants it; never a partner's."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self if user.has_perm("credit_reporting.view_reportedrecord") else self.none()
        return self.filter(loan__borrower__user=user)

    def sent(self) -> Self:
        """Return those that left the house: in a file that was sent, with a line in it."""
        return self.filter(file__sent_at__isnull=False, line__isnull=False)


class ReportedRecord(models.Model):
    """
    A month of a loan as it stands in a file, or why it is in none.

    :ivar told: the values of the layout's fields by their codes, without who the person is.
    :ivar line: in the file; None for one that is held back.
    :ivar action: 1 told first, 2 a correction, 3 late: it was held back before.
    :ivar held_for: codes of `domain.telling.Held`, and of what is wrong with it.
    :ivar problems: `[field, problem]`, ours before it was sent, or the bureau's after.
    :ivar replaces: the record that this one corrects or sends again. :ivar cause: of the correction.
    :ivar notice_id, notice_digest, notice_at: the message that told the person before, as the proof of it.
    """

    class Action(models.TextChoices):
        FIRST = "1", _("First report")
        CORRECTION = "2", _("Correction")
        LATE = "3", _("Late report")

    bureau = models.CharField(_("bureau"), max_length=12)
    file = models.ForeignKey(
        ReportingFile, on_delete=models.PROTECT, related_name="records", db_index=False, verbose_name=_("file")
    )
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("loan"))
    month = models.DateField(_("month"))
    line = models.PositiveIntegerField(_("line"), null=True, blank=True)
    action = models.CharField(_("kind of report"), max_length=1, choices=Action, default=Action.FIRST)
    status = models.CharField(_("status"), max_length=12, choices=RecordStatus)
    code = models.CharField(_("code"), max_length=2)
    is_adverse = models.BooleanField(_("speaks against the person"), default=False, db_default=False)
    balance_minor = models.BigIntegerField(_("balance"))
    overdue_minor = models.BigIntegerField(_("overdue"))
    grid = models.CharField(_("60 months"), max_length=60)
    told = models.JSONField(_("what is told"))
    held_for = ArrayField(models.CharField(max_length=20), verbose_name=_("held back for"), default=list, db_default=[])
    problems = models.JSONField(_("problems"), default=list, db_default=Value([], models.JSONField()))
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    cause = models.CharField(_("cause"), max_length=20, blank=True, default="", db_default="")
    cause_reference = models.CharField(_("number of the cause"), max_length=40, blank=True, default="", db_default="")
    notice_id = models.BigIntegerField(_("notice"), null=True, blank=True)
    notice_at = models.DateTimeField(_("told the person at"), null=True, blank=True)
    notice_digest = models.CharField(_("digest of the notice"), max_length=64, blank=True, default="", db_default="")

    objects = ReportedRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record told to a credit bureau")
        verbose_name_plural = _("records told to credit bureaus")
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "loan", "month"],
                condition=Q(status=status),
                name=f"credit_reporting_once_{status.lower()}",
            )
            for status in ("IN_FILE", "ACCEPTED", "HELD")
        ]
        indexes = [
            models.Index(fields=["loan", "-month", "-id"], name="credit_reporting_of_loan"),
            models.Index(fields=["file", "line"], name="credit_reporting_of_file"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.month:%Y-%m}: {self.code}"


class RecordCorrection(models.Model):
    """
    A month that was told and is not true any more, and why; it goes out with the next file of corrections.

    :ivar changed: `{field: [told, now]}`. :ivar record: the record that tells it; None while it waits.
    """

    class Cause(models.TextChoices):
        PAYMENT = "PAYMENT", _("A payment that counts in the past, or one that came back")
        ACT = "ACT", _("A change of the loan in the past")
        DISPUTE = "DISPUTE", _("An objection, or what became of it")

    bureau = models.CharField(_("bureau"), max_length=12)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", verbose_name=_("loan"))
    month = models.DateField(_("month"))
    cause = models.CharField(_("cause"), max_length=20, choices=Cause)
    cause_reference = models.CharField(_("number of the cause"), max_length=40, blank=True, default="", db_default="")
    changed = models.JSONField(_("what changed"))
    found_at = models.DateTimeField(_("found at"), db_default=Now(), editable=False)
    due_on = models.DateField(_("to be told by"))
    record = models.OneToOneField(
        ReportedRecord,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="correction",
        verbose_name=_("told with"),
    )

    class Meta:
        verbose_name = _("correction for a credit bureau")
        verbose_name_plural = _("corrections for credit bureaus")
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "loan", "month"], condition=Q(record=None), name="credit_reporting_one_correction"
            )
        ]
        indexes = [models.Index(fields=["due_on", "id"], condition=Q(record=None), name="credit_reporting_to_correct")]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.month:%Y-%m}: {self.cause}"


class CorrectionSearch(models.Model):
    """
    How far the search for corrections has come at a bureau, so that no hour looks again at what others looked at.

    :ivar looked_until: what was booked, asked or answered before is held against what was told.
    :ivar held_looked_on: the day on which the months that are held back were looked at last.
    """

    bureau = models.CharField(_("bureau"), max_length=12, primary_key=True)
    looked_until = models.DateTimeField(_("looked until"))
    held_looked_on = models.DateField(_("held back, looked at on"), null=True, blank=True)

    class Meta:
        verbose_name = _("search for corrections")
        verbose_name_plural = _("searches for corrections")

    def __str__(self) -> str:
        return f"{self.bureau} {self.looked_until:%Y-%m-%d %H:%M}"
