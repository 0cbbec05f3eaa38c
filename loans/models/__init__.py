"""Products, applications and what was decided on them, and loan contracts. Schedules and balances: repayments."""

from loans.models.applications import (
    Application,
    ApplicationDocument,
    ApplicationEvent,
    ApplicationQuerySet,
    new_application_reference,
)
from loans.models.contracts import (
    Disclosure,
    LoanContract,
    LoanContractQuerySet,
    SigningCode,
    Tranche,
    TrancheQuerySet,
)
from loans.models.covenants import Covenant
from loans.models.guarantees import GuaranteeAnswer, GuarantorCode, GuarantorLink
from loans.models.loans import Loan, LoanQuerySet
from loans.models.parties import Business, CardToPay, Guarantor
from loans.models.products import Product, ProductTerms, ProductTermsQuerySet
from loans.models.reviews import CreditReport, CreditReview, Offer, ReviewRequest
from loans.models.signature_links import SignatureAccessCode, SignatureLink
from loans.models.watches import ScorecardWatch

__all__ = [
    "Application",
    "ApplicationDocument",
    "ApplicationEvent",
    "ApplicationQuerySet",
    "Business",
    "CardToPay",
    "Covenant",
    "CreditReport",
    "CreditReview",
    "Disclosure",
    "GuaranteeAnswer",
    "Guarantor",
    "GuarantorCode",
    "GuarantorLink",
    "Loan",
    "LoanContract",
    "LoanContractQuerySet",
    "LoanQuerySet",
    "Offer",
    "Product",
    "ProductTerms",
    "ProductTermsQuerySet",
    "ReviewRequest",
    "ScorecardWatch",
    "SignatureAccessCode",
    "SignatureLink",
    "SigningCode",
    "Tranche",
    "TrancheQuerySet",
    "new_application_reference",
]
