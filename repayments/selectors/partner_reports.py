"""Reports on the loans that somebody may see, each one query: the book by state, cash by day, how arrears moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from loans.models import Loan
from repayments.models import Channel, Payment
from repayments.selectors.book_sql import book_sql


@dataclass(frozen=True, slots=True)
class BookCell:
    """The loans of one currency, product, status and bucket. Amounts in minor units."""

    currency: str
    product: str
    status: str
    bucket: str
    loans: int
    principal: int
    interest: int
    fee: int
    penalty: int
    credit: int
    overdue: int


@dataclass(frozen=True, slots=True)
class CashDay:
    """
    The payments that count from one day and came by one way. Amounts in minor units.

    :param returned_payments, returned: of the day, which did not hold; they are in no other figure.
    """

    currency: str
    day: date
    channel: str
    payments: int
    amount: int
    fee: int
    penalty: int
    interest: int
    principal: int
    credit: int
    returned_payments: int
    returned: int


@dataclass(frozen=True, slots=True)
class Moved:
    """
    The loans that were in one bucket and status at the end of one day and in another at the end of a later one.

    :param bucket_before, status_before: empty for loans that were not paid out yet.
    """

    currency: str
    bucket_before: str
    status_before: str
    bucket: str
    status: str
    loans: int
    principal_before: int
    principal: int
    overdue_before: int
    overdue: int


def book_by_state(loans: QuerySet[Loan], *, as_of: date) -> list[BookCell]:
    """Return the sums of the book at the end of a day, see `book_on`."""
    query = book_sql(loans, as_of=as_of, known_at=None)
    if query is None:
        return []
    return [
        BookCell(*row)
        for row in _rows(
            f"""
            SELECT currency, product, status, bucket, COUNT(*), SUM(principal)::bigint, SUM(interest)::bigint,
                   SUM(fee)::bigint, SUM(penalty)::bigint, SUM(credit)::bigint,
                   SUM(overdue_principal + overdue_interest + overdue_fee)::bigint
            FROM {query[0]} AS book GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            """,  # noqa: S608 – constants and named parameters
            query[1],
        )
    ]


def cash_by_day(loans: QuerySet[Loan], *, first: date, last: date) -> list[CashDay]:
    """Return what came in, by the day from which it counts; what only moved between loans is no cash."""
    paid = Payment.objects.filter(loan__in=loans, received_on__range=(first, last)).exclude(
        channel=Channel.CONSOLIDATION
    )
    holds, returned = Q(is_returned=False), Q(is_returned=True)
    parts = ("amount", "fee", "penalty", "interest", "principal", "unapplied")
    summed = (
        paid.order_by()
        .values("loan__currency", "received_on", "channel")
        .annotate(
            payments=Count("pk", filter=holds),
            **{part: Sum(f"{part}_minor", filter=holds, default=0) for part in parts},
            returned_payments=Count("pk", filter=returned),
            returned=Sum("amount_minor", filter=returned, default=0),
        )
        .order_by("received_on", "loan__currency", "channel")
    )
    names = ("payments", *parts, "returned_payments", "returned")
    return [CashDay(*row) for row in summed.values_list("loan__currency", "received_on", "channel", *names)]


def arrears_moved(loans: QuerySet[Loan], *, first: date, last: date) -> list[Moved]:
    """Return from which bucket to which the loans went between the ends of two days."""
    before, after = book_sql(loans, as_of=first, known_at=None), book_sql(loans, as_of=last, known_at=None)
    if after is None:
        return []
    then, then_values = _renamed(before, "then_") if before else (_NOTHING, {})
    now, now_values = _renamed(after, "now_")
    return [
        Moved(*row)
        for row in _rows(
            f"""
            SELECT now.currency, COALESCE(before.bucket, ''), COALESCE(before.status, ''), now.bucket, now.status,
                   COUNT(*), COALESCE(SUM(before.principal), 0)::bigint, SUM(now.principal)::bigint,
                   COALESCE(SUM(before.overdue_principal + before.overdue_interest + before.overdue_fee), 0)::bigint,
                   SUM(now.overdue_principal + now.overdue_interest + now.overdue_fee)::bigint
            FROM {now} AS now LEFT JOIN {then} AS before ON before.loan_id = now.loan_id
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
            """,  # noqa: S608 – constants and named parameters
            {**then_values, **now_values},
        )
    ]


_NOTHING = (
    "(SELECT NULL::bigint AS loan_id, ''::text AS bucket, ''::text AS status, 0::bigint AS principal,"
    " 0::bigint AS overdue_principal, 0::bigint AS overdue_interest, 0::bigint AS overdue_fee WHERE false)"
)


def _renamed(query: tuple[str, Mapping[str, Any]], prefix: str) -> tuple[str, dict[str, Any]]:
    """Return the query with other names of its parameters, so that two of them can be one."""
    return query[0].replace("%(", f"%({prefix}"), {f"{prefix}{name}": value for name, value in query[1].items()}


def _rows(query: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
