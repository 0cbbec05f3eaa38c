"""Signing for an applicant who is not there: each step is taken by its own service, and only the wait is left out."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.sandbox.guard import require_sandbox
from loans.domain.understanding import questions_of
from loans.models import Application, CardToPay, Disclosure, LoanContract
from loans.services.disclose_costs import answer_questions, confirm_sheet, open_sheet
from loans.services.draft_contract import Where
from loans.services.sign_contract import sign_contract
from loans.services.signing_codes import PayoutAccount, ask_signing_code

ACCOUNT = PayoutAccount("沙盒银行", "6222020000000040006")
NOWHERE = Where("127.0.0.1", "Sandbox")


def sign(application: Application, *, now: datetime, actor: str) -> LoanContract:
    """
    Have the chosen offer of an application read, understood and signed; signed before, nothing changes.

    :raises DomainError: no offer is chosen, it has lapsed, or a guarantor has not signed.
    """
    require_sandbox()
    if earlier := LoanContract.objects.filter(application=application).first():
        return earlier
    about: dict[str, Any] = {"application_id": application.pk, "now": now, "actor": actor}
    _understand(about)
    account = None if CardToPay.objects.filter(application=application).exists() else ACCOUNT
    asked = ask_signing_code(account=account, **about)
    assert asked.sealed_code is not None, "it was made a moment ago"
    site = settings.PUBLIC_URL or "http://localhost"
    return sign_contract(code=asked.sealed_code, language="zh-hans", site=site, where=NOWHERE, **about)


def _understand(about: dict[str, Any]) -> None:
    sheet = open_sheet(**about).sheet
    needed = timedelta(seconds=policy.credit_disclosure(lender_date(about["now"])).reading_seconds)
    read = Disclosure.objects.filter(offer__application=about["application_id"], confirmed_at=None)
    read.update(opened_at=F("opened_at") - needed)
    confirm_sheet(**about)
    right = {question.about.value: question.right for question in questions_of(sheet)}
    answer_questions(answers=right, **about)
