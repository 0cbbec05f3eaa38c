"""Dated rules: what held on which day, by which source. The rows mirror the pack files, which are the place to edit."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PolicyRule(models.Model):
    class Confidence(models.TextChoices):
        SEEN = "V", _("Seen in a public source")
        SECONDARY = "S", _("One secondary source")
        MEMORY = "M", _("From memory")
        OWN_POLICY = "P", _("The lender's own policy")

    pack = models.CharField(_("pack"), max_length=20)
    code = models.CharField(_("code"), max_length=80)
    effective_from = models.DateField(_("effective from"))
    effective_to = models.DateField(_("effective to"), null=True, blank=True, help_text=_("The last day, included."))
    value = models.JSONField(_("value"))
    source = models.TextField(_("source"))
    confidence = models.CharField(_("confidence"), max_length=1, choices=Confidence)

    class Meta:
        verbose_name = _("policy rule")
        verbose_name_plural = _("policy rules")
        constraints = [
            models.UniqueConstraint(fields=["pack", "code", "effective_from"], name="policy_rule_starts_once"),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="policy_rule_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack} {self.code} {self.effective_from}"
