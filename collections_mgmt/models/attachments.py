"""Files that staff keep with a borrower's file, such as a doctor's note or a bank's confirmation."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.desk import CaseFile
from dashu.users.models import Viewer
from dashu.users.sealing import SealedBytes


class FileAttachmentQuerySet(models.QuerySet["FileAttachment"]):
    def visible_to(self, user: Viewer) -> Self:
        """Whoever sees the file sees what is attached to it."""
        return self.filter(file__in=CaseFile.objects.visible_to(user))

    def kept(self) -> Self:
        return self.filter(removed_at=None)


class FileAttachment(models.Model):
    """
    A file that was looked through before it was kept.

    :ivar name: fit to be shown and to be saved under.
    :ivar content: sealed; None after it was taken away. The row stays as a trace.
    """

    file = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("case file")
    )
    name = models.CharField(_("file name"), max_length=120)
    about = models.CharField(_("what it is"), max_length=120)
    content_type = models.CharField(_("content type"), max_length=60)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content = SealedBytes(_("content"), null=True)
    added_at = models.DateTimeField(_("added at"))
    actor = models.TextField(_("added by"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    removed_because = models.TextField(_("why it was removed"), blank=True, default="", db_default="")

    objects = FileAttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment of a file")
        verbose_name_plural = _("attachments of files")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["file", "sha256"], condition=Q(removed_at=None), name="collections_attachment_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, content__isnull=False) | Q(removed_at__isnull=False, content__isnull=True),
                name="collections_attachment_has_content",
            ),
        ]

    def __str__(self) -> str:
        return self.name
