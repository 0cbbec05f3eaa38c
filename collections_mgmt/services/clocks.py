"""
Whether this host knows what day it is, by the clock of the database, which all hosts share.

A host whose clock has jumped would close dates that are not over, or none that are. It closes nothing, and says so; the
other hosts go on.
"""

import time

from django.db import connection

from dashu.alerts.services import end_alert, raise_alert

MOST_APART = 120  # seconds
ALERT = "clock.differs"


def knows_the_time() -> bool:
    """Return whether both clocks agree; staff are told where they do not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        apart = time.time() - cursor.fetchone()[0]
    if abs(apart) <= MOST_APART:
        end_alert(ALERT)
        return True
    raise_alert(ALERT, seconds=round(apart))
    return False
