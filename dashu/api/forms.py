"""What an administrator is asked for about a client of the API."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import Application
from oauth2_provider.scopes import get_scopes_backend
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from dashu.api.models import ClientAccess
from dashu.api.services.clients import GRACE, LONGEST_GRACE, Secret
from dashu.users.models import User

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.S)


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


class OriginForm(forms.Form):
    networks = forms.CharField(
        label=_("Networks"),
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("Such as 203.0.113.0/24 or 2001:db8::/32, one a line. Leave empty for any address."),
    )
    certificates = forms.CharField(
        label=_("Certificates"),
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("The SHA-256 of each, one a line, or the certificates as PEM. Leave empty to ask for none."),
    )

    def __init__(self, data: Any = None, *, access: ClientAccess | None) -> None:
        initial = {
            "networks": "\n".join(access.networks if access else ()),
            "certificates": "\n".join(access.certificates if access else ()),
        }
        super().__init__(data, initial=initial)

    def clean_networks(self) -> list[str]:
        return self.cleaned_data["networks"].split()

    def clean_certificates(self) -> list[str]:
        text: str = self.cleaned_data["certificates"]
        return [*_PEM.findall(text), *_PEM.sub("", text).split()]


class NewSecretForm(forms.Form):
    days = forms.IntegerField(
        label=_("Days for which the secret so far stays good"),
        min_value=0,
        max_value=LONGEST_GRACE.days,
        initial=GRACE.days,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("0 ends it at once."),
    )

    @property
    def grace(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class EndSecretForm(forms.Form):
    which = forms.ChoiceField(
        label=_("Which secret"),
        choices=[(Secret.EARLIER, _("The earlier one")), (Secret.LATEST, _("The latest one"))],
        initial=Secret.EARLIER,
        widget=UnfoldAdminRadioSelectWidget,
    )
