"""What reminders say: texts for each situation, in versions that another person approves."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.messaging.models.outbox import OutboxMessage
from dashu.users.models import User

KEY = ("kind", "product", "bucket", "language", "channel")


class WordingVersion(models.Model):
    """
    One version of a text. A draft may be edited; what was submitted is fixed, and of a key one version is approved.

    :ivar kind: a code of `dashu.messaging.wording.KINDS`.
    :ivar product, bucket: the code that the text is for; empty for any.
    :ivar made_by: None for a text that comes with the program.
    :ivar request_id: the approval that was asked for, see `dashu.approvals`.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        SUBMITTED = "SUBMITTED", _("Waiting for approval")
        APPROVED = "APPROVED", _("In use")
        RETIRED = "RETIRED", _("No longer in use")

    kind = models.CharField(_("kind"), max_length=40)
    product = models.CharField(_("product"), max_length=50, blank=True, default="")
    bucket = models.CharField(_("bucket"), max_length=20, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    channel = models.CharField(_("channel"), max_length=8, choices=OutboxMessage.Channel)
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    subject = models.CharField(_("subject line"), max_length=200, blank=True, default="")
    body = models.TextField(_("text"))
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    made_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)
    request_id = models.BigIntegerField(_("approval"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("text of a message")
        verbose_name_plural = _("texts of messages")
        ordering = [*KEY, "-version"]
        permissions = [("write_wordingversion", "Can write texts of messages and ask for their approval")]
        constraints = [
            models.UniqueConstraint(fields=[*KEY, "version"], name="messaging_wording_version_once"),
            models.UniqueConstraint(
                fields=[*KEY], condition=Q(status="APPROVED"), name="messaging_one_approved_wording"
            ),
            models.CheckConstraint(
                condition=Q(status="APPROVED", approved_at__isnull=False, retired_at=None)
                | Q(status="RETIRED", retired_at__isnull=False)
                | Q(status__in=["DRAFT", "SUBMITTED"], approved_at=None, retired_at=None),
                name="messaging_wording_dates_fit_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.channel} v{self.version}"
