"""The cost sheet of the chosen offer: as data, as a paper in a language, and how far its reading is."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.file_examples import beginning_example
from dashu.api.reading import only
from dashu.api.schema import QUERY, Refusal, problems
from dashu.api.views import PartnerView
from dashu.audit import services as audit
from dashu.kernel.dates import LENDER_ZONE, lender_now, lender_today
from dashu.messaging.links import public_address
from dashu.policy import rules as policy
from dashu.users.actors import actor_of
from loans.api import disclosure_examples as examples
from loans.api.application_telling import sheet_shown
from loans.api.applications import REFERENCE, visible_application
from loans.api.disclosure_serializers import DisclosureOut, DisclosurePaperQuery, DisclosureQuery
from loans.domain.cost_sheet import FORMAT, CostSheet, sheet_of
from loans.models import Application, Disclosure, Offer
from loans.papers.cost_sheet import cost_sheet_pdf
from loans.selectors.products import UnknownProduct
from loans.services.application_rows import ApplicationNotFound
from loans.services.choose_offer import OfferNotFound
from loans.services.offer_sheets import sheet_on

PDF = "application/pdf"


class ApplicationDisclosure(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="get_disclosure",
        summary="Read the cost sheet of the chosen offer for a payout today, and how far the applicant has read it",
        description=(
            "Reading it here is not the applicant's reading: that is theirs, in our pages. On another day the sheet "
            "has other dates and so another digest; `figures_digest` leaves the dates out."
        ),
        tags=["applications"],
        parameters=[REFERENCE, DisclosureQuery],
        responses={200: DisclosureOut, **problems(*QUERY, ApplicationNotFound, OfferNotFound, UnknownProduct)},
        examples=[OpenApiExample("read", value=examples.DISCLOSURE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, reference: str) -> Response:
        query = checked(DisclosureQuery, request.query_params.dict())
        application = visible_application(request, reference)
        offer, sheet = _sheet_of(application)
        reading = Disclosure.objects.filter(offer=offer, figures_digest=sheet.figures_digest).first()
        shown = {
            **sheet_shown(sheet, position=offer.position),
            "version": FORMAT,
            "language": get_language() or "zh-hans",
            "figures_digest": sheet.figures_digest,
            "reading": reading,
        }
        return Response(only(DisclosureOut(shown).data, query.get("fields")))


class DisclosurePaper(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="download_disclosure",
        summary="Download the cost sheet of the chosen offer as a PDF to show or print",
        description="The same day and language give the same bytes. Each download is written down.",
        tags=["applications"],
        parameters=[REFERENCE, DisclosurePaperQuery],
        responses={
            (200, PDF): OpenApiTypes.BINARY,
            **problems(
                *QUERY,
                Refusal(422, "invalid_choice", "There is no such language."),
                ApplicationNotFound,
                OfferNotFound,
                UnknownProduct,
            ),
        },
        examples=[beginning_example(PDF)],
    )
    def get(self, request: PartnerRequest, reference: str) -> HttpResponse:
        language = checked(DisclosurePaperQuery, request.query_params.dict())["language"]
        application = visible_application(request, reference)
        _offer, sheet = _sheet_of(application)
        with override(language):
            product = application.product.label
        paper = cost_sheet_pdf(
            sheet,
            reference=application.reference,
            product=product,
            lender=policy.lender_names(sheet.starts_on)[language],
            language=language,
            site=public_address("/"),
            issued_at=lender_now().astimezone(LENDER_ZONE).replace(hour=0, minute=0, second=0, microsecond=0),
        )
        audit.record(
            action="loans.cost_sheet_downloaded",
            subject_type="application",
            subject_id=application.reference,
            actor=actor_of(request),
            data={"sheet": sheet.digest, "language": language},
        )
        return HttpResponse(
            paper,
            content_type=PDF,
            headers={
                "Content-Disposition": f'attachment; filename="{application.reference}-{sheet.digest[:8]}.pdf"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _sheet_of(application: Application) -> tuple[Offer, CostSheet]:
    """
    Return the chosen offer with its sheet: that of today, or the one that was signed.

    :raises OfferNotFound: none is chosen.
    """
    offer: Any = Offer.objects.filter(application=application, chosen_at__isnull=False).first()
    if offer is None:
        raise OfferNotFound(_("No offer is chosen yet. Choose one; then its cost sheet can be read."), field="offer")
    if application.status == Application.State.ACCEPTED:
        return offer, sheet_on(offer, on=lender_today())
    return offer, sheet_of(offer.sheet)
