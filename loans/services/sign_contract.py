"""
Sign the contract by the code that was sent: the loans come into being and wait for their payouts.

The paper is set before the application is locked, from what will be written; under the lock it is drafted once more,
and unless both say the same to the sign, nothing is written. So no lock is held while the typesetter works, and the
bytes and the rows agree.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.documents.codes import grouped, new_code
from dashu.finance.terms import Method
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from loans.domain.applications import Status
from loans.domain.cost_sheet import CostSheet, Portion, sheet_of
from loans.domain.fees import demanded_rows
from loans.models import Application, Disclosure, Loan, LoanContract, Offer, SigningCode, Tranche
from loans.papers.contract import contract_pdf
from loans.selectors.products import product_terms
from loans.services.application_rows import Kind, lock_applicant, lock_application, move, note
from loans.services.covenants import write_covenants
from loans.services.create_loan import create_loan
from loans.services.disclose_costs import chosen_offer, current_disclosure
from loans.services.draft_contract import Draft, Where, draft_contract
from loans.services.offer_sheets import product_of_offer
from loans.services.product_versions import RateAboveCap
from loans.services.refuse_unguaranteed import refuse_unguaranteed
from loans.services.signing_codes import CodeExpired, NotUnderstoodYet, latest_code, refuse_wrong_code


class ContractMoved(DomainError):
    """What would be signed changed in the moment of signing. Signing again shows it as it is now."""

    code = "contract_moved"
    http_status = 409


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything that is signed, read at one moment."""

    application: Application
    offer: Offer
    disclosure: Disclosure
    code: SigningCode
    draft: Draft


def sign_contract(
    *, application_id: int, code: str, language: str, now: datetime, site: str, where: Where, actor: str
) -> LoanContract:
    """
    Sign, make the loan of each part, and have the first one paid out. Signed before, nothing changes.

    :param code: as it was typed.
    :param language: of the reader, see `draft_contract`.
    :param site: the address that the page for checking papers lies under, such as "https://loans.example".
    :raises CodeWrong, CodeExpired, NotUnderstoodYet, GuarantorNotSigned, ContractMoved: see there.
    :raises ApplicationStateChanged, OfferLapsed, OfferOutdated, SheetNotOpened: there is nothing to sign.
    :raises UnknownProduct, RateAboveCap, OutsideProduct: the loan can no longer be made as it was offered.
    """
    if earlier := _signed(application_id):
        return earlier
    tried = refuse_wrong_code(application_id=application_id, typed=code, now=now)
    with transaction.atomic():
        draft = _ready(application_id, tried, language=language, now=now, where=where).draft
    verification = new_code()
    pdf = contract_pdf(
        draft.facts,
        code=grouped(verification),
        language=draft.language,
        verify_url=f"{site.rstrip('/')}/verify/{grouped(verification)}/",
        issued_at=now,
    )
    return _write(application_id, tried, draft, pdf, verification, language=language, now=now, where=where, actor=actor)


@transaction.atomic
def _write(
    application_id: int,
    tried: SigningCode,
    draft: Draft,
    pdf: bytes,
    verification: str,
    *,
    language: str,
    now: datetime,
    where: Where,
    actor: str,
) -> LoanContract:
    lock_applicant(application_id)  # one contract at a time
    application = lock_application(application_id)
    if earlier := _signed(application_id):
        return earlier
    ready = _ready(application_id, tried, language=language, now=now, where=where)
    if ready.draft != draft:
        raise ContractMoved(_("Something in the contract changed just now. Look at it again, then sign."))
    contract = LoanContract.objects.create(
        application=application,
        offer=ready.offer,
        number=draft.number,
        language=draft.language,
        facts=draft.facts,
        facts_digest=draft.facts_digest,
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        code=verification,
        signed_at=now,
        evidence=draft.evidence,
        evidence_digest=draft.evidence_digest,
        bank=ready.code.bank,
        account_number=ready.code.account_number,
    )
    sheet = sheet_of(draft.facts["sheet"])
    _make_loans(contract, sheet, now=now, actor=actor)
    rules = product_of_offer(ready.offer).rules
    write_covenants(contract, rules, starts_on=sheet.starts_on, last_due_on=sheet.last_due_on)
    _know_the_borrower(application)
    SigningCode.objects.filter(pk=ready.code.pk).update(used_at=now, sealed_code=None)
    move(application, Status.SIGNED, now=now, due_at=None, expires_on=None)
    note(application, Kind.SIGNED, now=now, actor=actor, contract=contract.number, sha256=contract.sha256)
    events.publish("loans.contract_signed", contract_id=contract.pk)
    return contract


