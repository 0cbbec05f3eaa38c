"""The outbox, for reading: what was told to whom, when, and what is still waiting."""

from django.contrib import admin
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import Rendered, render
from dashu.read_only_admin import ReadOnlyAdmin


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["id", "borrower", "channel", "subject_shown", "status", "not_before", "sent_at", "attempts"]
    list_select_related = ["borrower"]
    list_filter = ["status", "channel", "template"]
    search_fields = ["=borrower__number", "=dedupe_key"]
    search_help_text = _("A borrower's number or a message's key")
    fields = [
        ("borrower", "loan_id"),
        ("channel", "language", "template"),
        "subject_shown",
        "body_shown",
        ("status", "attempts", "error"),
        ("created_at", "not_before", "sent_at"),
        ("dedupe_key", "provider_reference"),
    ]
    readonly_fields = [
        "borrower",
        "loan_id",
        "channel",
        "language",
        "template",
        "subject_shown",
        "body_shown",
        "status",
        "attempts",
        "error",
        "created_at",
        "not_before",
        "sent_at",
        "dedupe_key",
        "provider_reference",
    ]
    ordering = ["-id"]

    @admin.display(description=_("subject line"))
    def subject_shown(self, message: OutboxMessage) -> str:
        return _text_of(message).subject

    @admin.display(description=_("text"))
    def body_shown(self, message: OutboxMessage) -> SafeString:
        return format_html(
            '<div class="prose">{}</div>', SafeString(linebreaks(_text_of(message).body, autoescape=True))
        )


def _text_of(message: OutboxMessage) -> Rendered:
    """Return what was said, or what will be said; a message that cannot be written shows why."""
    if message.status == OutboxMessage.Status.SENT:
        return Rendered(message.subject, message.body)
    try:
        return render(message.template, message.params, message.language)
    except DomainError as error:
        return Rendered(str(error), "")
