"""Answers to writes, kept so that a request sent twice is carried out once."""

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class StoredAnswer(models.Model):
    """What a write with this `Idempotency-Key` was answered. A refused request leaves no row: it wrote nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("user")
    )
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, help_text=_("Digest of method, path and body."))
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.TextField(_("body"))
    headers = models.JSONField(_("headers"), db_default=Value({}, models.JSONField()), default=dict)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False, db_index=True)

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="api_answer_once_per_key")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.key}"
