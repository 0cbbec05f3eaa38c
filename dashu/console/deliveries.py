"""What became of each event at each endpoint, try by try, and the events themselves."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashu.console.filters import DeliveryFilter, EventFilter, is_narrowed
from dashu.console.gate import ConsoleRequest, for_partners
from dashu.console.hooks import own_endpoints
from dashu.console.listing import page_of
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of
from dashu.web.posting import sent_from
from dashu.webhooks.models import PartnerEvent, WebhookAttempt, WebhookDelivery
from dashu.webhooks.payloads import payload_of
from dashu.webhooks.services.positions import place_events
from dashu.webhooks.services.replaying import replay_delivery

Status = WebhookDelivery.Status
TONES = {
    Status.DELIVERED: ("good", "circle-check"),
    Status.PENDING: ("calm", "clock"),
    Status.DEAD: ("late", "circle-alert"),
    Status.CANCELLED: ("calm", "circle-x"),
}


def own_deliveries(request: ConsoleRequest) -> QuerySet[WebhookDelivery]:
    mine = WebhookDelivery.objects.visible_to(request.user).filter(endpoint__in=own_endpoints(request))
    return mine.select_related("event", "endpoint")


def own_events(request: ConsoleRequest) -> QuerySet[PartnerEvent]:
    mine = PartnerEvent.objects.visible_to(request.user).filter(partner=request.partner)
    return mine.exclude(position=None)


@for_partners
@require_GET
def deliveries(request: ConsoleRequest) -> HttpResponse:
    place_events()
    form = DeliveryFilter(request.GET, endpoints=own_endpoints(request))
    page = page_of(request, form.narrow(own_deliveries(request)))
    rows = [_shown(each) for each in page.rows]
    shown = {"form": form, "is_narrowed": is_narrowed(form), "page": page, "rows": rows}
    return render(request, "console/deliveries.html", shown)


@for_partners
@require_GET
def delivery(request: ConsoleRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(own_deliveries(request), key=key)
    tries = WebhookAttempt.objects.visible_to(request.user).filter(delivery=found).order_by("-number")[:50]
    text = _text_of(found.event, version=found.endpoint.version)
    return render(request, "console/delivery.html", {**_shown(found), "tries": tries, "payload": text})


@for_partners
@sent_from("console:delivery", "key")
def replay(request: ConsoleRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(own_deliveries(request), key=key)
    try:
        replay_delivery(delivery_id=found.pk, now=lender_now(), actor=actor_of(request))
        messages.success(request, _("It is on its way again, under the same id."))
    except DomainError as refusal:
        messages.error(request, refusal.user_message)
    return redirect("console:delivery", key)


@for_partners
@require_GET
def events(request: ConsoleRequest) -> HttpResponse:
    place_events()
    form = EventFilter(request.GET)
    page = page_of(request, form.narrow(own_events(request)), by="position")
    return render(request, "console/events.html", {"form": form, "is_narrowed": is_narrowed(form), "page": page})


@for_partners
@require_GET
def event(request: ConsoleRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(own_events(request), key=key)
    sent = [_shown(each) for each in own_deliveries(request).filter(event=found).order_by("-pk")]
    return render(request, "console/event.html", {"event": found, "payload": _text_of(found), "sent": sent})


def _shown(delivery: WebhookDelivery) -> dict[str, Any]:
    tone, icon = TONES[Status(delivery.status)]
    return {"row": delivery, "tone": tone, "icon": icon}


def _text_of(event: PartnerEvent, **options: Any) -> str:
    return json.dumps(payload_of(event, **options), ensure_ascii=False, indent=2)
