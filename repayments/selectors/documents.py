"""What anyone may read of an issued paper, by its code."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F

from dashu.documents.codes import grouped, read_code
from dashu.kernel.masking import masked_name, masked_number
from loans.models import Loan
from repayments.models import IssuedDocument, IssuedFile, LoanEvent, Payment

Revocation = IssuedDocument.Revocation


@dataclass(frozen=True, slots=True)
class PublicFile:
    format: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """
    A paper as strangers see it; amounts in minor units.

    :param stands: whether it holds today. A certificate of a loan that runs again, or was paid off on
        another day, does not, from the very moment.
    :param why_not: one sentence, "" while it stands.
    :param facts: the amounts and days that it is about, by the names of `IssuedDocument.facts`.
    """

    number: str
    code: str
    kind: str
    kind_name: str
    lender: str
    borrower: str
    loan: str
    currency: str
    issued_at: datetime
    as_of: date
    facts: dict[str, Any]
    files: tuple[PublicFile, ...]
    stands: bool
    why_not: Any
    revoked_at: datetime | None


def public_document(typed: str) -> PublicDocument | None:
    """Return the paper with this code, however it was typed; None when there is none."""
    code = read_code(typed)
    found = IssuedDocument.objects.select_related("loan").filter(code=code) if code else IssuedDocument.objects.none()
    document = found.first()
    if document is None:
        return None
    facts, why_not = document.facts, _why_not(document)
    files = IssuedFile.objects.filter(document=document).order_by("format").values_list("format", "sha256", "size")
    return PublicDocument(
        number=document.number,
        code=grouped(document.code),
        kind=document.kind,
        kind_name=document.get_kind_display(),
        lender=facts["lender"],
        borrower=masked_name(facts["borrower"]),
        loan=masked_number(facts["loan"]),
        currency=facts["currency"],
        issued_at=document.issued_at,
        as_of=document.as_of,
        facts=_told(facts),
        files=tuple(PublicFile(*row) for row in files),
        stands=not why_not,
        why_not=why_not,
        revoked_at=document.revoked_at,
    )


def settled_on_of(loan: Loan) -> date:
    """Return the day on which a loan that is paid off was paid off: its last money, or waiver, that did something."""
    applied = Payment.objects.filter(loan=loan, is_returned=False, unapplied_minor__lt=F("amount_minor"))
    acts = LoanEvent.objects.filter(loan=loan, kind__in=["WAIVER", "REVERSAL"])
    found = list(acts.values_list("pk", "kind", "effective_on", "data__event"))
    undone = {event for _pk, kind, _on, event in found if kind == "REVERSAL"}
    days = [on for pk, kind, on, _event in found if kind == "WAIVER" and pk not in undone]
    return max([*days, *applied.values_list("received_on", flat=True)], default=loan.starts_on)


def fault_of(certificate: IssuedDocument, loan: Loan) -> str:
    """Return why a settlement certificate is wrong by now, a code of `IssuedDocument.Revocation`; "" if it is right."""
    if loan.status != Loan.Status.SETTLED:
        return Revocation.RUNS_AGAIN
    return "" if certificate.facts["settled_on"] == settled_on_of(loan).isoformat() else Revocation.CORRECTED


def _why_not(document: IssuedDocument) -> Any:
    if document.revoked_at:
        return document.get_revoked_reason_display()
    if document.kind == IssuedDocument.Kind.SETTLEMENT_CERTIFICATE and (fault := fault_of(document, document.loan)):
        return Revocation(fault).label
    return ""


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """Only what the page shows: the days as dates, and the amounts that make a forged paper stand out."""
    days = {name: date.fromisoformat(facts[name]) for name in ("settled_on", "first", "last") if name in facts}
    return days | {name: facts[name] for name in ("principal", "owed") if name in facts}
