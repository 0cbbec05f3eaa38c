"""A loan of the book as a case of the engine: the same life, household and bounds that an offer is decided from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from collections_mgmt.domain.relief.budget import Cause, Statement, means_of
from collections_mgmt.domain.relief.cases import Bounds, Case, Past
from collections_mgmt.models import Budget, HardshipRequest, Hold, WarningTrigger
from dashu.finance.affordability import Amount
from dashu.finance.life import Life
from dashu.finance.loan import effective_days_past_due
from dashu.finance.relief import standing
from dashu.kernel.dates import add_months, lender_date
from dashu.policy import rules as policy
from dashu.policy.early_warning import Trigger
from loans.models import CreditReview, Loan
from repayments.models import LoanEvent, Payment
from repayments.selectors.lives import life_on

Kind = LoanEvent.Kind

CAUSES: Mapping[str, Cause] = {
    HardshipRequest.Cause.INCOME: Cause.INCOME_UNSTABLE,
    HardshipRequest.Cause.MANAGEMENT: Cause.MONEY_MANAGEMENT,
    HardshipRequest.Cause.SPENDING: Cause.OVERSPENDING,
    HardshipRequest.Cause.ECONOMY: Cause.MACRO_ECONOMY,
    HardshipRequest.Cause.TERMS: Cause.TERMS_NOT_UNDERSTOOD,
}
_RESTRUCTURES = (Kind.RESTRUCTURE, Kind.EXTENSION, Kind.ARREARS_PLAN)
_ALL_SPENDING = "ALL"


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known of a borrower's month, and why it no longer reaches.

    :param payday: the day of the month on which the income comes; None where it was not said.
    """

    statement: Statement
    cause: str = ""
    payday: int | None = None


def known_of_budget(budget: Budget) -> Known:
    income, verified = sum(budget.income.values()), None
    if budget.income and set(budget.verified) >= set(budget.income):
        verified = income
    statement = Statement(
        income=Amount(income, verified),
        spending=dict(budget.expenses),
        other_debts=Amount(sum(budget.debts.values())),
        persons=budget.household,
        words=dict(budget.words),
        later_income=budget.income_later_minor,
        later_from=budget.income_later_from,
    )
    return Known(statement, budget.cause, budget.payday)


def known_of_borrower(borrower_id: int) -> Known | None:
    """
    Return what the borrower stated last, else what their application was decided from; None where nothing is known.

    An income that early warning found to be lower since then counts as it is now.
    """
    if budget := Budget.objects.filter(borrower=borrower_id).order_by("-pk").first():
        return _with_income_now(known_of_budget(budget), borrower_id, since=lender_date(budget.made_at))
    reviews = CreditReview.objects.filter(application__borrower=borrower_id).order_by("-decided_at")
    review = reviews.values_list("decided_at", "facts").first()
    if review is None:
        return None
    decided_at, facts = review
    if not facts or not {"income", "essentials", "debt_payments"} <= facts.keys():
        return None
    return _with_income_now(Known(_statement_of(facts)), borrower_id, since=lender_date(decided_at))


def case_of_loan(loan: Loan, known: Known, *, on: date) -> Case:
    """Return a loan of the book as it stands on a day, beside a household's month and the rules of the day."""
    life = life_on(loan, on)
    position = standing(life, on)
    days = effective_days_past_due(position, life.contract, on)
    losses, limits = policy.loss_assumptions(on), policy.relief_limits(on)
    advances, payments = _flows(loan, on)
    product_kind, rules = loan.product_terms.product.kind, loan.product_terms.rules
    return Case(
        life=life,
        on=on,
        means=means_of(known.statement, policy.relief_affordability(on)),
        bounds=Bounds(
            limits=limits,
            clocks=policy.relief_clocks(on),
            losses=losses.band(days),
            loss_given_default=losses.loss_given_default,
            rate_cap=policy.rate_limits(loan.borrowed_on).cap,
            last_day=add_months(loan.borrowed_on, limits.longest_terms[product_kind]),
            longest_count=rules.max_count,
            credit_marks=policy.relief_credit_marks(on),
        ),
        advances=advances,
        payments=payments,
        days_past_due=days,
        reasons=frozenset({CAUSES[known.cause]} if known.cause in CAUSES else ()),
        payday=known.payday,
        past=_past_of(loan, life, on),
        other_loans=_other_loans(loan),
        currency=loan.currency,
        is_blocked=Hold.objects.filter(
            loan=loan, ended_on=None, kind__in=(Hold.Kind.FRAUD, Hold.Kind.DISPUTE)
        ).exists(),
    )


