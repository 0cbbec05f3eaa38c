"""The rows behind a figure of the overview, a page at a time, by key: never counted, never skipped over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from collections_mgmt.domain.desk_figures import CURED, GONE, NOT_BEHIND_BEFORE, WINDOW_DAYS, Measure
from collections_mgmt.models import LoanMove, OverdueStatus
from collections_mgmt.selectors import desk_sources
from collections_mgmt.selectors.loan_ends import ENDED_WITHIN
from collections_mgmt.selectors.overview import Scope
from dashu.users.models import Borrower, Viewer
from loans.models import Loan

PAGE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """What a page of things that happened goes on after: the newest come first."""

    at: datetime
    source: str
    key: int
    detail: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One row that a measure counts. :param loan, borrower: as far as this person may see them."""

    place: Place
    on: date
    amount_minor: int
    loan: Loan | None
    borrower: Borrower | None


@dataclass(frozen=True, slots=True)
class Page:
    """:param after: what the next page goes on after; None on the last one."""

    rows: Sequence[Any]
    after: Any


def happened(
    user: Viewer, measure: Measure, detail: str, scope: Scope, *, on: date, after: Place | None, size: int = PAGE
) -> Page:
    """
    Return what a measure counted within the window that ends on a day, the newest first.

    A row about somebody whom this person may not see is left out. Team and strategy are those of its day, as in the
    figure.

    :param detail: "" for any.
    """
    if not desk_sources.is_known(measure):
        return Page([], None)
    conditions, given = _conditions(detail, scope, after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT row.at, row.source, row.key, row.detail, row.on_date, row.amount_minor, row.loan_id, row.borrower_id
            FROM ({desk_sources.rows_sql(measure)}) AS row
            {_JOINS if scope.product else _LOANS}
            {desk_sources.worked_sql() if scope.is_of_a_team else ""}
            WHERE {" AND ".join(conditions)}
            ORDER BY row.at DESC, row.source DESC, row.key DESC, row.detail DESC LIMIT %(size)s
            """,  # noqa: S608 – registered by our own code
            {
                **desk_sources.parameters(on - timedelta(days=WINDOW_DAYS - 1), on),
                **given,
                "size": size + 1,
            },
        )
        found = cursor.fetchall()
    loans = Loan.objects.visible_to(user).select_related("borrower").in_bulk([row[6] for row in found if row[6]])
    people = Borrower.objects.visible_to(user).in_bulk([row[7] for row in found if row[7]])
    rows = [
        Happened(Place(*row[:4]), row[4], row[5], loans.get(row[6]), people.get(row[7]))
        for row in found[:size]
        if (row[6] is None or row[6] in loans) and (row[7] is None or row[7] in people)
    ]
    return Page(rows, Place(*found[size - 1][:4]) if len(found) > size else None)


_LOANS = "LEFT JOIN loans_loan AS loan ON loan.id = row.loan_id"
_JOINS = f"""{_LOANS}
LEFT JOIN loans_productterms AS version ON version.id = loan.product_terms_id
LEFT JOIN loans_product AS product ON product.id = version.product_id"""


def _conditions(detail: str, scope: Scope, after: Place | None) -> tuple[list[str], dict[str, Any]]:
    given: dict[str, Any] = {"currency": scope.currency}
    if scope.product:
        conditions = ["loan.currency = %(currency)s", "product.code = %(product)s"]
        given["product"] = scope.product
    else:
        conditions = ["(loan.id IS NULL OR loan.currency = %(currency)s)"]
    for name in ("team", "strategy"):
        if chosen := getattr(scope, name):
            conditions.append(f"worked.{name} = %({name})s")
            given[name] = chosen
    if detail:
        conditions.append("row.detail = %(detail)s")
        given["detail"] = detail
    if after:
        conditions.append("(row.at, row.source, row.key, row.detail) < (%(at)s, %(source)s, %(key)s, %(last)s)")
        given |= {"at": after.at, "source": after.source, "key": after.key, "last": after.detail}
    return conditions, given


def moved(
    user: Viewer, scope: Scope, *, month_end: date, before: str, bucket: str, after: int, size: int = PAGE
) -> Page:
    """
    Return the loans that went from a bucket to another within a month, in the order of their ids.

    :param before: a bucket, or "BEHIND" for any that is behind.
    :param bucket: a bucket or status; "CURED" for a loan that owes nothing overdue any more, "ALONE" for one of those
        without a person's help, "" for any.
    """
    moves = LoanMove.objects.filter(
        scope.of_loans(), loan__in=Loan.objects.visible_to(user), month_end=month_end, loan_id__gt=after
    )
    moves = (
        moves.exclude(bucket_before__in=NOT_BEHIND_BEFORE) if before == "BEHIND" else moves.filter(bucket_before=before)
    )
    if bucket in ("CURED", "ALONE"):
        moves = moves.filter(bucket__in=CURED)
        moves = moves.filter(was_contacted=False) if bucket == "ALONE" else moves
    elif bucket:
        moves = moves.filter(bucket=bucket)
    for name in ("team", "strategy"):
        if chosen := getattr(scope, name):
            moves = moves.filter(**{name: chosen})
    found = list(moves.select_related("loan__borrower").order_by("loan_id")[: size + 1])
    return Page(found[:size], found[size - 1].loan_id if len(found) > size else None)


def behind(user: Viewer, scope: Scope, *, days: range, after: tuple[int, int] | None, size: int = PAGE) -> Page:
    """
    Return the running loans that are behind by a number of days at the latest close, furthest first.

    :param after: days and id of the loan after which the page begins.
    """
    found_in = OverdueStatus.objects.visible_to(user).filter(
        days_past_due__gte=days.start, days_past_due__lt=days.stop, loan__status=Loan.Status.ACTIVE,
        loan__currency=scope.currency,
    )  # fmt: skip
    if scope.product:
        found_in = found_in.filter(loan__product_terms__product__code=scope.product)
    if after:
        found_in = found_in.filter(Q(days_past_due=after[0], loan_id__gt=after[1]) | Q(days_past_due__lt=after[0]))
        found_in = found_in.filter(days_past_due__lte=after[0])
    rows = found_in.select_related("loan__borrower", "loan__balance").order_by("-days_past_due", "loan_id")
    found = list(rows[: size + 1])
    last = (found[size - 1].days_past_due, found[size - 1].loan_id) if len(found) > size else None
    return Page(found[:size], last)


@dataclass(frozen=True, slots=True)
class Behind:
    """A loan that was behind at the end of a past day. :param bucket: the one that it was in."""

    loan: Loan
    bucket: str


def behind_then(user: Viewer, scope: Scope, *, on: date, buckets: Sequence[str], after: int, size: int = PAGE) -> Page:
    """
    Return the loans that were running and in one of the buckets at the end of a past day, in the order of their ids.

    Where a loan was then is what its first change since says it was before, or what it is now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT loan.id, COALESCE(later.bucket_before, status.bucket)
            FROM collections_mgmt_overduestatus AS status
            JOIN loans_loan AS loan ON loan.id = status.loan_id
            JOIN loans_productterms AS version ON version.id = loan.product_terms_id
            JOIN loans_product AS product ON product.id = version.product_id
            LEFT JOIN LATERAL (
                SELECT change.bucket_before FROM collections_mgmt_overduechange AS change
                WHERE change.loan_id = loan.id AND change.changed_on > %(start)s
                ORDER BY change.changed_on LIMIT 1
            ) AS later ON true
            WHERE COALESCE(later.bucket_before, status.bucket) = ANY(%(buckets)s) AND loan.starts_on <= %(start)s
              AND loan.currency = %(currency)s AND %(product)s IN ('', product.code) AND status.loan_id > %(after)s
              AND (loan.status = 'ACTIVE' OR (loan.status = ANY(%(gone)s) AND {ENDED_WITHIN}))
            ORDER BY status.loan_id LIMIT %(size)s
            """,  # noqa: S608 – a constant
            {
                "start": on,
                "buckets": list(buckets),
                "currency": scope.currency,
                "product": scope.product,
                "after": after,
                "gone": list(GONE),
                "size": size + 1,
            },
        )
        found = cursor.fetchall()
    loans = Loan.objects.visible_to(user).select_related("borrower").in_bulk([row[0] for row in found])
    rows = [Behind(loans[loan_id], bucket) for loan_id, bucket in found[:size] if loan_id in loans]
    return Page(rows, found[size - 1][0] if len(found) > size else None)
