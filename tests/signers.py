"""Applications on their way from a chosen offer to the money, for tests: always through the real services."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import transaction

from dashu.consents.selectors import latest_texts
from dashu.kernel.dates import lender_date
from dashu.policy.credit_rules import Outcome
from dashu.users.models import Borrower
from loans.domain.application_consents import OF_GUARANTORS
from loans.domain.applications import Status
from loans.domain.cost_sheet import sheet_of
from loans.domain.understanding import questions_of
from loans.models import (
    Application,
    CreditReport,
    GuaranteeAnswer,
    Guarantor,
    GuarantorLink,
    LoanContract,
    Offer,
)
from loans.services import read_credit_report
from loans.services.application_rows import lock_application
from loans.services.choose_offer import choose_offer
from loans.services.decide_application import decide_application, decision_on, follow, write_review
from loans.services.disclose_costs import answer_questions, confirm_sheet, open_sheet
from loans.services.draft_contract import Where
from loans.services.open_guarantee import confirm_guarantor
from loans.services.open_signature import ask_access_code, confirm_signer, send_access_code
from loans.services.sign_contract import sign_contract
from loans.services.sign_guarantee import ask_guarantor_code, send_guarantor_code, sign_guarantee
from loans.services.signature_links import make_signature_link
from loans.services.signing_codes import PayoutAccount, ask_signing_code, send_signing_code
from tests.applicants import NOW, submitted
from tests.integration.loans.test_deciding import FakeBureau

READ = timedelta(seconds=20)
ACCOUNT = PayoutAccount("示范银行", "6222020000000040006")
WHERE = Where("203.0.113.7", "Tests")
THEIRS = Where("198.51.100.9", "A guarantor's phone")


def chosen(
    borrower: Borrower, kind: str = "CONSUMER", *, position: int = 1, now: datetime = NOW, **steps: Any
) -> Application:
    """Return an application with a chosen offer; a business loan was decided by a person."""
    return choose(submitted(borrower, kind, now=now, **steps), position=position, now=now)


def choose(application: Application, *, position: int = 1, now: datetime = NOW) -> Application:
    """Have an application that was handed in decided, by a person where rules leave it to one, and choose an offer."""
    with patch.object(read_credit_report, "bureau", FakeBureau):
        read_credit_report.read_credit_report(application_id=application.pk, now=now)
    application = decide_application(application_id=application.pk, now=now)
    if application.status == Status.REFERRED:
        _approve(application, now=now)
    return choose_offer(application_id=application.pk, position=position, now=now, actor="user:1")


@transaction.atomic
def _approve(application: Application, *, now: datetime) -> None:
    report = CreditReport.objects.get(application=application)
    locked = lock_application(application.pk)
    decided = decision_on(locked, report, on=lender_date(now))
    reviewed = write_review(locked, decided, report=report, now=now, outcome=Outcome.APPROVE)
    follow(locked, reviewed, decided, now=now, actor="user:2")


def right_answers(application: Application) -> dict[str, str]:
    offer = Offer.objects.get(application=application, chosen_at__isnull=False)
    assert offer.sheet is not None
    return {question.about.value: question.right for question in questions_of(sheet_of(offer.sheet))}


def understood(borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, **steps: Any) -> Application:
    """Return an application whose cost sheet was read and understood at `now`."""
    return understand(chosen(borrower, kind, now=now - READ, **steps), now=now)


def understand(application: Application, *, now: datetime = NOW) -> Application:
    about: dict[str, Any] = {"application_id": application.pk, "actor": "user:1"}
    open_sheet(now=now - READ, **about)
    confirm_sheet(now=now, **about)
    assert answer_questions(answers=right_answers(application), now=now, **about).is_passed
    return application


def link_of(application: Application, *, now: datetime = NOW, return_url: str = "") -> str:
    """Return what stands in a new link by which the applicant signs."""
    link = make_signature_link(
        application_id=application.pk,
        return_url=return_url,
        registered=["https://partner.example/callback"],
        now=now,
        actor="partner:dana",
    )
    return link.token_of(link.public_id)


def let_in(token: str, *, now: datetime = NOW) -> str:
    """Return the secret of a browser in which the applicant has entered the code for the page."""
    asked = ask_access_code(token=token, now=now)
    send_access_code(code_id=asked.pk, now=now)
    assert asked.sealed_code is not None
    return confirm_signer(token=token, typed=asked.sealed_code, now=now)


def token_of(guarantor: Guarantor) -> str:
    """Return what stands in the link that a guarantor got last."""
    token = GuarantorLink.objects.filter(guarantor=guarantor)[0].sealed_token
    assert token is not None
    return token


def confirmed(guarantor: Guarantor, *, now: datetime = NOW) -> dict[str, str]:
    """Return the link of a guarantor and the secret of a browser in which they said who they are."""
    token = token_of(guarantor)
    return {"token": token, "confirmation": confirm_guarantor(token=token, typed=guarantor.number[-6:], now=now)}


def guaranteed(guarantor: Guarantor, *, now: datetime = NOW) -> GuaranteeAnswer:
    """Have a guarantor agree and sign."""
    theirs: dict[str, Any] = {**confirmed(guarantor, now=now), "language": "zh-hans", "now": now}
    texts = [text.pk for text in latest_texts(OF_GUARANTORS)]
    asked = ask_guarantor_code(text_ids=texts, **theirs)
    send_guarantor_code(code_id=asked.pk, now=now)
    assert asked.sealed_code is not None
    return sign_guarantee(code=asked.sealed_code, where=THEIRS, **theirs)


def with_code(
    borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, number: str = ACCOUNT.number, **steps: Any
) -> tuple[Application, str]:
    """Return an application that is ready to be signed, and the code to sign it with; its guarantors have agreed."""
    application = understood(borrower, kind, now=now, **steps)
    return application, code_for(application, now=now, number=number)


def code_for(application: Application, *, now: datetime = NOW, number: str = ACCOUNT.number) -> str:
    """Return the code to sign an application with, whose cost sheet is understood; its guarantors agree here."""
    kind = application.product.kind
    for guarantor in application.guarantors.all():
        guaranteed(guarantor, now=now)
    account = None if kind == "CARD_REPAYMENT" else PayoutAccount(ACCOUNT.bank, number)
    asked = ask_signing_code(application_id=application.pk, account=account, now=now, actor="user:1")
    send_signing_code(code_id=asked.pk, now=now)
    assert asked.sealed_code is not None
    return str(asked.sealed_code)


def sign(application: Application, code: str, *, now: datetime = NOW, language: str = "zh-hans") -> LoanContract:
    return sign_contract(
        application_id=application.pk,
        code=code,
        language=language,
        now=now,
        site="https://loans.example",
        where=WHERE,
        actor="user:1",
    )


def signed(borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, **more: Any) -> LoanContract:
    application, code = with_code(borrower, kind, now=now, **more)
    return sign(application, code, now=now)
