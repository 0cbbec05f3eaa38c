"""What elsewhere takes days, money or other people, done at once: only here, where nothing of it is real."""

import json
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.services.reassess_loan import reassess_loan
from dashu.kernel.dates import lender_date
from dashu.sandbox.guard import require_sandbox
from loans.bureaus import simulated
from loans.bureaus.base import Subject
from loans.bureaus.reading import read_file
from loans.domain.credit_files import CreditFile
from loans.models import Application, Loan, LoanContract
from loans.services.contract_progress import contract_of
from loans.services.decide_application import decide_application
from loans.services.read_credit_report import read_credit_report
from repayments.gateways.base import PayoutOutcome, PayoutState
from repayments.gateways.simulated import SimulatedProvider
from repayments.models import Payout
from repayments.services.booking import lock_loan
from repayments.services.disburse_loan import NotWaitingForPayout, disburse_loan
from repayments.services.payout_outcomes import take_outcome
from repayments.services.request_payout import request_payout


class _Bureau:
    """The simulated bureau, asked without a request over HTTP."""

    name: ClassVar[str] = simulated.NAME

    def __init__(self, now: datetime) -> None:
        self._now = now

    def file_of(self, subject: Subject, *, request_id: UUID, consent: str) -> CreditFile:
        answer: Any = simulated.answer_about(subject.number, request_id=request_id, pulled_at=self._now)
        return read_file(json.dumps(answer).encode(), request_id=request_id, now=self._now)


def decide(application: Application, *, now: datetime) -> Application:
    """Have an application that was handed in decided by the rules; one that is decided stays as it is."""
    require_sandbox()
    read_credit_report(application_id=application.pk, now=now, asking=_Bureau(now))
    return decide_application(application_id=application.pk, now=now)


@transaction.atomic
def pay_out(loan: Loan, *, now: datetime, actor: str) -> Loan:
    """Pay an approved loan out. :raises NotWaitingForPayout: it is not waiting for that."""
    require_sandbox()
    contract = contract_of(loan)
    if contract is None:
        disburse_loan(loan_id=loan.pk, reference=f"SBX-OUT-{loan.pk}", actor=actor)
    else:
        _have_arrive(loan, contract, now=now)
    loan.refresh_from_db()
    return loan


def _have_arrive(loan: Loan, contract: LoanContract, *, now: datetime) -> None:
    """Let the ordered payout of a contract's loan arrive as if the provider had said so."""
    payout = request_payout(contract_id=contract.pk, now=now)
    loan = lock_loan(loan.pk)
    if payout is None or payout.loan_id != loan.pk or loan.status != Loan.Status.APPROVED:
        raise NotWaitingForPayout(_("This loan does not wait for its payout."), field="loan")
    sent = {"status": Payout.Status.SENT, "provider": SimulatedProvider.name, "sent_at": now, "asked_at": now}
    Payout.objects.filter(pk=payout.pk).update(**sent, attempts=payout.attempts + 1)
    outcome = PayoutOutcome(PayoutState.ARRIVED, f"SBX-{payout.pk}", now)
    take_outcome(payout_id=payout.pk, outcome=outcome, now=now, today=lender_date(now))


def close_night(loan: Loan, *, today: date) -> None:
    """Do for one loan what the night does: how far behind it is, and who is to deal with it."""
    require_sandbox()
    reassess_loan(loan_id=loan.pk, as_of=today)
