"""A loan whose borrower earns less from now on: three ways out of it, each booked as a live loan would book it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashu.finance.affordability import Month
from dashu.finance.events import Event, EventType
from dashu.finance.life import Life
from dashu.finance.loan import Contract, Position
from dashu.finance.relief import Relief, ReliefMethod, life_at_end, relieved, standing
from dashu.finance.replay import live_through
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.charts import Bar, Bars, Chart, Tone
from education.domain.figures.budget import RULES
from education.domain.figures.writing import quoted_percent, yuan

TERMS = ScheduleTerms(12_000_00, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 12, date(2026, 1, 15))
PAID = 4
ON = date(2026, 5, 15)  # the day of the latest payment, so that periods are whole months
INCOME, INCOME_NOW, ESSENTIALS = 8_000_00, 5_600_00, 4_200_00
WAYS = {
    "longer": Relief(ReliefMethod.TERM_EXTENSION, count=14),
    "interest_only": Relief(ReliefMethod.INTEREST_ONLY, months=3),
    "holiday": Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3),
}


@dataclass(frozen=True, slots=True)
class Way:
    """
    What a way asks for from now on. Amounts in fen.

    :param first: the next payment.
    :param highest: the highest of all that are to come.
    :param in_all: all payments to come together.
    """

    first: int
    highest: int
    in_all: int
    count: int
    ends_on: date


def at_the_drop() -> Life:
    """Return the loan with its first installments paid in time."""
    rows = build_schedule(TERMS)[:PAID]
    paid = [Event(EventType.PAYMENT, row.due_on, row.due_on, row.total) for row in rows]
    start = Event(EventType.DISBURSE, TERMS.disbursed_on, TERMS.disbursed_on, TERMS.principal)
    return life_at_end(live_through(TERMS, Contract(TERMS.disbursed_on, TERMS.annual_rate), [start, *paid]))


def present() -> Way:
    return _way(standing(at_the_drop(), ON))


def ways() -> Mapping[str, Way]:
    return {code: _way(relieved(at_the_drop(), relief, ON)) for code, relief in WAYS.items()}


def _way(position: Position) -> Way:
    rows = [row for row in position.installments if row.due_on > ON]
    amounts = [row.unpaid for row in rows]
    return Way(amounts[0], max(amounts), sum(amounts), len(rows), rows[-1].due_on)


def room() -> int:
    """Return what the month can carry now, the buffer kept."""
    return Month(INCOME_NOW, ESSENTIALS, 0).carrying(0, RULES).surplus


def figures() -> Mapping[str, str]:
    now = present()
    found = {
        "borrowed": yuan(TERMS.principal),
        "rate": quoted_percent(TERMS.annual_rate),
        "months": str(TERMS.count),
        "paid_count": str(PAID),
        "income": yuan(INCOME),
        "income_now": yuan(INCOME_NOW),
        "essentials": yuan(ESSENTIALS),
        "room": yuan(room()),
        "now_first": yuan(now.first),
        "now_in_all": yuan(now.in_all),
        "now_count": str(now.count),
        "longer_count": str(WAYS["longer"].count),
        "longer_less": yuan(now.first - ways()["longer"].first),
        "pause_months": str(WAYS["holiday"].months),
        "buffer": yuan(INCOME_NOW - ESSENTIALS - room()),
        "missing": yuan(now.first - room()),
    }
    for code, way in ways().items():
        found |= {
            f"{code}_first": yuan(way.first),
            f"{code}_highest": yuan(way.highest),
            f"{code}_in_all": yuan(way.in_all),
            f"{code}_more": yuan(way.in_all - now.in_all),
        }
    return found


def dates() -> Mapping[str, date]:
    return {"now_ends_on": present().ends_on, **{f"{code}_ends_on": way.ends_on for code, way in ways().items()}}


def charts() -> Mapping[str, Chart]:
    tones: Mapping[str, Tone] = {"now": "other"}
    firsts = {"now": present().first} | {code: way.first for code, way in ways().items()}
    return {"next_payment": Bars(tuple(Bar(c, m, yuan(m), tones.get(c, "principal")) for c, m in firsts.items()))}
