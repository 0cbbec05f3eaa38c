"""What the console asks a partner for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import get_scopes_backend

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
from dashu.console.scope_words import SAYS
from dashu.webhooks.catalog import CATALOG, TEST


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


class AccessForm(ReadsOrigins, _ScopesForm):
    networks = networks_field(forms.Textarea(attrs={"rows": 4}))
    certificates = certificates_field(forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Any = None, *, access: ClientAccess | None) -> None:
        super().__init__(
            data,
            granted=access.granted_scopes if access else None,
            chosen=access.scopes if access else None,
        )
        self.initial.update(origins_of(access))


class RotationForm(ReadsGrace, forms.Form):
    days = grace_field(forms.NumberInput)


class EndSecretForm(forms.Form):
    which = secret_field(forms.RadioSelect)


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
