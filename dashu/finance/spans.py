"""
The periods of a schedule: from when to when interest runs, and which part of a year that is.

A period is cut into pieces where the rate or the amount paid out changes. Interest of each piece is rounded on its
own and then added. Between due dates interest is simple, unless the terms compound it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from dashu.finance.calendars import BusinessDay, adjusted, calendar_of
from dashu.finance.day_counts import days_between, year_fraction
from dashu.finance.terms import Compounding, InvalidTerms, Method, OnRateChange, ScheduleTerms, Stub
from dashu.kernel.errors import _


@dataclass(frozen=True, slots=True)
class Piece:
    """
    Days over which neither rate nor payouts change.

    :param days: as the day count counts them.
    :param years: part of a year, unrounded.
    :param advance: minor units paid out on the piece's first day.
    """

    start: date
    end: date
    days: int
    years: Decimal
    annual_rate: Decimal
    advance: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """
    One period.

    :param due_on: the day of payment, which a business calendar may have moved away from `agreed_on`.
    :param regular: the piece that a regular period would be, where this one is a stub whose odd days are added on top.
    :param number: of the agreed installment, from 1; 0 for a stub that is a row of its own.
    """

    number: int
    start: date
    end: date
    due_on: date
    agreed_on: date
    pieces: tuple[Piece, ...]
    regular: Piece | None = None
    is_free: bool = False

    @property
    def days(self) -> int:
        return sum(piece.days for piece in self.pieces)


_PER_YEAR = {
    Compounding.MONTHLY: 12,
    Compounding.QUARTERLY: 4,
    Compounding.SEMIANNUAL: 2,
    Compounding.ANNUAL: 1,
}


def interest_factor(terms: ScheduleTerms, piece: Piece, annual_rate: Decimal | None = None) -> Decimal:
    """
    Return the interest of a piece on one unit of principal.

    :param annual_rate: instead of the piece's own rate.
    """
    rate = piece.annual_rate if annual_rate is None else annual_rate
    if terms.compounding is Compounding.NONE:
        return rate * piece.years
    if terms.compounding is Compounding.DAILY:
        return (1 + rate * piece.years / piece.days) ** piece.days - 1 if piece.days else Decimal(0)
    per_year = _PER_YEAR[terms.compounding]
    return (1 + rate / per_year) ** (per_year * piece.years) - 1


def growth(terms: ScheduleTerms, span: Span, *, from_piece: int = 0, as_of: date | None = None) -> Decimal:
    """
    Return the interest of a period on one unit of principal that is outstanding from its piece `from_piece` on.

    :param as_of: at the rate known on that day; None: at the rates of the pieces.
    :param as_regular: of a stub whose odd days come on top, only the regular part.
    """
    if span.is_free:
        return Decimal(0)
    rate = None if as_of is None else terms.rate_on(as_of)
    if span.regular is not None:
        return interest_factor(terms, span.regular, rate)
    if len(span.pieces) == 1:
        return interest_factor(terms, span.pieces[0], rate)
    return sum((interest_factor(terms, piece, rate) for piece in span.pieces[from_piece:]), Decimal(0))


def level_day(terms: ScheduleTerms, span: Span) -> date | None:
    """Return the day whose rate an installment computed at this period counts with; None: all rates are known."""
    if not terms.rate_changes or terms.on_rate_change is OnRateChange.LEVEL:
        return None
    return span.start


def spans_of(terms: ScheduleTerms) -> list[Span]:
    """
    Return the periods of the terms, oldest first; a bullet loan has one.

    :raises InvalidTerms: the business calendar moves two due dates onto one day.
    """
    agreed, whole = _boundaries(terms)
    paid = _paid_on(terms, agreed)
    bounds = [agreed[0], *paid] if terms.adjusts_interest else agreed
    first_number = 1 - (len(paid) - terms.count)
    spans = []
    for index, (start, end) in enumerate(pairwise(bounds)):
        number = first_number + index
        is_whole = whole[index] and (start, end) == (agreed[index], agreed[index + 1])
        pieces = _pieces(terms, start, end, is_whole=is_whole, maturity=bounds[-1])
        is_free = 0 < number <= terms.interest_free
        regular = None
        if index == 0 and not whole[0] and terms.stub is Stub.ADD_TO_FIRST:
            before = terms.due_rule.a_period_before(end)
            (regular,) = _pieces(terms, before, end, is_whole=True, maturity=bounds[-1], is_cut=False)
        spans.append(Span(number, start, end, paid[index], agreed[index + 1], pieces, regular, is_free))
    return [_joined(spans)] if terms.method is Method.BULLET else spans


def _boundaries(terms: ScheduleTerms) -> tuple[list[date], list[bool]]:
    """Return the first day and the due dates as agreed, and which of the periods between them are exactly one long."""
    start, rule = terms.disbursed_on, terms.due_rule
    dues = terms.nominal_due_dates()
    if terms.custom_rows:
        return [start, *dues], [False] * len(dues)
    if rule.starts_regularly(start):
        return [start, *dues], [True] * len(dues)
    if dues[0] <= start:
        raise InvalidTerms(_("The first due date must be after the disbursement."), field="first_due_on")
    if terms.stub is Stub.OWN_ROW:
        before = rule.a_period_before(dues[0])
        dues = [before, *dues] if before > start else rule.due_dates(start, terms.count + 1)
    return [start, *dues], [False] + [True] * (len(dues) - 1)


def _paid_on(terms: ScheduleTerms, agreed: Sequence[date]) -> list[date]:
    """Return the days of payment: the agreed due dates, moved to business days where the terms say so."""
    if terms.business_day is BusinessDay.NONE or terms.calendar is None:
        return list(agreed[1:])
    calendar = calendar_of(terms.calendar)
    paid = [adjusted(day, terms.business_day, calendar) for day in agreed[1:]]
    if any(later <= earlier for earlier, later in pairwise([agreed[0], *paid])):
        raise InvalidTerms(_("Two due dates would fall on the same business day."), field="business_day")
    return paid


def _pieces(
    terms: ScheduleTerms, start: date, end: date, *, is_whole: bool, maturity: date, is_cut: bool = True
) -> tuple[Piece, ...]:
    """
    Cut a period where a rate changes or a tranche is paid out.

    A whole period that counts as one has its days and its part of a year by definition; its pieces share them by days.
    """
    by_definition = _by_definition(terms, start, end) if is_whole and terms.accrues_by_period else None
    if not (terms.tranches or terms.rate_changes) or not is_cut:
        days, years = by_definition or _counted(terms, start, end, maturity)
        return (Piece(start, end, days, years, terms.rate_on(start)),)
    advances = {tranche.on: tranche.minor for tranche in terms.tranches if start <= tranche.on < end}
    cuts = sorted({change.on for change in terms.rate_changes if start < change.on < end} | (advances.keys() - {start}))
    pieces: list[Piece] = []
    for here, there in pairwise([start, *cuts, end]):
        days, years = _counted(terms, here, there, maturity)
        if by_definition:
            days = by_definition[0] - sum(piece.days for piece in pieces) if there == end else days
            years = by_definition[1] * days / by_definition[0]
        pieces.append(Piece(here, there, days, years, terms.rate_on(here), advances.get(here, 0)))
    return tuple(pieces)


def _by_definition(terms: ScheduleTerms, start: date, end: date) -> tuple[int, Decimal] | None:
    """Return days and part of a year of a regular period; a month is 30 days, also from 31 January to 28 February."""
    months = terms.due_rule.months
    if months is None:
        return None if terms.accrual is None else ((end - start).days, 1 / terms.due_rule.a_year)
    days = int(30 * months) if terms.day_count.has_30_day_months else (end - start).days
    return days, months / 12


def _counted(terms: ScheduleTerms, start: date, end: date, maturity: date) -> tuple[int, Decimal]:
    days = days_between(start, end, terms.day_count, ends_on=maturity)
    return days, year_fraction(start, end, terms.day_count, ends_on=maturity)


def _joined(spans: Sequence[Span]) -> Span:
    """Return one period over all of them; pieces with nothing paid out between them and one rate become one."""
    pieces: list[Piece] = []
    for piece in (piece for span in spans for piece in span.pieces):
        before = pieces[-1] if pieces else None
        if before is not None and before.annual_rate == piece.annual_rate and not piece.advance:
            days, years = before.days + piece.days, before.years + piece.years
            pieces[-1] = Piece(before.start, piece.end, days, years, before.annual_rate, before.advance)
        else:
            pieces.append(piece)
    last = spans[-1]
    return Span(1, spans[0].start, last.end, last.due_on, last.agreed_on, tuple(pieces))
