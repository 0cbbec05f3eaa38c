"""The partner's API clients: made, given new secrets, narrowed. Whoever changes one has just proved who they are."""

from collections.abc import Callable
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods
from oauth2_provider.models import Application
from oauth2_provider.scopes import get_scopes_backend

from dashu.api.client_checks import access_of
from dashu.api.services.clients import Secret, end_secret, rotate_secret, set_access
from dashu.api.services.own_clients import create_client, end_tokens, granted_to_new
from dashu.console.acting import ask_surely, show_secret, tell
from dashu.console.forms import AccessForm, EndSecretForm, NewClientForm, RotationForm, SureForm
from dashu.console.gate import ConsoleRequest, for_partners
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of


def own_clients(request: ConsoleRequest) -> QuerySet[Application]:
    """Return the clients of this partner; another's are not among them."""
    return Application.objects.filter(user=request.user, user__partner=request.partner).select_related("access")


@for_partners
@require_GET
def keys(request: ConsoleRequest) -> HttpResponse:
    live = Q(accesstoken__expires__gt=lender_now())
    found = own_clients(request).annotate(
        tokens=Count("accesstoken", filter=live), token_at=Max("accesstoken__created")
    )
    return render(request, "console/keys.html", {"clients": [_shown(each) for each in found.order_by("name", "pk")]})


@for_partners
@require_GET
def key(request: ConsoleRequest, client_id: str) -> HttpResponse:
    live = Q(accesstoken__expires__gt=lender_now())
    client = get_object_or_404(
        own_clients(request).annotate(tokens=Count("accesstoken", filter=live), token_at=Max("accesstoken__created")),
        client_id=client_id,
    )
    return render(request, "console/key.html", {"client": _shown(client)})


@for_partners
@require_http_methods(["GET", "POST"])
@sensitive_variables("secret")
def new_key(request: ConsoleRequest) -> HttpResponse:
    form = NewClientForm(request.POST or None, granted=granted_to_new(request.partner))

    def act() -> HttpResponse:
        client, secret = create_client(
            partner_id=request.partner.pk, now=lender_now(), actor=actor_of(request), **form.cleaned_data
        )
        tell(request, "client_created", client.name)
        return _show(request, client, secret)

    return ask_surely(
        request,
        form,
        back=reverse("console:keys"),
        back_text=pgettext("console", "Keys"),
        act=act,
        title=_("New key"),
        text=_("One for each program is best: then each can be ended by itself. Its secret is shown once."),
        button=_("Make the key"),
    )


@for_partners
@require_http_methods(["GET", "POST"])
@sensitive_variables("secret")
def new_secret(request: ConsoleRequest, client_id: str) -> HttpResponse:
    client = get_object_or_404(own_clients(request), client_id=client_id)
    form = RotationForm(request.POST or None)

    def act() -> HttpResponse:
        secret = rotate_secret(application_id=client.pk, now=lender_now(), grace=form.grace, actor=actor_of(request))
        tell(request, "secret_rotated", client.name)
        return _show(request, client, secret)

    text = _("The new secret is shown once. The one so far stays good beside it for some days.")
    return _ask_about(request, client, form, act, title=_("New secret"), text=text, button=_("Make a new secret"))


@for_partners
@require_http_methods(["GET", "POST"])
def end_one_secret(request: ConsoleRequest, client_id: str) -> HttpResponse:
    client = get_object_or_404(own_clients(request), client_id=client_id)
    form = EndSecretForm(request.POST or None)

    def act() -> str:
        which = Secret(form.cleaned_data["which"])
        end_secret(application_id=client.pk, which=which, now=lender_now(), actor=actor_of(request))
        tell(request, "secret_ended", client.name)
        return _("The secret has ended.")

    text = _("It ends at once, with every token of this client. Its programs get new ones with the other secret.")
    return _ask_about(request, client, form, act, title=_("End a secret"), text=text, button=_("End it now"))


@for_partners
@require_http_methods(["GET", "POST"])
def access(request: ConsoleRequest, client_id: str) -> HttpResponse:
    client = get_object_or_404(own_clients(request), client_id=client_id)
    form = AccessForm(request.POST or None, access=access_of(client))

    def act() -> str:
        set_access(application_id=client.pk, actor=actor_of(request), **form.cleaned_data)
        tell(request, "access_set", client.name)
        return _("Noted. It holds from now on, also for tokens that are out.")

    text = _("Give each program no more than it needs. Calls from elsewhere are refused from now on.")
    return _ask_about(request, client, form, act, title=_("Scopes and networks"), text=text, button=_("Save"))


@for_partners
@require_http_methods(["GET", "POST"])
def end_all_tokens(request: ConsoleRequest, client_id: str) -> HttpResponse:
    client = get_object_or_404(own_clients(request), client_id=client_id)

    def act() -> str:
        end_tokens(application_id=client.pk, actor=actor_of(request))
        tell(request, "tokens_ended", client.name)
        return _("All tokens of this client have ended.")

    text = _("Calls with them are refused at once. The client's programs get new ones with its secret.")
    form = SureForm(request.POST if request.method == "POST" else None)
    return _ask_about(request, client, form, act, title=_("End all tokens"), text=text, button=_("End them now"))


def _ask_about(
    request: ConsoleRequest, client: Application, form: Any, act: Callable[[], Any], **words: Any
) -> HttpResponse:
    return ask_surely(request, form, act=act, back=_page_of(client), back_text=client.name, **words)


def _show(request: ConsoleRequest, client: Application, secret: str) -> HttpResponse:
    return show_secret(
        request,
        secret,
        back=_page_of(client),
        title=_("Your new secret"),
        name=client.name,
        client_id=client.client_id,
        text=_("Copy it now into your program's store for secrets. It is kept here only as a digest."),
    )


def _page_of(client: Application) -> str:
    return reverse("console:key", args=[client.client_id])


def _shown(client: Any) -> dict[str, Any]:
    known, own = list(get_scopes_backend().get_all_scopes()), access_of(client)
    has_two = own is not None and own.has_earlier_secret(at=lender_now())
    return {
        "name": client.name,
        "id": client.client_id,
        "scopes": own.allowed(known) if own else known,
        "has_all": own is None or own.allowed(known) == known,
        "networks": own.networks if own else [],
        "certificates": own.certificates if own else [],
        "limits": (own.reads_a_minute, own.writes_a_minute) if own else (None, None),
        "secret_made_at": own.secret_made_at if own else None,
        "earlier_ends_at": own.earlier_secret_ends_at if has_two and own else None,
        "created": client.created,
        "tokens": client.tokens,
        "token_at": client.token_at,
    }
