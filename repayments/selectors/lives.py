"""
A loan's life: its stored events, lived through by `dashu.finance.replay`.

This is the only reader of `LoanEvent.data`. What each kind keeps there:

| kind | data |
|---|---|
| TAKEN_OVER | `interest_through`: to which day interest was paid; `penalty`, `credit`: brought beside the rows |
| | `paid`: principal, interest and fee of installments that were paid before, by number |
| PAYMENT | `installment`: the one that the payer chose, where one was chosen |
| PREPAYMENT | `keep`: "term" or "installment" |
| REVERSAL | `event`: the id of the event that it undoes; `replaced_by`: reference of the payment that follows it |
| WAIVER | `component` |
| EXTENSION | `months` |
| RESTRUCTURE | `terms`, `over`, `capitalizes`: as `manage.py replay` takes them |
| ARREARS_PLAN | `over`: the number of installments over which the arrears are spread; all where it is left out |
| DISBURSED, SETTLEMENT | `internal`: true where no money moved, since one loan of the borrower paid off others |
| | `into`, `pays_off`: public numbers of the new loan and of those that it paid off |
| RATE_CHANGE | `annual_rate` |
| DUE_DAY | `due_day` |
| money | `replaces`: the id of the payment whose place it takes, once that is reversed |
| money, WAIVER | `agreement`: reference of the agreement by which it ends the loan; its app tells the borrower |
| all | `reason`, in words; `act`: shared by the events of one act that took several |
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from dashu.finance import installments as finance
from dashu.finance.allocation import Surplus
from dashu.finance.events import Event, EventType
from dashu.finance.installments import Component
from dashu.finance.life import Life
from dashu.finance.loan import Contract, Position, Receipt, accrue
from dashu.finance.prepayment import Keep
from dashu.finance.relief import life_at_end
from dashu.finance.replay import History, live_through
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.documents import Document
from loans.models import Loan
from repayments.domain.new_terms import read_new_terms
from repayments.models import LoanEvent

Kind = LoanEvent.Kind

_TYPES = {
    Kind.DISBURSED: EventType.DISBURSE,
    Kind.TAKEN_OVER: EventType.TAKE_OVER,
    Kind.PAYMENT: EventType.PAYMENT,
    Kind.PROCEEDS: EventType.PROCEEDS,
    Kind.PREPAYMENT: EventType.PREPAY,
    Kind.SETTLEMENT: EventType.SETTLE,
    Kind.RECOVERY: EventType.RECOVERY,
    Kind.REVERSAL: EventType.REVERSAL,
    Kind.WAIVER: EventType.WAIVER,
    Kind.FEE: EventType.FEE,
    Kind.REFUND: EventType.REFUND,
    Kind.EXTENSION: EventType.EXTEND,
    Kind.RESTRUCTURE: EventType.RESTRUCTURE,
    Kind.ARREARS_PLAN: EventType.ARREARS_PLAN,
    Kind.RATE_CHANGE: EventType.RATE_CHANGE,
    Kind.DUE_DAY: EventType.DUE_DAY,
    Kind.PAUSE: EventType.PAUSE,
    Kind.RESUME: EventType.RESUME,
    Kind.CHARGE_OFF: EventType.CHARGE_OFF,
    Kind.WRITE_OFF: EventType.END_CLAIM,
    Kind.SALE: EventType.SALE,
}

# The kind that books what a document calls by its type, such as "restructure".
KIND_OF: Mapping[str, str] = {kind.value: name.value for name, kind in _TYPES.items()}

_NEED_TERMS = (Kind.RESTRUCTURE, Kind.RATE_CHANGE, Kind.DUE_DAY, Kind.PREPAYMENT)

_FIELDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    Kind.TAKEN_OVER: lambda data: {
        "interest_through": date.fromisoformat(data["interest_through"]),
        "penalty": data.get("penalty", 0),
        "credit": data.get("credit", 0),
    },
    Kind.PAYMENT: lambda data: {"installment": data.get("installment")},
    Kind.PREPAYMENT: lambda data: {"keep": Keep(data["keep"])},
    Kind.DISBURSED: lambda data: {"is_internal": data.get("internal", False)},
    Kind.SETTLEMENT: lambda data: {"is_internal": data.get("internal", False)},
    Kind.RESTRUCTURE: lambda data: {"over": data.get("over"), "capitalizes": data.get("capitalizes", False)},
    Kind.ARREARS_PLAN: lambda data: {"over": data.get("over")},
    Kind.REVERSAL: lambda data: {"reverses": str(data["event"])},
    Kind.WAIVER: lambda data: {"component": Component(data["component"])},
    Kind.EXTENSION: lambda data: {"months": data["months"]},
    Kind.RATE_CHANGE: lambda data: {"annual_rate": Decimal(data["annual_rate"])},
    Kind.DUE_DAY: lambda data: {"due_day": data["due_day"]},
}


class StoredEvent(NamedTuple):
    """What a replay needs to know of a `LoanEvent`."""

    pk: int
    kind: str
    effective_on: date
    amount_minor: int
    data: dict[str, Any]


def events_of(loan: Loan, *, known_at: datetime | None = None) -> list[StoredEvent]:
    """Return the loan's events in the order of their posting, or only those that were posted before a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, kind, effective_on, amount_minor, data FROM repayments_loanevent
            WHERE loan_id = %s AND (%s::timestamptz IS NULL OR posted_at < %s) ORDER BY id
            """,
            [loan.pk, known_at, known_at],
        )
        return [
            StoredEvent(pk, kind, on, amount, json.loads(data) if data != "{}" else {})
            for pk, kind, on, amount, data in cursor.fetchall()
        ]


def life_of(
    loan: Loan, events: Sequence[StoredEvent], *, newest: StoredEvent | None = None, with_terms: bool = False
) -> History:
    """
    Live through the events.

    :param events: in the order of their posting, the payout or takeover among them.
    :param newest: one of them that is being tried; it is refused where it does not fit. All others were accepted
        before, and what a correction leaves of them is put right.
    :param with_terms: have the terms of the schedule in force also where no event asks for them.
    :raises DomainError: `newest` does not fit; `field` is its own.
    """
    needs_terms = with_terms or any(event.kind in _NEED_TERMS for event in events)
    surplus = loan.contract.waterfall.surplus
    terms = loan.schedule_terms if needs_terms or surplus in (Surplus.REDUCE_AMOUNT, Surplus.REDUCE_TERM) else None
    rows = _first_schedule(loan)
    return live_through(
        terms, loan.contract, [_event(loan, event, rows, terms, is_booked=event is not newest) for event in events]
    )


def replayed(
    loan: Loan, *, through: date, known_at: datetime | None = None
) -> tuple[Position, Contract, dict[int, Receipt]]:
    """
    Return the loan after all its events, accrued through a day, with its terms in force and what each payment paid.

    :param known_at: leave out what was posted at this moment or later.
    """
    events = events_of(loan, known_at=known_at)
    history = life_of(loan, events)
    receipts = {events[index].pk: receipt for index, receipt in history.receipts.items()}
    return accrue(history.position, history.contract, through), history.contract, receipts


def life_on(loan: Loan, on: date) -> Life:
    """
    Return the loan after its events up to a day, with the terms of its schedule in force, ready to live on.

    A preview lives on from here through events that nobody has written.
    """
    events = [event for event in events_of(loan) if event.effective_on <= on]
    return life_at_end(life_of(loan, events, with_terms=True))


def as_event(loan: Loan, event: LoanEvent) -> Event:
    """Return one event that is being tried, for a loan whose events need no terms."""
    return _event(loan, event, (), None, is_booked=False)


def _event(
    loan: Loan,
    event: LoanEvent | StoredEvent,
    rows: tuple[finance.Installment, ...],
    terms: ScheduleTerms | None,
    *,
    is_booked: bool,
) -> Event:
    kind, on = Kind(event.kind), event.effective_on
    more = _FIELDS[kind](event.data) if kind in _FIELDS else {}
    if "replaces" in event.data:
        more["replaces"] = str(event.data["replaces"])
    if kind in (Kind.DISBURSED, Kind.TAKEN_OVER):
        more["rows"] = _with_paid(rows, event.data.get("paid", {}))
    elif kind == Kind.RESTRUCTURE:
        assert terms is not None
        given = Document(event.data["terms"], path="terms")
        more |= {"terms": read_new_terms(given, terms, on, loan.currency), "keeps_rate": not given.has("annual_rate")}
    return Event(_TYPES[kind], on, on, event.amount_minor, str(event.pk or ""), is_booked=is_booked, **more)


def _first_schedule(loan: Loan) -> tuple[finance.Installment, ...]:
    """Return the rows that the contract or the takeover began with, as if nothing had been paid."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT number, due_on, principal_minor, interest_minor, fee_minor, period_from
            FROM repayments_installment WHERE loan_id = %s AND version = 1 ORDER BY number
            """,
            [loan.pk],
        )
        return tuple(finance.Installment(*row, period_from=since) for *row, since in cursor.fetchall())


def _with_paid(
    rows: tuple[finance.Installment, ...], paid: Mapping[str, Sequence[int]]
) -> tuple[finance.Installment, ...]:
    """Return the rows with what was paid of them before the loan was taken over."""

    def with_paid(row: finance.Installment) -> finance.Installment:
        principal, interest, fee = paid.get(str(row.number), (0, 0, 0))
        return replace(row, paid_principal=principal, paid_interest=interest, paid_fee=fee)

    return tuple(with_paid(row) for row in rows) if paid else rows
