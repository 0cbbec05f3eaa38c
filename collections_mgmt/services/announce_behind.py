"""The night tells which loans are behind for the first day, for whom a lesson may fit."""

from datetime import date

from django.db.backends.utils import CursorWrapper

from collections_mgmt.services.reminders_sql import OPEN_ROW
from dashu import events

AT_ONCE = 1000


def announce_behind(cursor: CursorWrapper, on: date) -> int:
    """
    Announce the loans whose installment of this day stayed open and that owe nothing older; return how many.

    Left out is what nobody is reminded of: loans on which something is looked into, or was promised or agreed.
    """
    cursor.execute(
        f"""
        SELECT DISTINCT row.loan_id
        FROM repayments_installment AS row
        JOIN loans_loan AS loan ON loan.id = row.loan_id
        WHERE row.due_on = %(on)s AND row.unpaid_minor > 0 AND row.is_current AND {OPEN_ROW} AND NOT EXISTS (
            SELECT FROM repayments_installment AS older
            WHERE older.loan_id = row.loan_id AND older.is_current AND older.unpaid_minor > 0
              AND older.due_on < row.due_on
        )
        ORDER BY row.loan_id
        """,  # noqa: S608 – its parts are written here
        {"on": on},
    )
    found = [row[0] for row in cursor.fetchall()]
    for first in range(0, len(found), AT_ONCE):
        events.publish("collections_mgmt.loans_fell_behind", loan_ids=found[first : first + AT_ONCE], on=on.isoformat())
    return len(found)
