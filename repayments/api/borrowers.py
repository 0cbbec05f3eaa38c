"""The people whom a partner brought: masked, unless a token may read them in full and asks for it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.conditional import PreconditionFailed, PreconditionRequired, require_match, with_unshown
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.pagination import InvalidCursor, asked_list, opened, sealed
from dashu.api.permissions import InsufficientScope
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, IF_MATCH_DEMANDED, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.audit import services as audit
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_name, masked_phone
from dashu.users.actors import actor_of
from dashu.users.models import Borrower
from dashu.users.models.people import brought_source
from dashu.users.services.correct_borrower import SaidByThemselves, correct_borrower, lock_borrower
from loans.models import Business
from repayments.api import borrower_examples as examples
from repayments.api.borrower_serializers import (
    BorrowerDetailQuery,
    BorrowerIn,
    BorrowerOut,
    BorrowerPage,
    BorrowerQuery,
)
from repayments.selectors.partner_borrowers import OpenLoans, open_loans_of

PERSONAL = "borrowers:personal"
REFERENCE = OpenApiParameter(
    "reference", str, OpenApiParameter.PATH, description="The partner's own reference of the borrower."
)


class BorrowerNotFound(DomainError):
    """The partner brought nobody of this reference."""

    code = "borrower_not_found"
    http_status = 404


class Borrowers(PartnerView):
    scopes = {"GET": ["borrowers:read"]}

    @extend_schema(
        operation_id="list_borrowers",
        summary="List the people this partner brought, by its own references, masked",
        tags=["borrowers"],
        parameters=[BorrowerQuery],
        responses={200: BorrowerPage, **problems(*QUERY, InvalidCursor)},
        examples=[OpenApiExample("one", value=examples.BORROWERS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(BorrowerQuery, request.query_params.dict())
        people = _brought(request).order_by("external_id")
        if "ids" in query:
            people = people.filter(external_id__in=query["ids"])
        here = asked_list(request)
        if query["cursor"]:
            people = people.filter(external_id__gt=opened(query["cursor"], of=here))
        rows = list(people[: query["limit"] + 1])
        shown, has_more = rows[: query["limit"]], len(rows) > query["limit"]
        cursor = sealed(shown[-1].external_id, of=here) if has_more else None
        page = BorrowerPage({"results": _told(shown, request), "next_cursor": cursor}).data
        return Response(only(page, query.get("fields")))


class BorrowerDetail(PartnerView):
    scopes = {"GET": ["borrowers:read"], "PATCH": ["borrowers:read", "applications:write"]}

    @extend_schema(
        operation_id="get_borrower",
        summary="Read somebody this partner brought, masked or, with the scope for it, in full",
        tags=["borrowers"],
        parameters=[REFERENCE, BorrowerDetailQuery],
        responses={200: BorrowerOut, **problems(*QUERY, BorrowerNotFound)},
        examples=[OpenApiExample("masked", value=examples.BORROWER, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, reference: str) -> Response:
        query = checked(BorrowerDetailQuery, request.query_params.dict())
        is_personal = query["personal"]
        if is_personal:
            _refuse_personal(request)
        borrower = visible_borrower(request, reference)
        (told,) = _told([borrower], request, is_personal=is_personal)
        if is_personal:
            audit.record(
                action="users.borrower_read_in_full",
                subject_type="borrower",
                subject_id=borrower.pk,
                actor=actor_of(request),
            )
        answer = Response(only(BorrowerOut(told).data, query.get("fields")))
        return with_unshown(answer, _masked_away(borrower))

    @extend_schema(
        operation_id="correct_borrower",
        summary="Correct the e-mail address or the language of somebody this partner brought",
        description=(
            "Only while they have no login; then they say it themselves. Who they are is corrected in the step "
            "`person` of an application."
        ),
        tags=["borrowers"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY, IF_MATCH_DEMANDED],
        request=BorrowerIn,
        responses={
            200: BorrowerOut,
            **problems(
                *WRITE,
                Refusal(422, "invalid_choice", "There is no such language."),
                PreconditionRequired,
                PreconditionFailed,
                BorrowerNotFound,
                SaidByThemselves,
            ),
        },
        examples=[
            OpenApiExample("address", value=examples.BORROWER_IN, request_only=True),
            OpenApiExample("corrected", value=examples.BORROWER, response_only=True, status_codes=["200"]),
        ],
    )
    def patch(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._correct(request, reference))

    def _correct(self, request: PartnerRequest, reference: str) -> Response:
        given = checked(BorrowerIn, request.data)
        found = visible_borrower(request, reference)
        lock_borrower(found.pk)
        locked = visible_borrower(request, reference)
        (before,) = _told([locked], request)
        require_match(request, BorrowerOut(before).data, unshown=_masked_away(locked))
        correct_borrower(borrower_id=found.pk, actor=actor_of(request), **given)
        (told,) = _told([visible_borrower(request, reference)], request)
        return Response(BorrowerOut(told).data)


def visible_borrower(request: PartnerRequest, reference: str) -> Any:
    """
    Return whom this partner knows by the reference; another partner's is as unknown as one that does not exist.

    :raises BorrowerNotFound: see there.
    """
    borrower = None if "\0" in reference else _brought(request).filter(external_id=reference).first()
    if borrower is None:
        raise BorrowerNotFound(_("You brought nobody of this reference."), field="reference")
    return borrower


def _brought(request: PartnerRequest) -> QuerySet[Any]:
    # Naming the source again is what lets the index of references find them and give the order.
    brought = Borrower.objects.visible_to(request.user).filter(source=brought_source(request.partner.code))
    has_business = Exists(Business.objects.filter(application__borrower=OuterRef("pk")))
    return brought.exclude(external_id="").select_related("identity").annotate(has_business=has_business)


def _refuse_personal(request: PartnerRequest) -> None:
    """:raises InsufficientScope: the token may not read who somebody is."""
    token: Any = request.auth
    if not token.allow_scopes([PERSONAL]):
        raise InsufficientScope(
            _("This token lacks the scope %(scope)s. Get one that has it."), params={"scope": PERSONAL}
        )


def _told(borrowers: Iterable[Any], request: PartnerRequest, *, is_personal: bool = False) -> list[dict[str, Any]]:
    people = list(borrowers)
    loans = open_loans_of([each.pk for each in people], partner=request.partner, today=lender_today())
    return [_shown(each, loans.get(each.pk, OpenLoans()), is_personal=is_personal) for each in people]


def _shown(borrower: Any, loans: OpenLoans, *, is_personal: bool) -> dict[str, Any]:
    identity = getattr(borrower, "identity", None)
    name, phone = borrower.name, (identity.phone if identity else "") or borrower.phone
    return {
        "reference": borrower.external_id,
        "name": name if is_personal else masked_name(name),
        "phone": phone if is_personal or not phone else masked_phone(phone),
        "email": borrower.email if is_personal else _masked_email(borrower.email),
        "is_personal": is_personal,
        "language": borrower.language,
        "is_business": borrower.kind == Borrower.Kind.ENTITY or borrower.has_business,
        "has_login": borrower.user_id is not None,
        "open_loans": loans.count,
        "next_due_on": loans.next_due_on,
        "created_at": borrower.created_at,
    }


def _masked_away(borrower: Any) -> str:
    """What is masked counts as changed all the same; by a key of ours, so that nobody can try addresses at the tag."""
    return salted_hmac("borrower", borrower.email).hexdigest()


def _masked_email(email: str) -> str:
    """Keep the first sign and the host: "amina@example.com" → "a***@example.com"."""
    return f"{email[0]}***@{email.partition('@')[2]}" if email else ""
