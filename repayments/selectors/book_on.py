"""
The whole book on any past day, as it is known now or as it was known at any moment, in one set-based query.

`book_sql` says where the figures come from. `past_days` gives the same for one loan by living through its events; a
test compares the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan, Product
from repayments.selectors.book_sql import COLUMNS, book_sql
from repayments.selectors.past_days import end_of, refuse_future

FIRST_STRETCH, LONGEST_STRETCH, MOST_LOANS_LOOKED_AT = 200, 20_000, 50_000


class UnknownChoice(DomainError):
    """There is no such product, status, bucket or classification on that day."""

    code = "invalid_choice"


@dataclass(frozen=True, slots=True)
class Picked:
    """Which loans of the book are wanted, by code; "" for any."""

    product: str = ""
    status: str = ""
    bucket: str = ""
    classification: str = ""

    def loans(self, loans: QuerySet[Loan]) -> QuerySet[Loan]:
        return loans.filter(product_terms__product__code=self.product) if self.product else loans

    def condition(self) -> tuple[str, dict[str, str]]:
        """Return what rows of `book_sql` have to fulfil, and its parameters."""
        given = {name: value for name in ("status", "bucket", "classification") if (value := getattr(self, name))}
        return " AND ".join(["TRUE", *(f"{name} = %({name})s" for name in given)]), given


EVERY_LOAN = Picked()


@dataclass(frozen=True, slots=True)
class LoanFigures:
    """
    A loan at the end of a day. Amounts in minor units.

    :param status: as `Loan.Status`, never one before the payout.
    :param principal, interest, fee, penalty: outstanding principal and what is due of the rest; 0 for a loan that is
        charged off, written off or sold, because it is no longer on the books.
    :param penalty: what was posted for the days up to the day. It is complete for a day that was closed; for one that
        was not, it goes up to the latest close, or to the day before the latest act on the loan.
    :param credit: what the borrower has with us beyond what is owed.
    :param overdue_principal, overdue_interest, overdue_fee: demanded before the day and unpaid; the claim of a loan
        that is charged off goes on.
    """

    loan_id: int
    number: str
    currency: str
    product: str
    status: str
    principal: int
    interest: int
    fee: int
    penalty: int
    credit: int
    overdue_principal: int
    overdue_interest: int
    overdue_fee: int
    oldest_due_on: date | None
    days_past_due: int
    effective_days_past_due: int
    bucket: str
    classification: str

    @property
    def overdue(self) -> int:
        return self.overdue_principal + self.overdue_interest + self.overdue_fee


assert tuple(field.name for field in fields(LoanFigures)) == COLUMNS


@dataclass(frozen=True, slots=True)
class BookPage:
    """
    :param after: id of the loan after which the next page begins; None on the last page.
    """

    loans: Sequence[LoanFigures]
    after: int | None


def book_choices(as_of: date) -> dict[str, list[str]]:
    """Return the codes that `Picked` may have on a day, by the name of its field."""
    tiers = [policy.five_tier(kind, as_of) for kind in Product.Kind.values]
    return {
        "product": list(Product.objects.order_by("code").values_list("code", flat=True)),
        "status": [status for status in Loan.Status.values if status not in Loan.NOT_PAID_OUT],
        "bucket": [band.code for band in policy.delinquency_buckets(as_of).bands],
        "classification": list(dict.fromkeys(band.code for tier in tiers for band in tier.bands)),
    }


def refuse_unanswerable(*, as_of: date, known_on: date | None, picked: Picked, today: date) -> None:
    """
    Refuse what the book cannot tell.

    :raises DateInFuture: one of the days has not come yet.
    :raises UnknownChoice: there is no such code; `field` names it.
    """
    refuse_future(as_of, today=today, field="as_of")
    refuse_future(known_on, today=today, field="known_on")
    for name, codes in book_choices(as_of).items():
        if (given := getattr(picked, name)) and given not in codes:
            raise UnknownChoice(
                _("%(given)s is not one of: %(codes)s."),
                field=name,
                params={"given": given[:40], "codes": ", ".join(codes)},
            )


def moment_of(known_on: date | None) -> datetime:
    """
    Return up to which moment postings count when a book is told in parts, so that all parts tell of the same book.

    :param known_on: the last day, in the lender's time zone, whose postings count; None for all there are by now.
    """
    with connection.cursor() as cursor:  # the clock that stamps the postings
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now if known_on is None else min(now, end_of(known_on))


def book_on(
    loans: QuerySet[Loan], *, as_of: date, known_at: datetime | None = None, picked: Picked = EVERY_LOAN
) -> Iterator[LoanFigures]:
    """
    Yield those of the loans that had been paid out by `as_of`, in the order of their ids, from one query.

    :param loans: what the caller may see of the book; not sliced.
    :param known_at: leave out what was posted at this moment or later.
    """
    query = book_sql(picked.loans(loans), as_of=as_of, known_at=known_at)
    if query is None:
        return
    condition, given = picked.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COLUMNS)} FROM {query[0]} AS book WHERE {condition} ORDER BY loan_id",  # noqa: S608
            {**query[1], **given},
        )
        while rows := cursor.fetchmany(5_000):
            for row in rows:
                yield LoanFigures(*row)


def book_page(
    loans: QuerySet[Loan],
    *,
    as_of: date,
    known_at: datetime | None = None,
    picked: Picked = EVERY_LOAN,
    after: int = 0,
    size: int,
) -> BookPage:
    """
    Return a page of the book in the order of ids, working out no more loans than it has to.

    Only what is picked by status, bucket or classification has to be looked for. A page looks at `MOST_LOANS_LOOKED_AT`
    loans at most, so it may hold fewer rows than asked for, even none, and still name a next page.

    :param after: the loan's id that the page begins after.
    """
    asked = picked.loans(loans).filter(starts_on__lte=as_of).order_by("pk")
    found: list[LoanFigures] = []
    stretch, looked_at = max(size + 1, FIRST_STRETCH), 0
    while looked_at < MOST_LOANS_LOOKED_AT:
        coming = asked.filter(pk__gt=after)
        last = coming.values_list("pk", flat=True)[stretch - 1 : stretch].first()
        inside = coming if last is None else coming.filter(pk__lte=last)
        found += book_on(inside, as_of=as_of, known_at=known_at, picked=picked)
        if len(found) > size:
            return BookPage(found[:size], found[size - 1].loan_id)
        if last is None:
            return BookPage(found, None)
        after, looked_at = last, looked_at + stretch
        stretch = min(2 * stretch, LONGEST_STRETCH)
    return BookPage(found, after)


def whole_book(
    loans: QuerySet[Loan], *, as_of: date, known_at: datetime, picked: Picked = EVERY_LOAN
) -> Iterator[LoanFigures]:
    """
    Yield the same as `book_on`, a stretch of loans a query, so that a book of any size fits into memory.

    :param known_at: a moment that has passed, so that all stretches tell of the same book.
    """
    after: int | None = 0
    while after is not None:
        page = book_page(loans, as_of=as_of, known_at=known_at, picked=picked, after=after, size=LONGEST_STRETCH)
        yield from page.loans
        after = page.after
