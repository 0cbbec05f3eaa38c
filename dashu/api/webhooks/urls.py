from django.urls import path

from dashu.api.webhooks.deliveries import Delivery, DeliveryReplay, EndpointDeliveries
from dashu.api.webhooks.endpoints import (
    Endpoint,
    EndpointReplay,
    EndpointSecret,
    EndpointTest,
    EndpointVerification,
    SecretRotation,
    WebhookEndpoints,
)
from dashu.api.webhooks.events import Event, Events

_ONE = "webhook-endpoints/<uuid:endpoint>"

urlpatterns = [
    path("events", Events.as_view(), name="events"),
    path("events/<uuid:event>", Event.as_view(), name="event"),
    path("webhook-endpoints", WebhookEndpoints.as_view(), name="webhook_endpoints"),
    path(_ONE, Endpoint.as_view(), name="webhook_endpoint"),
    path(f"{_ONE}/secret", EndpointSecret.as_view(), name="webhook_secret"),
    path(f"{_ONE}/verify", EndpointVerification.as_view(), name="webhook_verification"),
    path(f"{_ONE}/rotate-secret", SecretRotation.as_view(), name="webhook_secret_rotation"),
    path(f"{_ONE}/test", EndpointTest.as_view(), name="webhook_test"),
    path(f"{_ONE}/replay", EndpointReplay.as_view(), name="webhook_replay"),
    path(f"{_ONE}/deliveries", EndpointDeliveries.as_view(), name="webhook_deliveries"),
    path("webhook-deliveries/<uuid:delivery>", Delivery.as_view(), name="webhook_delivery"),
    path("webhook-deliveries/<uuid:delivery>/replay", DeliveryReplay.as_view(), name="webhook_delivery_replay"),
]
