"""
Our bank accounts, their statements, and what each line of them was found to be.

A statement and its lines are what the bank said and never change; only a line's status and its entry in suspense follow
what is decided of it. Each decision is a row of its own (`BankMatch`, `BankExplanation`), kept when it is undone.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.ledger.models import JournalEntry
from repayments.domain.bank_files.values import Format
from repayments.domain.bank_matching import Rule
from repayments.domain.bank_text import masked
from repayments.models.payments import Disbursement, Payment


class BankAccount(models.Model):
    """An account of the lender's own. Its number is shown by its last four signs only."""

    number = models.CharField(_("account number"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=80, help_text=_("What staff call it, with the bank."))
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} {masked(self.number)}"


class BankFileDraft(models.Model):
    """A file that someone looks at before it is booked. It is deleted when it is, or after a day."""

    content = models.BinaryField(_("content"))
    file_name = models.CharField(_("file name"), max_length=200)
    account = models.ForeignKey(
        BankAccount, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("bank account")
    )
    layout = models.CharField(_("layout"), max_length=40, blank=True, default="")
    uploaded_by = models.TextField(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("bank file in preview")
        verbose_name_plural = _("bank files in preview")
        default_permissions = ()

    def __str__(self) -> str:
        return self.file_name


class BankStatement(models.Model):
    """
    One statement of a file. Amounts in minor units.

    :ivar number_in_file: files may hold several statements; 1 is the first.
    :ivar matched_at: when the lines were looked through for sure matches; None until that is done.
    """

    account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, related_name="statements", verbose_name=_("bank account")
    )
    file_name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    number_in_file = models.PositiveIntegerField(_("statement in the file"))
    format = models.CharField(_("format"), max_length=8, choices=[(one.value, one.value) for one in Format])
    layout = models.CharField(_("layout"), max_length=40, blank=True, default="")
    encoding = models.CharField(_("encoding"), max_length=8)
    from_on = models.DateField(_("from"), null=True, blank=True)
    to_on = models.DateField(_("to"), null=True, blank=True)
    opening_minor = models.BigIntegerField(_("opening balance"), null=True, blank=True)
    closing_minor = models.BigIntegerField(_("closing balance"), null=True, blank=True)
    lines_known = models.PositiveIntegerField(_("lines that were here already"), default=0)
    problems = models.JSONField(_("lines not taken"), default=list)
    imported_by = models.TextField(_("imported by"))
    imported_at = models.DateTimeField(_("imported at"), db_default=Now(), editable=False)
    matched_at = models.DateTimeField(_("looked through at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-pk"]
        permissions = [("import_bankstatement", "Can import bank statement")]
        constraints = [
            models.UniqueConstraint(fields=["sha256", "number_in_file"], name="repayments_bankstatement_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(matched_at=None), name="repayments_bankstatement_todo"),
        ]

    def __str__(self) -> str:
        return self.file_name


class BankLine(models.Model):
    """
    One entry of a statement.

    :ivar amount_minor: positive for money that came in.
    :ivar counterparty_account: its last four signs; more is not needed and not kept.
    :ivar identity: what makes the line itself, so that it is taken once; see `bank_files.values.identities`.
    :ivar suspense: the ledger entry that holds the money while nobody knows whose it is.
    """

    class Status(models.TextChoices):
        UNMATCHED = "UNMATCHED", _("Unmatched")
        MATCHED = "MATCHED", _("Matched")
        IGNORED = "IGNORED", _("Explained")

    statement = models.ForeignKey(
        BankStatement, on_delete=models.PROTECT, related_name="lines", verbose_name=_("bank statement")
    )
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, db_index=False, verbose_name=_("bank account"))
    number = models.PositiveIntegerField(_("line of the file"))
    booked_on = models.DateField(_("booked on"))
    value_on = models.DateField(_("value date"))
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    counterparty_name = models.CharField(_("counterparty"), max_length=200, blank=True)
    counterparty_account = models.CharField(_("counterparty's account"), max_length=4, blank=True)
    text = models.TextField(_("text"), blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=64, blank=True)
    balance_minor = models.BigIntegerField(_("balance after it"), null=True, blank=True)
    identity = models.BinaryField(_("identity"), max_length=32, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UNMATCHED)
    suspense = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("entry in suspense"),
    )

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        ordering = ["-pk"]
        permissions = [("match_bankline", "Can match bank line"), ("undo_bankline", "Can undo match of bank line")]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="repayments_bankline_has_an_amount"),
            # Suspense holds exactly the unmatched money that came in.
            models.CheckConstraint(
                condition=Q(status="UNMATCHED", amount_minor__gt=0, suspense__isnull=False)
                | (~Q(status="UNMATCHED") & Q(suspense__isnull=True))
                | Q(amount_minor__lt=0, suspense__isnull=True),
                name="repayments_bankline_suspense_while_unmatched",
            ),
            models.CheckConstraint(
                condition=~Q(status="MATCHED") | Q(amount_minor__gt=0), name="repayments_bankline_only_credits_match"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="UNMATCHED"), name="repayments_bankline_unmatched"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.counterparty_name}".strip()

    @property
    def is_credit(self) -> bool:
        return self.amount_minor > 0


class Decision(models.Model):
    """Something found out about a line, kept as it was when it is undone."""

    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.TextField(_("undone by"), blank=True, default="")
    undone_reason = models.TextField(_("reason of undoing"), blank=True, default="")

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.undone_at is None


class BankMatch(Decision):
    """A line's money, or a stated part of it, booked as a payment."""

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="matches", verbose_name=_("bank line"))
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, related_name="bank_match", verbose_name=_("payment")
    )
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    rule = models.CharField(_("rule"), max_length=20, choices=[(rule.value, rule.value) for rule in Rule])
    reasons = models.JSONField(_("reasons"), default=list)
    matched_by = models.TextField(_("matched by"))
    matched_at = models.DateTimeField(_("matched at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("match of a bank line")
        verbose_name_plural = _("matches of bank lines")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.line_id} → {self.payment_id}"


class BankExplanation(Decision):
    """Why a line needs no booking: a payout that is on the books, a charge of the bank, money booked elsewhere."""

    line = models.ForeignKey(
        BankLine, on_delete=models.PROTECT, related_name="explanations", verbose_name=_("bank line")
    )
    disbursement = models.ForeignKey(
        Disbursement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="bank_explanations",
        verbose_name=_("payout"),
    )
    reason = models.TextField(_("reason"))
    explained_by = models.TextField(_("explained by"))
    explained_at = models.DateTimeField(_("explained at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("explanation of a bank line")
        verbose_name_plural = _("explanations of bank lines")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(undone_at=None), name="repayments_bankexplanation_one_open"
            ),
            # One payout left the bank once: a second line of it is a matter for a person.
            models.UniqueConstraint(
                fields=["disbursement"],
                condition=Q(undone_at=None, disbursement__isnull=False),
                name="repayments_bankexplanation_payout_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.reason}"
