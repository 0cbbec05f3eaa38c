"""
The loans of a range that were behind at one end of a month at least, taken from `LoanMonth`.

The desk's overview adds to them who worked on each and whether a person was in touch (`write_desk_figures.py`); where
they stood at both ends is said once, by the snapshot, so that the overview and the reports count the same.
"""

from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from dashu.finance.arrears import Scale

_STALE = """
    DELETE FROM collections_mgmt_loanmove AS move
    WHERE move.month_end = %(on)s AND move.loan_id >= %(first)s AND move.loan_id < %(end)s
      AND NOT EXISTS (
          SELECT FROM collections_mgmt_loanmonth AS kept
          WHERE kept.month = %(month)s AND kept.loan_id = move.loan_id
            AND (kept.bucket_before = ANY(%(behind)s) OR kept.bucket = ANY(%(behind)s))
      )
"""
_KEPT = """
    INSERT INTO collections_mgmt_loanmove AS move
        (loan_id, month_end, bucket_before, bucket, product, currency, principal_before_minor, principal_minor)
    SELECT loan_id, %(on)s, bucket_before, bucket, product, currency, principal_before_minor, principal_minor
    FROM collections_mgmt_loanmonth
    WHERE month = %(month)s AND loan_id >= %(first)s AND loan_id < %(end)s
      AND (bucket_before = ANY(%(behind)s) OR bucket = ANY(%(behind)s))
    ON CONFLICT (loan_id, month_end) DO UPDATE
    SET bucket_before = excluded.bucket_before, bucket = excluded.bucket,
        principal_before_minor = excluded.principal_before_minor, principal_minor = excluded.principal_minor
"""


def note_moves(cursor: CursorWrapper, *, on: date, first: int, end: int, buckets: Scale) -> int:
    """
    Write `LoanMove` of the month that ends on `on`, once its `LoanMonth` is written; return how many loans that is.

    Run again, they are written anew, and what is known of who worked on them stays.
    """
    values: dict[str, Any] = {
        "on": on,
        "month": on.replace(day=1),
        "first": first,
        "end": end,
        "behind": [band.code for band in buckets.bands[1:]],
    }
    cursor.execute(_STALE, values)
    cursor.execute(_KEPT, values)
    return int(cursor.rowcount)
