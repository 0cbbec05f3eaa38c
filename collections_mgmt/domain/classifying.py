"""
Where a loan stands by the rules of a policy pack: bucket, asset class, impairment stage and credit-record code.

The document gives dues and payments as bare amounts; payments count oldest due first. The credit-record code is that
of the month in which the day lies, as far as the month has gone by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from dashu.finance.allocation import Waterfall, allocate
from dashu.finance.arrears import Arrears, Scale, arrears_of
from dashu.finance.installments import Component, Installment
from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from dashu.kernel.money import format_minor
from loans.domain.reading import parse_currency

MOST_ROWS = 5_000


class Flag(StrEnum):
    """Facts about a loan that its payments do not show. The last four end it and decide the credit-record code."""

    RESTRUCTURED = "restructured"
    RESTRUCTURED_AGAIN = "restructured_again"
    CREDIT_IMPAIRED = "credit_impaired"
    WRITTEN_OFF = "written_off"
    PAID_BY_GUARANTOR = "paid_by_guarantor"
    PAID_IN_KIND = "paid_in_kind"
    ENDED_OTHERWISE = "ended_otherwise"


MARK_OF_FLAG = {
    Flag.WRITTEN_OFF: "BAD_DEBT",
    Flag.PAID_BY_GUARANTOR: "PAID_BY_GUARANTOR",
    Flag.PAID_IN_KIND: "PAID_IN_KIND",
    Flag.ENDED_OTHERWISE: "ENDED_OTHERWISE",
}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """
    The tables of a pack on a day. A pack without stages or credit codes has None, and so has the answer.

    :param floors, stage_floors: the best tier or stage that a loan with a flag, by its name, can have.
    """

    buckets: Scale
    five_tier: Scale
    floors: Mapping[str, str]
    stages: Scale | None
    stage_floors: Mapping[str, str]
    codes: Scale | None
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """
    A loan to classify.

    :param installments: with what the payments up to `as_of` have paid of them.
    :param paid_on: when an installment was paid in full, by its number.
    """

    pack: str | None
    product: str
    as_of: date
    currency: str
    installments: tuple[Installment, ...]
    paid_on: Mapping[int, date]
    flags: frozenset[Flag]


def parse_question(raw: object) -> Question:
    """
    Read `{"pack", "product", "as_of", "schedule", "payments", "flags"}`.

    :raises DomainError: with the field that is to blame.
    """
    document = Document(raw)
    currency = parse_currency(document)
    as_of = document.day("as_of")
    dues = sorted(_pair(row, "due", currency, allow_zero=True) for row in document.children("schedule", most=MOST_ROWS))
    if not dues:
        raise InvalidInput(_("The schedule has no installment."), field="schedule")
    payments = sorted(_pair(row, "on", currency) for row in document.children("payments", most=MOST_ROWS, default=[]))
    flags = _flags(document.child("flags", {}))
    question = Question(
        pack=document.text("pack", None, longest=40),
        product=document.text("product", longest=40),
        as_of=as_of,
        currency=currency,
        installments=tuple(Installment(number, due, minor, 0) for number, (due, minor) in enumerate(dues, start=1)),
        paid_on={},
        flags=flags,
    )
    document.done()
    return _with_payments(question, [pair for pair in payments if pair[0] <= as_of])


def classify(question: Question, rules: Rulebook) -> dict[str, Any]:
    """Return days past due, overdue amount and the labels that the rules give, as plain JSON."""
    late = arrears_of(question.installments, question.as_of)
    days = late.days_past_due
    return {
        "dpd": days,
        "overdue": format_minor(late.principal, question.currency),
        "oldest_due": late.oldest_due_on.isoformat() if late.oldest_due_on else None,
        "bucket": rules.buckets.code_for(days),
        "five_tier": _at_worst(rules.five_tier, days, rules.floors, question.flags),
        "ifrs9_stage": int(_at_worst(rules.stages, days, rules.stage_floors, question.flags)) if rules.stages else None,
        "credit_code": _credit_code(question, late, rules) if rules.codes else None,
    }


def _at_worst(scale: Scale, days: int, floors: Mapping[str, str], flags: frozenset[Flag]) -> str:
    """Return the band of the days, or a worse one that a flag holds the loan at."""
    codes = [band.code for band in scale.bands]
    held = [codes.index(floors[flag.name]) for flag in flags if flag.name in floors]
    return codes[max([codes.index(scale.code_for(days)), *held])]


def _credit_code(question: Question, late: Arrears, rules: Rulebook) -> str:
    assert rules.codes is not None
    for flag, mark in MARK_OF_FLAG.items():
        if flag in question.flags:
            return rules.marks[mark]
    if not any(row.unpaid for row in question.installments):
        return rules.marks["SETTLED"]
    if late.days_past_due:
        return rules.codes.code_for(late.days_past_due)
    month = question.as_of.replace(day=1)
    due = [row for row in question.installments if month <= row.due_on <= question.as_of and row.total]
    if not due:
        return rules.marks["NOTHING_DUE"]
    if any(question.paid_on[row.number] > row.due_on for row in due if row.number in question.paid_on):
        return rules.marks["PAID_LATE_WITHIN_MONTH"]
    return rules.codes.code_for(0)


def _with_payments(question: Question, payments: Sequence[tuple[date, int]]) -> Question:
    rows = {row.number: row for row in question.installments}
    paid_on: dict[int, date] = {}
    for on, minor in payments:
        for line in allocate(minor, list(rows.values()), 0, on, Waterfall()).lines:
            if line.number is not None:
                rows[line.number] = rows[line.number].pay(Component.PRINCIPAL, line.minor)
                if rows[line.number].unpaid == 0:
                    paid_on[line.number] = on
    return replace(question, installments=tuple(rows.values()), paid_on=paid_on)


def _flags(document: Document) -> frozenset[Flag]:
    flags = frozenset(flag for flag in Flag if document.yes(flag.value))
    document.done()
    return flags


def _pair(document: Document, day: str, currency: str, *, allow_zero: bool = False) -> tuple[date, int]:
    pair = document.day(day), document.amount("amount", currency, allow_zero=allow_zero)
    document.done()
    return pair
