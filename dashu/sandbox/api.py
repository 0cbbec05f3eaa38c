"""
Acts of the sandbox for a partner's program: what it would otherwise wait for days, or for a person.

These addresses are there only where the installation is a sandbox.
"""

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.idempotency import answer_once
from dashu.api.schema import IDEMPOTENCY_KEY, WRITE, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import lender_now, lender_today
from dashu.sandbox import acting
from dashu.sandbox.signing import sign
from dashu.users.actors import actor_of
from loans.api import application_examples
from loans.api.application_serializers import ApplicationOut
from loans.api.applications import REFERENCE, detail, visible_application
from loans.models import Loan
from loans.services.application_rows import ApplicationNotFound, ApplicationStateChanged
from loans.services.choose_offer import OfferLapsed
from loans.services.disclose_costs import OfferOutdated
from loans.services.refuse_unguaranteed import GuarantorNotSigned
from loans.services.signing_codes import CodeTooSoon, TooManyCodes
from repayments.api.views import NUMBER, visible_loan
from repayments.services.booking import LoanNotFound
from repayments.services.disburse_loan import NotWaitingForPayout


class SandboxLoanOut(serializers.Serializer):
    """The loan after the act."""

    loan = serializers.CharField(source="number")
    status = serializers.ChoiceField(choices=Loan.Status.values)


PAID_OUT = {"loan": "SBX-ACME-APPROVED", "status": "ACTIVE"}
CLOSED = {"loan": "SBX-ACME-LATE-10", "status": "ACTIVE"}


class Decision(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="sandbox_decide_application",
        summary="Have an application that was handed in decided at once",
        description="What the simulated bureau knows follows from the ID number, see the guide.",
        tags=["sandbox"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=None,
        responses={200: ApplicationOut, **problems(*WRITE, ApplicationNotFound, ApplicationStateChanged)},
        examples=[
            OpenApiExample("decided", value=application_examples.APPLICATION, response_only=True, status_codes=["200"])
        ],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._decide(request, reference))

    def _decide(self, request: PartnerRequest, reference: str) -> Response:
        return detail(acting.decide(visible_application(request, reference), now=lender_now()))


class Signature(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="sandbox_sign_application",
        summary="Have the applicant read, understand and sign at once",
        description="Elsewhere the applicant does it, by the link of `POST /applications/{reference}/signature-link`.",
        tags=["sandbox"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: ApplicationOut,
            **problems(
                *WRITE,
                *(ApplicationNotFound, ApplicationStateChanged, OfferLapsed, OfferOutdated, GuarantorNotSigned),
                *(CodeTooSoon, TooManyCodes),
            ),
        },
        examples=[
            OpenApiExample("signed", value=application_examples.APPLICATION, response_only=True, status_codes=["200"])
        ],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._sign(request, reference))

    def _sign(self, request: PartnerRequest, reference: str) -> Response:
        application = visible_application(request, reference)
        sign(application, now=lender_now(), actor=actor_of(request))
        application.refresh_from_db()
        return detail(application)


class Payout(PartnerView):
    scopes = {"POST": ["payments:write"]}

    @extend_schema(
        operation_id="sandbox_pay_out_loan",
        summary="Pay an approved loan out at once",
        tags=["sandbox"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=None,
        responses={200: SandboxLoanOut, **problems(*WRITE, LoanNotFound, NotWaitingForPayout)},
        examples=[OpenApiExample("paid out", value=PAID_OUT, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(request, lambda: self._pay_out(request, number))

    def _pay_out(self, request: PartnerRequest, number: str) -> Response:
        loan = acting.pay_out(visible_loan(request, number), now=lender_now(), actor=actor_of(request))
        return Response(SandboxLoanOut(loan).data)


class Close(PartnerView):
    scopes = {"POST": ["payments:write"]}

    @extend_schema(
        operation_id="sandbox_close_loan",
        summary="Do for one loan what the night does: how far behind it is, and who is to deal with it",
        tags=["sandbox"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=None,
        responses={200: SandboxLoanOut, **problems(*WRITE, LoanNotFound)},
        examples=[OpenApiExample("closed", value=CLOSED, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(request, lambda: self._close(request, number))

    def _close(self, request: PartnerRequest, number: str) -> Response:
        with transaction.atomic():
            loan = visible_loan(request, number)
            acting.close_night(loan, today=lender_today())
        return Response(SandboxLoanOut(loan).data)
