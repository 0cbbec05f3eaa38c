"""How guarantors agree themselves: the link to their own page, the code they sign with, and what they answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.sealing import SealedText
from loans.models.codes import OneTimeCode
from loans.models.parties import Guarantor
from loans.models.reviews import Offer


class GuarantorLink(models.Model):
    """
    A link to the page of one guarantor, for one cost sheet: if a figure changes, another link is needed.

    It opens the page and nothing else; who opens it has to confirm who they are there.

    :ivar figures_digest: of the sheet without its dates, as `Disclosure` has it.
    :ivar token_hash: a keyed hash; the token itself is kept, sealed, only until it is sent.
    :ivar expires_at: counted from the sending, since it may wait for the morning.
    :ivar wrong_tries: at confirming who it is; too many end the link.
    :ivar confirmation_hash: of the secret that the browser got in which it was confirmed last.
    """

    guarantor = models.ForeignKey(
        Guarantor, on_delete=models.PROTECT, related_name="links", verbose_name=_("guarantor")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("offer")
    )
    figures_digest = models.CharField(_("digest of the figures"), max_length=64)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sealed_token = SealedText(null=True)
    phone_shown = models.CharField(_("sent to"), max_length=32)
    made_at = models.DateTimeField(_("made at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("holds until"))
    wrong_tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmation_hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("link of a guarantor")
        verbose_name_plural = _("links of guarantors")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(sealed_token__isnull=False), name="loans_guarantor_link_to_send"
            )
        ]

    def __str__(self) -> str:
        return f"{self.guarantor_id} {self.made_at:%Y-%m-%d %H:%M}"


class GuarantorCode(OneTimeCode):
    """
    A one-time code by which a guarantor signs, sent to their phone. See `SigningCode`, which is the applicant's.

    :ivar link: under which it was asked for, and by this the sheet that it is for.
    """

    PURPOSE = "loans.guarantor_code"

    link = models.ForeignKey(
        GuarantorLink, on_delete=models.PROTECT, related_name="codes", verbose_name=_("link of a guarantor")
    )

    class Meta:
        verbose_name = _("signing code of a guarantor")
        verbose_name_plural = _("signing codes of guarantors")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(sealed_code__isnull=False), name="loans_guarantor_code_to_send"
            )
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.made_at:%Y-%m-%d %H:%M}"


class GuaranteeAnswer(models.Model):
    """
    What a guarantor answered to one cost sheet; the latest line holds.

    Lines are only ever added; a trigger refuses the rest.

    :ivar sheet_digest: of the sheet of the day on which it was read.
    :ivar evidence: who answered what, when, how and from where; its digest is printed in the contract.
    """

    class Kind(models.TextChoices):
        SIGNED = "SIGNED", _("Agreed and signed")
        DECLINED = "DECLINED", _("Declined")

    guarantor = models.ForeignKey(
        Guarantor, on_delete=models.PROTECT, related_name="answers", verbose_name=_("guarantor")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("offer")
    )
    figures_digest = models.CharField(_("digest of the figures"), max_length=64)
    sheet_digest = models.CharField(_("digest of the cost sheet"), max_length=64)
    kind = models.CharField(_("answer"), max_length=8, choices=Kind)
    at = models.DateTimeField(_("at"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    evidence = models.JSONField(_("evidence"))
    evidence_digest = models.CharField(_("digest of the evidence"), max_length=64)

    class Meta:
        verbose_name = _("answer of a guarantor")
        verbose_name_plural = _("answers of guarantors")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.guarantor_id} {self.kind}"
