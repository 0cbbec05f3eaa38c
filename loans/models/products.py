"""Products and their dated versions."""

from typing import Any, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dashu.users.models import User
from loans.domain.terms import ProductRules, parse_rules


class Product(models.Model):
    """What the lender offers. Its terms are versions: see `ProductTerms`."""

    class Kind(models.TextChoices):
        CONSUMER = "CONSUMER", _("Consumer loan")
        SME = "SME", _("Business loan")
        CARD_REPAYMENT = "CARD_REPAYMENT", _("Credit-card repayment loan")

    code = models.SlugField(_("code"), unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = models.JSONField(_("name"), help_text=_("One name for each language: zh-Hans, zh-Hant, en."))
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language, else in English."""
        names: dict[str, Any] = {language.lower(): text for language, text in self.name.items()}
        return str(names.get((get_language() or "en").lower()) or names.get("en") or self.code)


class ProductTermsQuerySet(models.QuerySet["ProductTerms"]):
    def published(self) -> Self:
        return self.filter(status=ProductTerms.Status.PUBLISHED)


class ProductTerms(models.Model):
    """
    One version of a product's terms. A loan keeps the version it was made under.

    A draft is written anew until another person has approved it; from then on the version is never edited.

    :ivar request_id: of the approval that was asked for; plain, as approvals know nothing of products.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        SUBMITTED = "SUBMITTED", _("Waiting for approval")
        PUBLISHED = "PUBLISHED", _("Published")

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="versions", verbose_name=_("product"))
    version = models.PositiveIntegerField(_("version"))
    effective_from = models.DateField(_("effective from"))
    terms = models.JSONField(_("terms"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PUBLISHED, db_default=Status.PUBLISHED
    )
    made_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("written by"),
    )
    made_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    request_id = models.BigIntegerField(_("approval"), null=True, blank=True)

    objects = ProductTermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("product version")
        verbose_name_plural = _("product versions")
        ordering = ["product", "-version"]
        permissions = [("write_productterms", "Can write versions of products")]
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="loans_product_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product} v{self.version}"

    @property
    def rules(self) -> ProductRules:
        return parse_rules(self.terms)
