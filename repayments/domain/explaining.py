"""
Why an amount is what it is: the summands that it is made of, each with the numbers that it was computed from.

The summands are read off the loan's life as the book lives through it, and off the workings that the schedule was
computed with. They always add up to the amount, to the minor unit; where they would not, there is no explanation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from dashu.finance.explanation import Working
from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, Position, Status, accrue
from dashu.finance.penalty import penalty_pieces
from repayments.domain.standing import Standing


class Of(StrEnum):
    """What a summand is."""

    BEGINNING = "beginning"
    EVENT = "event"
    INTEREST = "interest"
    INTEREST_BEFORE = "interest_before"
    INTEREST_AGREED = "interest_agreed"
    PRINCIPAL = "principal"
    FEE = "fee"
    INSTALLMENT = "installment"
    PENALTY = "penalty"
    PENALTY_BEFORE = "penalty_before"
    PENALTY_DAYS = "penalty_days"
    PENALTY_CAP = "penalty_cap"
    PENALTY_CHANGED = "penalty_changed"
    PENALTY_PAID = "penalty_paid"
    PENALTY_WAIVED = "penalty_waived"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Summand:
    """:param minor: below 0 where it is taken off. :param facts: the numbers behind it, amounts in minor units."""

    of: Of
    minor: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    total: int
    summands: tuple[Summand, ...]

    def __post_init__(self) -> None:
        assert sum(summand.minor for summand in self.summands) == self.total


@dataclass(frozen=True, slots=True)
class Happened:
    """The loan right after something happened; `kind` is the stored event's."""

    kind: str
    on: date
    position: Position
    contract: Contract


def explain_due(standing: Standing, today: date) -> Explanation | None:
    """Say what is due now; None where nothing is."""
    summands = [
        Summand(Of.INSTALLMENT, row.unpaid, {"number": row.number, "due_on": row.due_on, "paid": row.paid})
        for row in standing.rows
        if row.unpaid and row.due_on <= today
    ]
    if standing.penalty:
        summands.append(Summand(Of.PENALTY, standing.penalty, {}))
    if standing.rest:
        summands.append(Summand(Of.REST, standing.rest, {}))
    return _explanation(standing.due_now, summands) if summands else None


def explain_principal(life: Sequence[Happened], principal: int) -> Explanation | None:
    """Say how what was lent became the principal that is left, event by event."""
    first = life[0]
    summands = [Summand(Of.BEGINNING, first.position.principal, {"kind": first.kind, "on": first.on})]
    for before, after in pairwise(life):
        if change := after.position.principal - before.position.principal:
            summands.append(Summand(Of.EVENT, change, {"kind": after.kind, "on": after.on}))
    return _explanation(principal, summands)


def explain_penalty(life: Sequence[Happened], penalty: int, today: date) -> Explanation | None:
    """
    Say from which days, on which amounts and at which rate the penalty that is owed today comes.

    What is charged is a running sum that is cut to whole minor units; each summand is what it adds to that. None where
    nothing was ever charged.
    """
    summands = list(_penalty_days(life, today))
    last = life[-1]
    for of, minor in (
        (Of.PENALTY_PAID, last.position.penalty_paid),
        (Of.PENALTY_WAIVED, last.position.penalty_waived),
    ):
        if minor:
            summands.append(Summand(of, -minor, {}))
    return _explanation(penalty, summands) if summands else None


def _penalty_days(life: Sequence[Happened], today: date) -> Iterator[Summand]:
    charged, parts = 0, 0

    def grown(of: Of, to: int, facts: Mapping[str, Any]) -> Iterator[Summand]:
        nonlocal charged, parts
        whole = last.contract.penalty.whole_minor(to)
        if whole != charged:
            yield Summand(of, whole - charged, facts)
        charged, parts = whole, to

    last = life[0]
    yield from grown(Of.PENALTY_BEFORE, last.position.penalty_parts, {"on": last.on})
    nights = [*((each.position.accrued_through, each) for each in life[1:]), (today - timedelta(days=1), None)]
    for through, after in nights:
        position, rule = last.position, last.contract.penalty
        if position.status is Status.ACTIVE and rule.annual_rate:
            pieces = penalty_pieces(
                position.installments, position.accrued_through, through, rule, pauses=position.pauses
            )
            for piece in pieces:
                facts = {
                    "number": piece.row.number,
                    "due_on": piece.row.due_on,
                    "base": piece.base,
                    "rate": rule.annual_rate,
                    "year_days": rule.year_days,
                    "days": piece.days,
                    "first": piece.first,
                    "last": piece.last,
                    "parts": piece.parts(rule),
                }
                yield from grown(Of.PENALTY_DAYS, parts + piece.parts(rule), facts)
        evening = accrue(position, last.contract, max(through, position.accrued_through))
        yield from grown(Of.PENALTY_CAP, evening.penalty_parts, {"cap": rule.all_in_cap})
        if after is not None:
            last = after
            yield from grown(Of.PENALTY_CHANGED, after.position.penalty_parts, {"kind": after.kind, "on": after.on})


def explain_row(row: Installment, workings: Sequence[Working]) -> Explanation:
    """
    Say how an installment came about: its interest piece by piece, its principal, its fees.

    :param workings: those of its row in the schedule in force; empty where it was agreed otherwise.
    """
    facts = {working.of: working for working in workings}
    principal = facts.get("principal")
    summands = [*_interest(row, workings)]
    if row.principal:
        explained = principal is not None and principal.minor == row.principal
        summands.append(
            Summand(
                Of.PRINCIPAL,
                row.principal,
                {"working": principal, "installment": facts.get("installment")} if explained else {},
            )
        )
    if row.fee:
        summands.append(Summand(Of.FEE, row.fee, {}))
    return Explanation(row.total, tuple(summands))


def _interest(row: Installment, workings: Sequence[Working]) -> list[Summand]:
    """The pieces where they make up the interest, with what was earned under earlier terms; else the whole of it."""
    pieces = [working for working in workings if working.of == "interest"]
    others = [working for working in workings if working.of in ("deferred_interest", "capitalized_interest")]
    before = row.earned_interest
    if others or not pieces or sum(working.minor for working in pieces) + before != row.interest:
        return [Summand(Of.INTEREST_AGREED, row.interest, {})] if row.interest else []
    summands = [Summand(Of.INTEREST, working.minor, {"working": working}) for working in pieces]
    if before:
        summands.append(Summand(Of.INTEREST_BEFORE, before, {"on": row.period_from}))
    return summands


def _explanation(total: int, summands: Sequence[Summand]) -> Explanation | None:
    return Explanation(total, tuple(summands)) if sum(each.minor for each in summands) == total else None
