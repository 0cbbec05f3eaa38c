"""What comes between a chosen offer and the money: the costs that were read, the signature, the contract."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.documents.codes import grouped
from dashu.kernel.masking import masked_card_number
from dashu.users.models import User, Viewer
from dashu.users.sealing import SealedBytes, SealedJSON, SealedText
from loans.models.applications import Application
from loans.models.codes import OneTimeCode
from loans.models.loans import Loan
from loans.models.reviews import Offer


class Disclosure(models.Model):
    """
    The reading of one cost sheet by the applicant, from opening it to the answers that show it was understood.

    A sheet whose dates alone moved, because another day has begun, is the same sheet: `figures_digest` leaves the dates
    out, `sheet_digest` is the one of the day on which it was read last.

    :ivar tries: each answering, `{"at", "answers", "wrong"}`; how often it took decides nothing.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("application")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="disclosures", db_index=False, verbose_name=_("offer")
    )
    figures_digest = models.CharField(_("digest of the figures"), max_length=64)
    sheet_digest = models.CharField(_("digest of the cost sheet"), max_length=64)
    opened_at = models.DateTimeField(_("opened at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    tries = models.JSONField(_("answers"), default=list)
    passed_at = models.DateTimeField(_("understood at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reading of a cost sheet")
        verbose_name_plural = _("readings of cost sheets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "figures_digest"], name="loans_disclosure_once_per_figures")
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.sheet_digest[:8]}"


class SigningCode(OneTimeCode):
    """
    A one-time code by which an applicant signs, sent to their phone.

    It is for one cost sheet and one account to pay out to: if either changes, another code is needed.
    """

    PURPOSE = "loans.signing_code"

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="signing_codes", verbose_name=_("application")
    )
    sheet_digest = models.CharField(_("digest of the cost sheet"), max_length=64)
    bank = models.CharField(_("bank"), max_length=60, blank=True, default="")
    account_number = SealedText(_("account to pay out to"), null=True)

    class Meta:
        verbose_name = _("signing code")
        verbose_name_plural = _("signing codes")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(sealed_code__isnull=False), name="loans_code_to_forget")
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.made_at:%Y-%m-%d %H:%M}"

    @property
    def account_shown(self) -> str:
        """The account masked, for a page, in one piece."""
        return masked_card_number(self.account_number).replace(" ", "\u00a0") if self.account_number else ""


class LoanContractQuerySet(models.QuerySet["LoanContract"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the contracts that this person may see: a borrower's own, a partner's own, all for staff."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self.all()
        if user.role == User.Role.PARTNER:
            return self.filter(application__partner__user=user, application__partner__is_active=True)
        return self.filter(application__borrower__user=user)


class LoanContract(models.Model):
    """
    A contract as it was signed: what it says, the paper byte for byte, and the evidence of the signature.

    What was signed never changes (migration 0024); facts and paper are sealed. Only what happens after it does: the
    account to pay out to, where the first one failed, and the withdrawal. The loans that it makes are its tranches:
    one, or one for each part.

    :ivar facts: see `loans.papers.contract.ContractFacts`.
    :ivar code: under which anyone can check the paper.
    :ivar evidence: who signed what, when, how and from where; its digest is printed on the paper.
    :ivar account_number: the borrower's own account; None for a card that is paid off.
    :ivar withdrawn_at: when the last of its tranches had ended without a debt.
    """

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="contract", verbose_name=_("application")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("offer")
    )
    number = models.CharField(_("contract number"), max_length=40, unique=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    facts = SealedJSON(_("facts"))
    facts_digest = models.CharField(_("digest of the facts"), max_length=64)
    pdf = SealedBytes(_("paper"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    code = models.CharField(_("code"), max_length=16, unique=True)
    signed_at = models.DateTimeField(_("signed at"))
    evidence = models.JSONField(_("evidence"))
    evidence_digest = models.CharField(_("digest of the evidence"), max_length=64)
    bank = models.CharField(_("bank"), max_length=60, blank=True, default="")
    account_number = SealedText(_("account to pay out to"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = LoanContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed contract")
        verbose_name_plural = _("signed contracts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def code_shown(self) -> str:
        return grouped(self.code)

    @property
    def masked_account(self) -> str:
        return masked_card_number(self.account_number) if self.account_number else ""

    @property
    def first_loan(self) -> Loan:
        """That of the first part, or of the only one."""
        return self.tranches.select_related("loan").get(number=1).loan


class TrancheQuerySet(models.QuerySet["Tranche"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the tranches of the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))

    def waiting(self) -> Self:
        """Return those whose money has neither been paid out nor been declined."""
        return self.filter(loan__status=Loan.Status.APPROVED)


class Tranche(models.Model):
    """
    One part of the money of a contract: a loan of its own, with its own day, schedule, payout and cooling-off.

    Which loan is which part of which contract never changes; a trigger sees to it.

    :ivar number: its place among the parts, from 1; 1 for a loan in one sum.
    :ivar agreed_on: the day that the contract names; the loan begins on it, or on the later day of the payout.
    :ivar cooling_off_until: the last day on which it can be given back; None before the payout.
    :ivar ended_at: when it was declined, cancelled or given back; it never was a debt, or is none any more.
    """

    contract = models.ForeignKey(
        LoanContract, on_delete=models.PROTECT, related_name="tranches", db_index=False, verbose_name=_("contract")
    )
    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="tranche", verbose_name=_("loan"))
    number = models.PositiveSmallIntegerField(_("part"))
    agreed_on = models.DateField(_("agreed day"))
    cooling_off_until = models.DateField(_("can be given back until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended without a debt at"), null=True, blank=True)

    objects = TrancheQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a contract")
        verbose_name_plural = _("parts of contracts")
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="loans_tranche_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} #{self.number}"
