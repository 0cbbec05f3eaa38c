"""Does suspense hold exactly the money of the unmatched lines? It must, at any moment."""

from dataclasses import dataclass

from django.db import connection

from dashu.ledger import accounts


@dataclass(frozen=True, slots=True)
class SuspenseDifference:
    """What the unmatched credit lines of a currency sum to, and what the ledger holds in suspense; minor units."""

    currency: str
    lines_minor: int
    ledger_minor: int

    @property
    def difference_minor(self) -> int:
        return self.lines_minor - self.ledger_minor


def suspense_differences() -> list[SuspenseDifference]:
    """Return the currencies in which unmatched lines and suspense differ; empty when they agree."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH open AS (
                SELECT currency, SUM(amount_minor) AS minor FROM repayments_bankline
                WHERE status = 'UNMATCHED' AND amount_minor > 0 GROUP BY currency
            ), held AS (
                SELECT currency, SUM(CASE side WHEN 'C' THEN amount_minor ELSE -amount_minor END) AS minor
                FROM ledger_posting WHERE account_id = %s GROUP BY currency
            )
            SELECT COALESCE(open.currency, held.currency), COALESCE(open.minor, 0), COALESCE(held.minor, 0)
            FROM open FULL JOIN held ON held.currency = open.currency
            WHERE COALESCE(open.minor, 0) <> COALESCE(held.minor, 0) ORDER BY 1
            """,
            [accounts.UNIDENTIFIED_RECEIPTS],
        )
        return [SuspenseDifference(row[0], int(row[1]), int(row[2])) for row in cursor.fetchall()]
