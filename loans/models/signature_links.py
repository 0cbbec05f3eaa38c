"""How an applicant without a login signs: the link that a partner hands on, and the code that opens it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models.applications import Application
from loans.models.codes import OneTimeCode


class SignatureLink(models.Model):
    """
    A link by which an applicant reads and signs in our pages, without signing in.

    It opens a page and nothing else: whoever opens it first enters a code that is sent to the applicant's own phone.

    :ivar public_id: what the token follows from, by a key that is not in the database; so it is never stored.
    :ivar token_hash: a keyed hash of the token.
    :ivar return_url: where the partner's own pages go on.
    :ivar opened_at: when the page was opened first.
    :ivar confirmed_at, confirmation_hash: when a code was entered last, and of the secret that the browser got then.
    :ivar declined_at: when the applicant said there that they do not want the loan.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="signature_links", verbose_name=_("application")
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    return_url = models.URLField(_("goes on at"), max_length=500, blank=True, default="", db_default="")
    phone_shown = models.CharField(_("bound to the phone"), max_length=32)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("holds until"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmation_hash = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
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
