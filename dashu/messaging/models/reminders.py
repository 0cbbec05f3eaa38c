"""What a reminder may be about: one row for each open installment and reminder day."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower


class ReminderLine(models.Model):
    """
    An installment whose reminder falls on `send_on`. Written once, by the close of the night before; never changed.

    All lines of a borrower and day belong to that borrower's one message of the day, whichever part of the book wrote
    them. What they say is looked up when the message leaves.

    :ivar days_after: from the due date to `send_on`, negative before it.
    :ivar is_held_out: belongs to the part of the borrowers who are told nothing before the due date, so that the effect
        of telling can be measured.
    :ivar experiment: by which name the parts were drawn; empty when none was drawn.
    """

    # Plain dimensions: messages lie below loans.
    loan_id = models.BigIntegerField(_("loan"))
    version = models.PositiveSmallIntegerField(_("version"))
    number = models.PositiveSmallIntegerField(_("installment"))
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    send_on = models.DateField(_("reminder on"))
    due_on = models.DateField(_("due on"))
    days_after = models.SmallIntegerField(_("days after the due date"))
    segment = models.CharField(_("segment"), max_length=20)
    bucket = models.CharField(_("bucket"), max_length=20)
    experiment = models.CharField(_("experiment"), max_length=40, blank=True, db_default="")
    is_held_out = models.BooleanField(_("not told"), db_default=False)

    class Meta:
        verbose_name = _("line of a reminder")
        verbose_name_plural = _("lines of reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["loan_id", "send_on", "version", "number"], name="messaging_reminder_line_once"
            ),
            models.CheckConstraint(
                condition=Q(is_held_out=False) | Q(days_after__lt=0), name="messaging_held_out_before_due_only"
            ),
        ]
        indexes = [
            models.Index(fields=["borrower", "send_on"], name="messaging_lines_of_a_day"),
            models.Index(
                fields=["experiment", "due_on"],
                condition=Q(days_after__lt=0) & ~Q(experiment=""),
                name="messaging_experiment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.number} {self.send_on}"
