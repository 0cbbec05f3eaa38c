"""
Write the figures of the desk for every closed date that has none yet, the oldest first.

It follows the close and never holds it up: a date whose figures are missing is made good by the next night. Each date
is one transaction, and writing it again changes nothing.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from collections_mgmt.domain.desk_figures import GONE, WINDOW_DAYS, Measure, month_end_up_to
from collections_mgmt.models import BucketMove, CloseRun, DeskDay, DeskFigure, Dimension, PortfolioMonth
from collections_mgmt.selectors import desk_sources
from collections_mgmt.services.rows import named_rows
from dashu.policy.rules import delinquency_buckets

_LOCK = 4_711_004
# Payments are booked for earlier days, and some come back: the days of the last week are counted once more.
COUNTED_AGAIN = timedelta(days=6)
CATCHES_UP = timedelta(days=400)


def write_desk_figures(*, through: date, now: datetime) -> int:
    """Write the figures of the dates that are owed up to `through`; return how many dates that were."""
    written = 0
    for day in list(_owed(through)):
        written += _write_day(day, is_latest=day == through, now=now)
    return written


def _owed(through: date) -> Iterator[date]:
    """Yield the closed dates without figures, and those that were closed once more since, in order."""
    written = dict(DeskDay.objects.values_list("business_date", "times_closed"))
    runs = CloseRun.objects.filter(
        status=CloseRun.Status.CLOSED, business_date__lte=through, business_date__gt=through - CATCHES_UP
    )
    for day, times in runs.order_by("business_date").values_list("business_date", "times_closed"):
        if written.get(day) != times:
            yield day


@transaction.atomic
def _write_day(day: date, *, is_latest: bool, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        run = CloseRun.objects.get(business_date=day)
        if DeskDay.objects.filter(business_date=day, times_closed=run.times_closed).exists():
            return False
        since = _first_to_count(day, is_latest=is_latest)
        DeskFigure.objects.filter(business_date__gte=since, business_date__lte=day).delete()
        for measure in desk_sources.known_measures():
            _count(cursor, measure, since=since, until=day)
        if day == month_end_up_to(day):
            _finish_month(cursor, run)
    DeskDay.objects.update_or_create(business_date=day, defaults={"times_closed": run.times_closed, "written_at": now})
    return True


def _first_to_count(day: date, *, is_latest: bool) -> date:
    """Return the day after the one that was written before; the very first time, a whole window is counted."""
    before = DeskDay.objects.filter(business_date__lt=day).order_by("-business_date").first()
    since = before.business_date + timedelta(days=1) if before else day - timedelta(days=WINDOW_DAYS - 1)
    return min(since, day - COUNTED_AGAIN) if is_latest else since


def _count(cursor: CursorWrapper, measure: Measure, *, since: date, until: date) -> None:
    cursor.execute(
        f"""
        INSERT INTO collections_mgmt_deskfigure
            (business_date, measure, detail, product, currency, team, strategy, count, amount_minor)
        SELECT row.on_date, %(measure)s, row.detail, COALESCE(product.code, ''), COALESCE(loan.currency, ''),
               COALESCE(worked.team, ''), COALESCE(worked.strategy, ''), COUNT(*), SUM(row.amount_minor)::bigint
        FROM ({desk_sources.rows_sql(measure)}) AS row
        LEFT JOIN loans_loan AS loan ON loan.id = row.loan_id
        LEFT JOIN loans_productterms AS version ON version.id = loan.product_terms_id
        LEFT JOIN loans_product AS product ON product.id = version.product_id
        {desk_sources.worked_sql()}
        GROUP BY 1, 3, 4, 5, 6, 7
        """,  # noqa: S608 – registered by our own code
        {**desk_sources.parameters(since, until), "measure": measure.value},
    )


def _finish_month(cursor: CursorWrapper, run: CloseRun) -> None:
    """Say of the loans that moved who worked on them last and whether a person was in touch, and sum the moves up."""
    month_end = run.business_date
    cursor.execute(
        f"""
        UPDATE collections_mgmt_loanmove AS move
        SET was_contacted = move.loan_id IN (
                SELECT human.loan_id FROM ({desk_sources.human_sql()}) AS human WHERE human.loan_id IS NOT NULL
            ), team = COALESCE(worked.team, ''), strategy = COALESCE(worked.strategy, '')
        FROM collections_mgmt_loanmove AS same
        LEFT JOIN ({desk_sources.last_worked_sql()}) AS worked ON worked.loan_id = same.loan_id
        WHERE move.month_end = %(until)s AND same.month_end = %(until)s AND same.loan_id = move.loan_id
        """,  # noqa: S608 – registered by our own code
        desk_sources.parameters(month_end.replace(day=1), month_end),
    )
    BucketMove.objects.filter(month_end=month_end).delete()
    BucketMove.objects.bulk_create([*_moves_of_loans(cursor, month_end), *_moves_of_others(month_end)])


def _moves_of_loans(cursor: CursorWrapper, month_end: date) -> Iterator[BucketMove]:
    cursor.execute(
        """
        SELECT bucket_before, bucket, product, currency, team, strategy, COUNT(*) AS loans,
               COUNT(*) FILTER (WHERE was_contacted) AS contacted,
               SUM(principal_before_minor)::bigint AS principal_before_minor,
               SUM(principal_minor)::bigint AS principal_minor
        FROM collections_mgmt_loanmove WHERE month_end = %s GROUP BY 1, 2, 3, 4, 5, 6
        """,
        [month_end],
    )
    for row in named_rows(cursor):
        yield BucketMove(month_end=month_end, **row)


def _moves_of_others(month_end: date) -> Iterator[BucketMove]:
    """Yield what the loans did that ran and were behind at neither end, as the snapshot sums it up."""
    behind = {band.code for band in delinquency_buckets(month_end).bands[1:]}
    kept = PortfolioMonth.objects.filter(month=month_end.replace(day=1), dimension=Dimension.ALL)
    for row in kept.exclude(bucket_before__in=behind).exclude(bucket__in=behind):
        if row.bucket_before in GONE and row.bucket in GONE:  # only money came for them
            continue
        yield BucketMove(
            month_end=month_end,
            bucket_before=row.bucket_before,
            bucket=row.bucket,
            product=row.product,
            currency=row.currency,
            team="",
            strategy="",
            loans=row.loans,
            contacted=0,
            principal_before_minor=row.principal_before_minor,
            principal_minor=row.principal_minor,
        )
