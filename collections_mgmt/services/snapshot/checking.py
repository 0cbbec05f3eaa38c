"""Whether the snapshot says what the book's history says: the same sums worked out again, and nothing written."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import PortfolioDay, PortfolioSlice
from collections_mgmt.services.rows import named_rows
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.snapshot.cures_sql import CURED_COLUMNS, CURES, KEY, cure_values
from collections_mgmt.services.snapshot.months_sql import COLUMNS, write_loan_months_into
from collections_mgmt.services.snapshot.pieces import Piece, known_at_end, pieces_of
from collections_mgmt.services.snapshot.rebuild import sums_of_day
from collections_mgmt.services.snapshot.whole_months import PORTFOLIO_COLUMNS, PORTFOLIO_MONTHS, write_causes

_TABLE = "snapshot_month"

_ANY_CURED = " + ".join(CURED_COLUMNS) + " > 0"

# What has no history is told as it is known now.
_NOTED_SINCE = _("noted or corrected since: it has no history")
_WHY: dict[str, str | Promise] = {
    "region": _NOTED_SINCE,
    "sector": _NOTED_SINCE,
    "cause": _NOTED_SINCE,
    "risk_band": _("the bands of the score are others now"),
    "worst_days_past_due": _("the month before was written anew, or changes of the bucket were corrected"),
    "is_restructured": _("a plan was taken back since"),
    "classification": _("a plan was taken back since"),
    "stage": _("a plan was taken back since"),
}
_UNSAID = _("written by another version, or posted in the moment of the close")


@dataclass(frozen=True, slots=True)
class Difference:
    """
    :param what: the kind of row. :param key: of the row: a loan, or the values of a sum.
    :param columns: that differ, as `(name, kept, worked out)`; empty where one of the two has no such row.
    :param why: why that may be.
    """

    what: str
    key: str
    columns: tuple[tuple[str, Any, Any], ...]
    why: str | Promise


def differences_of_month(
    *, month_end: date, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Iterator[Difference]:
    """Yield in what `LoanMonth` and `PortfolioMonth` of the month that ends on a day differ from the book."""
    pieces = pieces_of(month_end)
    for number, piece in enumerate(pieces, start=1):
        yield from _of_loans(month_end, piece)
        progress(number, len(pieces))
    with connection.cursor() as cursor:
        yield from _of_sums(cursor, month_end.replace(day=1))


@transaction.atomic
def _of_loans(month_end: date, piece: Piece) -> list[Difference]:
    month = month_end.replace(day=1)
    values: dict[str, Any] = {"month": month, "first": piece.first, "end": piece.end}
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {_TABLE} (LIKE collections_mgmt_loanmonth) ON COMMIT DELETE ROWS"
        )
        cursor.execute(f"DELETE FROM {_TABLE}")  # noqa: S608 – a constant of this module
        write_loan_months_into(
            cursor,
            _TABLE,
            month_end=month_end,
            known_at=piece.known_at,
            first=piece.first,
            end=piece.end,
            scales=scales_on(month_end),
        )
        write_causes(cursor, _TABLE, month_end, known_at_end(month_end))
        columns = ", ".join(
            f"CASE WHEN kept.{name} IS DISTINCT FROM found.{name}"
            f" THEN jsonb_build_array('{name}', kept.{name}, found.{name}) END"
            for name in COLUMNS
        )
        cursor.execute(
            f"""
            SELECT COALESCE(kept.loan_id, found.loan_id) AS loan_id,
                   kept.loan_id IS NULL OR found.loan_id IS NULL AS is_missing,
                   to_jsonb(array_remove(ARRAY[{columns}], NULL)) AS columns
            FROM (SELECT * FROM collections_mgmt_loanmonth
                  WHERE month = %(month)s AND loan_id >= %(first)s AND loan_id < %(end)s) AS kept
            FULL JOIN {_TABLE} AS found ON found.loan_id = kept.loan_id
            WHERE kept IS DISTINCT FROM found
            ORDER BY 1
            """,  # noqa: S608 – constants of this module
            values,
        )
        return [
            _told(
                "loan", f"{month:%Y-%m} loan {row['loan_id']}", [] if row["is_missing"] else json.loads(row["columns"])
            )
            for row in named_rows(cursor)
        ]


def _told(what: str, key: str, columns: list[Any]) -> Difference:
    named = tuple((str(name), kept, found) for name, kept, found in columns)
    reasons = {_WHY.get(name, _UNSAID) for name, _kept, _found in named}
    return Difference(what, key, named, reasons.pop() if len(reasons) == 1 else _UNSAID)


def _of_sums(cursor: Any, month: date) -> Iterator[Difference]:
    """Hold the sums that are kept against those of the rows that are kept."""
    source = PORTFOLIO_MONTHS.format(source="collections_mgmt_loanmonth")
    differing = set(_differing(cursor, PORTFOLIO_COLUMNS, source, {"month": month}))
    cured = (*KEY, *CURED_COLUMNS)
    differing.update(_differing(cursor, cured, CURES, {"month": month, **cure_values(month, month)}, _ANY_CURED))
    for key in sorted(differing):
        yield _told("sums of a month", " ".join(str(part) for part in key), [])


def _differing(
    cursor: Any, columns: Sequence[str], source: str, values: dict[str, Any], where: str = "true"
) -> Iterable[tuple[Any, ...]]:
    """Return the keys of the rows in which what is kept and what the source finds are not the same."""
    names, key = ", ".join(columns), ", ".join(KEY)
    cursor.execute(
        f"""
        WITH kept AS (SELECT {names} FROM collections_mgmt_portfoliomonth WHERE month = %(month)s AND {where}),
             found AS (SELECT {names} FROM ({source}) AS summed WHERE {where})
        SELECT DISTINCT {key} FROM ((TABLE kept EXCEPT TABLE found) UNION (TABLE found EXCEPT TABLE kept)) AS either
        """,  # noqa: S608 – constants of this package
        values,
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def differences_of_day(
    *, on: date, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Iterator[Difference]:
    """Yield in what `PortfolioDay` and `PortfolioSlice` of a day differ from the book."""
    days, slices = sums_of_day(on, progress)
    for what, model, found in (("day", PortfolioDay, days), ("part of a day", PortfolioSlice, slices)):
        kept = {row.pk: row for row in model._default_manager.filter(business_date=on)}
        worked_out = {row.pk: row for row in found}
        for pk in sorted(kept.keys() | worked_out.keys(), key=str):
            columns = _columns_of(kept.get(pk), worked_out.get(pk))
            if columns is not None:
                yield _told(what, " ".join(str(part) for part in pk), columns)


def _columns_of(kept: Model | None, found: Model | None) -> list[Any] | None:
    """Return the columns that differ; none where one of the rows is missing, None where they are the same."""
    if kept is None or found is None:
        return []
    names = [field.name for field in kept._meta.concrete_fields]
    differ = [(name, a, b) for name in names if (a := getattr(kept, name)) != (b := getattr(found, name))]
    return differ or None
