"""
The cost sheet of an offer for the day on which it would be paid out.

An offer holds for some days, and its sheet names the dates of one of them. On another day the sheet is made anew: the
amount, the rate, the plan and the fees are those of the offer, under the product's terms of the day it was made; the
dates, the rules of a delay and the cap are those of the new day. A later part keeps its own day; where that has passed
by then, it is paid out with the first.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from dashu.finance.loan import InterestBasis
from dashu.finance.penalty import PenaltyRule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from loans.domain.cost_sheet import CostSheet, cost_sheet
from loans.domain.terms import ProductRules
from loans.domain.tranches import Part, parts_of_json
from loans.models import Loan, Offer, ProductTerms
from loans.selectors.products import product_terms


def sheet_of_terms(loans: Sequence[ScheduleTerms], product: ProductRules, *, on: date, currency: str) -> CostSheet:
    """
    Return the cost sheet of a loan of these terms for a first payout on a day.

    :param loans: of each part; the strictest cap of their days is the one that the sheet is held against.
    """
    rate = loans[0].annual_rate
    penalty = policy.penalty_rule(on).for_contract(rate) if product.charges_penalty else PenaltyRule()
    cap = min(policy.rate_limits(terms.disbursed_on).cap for terms in loans)
    return cost_sheet(loans, penalty, product.fees, currency=currency, rate_cap=cap)


def product_of_offer(offer: Offer) -> ProductTerms:
    """
    Return the product version under which the offer was made; it holds as long as the offer does.

    :raises UnknownProduct: the product is no longer offered.
    """
    return product_terms(offer.application.product.code, on=lender_date(offer.made_at))


def parts_of_offer(offer: Offer) -> tuple[Part, ...]:
    """Return the parts in which the offer is paid out; one for one sum."""
    return parts_of_json(offer.terms.get("tranches", ())) or (Part(offer.principal_minor),)


def terms_of_offer(offer: Offer, product: ProductRules, *, on: date) -> tuple[ScheduleTerms, ...]:
    """Return what the schedule of each part of the offer is computed from, for a first payout on a day."""
    return tuple(_terms_of_part(offer, part, product, on=on) for part in parts_of_offer(offer))


def _terms_of_part(offer: Offer, part: Part, product: ProductRules, *, on: date) -> ScheduleTerms:
    usual = product.schedule_terms(
        principal=part.minor,
        annual_rate=offer.annual_rate,
        count=offer.installment_count,
        disbursed_on=part.day(on),
    )
    months = tuple(offer.terms["interest_only_months"])
    return replace(
        usual,
        method=Method(offer.terms["method"]),
        interest_only_months=months,
        step=None if months else usual.step,
    )


def sheet_on(offer: Offer, *, on: date) -> CostSheet:
    """
    Return the cost sheet of an offer for a payout on a day; nothing is written.

    :raises UnknownProduct: the product is no longer offered.
    """
    product = product_of_offer(offer).rules
    return sheet_of_terms(terms_of_offer(offer, product, on=on), product, on=on, currency=offer.application.currency)


def sheet_of_loan(loan: Loan, *, on: date) -> CostSheet:
    """Return what a loan in one sum costs, from its own terms. :param on: the day whose cap it is held against."""
    contract = loan.contract
    return cost_sheet(
        [loan.schedule_terms],
        contract.penalty,
        loan.fee_lines,
        currency=loan.currency,
        rate_cap=policy.rate_cap(on),
        running_rate=contract.annual_rate if contract.interest_basis is InterestBasis.DAILY else Decimal(0),
        running_year_days=contract.interest_year_days,
    )
