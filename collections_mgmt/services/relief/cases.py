"""A loan of the book as a case of the engine: the same life, household and bounds that an offer is decided from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum

from collections_mgmt.domain.relief.budget import Cause, Statement, means_of
from collections_mgmt.domain.relief.cases import Bounds, Case, Past
from collections_mgmt.domain.relief.demands import plan_of
from collections_mgmt.domain.relief.joining import NewLoan, Several
from collections_mgmt.models import (
    Budget,
    HardshipRequest,
    Hold,
    IncomeObservation,
    RestructuringPlan,
    WarningTrigger,
)
from collections_mgmt.services.relief.ways import METHOD
from dashu.consents.selectors import consents_held
from dashu.finance.affordability import Amount
from dashu.finance.joined_loans import average_rate
from dashu.finance.life import Life
from dashu.finance.loan import effective_days_past_due
from dashu.finance.periods import DueRule
from dashu.finance.relief import standing
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.dates import add_months, lender_date
from dashu.policy import rules as policy
from dashu.policy.early_warning import WITH_CONSENT, Trigger
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import CreditReview, Loan
from loans.selectors.products import UnknownProduct, product_code_of, product_terms
from repayments.models import LoanEvent, Payment
from repayments.selectors.lives import life_on
from repayments.services.consolidate_loans import payments_by

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
    :param lump_sum: that could be paid at once, such as with somebody's help, minor units; None: none was spoken of.
    :param stated: the income that they stated, where the one of the statement is what their bank told with a consent.
    """

    statement: Statement
    cause: str = ""
    payday: int | None = None
    lump_sum: int | None = None
    stated: Amount | None = None


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
    return Known(statement, budget.cause, budget.payday, budget.lump_sum_minor)


def known_of_borrower(borrower_id: int, *, on: date) -> Known | None:
    """
    Return what the borrower stated last, else what their application was decided from; None where nothing is known.

    What is older than the rule `relief.limits` lets it be says nothing of a month any more. An income that early
    warning found to be lower since then counts as it is now, while the consent for it holds.
    """
    if budget := Budget.objects.filter(borrower=borrower_id).order_by("-pk").first():
        if _is_too_old(budget.made_at, on):
            return None
        return _with_income_now(known_of_budget(budget), borrower_id, since=lender_date(budget.made_at))
    reviews = CreditReview.objects.filter(application__borrower=borrower_id).order_by("-decided_at")
    review = reviews.values_list("decided_at", "facts").first()
    if review is None:
        return None
    decided_at, facts = review
    if _is_too_old(decided_at, on) or not facts or not {"income", "essentials", "debt_payments"} <= facts.keys():
        return None
    return _with_income_now(Known(_statement_of(facts)), borrower_id, since=lender_date(decided_at))


def month_now(borrower_id: int, budget_id: int | None, *, on: date) -> tuple[Budget | None, Known | None]:
    """
    Return the month that counts where one was looked at: the newest that the borrower stated, if it is not too old.

    :param budget_id: that was looked at; None: what is known of them.
    """
    stated = Budget.objects.filter(borrower=borrower_id)
    if budget_id is None or not stated.filter(pk=budget_id).exists():
        return None, known_of_borrower(borrower_id, on=on)
    newest = stated.latest("pk")
    return (None, None) if _is_too_old(newest.made_at, on) else (newest, known_of_budget(newest))


def case_of_loan(loan: Loan, known: Known, *, on: date) -> Case:
    """
    Return a loan of the book as it stands on a day, beside a household's month and the rules of the day.

    What the borrower's other loans here ask for a month is a debt beside this one.
    """
    others = [_case(other, known, on=on) for other in running_with(loan) if other.pk != loan.pk]
    ours = sum(plan_of(other.position, other.contract, on).usual for other in others)
    if not ours:
        return _case(loan, known, on=on, others=len(others))
    # What was proved at an application counted our loans of then, so ours are not added to it once more.
    debts = replace(known.statement.other_debts, stated=known.statement.other_debts.stated + ours)
    beside = replace(known, statement=replace(known.statement, other_debts=debts))
    return _case(loan, beside, on=on, others=len(others))


def several_of_loans(loans: Sequence[Loan], known: Known, *, on: date, is_open_elsewhere: bool = False) -> Several:
    """
    Return loans of one borrower as they could become one on a day; the first of equals decides of which product.

    :param loans: locked by the caller, in the order of their ids.
    """
    cases = tuple(_case(loan, known, on=on, others=len(loans) - 1) for loan in loans)
    several = Several(cases, tuple(loan.number for loan in loans), None, is_open_elsewhere=is_open_elsewhere)
    largest = loans[several.largest]
    return replace(several, new=_new_loan(largest, on))


