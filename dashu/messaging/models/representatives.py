"""Who speaks for a borrower. While somebody does, what is late is said to them and not to the borrower."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower
from dashu.users.sealing import SealedText


class RepresentativeQuerySet(models.QuerySet["Representative"]):
    def running(self) -> "RepresentativeQuerySet":
        return self.filter(ended_at=None)

    def about(self, user: Any) -> "RepresentativeQuerySet":
        """Return those of the borrower who is signed in."""
        return self.filter(borrower__user=user.pk)


class Representative(models.Model):
    """
    Somebody who speaks for a borrower: because the borrower said so, or by a paper that somebody of ours has seen.

    Whoever noted them cannot call them on their own word: the borrower confirms it, or another person makes the call.

    :ivar name, phone: sealed. :ivar paper: what shows it, such as a power of attorney with its number; sealed.
    :ivar since: from which day on, by the paper.
    :ivar confirmed_at: when the borrower said, signed in, that it is so.
    """

    class Role(models.TextChoices):
        ATTORNEY = "ATTORNEY", _("Lawyer or authorized person")
        GUARDIAN = "GUARDIAN", _("Guardian of somebody who cannot act")
        ESTATE = "ESTATE", _("For the estate of somebody who died")

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)
    name = SealedText(_("name"))
    phone = SealedText(_("phone"))
    paper = SealedText(_("paper"))
    since = models.DateField(_("since"))
    recorded_by = models.CharField(_("noted by"), max_length=80)
    recorded_at = models.DateTimeField(_("noted at"), db_default=Now())
    confirmed_at = models.DateTimeField(_("confirmed by the borrower at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=80, blank=True, db_default="", default="")

    objects = RepresentativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("representative")
        verbose_name_plural = _("representatives")
        ordering = ["pk"]
        indexes = [models.Index(fields=["borrower"], condition=Q(ended_at=None), name="messaging_representatives")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | Q(ended_at__gte=F("recorded_at")) & ~Q(ended_by=""),
                name="messaging_representative_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.role}"
