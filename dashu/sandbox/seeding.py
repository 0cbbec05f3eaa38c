"""
Filling a partner's sandbox: the partner with a login and a client, and the cast.

What is there already stays, so a second run changes nothing. Beginning anew deletes nothing either, because the ledger
keeps everything: the partner of before gives its code, its client and its numbers away and is not seen any more.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from oauth2_provider.models import Application as Client

from dashu import events
from dashu.audit import services as audit
from dashu.consents.selectors import latest_texts
from dashu.consents.services.load_texts import load_texts
from dashu.finance.schedule import build_schedule
from dashu.kernel.dates import lender_date
from dashu.messaging.services.load_wordings import load_wordings
from dashu.policy.services import load_packs
from dashu.portal.demo.applicants import USUAL, id_number
from dashu.sandbox import ACTOR
from dashu.sandbox.acting import decide, pay_out
from dashu.sandbox.cast import (
    APPLICATIONS,
    LOANS,
    Course,
    Ending,
    SandboxApplication,
    SandboxLoan,
    borrower_reference,
    loan_number,
)
from dashu.sandbox.guard import require_sandbox
from dashu.sandbox.signing import sign
from dashu.users.models import Borrower, Partner, User
from loans.domain.application_consents import EVERY, NEEDED
from loans.domain.application_facts import Step
from loans.models import Loan
from loans.services.apply_for_partner import Applicant, apply_for_partner, source_of
from loans.services.choose_offer import choose_offer
from loans.services.create_loan import create_loan
from loans.services.expire_applications import expire_applications
from loans.services.load_products import load_products
from loans.services.submit_application import submit_application
from loans.services.withdraw_application import withdraw_application
from repayments.models import Channel
from repayments.services.disburse_loan import disburse_loan
from repayments.services.receive_payment import receive_payment
from repayments.services.restructure_loan import restructure_loan

_HALF = (Step.LOAN, Step.PERSON, Step.WORK)
RESTRUCTURED_BEFORE = timedelta(days=5)
LEFT_ALONE_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a partner's program signs in with. `client_secret` is None once the partner has chosen another."""

    partner: str
    client_id: str
    client_secret: str | None

    def as_json(self) -> dict[str, Any]:
        return {"partner": self.partner, "client_id": self.client_id, "client_secret": self.client_secret}


@transaction.atomic
def seed_sandbox(*, code: str, name: str, now: datetime, is_new: bool = False) -> Keys:
    """
    Have a partner's sandbox filled, and return the keys to it.

    :param is_new: begin anew: what the partner has seen so far is put aside first.
    :raises NotASandbox: the installation is real.
    """
    require_sandbox()
    load_packs()
    load_products()
    load_wordings(on=lender_date(now))
    load_texts()
    partner = Partner.objects.select_for_update().filter(code=code).first()
    if partner is not None and is_new:
        _put_aside(partner)
        partner = None
    with events.silenced():
        if partner is None:
            partner = _make_partner(code, name)
            for each in LOANS:
                _lend(partner, each, today=lender_date(now))
            for applicant in APPLICATIONS:
                _apply(partner, applicant, now=now)
            audit.record(action="sandbox.seeded", subject_type="partner", subject_id=partner.pk, actor=ACTOR)
    return keys_of(code)


def keys_of(code: str) -> Keys:
    client = Client.objects.get(client_id=_client_id(code))
    secret = _secret(code)
    return Keys(code, client.client_id, secret if check_password(secret, client.client_secret) else None)


def _make_partner(code: str, name: str) -> Partner:
    user, _is_new = User.objects.get_or_create(
        email=f"{code}@sandbox.example", defaults={"name": name, "role": User.Role.PARTNER}
    )
    partner = Partner.objects.create(code=code, name=name, user=user)
    if not Client.objects.filter(client_id=_client_id(code)).exists():
        Client.objects.create(
            name=name,
            user=user,
            client_id=_client_id(code),
            client_secret=_secret(code),
            client_type=Client.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        )
    return partner


def _put_aside(partner: Partner) -> None:
    """Free the partner's code, login and numbers; the keys go on with the new one."""
    before = f"{partner.code}-before-{partner.pk}"
    Borrower.objects.filter(source=source_of(partner)).update(source=f"partner:{before}")
    for loan in Loan.objects.filter(partner=partner, number__startswith="SBX-").only("pk", "number"):
        Loan.objects.filter(pk=loan.pk).update(number=f"{loan.number}-{partner.pk}")
    Partner.objects.filter(pk=partner.pk).update(code=before, user=None, is_active=False)


