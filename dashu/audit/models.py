"""Who did what to which record. Rows are only ever added; triggers refuse the rest (migrations 0002 and 0003)."""

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditRecord(models.Model):
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    action = models.CharField(_("action"), max_length=80)
    subject_type = models.CharField(_("subject"), max_length=40)
    subject_id = models.TextField(_("subject id"))
    actor = models.TextField(_("actor"))
    data = models.JSONField(_("details"), db_default=Value({}, models.JSONField()), default=dict)

    class Meta:
        verbose_name = _("audit record")
        verbose_name_plural = _("audit records")
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="audit_record_subject"),
            models.Index(fields=["at"], name="audit_record_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


class AuditLink(models.Model):
    """
    A record's place in the chain of all records, see `dashu.audit.chain`.

    :ivar number: from 1, without a gap.
    :ivar digest: SHA-256 in hex, of the digest before it and of everything that the record says.
    """

    record = models.OneToOneField(
        AuditRecord,
        on_delete=models.PROTECT,
        primary_key=True,
        db_constraint=False,  # a record that is gone must be found missing, whoever took it out
        related_name="link",
        verbose_name=_("audit record"),
    )
    number = models.BigIntegerField(_("number"), unique=True)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("link of the audit log")
        verbose_name_plural = _("links of the audit log")

    def __str__(self) -> str:
        return f"{self.number}: {self.digest}"
