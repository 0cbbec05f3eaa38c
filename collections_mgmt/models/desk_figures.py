"""The nightly figures of the desk: what was done and what became of it, and which loans moved between buckets."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class DeskDay(models.Model):
    """
    A business date whose figures are written. :ivar times_closed: of its close then, see `CloseRun`.
    """

    business_date = models.DateField(_("business date"), primary_key=True)
    times_closed = models.PositiveSmallIntegerField(_("times closed"))
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("day of the overview")
        verbose_name_plural = _("Overview")

    def __str__(self) -> str:
        return str(self.business_date)


class DeskFigure(models.Model):
    """
    How often something happened on a day, by product, team and strategy; see `selectors.desk_sources`.

    :ivar measure, detail: a code of `domain.desk_figures.Measure`, and what it says of it.
    :ivar product, currency: empty where no loan is concerned.
    :ivar team, strategy: by which the loan was worked on; empty for none.
    """

    pk = models.CompositePrimaryKey("business_date", "measure", "detail", "product", "currency", "team", "strategy")
    business_date = models.DateField(_("business date"))
    measure = models.CharField(_("figure"), max_length=20)
    detail = models.CharField(_("detail"), max_length=40)
    product = models.CharField(_("product"), max_length=50)
    currency = models.CharField(_("currency"), max_length=3)
    team = models.CharField(_("team"), max_length=60)
    strategy = models.CharField(_("strategy"), max_length=60)
    count = models.PositiveIntegerField(_("count"))
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("figure of the desk")
        verbose_name_plural = _("figures of the desk")

    def __str__(self) -> str:
        return f"{self.business_date} {self.measure} {self.detail}: {self.count}"


class LoanMove(models.Model):
    """
    A loan that was behind at one end of a month at least: where it stood at both, as `LoanMonth` has it.

    :ivar month_end: the last day of the month; it begins at the end of the day that the month before ended with.
    :ivar was_contacted: a person of ours spoke with the borrower within the month.
    """

    pk = models.CompositePrimaryKey("loan_id", "month_end")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="moves", db_index=False, verbose_name=_("loan")
    )
    month_end = models.DateField(_("month end"))
    bucket_before = models.CharField(_("bucket before"), max_length=20)
    bucket = models.CharField(_("bucket"), max_length=20)
    product = models.CharField(_("product"), max_length=50)
    currency = models.CharField(_("currency"), max_length=3)
    principal_before_minor = models.BigIntegerField(_("principal before"), db_default=0, default=0)
    principal_minor = models.BigIntegerField(_("principal"))
    team = models.CharField(_("team"), max_length=60, db_default="", default="")
    strategy = models.CharField(_("strategy"), max_length=60, db_default="", default="")
    was_contacted = models.BooleanField(_("contacted by a person"), db_default=False, default=False)

    class Meta:
        verbose_name = _("move between buckets")
        verbose_name_plural = _("moves between buckets")
        indexes = [
            models.Index(fields=["month_end", "bucket_before", "bucket", "loan"], name="collections_moves_of_month")
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.month_end:%Y-%m}: {self.bucket_before} → {self.bucket}"


class BucketMove(models.Model):
    """How many loans went from a bucket to another within a month, with all that stayed; see `LoanMove`."""

    pk = models.CompositePrimaryKey("month_end", "bucket_before", "bucket", "product", "currency", "team", "strategy")
    month_end = models.DateField(_("month end"))
    bucket_before = models.CharField(_("bucket before"), max_length=20)
    bucket = models.CharField(_("bucket"), max_length=20)
    product = models.CharField(_("product"), max_length=50)
    currency = models.CharField(_("currency"), max_length=3)
    team = models.CharField(_("team"), max_length=60)
    strategy = models.CharField(_("strategy"), max_length=60)
    loans = models.PositiveIntegerField(_("loans"))
    contacted = models.PositiveIntegerField(_("contacted by a person"))
    principal_before_minor = models.BigIntegerField(_("principal before"))
    principal_minor = models.BigIntegerField(_("principal"))

    class Meta:
        verbose_name = _("moves between two buckets")
        verbose_name_plural = _("moves between buckets by month")

    def __str__(self) -> str:
        return f"{self.month_end:%Y-%m}: {self.bucket_before} → {self.bucket}"
