"""An application as the case that is decided: stated and proved facts, the credit report, and what is owed already."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dashu.consents.selectors import consents_held
from dashu.finance.affordability import Amount, Household
from dashu.policy import rules as policy
from dashu.policy.credit_rules import ReviewRules
from dashu.users.id_numbers import person_age
from loans.domain.application_facts import USEFUL_LIFE, Purpose, debt_payments_of, essentials_of, income_of
from loans.domain.card_issuers import Belonging
from loans.domain.credit_files import CreditFile, LoanKind, OtherLoan
from loans.domain.credit_review import Reason
from loans.domain.decisions import Known, Rules
from loans.domain.no_loan import Debt
from loans.domain.offers import Need
from loans.domain.scoring_facts import Housing, ScoringFacts, Work
from loans.domain.tranches import parts_of_json
from loans.models import Application, Product
from loans.scoring.serving import Served, serve
from loans.selectors.exposure import exposure_of, owed_to_us_a_month, seen_before

AUTOMATED = "AUTOMATED_DECISION"


@dataclass(frozen=True, slots=True)
class Case:
    """
    :param debts: known one by one, for saying what would help.
    :param served: the score with what it was made of; None where nobody scores.
    """

    known: Known
    need: Need
    debts: tuple[Debt, ...]
    served: Served | None


def rules_of(on: date, *payouts: date) -> Rules:
    """Return the rules of a day. :param payouts: later days of payout, whose bounds hold where they are stricter."""
    days = [policy.rate_limits(day) for day in (on, *payouts)]
    strictest = min(days, key=lambda each: each.cap)
    limits = replace(strictest, highest_contract=min(each.highest_contract for each in days))
    return Rules(review=policy.credit_review(on), pricing=policy.credit_pricing(on), limits=limits)


def case_of(application: Application, rules: ReviewRules, file: CreditFile | None, *, on: date) -> Case:
    """
    Return the case as it stands.

    :param file: of the credit bureau; None where there is none to be had.
    """
    facts = application.answers
    others = _other_loans(application, file)
    served = _score(application, others)
    known = Known(
        age=person_age(application.borrower.identity.number, on),
        is_resident=facts["person"]["is_resident"],
        household=Household(
            income=Amount(income_of(facts), _verified(application, "income")),
            essentials=Amount(essentials_of(facts), _verified(application, "essentials")),
            debt_payments=Amount(debt_payments_of(facts), _proved_debts(application, others, on=on)),
            essentials_floor=rules.essentials_floor(facts["person"]["household"]),
        ),
        exposure=exposure_of(application),
        has_fraud_flag=file.has_fraud_flag if file else False,
        open_lenders=len(_lenders(facts, others)),
        inquiries={days: file.inquiries_within(days, on=on) for days in rules.inquiries} if file else {},
        days_past_due_elsewhere=file.worst_days_past_due if file else 0,
        repays_other_loans=application.purpose == Purpose.OTHER_LOANS,
        score=served.scored.points if served else None,
        by_person=tuple(_by_person(application, file)),
    )
    return Case(known, need_of(application), _debts(facts, others), served)


def need_of(application: Application) -> Need:
    assert application.amount_minor is not None
    assert application.months is not None
    seasons = application.answers["loan"].get("strong_months", [])
    is_seasonal = application.answers["loan"].get("plan") == "seasonal"
    return Need(
        amount=application.amount_minor,
        months=application.months,
        useful_months=USEFUL_LIFE.get(Purpose(application.purpose)),
        strong_months=tuple(seasons) if is_seasonal else (),
        parts=parts_of_json(application.answers["loan"].get("tranches", ())),
    )


def _by_person(application: Application, file: CreditFile | None) -> list[Reason]:
    held = consents_held(borrower_id=application.borrower_id, about=application.reference)
    reasons = []
    if file is None:
        reasons.append(Reason.NO_CREDIT_REPORT)
    if AUTOMATED not in held:
        reasons.append(Reason.PERSON_ASKED_FOR)
    if application.product.kind == Product.Kind.SME:  # the scorecard was made of loans to households
        reasons.append(Reason.BUSINESS_LOAN)
    if seen_before(application):
        reasons.append(Reason.SEEN_BEFORE)
    card = getattr(application, "card", None)
    if card and card.belonging is not Belonging.CONFIRMED:
        reasons.append(Reason.CARD_UNCONFIRMED)
    return reasons


def _other_loans(application: Application, file: CreditFile | None) -> tuple[OtherLoan, ...]:
    """Return the running loans of the bureau, without the card that this loan pays off: it would count twice."""
    if file is None:
        return ()
    card = getattr(application, "card", None)
    return tuple(
        loan for loan in file.open_loans if not (card and loan.kind is LoanKind.CARD and card.is_of(loan.lender))
    )


def _score(application: Application, others: tuple[OtherLoan, ...]) -> Served | None:
    if application.product.kind == Product.Kind.SME:
        return None
    facts = application.answers
    assert application.amount_minor is not None
    assert application.months is not None
    owed = max(
        sum(debt["left_minor"] for debt in facts["debts"]["debts"]), sum(loan.commitment_minor for loan in others)
    )
    return serve(
        ScoringFacts(
            amount=application.amount_minor,
            months=application.months,
            income=_verified(application, "income") or income_of(facts),
            expenses=essentials_of(facts),
            assets=facts["month"]["assets_minor"],
            debt=owed,
            has_past_defaults=facts["debts"]["had_defaults"],
            work=Work(facts["work"]["job"]),
            years_in_job=facts["work"]["years_in_job"],
            housing=Housing(facts["work"]["home"]),
        ),
        reference=application.reference,
    )


def _verified(application: Application, name: str) -> int | None:
    entry: Mapping[str, Any] | None = application.verified.get(name)
    return None if entry is None else int(entry["minor"])


def _proved_debts(application: Application, others: tuple[OtherLoan, ...], *, on: date) -> int:
    """
    What the bureau knows is proved, and so is what is owed to ourselves; what staff found is, too; the higher counts.

    The bureau may name our loans as well: they count once, as we know them.
    """
    ours = set(policy.lender_names(on).values())
    elsewhere = sum(loan.monthly_minor for loan in others if loan.lender not in ours)
    return max(elsewhere + owed_to_us_a_month(application, on=on), _verified(application, "debt_payments") or 0)


def _lenders(facts: Mapping[str, Any], others: tuple[OtherLoan, ...]) -> set[str]:
    """Return with whom loans run, each once however it is written with spaces and capitals."""
    names = [loan.lender for loan in others] + [debt["lender"] for debt in facts["debts"]["debts"]]
    return {"".join(name.split()).casefold() for name in names}


def _debts(facts: Mapping[str, Any], others: tuple[OtherLoan, ...]) -> tuple[Debt, ...]:
    """Return the debts one by one: as the bureau knows them, else as they were declared."""
    if others:
        return tuple(
            Debt(loan.lender, loan.monthly_minor, _months_left(loan.commitment_minor, loan.monthly_minor))
            for loan in others
        )
    return tuple(
        Debt(debt["lender"], debt["monthly_minor"], _months_left(debt["left_minor"], debt["monthly_minor"]))
        for debt in facts["debts"]["debts"]
    )


def _months_left(owed: int, monthly: int) -> int | None:
    return -(-owed // monthly) if monthly else None
