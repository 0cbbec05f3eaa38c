"""Papers that were issued about a loan."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.documents.codes import grouped
from dashu.users.models import Viewer
from dashu.users.sealing import SealedBytes, SealedJSON
from loans.models import Loan


class IssuedDocumentQuerySet(models.QuerySet["IssuedDocument"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the papers about the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))


class IssuedDocument(models.Model):
    """
    A paper that was issued: what it says, its files, and the code by which anyone can check it.

    What it says never changes. A paper that turned out wrong is revoked, and the public page says so.

    :ivar code: without dashes, see `dashu.documents.codes`.
    :ivar facts: what the paper says, as plain values, sealed; the words around them are those of the language.
    :ivar facts_digest: sha256 of what makes it the same paper again: asked for twice, the first one is returned.
    """

    class Kind(models.TextChoices):
        SETTLEMENT_CERTIFICATE = "SETTLEMENT_CERTIFICATE", _("Settlement certificate")
        STATEMENT_OF_ACCOUNT = "STATEMENT_OF_ACCOUNT", _("Statement of account")
        AMENDMENT = "AMENDMENT", _("Amendment of the contract")
        PLAN_CERTIFICATE = "PLAN_CERTIFICATE", _("Certificate of a completed plan")

    class Revocation(models.TextChoices):
        RUNS_AGAIN = "RUNS_AGAIN", _("A payment did not hold, so the loan is running again.")
        CORRECTED = "CORRECTED", _("The day on which the loan was paid off was corrected.")
        BY_STAFF = "BY_STAFF", _("The lender took it back.")

    LETTERS: ClassVar[dict[str, str]] = {
        "SETTLEMENT_CERTIFICATE": "SC",
        "STATEMENT_OF_ACCOUNT": "SA",
        "AMENDMENT": "AM",
        "PLAN_CERTIFICATE": "PC",
    }

    code = models.CharField(_("verification code"), max_length=16, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="documents", verbose_name=_("loan"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    issued_at = models.DateTimeField(_("issued at"))
    as_of = models.DateField(_("as of"))
    facts = SealedJSON(_("what it says"))
    facts_digest = models.CharField(_("digest of what it says"), max_length=64)
    actor = models.TextField(_("issued by"))
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_reason = models.CharField(
        _("why it was revoked"), max_length=12, choices=Revocation, blank=True, default=""
    )
    revoked_note = models.TextField(_("note"), blank=True, default="")
    revoked_by = models.TextField(_("revoked by"), blank=True, default="")

    objects = IssuedDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        ordering = ["-id"]
        permissions = [
            ("issue_issueddocument", "Can issue documents"),
            ("revoke_issueddocument", "Can revoke documents"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["loan", "kind", "language", "facts_digest"],
                condition=Q(revoked_at=None),
                name="repayments_document_once",
            )
        ]
        indexes = [
            # What the sweep reads: certificates that still stand.
            models.Index(
                fields=["loan"],
                condition=Q(revoked_at=None, kind="SETTLEMENT_CERTIFICATE"),
                name="repayments_certificate_stands",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number on the paper, such as "DS-SC-20260316-000012"."""
        return f"DS-{self.LETTERS[self.kind]}-{self.facts['issued_on'].replace('-', '')}-{self.pk:06d}"

    @property
    def code_shown(self) -> str:
        return grouped(self.code)


class IssuedFile(models.Model):
    """
    One file of a paper, byte for byte as it was issued, sealed.

    The bytes are kept: a newer typesetter would make other bytes of the same facts, and then nobody could compare the
    file in hand with the digest on the public page.
    """

    class Format(models.TextChoices):
        PDF = "PDF", "PDF"
        XLSX = "XLSX", "XLSX"

    pk = models.CompositePrimaryKey("document_id", "format")
    document = models.ForeignKey(
        IssuedDocument, on_delete=models.PROTECT, related_name="files", db_index=False, verbose_name=_("document")
    )
    format = models.CharField(_("format"), max_length=4, choices=Format)
    content = SealedBytes(_("content"))
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("file of a document")
        verbose_name_plural = _("files of documents")

    def __str__(self) -> str:
        return f"{self.document_id} {self.format}"
