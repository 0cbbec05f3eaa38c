"""Webhook endpoints: entered, verified, changed, deleted; their secrets, a test, and sending again."""

import uuid
from collections.abc import Callable

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.conditional import PreconditionFailed, PreconditionRequired, require_match
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once, earlier_answer
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, IF_MATCH_DEMANDED, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.api.webhooks import examples
from dashu.api.webhooks.challenges import ChallengeRunning, ChallengesBusy, one_challenge
from dashu.api.webhooks.serializers import (
    EndpointChange,
    EndpointIn,
    EndpointOut,
    EndpointPage,
    EndpointQuery,
    EndpointRead,
    QueuedOut,
    ReplayIn,
    SecretOut,
)
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of
from dashu.webhooks.addresses import WebhookUrlRefused
from dashu.webhooks.challenging import ChallengeFailed, challenge
from dashu.webhooks.models import WebhookEndpoint
from dashu.webhooks.services.endpoints import (
    AddressChanged,
    EndpointNotEnabled,
    EndpointNotFound,
    EndpointNotVerified,
    TooManyEndpoints,
    TwoWebhookSecrets,
    UnknownEventType,
    UnknownPayloadVersion,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    lock_endpoint,
    note_verified,
    rotate_secret,
    send_test,
)
from dashu.webhooks.services.replaying import replay_dead, replay_since

UNCHANGED = (PreconditionRequired, PreconditionFailed)
ENDPOINT = OpenApiParameter("endpoint", uuid.UUID, OpenApiParameter.PATH, description="`id` of the endpoint.")


def visible_endpoint(request: PartnerRequest, key: uuid.UUID) -> WebhookEndpoint:
    """:raises EndpointNotFound: there is none, it is another partner's, or it was deleted."""
    mine = WebhookEndpoint.objects.visible_to(request.user).filter(partner=request.partner)
    found = mine.kept().filter(key=key).first()
    if found is None:
        raise EndpointNotFound(_("There is no such webhook endpoint."), field="endpoint")
    return found


def _shown(endpoint: WebhookEndpoint, status: int = 200) -> Response:
    return Response(EndpointOut(endpoint).data, status=status)


def _unchanged(request: PartnerRequest, key: uuid.UUID) -> WebhookEndpoint:
    """Lock an endpoint that is still what the caller read."""
    locked = lock_endpoint(visible_endpoint(request, key).pk)
    require_match(request, EndpointOut(locked).data)
    return locked


