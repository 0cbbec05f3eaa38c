"""Giving loans their virtual accounts: one when it is first shown, the whole book in one statement."""

from datetime import date

from django.db import connection

from dashu.policy.rules import bank_account
from repayments.domain.virtual_accounts import DIGITS, FACTOR, SHIFT, SPACE, number_for
from repayments.models import VirtualAccount


def virtual_account_of(*, loan_id: int, today: date) -> VirtualAccount:
    """Return the loan's virtual account, given now if it has none. It never changes afterwards."""
    found = VirtualAccount.objects.filter(pk=loan_id).first()
    if found:
        return found
    number = number_for(loan_id, prefix=bank_account(today).prefix)
    return VirtualAccount.objects.get_or_create(loan_id=loan_id, defaults={"number": number})[0]


def give_virtual_accounts(*, today: date, first: int = 0, end: int | None = None) -> int:
    """
    Give each running loan that has none its virtual account, and return how many were new.

    :param first, end: loan ids, from and before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO repayments_virtualaccount (loan_id, number)
            SELECT id, body || lpad((98 - mod((body || '00')::numeric, 97))::text, 2, '0')
            FROM (
                SELECT loan.id, %(prefix)s || lpad(mod(loan.id::numeric * %(factor)s + %(shift)s, %(space)s)::text,
                                                   %(digits)s, '0') AS body
                FROM loans_loan AS loan
                WHERE loan.status IN ('ACTIVE', 'CHARGED_OFF') AND loan.id >= %(first)s
                  AND (%(end)s::bigint IS NULL OR loan.id < %(end)s)
                  AND NOT EXISTS (SELECT FROM repayments_virtualaccount AS given WHERE given.loan_id = loan.id)
            ) AS missing
            ON CONFLICT DO NOTHING
            """,
            {
                "prefix": bank_account(today).prefix,
                "factor": FACTOR,
                "shift": SHIFT,
                "space": SPACE,
                "digits": DIGITS,
                "first": first,
                "end": end,
            },
        )
        return int(cursor.rowcount)
