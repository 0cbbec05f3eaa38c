"""What a reader may narrow a list of the console by. An empty box narrows nothing."""

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from oauth2_provider.models import Application

from dashu.api.models import ApiCall
from dashu.webhooks.catalog import CATALOG
from dashu.webhooks.models import WebhookDelivery, WebhookEndpoint

_STATUS = re.compile(r"([1-5])(\d\d|xx)", re.IGNORECASE)


class _Moment(forms.DateTimeField):
    """A day and a time of day on the lender's clock."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **options)


class CallFilter(forms.Form):
    operation = forms.CharField(label=_("Operation"), required=False, max_length=80)
    status = forms.CharField(
        label=_("HTTP status"), required=False, max_length=3, widget=forms.TextInput(attrs={"placeholder": "404, 4xx"})
    )
    code = forms.CharField(label=_("Code of the refusal"), required=False, max_length=60)
    client = forms.ModelChoiceField(
        label=_("Key"), required=False, queryset=Application.objects.none(), to_field_name="client_id"
    )
    request_id = forms.UUIDField(label=_("Request id"), required=False)
    since = _Moment(label=_("Since"))
    until = _Moment(label=_("Until"))

    def __init__(self, data: Any, *, clients: QuerySet[Application]) -> None:
        super().__init__(data)
        field: Any = self.fields["client"]
        field.queryset = clients.order_by("name", "pk")
        field.label_from_instance = lambda client: client.name

    def clean_status(self) -> str:
        status: str = self.cleaned_data["status"].strip().lower()
        if status and not _STATUS.fullmatch(status):
            raise forms.ValidationError(_("Write a status such as 404, or 4xx for all of its kind."))
        return status

    def narrow(self, calls: QuerySet[ApiCall]) -> QuerySet[ApiCall]:
        if not self.is_valid():
            return calls.none()
        asked = self.cleaned_data
        for name in ("operation", "code", "client", "request_id"):
            if asked[name]:
                calls = calls.filter(**{name: asked[name]})
        if asked["since"]:
            calls = calls.filter(at__gte=asked["since"])
        if asked["until"]:
            calls = calls.filter(at__lt=asked["until"])
        if asked["status"].endswith("xx"):
            kind = int(asked["status"][0]) * 100
            return calls.filter(status__gte=kind, status__lt=kind + 100)
        return calls.filter(status=int(asked["status"])) if asked["status"] else calls


class EventFilter(forms.Form):
    type = forms.ChoiceField(label=pgettext_lazy("console", "Type"), required=False)
    subject = forms.CharField(
        label=_("About"), required=False, max_length=60, help_text=_("The number of a loan or an application.")
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["type"].choices = [("", _("All"))] + [(name, name) for name in CATALOG]  # type: ignore[attr-defined]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self.is_valid():
            return rows.none()
        return rows.filter(**{path: self.cleaned_data[name] for name, path in self.paths() if self.cleaned_data[name]})

    def paths(self) -> list[tuple[str, str]]:
        return [("type", "type"), ("subject", "subject")]


class DeliveryFilter(EventFilter):
    endpoint = forms.ModelChoiceField(
        label=_("Endpoint"), required=False, queryset=WebhookEndpoint.objects.none(), to_field_name="key"
    )
    status = forms.ChoiceField(label=_("State"), required=False)
    field_order = ["endpoint", "status", "type", "subject"]

    def __init__(self, data: Any, *, endpoints: QuerySet[WebhookEndpoint]) -> None:
        super().__init__(data)
        chosen: Any = self.fields["endpoint"]
        chosen.queryset = endpoints.order_by("-pk")
        states = WebhookDelivery.Status.choices
        self.fields["status"].choices = [("", _("All")), *states]  # type: ignore[attr-defined]

    def paths(self) -> list[tuple[str, str]]:
        return [("endpoint", "endpoint"), ("status", "status"), ("type", "event__type"), ("subject", "event__subject")]


def is_narrowed(form: forms.Form) -> bool:
    """Whether the list is not all there is."""
    return any(form.data.get(name) for name in form.fields)
