"""
Note by which team and strategy files are worked on, and from which day, as set-based SQL.

Where a file stands today says nothing of the day before: teams change by the night, places in strategies end with their
files. What happened on a day is counted for whoever worked on the file then, so that is kept.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

_NOW = """
    SELECT file.id AS file_id, file.borrower_id, file.opened_on, COALESCE(team.code, '') AS team,
           COALESCE(strategy.code || ' v' || version.number, '') AS strategy
    FROM collections_mgmt_casefile AS file
    LEFT JOIN collections_mgmt_team AS team ON team.id = file.team_id
    LEFT JOIN collections_mgmt_strategyplace AS place ON place.file_id = file.id
    LEFT JOIN collections_mgmt_strategyversion AS version ON version.id = place.version_id
    LEFT JOIN collections_mgmt_strategy AS strategy ON strategy.id = version.strategy_id
    WHERE file.state <> 'CLOSED' AND (%(files)s::bigint[] IS NULL OR file.id = ANY(%(files)s))
"""
_CHANGED = "work.until IS NULL AND (work.team, work.strategy) IS DISTINCT FROM (now.team, now.strategy)"


def note_work(cursor: CursorWrapper, *, since: date, file_ids: Collection[int] | None = None) -> None:
    """
    Note who works on files now, under their locks. Doing it again changes nothing.

    :param since: the first day of what has changed; a new file counts from the day on which it was opened.
    :param file_ids: only these; None for all.
    """
    given: dict[str, Any] = {"since": since, "files": list(file_ids) if file_ids is not None else None}
    _end(cursor, given)
    # What began on that day or later has had no day of its own yet.
    cursor.execute(
        f"""
        UPDATE collections_mgmt_filework AS work SET team = now.team, strategy = now.strategy FROM ({_NOW}) AS now
        WHERE work.file_id = now.file_id AND work.since >= %(since)s AND {_CHANGED}
        """,  # noqa: S608 – constants of this module
        given,
    )
    cursor.execute(
        f"""
        WITH ended AS (
            UPDATE collections_mgmt_filework AS work SET until = %(since)s::date - 1 FROM ({_NOW}) AS now
            WHERE work.file_id = now.file_id AND {_CHANGED}
            RETURNING now.file_id, now.borrower_id, now.team, now.strategy
        )
        INSERT INTO collections_mgmt_filework (file_id, borrower_id, since, team, strategy)
        SELECT file_id, borrower_id, %(since)s, team, strategy FROM ended
        """,  # noqa: S608
        given,
    )
    cursor.execute(
        f"""
        INSERT INTO collections_mgmt_filework (file_id, borrower_id, since, team, strategy)
        SELECT now.file_id, now.borrower_id, GREATEST(now.opened_on, (
            SELECT MAX(earlier.until) + 1 FROM collections_mgmt_filework AS earlier
            WHERE earlier.borrower_id = now.borrower_id
        )), now.team, now.strategy
        FROM ({_NOW}) AS now
        WHERE NOT EXISTS (
            SELECT FROM collections_mgmt_filework AS work WHERE work.file_id = now.file_id AND work.until IS NULL
        )
        """,  # noqa: S608
        given,
    )


def _end(cursor: CursorWrapper, given: dict[str, Any]) -> None:
    """End what was noted of files that are closed, with the day on which they closed, which is still theirs."""
    closed = """
        work.file_id = file.id AND work.until IS NULL AND file.state = 'CLOSED'
        AND (%(files)s::bigint[] IS NULL OR file.id = ANY(%(files)s))
    """
    cursor.execute(
        f"""
        DELETE FROM collections_mgmt_filework AS work USING collections_mgmt_casefile AS file
        WHERE {closed} AND work.since > file.closed_on
        """,  # noqa: S608 – constants of this function
        given,
    )
    cursor.execute(
        f"""
        UPDATE collections_mgmt_filework AS work SET until = file.closed_on FROM collections_mgmt_casefile AS file
        WHERE {closed}
        """,  # noqa: S608
        given,
    )
