"""A credit file as the plain JSON that is kept with an application, and back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose


def file_to_json(file: CreditFile) -> dict[str, Any]:
    return {
        "pulled_at": file.pulled_at.isoformat(),
        "reference": file.reference,
        "loans": [
            {
                "lender": loan.lender,
                "kind": loan.kind.value,
                "opened_on": loan.opened_on.isoformat(),
                "commitment_minor": loan.commitment_minor,
                "monthly_minor": loan.monthly_minor,
                "days_past_due": loan.days_past_due,
                "is_settled": loan.is_settled,
            }
            for loan in file.loans
        ],
        "inquiries": [
            {"on": inquiry.on.isoformat(), "lender": inquiry.lender, "purpose": inquiry.purpose.value}
            for inquiry in file.inquiries
        ],
        "has_fraud_flag": file.has_fraud_flag,
        "is_known": file.is_known,
    }


def file_of_json(kept: Mapping[str, Any]) -> CreditFile:
    """Read what `file_to_json` wrote."""
    return CreditFile(
        pulled_at=datetime.fromisoformat(kept["pulled_at"]),
        reference=kept["reference"],
        loans=tuple(
            OtherLoan(**{**loan, "kind": LoanKind(loan["kind"]), "opened_on": date.fromisoformat(loan["opened_on"])})
            for loan in kept["loans"]
        ),
        inquiries=tuple(
            Inquiry(date.fromisoformat(each["on"]), each["lender"], Purpose(each["purpose"]))
            for each in kept["inquiries"]
        ),
        has_fraud_flag=kept["has_fraud_flag"],
        is_known=kept["is_known"],
    )
