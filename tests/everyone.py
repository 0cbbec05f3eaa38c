"""Somebody in every state that a page of a borrower can show, as of today, for tests that look at all the pages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from oauth2_provider.models import Application as OAuthClient

from collections_mgmt.models import (
    Complaint,
    CreditRecordMonth,
    Dispute,
    HardshipRequest,
    OfferSet,
    RestructuringPlan,
    Settlement,
    SettlementPart,
)
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.disputes import dispute_record
from collections_mgmt.services.relief.accept_offer import accept_offer
from collections_mgmt.services.relief.handing_over import make_relief_link
from collections_mgmt.services.relief.make_offers import make_offers
from collections_mgmt.services.relief.offer_codes import ask_offer_code
from collections_mgmt.services.relief.read_sheet import open_sheet
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.api.models import ApiCall
from dashu.api.services.clients import rotate_secret
from dashu.api.services.own_clients import create_client
from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.models import OutboxMessage
from dashu.privacy.models import DataExport
from dashu.privacy.services.ask_export import ask_export
from dashu.users.models import Borrower, Partner, User
from dashu.users.roles import STAFF_ROLES
from dashu.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dashu.webhooks.services.endpoints import create_endpoint, note_verified, send_test
from dashu.webhooks.services.positions import place_events
from education.models import LearningCertificate, Workshop, WorkshopMaterial, WorkshopRegistration
from education.services.workshops.check_in import check_in
from education.services.workshops.materials import add_file
from education.services.workshops.sign_up import sign_up
from loans.models import Application, ApplicationDocument, Loan, LoanContract
from loans.services.add_document import add_document
from loans.services.draft_contract import Where
from loans.services.scan_document import scan_document
from repayments.models import Checkout, IssuedDocument, Payment
from repayments.services.documents import issue_statement
from repayments.services.payoff_quotes import quote_payoff
from tests import factories, workshops
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, draft
from tests.sent_files import pdf
from tests.signers import chosen, link_of, signed, token_of, understood

CHENS_NUMBER = "110101198506152030"
FEIS_NUMBER = "110101198803042057"


@dataclass(frozen=True, slots=True)
class Everyone:
    """
    Amina owes: a loan that is late and one that is not, a payment, papers, an application half way. She asked for
    help, complained, objects to a month of her record, was offered to settle, was written to, asked for a copy of her
    data, has a certificate of what she learned, and is at a workshop. Chen chose an offer, Dai signed a contract, Fei's
    business waits for its guarantor. Gao is offered plans for one loan and goes by one on another. Brook has nothing.
    The partner has a key, a call, an endpoint, and a delivery that was given up.
    """

    amina: Borrower
    brook: Borrower
    chen: Borrower
    dai: Borrower
    fei: Borrower
    partner: Partner
    key: OAuthClient
    call: ApiCall
    hook: WebhookEndpoint
    delivery: WebhookDelivery
    late: Loan
    on_track: Loan
    payment: Payment
    checkout: Checkout
    quote: UUID
    paper: IssuedDocument
    draft: Application
    document: ApplicationDocument
    chosen: Application
    contract: LoanContract
    guaranteed: Application
    guarantee: str
    signature: str
    relief_link: str
    help: HardshipRequest
    complaint: Complaint
    dispute: Dispute
    settlement: Settlement
    message: OutboxMessage
    export: DataExport
    gao: Borrower
    hard_to_pay: Loan
    budget: str
    offered: OfferSet
    plan: RestructuringPlan
    certificate: str
    workshop: Workshop
    seat: WorkshopRegistration
    take_home: WorkshopMaterial

    @property
    def of_contract(self) -> Application:
        return self.contract.application


def everyone() -> Everyone:
    now, today = lender_now(), lender_today()
    amina, brook, chen, dai, fei = (factories.borrower(name) for name in ("Amina", "Brook", "Chen", "Dai", "Fei"))
    late = factories.running_loan(amina, starts_on=today - timedelta(days=70))
    payment = factories.pay(late, 1100_16, today - timedelta(days=36), today=today)
    on_track = factories.running_loan(amina, starts_on=today - timedelta(days=5), principal=200_000_00)
    checkout = Checkout.objects.create(loan=late, token=uuid4(), amount_minor=1100_16)
    about = {"loan_id": late.pk, "actor": factories.ACTOR}
    paper = issue_statement(
        **about, first=late.starts_on, last=today, language="zh-hans", now=now, site="https://loans.example"
    )
    half = draft(amina, now=now, person=_person("阿米娜", AMINAS_NUMBER, "13800001234"))
    document = add_document(
        application_id=half.pk, kind="INCOME", name="工资.pdf", content=pdf(), now=now, actor=f"user:{amina.user_id}"
    )
    scan_document(document_id=document.pk, now=now)
    document.refresh_from_db()
    of_business = understood(fei, "SME", now=now, person=_person("费飞", FEIS_NUMBER, "13800001237"))
    (guarantor,) = of_business.guarantors.all()
    asked = {"now": now, "actor": f"user:{amina.user_id}"}
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    CreditRecordMonth.objects.create(
        loan=late, month=month, code="1", days_past_due=9, balance_minor=11_000_00, overdue_minor=1100_16
    )
    partner = factories.partner()
    return Everyone(
        amina=amina,
        brook=brook,
        chen=chen,
        dai=dai,
        fei=fei,
        partner=partner,
        key=(key := _key(partner, now)),
        call=_call(partner, key),
        hook=(hook := _hook(partner, now)),
        delivery=_delivery(hook),
        late=late,
        on_track=on_track,
        payment=payment,
        checkout=checkout,
        quote=quote_payoff(**about, valid_to=today + timedelta(days=3), today=today).token,
        paper=paper,
        draft=half,
        document=document,
        chosen=chosen(chen, now=now, person=_person("陈晨", CHENS_NUMBER, "13800001235")),
        contract=signed(dai, now=now, person=_person("戴岱", BROOKS_NUMBER, "13800001236")),
        guaranteed=of_business,
        guarantee=token_of(guarantor),
        signature=link_of(of_business, now=now),
        help=ask_for_help(
            borrower_id=amina.pk,
            loan_ids=[late.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=500_00,
            words="",
            **asked,
        ),
        complaint=make_complaint(
            borrower_id=amina.pk, loan_id=late.pk, about="CONTACT", words="两次。", wish="", key=uuid4(), **asked
        ),
        dispute=dispute_record(borrower_id=amina.pk, loan_id=late.pk, month=month, words="已还。", **asked),
        settlement=_settlement(late, today),
        message=_message(amina, now),
        export=_export(amina, asked),
        certificate=_certificate(amina, now),
        **_in_relief(now, today),
        **_at_workshop(amina),
    )


def _at_workshop(amina: Borrower) -> dict[str, Any]:
    """A workshop that is going on, to which she came."""
    now = lender_now()
    workshop = workshops.opened(starts_in=timedelta(minutes=-5))
    assert amina.user
    seat = sign_up(workshop_id=workshop.pk, user=amina.user, now=now)
    check_in(registration_id=seat.pk, actor=factories.ACTOR, now=now)
    file = add_file(workshop_id=workshop.pk, name="讲义.pdf", content=pdf(), now=now, actor=factories.ACTOR)
    return {"workshop": workshop, "seat": seat, "take_home": file}


def _key(partner: Partner, now: datetime) -> OAuthClient:
    """A client of the partner's with two secrets."""
    about = {"now": now, "actor": f"partner:{partner.code}"}
    client, _secret = create_client(partner_id=partner.pk, name="账单系统", scopes=["loans:read"], **about)
    rotate_secret(application_id=client.pk, **about)
    return client


