"""Overdue status, its history, cases, and the records of the nightly close."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collections_mgmt.models.desk import of_files_seen
from dashu.users.models import Viewer
from loans.models import Loan


class OverdueStatusQuerySet(models.QuerySet["OverdueStatus"]):
    def visible_to(self, user: Viewer) -> Self:
        return of_files_seen(self.filter(loan__in=Loan.objects.visible_to(user)), user)

    def overdue(self) -> Self:
        return self.filter(days_past_due__gt=0)


class OverdueStatus(models.Model):
    """
    How far a loan is behind at the end of `as_of`. A loan without a row has never been behind.

    Amounts in minor units, demanded before `as_of` and unpaid; penalty is what is charged and unpaid.
    """

    loan = models.OneToOneField(
        Loan, on_delete=models.PROTECT, primary_key=True, related_name="overdue", verbose_name=_("loan")
    )
    as_of = models.DateField(_("as of"))
    days_past_due = models.PositiveIntegerField(_("days past due"))
    effective_days_past_due = models.PositiveIntegerField(_("days past due without pauses"))
    oldest_due_on = models.DateField(_("oldest unpaid due date"), null=True, blank=True)
    principal_minor = models.BigIntegerField(_("overdue principal"))
    interest_minor = models.BigIntegerField(_("overdue interest"))
    fee_minor = models.BigIntegerField(_("overdue fee"))
    penalty_minor = models.BigIntegerField(_("penalty due"))
    bucket = models.CharField(_("bucket"), max_length=20)
    classification = models.CharField(_("classification"), max_length=20)
    stage = models.CharField(_("impairment stage"), max_length=4, blank=True, db_default="", default="")

    objects = OverdueStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("overdue status")
        verbose_name_plural = _("overdue statuses")
        indexes = [
            models.Index(
                fields=["-days_past_due", "loan"], condition=Q(days_past_due__gt=0), name="collections_overdue_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.days_past_due}"

    @property
    def total_minor(self) -> int:
        return self.principal_minor + self.interest_minor + self.fee_minor + self.penalty_minor


class OverdueChange(models.Model):
    """A change of bucket, classification or stage at the end of `changed_on`; days that change nothing leave no row."""

    pk = models.CompositePrimaryKey("loan_id", "changed_on")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="overdue_changes", db_index=False, verbose_name=_("loan")
    )
    changed_on = models.DateField(_("changed on"))
    days_past_due = models.PositiveIntegerField(_("days past due"))
    bucket_before = models.CharField(_("bucket before"), max_length=20)
    bucket = models.CharField(_("bucket"), max_length=20)
    classification_before = models.CharField(_("classification before"), max_length=20)
    classification = models.CharField(_("classification"), max_length=20)
    stage_before = models.CharField(_("impairment stage before"), max_length=4, blank=True, db_default="", default="")
    stage = models.CharField(_("impairment stage"), max_length=4, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("change of overdue status")
        verbose_name_plural = _("changes of overdue status")

    def __str__(self) -> str:
        return f"{self.loan_id} {self.changed_on}: {self.bucket_before} → {self.bucket}"


class CollectionCaseQuerySet(models.QuerySet["CollectionCase"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return all for whoever leads the desk or only looks; those of the files they see for who works on files."""
        if not user.is_authenticated or not user.has_perm("collections_mgmt.view_collectioncase"):
            return self.none()
        return of_files_seen(self, user)


