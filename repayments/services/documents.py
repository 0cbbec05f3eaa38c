"""
Papers: issued, handed out, revoked.

What a paper says is gathered while the loan is locked, so that all of it is of one moment. Asked for the same paper
again, with nothing changed, the first one is returned. A certificate whose loan runs again is revoked.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.documents.codes import grouped, new_code
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan
from loans.services.partner_events import tell_of_loan
from repayments.models import Installment, IssuedDocument, IssuedFile, LoanBalance, LoanEvent
from repayments.papers.certificate import certificate_pdf
from repayments.papers.statement import statement_pdf
from repayments.papers.statement_sheet import statement_xlsx
from repayments.selectors.documents import fault_of, settled_on_of
from repayments.selectors.statements import statement_of
from repayments.services.booking import lock_loan

Kind = IssuedDocument.Kind
Format = IssuedFile.Format
Revocation = IssuedDocument.Revocation
SYSTEM = "system:documents"

Makers = Mapping[str, Callable[..., bytes]]
_MAKERS: dict[str, Makers] = {
    Kind.SETTLEMENT_CERTIFICATE: {Format.PDF: certificate_pdf},
    Kind.STATEMENT_OF_ACCOUNT: {Format.PDF: statement_pdf, Format.XLSX: statement_xlsx},
}
# Left out of the digest: of two papers that differ in nothing else, the first one is returned.
_OF_THE_MOMENT = {"issued_on"}


def register_paper(kind: str, makers: Makers) -> None:
    """Let an app above issue papers of a kind; registering it again replaces it, so that `ready` may run twice."""
    _MAKERS[kind] = makers


class LoanNotSettled(DomainError):
    """Only a loan that is paid off has a settlement certificate."""

    code = "loan_not_settled"
    http_status = 409


class StatementPeriodInvalid(DomainError):
    """The period of a statement ends before it begins, after today, or before the loan began."""

    code = "statement_period_invalid"


class LoanNotPaidOut(DomainError):
    """The loan has not been paid out, so there is nothing to state."""

    code = "loan_not_paid_out"
    http_status = 409


class DocumentNotFound(DomainError):
    """There is no such document of this loan, or it has no file of this format."""

    code = "document_not_found"
    http_status = 404


class DocumentRevoked(DomainError):
    """The document was revoked before."""

    code = "document_revoked"
    http_status = 409


@transaction.atomic
def issue_certificate(*, loan_id: int, language: str, now: datetime, site: str, actor: str) -> IssuedDocument:
    """
    Issue the settlement certificate of a loan, or return the one that stands.

    :param now: the moment of issue.
    :param site: the address that the verification page lies under, such as "https://loans.example".
    :raises LoanNotSettled: the loan is not paid off.
    """
    loan = lock_loan(loan_id)
    if loan.status != Loan.Status.SETTLED:
        raise LoanNotSettled(_("This loan is not paid off, so there is no settlement certificate yet."), field="loan")
    settled_on = settled_on_of(loan)
    with translation.override(language):
        facts = {
            **_about(loan, language, now=now),
            "principal": loan.principal_minor,
            "starts_on": loan.borrowed_on.isoformat(),
            "ends_on": _ends_on(loan).isoformat(),
            "settled_on": settled_on.isoformat(),
            "credit": LoanBalance.objects.get(pk=loan.pk).unapplied_minor,
        }
    return _issue(
        Kind.SETTLEMENT_CERTIFICATE, loan, facts, language=language, as_of=settled_on, now=now, site=site, actor=actor
    )


@transaction.atomic
def issue_statement(
    *, loan_id: int, first: date, last: date, language: str, now: datetime, site: str, actor: str
) -> IssuedDocument:
    """
    Issue the statement of account of a period, both days included, or return the one that says the same.

    :param now: the moment of issue. :param site: see `issue_certificate`.
    :raises StatementPeriodInvalid: the period ends before it begins, after today, or before the loan began.
    :raises LoanNotPaidOut: the loan has not been paid out.
    """
    loan = lock_loan(loan_id)
    if loan.status in Loan.NOT_PAID_OUT:
        raise LoanNotPaidOut(_("This loan has not been paid out yet."), field="loan")
    _refuse_period(loan, first, last, today=lender_date(now))
    told = statement_of(loan, first=first, last=last)
    with translation.override(language):
        facts = {
            **_about(loan, language, now=now),
            "first": first.isoformat(),
            "last": last.isoformat(),
            "opening": dict(told.opening),
            "closing": dict(told.closing),
            "owed": told.closing_owed,
            "lines": [
                {
                    "on": line.on.isoformat(),
                    "what": line.what.value,
                    "to": line.to.isoformat() if line.to else None,
                    "detail": dict(line.detail),
                    "charged": dict(line.charged),
                    "paid": dict(line.paid),
                    "received": line.received,
                    "owed": line.owed,
                }
                for line in told.lines
            ],
        }
    return _issue(
        Kind.STATEMENT_OF_ACCOUNT, loan, facts, language=language, as_of=last, now=now, site=site, actor=actor
    )


@transaction.atomic
def issue_paper(
    kind: str,
    *,
    loan_id: int,
    facts: Mapping[str, Any],
    language: str,
    as_of: date,
    now: datetime,
    site: str,
    actor: str,
) -> IssuedDocument:
    """
    Issue a paper of a registered kind about a loan, or return the one that stands and says the same.

    :param facts: what it says beside lender, borrower, loan, product, currency and the day of issue.
    :param site: see `issue_certificate`.
    """
    loan = lock_loan(loan_id)
    with translation.override(language):
        told = {**_about(loan, language, now=now), **facts}
    return _issue(kind, loan, told, language=language, as_of=as_of, now=now, site=site, actor=actor)


def hand_out(document: IssuedDocument, *, format: str, actor: str) -> IssuedFile:
    """
    Return a file of the paper and note who got it.

    :raises DocumentNotFound: it has no file of this format.
    """
    file = IssuedFile.objects.filter(document=document, format=format.upper()).first()
    if file is None:
        raise DocumentNotFound(_("This document has no file of this format."), field="format")
    _audit("downloaded", document, actor=actor, format=file.format)
    return file


@transaction.atomic
def revoke_document(*, document_id: int, note: str, now: datetime, actor: str) -> IssuedDocument:
    """
    Say that a paper no longer stands; its public page says so from now on.

    :raises DocumentRevoked: it was revoked before.
    """
    document = IssuedDocument.objects.select_for_update().get(pk=document_id)
    if document.revoked_at:
        raise DocumentRevoked(_("This document was revoked before."), field="document")
    _revoke(document, Revocation.BY_STAFF, note=note, now=now, actor=actor)
    return document


@transaction.atomic
def review_certificates(*, loan_id: int, now: datetime) -> int:
    """Revoke the loan's certificates if it is not paid off any more, or was on another day; return how many."""
    loan = lock_loan(loan_id)
    standing = IssuedDocument.objects.filter(loan=loan, kind=Kind.SETTLEMENT_CERTIFICATE, revoked_at=None)
    wrong = [document for document in standing.select_for_update() if fault_of(document, loan)]
    for document in wrong:
        _revoke(document, fault_of(document, loan), note="", now=now, actor=SYSTEM)
    return len(wrong)


