"""A version of a product as tables for whoever publishes it: what changes, what loans come to, and the worst case."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.kernel.money import parse_minor
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import money, percent
from dashu.web.writing import named
from loans.domain.covenants import parse_covenants
from loans.domain.fees import FeeLine, parse_fee_lines
from loans.domain.product_examples import LATE_DAYS, Example, Examples, examples_of
from loans.domain.terms import ProductRules
from loans.models import ProductTerms

TERMS: dict[str, Any] = {
    "method": gettext_lazy("repayment method"),
    "min_principal": gettext_lazy("lowest amount"),
    "max_principal": gettext_lazy("highest amount"),
    "min_count": gettext_lazy("fewest installments"),
    "max_count": gettext_lazy("most installments"),
    "min_annual_rate": gettext_lazy("lowest annual rate"),
    "max_annual_rate": gettext_lazy("highest annual rate"),
    "period": gettext_lazy("period"),
    "day_count": gettext_lazy("day count"),
    "rounding": gettext_lazy("rounding"),
    "interest_basis": gettext_lazy("interest basis"),
    "interest_year_days": gettext_lazy("days of the interest year"),
    "allocation_order": gettext_lazy("order of allocation"),
    "allocation_direction": gettext_lazy("direction of allocation"),
    "surplus": gettext_lazy("what a surplus pays"),
    "tolerance_bps": gettext_lazy("overlooked shortfall (bps)"),
    "grace_days": gettext_lazy("days without penalty"),
    "charges_penalty": gettext_lazy("charges penalty"),
    "fees": gettext_lazy("fees"),
    "covenants": gettext_lazy("promises of a business"),
    "max_tranches": gettext_lazy("most parts of the payout"),
    "tranche_within_days": gettext_lazy("days from the application to the last part"),
    "schedule": gettext_lazy("further terms of the schedule"),
}

WHEN: dict[str, Any] = {
    "upfront": gettext_lazy("Once, with the first installment"),
    "each": gettext_lazy("With each installment"),
    "on_event": gettext_lazy("When it happens"),
}

# What a version that does not speak of a term means, in the form in which others say it.
DEFAULTS: dict[str, Any] = {
    each.name: list(each.default) if isinstance(each.default, tuple) else each.default
    for each in fields(ProductRules)
    if each.default is not MISSING
}

METHODS: dict[str, Any] = {
    "equal_installment": gettext_lazy("Equal installments"),
    "equal_principal": gettext_lazy("Equal principal"),
    "interest_only": gettext_lazy("Interest only, principal at the end"),
    "bullet": gettext_lazy("All at the end"),
    "flat": gettext_lazy("Flat rate"),
    "step": gettext_lazy("Rising or falling installments"),
    "seasonal": gettext_lazy("Seasonal installments"),
}

Tables = list[dict[str, Any]]


def examples_on(on: date, rules: ProductRules) -> Examples:
    """
    Return what loans come to that are paid out on a day, under its policy.

    :raises DomainError: no schedule can be made of these terms.
    """
    return examples_of(rules, penalty_at=policy.penalty_rule(on).for_contract, limits=policy.rate_limits(on), on=on)


def preview_tables(version: ProductTerms, examples: Examples | None = None) -> Tables:
    """
    Return the tables of a version, in the reader's language, as `dashu.approvals.acts` describes them.

    :param examples: of its terms on its day, where they were worked out already.
    :raises DomainError: no schedule can be made of its terms.
    """
    on = version.effective_from
    if examples is None:
        examples = examples_on(on, version.rules)
    in_force = (
        ProductTerms.objects.published()
        .filter(product=version.product, effective_from__lte=on)
        .exclude(pk=version.pk)
        .order_by("-effective_from", "-version")
        .first()
    )
    return [
        _changes(in_force.terms if in_force else {}, version.terms),
        _fees(version.rules, examples.worst),
        _loans(examples),
        _worst_case(examples),
        _schedule(examples.worst),
    ]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        [str(label), _said(name, _value(before, name)), _said(name, _value(after, name))]
        for name, label in TERMS.items()
        if _value(before, name) != _value(after, name)
    ]
    return {
        "title": _("What changes"),
        "columns": [_("term"), _("before"), _("after")],
        "rows": rows,
        "note": "" if before else _("No version of this product was in force."),
        "empty": _("No term changes."),
    }


def _fees(rules: ProductRules, worst: Example) -> dict[str, Any]:
    columns = [_("fee"), _("received by"), _("when"), {"title": _("at most, each time"), "is_number": True}]
    return {
        "title": _("What may be charged"),
        "columns": columns,
        "rows": [_fee(line, worst.principal) for line in rules.fees],
        "note": _("Beside interest and penalty interest. Amounts are those of the largest loan."),
        "empty": _("Nothing beside interest and penalty interest."),
    }


def _fee(line: FeeLine, principal: int) -> list[str]:
    when = _("When it happens, all of them together") if line.is_once else str(WHEN[line.when.value])
    return [named(line.name), named(line.payee), when, money(line.of(principal))]


def _loans(examples: Examples) -> dict[str, Any]:
    columns = [_("amount"), _("installments"), _("annual rate"), _("highest installment"), _("cost"), _("all-in rate")]
    rows = [
        [
            money(example.principal),
            str(example.count),
            percent(example.annual_rate),
            money(example.highest),
            money(example.cost),
            percent(example.all_in_rate),
        ]
        for example in examples.examples
    ]
    return {
        "title": _("What loans come to"),
        "columns": [{"title": title, "is_number": True} for title in columns],
        "rows": rows,
        "note": _("The loans at the edges of what the product offers. The all-in rate counts every cost, over a year."),
    }


def _worst_case(examples: Examples) -> dict[str, Any]:
    worst = examples.worst
    rows = [
        [_("Borrowed"), money(worst.principal)],
        [_("Paid back in all, when every installment is paid on time"), money(worst.principal + worst.cost)],
        [
            _("More, when the first installment is %(days)d days late") % {"days": LATE_DAYS},
            money(examples.penalty_once),
        ],
        [
            _("More, when nothing is paid and all of it is %(days)d days late") % {"days": LATE_DAYS},
            money(examples.penalty_all),
        ],
    ]
    return {
        "title": _("The worst case"),
        "columns": ["", {"title": _("amount"), "is_number": True}],
        "rows": rows,
        "note": _("The largest loan, for the longest time, at the highest rate."),
    }


def _schedule(example: Example) -> dict[str, Any]:
    columns = [_("No."), _("due date"), _("principal"), _("interest"), _("fees"), _("installment"), _("balance")]
    rows = [
        [
            str(row.number),
            date_format(row.due_on, "DATE_FORMAT"),
            money(row.principal),
            money(row.interest),
            money(row.fee),
            money(row.total),
            money(row.balance),
        ]
        for row in example.rows
    ]
    return {
        "title": _("Its schedule"),
        "columns": [{"title": title, "is_number": place != 1} for place, title in enumerate(columns)],
        "rows": rows,
        "note": "",
    }


def _value(terms: Mapping[str, Any], name: str) -> Any:
    """Return what a version says of a term, its default where it says nothing; None of a version that is not there."""
    return terms.get(name, DEFAULTS.get(name)) if terms else None


def _said(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "method":
        return str(METHODS.get(value, value))
    if name.endswith("_principal"):
        return money(parse_minor(value, settings.CURRENCY, field=name))
    if name.endswith("_annual_rate"):
        return percent(Decimal(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "fees":
        return "; ".join(_fee_said(line) for line in parse_fee_lines(value, currency=settings.CURRENCY)) or "–"
    if name == "covenants":
        return "; ".join(named(line.text) for line in parse_covenants(value)) or "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {part}" for key, part in value.items()) or "–"
    return str(value)


def _fee_said(line: FeeLine) -> str:
    said = money(line.minor) if line.share is None else percent(line.share)
    return f"{named(line.name)} {said}"