class CollectionCase(models.Model):
    """
    One time in which a borrower is helped back on one loan. Opened, escalated and closed by the nightly close.

    :ivar level: how far it has gone, by the effective days past due; see the rule `collections.levels`.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", _("Open")
        CLOSED = "CLOSED", _("Closed")

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="cases", verbose_name=_("loan"))
    status = models.CharField(_("status"), max_length=8, choices=Status, db_default="OPEN", default=Status.OPEN)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    level = models.PositiveSmallIntegerField(_("level"), db_default=1, default=1)
    level_since = models.DateField(_("at this level since"), null=True, blank=True)

    objects = CollectionCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("collection case")
        verbose_name_plural = _("collection cases")
        permissions = [
            ("promise_collectioncase", "Can note a promise to pay"),
            ("hold_collectioncase", "Can place a hold"),
            ("end_hold_collectioncase", "Can end a hold"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["loan"], condition=Q(status="OPEN"), name="collections_one_open_case"),
            models.CheckConstraint(
                condition=Q(status="OPEN", closed_on__isnull=True) | Q(status="CLOSED", closed_on__gte=F("opened_on")),
                name="collections_case_dates_agree",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan.number} · {date_format(self.opened_on)}"


class PromiseToPay(models.Model):
    """
    What a borrower said they would pay by a day; kept or broken is found by the nightly close.

    :ivar paid_minor: received since it was made, up to the end of its grace.
    :ivar after_event: the loan's newest event when it was made; money that came before does not count.
    :ivar end_reason: why it was taken back; empty where the close decided.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", _("Open")
        KEPT = "KEPT", _("Kept")
        BROKEN = "BROKEN", _("Broken")
        CANCELLED = "CANCELLED", _("Cancelled")

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="promises", verbose_name=_("loan"))
    amount_minor = models.BigIntegerField(_("amount"))
    made_on = models.DateField(_("made on"))
    due_on = models.DateField(_("promised for"))
    after_event = models.BigIntegerField(editable=False, db_default=0, default=0)
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="OPEN", default=Status.OPEN)
    paid_minor = models.BigIntegerField(_("paid"), db_default=0, default=0)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, db_default="", default="")
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")
    actor = models.TextField(_("noted by"))

    class Meta:
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        indexes = [models.Index(fields=["decided_on", "id"], name="collections_promise_decided")]
        constraints = [
            models.UniqueConstraint(fields=["loan"], condition=Q(status="OPEN"), name="collections_one_open_promise"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, due_on__gte=F("made_on")), name="collections_promise_is_sound"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.due_on}: {self.amount_minor}"

    @property
    def missing_minor(self) -> int:
        return max(0, self.amount_minor - self.paid_minor)


class HoldQuerySet(models.QuerySet["Hold"]):
    def visible_to(self, user: Viewer) -> Self:
        """As those of cases."""
        if not user.is_authenticated or not user.has_perm("collections_mgmt.view_hold"):
            return self.none()
        return of_files_seen(self, user)


