"""What the console asks a partner for."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import get_scopes_backend

from dashu.api.models import ClientAccess
from dashu.api.services.clients import GRACE, LONGEST_GRACE, Secret
from dashu.console.scope_words import SAYS
from dashu.webhooks.catalog import CATALOG, TEST

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.S)


class _ScopesForm(forms.Form):
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, granted: Sequence[str] | None, chosen: Sequence[str] | None = None) -> None:
        """:param granted: None for every scope there is; :param chosen: None for all that are granted."""
        known = get_scopes_backend().get_all_scopes()
        self._offered = [scope for scope in known if granted is None or scope in granted]
        kept = self._offered if chosen is None else chosen
        super().__init__(data, initial={"scopes": list(kept)})
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope, format_html("<code>{}</code> {}", scope, SAYS.get(scope, ""))) for scope in self._offered
        ]

    def clean_scopes(self) -> list[str] | None:
        """All of them is every scope that will ever be granted, too."""
        scopes: list[str] = self.cleaned_data["scopes"]
        return None if set(scopes) == set(self._offered) else scopes


class NewClientForm(_ScopesForm):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Such as the program or the machine that will use it.")
    )
    field_order = ["name", "scopes"]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class AccessForm(_ScopesForm):
    networks = forms.CharField(
        label=_("Networks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Such as 203.0.113.0/24 or 2001:db8::/32, one a line. Leave empty for any address."),
    )
    certificates = forms.CharField(
        label=_("Certificates"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The SHA-256 of each, one a line, or the certificates as PEM. Leave empty to ask for none."),
    )

    def __init__(self, data: Any = None, *, access: ClientAccess | None) -> None:
        super().__init__(
            data,
            granted=access.granted_scopes if access else None,
            chosen=access.scopes if access else None,
        )
        self.initial["networks"] = "\n".join(access.networks if access else ())
        self.initial["certificates"] = "\n".join(access.certificates if access else ())

    def clean_networks(self) -> list[str]:
        return self.cleaned_data["networks"].split()

    def clean_certificates(self) -> list[str]:
        text: str = self.cleaned_data["certificates"]
        return [*_PEM.findall(text), *_PEM.sub("", text).split()]


class RotationForm(forms.Form):
    days = forms.IntegerField(
        label=_("Days for which the secret so far stays good"),
        min_value=0,
        max_value=LONGEST_GRACE.days,
        initial=GRACE.days,
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
        widget=forms.RadioSelect,
    )


class SureForm(forms.Form):
    """Asks for nothing but the button."""


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=_("Address"), max_length=500, help_text=_("With https, such as https://example.com/webhooks.")
    )
    description = forms.CharField(label=_("Description"), required=False, max_length=200)
    types = forms.MultipleChoiceField(
        label=_("Event types"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, format_html("<code>{}</code>", name)) for name in CATALOG if name != TEST],
        help_text=_("Tick none for all of them, also those to come."),
    )


class SinceForm(forms.Form):
    since = forms.DateTimeField(
        label=_("Since"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
