"""How an applicant without a login signs: the link that a partner hands on, and the code that opens it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models.applications import Application
from loans.models.codes import OneTimeCode
from loans.models.handed_links import HandedLink


class SignatureLink(HandedLink):
    """
    A link by which an applicant reads and signs.

    :ivar declined_at: when the applicant said there that they do not want the loan.
    """

    PURPOSE = "loans.signature"

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="signature_links", verbose_name=_("application")
    )
    declined_at = models.DateTimeField(_("declined at"), null=True, blank=True)

    class Meta:
        verbose_name = _("signature link")
        verbose_name_plural = _("signature links")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.made_at:%Y-%m-%d %H:%M}"


class SignatureAccessCode(OneTimeCode):
    """A one-time code that shows that whoever opened a signature link holds the applicant's phone. It signs nothing."""

    PURPOSE = "loans.signature_access_code"

    link = models.ForeignKey(
        SignatureLink, on_delete=models.PROTECT, related_name="codes", verbose_name=_("signature link")
    )

    class Meta:
        verbose_name = _("code of a signature link")
        verbose_name_plural = _("codes of signature links")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(sealed_code__isnull=False), name="loans_access_code_to_forget"
            )
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.made_at:%Y-%m-%d %H:%M}"
