"""Whom an application names beside the applicant: a business, guarantors, the bank of a card."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dashu.kernel.masking import masked_card_number, masked_id_number, masked_name, masked_phone
from dashu.users.sealing import SealedText
from loans.domain.card_issuers import Belonging, issuer_table
from loans.models.applications import Application


class Business(models.Model):
    """
    The business that a loan is for. The applicant answers for it and signs.

    :ivar credit_code: the unified social credit code, which is public.
    """

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="business", verbose_name=_("application")
    )
    name = models.CharField(_("name of the business"), max_length=120)
    credit_code = models.CharField(_("unified social credit code"), max_length=18, db_index=True)

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")

    def __str__(self) -> str:
        return self.name


class Guarantor(models.Model):
    """
    Somebody who answers for a share of a business loan. They agree and sign themselves, see `loans.models.guarantees`.

    :ivar phone: 11 digits; the link and the code to sign with go there. None: named before it was asked for.
    :ivar share_bps: of what is owed, basis points; all guarantors together answer for at most the whole.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="guarantors", verbose_name=_("application")
    )
    name = SealedText(_("legal name"))
    number = SealedText(_("number"))
    number_index = models.CharField(max_length=64, db_index=True, editable=False)
    phone = SealedText(_("phone"), null=True)
    share_bps = models.PositiveIntegerField(_("share (bps)"))

    class Meta:
        verbose_name = _("guarantor")
        verbose_name_plural = _("guarantors")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number_index"], name="loans_guarantor_once"),
            models.CheckConstraint(
                condition=Q(share_bps__gt=0, share_bps__lte=10_000), name="loans_guarantor_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.share_bps}"

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)

    @property
    def masked_number(self) -> str:
        return masked_id_number(self.number)

    @property
    def masked_phone(self) -> str:
        return masked_phone(self.phone) if self.phone else ""


class CardToPay(models.Model):
    """
    The credit card that a card-repayment loan pays off. The money goes to its issuer, never to the borrower.

    :ivar issuer_code: of `loans.domain.card_issuers`; empty: a bank that is not in that table.
    :ivar issuer: the bank's Chinese name, or the name as it was typed.
    """

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="card", verbose_name=_("application")
    )
    issuer_code = models.CharField(_("issuer's code"), max_length=12, blank=True, default="", db_default="")
    issuer = models.CharField(_("issuer"), max_length=60)
    number = SealedText(_("card number"))
    number_index = models.CharField(max_length=64, db_index=True, editable=False)

    class Meta:
        verbose_name = _("card to pay off")
        verbose_name_plural = _("cards to pay off")

    def __str__(self) -> str:
        return f"{self.issuer} {self.application_id}"

    @property
    def masked_number(self) -> str:
        return masked_card_number(self.number)

    @property
    def issuer_shown(self) -> str:
        """The bank's name in the reader's language, as far as it is known."""
        issuer = issuer_table().issuers.get(self.issuer_code)
        return issuer.name(get_language() or "en") if issuer else self.issuer

    @property
    def belonging(self) -> Belonging:
        """What its number says of the bank that is named for it, by the table of today's program."""
        return issuer_table().belonging(self.number, self.issuer_code)

    def is_of(self, lender: str) -> bool:
        """Whether a lender that the credit bureau names is the bank of this card."""
        issuer = issuer_table().issuers.get(self.issuer_code)
        return issuer.is_called(lender) if issuer else self.issuer == lender
