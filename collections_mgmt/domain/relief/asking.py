"""A loan and a household's month as a JSON document, and what could be offered as its answer; see docs/commands.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.domain.relief.budget import Ask, Cause, Statement, asks, means_of
from collections_mgmt.domain.relief.cases import Bounds, Case, Past
from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.demands import plan_of
from collections_mgmt.domain.relief.joining import JointDesk, NewLoan, Several
from collections_mgmt.domain.relief.offers import Offer
from collections_mgmt.domain.relief.quoting import Desk
from collections_mgmt.domain.relief.written import offer_json, options_json, read_relief, refusal_json
from dashu.finance.affordability import AffordabilityRules, Amount
from dashu.finance.annual_rates import DatedAmount
from dashu.finance.events import OPENING, Event, EventType
from dashu.finance.loan import effective_days_past_due
from dashu.finance.periods import DueRule
from dashu.finance.relief import Relief, ReliefMethod, life_at_end
from dashu.finance.relief_terms import plain_terms
from dashu.finance.replay import DateOutsideContract, History, live_through
from dashu.finance.terms import MOST_INSTALLMENTS, ScheduleTerms
from dashu.kernel.dates import add_months
from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from dashu.kernel.money import MAX_MINOR, format_minor
from dashu.policy.relief import LossAssumptions, PlanClocks, ReliefLimits, SpendingGuidelines
from repayments.domain.replaying import LoanDocument, read_loan

RESTRUCTURES = frozenset({EventType.RESTRUCTURE, EventType.EXTEND, EventType.ARREARS_PLAN})
_ALL_SPENDING = "ALL"
_MOST_LOANS = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What a pack says of relief on a day.

    :param rate_cap: of the day on which the contract was made.
    :param longest_months: from the payout to the last installment, for the product.
    :param settles_from_days: past due, from which on a loan may end for less than is owed; None: never.
    :param rate_cap_now: of the day of the question, for a loan that is made on it.
    """

    limits: ReliefLimits
    clocks: PlanClocks
    losses: LossAssumptions
    affordability: AffordabilityRules
    guidelines: SpendingGuidelines
    credit_marks: Mapping[ReliefMethod, str]
    rate_cap: Decimal
    longest_months: int
    settles_from_days: int | None
    rate_cap_now: Decimal


RulesOn = Callable[[str | None, str, date, date], Rules]


@dataclass(frozen=True, slots=True)
class Question:
    """
    One document. :param relief: a single relief that is asked about beside the options.

    :param others: of the borrower's loans here, which could become one with this one.
    :param lump_sum: that could be paid at once.
    :param longest_count: the most installments of the product; None: only the rules bound them.
    """

    loan: LoanDocument
    as_of: date
    statement: Statement
    reasons: frozenset[Cause]
    pack: str | None
    product: str
    payday: int | None
    other_loans: int
    longest_count: int | None
    is_blocked: bool
    relief: Relief | None
    others: tuple[LoanDocument, ...] = ()
    lump_sum: int | None = None


def options_document(raw: object, rules_on: RulesOn) -> dict[str, Any]:
    """
    Answer one document.

    :param rules_on: gives the rules of a pack (None: the lender's own) for a product, a day and the contract's day.
    :raises DomainError: with the field that is to blame.
    """
    question = read_question(raw)
    loan = question.loan
    rules = rules_on(question.pack, question.product, question.as_of, loan.terms.disbursed_on)
    _refuse_unknown_spending(question.statement, rules.guidelines)
    case = case_of(question, rules)
    several = _several(question, case, rules_on) if question.others else None
    currency = loan.currency
    answer = {
        "as_of": question.as_of.isoformat(),
        "currency": currency,
        "days_past_due": case.days_past_due,
        "room": format_minor(case.means.room_now, currency),
        "asks": [_ask(ask, currency) for ask in asks(question.statement, rules.guidelines)],
        **options_json(options(case, several), currency),
    }
    if question.relief is not None:
        joins = several is not None and question.relief.method is ReliefMethod.CONSOLIDATION
        desk = JointDesk(several) if several is not None and joins else Desk(case)
        answer["quoted"] = _quoted(desk, question.relief, currency)
    return answer


