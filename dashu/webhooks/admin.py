"""Endpoints of partners and what is brought to them, for reading; what was given up can be sent again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from dashu.users.actors import actor_of
from dashu.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dashu.webhooks.services.replaying import replay_delivery

ENDPOINT_TONES = {"ENABLED": "success", "DISABLED": "danger", "UNVERIFIED": "warning"}
DELIVERY_TONES = {"DELIVERED": "success", "DEAD": "danger", "PENDING": "info"}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ["url", "partner", "status_shown", "disabled_reason", "failing_since", "verified_at"]
    list_select_related = ["partner"]
    list_filter = ["status", "disabled_reason", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["=partner__code", "=key"]
    search_help_text = _("A partner's code or the id of an endpoint")
    ordering = ["-pk"]
    fields = [
        ("partner", "key"),
        ("url", "description"),
        ("types", "version"),
        ("status", "disabled_reason", "disabled_at"),
        ("verified_at", "failing_since", "paused_until"),
        ("created_at", "deleted_at"),
    ]
    readonly_fields = [name for row in fields for name in row]

    @display(description=_("status"), label=ENDPOINT_TONES)
    def status_shown(self, endpoint: WebhookEndpoint) -> tuple[str, str]:
        return endpoint.status, endpoint.get_status_display()


class AttemptInline(ReadOnlyInline):
    model = WebhookAttempt
    fields = ["number", "at", "milliseconds", "status_code", "failure", "answer"]
    readonly_fields = fields
    ordering = ["number"]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["key", "partner", "event_type", "subject", "status_shown", "tried", "next_at", "ended_at"]
    list_select_related = ["event", "endpoint__partner"]
    list_filter = ["status"]
    search_fields = ["=key", "=endpoint__key", "=endpoint__partner__code", "=event__subject"]
    search_help_text = _("The id of a delivery or endpoint, a partner's code, or what an event is about")
    ordering = ["-pk"]
    fields = [
        ("partner", "endpoint"),
        ("event_type", "subject"),
        ("status", "tried"),
        ("created_at", "next_at", "ended_at"),
    ]
    readonly_fields = [name for row in fields for name in row]
    inlines = [AttemptInline]
    actions = ["replay_chosen"]
    actions_detail = ["replay"]

    def has_replay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("webhooks.replay_webhookdelivery")

    @action(description=_("Send again"), url_path="replay", permissions=["replay"], icon="replay")
    def replay(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        self._replay(request, WebhookDelivery.objects.filter(pk=object_id))
        return redirect(reverse("admin:webhooks_webhookdelivery_change", args=[object_id]))

    @admin.action(description=_("Send what is chosen again"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        self._replay(request, queryset)

    def _replay(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        """Each by itself; an endpoint that takes nothing now does not keep the others from being sent."""
        queued = 0
        for delivery in deliveries.order_by("pk"):
            try:
                replay_delivery(delivery_id=delivery.pk, now=lender_now(), actor=actor_of(request))
                queued += 1
            except DomainError as error:
                messages.warning(request, f"{delivery.key}: {error.user_message}")
        if queued:
            messages.success(request, gettext("On their way again: %(count)s.") % {"count": queued})

    @admin.display(description=_("partner"))
    def partner(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.partner.name

    @admin.display(description=_("event"))
    def event_type(self, delivery: WebhookDelivery) -> str:
        return delivery.event.type

    @admin.display(description=_("about"))
    def subject(self, delivery: WebhookDelivery) -> str:
        return delivery.event.subject

    @display(description=_("status"), label=DELIVERY_TONES)
    def status_shown(self, delivery: WebhookDelivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()