def _know_the_borrower(application: Application) -> None:
    """From here on papers, bank lines and messages need who owes; a partner's borrower has a name of theirs."""
    borrower = application.borrower
    if borrower.source:
        return
    borrower.name, borrower.phone = borrower.identity.name, borrower.phone or borrower.identity.phone
    borrower.save(update_fields=["name", "phone"])


def hand_out_contract(contract: LoanContract, *, actor: str) -> bytes:
    """Return the paper as it was signed, and note who got it."""
    audit.record(
        action="loans.contract_downloaded", subject_type="loan", subject_id=contract.first_loan.pk, actor=actor
    )
    return bytes(contract.pdf)


def _signed(application_id: int) -> LoanContract | None:
    return LoanContract.objects.filter(application_id=application_id).first()


def _ready(application_id: int, tried: SigningCode, *, language: str, now: datetime, where: Where) -> _Ready:
    """
    Lock the application and return what a signature would sign.

    :param tried: the code that was typed; one that was asked for since, perhaps for another account, is not it.
    :raises DomainError: see `sign_contract`.
    """
    application = lock_application(application_id)
    offer = chosen_offer(application, now=now)
    disclosure = current_disclosure(offer, now=now)
    if not disclosure.passed_at:
        raise NotUnderstoodYet(_("Answer the questions on the cost sheet first."))
    refuse_unguaranteed(disclosure)
    code = latest_code(application, now=now)
    if code is None or code.pk != tried.pk or code.sheet_digest != disclosure.sheet_digest:
        raise CodeExpired(_("This code no longer holds. Have another one sent."), field="code")
    offer.refresh_from_db(fields=["sheet", "sheet_digest"])
    assert offer.sheet is not None
    _refuse_above_cap(sheet_of(offer.sheet))
    product_terms(application.product.code, on=lender_date(now))
    draft = draft_contract(application, offer, disclosure, code, language=language, now=now, where=where)
    return _Ready(application, offer, disclosure, code, draft)


def _refuse_above_cap(sheet: CostSheet) -> None:
    if not sheet.is_within_cap:
        raise RateAboveCap(
            _("With its fees the loan costs %(rate)s a year; the cap is %(cap)s."),
            field="annual_rate",
            params={"rate": sheet.all_in_rate, "cap": sheet.rate_cap},
        )


def _make_loans(contract: LoanContract, sheet: CostSheet, *, now: datetime, actor: str) -> None:
    """Make the loan of each part of the sheet; together they are the contract."""
    tranches = []
    for part in sheet.portions:
        loan = _loan_of(contract.offer, part, sheet, now=now, actor=actor)
        tranches.append(Tranche(contract=contract, loan=loan, number=part.number, agreed_on=part.on))
    assert sum(tranche.loan.principal_minor for tranche in tranches) == contract.offer.principal_minor
    Tranche.objects.bulk_create(tranches)


def _loan_of(offer: Offer, part: Portion, sheet: CostSheet, *, now: datetime, actor: str) -> Loan:
    """Make the loan of a part, which charges and demands exactly what the sheet says of it, whenever it begins."""
    application = offer.application
    loan = create_loan(
        borrower_id=application.borrower_id,
        product_code=application.product.code,
        principal_minor=part.principal,
        annual_rate=offer.annual_rate,
        count=offer.installment_count,
        starts_on=part.on,
        actor=actor,
        partner_id=application.partner_id,
        terms_on=lender_date(offer.made_at),
        agreed_on=sheet.starts_on,
        method=Method(offer.terms["method"]),
        interest_only_months=offer.terms["interest_only_months"],
    )
    demanded = [
        (row.number, row.due_on, row.principal, row.interest, row.fee) for row in demanded_rows(loan.schedule_terms)
    ]
    assert demanded == [(row.number, row.due_on, row.principal, row.interest, row.fee) for row in part.rows]
    disclosed = {line.code for line in sheet.lines} - {"interest", "penalty"}
    assert disclosed == {line.code for line in loan.fee_lines}
    assert (loan.penalty_annual_rate, loan.penalty_base) == (sheet.late.annual_rate, sheet.late.base)
    return loan
