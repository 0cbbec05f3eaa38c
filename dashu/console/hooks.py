"""The partner's webhook endpoints: entered, verified, tested, changed, and given new secrets."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from dashu.api.webhooks.challenges import one_challenge
from dashu.console.acting import ask, ask_surely, show_secret, tell
from dashu.console.forms import EndpointForm, SinceForm, SureForm
from dashu.console.gate import ConsoleRequest, for_partners
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of
from dashu.web.posting import sent_from
from dashu.webhooks.challenging import ChallengeFailed, challenge
from dashu.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dashu.webhooks.services.endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    note_verified,
    rotate_secret,
    send_test,
)
from dashu.webhooks.services.positions import place_events
from dashu.webhooks.services.replaying import replay_dead, replay_since

Status = WebhookEndpoint.Status
_TONES = {Status.ENABLED: ("good", "circle-check"), Status.UNVERIFIED: ("soon", "clock")}
_PAGE = sent_from("console:endpoint", "key")


def own_endpoints(request: ConsoleRequest) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.visible_to(request.user).filter(partner=request.partner).kept()


def shown_endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """:returns: the row with how its state is drawn, and since when it fails."""
    tone, icon = _TONES.get(Status(endpoint.status), ("late", "pause"))
    if endpoint.status == Status.ENABLED and endpoint.failing_since:
        tone, icon = "soon", "triangle-alert"
    return {"row": endpoint, "tone": tone, "icon": icon, "is_changing": _is_changing(endpoint)}


@for_partners
@require_GET
def hooks(request: ConsoleRequest) -> HttpResponse:
    found = own_endpoints(request).annotate(**_counts()).order_by("-pk")
    return render(request, "console/hooks.html", {"endpoints": [shown_endpoint(each) for each in found]})


@for_partners
@require_GET
def endpoint(request: ConsoleRequest, key: UUID) -> HttpResponse:
    place_events()
    found = get_object_or_404(own_endpoints(request).annotate(**_counts()), key=key)
    return render(request, "console/hook.html", shown_endpoint(found))


@for_partners
@require_http_methods(["GET", "POST"])
def new_endpoint(request: ConsoleRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)

    def act() -> HttpResponse:
        made = create_endpoint(
            partner_id=request.partner.pk, now=lender_now(), actor=actor_of(request), **form.cleaned_data
        )
        tell(request, "endpoint_created", made.url)
        return _show(request, made)

    return ask_surely(
        request,
        form,
        act=act,
        back=reverse("console:hooks"),
        back_text=pgettext("console", "Webhooks"),
        title=_("New endpoint"),
        text=_("Nothing but a challenge is sent to it before it is verified. Its secret is shown once."),
        button=_("Enter it"),
    )


@for_partners
@require_http_methods(["GET", "POST"])
def change(request: ConsoleRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(own_endpoints(request), key=key)
    kept = {"url": found.url, "description": found.description, "types": found.types}
    form = EndpointForm(request.POST or None, initial=kept)

    def act() -> str:
        changes = {name: value for name, value in form.cleaned_data.items() if value != kept[name]}
        change_endpoint(endpoint_id=found.pk, changes=changes, now=lender_now(), actor=actor_of(request))
        tell(request, "endpoint_changed", found.url)
        return _("Noted. It holds from now on.")

    text = _("Another address has to be verified before anything is sent to it.")
    return _ask_about(request, found, form, act, title=_("Change the endpoint"), text=text, button=_("Save"))


@for_partners
@require_http_methods(["GET", "POST"])
def new_secret(request: ConsoleRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(own_endpoints(request), key=key)

    def act() -> HttpResponse:
        changed = rotate_secret(endpoint_id=found.pk, now=lender_now(), actor=actor_of(request))
        tell(request, "endpoint_secret", found.url)
        return _show(request, changed)

    text = _("The new secret is shown once. For 24 hours the one before signs beside it.")
    return _ask_about(
        request, found, _sure(request), act, title=_("New secret"), text=text, button=_("Make a new secret")
    )


@for_partners
@require_http_methods(["GET", "POST"])
def delete(request: ConsoleRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(own_endpoints(request), key=key)

    def act() -> HttpResponse:
        delete_endpoint(endpoint_id=found.pk, now=lender_now(), actor=actor_of(request))
        tell(request, "endpoint_deleted", found.url)
        messages.success(request, _("The endpoint is deleted. What waited for it is not sent any more."))
        return redirect("console:hooks")

    text = _("What waits for it is not sent any more. The events feed keeps everything for 90 days.")
    return _ask_about(
        request, found, _sure(request), act, title=_("Delete the endpoint"), text=text, button=_("Delete it")
    )


@for_partners
@require_http_methods(["GET", "POST"])
def replay(request: ConsoleRequest, key: UUID) -> HttpResponse:
    """Send again everything since a moment; what the receiver has it knows by its id."""
    found = get_object_or_404(own_endpoints(request), key=key)
    form = SinceForm(request.POST or None)

    def act() -> str:
        since = form.cleaned_data["since"]
        count = replay_since(endpoint_id=found.pk, since=since, now=lender_now(), actor=actor_of(request))
        return _("On their way again: %(count)s.") % {"count": count}

    return ask(
        request,
        form,
        act=act,
        back=_page_of(found),
        back_text=found.url,
        title=_("Send everything since a moment again"),
        text=_("Whether it was sent before or never. Each keeps its id, so your receiver knows what it has already."),
        button=_("Send again"),
    )


@for_partners
@_PAGE
def replay_given_up(request: ConsoleRequest, key: UUID) -> HttpResponse:
    def act(found: WebhookEndpoint) -> str:
        count = replay_dead(endpoint_id=found.pk, now=lender_now(), actor=actor_of(request))
        return _("On their way again: %(count)s.") % {"count": count}

    return _act(request, key, act)


@for_partners
@_PAGE
def verify(request: ConsoleRequest, key: UUID) -> HttpResponse:
    def act(found: WebhookEndpoint) -> str:
        now = lender_now()
        with one_challenge(found.partner_id):
            challenge(found, now=now)
        note_verified(endpoint_id=found.pk, url=found.url, now=now, actor=actor_of(request))
        return _("The endpoint echoed the challenge. Events are sent to it from now on.")

    return _act(request, key, act)


@for_partners
@_PAGE
def test(request: ConsoleRequest, key: UUID) -> HttpResponse:
    def act(found: WebhookEndpoint) -> str:
        send_test(endpoint_id=found.pk, actor=actor_of(request))
        return _("A test event is on its way. It is among the deliveries in a moment.")

    return _act(request, key, act)


@for_partners
@_PAGE
def switch(request: ConsoleRequest, key: UUID) -> HttpResponse:
    is_wanted = request.POST.get("enabled") == "1"

    def act(found: WebhookEndpoint) -> str:
        change_endpoint(endpoint_id=found.pk, changes={"enabled": is_wanted}, now=lender_now(), actor=actor_of(request))
        return _("Events are sent to it from now on.") if is_wanted else _("Nothing is sent to it from now on.")

    return _act(request, key, act)


def _act(request: ConsoleRequest, key: UUID, act: Callable[[WebhookEndpoint], str]) -> HttpResponse:
    found = get_object_or_404(own_endpoints(request), key=key)
    try:
        messages.success(request, act(found))
    except DomainError as refusal:
        messages.error(request, " ".join([str(refusal.user_message), *_reason(refusal)]))
    return redirect(_page_of(found))


def _reason(refusal: DomainError) -> list[str]:
    """Say what came back instead of the challenge, where something is known of it."""
    if not isinstance(refusal, ChallengeFailed):
        return []
    reason, status = str(refusal.details.get("reason", "")).upper(), refusal.details.get("status")
    said = [WebhookAttempt.Failure(reason).label] if reason in WebhookAttempt.Failure.values else []
    return [f"({', '.join([*(str(each) for each in said), *([f'HTTP {status}'] if status else [])])})"]


def _ask_about(
    request: ConsoleRequest, found: WebhookEndpoint, form: Any, act: Callable[[], Any], **words: Any
) -> HttpResponse:
    return ask_surely(request, form, act=act, back=_page_of(found), back_text=found.url, **words)


def _show(request: ConsoleRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    return show_secret(
        request,
        endpoint.secret,
        back=_page_of(endpoint),
        title=_("The secret of your endpoint"),
        name=endpoint.url,
        text=_("Copy it now to your receiver, which checks signatures with it. It is not shown here again."),
    )


def _sure(request: ConsoleRequest) -> SureForm:
    return SureForm(request.POST if request.method == "POST" else None)


def _page_of(endpoint: WebhookEndpoint) -> str:
    return reverse("console:endpoint", args=[endpoint.key])


def _is_changing(endpoint: WebhookEndpoint) -> bool:
    return endpoint.previous_until is not None and lender_now() < endpoint.previous_until


def _counts() -> dict[str, Any]:
    states = WebhookDelivery.Status
    return {
        "dead": Count("deliveries", filter=Q(deliveries__status=states.DEAD)),
        "waiting": Count("deliveries", filter=Q(deliveries__status=states.PENDING)),
    }