def _lend(partner: Partner, each: SandboxLoan, *, today: date) -> None:
    borrower = _borrower(partner, each.key, each.name)
    loan = create_loan(
        borrower_id=borrower.pk,
        product_code="consumer",
        principal_minor=each.principal_minor,
        annual_rate=Decimal("0.18"),
        count=each.count,
        starts_on=each.starts_on(today),
        partner_id=partner.pk,
        actor=ACTOR,
    )
    Loan.objects.filter(pk=loan.pk).update(number=loan_number(partner.code, each.key))
    if each.ending is Ending.WAITS_FOR_PAYOUT:
        return
    reference = f"SBX{partner.pk}-{each.key}"
    disburse_loan(loan_id=loan.pk, reference=f"{reference}-OUT", actor=ACTOR)
    for row in build_schedule(loan.schedule_terms)[: each.paid]:
        receive_payment(
            loan_id=loan.pk,
            amount_minor=row.total,
            received_on=row.due_on,
            today=row.due_on,
            reference=f"{reference}-{row.number}",
            channel=Channel.PARTNER,
            actor=ACTOR,
        )
    if each.ending is Ending.RESTRUCTURED:
        restructure_loan(
            loan_id=loan.pk,
            terms={"count": 24},
            over=6,
            restructured_on=today - RESTRUCTURED_BEFORE,
            today=today,
            reason="Income fell for a while",
            actor=ACTOR,
        )


def _borrower(partner: Partner, key: str, name: str) -> Borrower:
    return Borrower.objects.create(
        source=source_of(partner),
        external_id=borrower_reference(key),
        name=name,
        phone=f"154{partner.pk % 10_000:04d}{[each.key for each in LOANS].index(key):04d}",
    )


def _apply(partner: Partner, applicant: SandboxApplication, *, now: datetime) -> None:
    given = Applicant(borrower_reference(applicant.key), applicant.name, "zh-hans")
    begun = now - LEFT_ALONE_FOR if applicant.course is Course.LAPSED else now
    application = apply_for_partner(
        partner_id=partner.pk,
        applicant=given,
        product_code="consumer",
        answers=_answers(applicant, partner, now=now),
        now=begun,
        actor=ACTOR,
    )
    about: dict[str, Any] = {"application_id": application.pk, "now": now, "actor": ACTOR}
    if applicant.course is Course.LAPSED:
        expire_applications(now=now)
    if applicant.is_half_way:
        return
    submit_application(**about)
    if applicant.course is Course.HANDED_IN:
        return
    decide(application, now=now)
    if applicant.course in (Course.CHOSEN, Course.SIGNED, Course.PAID_OUT):
        choose_offer(position=1, **about)
    if applicant.course in (Course.SIGNED, Course.PAID_OUT):
        loan = sign(application, now=now, actor=ACTOR).first_loan
        Loan.objects.filter(pk=loan.pk).update(number=loan_number(partner.code, applicant.key))
        if applicant.course is Course.PAID_OUT:
            pay_out(Loan.objects.get(pk=loan.pk), now=now, actor=ACTOR)
    if applicant.course is Course.WITHDRAWN:
        withdraw_application(**about)


def _answers(applicant: SandboxApplication, partner: Partner, *, now: datetime) -> dict[str, Mapping[str, Any]]:
    steps = [Step(step) for step in USUAL if step != "card"]
    answers: dict[str, Mapping[str, Any]] = {
        step.value: {**USUAL[step.value], **applicant.answers.get(step.value, {})}
        for step in steps
        if not applicant.is_half_way or step in _HALF
    }
    phone = f"155{partner.pk % 10_000:04d}{[each.key for each in APPLICATIONS].index(applicant.key):04d}"
    number = id_number(_born(applicant, partner), applicant.file)
    answers["person"] = {**answers["person"], "name": applicant.name, "number": number, "phone": phone}
    if not applicant.is_half_way:
        texts = latest_texts(EVERY if applicant.is_by_computer else NEEDED)
        answers["consents"] = {
            "texts": [text.pk for text in texts],
            "language": "zh-hans",
            "given_at": now.isoformat(),
        }
    return answers


def _born(applicant: SandboxApplication, partner: Partner) -> str:
    """Return a birthday by which no two partners have an applicant with the same ID number."""
    day = date.fromisoformat(applicant.born) - timedelta(days=len(APPLICATIONS) * (partner.pk % 3_000))
    return f"{day:%Y%m%d}"


def _client_id(code: str) -> str:
    return f"sandbox-{code}"


def _secret(code: str) -> str:
    """Return a secret that follows from the installation's own, so that it can be told again."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"sandbox {code}".encode(), hashlib.sha256).digest()
    return f"sbx_{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
