"""Loan contracts. Schedules and balances belong to repayments."""

from dataclasses import replace
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.finance.loan import Contract, InterestBasis
from dashu.finance.loan import Status as Position
from dashu.finance.penalty import PenaltyBase, PenaltyRule
from dashu.finance.periods import DueRule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.users.models import User, Viewer
from loans.domain.fees import FeeLine, parse_fee_lines, scheduled_fees
from loans.domain.waterfalls import waterfall_from_json
from loans.models.products import ProductTerms


class LoanQuerySet(models.QuerySet["Loan"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the loans that this person may see: a borrower's own, a partner's own, all for staff."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self.all()
        if user.role == User.Role.PARTNER:
            return self.filter(partner__user=user, partner__is_active=True)
        return self.filter(borrower__user=user)


class Loan(models.Model):
    """
    A contract: what was agreed, and never changed. Amounts in minor units, rates as fractions.

    What depends on payments (balances, schedule versions) is in repayments; days past due in collections.
    """

    class Status(models.TextChoices):
        APPROVED = "APPROVED", _("Waiting for payout")
        ACTIVE = Position.ACTIVE.value, _("Running")
        SETTLED = Position.SETTLED.value, _("Settled")
        CHARGED_OFF = Position.CHARGED_OFF.value, _("Charged off")
        WRITTEN_OFF = Position.WRITTEN_OFF.value, _("Written off")
        SOLD = Position.SOLD.value, _("Sold")
        CANCELLED = "CANCELLED", _("Cancelled before the payout")

    # Without money paid out there is neither a schedule nor a balance.
    NOT_PAID_OUT = (Status.APPROVED, Status.CANCELLED)

    number = models.CharField(_("loan number"), max_length=60, unique=True)
    borrower = models.ForeignKey(
        "users.Borrower", on_delete=models.PROTECT, related_name="loans", verbose_name=_("borrower")
    )
    partner = models.ForeignKey(
        "users.Partner",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="loans",
        verbose_name=_("partner"),
    )
    product_terms = models.ForeignKey(
        ProductTerms, on_delete=models.PROTECT, related_name="loans", verbose_name=_("product version")
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.APPROVED)
    currency = models.CharField(_("currency"), max_length=3, default=settings.CURRENCY)
    principal_minor = models.BigIntegerField(_("principal"))
    annual_rate = models.DecimalField(_("annual rate"), max_digits=9, decimal_places=6)
    method = models.CharField(_("method"), max_length=20, choices=[(method.value, method.value) for method in Method])
    installment_count = models.PositiveIntegerField(_("installments"))
    starts_on = models.DateField(_("starts on"), help_text=_("Day of payout, or of takeover from another lender."))
    lent_on = models.DateField(
        _("lent on"), null=True, blank=True, help_text=_("By the lender from whom the loan was taken over.")
    )
    first_due_on = models.DateField(_("first due date"), null=True, blank=True)
    due_day = models.PositiveSmallIntegerField(_("due day"), null=True, blank=True)
    interest_basis = models.CharField(
        _("interest basis"),
        max_length=10,
        default=InterestBasis.SCHEDULED.value,
        choices=[(InterestBasis.SCHEDULED.value, _("As scheduled")), (InterestBasis.DAILY.value, _("Daily"))],
    )
    interest_year_days = models.PositiveSmallIntegerField(_("days of the interest year"), default=365)
    waterfall = models.JSONField(_("order of allocation"))
    tolerance_bps = models.PositiveIntegerField(_("overlooked shortfall (bps)"), default=0)
    penalty_annual_rate = models.DecimalField(_("annual penalty rate"), max_digits=9, decimal_places=6, default=0)
    penalty_base = models.CharField(
        _("penalty base"),
        max_length=24,
        default=PenaltyBase.PRINCIPAL.value,
        choices=[
            (PenaltyBase.PRINCIPAL.value, _("Overdue principal")),
            (PenaltyBase.PRINCIPAL_AND_INTEREST.value, _("Overdue principal and interest")),
        ],
    )
    penalty_year_days = models.PositiveSmallIntegerField(_("days of the penalty year"), default=360)
    penalty_grace_days = models.PositiveSmallIntegerField(_("days without penalty"), default=0)
    penalty_cap_rate = models.DecimalField(
        _("cap of everything on overdue principal"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("Yearly rate that penalty, late fees and interest that runs on may cost together."),
    )
    non_accrual_days = models.PositiveSmallIntegerField(
        _("days past due after which interest is no longer accrued as income"), null=True, blank=True
    )
    disclosed_fees = models.JSONField(
        _("disclosed fees"),
        default=list,
        db_default=models.Value([], output_field=models.JSONField()),
        help_text=_("All that may be charged beside interest and penalty interest."),
    )
    interest_only_months = models.JSONField(
        _("months without principal"),
        null=True,
        blank=True,
        help_text=_("Of a plan that follows a season, otherwise than the product says."),
    )
    source = models.CharField(_("source"), max_length=40, blank=True, default="")
    external_id = models.CharField(_("number at the source"), max_length=80, blank=True, default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = LoanQuerySet.as_manager()

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(source=""), name="loans_loan_once_per_source"
            ),
            models.CheckConstraint(condition=Q(principal_minor__gt=0), name="loans_loan_principal_is_positive"),
        ]
        indexes = [
            # A partner's page of loans, newest first, reads the rows it shows and no others.
            models.Index(fields=["partner", "-id"], condition=Q(partner__isnull=False), name="loans_loan_by_partner")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def borrowed_on(self) -> date:
        """When the borrower received the money, from us or from the lender before us."""
        return self.lent_on or self.starts_on

    @property
    def fee_lines(self) -> tuple[FeeLine, ...]:
        """The fees that were disclosed when the contract was made; no other is ever charged."""
        return parse_fee_lines(self.disclosed_fees, currency=self.currency)

    @property
    def schedule_terms(self) -> ScheduleTerms:
        """The terms that the first schedule is computed from, see `loans.domain.fees.demanded_rows`."""
        rules = self.product_terms.rules
        terms = replace(
            rules.schedule_terms(
                principal=self.principal_minor,
                annual_rate=self.annual_rate,
                count=self.installment_count,
                disbursed_on=self.borrowed_on,
                due_rule=DueRule(rules.period, first_due_on=self.first_due_on, due_day=self.due_day),
            ),
            method=Method(self.method),
            fees=scheduled_fees(self.fee_lines),
        )
        if self.interest_only_months is None:
            return terms
        return replace(terms, interest_only_months=tuple(self.interest_only_months), step=None)

    @property
    def contract(self) -> Contract:
        """The terms as lending arithmetic takes them."""
        return Contract(
            starts_on=self.starts_on,
            annual_rate=self.annual_rate,
            waterfall=waterfall_from_json(self.waterfall),
            penalty=PenaltyRule(
                annual_rate=self.penalty_annual_rate,
                base=PenaltyBase(self.penalty_base),
                year_days=self.penalty_year_days,
                grace_days=self.penalty_grace_days,
                all_in_cap=self.penalty_cap_rate,
            ),
            interest_basis=InterestBasis(self.interest_basis),
            interest_year_days=self.interest_year_days,
            tolerance_bps=self.tolerance_bps,
            non_accrual_days=self.non_accrual_days,
        )
