"""Products, their dated versions, and loan contracts. Schedules and balances belong to repayments."""

from loans.models.loans import Loan, LoanQuerySet
from loans.models.products import Product, ProductTerms, ProductTermsQuerySet

__all__ = ["Loan", "LoanQuerySet", "Product", "ProductTerms", "ProductTermsQuerySet"]
