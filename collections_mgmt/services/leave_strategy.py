"""
Handing people back to the reminders of the schedule, on the day on which their strategy is stopped.

Whoever follows a strategy is not reminded by the schedule, and the morning's reminders were chosen in the night. So the
stop leaves their places at once and chooses for them alone. Who was written to by the strategy that morning is not
written to again.
"""

from datetime import datetime

from django.db import connection

from collections_mgmt.services.close_range import morning_of, reminder_plan
from collections_mgmt.services.reminders_sql import queue_reminders
from dashu.kernel.dates import lender_date


def leave_stopped(*, now: datetime) -> int:
    """
    Let everybody go for whom no strategy is in use any more, and return how many were reminded of today.

    Whoever follows another strategy from now on goes on in their place, and the night puts them into its row.
    """
    today = lender_date(now)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM collections_mgmt_strategyplace WHERE file_id IN (
                SELECT place.file_id FROM collections_mgmt_strategyplace AS place
                WHERE NOT EXISTS (
                    SELECT FROM collections_mgmt_strategyversion AS version
                    JOIN collections_mgmt_strategy AS strategy ON strategy.id = version.strategy_id
                    WHERE version.status = 'PUBLISHED' AND version.role = 'CHAMPION'
                      AND strategy.product IN (place.product, '')
                )
                ORDER BY place.file_id FOR UPDATE
            )
            RETURNING borrower_id
            """
        )
        people = sorted({borrower_id for (borrower_id,) in cursor.fetchall()})
        if not people:
            return 0
        plan = reminder_plan(today, max(now, morning_of(today)), only=people)
        return queue_reminders(cursor, plan, **_loans_of(people))["reminders"]


def _loans_of(people: list[int]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) + 1 FROM loans_loan WHERE borrower_id = ANY(%s)", [people])
        first, end = cursor.fetchone()
    return {"first": first, "end": end}
