"""What is kept of a month as a whole, once the months of its loans are written: causes, and the sums of the book."""

from datetime import date, datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

from collections_mgmt.models import DeskDay
from collections_mgmt.services.snapshot.cures_sql import GROUPED, KEY, KEYED, SPLITS, write_cures
from collections_mgmt.services.snapshot.months_sql import MINOR, TABLE
from dashu.kernel.dates import LENDER_ZONE

# A difficulty counts that was told, or noticed, up to so long before the oldest due date that is unpaid.
DAYS_BEFORE = 90


def write_whole_month(*, month_end: date, known_at: datetime) -> int:
    """
    Write the causes of the month's loans that are behind, then `PortfolioMonth`; return how many rows of sums.

    The figures of the desk for the day, which take the moves from these, are owed once more.
    """
    DeskDay.objects.filter(business_date=month_end).delete()
    with connection.cursor() as cursor:
        write_causes(cursor, TABLE, month_end, known_at)
        rows = write_sums(cursor, month=month_end.replace(day=1))
        write_cures(cursor, month=month_end.replace(day=1))
        return rows


# What a borrower said comes before what was noted of a warning, and what is newer before what is older.
_CAUSES = """
    UPDATE {table} AS kept SET cause = found.cause
    FROM (
        SELECT behind.loan_id, told.cause
        FROM {table} AS behind
        JOIN loans_loan AS loan ON loan.id = behind.loan_id
        CROSS JOIN LATERAL (
            SELECT said.cause FROM (
                SELECT asked.cause, (asked.asked_at AT TIME ZONE %(zone)s)::date AS told_on, 0 AS place
                FROM collections_mgmt_hardshiprequest AS asked
                WHERE asked.borrower_id = loan.borrower_id AND asked.outcome <> 'WITHDRAWN'
                  AND asked.asked_at < %(known_at)s
                UNION ALL
                SELECT lead.cause, lead.opened_on, 1 FROM collections_mgmt_warninglead AS lead
                WHERE lead.borrower_id = loan.borrower_id AND lead.cause <> ''
            ) AS said
            WHERE said.told_on <= %(on)s AND said.told_on >= %(on)s::date - behind.days_past_due - %(days_before)s
            ORDER BY said.place, said.told_on DESC LIMIT 1
        ) AS told
        WHERE behind.month = %(month)s AND behind.days_past_due > 0 AND behind.status = 'ACTIVE'
    ) AS found
    WHERE kept.month = %(month)s AND kept.loan_id = found.loan_id
"""


def write_causes(cursor: CursorWrapper, table: str, month_end: date, known_at: datetime) -> None:
    """Write why the loans of the month that are behind are so, where anybody said or noted it."""
    cursor.execute(
        _CAUSES.format(table=table),
        {
            "month": month_end.replace(day=1),
            "on": month_end,
            "known_at": known_at,
            "days_before": DAYS_BEFORE,
            "zone": str(LENDER_ZONE),
        },
    )


_LATE = (30, 60, 90)
SUMMED = (
    "loans", *(f"ever_{days}" for days in _LATE), "prepaid_loans", "restructured_loans",
    *(f"ever_{days}_original_minor" for days in _LATE), *(name for name in MINOR if name != "overdue_principal_minor"),
)  # fmt: skip
_EXPRESSIONS = (
    "COUNT(*)",
    *(f"COUNT(*) FILTER (WHERE worst_days_past_due > {days})" for days in _LATE),
    "COUNT(*) FILTER (WHERE is_prepaid)",
    "COUNT(*) FILTER (WHERE is_restructured)",
    *(f"COALESCE(SUM(original_minor) FILTER (WHERE worst_days_past_due > {days}), 0)" for days in _LATE),
    *(f"SUM({name})" for name in SUMMED[9:]),
)

# The dimensions are columns of text under names of their own; a loan that is not behind has no cause at all.
PORTFOLIO_MONTHS = f"""
    SELECT {KEYED},
           {", ".join(f"{what} AS {name}" for what, name in zip(_EXPRESSIONS, SUMMED, strict=True))}
    FROM (
        SELECT *, {", ".join(f"{split} AS by_{split}" for split in SPLITS[:4])}, vintage::text AS by_vintage,
               CASE WHEN days_past_due > 0 AND status = 'ACTIVE' THEN cause END AS by_cause
        FROM {{source}} WHERE month = %(month)s
    ) AS loan
    {GROUPED}
    HAVING NOT (GROUPING(by_cause) = 0 AND by_cause IS NULL)
"""  # noqa: S608 – constants of this module
PORTFOLIO_COLUMNS = (*KEY, *SUMMED)


def write_sums(cursor: CursorWrapper, *, month: date) -> int:
    """Write `PortfolioMonth` anew from `LoanMonth`; return how many rows it has."""
    cursor.execute("DELETE FROM collections_mgmt_portfoliomonth WHERE month = %s", [month])
    source = PORTFOLIO_MONTHS.format(source="collections_mgmt_loanmonth")
    cursor.execute(
        f"INSERT INTO collections_mgmt_portfoliomonth ({', '.join(PORTFOLIO_COLUMNS)}) {source}",
        {"month": month},
    )
    return int(cursor.rowcount)
