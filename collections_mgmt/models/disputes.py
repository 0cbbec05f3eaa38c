"""Disputes of what a credit record says."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import Asked, new_reference
from collections_mgmt.models.book import Hold
from loans.models import Loan


def new_dispute_reference() -> str:
    return new_reference("D")


class Dispute(Asked):
    """
    A borrower says that their credit record is wrong. While it is open, the month is marked as disputed.

    :ivar month: its first day; None where the whole loan is disputed.
    :ivar outcome: empty while it is open. CORRECTED: by an act on the loan, which the answer names.
    :ivar statement: what the borrower adds to a record that stands. 征信业管理条例 art. 16.
    """

    class Outcome(models.TextChoices):
        CORRECTED = "CORRECTED", _("Corrected")
        STANDS = "STANDS", _("The record stands")
        WITHDRAWN = "WITHDRAWN", _("Taken back by the borrower")

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_dispute_reference)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("loan"))
    month = models.DateField(_("month"), null=True, blank=True)
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="disputes", verbose_name=_("hold")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, default="")
    statement = models.TextField(_("the borrower's statement"), blank=True, default="")
    stated_at = models.DateTimeField(_("stated"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute of a credit record")
        verbose_name_plural = _("disputes of credit records")
        permissions = [("answer_dispute", "Can answer disputes of credit records")]
        constraints = [
            models.UniqueConstraint(
                fields=["loan", "month"],
                condition=Q(answered_at=None),
                nulls_distinct=False,
                name="collections_one_open_dispute",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, outcome="") | (Q(answered_at__isnull=False) & ~Q(outcome="")),
                name="collections_dispute_answer_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(statement="") | Q(outcome="STANDS"), name="collections_statement_to_what_stands"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(answered_at=None), name="collections_dispute_waiting"),
            models.Index(fields=["borrower", "-id"], name="collections_dispute_by_owner"),
        ]

    def __str__(self) -> str:
        return self.reference
