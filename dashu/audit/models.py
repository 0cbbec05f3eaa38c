"""Who did what to which record. Rows are only ever added; triggers refuse the rest (migration 0002)."""

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
