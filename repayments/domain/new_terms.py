"""
The terms of a restructuring, read from plain JSON: as of a quote, but for what stays as the contract has it.

A rate that is left out stays as it is in force on the day: that is known where the loan is lived through, see
`keeps_rate` of `dashu.finance.events.Event`.
"""

from datetime import date

from dashu.finance.terms import MOST_INSTALLMENTS, HolidayInterest, Method, ScheduleTerms
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, _
from loans.domain.reading import build_terms, parse_options


class UnsupportedTerm(DomainError):
    """The terms ask for something that a loan's book does not know."""

    code = "unsupported_term"


def read_new_terms(document: Document, terms: ScheduleTerms, on: date, currency: str) -> ScheduleTerms:
    """Read the terms of a restructuring; what they leave out stays as in the contract, but not its fees."""
    values = {
        "annual_rate": document.rate("annual_rate", terms.annual_rate),
        "method": document.choice("method", Method, terms.method),
        "count": document.whole("count", low=1, high=MOST_INSTALLMENTS),
        **parse_options(document, currency, day_count=terms.day_count, rounding=terms.rounding),
    }
    document.done()
    new = build_terms(document, principal=terms.principal, disbursed_on=on, **values)
    refuse_what_books_cannot(new, document)
    return new


def refuse_what_books_cannot(terms: ScheduleTerms, document: Document) -> None:
    """Refuse terms whose principal changes on the way: a book has no event yet that says so."""
    capitalizes = any(holiday.interest is HolidayInterest.CAPITALIZED for holiday in terms.holidays)
    for field, is_asked in (("tranches", terms.tranches), ("fees", terms.financed_fees), ("holidays", capitalizes)):
        if is_asked:
            raise UnsupportedTerm(
                _("A replay cannot pay out in tranches, finance fees or capitalize interest."),
                field=document.field(field),
            )