def running_with(loan: Loan) -> list[Loan]:
    """Return the running loans of a loan's borrower in its currency, itself among them, in the order of their ids."""
    found = Loan.objects.filter(borrower=loan.borrower_id, currency=loan.currency, status=Loan.Status.ACTIVE)
    return list(found.select_related("product_terms__product").order_by("pk"))


def _new_loan(largest: Loan, on: date) -> NewLoan | None:
    """Return what the product of a loan lets a new one be; None where it is no longer offered."""
    try:
        rules = product_terms(product_code_of(largest.product_terms_id), on=on).rules
    except UnknownProduct:
        return None
    limits = policy.rate_limits(on)

    def terms_of(principal: int, annual_rate: Decimal, count: int, due_day: int | None) -> ScheduleTerms:
        rule = DueRule(rules.period)
        return replace(
            rules.schedule_terms(
                principal=principal,
                annual_rate=annual_rate,
                count=count,
                disbursed_on=on,
                due_rule=replace(rule, due_day=due_day) if rule.months is not None else rule,
            ),
            fees=(),
        )

    return NewLoan(
        terms_of,
        rate_cap=limits.cap,
        counts=(rules.min_count, rules.max_count),
        principals=(rules.min_principal, rules.max_principal),
        rates=(rules.min_annual_rate, min(rules.max_annual_rate, limits.highest_contract)),
    )


def _case(loan: Loan, known: Known, *, on: date, others: int = 0) -> Case:
    life = life_on(loan, on)
    position = standing(life, on)
    days = effective_days_past_due(position, life.contract, on)
    losses, limits = policy.loss_assumptions(on), policy.relief_limits(on)
    advances, payments = _flows(loan, on)
    borrowed = _borrowed_on(loan)
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
            rate_cap=min(policy.rate_limits(day).cap for day in borrowed),
            last_day=add_months(max(borrowed), limits.longest_terms[product_kind]),
            longest_count=rules.max_count,
            credit_marks=policy.relief_credit_marks(on),
            settles_from_days=_settles_from_days(on),
        ),
        advances=advances,
        payments=payments,
        days_past_due=days,
        reasons=frozenset({CAUSES[known.cause]} if known.cause in CAUSES else ()),
        payday=known.payday,
        past=_past_of(loan, life, on),
        other_loans=others,
        currency=loan.currency,
        is_blocked=Hold.objects.filter(
            loan=loan, ended_on=None, kind__in=(Hold.Kind.FRAUD, Hold.Kind.DISPUTE)
        ).exists(),
        lump_sum=known.lump_sum,
        original_rate=_original_rate(loan),
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
        "lump_sum": known.lump_sum,
        "stated": {"stated": known.stated.stated, "verified": known.stated.verified} if known.stated else None,
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
    stated = Amount(**facts["stated"]) if facts.get("stated") else None
    return Known(statement, facts["cause"], facts["payday"], facts.get("lump_sum"), stated)


def as_agreed(known: Known, borrower_id: int) -> Known:
    """Go back to the income that was stated where the bank's is used and its consent was taken back since."""
    if known.stated is None or _may_use_income(borrower_id):
        return known
    return replace(known, statement=replace(known.statement, income=known.stated), stated=None)


def _is_too_old(told_at: datetime, on: date) -> bool:
    return lender_date(told_at) < add_months(on, -policy.relief_limits(on).known_months)


def _with_income_now(known: Known, borrower_id: int, *, since: date) -> Known:
    """
    Let an income that fell since a day count as the bank tells of it now; what never came there counts as stated.

    What came there before it fell is the part of the stated income that it stands for.
    """
    fallen = WarningTrigger.objects.filter(borrower=borrower_id, kind=Trigger.INCOME_DROP, ended_on=None)
    noticed = fallen.order_by("-fired_on").first()
    if noticed is None or not noticed.facts or not _may_use_income(borrower_id):
        return known
    day, minor = _latest_income(noticed)
    stated = known.statement.income
    stands_for = min(stated.stated, noticed.facts.get("mean_minor", stated.stated))
    if day <= since or minor >= stands_for:
        return known
    now = replace(known.statement, income=Amount(stated.stated - stands_for + minor))
    return replace(known, statement=now, stated=stated)


