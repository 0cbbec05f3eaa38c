"""An application as plain values for the serializers: masked, with what was decided, in the language of the moment."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from dashu.kernel.dates import lender_now
from dashu.kernel.masking import masked_name
from dashu.kernel.money import Money
from dashu.policy import rules as policy
from loans.disclosing import CostRow, contingent_rows, cost_rows, late_example, not_charged
from loans.domain.application_facts import steps_of
from loans.domain.cost_sheet import CostSheet
from loans.models import Application, CreditReview, Offer, Tranche
from loans.review_words import limits_of_review, review_in_words, ways_of_review
from loans.selectors.decisions import may_ask_for_review, offers_to_choose_from, open_request, told_review
from loans.selectors.guarantees import Guarantee, guarantees_of
from loans.services.offer_sheets import parts_of_offer

_BASIS_POINTS = Decimal(10_000)
_BUDGET = ("income", "stated_income", "essentials", "debts", "buffer", "free", "highest_installment")


def shown(application: Application) -> Application:
    """Return the row with what its detail shows beside its columns."""
    row: Any = application
    borrower = application.borrower
    identity = getattr(borrower, "identity", None)
    row.applicant = {
        "reference": borrower.external_id,
        "name": masked_name(borrower.name),
        "number": identity.masked_number if identity else None,
        "phone": identity.masked_phone if identity else None,
    }
    row.steps = [
        {"step": step.value, "is_done": step.value in application.steps_done}
        for step in steps_of(application.product.kind)
    ]
    row.guarantors_told = [_guarantor(guarantee) for guarantee in guarantees_of(application, now=lender_now())]
    row.timeline = application.events.filter(is_internal=False).order_by("-pk")
    review = told_review(application)
    row.decision = _decision(review, application.currency) if review else None
    row.may_ask_for_review = may_ask_for_review(application, review)
    row.review_request = open_request(application)
    row.tranches = Tranche.objects.filter(contract__application=application).select_related("loan").order_by("number")
    row.offers_told = [_offer(offer, application.currency) for offer in offers_to_choose_from(application)]
    return application


def _guarantor(guarantee: Guarantee) -> dict[str, Any]:
    guarantor, answer = guarantee.guarantor, guarantee.answer
    return {
        "name": guarantor.masked_name,
        "number": guarantor.masked_number,
        "phone": guarantor.masked_phone,
        "share_bps": guarantor.share_bps,
        "state": guarantee.state.value,
        "answered_at": answer.at if answer else None,
    }


def _decision(review: CreditReview, currency: str) -> dict[str, Any]:
    is_refused = review.outcome == CreditReview.Outcome.REFUSE
    return {
        "outcome": review.outcome,
        "decided_at": review.decided_at,
        "is_by_person": review.decided_by_id is not None,
        "words": review.note,
        "reasons": review_in_words(review) if is_refused else [],
        "limits": limits_of_review(review),
        "budget": _budget(review, currency),
        "ways": [
            {
                "code": way.code,
                "amount": None if way.minor is None else Money(way.minor, currency),
                "months": way.months,
                "words": way.words,
            }
            for way in ways_of_review(review, currency)
        ],
    }


def _budget(review: CreditReview, currency: str) -> dict[str, Money] | None:
    """Return the sums of the month. Which lender takes how much is the bureau's to say, and not told to others."""
    kept = review.answer.get("budget")
    return {name: Money(kept[name], currency) for name in _BUDGET} if kept else None


def _offer(offer: Offer, currency: str) -> dict[str, Any]:
    figures = offer.figures
    stressed_debts = figures["stressed_debt_bps"]
    return {
        "position": offer.position,
        "whys": figures["whys"],
        "principal": Money(offer.principal_minor, currency),
        "tranches": [{"amount": Money(part.minor, currency), "on": part.on} for part in parts_of_offer(offer)],
        "count": offer.installment_count,
        "annual_rate": offer.annual_rate,
        "highest_installment": Money(figures["highest"], currency),
        "cost": Money(figures["cost"], currency),
        "total": Money(figures["total"], currency),
        "all_in_rate": Decimal(figures["all_in_rate"]),
        "surplus": Money(figures["surplus"], currency),
        "under_stress": {
            "highest_installment": Money(figures["stressed_highest"], currency),
            "surplus": Money(figures["stressed_surplus"], currency),
            "debt_share": None if stressed_debts is None else stressed_debts / _BASIS_POINTS,
        },
        "expires_on": offer.expires_on,
        "is_chosen": offer.chosen_at is not None,
    }


def sheet_shown(sheet: CostSheet, *, position: int) -> dict[str, Any]:
    """Return the cost sheet of an offer, in figures and in words, with what its digest is of."""
    return {**costs_shown(sheet), "position": position, "digest": sheet.digest, "document": sheet.document}


def costs_shown(sheet: CostSheet) -> dict[str, Any]:
    """Return what a loan costs, in figures and in words."""
    lender = policy.lender_names(sheet.starts_on)[get_language() or "zh-hans"]
    currency = sheet.currency
    return {
        "starts_on": sheet.starts_on,
        "principal": Money(sheet.principal, currency),
        "annual_rate": sheet.annual_rate,
        "interest": Money(sheet.interest, currency),
        "fees": Money(sheet.fees, currency),
        "total": Money(sheet.total, currency),
        "simple_rate": sheet.simple_rate,
        "effective_rate": sheet.effective_rate,
        "all_in_rate": sheet.all_in_rate,
        "rate_cap": sheet.rate_cap,
        "costs": _costs(sheet, cost_rows(sheet, lender=lender)),
        "contingent": _costs(sheet, contingent_rows(sheet, lender=lender)),
        "late_example": late_example(sheet),
        "not_charged": [
            {"code": each.value, "words": words}
            for each, words in zip(sheet.not_charged, not_charged(sheet), strict=True)
        ],
        "installments": [
            {
                "tranche": part.number,
                "number": row.number,
                "due_on": row.due_on,
                "principal": Money(row.principal, currency),
                "interest": Money(row.interest, currency),
                "fee": Money(row.fee, currency),
                "total": Money(row.total, currency),
                "balance": Money(row.balance, currency),
            }
            for part in sheet.portions
            for row in part.rows
        ],
        "tranches": [
            {"number": part.number, "on": part.on, "principal": Money(part.principal, currency)}
            for part in sheet.portions
        ],
    }


def _costs(sheet: CostSheet, rows: Iterable[CostRow]) -> list[dict[str, Any]]:
    amounts = {line.code: Money(line.amount, sheet.currency) for line in sheet.lines}
    return [
        {"code": row.code, "name": row.name, "method": row.method, "payee": row.payee, "amount": amounts[row.code]}
        for row in rows
    ]
