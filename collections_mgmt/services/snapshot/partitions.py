"""The partitions of the snapshot, one for each month; see `collections_mgmt.models.snapshot`."""

from datetime import date

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashu.kernel.dates import add_months

TABLES = ("collections_mgmt_loanmonth", "collections_mgmt_portfolioslice")


_LOCK = 4_711_007


@transaction.atomic
def ensure_month(month: date) -> None:
    """
    Make the partitions of a month, where they are missing.

    Making one takes the table's strongest lock for a moment, so the close asks before it writes, in a transaction of
    its own. Whoever asks at the same time waits for the first, and finds them made.

    :param month: its first day.
    """
    with connection.cursor() as cursor:
        if all(_is_there(cursor, table, month) for table in TABLES):
            return
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for table in TABLES:
            if not _is_there(cursor, table, month):
                cursor.execute(
                    f"CREATE TABLE {name_of(table, month)} PARTITION OF {table} FOR VALUES FROM (%s) TO (%s)",
                    [month, add_months(month, 1)],
                )


def name_of(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def _is_there(cursor: CursorWrapper, table: str, month: date) -> bool:
    # Not by `to_regclass`: that may remember from before the lock that there was none.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND relnamespace = current_schema()::regnamespace)",
        [name_of(table, month)],
    )
    return bool(cursor.fetchone()[0])
