"""Copies of their data that people asked for, and accounts that they closed."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower, Viewer


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def visible_to(self, user: Viewer) -> Self:
        """A borrower sees their own; nobody else sees any, staff included."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(borrower__user=user)


class DataExport(models.Model):
    """
    One copy of everything that is kept of a borrower. Its file lies sealed in the private storage.

    :ivar token: names the file and goes into addresses, which open for its owner alone.
    :ivar size: of the ZIP file as it is handed out, in bytes.
    :ivar delete_after: when the file is deleted; the row stays as a trace.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Being prepared")
        BUILDING = "BUILDING", _("Being put together")
        READY = "READY", _("Ready")
        FAILED = "FAILED", _("Could not be made")
        DELETED = "DELETED", _("Deleted")

    token = models.UUIDField(_("token"), unique=True, default=uuid.uuid4, editable=False)
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.PENDING)
    asked_at = models.DateTimeField(_("asked for at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    ready_at = models.DateTimeField(_("ready at"), null=True, blank=True)
    size = models.BigIntegerField(_("bytes"), null=True, blank=True)
    delete_after = models.DateTimeField(_("deleted after"), null=True, blank=True)
    fetched_at = models.DateTimeField(_("last fetched at"), null=True, blank=True)

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of own data")
        verbose_name_plural = _("copies of own data")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=Q(status__in=["PENDING", "BUILDING"]), name="privacy_export_one_at_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="READY")
                | Q(ready_at__isnull=False, size__isnull=False, delete_after__isnull=False),
                name="privacy_export_ready_is_there",
            ),
        ]
        indexes = [
            models.Index(fields=["delete_after"], condition=Q(status="READY"), name="privacy_export_to_delete"),
        ]

    def __str__(self) -> str:
        return str(self.token)


class AccountClosure(models.Model):
    """
    A borrower's word that they close their account.

    Until `undo_until` it can be taken back; then what may be deleted is. What the law says must be kept is frozen: it
    is kept, and used for nothing else.

    :ivar kept: `[{"what", "until"}]`, what is kept and to which day, as the borrower was told.
    :ivar erase_next_on: the next last day among them of what can be deleted.
    """

    class Status(models.TextChoices):
        ASKED = "ASKED", _("Can still be taken back")
        UNDONE = "UNDONE", _("Taken back")
        CLOSED = "CLOSED", _("Closed")

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ASKED)
    asked_at = models.DateTimeField(_("asked for at"))
    undo_until = models.DateTimeField(_("can be taken back until"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    kept = models.JSONField(_("what is kept"), default=list)
    erase_next_on = models.DateField(_("next to be deleted after"), null=True, blank=True)

    class Meta:
        verbose_name = _("closed account")
        verbose_name_plural = _("closed accounts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=~Q(status="UNDONE"), name="privacy_closure_one_at_once"
            )
        ]
        indexes = [
            models.Index(fields=["undo_until"], condition=Q(status="ASKED"), name="privacy_closure_to_finish"),
            models.Index(
                fields=["erase_next_on"], condition=Q(erase_next_on__isnull=False), name="privacy_closure_to_erase"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.status}"
