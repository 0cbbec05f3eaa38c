"""
The book as the nightly close found it, kept for reports: each loan at the end of a month, and sums by day and month.

Reports read nothing else, so that a figure of a past month stays what it was. `LoanMonth` and `PortfolioSlice` are
partitioned by time; the partitions of a month are made before its first row (`services/snapshot/partitions.py`). No
foreign key stands on them: they are written from the book itself, set by set, and can be written anew at any time.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

NEW = "NEW"  # `bucket_before` of a loan that began within the month, or was recorded too late for the one before


class Dimension(models.TextChoices):
    """By what the sums are split; each row of sums belongs to one of them, `ALL` is the whole book of a product."""

    ALL = "", _("whole book")
    REGION = "region", _("region")
    SECTOR = "sector", _("sector")
    CHANNEL = "channel", _("channel")
    RISK_BAND = "risk_band", _("risk band")
    VINTAGE = "vintage", _("month of payout")
    CAUSE = "cause", _("cause of being overdue")


class LoanMonth(models.Model):
    """
    A loan at the end of a month: each that was running at its beginning or end, or for which money came in within it.

    Amounts in minor units, rates as fractions. What moved within the month counts by its value date.

    :ivar month: the first day of the month.
    :ivar vintage: the first day of the month in which the loan was paid out (or taken over).
    :ivar months_on_book: 0 for the month of the payout.
    :ivar region, sector, channel, risk_band: codes; empty where unknown. `risk_band` is the one of the decision on it.
    :ivar cause: why it is behind, a category of early warning; empty for a loan that is not.
    :ivar status: at the end of the month, of `Loan.Status`.
    :ivar bucket_before: `NEW` for a loan that began within the month, or that was recorded only after the month before
        was kept; its status where it no longer ran.
    :ivar bucket: the status of the loan where it is no longer running.
    :ivar worst_days_past_due: the most that a close ever found, up to the end of the month.
    :ivar principal_before_minor: at the end of the month before.
    :ivar original_minor: what was lent by the contract, see `Loan.principal_minor`.
    :ivar interest_due_minor, fee_due_minor, penalty_minor, suspended_minor, accrued_minor: see `PortfolioDay`.
    :ivar overdue_minor: principal, interest and fees past due; `overdue_principal_minor` is the part of principal.
    :ivar expected_minor: principal, interest and fees that were to be paid within the month, by the plan in force when
        it began (for a new loan: by its first plan). Arrears from before are not in it.
    :ivar paid_principal_minor, paid_interest_minor, paid_fee_minor, paid_penalty_minor: net of what was taken back.
    :ivar prepaid_minor: the part of `paid_principal_minor` that fell due only after the month.
    :ivar waived_minor: of all components together. :ivar written_off_minor: of all components together.
    :ivar recovered_minor: money that came in after the write-off.
    :ivar is_prepaid: it was settled within the month, before its last due date.
    :ivar is_restructured: a plan of relief was accepted by the end of the month and not taken back.
    :ivar all_in_rate: the effective annual rate of everything it costs, as disclosed; None where none was.
    """

    pk = models.CompositePrimaryKey("month", "loan_id")
    month = models.DateField(_("month"))
    loan_id = models.BigIntegerField(_("loan"))
    product = models.CharField(_("product"), max_length=50)
    kind = models.CharField(_("kind of product"), max_length=20)
    currency = models.CharField(_("currency"), max_length=3)
    region = models.CharField(_("region"), max_length=12, blank=True)
    sector = models.CharField(_("sector"), max_length=12, blank=True)
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    risk_band = models.CharField(_("risk band"), max_length=20, blank=True)
    cause = models.CharField(_("cause of being overdue"), max_length=40, blank=True)
    vintage = models.DateField(_("month of payout"))
    months_on_book = models.PositiveSmallIntegerField(_("months on book"))
    status = models.CharField(_("status"), max_length=12)
    bucket_before = models.CharField(_("bucket before"), max_length=20)
    bucket = models.CharField(_("bucket"), max_length=20)
    classification = models.CharField(_("classification"), max_length=20, blank=True)
    stage = models.CharField(_("impairment stage"), max_length=4, blank=True)
    days_past_due = models.PositiveIntegerField(_("days past due"))
    effective_days_past_due = models.PositiveIntegerField(_("days past due without pauses"))
    worst_days_past_due = models.PositiveIntegerField(_("most days past due ever"))
    is_restructured = models.BooleanField(_("restructured"))
    is_prepaid = models.BooleanField(_("settled early"))
    annual_rate = models.DecimalField(_("annual rate"), max_digits=9, decimal_places=6)
    all_in_rate = models.DecimalField(_("all-in rate"), max_digits=9, decimal_places=6, null=True)
    original_minor = models.BigIntegerField(_("amount lent"))
    principal_before_minor = models.BigIntegerField(_("principal before"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_due_minor = models.BigIntegerField(_("interest due"))
    fee_due_minor = models.BigIntegerField(_("fees due"))
    penalty_minor = models.BigIntegerField(_("penalty due"))
    suspended_minor = models.BigIntegerField(_("suspended interest"))
    accrued_minor = models.BigIntegerField(_("interest earned, not yet due"))
    overdue_minor = models.BigIntegerField(_("overdue"))
    overdue_principal_minor = models.BigIntegerField(_("overdue principal"))
    disbursed_minor = models.BigIntegerField(_("paid out"))
    expected_minor = models.BigIntegerField(_("expected"))
    paid_principal_minor = models.BigIntegerField(_("paid principal"))
    paid_interest_minor = models.BigIntegerField(_("paid interest"))
    paid_fee_minor = models.BigIntegerField(_("paid fees"))
    paid_penalty_minor = models.BigIntegerField(_("paid penalty"))
    prepaid_minor = models.BigIntegerField(_("paid early"))
    waived_minor = models.BigIntegerField(_("waived"))
    written_off_minor = models.BigIntegerField(_("written off"))
    recovered_minor = models.BigIntegerField(_("recovered"))

    class Meta:
        verbose_name = _("month of a loan")
        verbose_name_plural = _("months of loans")
        indexes = [
            models.Index(fields=["loan_id", "month"], name="collections_loan_month"),
            # Of a month, few loans move; reports of what became of those read no others.
            models.Index(
                fields=["month", "loan_id"],
                include=["bucket_before", "bucket"],
                condition=~models.Q(bucket_before=models.F("bucket")),
                name="collections_loan_month_moved",
            ),
            # Few are behind either; what they are behind for is asked by any of these.
            models.Index(
                fields=["month", "cause"],
                include=[
                    *("product", "currency", "bucket", "region", "sector", "channel", "risk_band", "vintage"),
                    *("principal_minor", "overdue_minor"),
                ],
                condition=models.Q(days_past_due__gt=0),
                name="collections_loan_month_behind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.month:%Y-%m}: {self.bucket}"


class PortfolioMonth(models.Model):
    """
    The sums of `LoanMonth` of one product, split by one dimension and by the buckets at both ends of the month.

    Amounts in minor units. The rows of one dimension add up to those of `Dimension.ALL`, except `CAUSE`, which has only
    loans that are behind.

    :ivar value: of the dimension; a vintage is its first day as ISO text. Empty for the whole book, and for unknown.
    :ivar ever_30, ever_60, ever_90: loans that were ever more than so many days past due; `*_original_minor` is what
        was lent with them.
    :ivar cured_1, cured_2, cured_3: of the loans that fell into a further bucket this way, those in time again, or
        settled, at the end of one of so many months after. Written with each of these months, see `cures_sql.py`.
    :ivar prepaid_loans: settled before their last due date. :ivar restructured_loans: `LoanMonth.is_restructured`.
    """

    pk = models.CompositePrimaryKey("month", "product", "currency", "dimension", "value", "bucket_before", "bucket")
    month = models.DateField(_("month"))
    product = models.CharField(_("product"), max_length=50)
    currency = models.CharField(_("currency"), max_length=3)
    dimension = models.CharField(_("dimension"), max_length=10, choices=Dimension, blank=True)
    value = models.CharField(_("value"), max_length=40, blank=True)
    bucket_before = models.CharField(_("bucket before"), max_length=20)
    bucket = models.CharField(_("bucket"), max_length=20)
    loans = models.PositiveIntegerField(_("loans"))
    ever_30 = models.PositiveIntegerField(_("ever more than 30 days past due"))
    ever_60 = models.PositiveIntegerField(_("ever more than 60 days past due"))
    ever_90 = models.PositiveIntegerField(_("ever more than 90 days past due"))
    cured_1 = models.PositiveIntegerField(_("in time again within 1 month"), default=0, db_default=0)
    cured_2 = models.PositiveIntegerField(_("in time again within 2 months"), default=0, db_default=0)
    cured_3 = models.PositiveIntegerField(_("in time again within 3 months"), default=0, db_default=0)
    prepaid_loans = models.PositiveIntegerField(_("settled early"))
    restructured_loans = models.PositiveIntegerField(_("restructured"))
    original_minor = models.BigIntegerField(_("amount lent"))
    ever_30_original_minor = models.BigIntegerField(_("lent, ever more than 30 days past due"))
    ever_60_original_minor = models.BigIntegerField(_("lent, ever more than 60 days past due"))
    ever_90_original_minor = models.BigIntegerField(_("lent, ever more than 90 days past due"))
    principal_before_minor = models.BigIntegerField(_("principal before"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_due_minor = models.BigIntegerField(_("interest due"))
    fee_due_minor = models.BigIntegerField(_("fees due"))
    penalty_minor = models.BigIntegerField(_("penalty due"))
    suspended_minor = models.BigIntegerField(_("suspended interest"))
    accrued_minor = models.BigIntegerField(_("interest earned, not yet due"))
    overdue_minor = models.BigIntegerField(_("overdue"))
    disbursed_minor = models.BigIntegerField(_("paid out"))
    expected_minor = models.BigIntegerField(_("expected"))
    paid_principal_minor = models.BigIntegerField(_("paid principal"))
    paid_interest_minor = models.BigIntegerField(_("paid interest"))
    paid_fee_minor = models.BigIntegerField(_("paid fees"))
    paid_penalty_minor = models.BigIntegerField(_("paid penalty"))
    prepaid_minor = models.BigIntegerField(_("paid early"))
    waived_minor = models.BigIntegerField(_("waived"))
    written_off_minor = models.BigIntegerField(_("written off"))
    recovered_minor = models.BigIntegerField(_("recovered"))

    class Meta:
        verbose_name = _("portfolio of a month")
        verbose_name_plural = _("portfolio by month")
        indexes = [
            models.Index(fields=["dimension", "month"], name="collections_portfolio_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.product} {self.dimension} {self.value} {self.bucket}"


class PortfolioSlice(models.Model):
    """
    The running loans of one product at the end of a business date, split by one dimension and by bucket.

    Amounts in minor units; written by the close for every date, beside `PortfolioDay`, with which the rows of each
    dimension agree. There are none by `Dimension.CAUSE`.

    :ivar exposure_minor: principal, and interest, fees and penalty that are due or earned and on the balance sheet.
    """

    pk = models.CompositePrimaryKey("business_date", "product", "currency", "dimension", "value", "bucket")
    business_date = models.DateField(_("business date"))
    product = models.CharField(_("product"), max_length=50)
    currency = models.CharField(_("currency"), max_length=3)
    dimension = models.CharField(_("dimension"), max_length=10, choices=Dimension, blank=True)
    value = models.CharField(_("value"), max_length=40, blank=True)
    bucket = models.CharField(_("bucket"), max_length=20)
    loans = models.PositiveIntegerField(_("loans"))
    principal_minor = models.BigIntegerField(_("principal"))
    exposure_minor = models.BigIntegerField(_("exposure"))
    overdue_minor = models.BigIntegerField(_("overdue"))

    class Meta:
        verbose_name = _("part of the portfolio of a day")
        verbose_name_plural = _("parts of the portfolio by day")

    def __str__(self) -> str:
        return f"{self.business_date} {self.product} {self.dimension} {self.value} {self.bucket}"
