"""Reports that are sent by themselves. The figures of reports are kept by `collections_mgmt.models.snapshot`."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ReportSchedule(models.Model):
    """
    A report that is sent at a fixed time to people who work here.

    :ivar report: its code. :ivar parameters: what it is asked for besides months, as in its address.
    :ivar months: how many months it goes back from the latest one.
    :ivar day: of the week, Monday is 1, or of the month; in a shorter month its last day.
    :ivar hour: of the lender's day.
    :ivar next_at: when it is due; moved on by whoever claims the moment, before anything is sent.
    :ivar stopped_at: None while it runs.
    """

    class Every(models.TextChoices):
        WEEK = "WEEK", _("every week")
        MONTH = "MONTH", _("every month")

    class Format(models.TextChoices):
        XLSX = "xlsx", "XLSX"
        CSV = "csv", "CSV"
        PARQUET = "parquet", "Parquet"

    report = models.CharField(_("report"), max_length=60)
    parameters = models.JSONField(_("asked for"), db_default=models.Value({}, models.JSONField()), default=dict)
    months = models.PositiveSmallIntegerField(_("months back"))
    file_format = models.CharField(_("format"), max_length=8, choices=Format)
    every = models.CharField(_("how often"), max_length=8, choices=Every)
    day = models.PositiveSmallIntegerField(_("day"))
    hour = models.PositiveSmallIntegerField(_("hour"))
    receivers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="report_schedules", verbose_name=_("receivers")
    )
    next_at = models.DateTimeField(_("next time"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"), db_default=Now(), editable=False)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["-pk"]
        permissions = [
            ("view_report", "Can view reports"),
            ("export_report", "Can take reports as files"),
            ("steer_reportschedule", "Can have reports sent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hour__lte=23)
                & (models.Q(every="WEEK", day__range=(1, 7)) | models.Q(every="MONTH", day__range=(1, 31))),
                name="insight_schedule_time_is_one",
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(stopped_at=None), name="insight_schedule_due"),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.every} {self.day} {self.hour}:00"


class ReportMail(models.Model):
    """
    One mail of a schedule to one person; written when the moment is claimed, so that each is owed once.

    :ivar due_at: the moment of the schedule. :ivar attempts: how often it was tried.
    :ivar claimed_at: when somebody last began to send it. :ivar error: why the last attempt failed.
    """

    class State(models.TextChoices):
        OWED = "OWED", _("to be sent")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("failed")
        DROPPED = "DROPPED", _("not sent, the right is gone")

    schedule = models.ForeignKey(
        ReportSchedule, on_delete=models.PROTECT, related_name="mails", verbose_name=_("scheduled report")
    )
    due_at = models.DateTimeField(_("due at"))
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("receiver")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, db_default="OWED", default=State.OWED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0, default=0)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("mail of a report")
        verbose_name_plural = _("mails of reports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at", "receiver"], name="insight_mail_once"),
        ]
        indexes = [
            models.Index(fields=["claimed_at"], condition=models.Q(state="OWED"), name="insight_mail_owed"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_at} {self.receiver_id}"
