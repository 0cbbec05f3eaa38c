"""The outbox, for reading: what was told to whom, when, and what is still waiting."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.composing import facts_of, give_words, is_composed
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import Rendered
from dashu.messaging.wording import KINDS, Wordings
from dashu.read_only_admin import ReadOnlyAdmin


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["id", "borrower", "channel", "subject_listed", "status", "not_before", "sent_at", "attempts"]
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
    def subject_shown(self, message: OutboxMessage) -> Any:
        return _text_of(message).subject

    @admin.display(description=_("subject line"))
    def subject_listed(self, message: OutboxMessage) -> Any:
        """What waits for its words is named by its kind: writing it would read the loans of every row."""
        if not message.body and is_composed(message):
            return KINDS.get(message.template, message.template)
        return _text_of(message).subject or Truncator(message.body).chars(60)

    @admin.display(description=_("text"))
    def body_shown(self, message: OutboxMessage) -> SafeString:
        return format_html(
            '<div class="prose">{}</div>', SafeString(linebreaks(_text_of(message).body, autoescape=True))
        )


def _text_of(message: OutboxMessage) -> Rendered:
    """Return what was said, or what would be said now; a message that cannot be written shows why."""
    waits = message.status in (OutboxMessage.Status.PENDING, OutboxMessage.Status.SENDING)
    if message.body or (is_composed(message) and not waits):
        return Rendered(message.subject, message.body)
    today = lender_today()
    try:
        facts = facts_of([message], today).get(message.pk)
        if not give_words(message, facts, Wordings.approved() if facts else Wordings(), on=today):
            return Rendered(gettext("Nothing is open any more, so this will not be sent."), "")
    except DomainError as error:
        return Rendered(str(error), "")
    return Rendered(message.subject, message.body)