def facts_of(known: Known, on: date) -> dict[str, Any]:
    """Return what an offer was decided from, as plain JSON."""
    statement = known.statement
    later = statement.later_from.isoformat() if statement.later_from else None
    return {
        "on": on.isoformat(),
        "income": {"stated": statement.income.stated, "verified": statement.income.verified},
        "spending": dict(statement.spending),
        "other_debts": statement.other_debts.stated,
        "persons": statement.persons,
        "later_income": statement.later_income,
        "later_from": later,
        "cause": known.cause,
        "payday": known.payday,
    }


def known_of_facts(facts: Mapping[str, Any]) -> Known:
    """Read what `facts_of` wrote."""
    statement = Statement(
        income=Amount(**facts["income"]),
        spending=dict(facts["spending"]),
        other_debts=Amount(facts["other_debts"]),
        persons=facts["persons"],
        later_income=facts["later_income"],
        later_from=date.fromisoformat(facts["later_from"]) if facts["later_from"] else None,
    )
    return Known(statement, facts["cause"], facts["payday"])


def _with_income_now(known: Known, borrower_id: int, *, since: date) -> Known:
    fallen = WarningTrigger.objects.filter(
        borrower=borrower_id, kind=Trigger.INCOME_DROP, ended_on=None, fired_on__gt=since
    )
    facts = fallen.order_by("-fired_on").values_list("facts", flat=True).first()
    if not facts or facts["amount_minor"] >= known.statement.income.stated:
        return known
    return replace(known, statement=replace(known.statement, income=Amount(facts["amount_minor"])))


def _statement_of(facts: Mapping[str, Any]) -> Statement:
    essentials = Amount(**facts["essentials"])
    stated = max(essentials.stated, essentials.verified or 0, facts.get("essentials_floor", 0))
    return Statement(
        income=Amount(**facts["income"]),
        spending={_ALL_SPENDING: stated},
        other_debts=Amount(**facts["debt_payments"]),
    )


def _flows(loan: Loan, on: date) -> tuple[list[tuple[date, int]], list[tuple[date, int]]]:
    """Return what the borrower received of us, and what they paid, as far as it counts on a day."""
    undone = _undone(loan)
    received = [
        (event.effective_on, event.amount_minor or loan.principal_minor)
        for event in LoanEvent.objects.filter(
            loan=loan, kind__in=(Kind.DISBURSED, Kind.TAKEN_OVER, Kind.REFUND), effective_on__lte=on
        ).exclude(pk__in=undone)
    ]
    first_on, first = received[0]
    received[0] = (first_on, first - loan.schedule_terms.kept_back)
    paid = Payment.objects.filter(loan=loan, is_returned=False, received_on__lte=on).order_by("received_on", "event_id")
    return received, list(paid.values_list("received_on", "amount_minor"))


def _past_of(loan: Loan, life: Life, on: date) -> Past:
    """Return the days of earlier plans that hold, and how many installments of the last one are paid."""
    changed = LoanEvent.objects.filter(loan=loan, kind__in=_RESTRUCTURES, effective_on__lte=on)
    days = sorted(set(changed.exclude(pk__in=_undone(loan)).values_list("effective_on", flat=True)))
    if not days:
        return Past()
    rows = [row for row in standing(life, on).installments if row.due_on > days[-1] and row.total]
    return Past(tuple(days), sum(row.unpaid == 0 for row in rows))


def _undone(loan: Loan) -> list[int]:
    reversals = LoanEvent.objects.filter(loan=loan, kind=Kind.REVERSAL)
    return [int(event) for event in reversals.values_list("data__event", flat=True)]


def _other_loans(loan: Loan) -> int:
    others = Loan.objects.filter(borrower=loan.borrower_id, status=Loan.Status.ACTIVE).exclude(pk=loan.pk)
    return others.count()


def with_cause(known: Known, cause: str) -> Known:
    return replace(known, cause=cause) if cause else known
