"""A product's terms as plain values for the serializers, in the language of the moment."""

from datetime import date
from decimal import Decimal
from typing import Any

from dashu.kernel.money import Money
from dashu.policy import rules as policy
from dashu.web.writing import named
from loans.api.application_telling import costs_shown
from loans.domain.cost_sheet import CostSheet
from loans.domain.fees import FeeLine
from loans.domain.terms import ProductRules
from loans.models import ProductTerms

_NO_MARGIN = Decimal(0)


def terms_shown(version: ProductTerms, *, on: date, currency: str) -> ProductTerms:
    """
    Return the version with what its detail shows beside its columns.

    :raises PolicyRuleMissing: the lender's pack says nothing of the day.
    """
    row: Any = version
    rules = version.rules
    row.as_of = on
    row.rate_cap = policy.rate_cap(on)
    row.allocation = {
        "order": [part.value for part in rules.allocation_order],
        "direction": rules.allocation_direction.value,
        "surplus": rules.surplus.value,
    }
    row.penalty = _penalty(rules, on=on) if rules.charges_penalty else None
    row.fees = [fee_shown(line, currency) for line in rules.fees]
    row.covenants = [
        {
            "code": line.code,
            "text": named(line.text),
            "after_months": line.after_months,
            "every_months": line.every_months,
        }
        for line in rules.covenants
    ]
    row.schedule = version.terms.get("schedule", {})
    published = ProductTerms.objects.published().filter(product=version.product_id).order_by("-version")
    row.versions = [
        {"version": each.version, "effective_from": each.effective_from, "is_in_force": each.pk == version.pk}
        for each in published.only("version", "effective_from")
    ]
    return version


def quote_shown(version: ProductTerms, sheet: CostSheet, *, months: int) -> dict[str, Any]:
    """Return what a loan of a product would cost, in figures and in words."""
    return {
        **costs_shown(sheet),
        "product": version,
        "months": months,
        "is_within_cap": sheet.is_within_cap,
        "cap_margin": _NO_MARGIN if sheet.rate_cap is None else sheet.rate_cap - sheet.all_in_rate,
    }


def _penalty(rules: ProductRules, *, on: date) -> dict[str, Any]:
    asked = policy.penalty_rule(on)
    lowest, highest = (asked.for_contract(rate) for rate in (rules.min_annual_rate, rules.max_annual_rate))
    return {
        "lowest_annual_rate": lowest.annual_rate,
        "highest_annual_rate": highest.annual_rate,
        "base": highest.base.value,
        "year_days": highest.year_days,
        "grace_days": max(highest.grace_days, rules.grace_days),
    }


def fee_shown(line: FeeLine, currency: str) -> dict[str, Any]:
    return {
        "code": line.code,
        "name": named(line.name),
        "payee": named(line.payee),
        "when": line.when.value,
        "amount": Money(line.minor, currency) if line.share is None else None,
        "rate": line.share,
        "cap": None if line.cap is None else Money(line.cap, currency),
        "is_once": line.is_once,
    }
