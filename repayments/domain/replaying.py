"""A loan's life as a plain JSON document: terms, product rules and events in, its state on chosen days out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashu.finance.allocation import Direction, Surplus, Waterfall
from dashu.finance.arrears import CountedDays, Counting, Materiality, OwedSince, Scale, material_days
from dashu.finance.early_repayment import EarlyInterest, EarlyRepayment, Rebate
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import (
    Contract,
    InterestBasis,
    Position,
    Receipt,
    accrue,
    arrears,
    effective_days_past_due,
    payoff,
    run_interest,
)
from dashu.finance.penalty import PenaltyBase, PenaltyRule, penalty_rate
from dashu.finance.prepayment import Keep
from dashu.finance.replay import MONEY, Event, EventType, PaymentResult, Snapshot, positions_at
from dashu.finance.terms import MOST_INSTALLMENTS, ScheduleTerms
from dashu.kernel.dates import InvalidDate
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, InvalidInput, _
from dashu.kernel.money import format_minor
from loans.domain.reading import parse_currency, parse_terms
from repayments.domain.new_terms import read_new_terms, refuse_what_books_cannot

MOST_EVENTS = 5_000
MOST_DATES = 2_000

WITH_AMOUNT = (*MONEY, EventType.WAIVER, EventType.FEE, EventType.REFUND, EventType.SALE)


class UnsupportedEvent(DomainError):
    """An event has a type that a replay does not know."""

    code = "event_type_unsupported"


@dataclass(frozen=True, slots=True)
class Labels:
    """The bucket and classification tables that hold on a day."""

    buckets: Scale
    classification: Scale


@dataclass(frozen=True, slots=True)
class LoanDocument:
    """A loan as a document describes it. :param materiality: None where the document asks for none."""

    terms: ScheduleTerms
    contract: Contract
    materiality: Materiality | None
    events: tuple[Event, ...]
    currency: str


def read_loan(document: Document) -> LoanDocument:
    """
    Read `terms`, `product_rules` and `events`.

    :raises DomainError: with the field that is to blame.
    """
    terms_path = document.field("terms")
    terms = parse_terms(document.anything("terms"), path=terms_path)
    given = Document(document.anything("terms"), path=terms_path)
    currency = parse_currency(given)
    refuse_what_books_cannot(terms, given)
    contract, materiality = _contract(document.child("product_rules", {}), terms, currency)
    events = tuple(_event(event, terms, currency) for event in document.children("events", most=MOST_EVENTS))
    return LoanDocument(terms, contract, materiality, events, currency)


def replay_document(raw: object, labels_on: Callable[[str | None, str, date], Labels]) -> dict[str, Any]:
    """
    Replay the loan that the document describes.

    :param labels_on: gives the tables for a pack (None: the lender's own), a product and a day.
    :raises DomainError: with the field that is to blame.
    """
    document = Document(raw)
    loan = read_loan(document)
    terms, contract, events, currency = loan.terms, loan.contract, loan.events, loan.currency
    dates = document.days("as_of", most=MOST_DATES)
    pack = document.text("pack", None, longest=40)
    product = document.text("product", "CONSUMER", longest=40)
    document.done()

    replayed = positions_at(terms, contract, events, dates)
    material: list[dict[str, Any]] = [{} for _date in dates]
    if loan.materiality is not None:
        history = _owed_over_time(terms, contract, events, replayed.snapshots)
        material = [{"material_days": material_days(history, as_of, loan.materiality)} for as_of in dates]
    return {
        "as_of": [
            _state(snapshot, contract, currency, labels_on(pack, product, snapshot.as_of)) | more
            for snapshot, more in zip(replayed.snapshots, material, strict=True)
        ],
        "payments": [_payment(result, currency) for result in replayed.payments],
    }


def _contract(document: Document, terms: ScheduleTerms, currency: str) -> tuple[Contract, Materiality | None]:
    order = document.choices("allocation", Component, Waterfall().order)
    if sorted(order) != sorted(Component):
        raise InvalidInput(
            _("The allocation names each of these once: %(known)s."),
            field=document.field("allocation"),
            params={"known": ", ".join(Component)},
        )
    waterfall = Waterfall(
        order,
        document.choice("allocation_direction", Direction, Direction.BY_INSTALLMENT),
        document.choice("surplus", Surplus, Surplus.NEXT_INSTALLMENT),
    )
    grace_days = document.whole("grace_days", 0, high=366)
    penalty = _penalty(document.child("penalty", {}), terms.annual_rate, grace_days)
    counting, materiality = _counting(document.child("days_past_due", {}), currency)
    contract = Contract(
        terms.disbursed_on,
        terms.annual_rate,
        waterfall,
        penalty,
        interest_basis=document.choice("interest_basis", InterestBasis, InterestBasis.SCHEDULED),
        interest_year_days=_year_days(document, "interest_year_days", 365),
        tolerance_bps=document.whole("tolerance_bps", 0, high=10_000),
        non_accrual_days=document.whole("non_accrual_days", None, high=36_500),
        early=_early_repayment(document.child("early_repayment", {}), currency),
        counting=counting,
    )
    document.done()
    return contract, materiality


def _owed_over_time(
    terms: ScheduleTerms, contract: Contract, events: Sequence[Event], snapshots: Sequence[Snapshot]
) -> list[OwedSince]:
    """Return what was overdue and owed on every day on which that can have changed: after a due date, at an event."""
    known = [row.due_on for snapshot in snapshots if snapshot.position for row in snapshot.position.installments]
    changes = sorted({*(due_on + timedelta(days=1) for due_on in known), *(event.counts_from for event in events)})
    owed = []
    for snapshot in positions_at(terms, contract, events, changes).snapshots:
        if snapshot.position is not None:
            position = accrue(snapshot.position, contract, snapshot.as_of)
            late, penalty = arrears(position, contract, snapshot.as_of), position.penalty_due(contract)
            overdue = late.principal + late.interest + late.fee + penalty
            owed.append(OwedSince(snapshot.as_of, overdue, position.principal + overdue - late.principal))
    return owed


def _early_repayment(document: Document, currency: str) -> EarlyRepayment:
    rules = EarlyRepayment(
        fee_share=document.rate("fee_share", Decimal(0)),
        fee_floor=document.amount("fee_floor", currency, 0, allow_zero=True),
        fee_cap=document.amount("fee_cap", currency, None, allow_zero=True),
        fee_free_after_days=document.whole("fee_free_after_days", None, high=36_500),
        interest=document.choice("interest", EarlyInterest, EarlyInterest.BY_DAYS),
        rebate=document.choice("rebate", Rebate, Rebate.NONE),
        upfront_fee=document.amount("upfront_fee", currency, 0, allow_zero=True),
    )
    if rules.fee_share > 1:
        raise InvalidInput(_("A share is a fraction up to 1."), field=document.field("fee_share"))
    if rules.fee_cap is not None and rules.fee_cap < rules.fee_floor:
        raise InvalidInput(_("The cap of a fee lies below its floor."), field=document.field("fee_cap"))
    document.done()
    return rules


def _counting(document: Document, currency: str) -> tuple[Counting, Materiality | None]:
    counting = Counting(
        counts_due_day=document.yes("counts_due_day"),
        days=document.choice("days", CountedDays, CountedDays.CALENDAR),
        grace_days=document.whole("grace_days", 0, high=366),
    )
    bounds, materiality = document.optional_child("materiality"), None
    if bounds is not None:
        absolute = bounds.amount("absolute", currency, allow_zero=True)
        materiality = Materiality(absolute, bounds.rate("relative"))
        bounds.done()
    document.done()
    return counting, materiality


def _penalty(document: Document, contract_rate: Decimal, grace_days: int) -> PenaltyRule:
    """Read either the yearly rate itself, or the multiplier of the contract's rate and its cap."""
    if document.has("multiplier"):
        multiplier, cap = document.rate("multiplier"), document.rate("cap")
        rate = penalty_rate(contract_rate, multiplier=multiplier, cap=cap)
    else:
        rate = document.rate("annual_rate", Decimal(0), decimals=6)
    base = document.choice("base", PenaltyBase, PenaltyBase.PRINCIPAL)
    year_days = _year_days(document, "year_days", 360)
    all_in_cap = document.rate("all_in_cap", decimals=6) if document.has("all_in_cap") else None
    document.done()
    return PenaltyRule(rate, base, year_days, grace_days, all_in_cap)


def _year_days(document: Document, name: str, usual: int) -> int:
    days = document.whole(name, usual, low=360, high=365)
    if days not in (360, 365):
        raise InvalidInput(_("A year has 360 or 365 days here."), field=document.field(name))
    return days


def _event(document: Document, terms: ScheduleTerms, currency: str) -> Event:
    kind = _kind(document)
    on = document.day("on")
    posted_on = document.day("posted_on", on)
    if posted_on < on and kind is not EventType.FEE:
        raise InvalidDate(_("An event is posted on its value date or later."), field=document.field("posted_on"))
    event = Event(kind, on, posted_on, id=document.text("id", ""), at=document.path)
    if kind in WITH_AMOUNT:
        event = replace(event, amount=document.amount("amount", currency))
    elif kind is EventType.DISBURSE:
        event = replace(event, amount=document.amount("amount", currency, 0))
    elif kind is EventType.TAKE_OVER:
        event = _takeover(document, event, currency)
    elif kind is EventType.REVERSAL:
        event = _reversal(document, event)
    elif kind is EventType.RESTRUCTURE:
        given = document.child("terms")
        keeps_rate = not given.has("annual_rate")
        event = replace(
            event,
            terms=read_new_terms(given, terms, on, currency),
            keeps_rate=keeps_rate,
            over=document.whole("over", None, low=1, high=MOST_INSTALLMENTS),
            capitalizes=document.yes("capitalizes"),
        )
    elif kind is EventType.ARREARS_PLAN:
        event = replace(event, over=document.whole("over", None, low=1, high=MOST_INSTALLMENTS))
    elif kind is EventType.EXTEND:
        event = replace(event, months=document.whole("months", low=1, high=120))
    elif kind is EventType.RATE_CHANGE:
        event = replace(event, annual_rate=document.rate("annual_rate", decimals=6))
    elif kind is EventType.DUE_DAY:
        event = replace(event, due_day=document.whole("due_day", low=1, high=31))
    if kind in (EventType.DISBURSE, EventType.SETTLE):
        event = replace(event, is_internal=document.yes("internal"))
    if kind in MONEY:
        event = replace(event, replaces=document.text("replaces", ""))
    if kind is EventType.PAYMENT:
        event = replace(event, installment=document.whole("installment", None, low=1, high=MOST_INSTALLMENTS))
    if kind is EventType.PREPAY:
        event = replace(event, keep=document.choice("keep", Keep, Keep.TERM))
    if kind is EventType.WAIVER:
        event = replace(event, component=document.choice("component", Component))
    document.done()
    return event


def _takeover(document: Document, event: Event, currency: str) -> Event:
    """Read the rows of a loan that another system served, with what was paid of them there, and what it brings."""
    rows = tuple(_row(row, currency) for row in document.children("rows", most=MOST_INSTALLMENTS))
    if not rows or [row.number for row in rows] != list(range(1, len(rows) + 1)):
        raise InvalidInput(_("The rows are numbered 1, 2 and so on."), field=document.field("rows"))
    return replace(
        event,
        rows=rows,
        amount=document.amount("principal", currency, allow_zero=True),
        interest_through=document.day("interest_through", event.on),
        penalty=document.amount("penalty", currency, 0, allow_zero=True),
        credit=document.amount("credit", currency, 0, allow_zero=True),
    )


def _row(document: Document, currency: str) -> Installment:
    def amount(name: str) -> int:
        return document.amount(name, currency, 0, allow_zero=True)

    row = Installment(
        document.whole("number", low=1, high=MOST_INSTALLMENTS),
        document.day("due_on"),
        *(amount(name) for name in ("principal", "interest", "fee", "paid_principal", "paid_interest", "paid_fee")),
    )
    if min(row.unpaid_principal, row.unpaid_interest, row.unpaid_fee) < 0:
        raise InvalidInput(_("More was paid of this row than it demands."), field=document.path)
    document.done()
    return row


def _kind(document: Document) -> EventType:
    given = document.text("type")
    known = list(EventType)
    if given not in known:
        raise UnsupportedEvent(
            _("Events of the type %(given)s are not known. Known are %(known)s."),
            field=document.field("type"),
            params={"given": given, "known": ", ".join(known)},
        )
    return EventType(given)


def _reversal(document: Document, event: Event) -> Event:
    """A reversal names the event it undoes in `reverses`; without it, its own `id` does."""
    if document.has("reverses") or not event.id:
        return replace(event, reverses=document.text("reverses"))
    return replace(event, id="", reverses=event.id)


def _state(snapshot: Snapshot, contract: Contract, currency: str, labels: Labels) -> dict[str, Any]:
    as_of, before = snapshot.as_of, snapshot.position
    if before is None:
        return _not_paid_out(as_of, currency, labels)
    position = accrue(before, contract, as_of)
    late, penalty = arrears(position, contract, as_of), position.penalty_due(contract)
    due = [row for row in position.installments if row.due_on <= as_of]
    following = next(
        (
            row
            for row in sorted(position.installments, key=lambda row: row.due_on)
            if row.due_on >= as_of and row.unpaid
        ),
        None,
    )
    return {
        "as_of": as_of.isoformat(),
        "status": position.status.value,
        "outstanding": _amounts(
            currency,
            principal=position.principal,
            interest=_interest_due(position, contract, as_of),
            fee=sum(row.unpaid_fee for row in due),
            penalty=penalty,
        ),
        "overdue": _amounts(currency, principal=late.principal, interest=late.interest, fee=late.fee, penalty=penalty),
        "credit": format_minor(position.unapplied, currency),
        "dpd": late.days_past_due,
        "effective_dpd": effective_days_past_due(position, contract, as_of),
        "bucket": labels.buckets.code_for(late.days_past_due),
        "classification": labels.classification.code_for(late.days_past_due),
        "next_due": (
            {"on": following.due_on.isoformat(), "amount": format_minor(following.unpaid, currency)}
            if following
            else None
        ),
        "payoff": format_minor(payoff(before, contract, as_of), currency),
    }


def _interest_due(position: Position, contract: Contract, as_of: date) -> int:
    """Return the interest that is owed: what fell due, or, where it is counted daily, what the days have earned."""
    if contract.interest_basis is InterestBasis.DAILY:
        return max(0, run_interest(position, contract, as_of).interest_due(contract))
    return sum(row.unpaid_interest for row in position.installments if row.due_on <= as_of)


def _not_paid_out(as_of: date, currency: str, labels: Labels) -> dict[str, Any]:
    nothing = _amounts(currency, principal=0, interest=0, fee=0, penalty=0)
    return {
        "as_of": as_of.isoformat(),
        "status": "NOT_PAID_OUT",
        "outstanding": nothing,
        "overdue": nothing,
        "credit": format_minor(0, currency),
        "dpd": 0,
        "effective_dpd": 0,
        "bucket": labels.buckets.code_for(0),
        "classification": labels.classification.code_for(0),
        "next_due": None,
        "payoff": format_minor(0, currency),
    }


def _payment(result: PaymentResult, currency: str) -> dict[str, Any]:
    event, receipt = result.event, result.receipt
    return {
        "id": event.id or None,
        "type": event.type.value,
        "on": event.on.isoformat(),
        "amount": format_minor(event.amount, currency),
        "allocation": _amounts(currency, **_parts(receipt)),
        "lines": [
            {
                "installment": line.number,
                "component": line.component.value,
                "amount": format_minor(line.minor, currency),
            }
            for line in receipt.lines
        ],
        "reversed_on": result.reversed_on.isoformat() if result.reversed_on else None,
    }


def _parts(receipt: Receipt) -> Mapping[str, int]:
    return {name: getattr(receipt, name) for name in ("fee", "penalty", "interest", "principal", "unapplied")}


def _amounts(currency: str, **minor: int) -> dict[str, str]:
    return {name: format_minor(value, currency) for name, value in minor.items()}
