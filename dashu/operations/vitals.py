"""The figures by which a restored book is held against the one that was backed up; one reading of one moment."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from dashu.audit import chain


def figures_of_book() -> dict[str, Any]:
    """
    Return plain values: rows of every table, what the ledger holds by account, what borrowers owe, the audit log's end.

    Amounts in minor units. To be called in one REPEATABLE READ transaction, so that all of it is of one moment.
    """
    with connection.cursor() as cursor:
        tables = _column(cursor, _TABLES)
        rows = {table: _column(cursor, f'SELECT COUNT(*) FROM "{table}"')[0] for table in tables}  # noqa: S608
        cursor.execute(_LEDGER)
        ledger = {f"{currency} {account}": minor for currency, account, minor in cursor.fetchall()}
        cursor.execute(_OWED)
        owed = dict(cursor.fetchall())
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
        closed = _column(cursor, _CLOSED)[0]
    head = chain.chain_head()
    return {
        "rows": rows,
        "ledger_minor": ledger,
        "principal_minor": owed,
        "closed_through": closed and closed.isoformat(),
        "audit_head": f"{head.number}:{head.digest}",
        "migrations": migrations,
    }


def _column(cursor: Any, statement: str, values: Sequence[Any] = ()) -> list[Any]:
    cursor.execute(statement, values)
    return [row[0] for row in cursor.fetchall()]


# Partitions are counted with their table.
_TABLES = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""
_LEDGER = """
SELECT posting.currency, posting.account_id,
       SUM(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END)::bigint
FROM ledger_posting AS posting
GROUP BY 1, 2 ORDER BY 1, 2
"""
_OWED = """
SELECT loan.currency, SUM(balance.principal_minor)::bigint FROM repayments_loanbalance AS balance
JOIN loans_loan AS loan ON loan.id = balance.loan_id GROUP BY 1 ORDER BY 1
"""
_CLOSED = "SELECT MAX(business_date) FROM collections_mgmt_closerun WHERE status = 'CLOSED'"