def _call(partner: Partner, key: OAuthClient) -> ApiCall:
    return ApiCall.objects.create(
        partner=partner,
        client=key,
        operation="get_loan",
        method="GET",
        status=404,
        code="loan_not_found",
        milliseconds=12,
        request_bytes=0,
        response_bytes=180,
        request_id=uuid4(),
        network="203.0.113.0/24",
    )


def _hook(partner: Partner, now: datetime) -> WebhookEndpoint:
    about = {"now": now, "actor": f"partner:{partner.code}"}
    url = "https://hooks.example.com/dashu/events/of/the/booking/system"
    made = create_endpoint(partner_id=partner.pk, url=url, description="订单系统", types=[], **about)
    return note_verified(endpoint_id=made.pk, url=url, **about)


def _delivery(hook: WebhookEndpoint) -> WebhookDelivery:
    """One that was given up."""
    send_test(endpoint_id=hook.pk, actor="partner:dana")
    place_events()
    delivery = WebhookDelivery.objects.get(endpoint=hook)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(status="DEAD", attempts=9, tried=9)
    WebhookAttempt.objects.create(
        delivery=delivery, number=9, at=lender_now(), milliseconds=310, status_code=503, failure="STATUS", answer="busy"
    )
    return delivery


def staff_of_every_role() -> list[User]:
    """One person of each role that works here; the administrator may do everything."""
    people = [factories.staff(f"Staff-{role}".lower(), role) for role in sorted(STAFF_ROLES)]
    User.objects.filter(role=User.Role.ADMIN).update(is_superuser=True)
    return people


