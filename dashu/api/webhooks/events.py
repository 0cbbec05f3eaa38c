"""The events feed: the same as webhooks bring, to be asked for whenever it suits."""

import uuid

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.pagination import InvalidCursor, opened, sealed
from dashu.api.reading import only
from dashu.api.schema import QUERY, problems
from dashu.api.views import PartnerView
from dashu.api.webhooks import examples
from dashu.api.webhooks.serializers import EventPage, EventQuery, EventRead, PartnerEventOut
from dashu.kernel.errors import DomainError
from dashu.webhooks.models import PartnerEvent
from dashu.webhooks.payloads import payload_of
from dashu.webhooks.selectors import CursorExpired, feed_page
from dashu.webhooks.services.endpoints import UnknownEventType
from dashu.webhooks.services.positions import place_events

FEED = "events"


class EventNotFound(DomainError):
    """There is no such event, it is somebody else's, or it is older than 90 days."""

    code = "event_not_found"
    http_status = 404


class Events(PartnerView):
    scopes = {"GET": ["events:read"]}

    @extend_schema(
        operation_id="list_events",
        summary="Read what happened, oldest first, and go on from where you were",
        description=(
            "Keep `next_cursor` of every page and start with it the next time: it is given also when nothing is left."
            " What commits later comes later, so a reader who goes by the cursor misses nothing. Events are kept for"
            " 90 days; a cursor that is older than what was deleted is answered with 410 `cursor_expired`: read the"
            " resources as they are now, then start without a cursor."
        ),
        tags=["events"],
        parameters=[EventQuery],
        responses={200: EventPage, **problems(*QUERY, InvalidCursor, UnknownEventType, CursorExpired)},
        examples=[OpenApiExample("one event", value=examples.EVENTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(EventQuery, request.query_params.dict())
        after = int(opened(query["cursor"], of=FEED)) if query["cursor"] else None
        place_events()
        page = feed_page(
            user=request.user,
            partner=request.partner,
            after=after,
            limit=query["limit"],
            types=query.get("types", ()),
            subject=query.get("subject", ""),
        )
        results = [payload_of(event) for event in page.events]
        return Response(only({"results": results, "next_cursor": sealed(page.after, of=FEED)}, query.get("fields")))


class Event(PartnerView):
    scopes = {"GET": ["events:read"]}

    @extend_schema(
        operation_id="get_event",
        summary="Read one event",
        tags=["events"],
        parameters=[
            OpenApiParameter("event", uuid.UUID, OpenApiParameter.PATH, description="`id` of the event."),
            EventRead,
        ],
        responses={200: PartnerEventOut, **problems(*QUERY, EventNotFound)},
        examples=[OpenApiExample("payment", value=examples.EVENT, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, event: uuid.UUID) -> Response:
        query = checked(EventRead, request.query_params.dict())
        place_events()
        mine = PartnerEvent.objects.visible_to(request.user).filter(partner=request.partner)
        found = mine.filter(key=event).first()
        if found is None:
            raise EventNotFound(_("There is no such event."), field="event")
        return Response(only(payload_of(found), query.get("fields")))
