import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery, KeysField
from dashu.api.fields import MomentField, StrictSerializer, TruthField
from dashu.api.pagination import PageQuery
from dashu.api.reading import ReadQuery
from dashu.webhooks.addresses import MOST_CHARACTERS
from dashu.webhooks.catalog import CATALOG, VERSIONS
from dashu.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

_TYPE = "|".join(re.escape(name) for name in sorted(CATALOG))


@extend_schema_field({"type": "string", "enum": sorted(CATALOG)})
class TypeField(serializers.CharField):
    """The type of an event; only describes which there are, and lets another code than the framework's refuse it."""


@extend_schema_field({"type": "string", "maxLength": 800, "pattern": rf"^({_TYPE})(,({_TYPE}))*$"})
class TypesField(serializers.CharField):
    """Types with commas between them; likewise."""


class NullWhereEmpty(serializers.ChoiceField):
    """A code, null where the column is empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, read_only=True, **options)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) if value else None


class PartnerEventOut(serializers.Serializer):
    """Something that happened to what you brought. The same document is posted to webhook endpoints."""

    id = serializers.UUIDField(help_text="Also the `webhook-id` of its deliveries: what you have seen, pass over.")
    type = serializers.ChoiceField(choices=sorted(CATALOG))
    timestamp = serializers.DateTimeField()
    subject = serializers.CharField(help_text="What it is about: a loan's number or an application's reference.")
    sequence = serializers.IntegerField(
        help_text="Counts your events; of one subject too, the later one has the higher number."
    )
    version = serializers.IntegerField(help_text="Of the payload.")
    business_date = serializers.DateField(allow_null=True, help_text="The lender's day for which it counts.")
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="By type, see the webhooks of this document. Nothing personal."
    )


class EventQuery(PageQuery):
    """The query parameters of the events feed."""

    shape = PartnerEventOut

    types = TypesField(max_length=800, required=False, help_text="Types with commas between them; leave out for all.")
    subject = serializers.CharField(max_length=60, required=False, help_text="Events about this loan or application.")

    def validate_types(self, value: str) -> list[str]:
        names = value.split(",")
        if unknown := [name for name in names if name not in CATALOG]:
            raise serializers.ValidationError(
                _("There is no event type %(name)s.") % {"name": unknown[0][:60]}, code="unknown_event_type"
            )
        return names


class EventPage(serializers.Serializer):
    results = PartnerEventOut(many=True)
    next_cursor = serializers.CharField(help_text="Where to go on, also when nothing is left for now. Never null.")


class EventRead(ReadQuery):
    """The query parameters of one event."""

    shape = PartnerEventOut


class EndpointOut(serializers.Serializer):
    """An address of yours to which events are posted."""

    id = serializers.UUIDField(source="key")
    url = serializers.CharField()
    description = serializers.CharField()
    types = serializers.ListField(child=serializers.CharField(), help_text="Those that are sent; none for all.")
    version = serializers.IntegerField(help_text="Of the payload; stays as it was when the endpoint was made.")
    status = serializers.ChoiceField(choices=WebhookEndpoint.Status.values)
    disabled_reason = NullWhereEmpty(choices=WebhookEndpoint.Reason.values)
    disabled_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first of an unbroken run of failures. After five days it is disabled."
    )
    previous_secret_until = serializers.DateTimeField(
        source="previous_until", allow_null=True, help_text="Up to here the secret before signs too."
    )
    created_at = serializers.DateTimeField()


class EndpointQuery(BulkQuery):
    """The query parameters of the list of endpoints."""

    shape = EndpointOut

    ids = KeysField()
    status = serializers.ChoiceField(choices=WebhookEndpoint.Status.values, required=False)


class EndpointRead(ReadQuery):
    """The query parameters of one endpoint."""

    shape = EndpointOut


class EndpointPage(serializers.Serializer):
    results = EndpointOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class EndpointIn(StrictSerializer):
    url = serializers.CharField(
        max_length=MOST_CHARACTERS, help_text="https, port 443 or 8443, and a public address behind the name."
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    types = serializers.ListField(
        child=TypeField(max_length=60),
        max_length=60,
        required=False,
        default=list,
        help_text="Those to be sent; leave out for all, also for those to come.",
    )
    version = serializers.IntegerField(
        required=False, default=VERSIONS[-1], min_value=1, max_value=999, help_text="Leave out for the newest."
    )


class EndpointChange(StrictSerializer):
    """What is named is changed, the rest stays."""

    url = serializers.CharField(
        max_length=MOST_CHARACTERS, required=False, help_text="Another address has to be verified again."
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    types = serializers.ListField(child=TypeField(max_length=60), max_length=60, required=False)
    enabled = TruthField(required=False)


class SecretOut(serializers.Serializer):
    secret = serializers.CharField(help_text="As Standard Webhooks has it: whsec_ and 32 bytes in base64.")
    previous_secret = serializers.CharField(allow_null=True, help_text="Signs too, up to `previous_secret_until`.")
    previous_secret_until = serializers.DateTimeField(allow_null=True)


class DeliveryOut(serializers.Serializer):
    """An event on its way to an endpoint."""

    id = serializers.UUIDField(source="key")
    endpoint = serializers.UUIDField(source="endpoint.key")
    event = serializers.UUIDField(source="event.key")
    type = serializers.CharField(source="event.type")
    subject = serializers.CharField(source="event.subject")
    status = serializers.ChoiceField(choices=WebhookDelivery.Status.values)
    attempts = serializers.IntegerField(source="tried")
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.SerializerMethodField()
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        if delivery.status != WebhookDelivery.Status.PENDING:
            return None
        return serializers.DateTimeField().to_representation(delivery.next_at)


class AttemptOut(serializers.Serializer):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    milliseconds = serializers.IntegerField()
    status_code = serializers.IntegerField(allow_null=True, help_text="null where there was no answer.")
    failure = NullWhereEmpty(choices=WebhookAttempt.Failure.values, help_text="null where it was taken.")
    answer = serializers.CharField(help_text="The beginning of what was answered.")


class DeliveryDetail(DeliveryOut):
    attempts_made = AttemptOut(many=True)


class DeliveryQuery(PageQuery):
    """The query parameters of the list of deliveries."""

    shape = DeliveryOut

    status = serializers.ChoiceField(choices=WebhookDelivery.Status.values, required=False)
    type = serializers.ChoiceField(choices=sorted(CATALOG), required=False)


class DeliveryRead(ReadQuery):
    """The query parameters of one delivery."""

    shape = DeliveryDetail


class DeliveryPage(serializers.Serializer):
    results = DeliveryOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class ReplayIn(StrictSerializer):
    """Either `since` or `dead`."""

    since = MomentField(
        required=False, help_text="All events since this moment that the endpoint wants, sent before or not."
    )
    dead = TruthField(required=False, help_text="true: every delivery that was given up.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("since" in attrs) == bool(attrs.get("dead")):
            raise serializers.ValidationError(_("Name either since or dead."), code="invalid_input")
        return attrs


class QueuedOut(serializers.Serializer):
    queued = serializers.IntegerField(help_text="How many deliveries are on their way now.")
