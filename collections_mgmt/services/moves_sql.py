"""
Where each loan of a range stood at both ends of a month, written by the close of its last day, as set-based SQL.

Where it stood at the beginning is what its first change since then says it was before, or what it is now. So nothing
has to be kept of the many loans that never fall behind: of them the caller gets sums, and only a loan that was behind
at one end has a row.
"""

from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.domain.desk_figures import GONE, NEW, start_of
from collections_mgmt.selectors.loan_ends import ENDED_WITHIN
from collections_mgmt.services.rows import named_rows
from dashu.finance.arrears import Scale


def note_moves(cursor: CursorWrapper, *, on: date, first: int, end: int, buckets: Scale) -> list[dict[str, Any]]:
    """
    Write a row for each loan of the range that was behind at one end of the month that ends on `on`.

    Run again, they are written anew.

    :returns: the sums of all other loans, one row for each pair of buckets, product and currency; minor units.
    """
    cursor.execute(
        f"""
        WITH loan AS MATERIALIZED (
            SELECT loan.id, product.code AS product, loan.currency,
                   CASE WHEN loan.starts_on > %(start)s THEN %(new)s
                        ELSE COALESCE(change.bucket_before, status.bucket, %(current)s) END AS bucket_before,
                   CASE WHEN loan.status = 'ACTIVE' THEN COALESCE(later.bucket_before, status.bucket, %(current)s)
                        ELSE loan.status END AS bucket,
                   CASE WHEN loan.status = 'ACTIVE' THEN balance.principal_minor ELSE 0 END AS principal_minor
            FROM loans_loan AS loan
            JOIN loans_productterms AS version ON version.id = loan.product_terms_id
            JOIN loans_product AS product ON product.id = version.product_id
            JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
                AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
            LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
                AND status.loan_id >= %(first)s AND status.loan_id < %(end)s
            LEFT JOIN LATERAL (
                SELECT change.bucket_before FROM collections_mgmt_overduechange AS change
                WHERE change.loan_id = loan.id AND change.changed_on > %(start)s
                ORDER BY change.changed_on LIMIT 1
            ) AS change ON true
            LEFT JOIN LATERAL (
                SELECT change.bucket_before FROM collections_mgmt_overduechange AS change
                WHERE change.loan_id = loan.id AND change.changed_on > %(on)s
                ORDER BY change.changed_on LIMIT 1
            ) AS later ON true
            WHERE loan.id >= %(first)s AND loan.id < %(end)s AND loan.starts_on <= %(on)s
              AND (loan.status = 'ACTIVE' OR (loan.status = ANY(%(gone)s) AND {ENDED_WITHIN}))
        ), kept AS (
            INSERT INTO collections_mgmt_loanmove AS move
                (loan_id, month_end, bucket_before, bucket, product, currency, principal_before_minor, principal_minor)
            SELECT loan.id, %(on)s, loan.bucket_before, loan.bucket, loan.product, loan.currency,
                   COALESCE(before.principal_minor, 0), loan.principal_minor
            FROM loan
            LEFT JOIN collections_mgmt_loanmove AS before ON before.loan_id = loan.id AND before.month_end = %(start)s
            WHERE loan.bucket_before = ANY(%(behind)s) OR loan.bucket = ANY(%(behind)s)
            ON CONFLICT (loan_id, month_end) DO UPDATE
            SET bucket_before = excluded.bucket_before, bucket = excluded.bucket,
                principal_before_minor = excluded.principal_before_minor, principal_minor = excluded.principal_minor
        )
        SELECT loan.bucket_before, loan.bucket, loan.product, loan.currency, COUNT(*) AS loans,
               SUM(loan.principal_minor)::bigint AS principal_minor
        FROM loan WHERE loan.bucket_before <> ALL(%(behind)s) AND loan.bucket <> ALL(%(behind)s)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """,  # noqa: S608 – a constant of this module
        {
            "on": on,
            "start": start_of(on),
            "first": first,
            "end": end,
            "new": NEW,
            "current": buckets.bands[0].code,
            "behind": [band.code for band in buckets.bands[1:]],
            "gone": list(GONE),
        },
    )
    return named_rows(cursor)
