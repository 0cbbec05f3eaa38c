"""What became of each event at each endpoint, try by try."""

import uuid

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.api.webhooks import examples
from dashu.api.webhooks.endpoints import ENDPOINT, visible_endpoint
from dashu.api.webhooks.serializers import DeliveryDetail, DeliveryOut, DeliveryPage, DeliveryQuery, DeliveryRead
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of
from dashu.webhooks.models import WebhookDelivery
from dashu.webhooks.services.endpoints import EndpointNotEnabled, EndpointNotFound
from dashu.webhooks.services.positions import place_events
from dashu.webhooks.services.replaying import DeliveryNotFound, replay_delivery

DELIVERY = OpenApiParameter("delivery", uuid.UUID, OpenApiParameter.PATH, description="`id` of the delivery.")


def visible_delivery(request: PartnerRequest, key: uuid.UUID) -> WebhookDelivery:
    """:raises DeliveryNotFound: there is none, it is another partner's, or its endpoint was deleted."""
    mine = WebhookDelivery.objects.visible_to(request.user).filter(endpoint__partner=request.partner)
    found = mine.filter(key=key, endpoint__deleted_at=None).select_related("event", "endpoint").first()
    if found is None:
        raise DeliveryNotFound(_("There is no such delivery."), field="delivery")
    return found


class EndpointDeliveries(PartnerView):
    scopes = {"GET": ["webhooks:read"]}

    @extend_schema(
        operation_id="list_webhook_deliveries",
        summary="List the deliveries to an endpoint, newest first",
        description="`status=DEAD` are those that were given up after a day.",
        tags=["webhooks"],
        parameters=[ENDPOINT, DeliveryQuery],
        responses={
            200: DeliveryPage,
            **problems(
                *QUERY, InvalidCursor, EndpointNotFound, Refusal(422, "invalid_choice", "There is no such code.")
            ),
        },
        examples=[OpenApiExample("one", value=examples.DELIVERIES, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        query = checked(DeliveryQuery, request.query_params.dict())
        found = visible_endpoint(request, endpoint)
        place_events()
        mine = WebhookDelivery.objects.visible_to(request.user).filter(endpoint=found)
        if status := query.get("status"):
            mine = mine.filter(status=status)
        if type := query.get("type"):
            mine = mine.filter(event__type=type)
        page = newest_first(
            mine.select_related("event", "endpoint"),
            limit=query["limit"],
            cursor=query["cursor"],
            of=asked_list(request),
        )
        shown = DeliveryPage({"results": page.rows, "next_cursor": page.next_cursor}).data
        return Response(only(dict(shown), query.get("fields")))


class Delivery(PartnerView):
    scopes = {"GET": ["webhooks:read"]}

    @extend_schema(
        operation_id="get_webhook_delivery",
        summary="Read a delivery with all its tries",
        tags=["webhooks"],
        parameters=[DELIVERY, DeliveryRead],
        responses={200: DeliveryDetail, **problems(*QUERY, DeliveryNotFound)},
        examples=[OpenApiExample("second try", value=examples.ATTEMPTED, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, delivery: uuid.UUID) -> Response:
        query = checked(DeliveryRead, request.query_params.dict())
        shown = DeliveryDetail(visible_delivery(request, delivery)).data
        return Response(only(dict(shown), query.get("fields")))


class DeliveryReplay(PartnerView):
    scopes = {"POST": ["webhooks:write"]}

    @extend_schema(
        operation_id="replay_webhook_delivery",
        summary="Send a delivery once more, whatever became of it",
        tags=["webhooks"],
        parameters=[DELIVERY, IDEMPOTENCY_KEY],
        request=None,
        responses={202: DeliveryOut, **problems(*WRITE, DeliveryNotFound, EndpointNotFound, EndpointNotEnabled)},
        examples=[OpenApiExample("on its way", value=examples.QUEUED_AGAIN, response_only=True, status_codes=["202"])],
    )
    def post(self, request: PartnerRequest, delivery: uuid.UUID) -> Response:
        def replay() -> Response:
            found = visible_delivery(request, delivery)
            again = replay_delivery(delivery_id=found.pk, now=lender_now(), actor=actor_of(request))
            return Response(DeliveryOut(again).data, status=202)

        return answer_once(request, replay)