class WebhookEndpoints(PartnerView):
    scopes = {"GET": ["webhooks:read"], "POST": ["webhooks:write"]}

    @extend_schema(
        operation_id="list_webhook_endpoints",
        summary="List your webhook endpoints, newest first",
        description="With `ids`, those of them that are yours; the others are simply not in the results.",
        tags=["webhooks"],
        parameters=[EndpointQuery],
        responses={
            200: EndpointPage,
            **problems(*QUERY, InvalidCursor, Refusal(422, "invalid_choice", "There is no such status.")),
        },
        examples=[OpenApiExample("one", value=examples.ENDPOINTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(EndpointQuery, request.query_params.dict())
        mine = WebhookEndpoint.objects.visible_to(request.user).filter(partner=request.partner).kept()
        if "ids" in query:
            mine = mine.filter(key__in=query["ids"])
        if status := query.get("status"):
            mine = mine.filter(status=status)
        page = newest_first(mine, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
        shown = EndpointPage({"results": page.rows, "next_cursor": page.next_cursor}).data
        return Response(only(dict(shown), query.get("fields")))

    @extend_schema(
        operation_id="create_webhook_endpoint",
        summary="Enter an address; nothing but a challenge is sent to it before it is verified",
        description="Fetch its secret from `…/secret`, let your receiver know it, then POST to `…/verify`.",
        tags=["webhooks"],
        parameters=[IDEMPOTENCY_KEY],
        request=EndpointIn,
        responses={
            201: EndpointOut,
            **problems(*WRITE, WebhookUrlRefused, UnknownEventType, UnknownPayloadVersion, TooManyEndpoints),
        },
        examples=[
            OpenApiExample("of a booking system", value=examples.ENDPOINT_IN, request_only=True),
            OpenApiExample("entered", value=examples.ENDPOINT, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest) -> Response:
        def create() -> Response:
            given = checked(EndpointIn, request.data)
            made = create_endpoint(partner_id=request.partner.pk, now=lender_now(), actor=actor_of(request), **given)
            return _shown(made, 201)

        return answer_once(request, create)


class Endpoint(PartnerView):
    scopes = {"GET": ["webhooks:read"], "PATCH": ["webhooks:write"], "DELETE": ["webhooks:write"]}

    @extend_schema(
        operation_id="get_webhook_endpoint",
        summary="Read a webhook endpoint",
        tags=["webhooks"],
        parameters=[ENDPOINT, EndpointRead],
        responses={200: EndpointOut, **problems(*QUERY, EndpointNotFound)},
        examples=[OpenApiExample("verified", value=examples.VERIFIED, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        query = checked(EndpointRead, request.query_params.dict())
        shown = EndpointOut(visible_endpoint(request, endpoint)).data
        return Response(only(dict(shown), query.get("fields")))

    @extend_schema(
        operation_id="change_webhook_endpoint",
        summary="Change an endpoint, disable it or enable it again",
        tags=["webhooks"],
        parameters=[ENDPOINT, IDEMPOTENCY_KEY, IF_MATCH_DEMANDED],
        request=EndpointChange,
        responses={
            200: EndpointOut,
            **problems(*WRITE, *UNCHANGED, EndpointNotFound, WebhookUrlRefused, UnknownEventType, EndpointNotVerified),
        },
        examples=[
            OpenApiExample("disable", value=examples.CHANGE_IN, request_only=True),
            OpenApiExample("disabled", value=examples.CHANGED, response_only=True, status_codes=["200"]),
        ],
    )
    def patch(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        def change() -> Response:
            changes = checked(EndpointChange, request.data)
            found = _unchanged(request, endpoint)
            return _shown(
                change_endpoint(endpoint_id=found.pk, changes=changes, now=lender_now(), actor=actor_of(request))
            )

        return answer_once(request, change)

    @extend_schema(
        operation_id="delete_webhook_endpoint",
        summary="Delete an endpoint; what waits for it is not sent any more",
        tags=["webhooks"],
        parameters=[ENDPOINT, IDEMPOTENCY_KEY, IF_MATCH_DEMANDED],
        request=None,
        responses={204: None, **problems(*WRITE, *UNCHANGED, EndpointNotFound)},
    )
    def delete(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        def remove() -> Response:
            found = _unchanged(request, endpoint)
            delete_endpoint(endpoint_id=found.pk, now=lender_now(), actor=actor_of(request))
            return Response(None, status=204)

        return answer_once(request, remove)


class EndpointSecret(PartnerView):
    scopes = {"GET": ["webhooks:write"]}

    @extend_schema(
        operation_id="get_webhook_secret",
        summary="Read the secret by which your receiver checks signatures",
        description="It stands in no other answer, so that it is kept nowhere but sealed. Needs `webhooks:write`.",
        tags=["webhooks"],
        parameters=[ENDPOINT],
        responses={200: SecretOut, **problems(EndpointNotFound)},
        examples=[OpenApiExample("secret", value=examples.SECRET, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        found = visible_endpoint(request, endpoint)
        is_changing = found.previous_until is not None and lender_now() < found.previous_until
        secrets = {
            "secret": found.secret,
            "previous_secret": found.previous_secret if is_changing else None,
            "previous_secret_until": found.previous_until if is_changing else None,
        }
        return Response(SecretOut(secrets).data, headers={"Cache-Control": "no-store"})


class EndpointVerification(PartnerView):
    scopes = {"POST": ["webhooks:write"]}

    @extend_schema(
        operation_id="verify_webhook_endpoint",
        summary="Have a challenge sent, which the endpoint has to echo; then it is enabled",
        description=(
            'The challenge is signed like every delivery: `{"type": "webhook.verification", "data":'
            ' {"challenge": "…"}}`. Check the signature and answer 200 with `{"challenge": "…"}` within 6'
            " seconds. One endpoint at a time can be verified, and 10 times an hour."
        ),
        tags=["webhooks"],
        parameters=[ENDPOINT, IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: EndpointOut,
            **problems(*WRITE, EndpointNotFound, ChallengeRunning, ChallengesBusy, ChallengeFailed, AddressChanged),
        },
        examples=[OpenApiExample("verified", value=examples.VERIFIED, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        if earlier := earlier_answer(request):
            return earlier
        found, now = visible_endpoint(request, endpoint), lender_now()
        # The network comes before the write and its transaction.
        with one_challenge(request.partner.pk):
            challenge(found, now=now)
        return answer_once(
            request,
            lambda: _shown(note_verified(endpoint_id=found.pk, url=found.url, now=now, actor=actor_of(request))),
        )


class SecretRotation(PartnerView):
    scopes = {"POST": ["webhooks:write"]}

    @extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Give an endpoint a new secret; for 24 hours the one before signs beside it",
        description="Fetch the new one from `…/secret`.",
        tags=["webhooks"],
        parameters=[ENDPOINT, IDEMPOTENCY_KEY],
        request=None,
        responses={200: EndpointOut, **problems(*WRITE, EndpointNotFound, TwoWebhookSecrets)},
        examples=[OpenApiExample("rotated", value=examples.ROTATED, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        def rotate() -> Response:
            found = visible_endpoint(request, endpoint)
            return _shown(rotate_secret(endpoint_id=found.pk, now=lender_now(), actor=actor_of(request)))

        return answer_once(request, rotate)


class EndpointTest(PartnerView):
    scopes = {"POST": ["webhooks:write"]}

    @extend_schema(
        operation_id="test_webhook_endpoint",
        summary="Have an event `webhook.test` sent to this endpoint alone",
        tags=["webhooks"],
        parameters=[ENDPOINT, IDEMPOTENCY_KEY],
        request=None,
        responses={202: QueuedOut, **problems(*WRITE, EndpointNotFound, EndpointNotEnabled)},
        examples=[OpenApiExample("on its way", value=examples.TESTED, response_only=True, status_codes=["202"])],
    )
    def post(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        def test() -> int:
            send_test(endpoint_id=visible_endpoint(request, endpoint).pk, actor=actor_of(request))
            return 1

        return _queued(request, test)


class EndpointReplay(PartnerView):
    scopes = {"POST": ["webhooks:write"]}

    @extend_schema(
        operation_id="replay_webhook_endpoint",
        summary="Send again: everything since a moment, or everything that was given up",
        description="Each keeps its `webhook-id`, so your receiver knows what it has already.",
        tags=["webhooks"],
        parameters=[ENDPOINT, IDEMPOTENCY_KEY],
        request=ReplayIn,
        responses={202: QueuedOut, **problems(*WRITE, EndpointNotFound, EndpointNotEnabled)},
        examples=[
            OpenApiExample("since a moment", value=examples.REPLAY_IN, request_only=True),
            OpenApiExample("what was given up", value=examples.REPLAY_DEAD_IN, request_only=True),
            OpenApiExample("on their way", value=examples.REPLAYED, response_only=True, status_codes=["202"]),
        ],
    )
    def post(self, request: PartnerRequest, endpoint: uuid.UUID) -> Response:
        def replay() -> int:
            given = checked(ReplayIn, request.data)
            found = visible_endpoint(request, endpoint)
            now, actor = lender_now(), actor_of(request)
            if "since" in given:
                return replay_since(endpoint_id=found.pk, since=given["since"], now=now, actor=actor)
            return replay_dead(endpoint_id=found.pk, now=now, actor=actor)

        return _queued(request, replay)


def _queued(request: PartnerRequest, act: Callable[[], int]) -> Response:
    return answer_once(request, lambda: Response({"queued": act()}, status=202))
