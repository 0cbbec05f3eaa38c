"""What an administrator is asked for about a client of the API."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import Application
from oauth2_provider.scopes import get_scopes_backend
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from dashu.api.client_fields import (
    ReadsGrace,
    ReadsOrigins,
    certificates_field,
    grace_field,
    networks_field,
    origins_of,
    secret_field,
)
from dashu.api.models import ClientAccess
from dashu.users.models import User


class ClientForm(forms.ModelForm):
    """A client of a partner; what else it is follows from there being one kind of client only."""

    class Meta:
        model = Application
        fields = ["name", "user", "redirect_uris"]
        labels = {"redirect_uris": _("Addresses to go on at")}
        help_texts = {
            "redirect_uris": _(
                "Where people may be sent on to once they have signed, such as https://partner.example/, one a line. "
                "Every address of the same host is allowed."
            )
        }
        widgets = {"redirect_uris": UnfoldAdminTextareaWidget}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].required = True
        self.initial["redirect_uris"] = "\n".join(self.instance.redirect_uris.split())
        if user := self.fields.get("user"):
            user.required = True
            user.queryset = User.objects.filter(role=User.Role.PARTNER)  # type: ignore[attr-defined]

    def clean_redirect_uris(self) -> str:
        addresses = self.cleaned_data["redirect_uris"].split()
        if not all(_is_https(address) for address in addresses):
            raise forms.ValidationError(_("Write each address with https:// and its host, one a line."))
        return "\n".join(addresses)

    def save(self, commit: bool = True) -> Application:
        self.instance.client_type = Application.CLIENT_CONFIDENTIAL
        self.instance.authorization_grant_type = Application.GRANT_CLIENT_CREDENTIALS
        return super().save(commit)


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment


class GrantForm(forms.Form):
    granted_scopes = forms.MultipleChoiceField(
        label=_("Scopes granted"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reads_a_minute = forms.IntegerField(
        label=_("Reads a minute"),
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Leave empty for what holds for everyone."),
    )
    writes_a_minute = forms.IntegerField(
        label=_("Writes a minute"),
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Leave empty for what holds for everyone."),
    )

    def __init__(self, data: Any = None, *, access: ClientAccess | None) -> None:
        known = get_scopes_backend().get_all_scopes()
        granted = access.granted_scopes if access else None
        initial = {
            "granted_scopes": list(known) if granted is None else granted,
            "reads_a_minute": access.reads_a_minute if access else None,
            "writes_a_minute": access.writes_a_minute if access else None,
        }
        super().__init__(data, initial=initial)
        self.fields["granted_scopes"].choices = [(scope, scope) for scope in known]  # type: ignore[attr-defined]

    def clean_granted_scopes(self) -> list[str] | None:
        """All of them is every scope there will ever be, too."""
        scopes: list[str] = self.cleaned_data["granted_scopes"]
        return None if set(scopes) == set(get_scopes_backend().get_all_scopes()) else scopes


class OriginForm(ReadsOrigins, forms.Form):
    networks = networks_field(UnfoldAdminTextareaWidget)
    certificates = certificates_field(UnfoldAdminTextareaWidget)

    def __init__(self, data: Any = None, *, access: ClientAccess | None) -> None:
        super().__init__(data, initial=origins_of(access))


class NewSecretForm(ReadsGrace, forms.Form):
    days = grace_field(UnfoldAdminIntegerFieldWidget)


class EndSecretForm(forms.Form):
    which = secret_field(UnfoldAdminRadioSelectWidget)