def _latest_income(noticed: WarningTrigger) -> tuple[date, int]:
    """Return what came in the latest month that the bank told of, and its last day: it may be more than what warned."""
    facts = noticed.facts
    told_on = date.fromisoformat(facts["credited_on"]) if "credited_on" in facts else noticed.fired_on
    seen = IncomeObservation.objects.filter(borrower=noticed.borrower_id, currency=facts["currency"])
    day = seen.filter(credited_on__gt=told_on).aggregate(day=Max("credited_on"))["day"]
    if day is None:
        return told_on, facts["amount_minor"]
    month = seen.filter(credited_on__gt=add_months(day, -1), credited_on__lte=day)
    return day, month.aggregate(minor=Sum("amount_minor"))["minor"]


def _may_use_income(borrower_id: int) -> bool:
    """Whether the consent holds under which the bank tells of incomes."""
    return WITH_CONSENT[Trigger.INCOME_DROP] in consents_held(borrower_id=borrower_id, about="")


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
    """
    Return the days of earlier plans that hold, and how many installments of the last one are paid; of the due day too.

    A loan that others became goes on with their past, and began with a plan itself.
    """
    days, moved = sorted(_restructured_on(loan, on)), _moved_on(loan, on)

    def paid_after(day: date) -> int:
        return sum(row.unpaid == 0 for row in standing(life, on).installments if row.due_on > day and row.total)

    return Past(
        tuple(days),
        paid_after(days[-1]) if days else None,
        moved,
        paid_after(moved[-1]) if moved else 0,
        withdrawn_on([loan], on),
    )


def withdrawn_on(loans: Sequence[Loan], on: date) -> tuple[date, ...]:
    """Return the days up to this one on which plans of these loans were taken back, rising; a joint one is of each."""
    of_loan = Q(loan__in=loans) | Q(method=METHOD, offer__offer_set__loans__loan__in=loans)
    plans = RestructuringPlan.objects.filter(of_loan, status="WITHDRAWN", ended_on__lte=on)
    return tuple(sorted(day for _pk, day in set(plans.values_list("pk", "ended_on")) if day is not None))


def _restructured_on(loan: Loan, on: date) -> set[date]:
    changed = LoanEvent.objects.filter(loan=loan, kind__in=_RESTRUCTURES, effective_on__lte=on)
    days = set(changed.exclude(pk__in=_undone(loan)).values_list("effective_on", flat=True))
    for ended in payments_by(loan).filter(is_returned=False, received_on__lte=on).select_related("loan"):
        days |= {ended.received_on} | _restructured_on(ended.loan, on)
    return days


def _moved_on(loan: Loan, on: date) -> tuple[date, ...]:
    """Return the days on which the due day was moved and stays so, rising, whoever moved it."""
    moved = LoanEvent.objects.filter(loan=loan, kind=Kind.DUE_DAY, effective_on__lte=on).exclude(pk__in=_undone(loan))
    return tuple(moved.order_by("effective_on", "pk").values_list("effective_on", flat=True))


def _original_rate(loan: Loan) -> Decimal:
    """
    Return the rate of a contract as it was first agreed, whatever was changed since.

    Of a loan that others became it is the average of theirs, weighted by what ended each: at that rate the new loan was
    worth as much as they were together. The highest of them would show a loss where none was suffered.
    """
    ended = list(_ended_by(loan))
    if not ended:
        return loan.annual_rate
    return average_rate((_original_rate(payment.loan), payment.amount_minor) for payment in ended)


def _borrowed_on(loan: Loan) -> set[date]:
    """
    Return the days on which the money of a loan was borrowed: of one that others became, those of the others.

    The strictest cap of those days bounds its rate, and the last of them its term, as when they were joined.
    """
    ended = list(_ended_by(loan))
    return set().union(*(_borrowed_on(payment.loan) for payment in ended)) if ended else {loan.borrowed_on}


def _ended_by(loan: Loan) -> QuerySet[Payment]:
    """Return the payments by which a loan ended others that became it."""
    return payments_by(loan).filter(is_returned=False).select_related("loan__product_terms__product")


def _settles_from_days(on: date) -> int | None:
    try:
        return policy.settlement_terms(on).least_days_past_due
    except PolicyRuleMissing:
        return None


def _undone(loan: Loan) -> list[int]:
    reversals = LoanEvent.objects.filter(loan=loan, kind=Kind.REVERSAL)
    return [int(event) for event in reversals.values_list("data__event", flat=True)]


def with_cause(known: Known, cause: str) -> Known:
    return replace(known, cause=cause) if cause else known
