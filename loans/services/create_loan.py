"""Make a loan contract under the product terms of its day. Nothing is paid out here."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.finance.annual_rates import all_in_rates
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from dashu.policy import rules as policy
from loans.domain.fees import fee_lines_to_json
from loans.domain.terms import ProductRules
from loans.domain.waterfalls import waterfall_to_json
from loans.models import Loan
from loans.selectors.products import product_terms
from loans.services.product_versions import RateAboveCap


class OutsideProduct(DomainError):
    """Amount, rate or number of installments lies outside what the product offers; `field` says which."""

    code = "outside_product"


@transaction.atomic
def create_loan(
    *,
    borrower_id: int,
    product_code: str,
    principal_minor: int,
    annual_rate: Decimal,
    count: int,
    starts_on: date,
    actor: str,
    first_due_on: date | None = None,
    due_day: int | None = None,
    partner_id: int | None = None,
    terms_on: date | None = None,
    agreed_on: date | None = None,
    method: Method | None = None,
    interest_only_months: Sequence[int] = (),
    has_fees: bool = True,
) -> Loan:
    """
    Make an approved loan that waits for its payout on `starts_on`.

    :param terms_on: the day whose product version holds; that of the payout, unless an earlier offer promised its own.
    :param agreed_on: the day whose policy the contract keeps, for what is paid out later; that of the payout unless
        given. The bounds of rates are held as of both days.
    :param method: of the plan that was chosen; the product's unless given.
    :param interest_only_months: calendar months without principal, of a plan that follows a season.
    :param has_fees: False: none of the product's fees is ever charged, as when other loans become this one.
    :raises UnknownProduct: no such product on that day.
    :raises OutsideProduct: outside the product's bounds.
    :raises RateAboveBound: the rate lies above what the lender's policy pack allows on the day.
    :raises RateAboveCap: with its fees the loan costs more a year than the pack allows.
    :raises InvalidTerms: the dates contradict each other, or the fees are more than the principal.
    """
    version = product_terms(product_code, on=terms_on or starts_on)
    rules = version.rules
    refuse_amount_outside(rules, principal_minor)
    refuse_rate_outside(rules, annual_rate)
    refuse_count_outside(rules, count)
    agreed_on = agreed_on or starts_on
    for day in {agreed_on, starts_on}:
        policy.rate_limits(day).refuse_above_bound(annual_rate)

    loan = Loan(
        pk=_next_id(),
        borrower_id=borrower_id,
        partner_id=partner_id,
        product_terms=version,
        principal_minor=principal_minor,
        annual_rate=annual_rate,
        method=(method or rules.method).value,
        interest_only_months=list(interest_only_months) or None,
        installment_count=count,
        starts_on=starts_on,
        first_due_on=first_due_on,
        due_day=due_day,
        **contract_columns(rules, annual_rate=annual_rate, on=agreed_on) | ({} if has_fees else {"disclosed_fees": []}),
    )
    loan.number = f"DS{starts_on:%Y}{loan.pk:07d}"
    _refuse_above_cap(loan.schedule_terms, min(policy.rate_cap(agreed_on), policy.rate_cap(starts_on)))
    loan.save(force_insert=True)
    audit.record(action="loans.loan_created", subject_type="loan", subject_id=loan.pk, actor=actor)
    return loan


def contract_columns(rules: ProductRules, *, annual_rate: Decimal, on: date) -> dict[str, object]:
    """Return the columns that freeze the product's and the policy's rules of this day into a contract."""
    penalty = policy.penalty_rule(on).for_contract(annual_rate)
    return {
        "currency": settings.CURRENCY,
        "interest_basis": rules.interest_basis.value,
        "interest_year_days": rules.interest_year_days,
        "waterfall": waterfall_to_json(rules.waterfall),
        "tolerance_bps": rules.tolerance_bps,
        "penalty_annual_rate": penalty.annual_rate if rules.charges_penalty else Decimal(0),
        "penalty_base": penalty.base.value,
        "penalty_year_days": penalty.year_days,
        "penalty_grace_days": max(penalty.grace_days, rules.grace_days),
        "penalty_cap_rate": policy.rate_cap(on),
        "non_accrual_days": policy.non_accrual_days(on),
        "disclosed_fees": fee_lines_to_json(rules.fees, currency=settings.CURRENCY),
    }


def _refuse_above_cap(terms: ScheduleTerms, cap: Decimal) -> None:
    """Refuse contradicting dates before anything is written, and fees that bring the loan above the cap."""
    rows = build_schedule(terms)
    if not terms.fees:
        return
    rates = all_in_rates(terms, rows)
    rate = max(rates.irr_nominal, rates.irr_effective)
    if rate > cap:
        raise RateAboveCap(
            _("With its fees the loan costs %(rate)s a year; the cap is %(cap)s."),
            field="annual_rate",
            params={"rate": rate, "cap": cap},
        )


def refuse_amount_outside(rules: ProductRules, principal_minor: int, *, field: str = "principal") -> None:
    """:raises OutsideProduct: the product lends no such amount."""
    if not rules.min_principal <= principal_minor <= rules.max_principal:
        raise OutsideProduct(
            _("This product lends between %(low)s and %(high)s."),
            field=field,
            params={"low": format_minor(rules.min_principal), "high": format_minor(rules.max_principal)},
        )


def refuse_count_outside(rules: ProductRules, count: int, *, field: str = "count") -> None:
    """:raises OutsideProduct: the product has no such number of installments."""
    if not rules.min_count <= count <= rules.max_count:
        raise OutsideProduct(
            _("This product has between %(low)s and %(high)s installments."),
            field=field,
            params={"low": rules.min_count, "high": rules.max_count},
        )


def refuse_rate_outside(rules: ProductRules, annual_rate: Decimal) -> None:
    """:raises OutsideProduct: the product has no such rate."""
    if not rules.min_annual_rate <= annual_rate <= rules.max_annual_rate:
        raise OutsideProduct(
            _("The annual rate of this product lies between %(low)s and %(high)s."),
            field="annual_rate",
            params={"low": rules.min_annual_rate, "high": rules.max_annual_rate},
        )


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('loans_loan', 'id'))")
        return int(cursor.fetchone()[0])
