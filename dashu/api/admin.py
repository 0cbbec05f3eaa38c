"""Clients of the API for administrators: what each may do and from where, and new secrets, each shown once."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from oauth2_provider.models import Application
from oauth2_provider.scopes import get_scopes_backend
from unfold.admin import ModelAdmin
from unfold.decorators import action

from dashu.api.client_checks import access_of
from dashu.api.forms import ClientForm, EndSecretForm, GrantForm, NewSecretForm, OriginForm
from dashu.api.services.clients import Secret, end_secret, rotate_secret, set_access, set_grant
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of

admin.site.unregister(Application)


@admin.register(Application)
class ClientAdmin(ModelAdmin):
    form = ClientForm
    list_display = ["name", "client_id", "user", "scopes", "networks"]
    list_select_related = ["user", "access"]
    search_fields = ["name", "client_id", "user__email"]
    ordering = ["name", "pk"]
    sortable_by = ["name", "client_id"]
    autocomplete_fields = ["user"]
    add_fieldsets = [(None, {"fields": ["name", "user", "redirect_uris"]})]
    fields = ["name", "user", "redirect_uris"]
    actions_detail = ["grant", "origins", "new_secret", "end_one_secret"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return super().get_queryset(request).select_related("user", "access")

    def get_fields(self, request: HttpRequest, obj: Application | None = None) -> list[Any]:
        shown = ["client_id", "scopes", "networks", "certificates", "limits", "secrets", "created"]
        return [*self.fields, *(shown if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Application | None = None) -> list[Any]:
        return [] if obj is None else ["user", *self.get_fields(request, obj)[3:]]

    @admin.display(description=_("scopes"))
    def scopes(self, client: Application) -> str:
        known, access = list(get_scopes_backend().get_all_scopes()), access_of(client)
        allowed = access.allowed(known) if access else known
        return gettext("all") if allowed == known else ", ".join(allowed)

    @admin.display(description=_("networks"))
    def networks(self, client: Application) -> str:
        access = access_of(client)
        return ", ".join(access.networks if access else ()) or gettext("any")

    @admin.display(description=_("certificates"))
    def certificates(self, client: Application) -> str:
        access = access_of(client)
        return ", ".join(f"{each[:16]}…" for each in (access.certificates if access else ())) or gettext(
            "none asked for"
        )

    @admin.display(description=_("reads and writes a minute"))
    def limits(self, client: Application) -> str:
        access = access_of(client)
        own = (access.reads_a_minute, access.writes_a_minute) if access else (None, None)
        return " / ".join(gettext("as for everyone") if limit is None else str(limit) for limit in own)

    @admin.display(description=_("secrets"))
    def secrets(self, client: Application) -> str:
        access = access_of(client)
        if access is None or not access.has_earlier_secret(at=timezone.now()):
            return gettext("one")
        ends_at = date_format(localtime(access.earlier_secret_ends_at), "DATETIME_FORMAT")
        return gettext("two; the earlier one ends %(at)s") % {"at": ends_at}

    def has_delete_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Calls name their client. One that has to stop has its secret ended, or its partner made inactive."""
        return False

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_new_secret(request, obj, NewSecretForm({"days": 0}))

    @action(description=_("Scopes and limits"), permissions=["change"], icon="tune")
    def grant(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = self._client(request, object_id)
        form = GrantForm(request.POST or None, access=access_of(client))
        return self._act(
            request,
            client,
            form,
            lambda: set_grant(application_id=client.pk, actor=actor_of(request), **form.cleaned_data),
            title=_("Scopes and limits"),
            text=_("A token has at most these scopes, tokens that are out included."),
            done=_("Noted."),
        )

    @action(description=_("Networks and certificates"), permissions=["change"], icon="lan")
    def origins(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = self._client(request, object_id)
        access = access_of(client)
        form = OriginForm(request.POST or None, access=access)
        return self._act(
            request,
            client,
            form,
            lambda: set_access(
                application_id=client.pk,
                scopes=access.scopes if access else None,
                actor=actor_of(request),
                **form.cleaned_data,
            ),
            title=_("Networks and certificates"),
            text=_("Calls from elsewhere are refused from now on."),
            done=_("Noted."),
        )

    @action(description=_("New secret"), permissions=["change"], icon="key")
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = self._client(request, object_id)
        form = NewSecretForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._show_new_secret(request, client, form)
            except DomainError as refusal:
                _add_refusal(form, refusal)
        return self._ask(
            request,
            client,
            form,
            title=_("New secret"),
            text=_("The new secret is shown once. The one so far stays good beside it for some days."),
        )

    @action(description=_("End a secret"), permissions=["change"], icon="key_off")
    def end_one_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = self._client(request, object_id)
        form = EndSecretForm(request.POST or None)
        return self._act(
            request,
            client,
            form,
            lambda: end_secret(
                application_id=client.pk,
                which=Secret(form.cleaned_data["which"]),
                now=timezone.now(),
                actor=actor_of(request),
            ),
            title=_("End a secret"),
            text=_(
                "It ends at once, with every token of this client. Its programs get new ones with the other secret."
            ),
            done=_("The secret has ended."),
        )

    @sensitive_variables("secret")
    def _show_new_secret(self, request: HttpRequest, client: Application, form: NewSecretForm) -> HttpResponse:
        if not form.is_valid():
            raise PermissionDenied
        secret = rotate_secret(application_id=client.pk, now=timezone.now(), grace=form.grace, actor=actor_of(request))
        shown = {"title": gettext("New secret"), "client": client, "secret": secret, "back": self._page_of(client)}
        answer = render(request, "staff/new_secret.html", {**self._context(request), **shown})
        answer["Cache-Control"] = "no-store"
        return answer

    def _client(self, request: HttpRequest, object_id: str) -> Application:
        client: Application | None = self.get_object(request, object_id)
        if client is None:
            raise Http404
        if not self.has_change_permission(request, client):
            raise PermissionDenied
        return client

    def _act(
        self,
        request: HttpRequest,
        client: Application,
        form: Form,
        act: Callable[[], object],
        *,
        done: Any,
        **words: Any,
    ) -> HttpResponse:
        if request.method == "POST" and form.is_valid():
            try:
                act()
            except DomainError as refusal:
                _add_refusal(form, refusal)
            else:
                messages.success(request, str(done))
                return redirect(self._page_of(client))
        return self._ask(request, client, form, **words)

    def _ask(self, request: HttpRequest, client: Application, form: Form, **words: Any) -> HttpResponse:
        shown = {"form": form, "back": self._page_of(client), "button": words["title"], "note": client.name, **words}
        return render(request, "staff/act.html", {**self._context(request), **shown})

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def _page_of(self, client: Application) -> str:
        return reverse("admin:oauth2_provider_application_change", args=[client.pk])


def _add_refusal(form: Form, refusal: DomainError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.user_message)
