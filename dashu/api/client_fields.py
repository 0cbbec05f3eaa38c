"""What is asked about a client of the API, in the back office and in the partner's console alike."""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dashu.api.models import ClientAccess
from dashu.api.services.clients import GRACE, LONGEST_GRACE, Secret

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.S)
AnyWidget = type[forms.Widget] | forms.Widget


def networks_field(widget: AnyWidget) -> forms.CharField:
    return forms.CharField(
        label=_("Networks"),
        required=False,
        widget=widget,
        help_text=_("Such as 203.0.113.0/24 or 2001:db8::/32, one a line. Leave empty for any address."),
    )


def certificates_field(widget: AnyWidget) -> forms.CharField:
    return forms.CharField(
        label=_("Certificates"),
        required=False,
        widget=widget,
        help_text=_("The SHA-256 of each, one a line, or the certificates as PEM. Leave empty to ask for none."),
    )


def grace_field(widget: AnyWidget) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Days for which the secret so far stays good"),
        min_value=0,
        max_value=LONGEST_GRACE.days,
        initial=GRACE.days,
        widget=widget,
        help_text=_("0 ends it at once."),
    )


def secret_field(widget: AnyWidget) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Which secret"),
        choices=[(Secret.EARLIER, _("The earlier one")), (Secret.LATEST, _("The latest one"))],
        initial=Secret.EARLIER,
        widget=widget,
    )


class ReadsOrigins:
    """A form with the fields `networks` and `certificates`."""

    cleaned_data: dict[str, Any]

    def clean_networks(self) -> list[str]:
        return self.cleaned_data["networks"].split()

    def clean_certificates(self) -> list[str]:
        text: str = self.cleaned_data["certificates"]
        return [*_PEM.findall(text), *_PEM.sub("", text).split()]


class ReadsGrace:
    """A form with the field `days`."""

    cleaned_data: dict[str, Any]

    @property
    def grace(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


def origins_of(access: ClientAccess | None) -> dict[str, str]:
    """Return what stands in `networks` and `certificates` at first."""
    return {
        "networks": "\n".join(access.networks if access else ()),
        "certificates": "\n".join(access.certificates if access else ()),
    }
