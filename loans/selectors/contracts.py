"""What anyone may read of a signed contract, by its code."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from dashu.documents.codes import grouped, read_code
from dashu.kernel.dates import lender_date
from dashu.kernel.masking import masked_name, masked_number
from loans.models import LoanContract


@dataclass(frozen=True, slots=True)
class PublicPaper:
    format: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PublicContract:
    """A contract as strangers see it, in the shape in which other papers are shown. Amounts in minor units."""

    number: str
    code: str
    kind_name: str
    lender: str
    borrower: str
    loan: str
    currency: str
    issued_at: datetime
    as_of: date
    facts: dict[str, Any]
    files: tuple[PublicPaper, ...]
    why_not: str
    revoked_at: datetime | None
    kind: str = field(default="LOAN_CONTRACT")

    @property
    def stands(self) -> bool:
        return not self.why_not


def public_contract(typed: str) -> PublicContract | None:
    """Return the contract with this code, however it was typed; None when there is none."""
    code = read_code(typed)
    contract = LoanContract.objects.filter(code=code).first() if code else None
    if contract is None:
        return None
    facts = contract.facts
    return PublicContract(
        number=contract.number,
        code=grouped(contract.code),
        kind_name=gettext("Loan contract"),
        lender=facts["lender"],
        borrower=masked_name(facts["borrower"]),
        loan=masked_number(contract.number),
        currency=facts["sheet"]["currency"],
        issued_at=contract.signed_at,
        as_of=lender_date(contract.signed_at),
        facts={"principal": facts["sheet"]["principal"]},
        files=(PublicPaper("PDF", contract.sha256, len(contract.pdf)),),
        why_not=gettext("This contract was withdrawn and has ended.") if contract.withdrawn_at else "",
        revoked_at=contract.withdrawn_at,
    )
