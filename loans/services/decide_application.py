"""Decide an application by the rules of the day, or find that a person has to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from dashu import events
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.policy.credit_rules import Outcome
from loans.domain.applications import Status
from loans.domain.credit_file_json import file_of_json
from loans.domain.credit_review import Facts, Reason
from loans.domain.decisions import Decision, Rules, decide
from loans.domain.no_loan import budget_of, lesson_for, ways_out
from loans.domain.offers import Offer as Proposed
from loans.domain.terms import ProductRules
from loans.domain.tranches import parts_to_json
from loans.models import Application, CreditReport, CreditReview, Offer
from loans.selectors.products import product_terms
from loans.services.application_rows import Kind, lock_application, move, note, refuse_unless_in
from loans.services.case_of import Case, case_of, need_of, rules_of
from loans.services.offer_sheets import sheet_of_terms

ACTOR = "system:review"


@transaction.atomic
def decide_application(*, application_id: int, now: datetime) -> Application:
    """
    Decide a submitted application and make the offers, or pass it to a person. Decided before, it is left as it is.

    :raises ApplicationStateChanged: it was withdrawn meanwhile.
    """
    application = lock_application(application_id)
    if application.status in (Status.OFFERED, Status.REFUSED, Status.REFERRED):
        return application
    refuse_unless_in(application, Status.SUBMITTED)
    report = CreditReport.objects.filter(application=application).first()
    decided = decision_on(application, report, on=lender_date(now))
    reviewed = write_review(application, decided, report=report, now=now)
    follow(application, reviewed, decided, now=now, actor=ACTOR)
    events.publish("loans.application_decided", application_id=application.pk, review_id=reviewed.pk)
    return application


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it was made from. Nothing of it is written yet."""

    decision: Decision
    case: Case
    product: ProductRules
    rules: Rules
    on: date


def decision_on(application: Application, report: CreditReport | None, *, on: date) -> Decided:
    """Return what the rules of a day say; nothing is written."""
    product = product_terms(application.product.code, on=on).rules
    rules = rules_of(on, *(part.day(on) for part in need_of(application).parts))
    file = file_of_json(report.content) if report and report.content else None
    case = case_of(application, rules.review, file, on=on)
    return Decided(decide(case.known, case.need, product, rules, on=on), case, product, rules, on)


def write_review(
    application: Application,
    decided: Decided,
    *,
    report: CreditReport | None,
    now: datetime,
    outcome: Outcome | None = None,
    decided_by_id: int | None = None,
    words: str = "",
    reasons: Sequence[str] = (),
) -> CreditReview:
    """
    Keep a decision with all that it was made from.

    :param outcome: a person's, where one decides; `words` are theirs, for the applicant to read.
    :param reasons: of the findings, those that a person refuses for.
    """
    reviewed = review_row(application, decided, report=report, now=now, outcome=outcome)
    reviewed.decided_by_id, reviewed.note = decided_by_id, words
    if reasons:
        reviewed.answer["reasons"] = list(reasons)
    reviewed.save(force_insert=True)
    return reviewed


def review_row(
    application: Application,
    decided: Decided,
    *,
    report: CreditReport | None,
    now: datetime,
    outcome: Outcome | None = None,
) -> CreditReview:
    """Return the row of a decision without saving it."""
    decision, served = decided.decision, decided.case.served
    return CreditReview(
        application=application,
        report=report,
        outcome=_outcome_of(decision, outcome).name,
        facts=_plain_facts(decision.facts),
        findings=[
            {
                "outcome": finding.outcome.name,
                "reason": finding.reason.value,
                "found": finding.found,
                "limit": finding.limit,
                "days": finding.days,
            }
            for finding in decision.review.findings
        ],
        scorecard=served.decider if served else "",
        score=served.scored.points if served else None,
        shortfalls=[{"characteristic": each.characteristic.name, "points": each.points} for each in served.shortfalls]
        if served
        else [],
        challenger={name: points for name, points in served.points.items() if name != served.decider}
        if served
        else None,
        price={
            "annual_rate": f"{decision.price.annual_rate:f}",
            "steps": [
                {
                    "reason": step.reason.value,
                    "change": f"{step.change:f}",
                    "found": step.found,
                    "limit": step.limit,
                }
                for step in decision.price.steps
            ],
        },
        answer=_answer(decided),
        rules_on=lender_date(now),
        decided_at=now,
    )


def _answer(decided: Decided) -> dict[str, Any]:
    """Return what the applicant is told beyond the reasons."""
    decision, case = decided.decision, decided.case
    shares, household = decided.rules.review.affordability, case.known.household
    budget = budget_of(household, shares, case.debts)
    ways = ways_out(household, shares, decision.facts.installment, case.debts)
    return {
        "limits": [
            {"obstacle": each.obstacle.value, "found": each.found, "limit": each.limit}
            for each in decision.match.limits
        ],
        "budget": {
            "income": budget.income,
            "stated_income": budget.stated_income,
            "essentials": budget.essentials,
            "debts": budget.debts,
            "buffer": budget.buffer,
            "free": budget.free,
            "highest_installment": budget.highest_installment,
            "heaviest": budget.heaviest.name if budget.heaviest else None,
            "heaviest_payment": budget.heaviest.payment if budget.heaviest else None,
        },
        "ways": {
            "missing": ways.missing,
            "lower_debts_by": ways.lower_debts_by,
            "wait_months": ways.wait_months,
            "prove_income": ways.prove_income,
        },
        "lesson": lesson_for(decision.review.findings),
        "scored": {name: _plain(value) for name, value in case.served.facts.items()} if case.served else None,
    }