class Hold(models.Model):
    """
    A time in which a borrower is left in peace, on one loan or with all.

    What it does was taken from the rule `holds.effects` on the day it was placed, and stays with it.

    :ivar ends_on: the last day; None for a hold that ends when somebody ends it.
    :ivar ended_on: the last day it really covered.
    :ivar contact: whom it leaves in peace: the PERSON with all their loans, this LOAN, or NONE.
    :ivar pauses_count: no penalty is charged, and the days past due stand still.
    :ivar mark: under which the loan is reported while it runs.
    :ivar review_on: the day on which somebody looks whether it is still right.
    """

    class Kind(models.TextChoices):
        COMPLAINT = "COMPLAINT", _("Complaint")
        DISPUTE = "DISPUTE", _("Dispute")
        HARDSHIP_REVIEW = "HARDSHIP_REVIEW", _("Hardship review")
        BREATHING_SPACE = "BREATHING_SPACE", _("Breathing space")
        DECEASED = "DECEASED", _("Borrower deceased")
        FRAUD = "FRAUD", _("Fraud")
        BANKRUPTCY = "BANKRUPTCY", _("Insolvency of the borrower")
        VULNERABLE_REVIEW = "VULNERABLE_REVIEW", _("Special care under review")

    class Contact(models.TextChoices):
        PERSON = "PERSON", _("The person is left in peace, with all loans")
        LOAN = "LOAN", _("Nothing about this loan")
        NONE = "NONE", _("Contact goes on")

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="holds", verbose_name=_("loan"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    contact = models.CharField(_("contact"), max_length=8, choices=Contact, db_default="LOAN", default=Contact.LOAN)
    pauses_count = models.BooleanField(_("no penalty"), db_default=True, default=True)
    bars_lending = models.BooleanField(_("nothing more is lent"), db_default=False, default=False)
    mark = models.CharField(_("reported as"), max_length=12, blank=True, db_default="", default="")
    review_on = models.DateField(_("look again on"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    actor = models.TextField(_("placed by"))
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")
    ended_by = models.TextField(_("ended by"), blank=True, db_default="", default="")

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        permissions = [("review_hold", "Can say that a hold is still right")]
        indexes = [
            models.Index(fields=["loan"], condition=Q(ended_on=None), name="collections_hold_running"),
            models.Index(fields=["ends_on"], condition=Q(ended_on=None), name="collections_hold_to_expire"),
            models.Index(fields=["review_on"], condition=Q(ended_on=None), name="collections_hold_to_review"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="collections_hold_dates_agree"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {date_format(self.starts_on)}"


class CreditRecordMonth(models.Model):
    """
    What a loan is to be reported with for a month, as found by the close of its last day.

    :ivar month: the first day of the month.
    :ivar code: of the rule `credit_record.codes`.
    :ivar special_event: the code of what was agreed in the month beside the contract; empty for none.
    """

    pk = models.CompositePrimaryKey("loan_id", "month")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="credit_months", db_index=False, verbose_name=_("loan")
    )
    month = models.DateField(_("month"))
    code = models.CharField(_("code"), max_length=2)
    days_past_due = models.PositiveIntegerField(_("days past due"))
    balance_minor = models.BigIntegerField(_("balance"))
    overdue_minor = models.BigIntegerField(_("overdue"))
    special_event = models.CharField(_("special event"), max_length=4, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("month of a credit record")
        verbose_name_plural = _("months of credit records")

    def __str__(self) -> str:
        return f"{self.loan_id} {self.month:%Y-%m}: {self.code}"


class LoanSignal(models.Model):
    """
    What an early warning is read from, for a loan that has paid something: its own past, against which it may drift.

    Written by the close for loans that were paid on the day; a loan without a row has paid nothing yet.

    :ivar days_late: of the three installments paid last, on average, in hundredths of a day; early is negative.
    :ivar days_late_before: of the three before those; None while there are fewer than four.
    :ivar partial_payments: of the last 90 days, that left a due installment open.
    """

    loan = models.OneToOneField(
        Loan, on_delete=models.PROTECT, primary_key=True, related_name="signal", verbose_name=_("loan")
    )
    as_of = models.DateField(_("as of"))
    days_late = models.IntegerField(_("days late, in hundredths"))
    days_late_before = models.IntegerField(_("days late before, in hundredths"), null=True, blank=True)
    partial_payments = models.PositiveIntegerField(_("partial payments"))
    failed_collections = models.PositiveIntegerField(_("failed collections"))

    class Meta:
        verbose_name = _("signal of a loan")
        verbose_name_plural = _("signals of loans")

    def __str__(self) -> str:
        return f"{self.loan_id} {self.as_of}"


class CloseRun(models.Model):
    """
    One business date's close. A running one is taken up again by the next attempt, a paused one by a person.

    :ivar seconds, counts: of the steps that follow from the whole night; those of the loans are on the ranges.
    :ivar times_closed: more than 1 where loans that had been left out were closed later.
    """

    class Status(models.TextChoices):
        RUNNING = "RUNNING", pgettext_lazy("nightly close", "Running")
        PAUSED = "PAUSED", _("Paused")
        CLOSED = "CLOSED", _("Closed")

    business_date = models.DateField(_("business date"), unique=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    times_closed = models.PositiveSmallIntegerField(_("times closed"), db_default=0, default=0)
    counts = models.JSONField(_("counts"), default=dict, db_default={})
    seconds = models.JSONField(_("seconds"), default=dict, db_default={})

    class Meta:
        verbose_name = _("nightly close")
        verbose_name_plural = _("nightly closes")
        ordering = ["-business_date"]
        permissions = [("steer_closerun", "Can pause, resume and run again a nightly close")]

    def __str__(self) -> str:
        return str(self.business_date)


class CloseRange(models.Model):
    """
    Loans from `first_loan_id` up to `end_loan_id` (excluded) of one run; closed in one database transaction.

    :ivar loans: how many there were when the run was planned; halved with the range.
    :ivar attempts: that failed; the last one left `error`.
    :ivar next_at: a range that failed is not tried again before.
    :ivar slices: see `portfolio_sql.SLICE`; emptied once a later date is closed.
    :ivar known_at: on the last day of a month, up to when postings count in its `LoanMonth`; of a loan that was closed
        later, in the sums of its day too.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        DONE = "DONE", _("Done")
        QUARANTINED = "QUARANTINED", _("Quarantined")
        RECOVERED = "RECOVERED", _("Closed later")

    run = models.ForeignKey(CloseRun, on_delete=models.CASCADE, related_name="ranges", verbose_name=_("nightly close"))
    first_loan_id = models.BigIntegerField(_("from loan"))
    end_loan_id = models.BigIntegerField(_("up to loan"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.WAITING)
    loans = models.PositiveIntegerField(_("loans"), db_default=0, default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0, default=0)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict)
    seconds = models.JSONField(_("seconds"), default=dict)
    sums = models.JSONField(
        _("sums"), default=list, db_default=[], help_text=_("The running loans at the end of the day, by state.")
    )
    slices = models.JSONField(
        _("slices"), default=list, db_default=[], help_text=_("The running loans at the end of the day, by dimension.")
    )
    known_at = models.DateTimeField(
        _("known at"), null=True, blank=True, help_text=_("What was posted later is not in the month that was kept.")
    )
    error = models.TextField(_("error"), blank=True, default="")

    class Meta:
        verbose_name = _("range of a close")
        verbose_name_plural = _("ranges of a close")
        ordering = ["run", "first_loan_id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first_loan_id"], name="collections_range_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first_loan_id}–{self.end_loan_id}"


class PortfolioDay(models.Model):
    """
    The running loans of one state at the end of a business date. Amounts in minor units; written once, by the close.

    :ivar interest_due_minor, fee_due_minor, penalty_minor: demanded, unpaid and on the balance sheet.
    :ivar suspended_minor: interest and penalty of loans that are no longer accrued as income.
    :ivar accrued_minor: interest earned that is not yet due, see `dashu.finance.accrued`.
    :ivar overdue_minor: principal, interest and fees past due.
    :ivar provision_minor: what the five tiers set aside for loss; which provision is booked, see `provision.basis`.
    """

    pk = models.CompositePrimaryKey("business_date", "product", "currency", "bucket", "classification", "stage")
    business_date = models.DateField(_("business date"))
    product = models.CharField(_("product"), max_length=50)
    currency = models.CharField(_("currency"), max_length=3)
    bucket = models.CharField(_("bucket"), max_length=20)
    classification = models.CharField(_("classification"), max_length=20)
    stage = models.CharField(_("impairment stage"), max_length=4, blank=True)
    loans = models.PositiveIntegerField(_("loans"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_due_minor = models.BigIntegerField(_("interest due"))
    fee_due_minor = models.BigIntegerField(_("fees due"))
    penalty_minor = models.BigIntegerField(_("penalty due"))
    suspended_minor = models.BigIntegerField(_("suspended interest"))
    accrued_minor = models.BigIntegerField(_("interest earned, not yet due"))
    overdue_minor = models.BigIntegerField(_("overdue"))
    provision_minor = models.BigIntegerField(_("provision"))

    class Meta:
        verbose_name = _("portfolio of a day")
        verbose_name_plural = _("portfolio by day")

    def __str__(self) -> str:
        return f"{self.business_date} {self.product} {self.bucket}"

    @property
    def exposure_minor(self) -> int:
        """What the balance sheet carries of these loans before the provision."""
        return (
            self.principal_minor
            + self.interest_due_minor
            + self.fee_due_minor
            + self.penalty_minor
            + self.accrued_minor
        )
