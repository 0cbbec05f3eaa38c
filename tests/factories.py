"""The shared cast and short ways to put them into a state, always through the real services."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from collections_mgmt.models import CaseFile, CollectorProfile, Skill, Team
from collections_mgmt.services.files_sql import refresh_files
from collections_mgmt.services.take_file import take_next_file
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.models import GuardDecision, OutboxMessage
from dashu.users.models import Borrower, Partner, User
from loans.models import Loan
from loans.services.create_loan import create_loan
from repayments.models import Channel, LoanEvent, Payment
from repayments.services.disburse_loan import disburse_loan
from repayments.services.receive_payment import receive_payment

ACTOR = "user:test"


def yuan(amount: int | str) -> int:
    """Whole or decimal yuan as fen."""
    return int(Decimal(amount) * 100)


def borrower(name: str = "Amina", **fields: object) -> Borrower:
    """A borrower who can sign in as `<name>@example.com` with the password "correct horse"."""
    email = f"{name.lower()}@example.com"
    user = User.objects.create_user(email=email, password="correct horse", name=name, role=User.Role.BORROWER)
    return Borrower.objects.create(user=user, name=name, **fields)


def speak(user: User, language: str) -> None:
    """Have the person prefer a language, as they do who choose one while signed in."""
    User.objects.filter(pk=user.pk).update(language=language)
    Borrower.objects.filter(user=user).update(language=language)


def staff(name: str = "Chidi", role: str = User.Role.COLLECTOR) -> User:
    return User.objects.create_user(email=f"{name.lower()}@example.com", password="correct horse", name=name, role=role)


def held_file(user: User, owner: Borrower) -> CaseFile:
    """Let a collector take up the open file of the only borrower who is behind, as the desk gives it to them."""
    skills = [skill.value for skill in Skill]
    team, _made = Team.objects.get_or_create(code="early", defaults={"name": "Early", "skills": skills})
    CollectorProfile.objects.get_or_create(
        user=user, defaults={"team": team, "languages": ["zh-hans", "en"], "skills": skills}
    )
    with connection.cursor() as cursor:
        refresh_files(cursor, on=lender_today(), actor="system:test")
    file = take_next_file(user=user, now=lender_now())
    assert file.borrower_id == owner.pk
    return file


def given_to(user: User, owner: Borrower) -> CaseFile:
    """An open file of a borrower, which is held by this person, without a loan that is behind."""
    today = lender_today()
    days = dict.fromkeys(("opened_on", "weighed_on", "contact_due_on", "review_due_on"), today)
    held = {"state": "HELD", "holder": user, "held_until": lender_now() + timedelta(hours=1)}
    return CaseFile.objects.create(borrower=owner, **days, **held)


def partner(name: str = "Dana") -> Partner:
    user = User.objects.create_user(
        email=f"{name.lower()}@example.com", password="correct horse", name=name, role=User.Role.PARTNER
    )
    return Partner.objects.create(code=name.lower(), name=name, user=user)


def approved_loan(
    owner: Borrower,
    *,
    principal: int = 12_000_00,
    annual_rate: str = "0.18",
    count: int = 12,
    starts_on: date = date(2026, 1, 15),
    product: str = "consumer",
    brought_by: Partner | None = None,
    first_due_on: date | None = None,
) -> Loan:
    return create_loan(
        borrower_id=owner.pk,
        product_code=product,
        principal_minor=principal,
        annual_rate=Decimal(annual_rate),
        count=count,
        starts_on=starts_on,
        first_due_on=first_due_on,
        actor=ACTOR,
        partner_id=brought_by.pk if brought_by else None,
    )


def running_loan(owner: Borrower, **terms: object) -> Loan:
    loan = approved_loan(owner, **terms)  # type: ignore[arg-type]
    disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
    loan.refresh_from_db()
    return loan


def pay(
    loan: Loan,
    amount: int,
    on: date,
    *,
    reference: str = "",
    kind: str = LoanEvent.Kind.PAYMENT,
    today: date | None = None,
) -> Payment:
    return receive_payment(
        loan_id=loan.pk,
        amount_minor=amount,
        received_on=on,
        today=today or on,
        reference=reference or f"PAY-{loan.pk}-{on}-{amount}",
        channel=Channel.BANK_TRANSFER,
        actor=ACTOR,
        kind=kind,
    )


def message(owner: Borrower, **fields: Any) -> OutboxMessage:
    """A message; one that left the house, or may have, was allowed by the guard before."""
    given = {"dedupe_key": "k", "template": "x", "language": "en", **fields}
    has_left = given.get("status") == "SENT" or given.get("is_uncertain", False)
    if not has_left or given.get("channel", "IN_APP") == "IN_APP":
        return OutboxMessage.objects.create(borrower=owner, **given)
    made = OutboxMessage.objects.create(borrower=owner, **{**given, "status": "PENDING"})
    made.status, made.decision = given.get("status", "PENDING"), allowing(made)
    made.save(update_fields=["status", "decision"])
    return made


def allowing(told: OutboxMessage) -> GuardDecision:
    """The decision by which a message may leave."""
    return GuardDecision.objects.create(
        borrower=told.borrower,
        message=told,
        channel=told.channel,
        purpose=told.purpose,
        stage="SENDING",
        verdict="ALLOW",
        reasons=[],
        at=told.sent_at or told.not_before or told.created_at,
    )
