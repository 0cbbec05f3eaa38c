"""
The general ledger: append-only double entry.

An entry and its postings are written in one transaction and never change. Triggers refuse UPDATE, DELETE and TRUNCATE,
refuse a posting that comes after its entry was committed, and check at commit that the entry balances for each
currency and each loan (migration 0002). A mistake is corrected by `services.reverse` and a new entry.

An entry counts for its loan from `effective_on` on and is reported in the period of its accounting day. They differ
when the value date lies in a period that was closed before the entry was written: a trigger moves it to the first open
day, and no writer can report anything in a closed period (migration 0004).
"""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class CurrentTransactionId(Func):
    """The identity of the database transaction that is writing; savepoints share it."""

    function = "txid_current"
    arity = 0
    output_field = models.BigIntegerField()


class Account(models.Model):
    """A line of the chart of accounts. The code is the key, so that set-based SQL needs no lookup."""

    class Kind(models.TextChoices):
        ASSET = "ASSET", _("Asset")
        LIABILITY = "LIABILITY", _("Liability")
        INCOME = "INCOME", _("Income")
        EXPENSE = "EXPENSE", _("Expense")
        EQUITY = "EQUITY", _("Equity")
        MEMO = "MEMO", _("Off-balance")

    code = models.CharField(_("code"), max_length=32, primary_key=True)
    name = models.JSONField(_("name"), help_text=_("One name for each language: zh-Hans, zh-Hant, en."))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("part of"),
        help_text=_("Its balance is added to that of this account."),
    )

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """The name in the reader's language, else in English."""
        wanted = (get_language() or "en").lower()
        names: dict[str, Any] = {language.lower(): text for language, text in self.name.items()}
        return str(names.get(wanted) or names.get("en") or self.code)


class AccountRole(models.Model):
    """The account that takes the place of a standard account (`role`) for a product, or for "" all others."""

    product = models.CharField(_("product"), max_length=50, blank=True, help_text=_("Code; empty for all others."))
    role = models.CharField(_("standard account"), max_length=32)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="roles", verbose_name=_("ledger account")
    )

    class Meta:
        verbose_name = _("role of an account")
        verbose_name_plural = _("roles of accounts")
        constraints = [models.UniqueConstraint(fields=["product", "role"], name="ledger_accountrole_once")]

    def __str__(self) -> str:
        return f"{self.product or '*'} {self.role} → {self.account_id}"


ACCOUNTING_DAY = Coalesce("accounting_on", "effective_on")


class JournalEntry(models.Model):
    """
    One thing that happened to the books, with when it counts (`effective_on`) and when we wrote it (`posted_at`).

    `accounting_on` is given by the database. It is null only in entries older than the column, which are reported on
    their value date: read `accounting_day`, or `ACCOUNTING_DAY` in a query.
    """

    effective_on = models.DateField(_("effective on"))
    accounting_on = models.DateField(_("reported on"), null=True, blank=True, editable=False)
    posted_at = models.DateTimeField(_("posted at"), db_default=Now(), editable=False)
    description = models.TextField(_("description"))
    kind = models.CharField(_("kind"), max_length=40)
    reference = models.TextField(_("reference"), null=True, blank=True, unique=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    actor = models.TextField(_("actor"))
    txid = models.BigIntegerField(_("database transaction"), db_default=CurrentTransactionId(), editable=False)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        permissions = [("export_journalentry", "Can export the general ledger")]
        indexes = [
            models.Index(fields=["effective_on"], name="ledger_entry_effective_on"),
            models.Index(ACCOUNTING_DAY, "id", name="ledger_entry_accounting_day"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.effective_on} {self.description}"

    @property
    def accounting_day(self) -> date:
        return self.accounting_on or self.effective_on


class Posting(models.Model):
    """One side of an entry. The amount is positive; the side says which way it goes."""

    class Side(models.TextChoices):
        DEBIT = "D", _("Debit")
        CREDIT = "C", _("Credit")

    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="postings", verbose_name=_("journal entry")
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, verbose_name=_("ledger account"))
    side = models.CharField(_("side"), max_length=1, choices=Side)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    # A plain dimension: the ledger lies below loans and knows nothing of them.
    loan_id = models.BigIntegerField(_("loan"), null=True, blank=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="ledger_posting_amount_is_positive"),
            models.CheckConstraint(condition=Q(side__in=["D", "C"]), name="ledger_posting_side_is_known"),
        ]
        indexes = [
            models.Index(fields=["loan_id", "account"], name="ledger_posting_loan_account"),
            models.Index(fields=["account", "entry"], name="ledger_posting_account_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.account_id} {self.amount_minor}"


class AccountingPeriodQuerySet(models.QuerySet["AccountingPeriod"]):
    def closed(self) -> Self:
        """Return the periods that are closed now, the newest first."""
        return self.filter(reopened_at=None).order_by("-through")


class AccountingPeriod(models.Model):
    """
    Days that were closed: nothing is reported in them any more. A reopened period stays on record.

    `starts_on` is None for the first period, which begins with the book. `totals` is what was locked:
    `{currency: {"debit_minor", "credit_minor"}}`.
    """

    starts_on = models.DateField(_("from"), null=True, blank=True)
    through = models.DateField(_("through"))
    entries = models.BigIntegerField(_("entries"))
    totals = models.JSONField(_("totals"))
    closed_at = models.DateTimeField(_("closed at"), db_default=Now(), editable=False)
    closed_by = models.TextField(_("closed by"))
    reason = models.TextField(_("reason"))
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)
    reopened_by = models.TextField(_("reopened by"), blank=True, default="")
    reopen_reason = models.TextField(_("reason for reopening"), blank=True, default="")

    objects = AccountingPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("accounting period")
        verbose_name_plural = _("accounting periods")
        ordering = ["-pk"]
        permissions = [
            ("close_accountingperiod", "Can close an accounting period"),
            ("reopen_accountingperiod", "Can reopen an accounting period"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["through"], condition=Q(reopened_at=None), name="ledger_accountingperiod_closed_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.through)

    @property
    def is_closed(self) -> bool:
        return self.reopened_at is None


class ClosingBalance(models.Model):
    """What had been debited and credited to an account, from the beginning of the book, when a period was closed."""

    period = models.ForeignKey(
        AccountingPeriod,
        on_delete=models.PROTECT,
        related_name="balances",
        db_index=False,
        verbose_name=_("accounting period"),
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, verbose_name=_("ledger account"))
    currency = models.CharField(_("currency"), max_length=3)
    debit_minor = models.BigIntegerField(_("debits"))
    credit_minor = models.BigIntegerField(_("credits"))

    class Meta:
        verbose_name = _("closing balance")
        verbose_name_plural = _("closing balances")
        constraints = [
            models.UniqueConstraint(fields=["period", "account", "currency"], name="ledger_closingbalance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.period_id} {self.account_id} {self.currency}"
