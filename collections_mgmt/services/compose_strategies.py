"""What a message of a strategy says when it leaves: what is overdue by then, of all the borrower's loans."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from collections_mgmt.services.reminders_sql import OPEN_ROW
from collections_mgmt.services.rows import named_rows
from dashu.messaging.models import OutboxMessage


def is_of_strategy(message: OutboxMessage) -> bool:
    return "strategy" in message.params


def overdue_lines(messages: Sequence[OutboxMessage], on: date) -> list[dict[str, Any]]:
    """
    Return what is overdue now of the borrowers of these messages, a row for each message and loan, by due date.

    What was meant for a day before yesterday has none, nor have loans on which something is agreed or looked into.
    """
    oldest = (on - timedelta(days=1)).isoformat()
    current = [message.pk for message in messages if message.params["for"] >= oldest]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT message.id AS message_id, loan.number, loan.currency, product.code AS product,
                   min(row.due_on) AS due_on, sum(row.unpaid_minor)::bigint AS minor,
                   coalesce(max(status.bucket), 'CURRENT') AS bucket
            FROM messaging_outboxmessage AS message
            JOIN loans_loan AS loan ON loan.borrower_id = message.borrower_id
            JOIN repayments_installment AS row
                ON row.loan_id = loan.id AND row.is_current AND row.due_on < %(on)s AND row.unpaid_minor > 0
            JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
            JOIN loans_product AS product ON product.id = terms.product_id
            LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
            WHERE message.id = ANY(%(ids)s) AND {OPEN_ROW}
            GROUP BY message.id, loan.id, product.code ORDER BY message.id, due_on, loan.id
            """,  # noqa: S608 – its parts are written here
            {"ids": current, "on": on},
        )
        return named_rows(cursor)
