"""Loans that followed decisions with a score, written by hand."""

from datetime import date
from typing import Any

from loans.models import Application, CreditReview, Loan, LoanContract, Offer, Product, Tranche
from tests import factories
from tests.integration.collections_mgmt.warning_cases import noon


def lent(name: str, points: int, decided_on: date, *, challenger: int | None = None, **review: Any) -> Loan:
    """A loan in one sum, decided on by rules with so many points."""
    owner = factories.borrower(name)
    loan = factories.running_loan(owner)
    application = Application.objects.create(
        borrower=owner, product=Product.objects.get(code=loan.product_terms.product.code), status="SIGNED"
    )
    plain: dict[str, Any] = {"facts": {}, "findings": [], "rules_on": decided_on, "decided_at": noon(decided_on)}
    decision = CreditReview.objects.create(
        application=application,
        outcome="APPROVE",
        scorecard="applications-2",
        score=points,
        challenger={"applications-3": challenger} if challenger is not None else None,
        **{**plain, **review},
    )
    offer = Offer.objects.create(
        review=decision,
        application=application,
        position=1,
        reason="ASKED",
        principal_minor=loan.principal_minor,
        installment_count=12,
        annual_rate="0.18",
        figures={},
        made_at=noon(decided_on),
        expires_on=decided_on,
    )
    contract = LoanContract.objects.create(
        application=application,
        offer=offer,
        number=f"C-{loan.number}",
        language="en",
        facts={},
        facts_digest="0" * 64,
        pdf=b"%PDF",
        sha256="0" * 64,
        code=f"{application.pk:016d}",
        signed_at=noon(decided_on),
        evidence={},
        evidence_digest="0" * 64,
    )
    Tranche.objects.create(contract=contract, loan=loan, number=1, agreed_on=decided_on)
    return loan