def loans_with_wrong_certificates() -> list[int]:
    """Return loans that run, or were paid off on another day, and still have a certificate that stands."""
    standing = IssuedDocument.objects.filter(kind=Kind.SETTLEMENT_CERTIFICATE, revoked_at=None).select_related("loan")
    newer = LoanEvent.objects.filter(loan=OuterRef("loan"), posted_at__gte=OuterRef("issued_at"))
    changed = standing.filter(~Q(loan__status=Loan.Status.SETTLED) | Exists(newer))
    return sorted({document.loan_id for document in changed if fault_of(document, document.loan)})


def _about(loan: Loan, language: str, *, now: datetime) -> dict[str, Any]:
    on = lender_date(now)
    return {
        "issued_on": on.isoformat(),
        "lender": policy.lender_names(on)[language],
        "borrower": loan.borrower.name,
        "loan": loan.number,
        "product": loan.product_terms.product.label,
        "currency": loan.currency,
    }


def _issue(
    kind: str,
    loan: Loan,
    facts: dict[str, Any],
    *,
    language: str,
    as_of: date,
    now: datetime,
    site: str,
    actor: str,
) -> IssuedDocument:
    digest = _digest(facts)
    same = IssuedDocument.objects.filter(loan=loan, kind=kind, language=language, revoked_at=None)
    if earlier := same.filter(facts_digest=digest).first():
        return earlier
    document = IssuedDocument.objects.create(
        code=new_code(),
        kind=kind,
        loan=loan,
        language=language,
        issued_at=now,
        as_of=as_of,
        facts=facts,
        facts_digest=digest,
        actor=actor,
    )
    for format, make in _MAKERS[kind].items():
        content = make(
            facts,
            number=document.number,
            code=grouped(document.code),
            language=language,
            verify_url=f"{site.rstrip('/')}/verify/{grouped(document.code)}/",
            issued_at=now,
        )
        IssuedFile.objects.create(
            document=document,
            format=format,
            content=content,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    _audit("issued", document, actor=actor)
    tell_of_loan(loan, "document.issued", {"document": document.number, "kind": str(kind), "as_of": as_of})
    return document


def _digest(facts: Mapping[str, Any]) -> str:
    told = {name: value for name, value in facts.items() if name not in _OF_THE_MOMENT}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _ends_on(loan: Loan) -> date:
    rows = Installment.objects.filter(loan_id=loan.pk).filter(Q(is_current=True) | Q(version=1))
    latest: date = rows.aggregate(latest=Max("due_on"))["latest"]
    return latest


def _refuse_period(loan: Loan, first: date, last: date, *, today: date) -> None:
    if first > last:
        raise StatementPeriodInvalid(_("The period ends before it begins."), field="last")
    if last > today:
        raise StatementPeriodInvalid(_("The period cannot end after today."), field="last")
    if last < loan.starts_on:
        raise StatementPeriodInvalid(
            _("The loan began on %(day)s; the period ends before."), field="last", params={"day": loan.starts_on}
        )


def _revoke(document: IssuedDocument, reason: str, *, note: str, now: datetime, actor: str) -> None:
    document.revoked_at, document.revoked_reason, document.revoked_note, document.revoked_by = now, reason, note, actor
    document.save(update_fields=["revoked_at", "revoked_reason", "revoked_note", "revoked_by"])
    _audit("revoked", document, actor=actor, reason=reason, note=note)


def _audit(what: str, document: IssuedDocument, *, actor: str, **data: object) -> None:
    audit.record(
        action=f"repayments.document_{what}",
        subject_type="loan",
        subject_id=document.loan_id,
        actor=actor,
        data={"document": document.number, "kind": document.kind, **data},
    )
