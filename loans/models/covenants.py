"""What a business promised in its contract, one row for each date."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models.contracts import LoanContract


class Covenant(models.Model):
    """
    One date of a promise; the words are kept as they were signed.

    :ivar words: by language code.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", _("To be kept")
        MET = "MET", _("Kept")
        MISSED = "MISSED", _("Not kept in time")
        WAIVED = "WAIVED", _("Not asked for")

    contract = models.ForeignKey(
        LoanContract, on_delete=models.PROTECT, related_name="covenants", db_index=False, verbose_name=_("contract")
    )
    code = models.CharField(_("code"), max_length=40)
    words = models.JSONField(_("promise"))
    due_on = models.DateField(_("due date"))
    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.OPEN)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.TextField(_("decided by"), blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("covenant")
        verbose_name_plural = _("covenants")
        ordering = ["due_on", "id"]
        permissions = [("decide_covenant", "Can record whether covenants were kept")]
        constraints = [
            models.UniqueConstraint(fields=["contract", "code", "due_on"], name="loans_covenant_once"),
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "MISSED"]) | (Q(decided_at__isnull=False) & ~Q(note="")),
                name="loans_covenant_decided_with_a_note",
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(status="OPEN"), name="loans_covenant_open")]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.code} {self.due_on}"
