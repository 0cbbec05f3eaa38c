"""The partitions of the snapshot, one for each month; see `collections_mgmt.models.snapshot`."""

from datetime import date

from django.db import connection

from dashu.kernel.dates import add_months

TABLES = ("collections_mgmt_loanmonth", "collections_mgmt_portfolioslice")


def ensure_month(month: date) -> None:
    """
    Make the partitions of a month, where they are missing.

    It takes the tables' strongest lock for a moment, so the close asks before it writes, in a transaction of its own.

    :param month: its first day.
    """
    with connection.cursor() as cursor:
        for table in TABLES:
            name = f"{table}_{month:%Y_%m}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES FROM (%s) TO (%s)",
                    [month, add_months(month, 1)],
                )
