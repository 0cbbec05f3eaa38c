"""Versions of what is said to borrowers, beside those that come with the program."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import User


class ScriptVersion(models.Model):
    """
    One version of a script. A draft may be edited; what was submitted is fixed, and of a code one version is approved.
    One that is withdrawn takes its code out of use, until a newer version is approved.

    The first versions are those of `scripts.yaml`; a version here replaces them once it is approved.

    :ivar steps: at which it is of use. :ivar title, texts: by language; a text names values in braces.
    :ivar is_disclosure: whether it is said at the end of every talk, as the version before it.
    :ivar request_id: the approval that was asked for, see `dashu.approvals`; `withdrawal_id` that of its withdrawal.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        SUBMITTED = "SUBMITTED", _("Waiting for approval")
        APPROVED = "APPROVED", _("In use")
        RETIRED = "RETIRED", _("No longer in use")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    code = models.SlugField(_("code"), max_length=40, db_index=False)
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="DRAFT", default=Status.DRAFT)
    steps = ArrayField(models.CharField(max_length=20), verbose_name=_("steps"))
    is_disclosure = models.BooleanField(_("has to be said"), db_default=False, default=False)
    title = models.JSONField(_("title"))
    texts = models.JSONField(_("texts"))
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("written by")
    )
    made_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)
    request_id = models.BigIntegerField(_("approval"), null=True, blank=True)
    withdrawal_id = models.BigIntegerField(_("approval of the withdrawal"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("script")
        verbose_name_plural = _("scripts")
        ordering = ["code", "-version"]
        permissions = [("write_scriptversion", "Can write scripts and ask for their approval")]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="collections_script_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(status="APPROVED"), name="collections_one_approved_script"
            ),
            models.CheckConstraint(
                condition=Q(status="APPROVED", approved_at__isnull=False, retired_at=None)
                | Q(status__in=["RETIRED", "WITHDRAWN"], approved_at__isnull=False, retired_at__isnull=False)
                | Q(status__in=["DRAFT", "SUBMITTED"], approved_at=None, retired_at=None),
                name="collections_script_dates_fit_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"
