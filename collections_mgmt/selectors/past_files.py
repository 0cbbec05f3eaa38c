"""
The files of the last weeks as they were, night by night, for playing a strategy on them.

Days past due follow from the changes of the overdue status; between two of them each day adds one. A loan of which no
change is on record has the days that its present status implies. What was known of a borrower is what was known when
the weeks began, or when their file opened.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from collections_mgmt.domain.simulating import Night, Past
from collections_mgmt.domain.strategy import Person
from collections_mgmt.selectors.segment_facts import facts_parameters, facts_sql
from dashu.finance.arrears import Scale
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy.strategies import StrategyRules

MOST_FILES = 5_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Book:
    """:param files: of all there were; where that is more than `pasts`, those were drawn by chance."""

    since: date
    until: date
    files: int
    pasts: list[Past]


def past_book(
    *, since: date, until: date, product: str, others: Sequence[str], rules: StrategyRules, levels: Scale
) -> Book:
    """
    Return the files that were open at the end of some day from `since` to `until`; a fixed number of queries.

    :param product: the kind of product of the strategy that is played; empty for all but `others`.
    """
    about = {**facts_parameters(since, rules, until=until), "product": product, "others": list(others)}
    rows = _rows(
        f"""
        WITH file_of AS (
            SELECT id FROM collections_mgmt_casefile
            WHERE opened_on <= %(until)s AND (closed_on IS NULL OR closed_on > %(on)s)
        ), facts AS ({facts_sql()})
        SELECT facts.*, file.number, file.opened_on, file.closed_on, count(*) OVER () AS files
        FROM facts JOIN collections_mgmt_casefile AS file ON file.id = facts.file_id
        WHERE facts.product = %(product)s OR (%(product)s = '' AND facts.product <> ALL(%(others)s))
        ORDER BY md5(file.number) LIMIT {MOST_FILES}
        """,  # noqa: S608 – constants
        about,
    )
    borrowers = [row["borrower_id"] for row in rows]
    behind, paused = _behind(borrowers, since, until), _pauses(borrowers, since, until)
    pasts = [_past(row, behind[row["borrower_id"]], paused[row["borrower_id"]], since, until, levels) for row in rows]
    return Book(since, until, rows[0]["files"] if rows else 0, pasts)


def _past(
    row: Mapping[str, Any],
    behind: Mapping[date, int],
    paused: set[date],
    since: date,
    until: date,
    levels: Scale,
) -> Past:
    person = Person(
        days=0,
        capacity=row["capacity"],
        readiness=row["readiness"],
        product=row["product"],
        care=row["care"],
        language=row["language"],
        level=1,
    )
    nights: list[Night | None] = []
    for day in _days(since, until):
        is_open = row["opened_on"] <= day and (row["closed_on"] is None or day < row["closed_on"])
        days = behind.get(day, 0)
        nights.append(Night(days, int(levels.code_for(days)), day in paused) if is_open else None)
    return Past(row["number"], person, nights)


def _behind(borrowers: Sequence[int], since: date, until: date) -> Mapping[int, Mapping[date, int]]:
    """Return the most days past due of each borrower's loans at the end of each day."""
    rows = _rows(
        """
        SELECT loan.borrower_id, loan.id AS loan_id, change.changed_on, change.days_past_due
        FROM loans_loan AS loan JOIN collections_mgmt_overduechange AS change ON change.loan_id = loan.id
        WHERE loan.borrower_id = ANY(%(borrowers)s) AND change.changed_on <= %(until)s
        UNION ALL
        SELECT loan.borrower_id, loan.id, NULL, status.days_past_due - (status.as_of - %(since)s)
        FROM loans_loan AS loan JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
        WHERE loan.borrower_id = ANY(%(borrowers)s) AND status.days_past_due > 0
          AND NOT EXISTS (SELECT FROM collections_mgmt_overduechange AS change WHERE change.loan_id = loan.id)
        ORDER BY 2, 3
        """,
        {"borrowers": borrowers, "since": since, "until": until},
    )
    found: dict[int, dict[date, int]] = defaultdict(dict)
    following = [*rows, None][1:]
    for row, after in zip(rows, following, strict=True):
        start = row["changed_on"] or since
        end = after["changed_on"] - _DAY if after and after["loan_id"] == row["loan_id"] else until
        of_borrower = found[row["borrower_id"]]
        if not row["changed_on"] or row["days_past_due"] > 0:
            for day in _days(max(start, since), end):
                days = max(0, row["days_past_due"] + (day - start).days)
                of_borrower[day] = max(of_borrower.get(day, 0), days)
    return found


# From which day to which something ran that stops every step.
_PAUSES = """
SELECT loan.borrower_id, hold.starts_on AS first, hold.ended_on AS last
FROM collections_mgmt_hold AS hold JOIN loans_loan AS loan ON loan.id = hold.loan_id WHERE hold.contact <> 'NONE'
UNION ALL
SELECT loan.borrower_id, promise.made_on, promise.decided_on
FROM collections_mgmt_promisetopay AS promise JOIN loans_loan AS loan ON loan.id = promise.loan_id
UNION ALL
SELECT loan.borrower_id, plan.made_on, plan.decided_on
FROM collections_mgmt_arrangement AS plan JOIN loans_loan AS loan ON loan.id = plan.loan_id
UNION ALL
SELECT loan.borrower_id, offer.offered_on, offer.ended_on
FROM collections_mgmt_settlement AS offer JOIN loans_loan AS loan ON loan.id = offer.loan_id
UNION ALL
SELECT borrower_id, (asked_at AT TIME ZONE %(zone)s)::date, (answered_at AT TIME ZONE %(zone)s)::date
FROM collections_mgmt_hardshiprequest
UNION ALL
SELECT borrower_id, (asked_at AT TIME ZONE %(zone)s)::date, (answered_at AT TIME ZONE %(zone)s)::date
FROM collections_mgmt_complaint
"""


def _pauses(borrowers: Sequence[int], since: date, until: date) -> Mapping[int, set[date]]:
    rows = _rows(
        f"""
        SELECT * FROM ({_PAUSES}) AS pause
        WHERE borrower_id = ANY(%(borrowers)s) AND first <= %(until)s AND (last IS NULL OR last > %(since)s)
        """,  # noqa: S608 – a constant of this module
        {"borrowers": borrowers, "since": since, "until": until, "zone": LENDER_ZONE.key},
    )
    found: dict[int, set[date]] = defaultdict(set)
    for row in rows:
        last = row["last"] - _DAY if row["last"] else until
        found[row["borrower_id"]].update(_days(max(row["first"], since), min(last, until)))
    return found


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _DAY


def _rows(statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