def follow(
    application: Application,
    reviewed: CreditReview,
    decided: Decided | None,
    *,
    now: datetime,
    actor: str,
) -> None:
    """
    Bring a locked application where a review leads: to its offers, to a person, or to a no with its reasons.

    :param decided: with the offers to make; None for a review that makes none.
    """
    if reviewed.outcome == CreditReview.Outcome.APPROVE and decided and decided.decision.offers:
        expires_on = _make_offers(application, reviewed, decided, now=now)
        move(application, Status.OFFERED, now=now, decided_at=now, due_at=None, expires_on=expires_on)
        note(application, Kind.OFFERED, now=now, actor=actor, offers=len(decided.decision.offers))
    elif reviewed.outcome == CreditReview.Outcome.REFUSE:
        move(application, Status.REFUSED, now=now, decided_at=now, due_at=None)
        note(application, Kind.REFUSED, now=now, actor=actor)
    else:
        due_at = now + timedelta(hours=policy.credit_review(lender_date(now)).person_hours)
        move(application, Status.REFERRED, now=now, due_at=due_at)
        note(application, Kind.REFERRED, now=now, actor=actor)


def _outcome_of(decision: Decision, of_a_person: Outcome | None) -> Outcome:
    """Who asked for a person is never refused by a computer, whatever it finds. PIPL article 24."""
    if of_a_person is not None:
        return of_a_person
    if Reason.PERSON_ASKED_FOR in decision.facts.by_person:
        return Outcome.REFER
    return decision.outcome


def _make_offers(application: Application, reviewed: CreditReview, decided: Decided, *, now: datetime) -> date:
    """Write the offers with their cost sheets; return the day to which they hold."""
    on = lender_date(now)
    expires_on = on + timedelta(days=policy.credit_disclosure(on).offer_days)
    offers = []
    for position, proposed in enumerate(decided.decision.offers, start=1):
        sheet = sheet_of_terms(proposed.loans, decided.product, on=on, currency=application.currency)
        assert sheet.is_within_cap, "an offer above the cap"
        offers.append(
            Offer(
                review=reviewed,
                application=application,
                position=position,
                reason=proposed.whys[0].value,
                principal_minor=proposed.principal,
                installment_count=proposed.count,
                annual_rate=proposed.annual_rate,
                terms=_terms(proposed),
                figures=_figures(proposed),
                sheet=sheet.document,
                sheet_digest=sheet.digest,
                made_at=now,
                expires_on=expires_on,
            )
        )
    Offer.objects.bulk_create(offers)
    return expires_on


def _terms(proposed: Proposed) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "method": proposed.method.value,
        "interest_only_months": list(proposed.terms.interest_only_months),
    }
    if len(proposed.parts) > 1:
        terms["tranches"] = parts_to_json(proposed.parts)
    return terms


def _figures(proposed: Proposed) -> dict[str, Any]:
    return {
        "whys": [why.value for why in proposed.whys],
        "highest": proposed.highest,
        "cost": proposed.cost,
        "total": proposed.total,
        "all_in_rate": f"{proposed.all_in_rate:f}",
        "surplus": proposed.burden.surplus,
        "debt_bps": proposed.burden.debt_bps,
        "stressed_highest": proposed.stressed_highest,
        "stressed_surplus": proposed.stressed.surplus,
        "stressed_debt_bps": proposed.stressed.debt_bps,
    }


def _plain_facts(facts: Facts) -> dict[str, Any]:
    household = facts.household
    return {
        "age": facts.age,
        "is_resident": facts.is_resident,
        "income": {"stated": household.income.stated, "verified": household.income.verified},
        "essentials": {"stated": household.essentials.stated, "verified": household.essentials.verified},
        "debt_payments": {"stated": household.debt_payments.stated, "verified": household.debt_payments.verified},
        "essentials_floor": household.essentials_floor,
        "installment": facts.installment,
        "stressed_installment": facts.stressed_installment,
        "all_in_rate": f"{facts.all_in_rate:f}",
        "rate_cap": f"{facts.rate_cap:f}",
        "exposure": facts.exposure,
        "has_fraud_flag": facts.has_fraud_flag,
        "open_lenders": facts.open_lenders,
        "inquiries": {str(days): count for days, count in facts.inquiries.items()},
        "days_past_due_elsewhere": facts.days_past_due_elsewhere,
        "repays_other_loans": facts.repays_other_loans,
        "by_person": [reason.value for reason in facts.by_person],
    }


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value
