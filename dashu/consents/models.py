"""
What people agreed to: the texts as they were shown, and a ledger of what was given and withdrawn.

Rows of the ledger are only ever added; a trigger refuses the rest (migration 0002). The latest row of a person and a
purpose is what holds.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower


class Purpose(models.TextChoices):
    PERSONAL_DATA = "PERSONAL_DATA", _("Use of your data for this application")
    CREDIT_REPORT = "CREDIT_REPORT", _("Reading your credit report")
    CREDIT_REPORTING = "CREDIT_REPORTING", _("Reporting your loan to the credit bureau")
    AUTOMATED_DECISION = "AUTOMATED_DECISION", _("A first decision by computer")
    GUARANTOR_DATA = "GUARANTOR_DATA", _("Use of your data for this guarantee")
    GUARANTEE = "GUARANTEE", _("Answering for a share of this loan")
    CASH_FLOW_WATCH = "CASH_FLOW_WATCH", _("Early help: seeing your income or sales")
    CREDIT_WATCH = "CREDIT_WATCH", _("Early help: reading your credit report while a loan runs")
    RELIEF_BY_PARTNER = "RELIEF_BY_PARTNER", _("Asking for easier payments through a partner")


class ConsentText(models.Model):
    """
    One version of what is agreed to for a purpose.

    :ivar title, text: by language: en, zh-Hans, zh-Hant.
    :ivar digest: sha256 of both, so that a text which was changed behind the ledger's back is noticed.
    """

    purpose = models.CharField(_("purpose"), max_length=24, choices=Purpose)
    version = models.PositiveIntegerField(_("version"))
    title = models.JSONField(_("title"))
    text = models.JSONField(_("text"))
    digest = models.CharField(_("digest"), max_length=64)
    loaded_at = models.DateTimeField(_("in use since"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("text of consent")
        verbose_name_plural = _("texts of consent")
        ordering = ["purpose", "-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="consents_text_once")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} v{self.version}"

    @property
    def title_shown(self) -> str:
        return _in_language(self.title)

    @property
    def text_shown(self) -> str:
        return _in_language(self.text)


class ConsentEntry(models.Model):
    """
    One line of the ledger: of a borrower, or of somebody who is none.

    :ivar person: who is no borrower, named by the app that knows them, such as "guarantor:12"; empty for a borrower.
    :ivar about: what it was given for, such as an application's reference; empty: in general.
    :ivar language: in which the text was read.
    """

    class Kind(models.TextChoices):
        GIVEN = "GIVEN", _("Given")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    borrower = models.ForeignKey(
        Borrower,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consents",
        db_index=False,
        verbose_name=_("borrower"),
    )
    person = models.CharField(_("another person"), max_length=40, blank=True, default="", db_default="")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="entries", verbose_name=_("text"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    about = models.CharField(_("about"), max_length=40, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    at = models.DateTimeField(_("at"))
    actor = models.TextField(_("recorded by"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["borrower", "about", "-id"], name="consents_entry_of_person"),
            models.Index(fields=["person", "about", "-id"], condition=~Q(person=""), name="consents_entry_of_other"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(borrower__isnull=False, person="") | (Q(borrower=None) & ~Q(person="")),
                name="consents_entry_is_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person or self.borrower_id} {self.text_id} {self.kind}"


def _in_language(texts: dict[str, Any]) -> str:
    by_language = {language.lower(): text for language, text in texts.items()}
    return str(by_language.get((get_language() or "en").lower()) or texts["en"])
