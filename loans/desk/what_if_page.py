"""The what-if of an application's page: a plain form, and what the rules would say. Nothing is written."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.money import EXPONENTS
from dashu.policy.credit_rules import Outcome
from dashu.web.staff_tables import Figure, Table
from dashu.web.templatetags.dashu import money, percent
from loans.desk.decision import limits_table, offers_table, table_of_findings
from loans.desk.forms import WhatIfForm, as_typed
from loans.desk.seen import Seen
from loans.domain.person_decisions import in_the_way, offers_of_person
from loans.domain.terms import ProductRules
from loans.selectors.products import product_terms
from loans.services.decide_application import Decided
from loans.services.what_if import Change, decision_if

OUTCOMES = {
    Outcome.APPROVE: (_("The rules would make offers"), "good"),
    Outcome.REFER: (_("A person would decide"), "soon"),
    Outcome.REFUSE: (_("The rules would refuse"), "late"),
}


def what_if(seen: Seen, asked: QueryDict, *, now: datetime) -> dict[str, Any]:
    """Return what the what-if part of the page takes. :param asked: the form as it was sent; empty: as it stands."""
    application = seen.application
    typed = asked if any(name in asked for name in ("amount", "months", "income", "essentials", "debts")) else None
    form = WhatIfForm(
        typed,
        currency=application.currency,
        initial={
            "amount": as_typed(application.amount_minor, application.currency),
            "months": application.months,
        },
    )
    on = lender_date(now)
    try:
        product = product_terms(application.product.code, on=on).rules
        if typed is not None and not form.is_valid():
            return {"form": form, "product": _bounds(product, application.currency)}
        change = form.change if typed is not None else Change()
        decided = decision_if(application, seen.report, change, on=on)
    except DomainError as error:
        return {"form": form, "refusal": error.user_message}
    return {
        "form": form,
        "product": _bounds(product, application.currency),
        "is_changed": typed is not None,
        "figures": figures(decided, application.currency),
        "tables": tables(decided, application.currency, is_changed=typed is not None),
    }


def figures(decided: Decided, currency: str) -> list[Figure]:
    decision = decided.decision
    words, tone = OUTCOMES[decision.outcome]
    price = percent(decision.price.annual_rate)
    shown = [Figure(_("outcome"), words, _by_person(decided), tone), Figure(_("rate"), price)]
    if decision.facts.score is not None:
        shown.append(Figure(_("points"), decision.facts.score))
    if loan := decision.reviewed:
        left = loan.burden.surplus
        shown.append(Figure(_("highest installment"), money(loan.highest, currency)))
        shown.append(Figure(_("left over a month"), money(left, currency), tone="late" if left < 0 else "good"))
    return shown


def tables(decided: Decided, currency: str, *, is_changed: bool) -> list[Table]:
    """Return what could be offered and what limits it; the findings only where they may be others than above."""
    decision, rules = decided.decision, decided.rules.review
    offers = offers_of_person(decision, decided.case.known, decided.rules)
    shown = [offers_table(offers, currency), limits_table(decision.match.limits)]
    return [*shown, table_of_findings(decision.review.findings, rules)] if is_changed else shown


def _by_person(decided: Decided) -> str:
    """Say whether a person could approve."""
    if in_the_way(decided.decision.review, decided.rules.review):
        return gettext("Nobody can approve this.")
    if not offers_of_person(decided.decision, decided.case.known, decided.rules):
        return gettext("There is no offer that a person could make.")
    return gettext("A person can approve this.")


def _bounds(product: ProductRules, currency: str) -> dict[str, int]:
    """Return the bounds of the sliders: whole units of the currency, and months."""
    minor = 10 ** EXPONENTS[currency]
    return {
        "least": -(-product.min_principal // minor),
        "most": product.max_principal // minor,
        "shortest": product.min_count,
        "longest": product.max_count,
    }