def _certificate(borrower: Borrower, now: datetime) -> str:
    facts = {"lessons": ["overdue"], "skills": ["know-rights"]}
    made = LearningCertificate.objects.create(
        user=borrower.user, level=3, name="阿米娜", language="zh-hans", facts=facts, issued_at=now
    )
    return grouped(made.code)


def _export(borrower: Borrower, asked: dict[str, Any]) -> DataExport:
    export = ask_export(borrower_id=borrower.pk, language="zh-hans", **asked)
    ready = {"status": DataExport.Status.READY, "ready_at": asked["now"], "size": 1}
    DataExport.objects.filter(pk=export.pk).update(**ready, delete_after=asked["now"] + timedelta(days=1))
    return export


def _settlement(loan: Loan, today: date) -> Settlement:
    offer = Settlement.objects.create(
        loan=loan,
        penalty_minor=10_00,
        fee_minor=0,
        interest_minor=200_00,
        principal_minor=11_000_00,
        total_minor=9_000_00,
        after_event=0,
        offered_on=today,
        accept_by=today + timedelta(days=14),
        reason="lost the shop",
        actor=factories.ACTOR,
    )
    SettlementPart.objects.create(
        settlement=offer, number=1, due_on=today + timedelta(days=20), amount_minor=offer.total_minor
    )
    return offer


def _in_relief(now: datetime, today: date) -> dict[str, Any]:
    """Somebody whose income fell: plans are offered on one loan, and another goes by a plan since today."""
    gao = factories.borrower("Gao", phone="13800001238")
    about = {"now": now, "actor": f"user:{gao.user_id}"}
    month = {
        "borrower_id": gao.pk,
        "currency": "CNY",
        "household": 1,
        "expenses": {"HOUSING": 1_800_00, "FOOD": 1_200_00},
        "debts": {"ALL": 400_00},
        "cause": "INCOME",
        "income_later_from": today + timedelta(days=70),
        **about,
    }
    budget = state_budget(income={"ALL": 4_800_00}, income_later_minor=7_000_00, **month)
    eased = factories.running_loan(gao, starts_on=today - timedelta(days=20))
    first: Any = make_offers(loan_id=eased.pk, source="ASKED", budget_id=budget.pk, **about).offers.first()
    open_sheet(offer_id=first.pk, actor=about["actor"], now=now - timedelta(minutes=1))
    code = ask_offer_code(offer_id=first.pk, **about).sealed_code or ""
    home = Where("203.0.113.7", "A browser")
    plan = accept_offer(
        offer_id=first.pk, code=code, language="zh-hans", site="https://loans.example", where=home, **about
    )
    # As much more as the plan asks for, and a tenth of it that stays free.
    more = first.figures["highest_minor"] * 10 // 9
    budget = state_budget(income={"ALL": 4_800_00 + more}, income_later_minor=7_000_00 + more, **month)
    hard = factories.running_loan(gao, starts_on=today - timedelta(days=10))
    offered = make_offers(loan_id=hard.pk, source="ASKED", budget_id=budget.pk, **about)
    link = make_relief_link(set_id=offered.pk, return_url="", registered=(), **about)
    return {
        "gao": gao,
        "hard_to_pay": hard,
        "budget": budget.reference,
        "offered": offered,
        "plan": plan,
        "relief_link": link.token_of(link.public_id),
    }


def _message(borrower: Borrower, now: datetime) -> OutboxMessage:
    return OutboxMessage.objects.create(
        dedupe_key="receipt:everyone",
        borrower=borrower,
        template="repayments.receipt",
        language="zh-hans",
        status=OutboxMessage.Status.SENT,
        sent_at=now,
        subject="还款已收到",
        body="我们收到了您的还款 1,100.16 元。",
    )


def _person(name: str, number: str, phone: str) -> dict[str, object]:
    return {"name": name, "number": number, "phone": phone, "household": 1, "is_resident": True}