def read_question(raw: object) -> Question:
    document = Document(raw)
    given = document.child("loan")
    loan = read_loan(given)
    given.anything("as_of")  # of a replay; the day of the question counts
    pack = given.text("pack", None, longest=40)
    product = given.text("product", "CONSUMER", longest=40)
    given.done()
    as_of = document.day("as_of")
    relief = document.anything("relief")
    others = _others(document, loan.currency)
    question = Question(
        loan=loan,
        as_of=as_of,
        statement=_statement(document, loan.currency),
        reasons=frozenset(document.choices("reasons", Cause, ())),
        pack=document.text("pack", pack, longest=40),
        product=document.text("product", product, longest=40),
        payday=document.whole("payday", None, low=1, high=31),
        other_loans=document.whole("other_loans", len(others), low=len(others), high=1_000),
        longest_count=document.whole("longest_count", None, low=1, high=MOST_INSTALLMENTS),
        is_blocked=document.yes("in_doubt"),
        relief=None if relief is None else read_relief(relief, loan.currency, path="relief"),
        others=others,
        lump_sum=document.amount("lump_sum", loan.currency, None),
    )
    document.done()
    return question


def case_of(question: Question, rules: Rules) -> Case:
    """Live through the loan up to the day, and put beside it what else decides: what its other loans ask for too."""
    ours = sum(plan_of(other.position, other.contract, other.on).usual for other in _beside(question, rules))
    debts = question.statement.other_debts.stated + ours
    return _case(question, question.loan, rules, replace(question.statement, other_debts=Amount(debts)))


def _beside(question: Question, rules: Rules) -> list[Case]:
    return [_case(question, other, rules, question.statement) for other in question.others]


def _case(question: Question, loan: LoanDocument, rules: Rules, statement: Statement) -> Case:
    on = question.as_of
    events = [event for event in loan.events if event.counts_from <= on]
    if not any(event.type in OPENING for event in events):
        raise DateOutsideContract(_("The loan has not been paid out yet on this day."), field="as_of")
    history = live_through(loan.terms, loan.contract, events)
    advances, payments = flows(history, events, kept_back=loan.terms.kept_back, principal=loan.terms.principal)
    days = effective_days_past_due(history.position, history.contract, on)
    return Case(
        life=life_at_end(history),
        on=on,
        means=means_of(statement, rules.affordability),
        bounds=Bounds(
            limits=rules.limits,
            clocks=rules.clocks,
            losses=rules.losses.band(days),
            loss_given_default=rules.losses.loss_given_default,
            rate_cap=rules.rate_cap,
            last_day=add_months(loan.terms.disbursed_on, rules.longest_months),
            longest_count=question.longest_count or MOST_INSTALLMENTS,
            credit_marks=rules.credit_marks,
            settles_from_days=rules.settles_from_days,
        ),
        advances=advances,
        payments=payments,
        days_past_due=days,
        reasons=question.reasons,
        payday=question.payday,
        past=past_of(history, events),
        other_loans=question.other_loans,
        currency=loan.currency,
        is_blocked=question.is_blocked,
        lump_sum=question.lump_sum,
    )


def _several(question: Question, case: Case, rules_on: RulesOn) -> Several:
    """Put all loans of the question beside each other: the new one is computed as the one that takes most to end."""
    loans = [question.loan, *question.others]
    by_loan = [rules_on(question.pack, question.product, question.as_of, loan.terms.disbursed_on) for loan in loans]
    cases = [_case(question, loan, rules, question.statement) for loan, rules in zip(loans, by_loan, strict=True)]
    names = tuple(f"others[{place - 1}]" if place else "loan" for place in range(len(loans)))
    several = Several(tuple(cases), names, None)
    return replace(several, new=_new_loan(cases[several.largest], by_loan[0], question.longest_count))


def _new_loan(largest: Case, rules: Rules, longest_count: int | None) -> NewLoan:
    in_force, on = largest.life.terms, largest.on
    assert in_force is not None

    def terms_of(principal: int, annual_rate: Decimal, count: int, due_day: int | None) -> ScheduleTerms:
        monthly = due_day is not None and in_force.due_rule.months is not None
        return plain_terms(
            in_force,
            principal=principal,
            annual_rate=annual_rate,
            count=count,
            on=on,
            due_rule=DueRule(in_force.due_rule.period, in_force.due_rule.every, due_day=due_day if monthly else None),
            method=in_force.method,
            keeps_rate=False,
        )

    return NewLoan(
        terms_of,
        rate_cap=rules.rate_cap_now,
        counts=(1, longest_count or MOST_INSTALLMENTS),
        principals=(1, MAX_MINOR),
        rates=(Decimal(0), rules.rate_cap_now),
    )


