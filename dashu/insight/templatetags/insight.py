"""A page of the desk leads to the report of the same subject, for whoever may read it."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashu.insight.links import PAGE
from dashu.insight.registry import report_for

register = template.Library()


@register.simple_tag(takes_context=True)
def report_link(context: dict[str, Any], code: str) -> SafeString | str:
    """Return a line with a link to the report; nothing for a person who may not read it."""
    report = report_for(context["request"].user, code) if "request" in context else None
    if report is None:
        return ""
    words = _("Report: %(title)s") % {"title": report.title}
    return format_html('<p class="staff-note"><a href="{}">{}</a></p>', reverse(PAGE, args=[code]), words)
