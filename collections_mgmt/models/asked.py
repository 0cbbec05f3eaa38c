"""What a borrower asks of us: the columns that every such thing shares, and requests for help in hardship."""

import secrets
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.book import Hold
from dashu.users.models import Borrower, User, Viewer
from loans.models import Loan


def new_reference(letter: str) -> str:
    """Return a public reference that says nothing of how many there are."""
    return f"{letter}{secrets.randbelow(10**10):010d}"


def new_help_reference() -> str:
    return new_reference("H")


class AskedQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Staff see everything, a borrower their own, anyone else nothing."""
        if user.is_authenticated and user.is_active:
            return self if user.is_staff else self.filter(borrower__user=user)
        return self.none()

    def open(self) -> Self:
        """Return what waits for us."""
        return self.filter(answered_at=None)

    def due_up_to(self, on: date) -> Self:
        return self.open().filter(due_on__lte=on)


class Asked(models.Model):
    """
    What waits for an answer of ours by a day.

    :ivar due_on: the last day on which the answer is in time.
    :ivar handler: the member of staff who works on it.
    :ivar answered_at: None while it waits for us; also set where the borrower took it back.
    """

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    asked_at = models.DateTimeField(_("received"))
    due_on = models.DateField(_("answer due"))
    words = models.TextField(_("in their words"), blank=True, default="")
    handler = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("held by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True, default="")
    answered_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("answered by"),
    )

    objects = AskedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


class HardshipRequest(Asked):
    """
    A borrower cannot pay as agreed and asks for help. One is open at a time.

    :ivar can_pay_minor: what they can pay a month now; None where they did not say.
    :ivar outcome: empty while it is open. PLAN: plans are going to be offered, see the rule `hardship.deciding_days`.
    """

    class Cause(models.TextChoices):
        INCOME = "INCOME", _("My income fell or comes irregularly")
        MANAGEMENT = "MANAGEMENT", _("I lost track of what is due when")
        SPENDING = "SPENDING", _("I spent more than I had")
        ECONOMY = "ECONOMY", _("Business is bad, or prices rose")
        TERMS = "TERMS", _("I understood the contract differently")
        OTHER = "OTHER", _("Something else, such as illness or family")

    class Lasts(models.TextChoices):
        MONTH = "MONTH", _("About a month")
        QUARTER = "QUARTER", _("Up to three months")
        HALF_YEAR = "HALF_YEAR", _("Up to half a year")
        LONGER = "LONGER", _("Longer")
        UNKNOWN = "UNKNOWN", _("I cannot say yet")

    class Outcome(models.TextChoices):
        PLAN = "PLAN", _("A plan will be offered")
        NOT_POSSIBLE = "NOT_POSSIBLE", _("A plan is not possible")
        WITHDRAWN = "WITHDRAWN", _("Taken back by the borrower")

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_help_reference)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    lasts = models.CharField(_("may last"), max_length=10, choices=Lasts, default=Lasts.UNKNOWN)
    can_pay_minor = models.BigIntegerField(_("can pay a month"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True, default="")

    class Meta:
        verbose_name = _("request for help")
        verbose_name_plural = _("requests for help")
        permissions = [("answer_hardshiprequest", "Can answer requests for help")]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=Q(answered_at=None), name="collections_one_open_help_request"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, outcome="") | (Q(answered_at__isnull=False) & ~Q(outcome="")),
                name="collections_help_answer_has_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(answered_at=None), name="collections_help_waiting"),
            models.Index(fields=["borrower", "-id"], name="collections_help_by_owner"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def leaves_in_peace(self) -> bool:
        """Whether a hold keeps reminders and penalty away from each of its loans while it is looked at."""
        return not self.loans.filter(hold=None).exists()


class HardshipLoan(models.Model):
    """
    A loan that a request for help is about.

    :ivar hold: which leaves the borrower in peace on it meanwhile; None where asking before took the days of it.
    """

    request = models.ForeignKey(
        HardshipRequest, on_delete=models.PROTECT, related_name="loans", verbose_name=_("request for help")
    )
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="help_requests", db_index=False, verbose_name=_("loan")
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="help_requests", verbose_name=_("hold")
    )

    class Meta:
        verbose_name = _("loan of a request for help")
        verbose_name_plural = _("loans of requests for help")
        constraints = [
            models.UniqueConstraint(fields=["request", "loan"], name="collections_help_loan_once"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.loan_id}"
