"""The rules in force, with their sources. The pack files are the place to change them."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from dashu.policy.models import PolicyRule
from dashu.read_only_admin import ReadOnlyAdmin


@admin.register(PolicyRule)
class PolicyRuleAdmin(ReadOnlyAdmin):
    list_display = ["code", "pack", "effective_from", "effective_to", "short_value", "source", "confidence"]
    list_filter = ["pack", "confidence"]
    search_fields = ["code", "source"]
    fields = ["pack", "code", "effective_from", "effective_to", "full_value", "source", "confidence"]
    readonly_fields = fields
    ordering = ["pack", "code", "effective_from"]

    @admin.display(description=_("value"))
    def short_value(self, rule: PolicyRule) -> str:
        text = json.dumps(rule.value, ensure_ascii=False)
        return text if len(text) <= 60 else f"{text[:59]}…"

    @admin.display(description=_("value"))
    def full_value(self, rule: PolicyRule) -> str:
        return format_html("<pre>{}</pre>", json.dumps(rule.value, ensure_ascii=False, indent=2))