def flows(
    history: History, events: list[Event], *, kept_back: int, principal: int
) -> tuple[list[DatedAmount], list[DatedAmount]]:
    """
    Return what the borrower received, and what they paid, as far as it still counts.

    :param kept_back: fees taken from the payout. :param principal: paid out, where the opening does not say.
    """
    undone = _undone(events)
    received = [
        (event.on, (event.amount or principal) - (kept_back if event.type is EventType.DISBURSE else 0))
        for event in events
        if event.type in OPENING
    ]
    received += [
        (event.on, event.amount) for event in events if event.type is EventType.REFUND and event.id not in undone
    ]
    return received, [(events[index].on, events[index].amount) for index in sorted(history.receipts)]


def past_of(history: History, events: list[Event]) -> Past:
    """Return the plans before this day that were not undone, and how many installments of the last one are paid."""
    undone = _undone(events)
    days = sorted(event.on for event in events if event.type in RESTRUCTURES and event.id not in undone)
    if not days:
        return Past()
    rows = [row for row in history.position.installments if row.due_on > days[-1] and row.total]
    return Past(tuple(days), sum(row.unpaid == 0 for row in rows))


def _undone(events: list[Event]) -> set[str]:
    return {event.reverses for event in events if event.type is EventType.REVERSAL}


def _others(document: Document, currency: str) -> tuple[LoanDocument, ...]:
    """
    Read the borrower's other loans here.

    :raises DomainError: one is in another currency, or was not paid out by the day.
    """
    found = []
    for given in document.children("others", most=_MOST_LOANS, default=[]):
        loan = read_loan(given)
        given.done()
        if loan.currency != currency:
            raise InvalidInput(_("All of the loans are in one currency."), field=given.field("terms"))
        found.append(loan)
    return tuple(found)


def _statement(document: Document, currency: str) -> Statement:
    def amount(name: str) -> Amount:
        return Amount(document.amount(name, currency, allow_zero=True))

    statement = Statement(
        income=amount("income"),
        spending=_spending(document, currency),
        other_debts=amount("other_debt_payments"),
        persons=document.whole("household", 1, low=1, high=20),
        words=_words(document),
    )
    later = document.optional_child("income_later")
    if later is None:
        return statement
    statement = replace(
        statement, later_income=later.amount("amount", currency, allow_zero=True), later_from=later.day("from")
    )
    later.done()
    return statement


def _spending(document: Document, currency: str) -> dict[str, int]:
    """Read one amount for all, or an object of amounts by category."""
    value = document.anything("expenses")
    if not isinstance(value, dict):
        return {_ALL_SPENDING: document.amount("expenses", currency, allow_zero=True)}
    given = document.child("expenses")
    return {name: given.amount(name, currency, allow_zero=True) for name in value}


def _refuse_unknown_spending(statement: Statement, guidelines: SpendingGuidelines) -> None:
    for name in statement.spending:
        if name != _ALL_SPENDING and name not in guidelines.categories:
            raise InvalidInput(
                _("%(given)s is not one of %(known)s."),
                field=f"expenses.{name}"[:200],
                params={"given": repr(name)[:40], "known": ", ".join(guidelines.categories)},
            )


def _words(document: Document) -> dict[str, str]:
    given = document.child("words", {})
    value = document.anything("words") or {}
    return {name: given.text(name, longest=500) for name in value}


def _ask(ask: Ask, currency: str) -> dict[str, Any]:
    return {
        "category": ask.category,
        "stated": format_minor(ask.stated, currency),
        "guideline": format_minor(ask.guideline, currency),
    }


def _quoted(desk: Desk | JointDesk, relief: Relief, currency: str) -> dict[str, Any]:
    found = desk.quote(relief)
    if isinstance(found, Offer):
        return {"offer": offer_json(found, desk.present, currency), "refusal": None}
    return {"offer": None, "refusal": refusal_json(found, currency)}
