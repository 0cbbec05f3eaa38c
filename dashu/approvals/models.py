"""
Acts that one person asks for and another approves, and authority that is lent for a time.

What a request asks for never changes, and what was decided stays: a trigger refuses both (migration 0002). That nobody
approves what they asked for themselves is a constraint of the table, whatever a program does.
"""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import midnight
from dashu.kernel.money import Money
from dashu.users.models import User, Viewer


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    def pending_on(self, day: date) -> Self:
        return self.filter(status=ApprovalRequest.Status.PENDING, expires_at__gt=midnight(day))


class ApprovalRequest(models.Model):
    """
    One act that somebody wants done. The subject is plain text: this app knows nothing of loans.

    :ivar payload: the exact arguments of the act.
    :ivar preview: what the maker saw, in `language`: a list of tables, see `dashu.approvals.acts`.
    :ivar is_alone: done at once within the maker's own authority, so there is no checker.
    :ivar expires_at: the first moment at which it can no longer be decided, always a midnight of the lender.
    :ivar on_behalf_of: whose authority the checker used, when it was lent to them.
    :ivar result: what the act returned, or the refusal of a request that failed.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Waiting for approval")
        APPROVED = "APPROVED", _("Approved and done")
        DECLINED = "DECLINED", _("Declined")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Expired")
        FAILED = "FAILED", _("Approved, but no longer possible")

    kind = models.CharField(_("kind"), max_length=40)
    subject_type = models.CharField(_("subject"), max_length=40)
    subject_id = models.CharField(_("subject id"), max_length=80)
    # A plain dimension: approvals lie below loans.
    loan_id = models.BigIntegerField(_("loan"), null=True, blank=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    payload = models.JSONField(_("arguments"))
    preview = models.JSONField(_("preview"), default=list)
    language = models.CharField(_("language"), max_length=10)
    reason = models.TextField(_("reason"))
    is_alone = models.BooleanField(_("within own authority"), default=False)
    idempotency_key = models.CharField(_("key"), max_length=120, unique=True)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by"))
    requested_at = models.DateTimeField(_("asked at"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    checker = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    on_behalf_of = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("on behalf of"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.TextField(_("note"), blank=True, default="")
    result = models.JSONField(_("result"), default=dict)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-pk"]
        permissions = [("view_all_approvalrequest", "Can view the approvals of everyone")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="approvals_amount_is_not_negative"),
            models.CheckConstraint(
                condition=Q(checker=None) | ~Q(checker=F("maker")), name="approvals_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | (Q(checker__isnull=False) & ~Q(on_behalf_of=F("maker"))),
                name="approvals_maker_is_not_who_lent_authority",
            ),
            models.CheckConstraint(
                condition=(
                    Q(status="PENDING", decided_at=None, checker=None)
                    | Q(status="APPROVED", is_alone=True, decided_at__isnull=False, checker=None)
                    | Q(
                        status__in=["APPROVED", "DECLINED", "FAILED"],
                        is_alone=False,
                        decided_at__isnull=False,
                        checker__isnull=False,
                    )
                    | Q(status__in=["WITHDRAWN", "EXPIRED"], decided_at__isnull=False, checker=None)
                ),
                name="approvals_decision_fits_status",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="PENDING"), name="approvals_pending"),
            models.Index(fields=["loan_id"], name="approvals_by_loan"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    def is_expired_on(self, day: date) -> bool:
        return midnight(day) >= self.expires_at

    def close(
        self,
        status: str,
        *,
        checker: User | None = None,
        on_behalf_of: User | None = None,
        note: str = "",
        result: dict[str, Any] | None = None,
    ) -> None:
        """Write the decision of a locked request that is still waiting."""
        self.status, self.checker, self.on_behalf_of = status, checker, on_behalf_of
        self.decision_note, self.result, self.decided_at = note, result or {}, Now()
        self.save(update_fields=["status", "checker", "on_behalf_of", "decision_note", "result", "decided_at"])
        self.refresh_from_db(fields=["decided_at"])


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def in_force(self, day: date) -> Self:
        return self.filter(from_on__lte=day, to_on__gte=day, ended_at=None, from_user__is_active=True)

    def visible_to(self, user: Viewer) -> Self:
        """Staff see what they lent or were lent; who may lend for others sees all."""
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return self.none()
        if user.has_perm("approvals.give_any_delegation"):
            return self
        return self.filter(Q(from_user=user) | Q(to_user=user))


class Delegation(models.Model):
    """`to_user` may approve what `from_user` may approve, on the days from `from_on` to `to_on`, both included."""

    from_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("authority of"))
    to_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("lent to"))
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"), help_text=_("The last day, included."))
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("entered by")
    )
    made_at = models.DateTimeField(_("entered at"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-pk"]
        permissions = [
            ("give_delegation", "Can lend own authority"),
            ("give_any_delegation", "Can lend the authority of others"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(from_user=F("to_user")), name="approvals_delegation_is_to_another"),
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on")), name="approvals_delegation_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_user} → {self.to_user}"

    def state_on(self, day: date) -> tuple[str, Any]:
        """Return a code ("on", "later" or "over") and what to call it."""
        if self.ended_at is not None or day > self.to_on:
            return "over", _("Over")
        return ("later", _("Later")) if day < self.from_on else ("on", _("In force"))
