"""The outbox, for reading: what was told to whom, when, and what is still waiting."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_phone
from dashu.messaging.composing import facts_of, give_words, is_composed
from dashu.messaging.forms import WhyForm
from dashu.messaging.guard import Reason
from dashu.messaging.models import ContactPoint, ContactRefusal, DeliveryReceipt, OptOut, OutboxMessage
from dashu.messaging.services.dead_letters import cancel_message, try_again
from dashu.messaging.templates import Rendered
from dashu.messaging.wording import KINDS, Wordings
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from dashu.users.actors import actor_of

STATUS_TONES = {"SENT": "success", "FAILED": "danger", "BLOCKED": "warning", "PENDING": "info", "SENDING": "info"}
DELIVERY_TONES = {"DELIVERED": "success", "FAILED": "warning", "BOUNCED": "danger", "COMPLAINED": "danger"}


class ReceiptInline(ReadOnlyInline):
    model = DeliveryReceipt
    fields = ["kind", "occurred_at", "received_at", "provider", "event_id"]
    readonly_fields = fields
    ordering = ["occurred_at", "pk"]


class RefusalInline(ReadOnlyInline):
    model = ContactRefusal
    fields = ["at", "stage", "channel", "why", "next_allowed_at"]
    readonly_fields = fields
    ordering = ["pk"]

    @admin.display(description=_("reasons"))
    def why(self, refusal: ContactRefusal) -> str:
        return reasons_text(refusal.reasons)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    of_people = "borrower"
    """What is given up is listed by its status, and can be tried again or cancelled."""

    list_display = [
        "id",
        "borrower",
        "channel",
        "subject_listed",
        "status_shown",
        "delivery_shown",
        "when",
        "error",
    ]
    list_select_related = ["borrower"]
    list_filter = ["status", "delivery", "purpose", "channel", "template"]
    search_fields = ["=borrower__number", "=dedupe_key"]
    search_help_text = _("A borrower's number or a message's key")
    fields = [
        ("borrower", "loan_id"),
        ("purpose", "reminds_on"),
        ("channel", "language"),
        ("template", "wording"),
        "subject_shown",
        "body_shown",
        ("status", "attempts"),
        ("error", "is_uncertain"),
        ("created_at", "not_before"),
        ("sent_at", "address_shown"),
        ("delivery", "delivery_at"),
        ("dedupe_key", "provider_reference"),
    ]
    readonly_fields = [
        "borrower",
        "loan_id",
        "purpose",
        "reminds_on",
        "channel",
        "language",
        "template",
        "subject_shown",
        "body_shown",
        "status",
        "attempts",
        "error",
        "is_uncertain",
        "created_at",
        "not_before",
        "sent_at",
        "delivery",
        "delivery_at",
        "address_shown",
        "dedupe_key",
        "provider_reference",
        "wording",
    ]
    ordering = ["-id"]
    inlines = [ReceiptInline, RefusalInline]
    actions = ["try_again_chosen", "cancel_chosen"]
    actions_detail = ["try_again", "cancel"]

    def get_urls(self) -> list[Any]:
        given_up = self.admin_site.admin_view(self.given_up)
        return [path("given-up/", given_up, name="messaging_outboxmessage_given_up"), *super().get_urls()]

    def given_up(self, request: HttpRequest) -> HttpResponse:
        """List the messages that were given up; an address of its own for the menu."""
        asked = request.GET.copy()
        asked.setdefault("status__exact", OutboxMessage.Status.FAILED.value)
        request.GET = asked  # type: ignore[assignment]
        return self.changelist_view(request)

    def has_rescue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """For one message, only while it is given up: there is nothing to rescue about another."""
        if not request.user.has_perm("messaging.rescue_outboxmessage"):
            return False
        return object_id is None or OutboxMessage.objects.filter(pk=object_id, status="FAILED").exists()

    @action(description=_("Try again"), url_path="try-again", permissions=["rescue"], icon="replay")
    def try_again(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        note = gettext("It keeps its key, and is judged and written anew: what is paid by now is not sent.")

        def carry_out(message: OutboxMessage, reason: str) -> None:
            try_again(message_id=message.pk, reason=reason, now=lender_now(), actor=actor_of(request))

        return self._asked(request, object_id, carry_out, gettext("Try again"), note)

    @action(
        description=_("Cancel this message"),
        url_path="cancel",
        permissions=["rescue"],
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        def carry_out(message: OutboxMessage, reason: str) -> None:
            cancel_message(message_id=message.pk, reason=reason, actor=actor_of(request))

        return self._asked(
            request, object_id, carry_out, gettext("Cancel this message"), gettext("It stays on record.")
        )

    @admin.action(description=_("Try again what was given up"), permissions=["rescue"])
    def try_again_chosen(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        def carry_out(message: OutboxMessage) -> None:
            reason = gettext("Chosen from the list")
            try_again(message_id=message.pk, reason=reason, now=lender_now(), actor=actor_of(request))

        self._each(request, queryset, carry_out)

    @admin.action(description=_("Cancel what was given up"), permissions=["rescue"])
    def cancel_chosen(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        def carry_out(message: OutboxMessage) -> None:
            cancel_message(message_id=message.pk, reason=gettext("Chosen from the list"), actor=actor_of(request))

        self._each(request, queryset, carry_out)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage], carry_out: Callable[[OutboxMessage], None]
    ) -> None:
        """Carry it out for those that were given up, each by itself; others of the choice are left alone."""
        given_up = queryset.filter(status=OutboxMessage.Status.FAILED)
        for message in given_up:
            try:
                carry_out(message)
            except DomainError as error:
                messages.warning(request, f"{message.pk}: {error.user_message}")
        messages.success(request, gettext("Done. The list shows what is still given up."))

    def _asked(
        self,
        request: HttpRequest,
        object_id: Any,
        carry_out: Callable[[OutboxMessage, str], None],
        title: str,
        note: str,
    ) -> HttpResponse:
        message = self.get_object(request, object_id)
        if message is None:
            raise Http404
        form = WhyForm(request.POST or None)
        back = reverse("admin:messaging_outboxmessage_change", args=[message.pk])
        if request.method == "POST" and form.is_valid():
            try:
                carry_out(message, form.cleaned_data["reason"])
            except DomainError as error:
                form.add_error(None, error.user_message)
            else:
                return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "text": f"{message.borrower} · {message.error}",
            "note": note,
            "form": form,
            "button": title,
            "back": back,
        }
        return render(request, "staff/act.html", context)

    @admin.display(description=_("sent or due"), ordering="not_before")
    def when(self, message: OutboxMessage) -> datetime:
        return message.sent_at or message.not_before

    @display(description=_("status"), label=STATUS_TONES)
    def status_shown(self, message: OutboxMessage) -> tuple[str, str]:
        return message.status, message.get_status_display()

    @display(description=_("delivery"), label=DELIVERY_TONES)
    def delivery_shown(self, message: OutboxMessage) -> tuple[str, str]:
        return message.delivery, message.get_delivery_display() or "–"

    @admin.display(description=_("sent to"))
    def address_shown(self, message: OutboxMessage) -> str:
        """A phone is shown to nobody whom the contact guard did not let dial it."""
        return masked_phone(message.address) if message.channel == "SMS" and message.address else message.address

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


@admin.register(OptOut)
class OptOutAdmin(ReadOnlyAdmin):
    of_people = "borrower"
    list_display = ["borrower", "channel", "purpose", "source", "made_at", "ended_at"]
    list_display_links = None
    list_select_related = ["borrower"]
    list_filter = ["purpose", "channel", "source"]
    search_fields = ["=borrower__number"]
    ordering = ["-pk"]


@admin.register(ContactPoint)
class ContactPointAdmin(ReadOnlyAdmin):
    of_people = "borrower"
    """Addresses that were written to, those that do not work first."""

    list_display = ["borrower", "channel", "address", "invalid_since", "failures", "delivered_at", "failed_at"]
    list_display_links = None
    list_select_related = ["borrower"]
    list_filter = ["channel", ("invalid_since", admin.EmptyFieldListFilter)]
    search_fields = ["=borrower__number", "=address_key"]
    search_help_text = _("A borrower's number or a whole e-mail address")
    ordering = ["-pk"]

    @admin.display(description=_("address"))
    def address(self, point: ContactPoint) -> str:
        """An earlier phone is known by its index only."""
        if point.channel != OutboxMessage.Channel.SMS:
            return point.address_key
        is_present = point.address_key == point.borrower.phone_index
        return masked_phone(point.borrower.phone) if is_present else gettext("An earlier phone")


def reasons_text(codes: Iterable[str]) -> str:
    labels = dict(Reason.choices)
    return " · ".join(str(labels.get(code, code)) for code in codes)
