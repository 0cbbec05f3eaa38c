"""
Writing to the ledger.

`post` costs one statement, because it runs for every payment. What it checks here the database checks again at commit,
so an entry written by set-based SQL obeys the same rules.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.ledger.models import JournalEntry

Side = Literal["D", "C"]


class LedgerUnbalanced(DomainError):
    """The lines of an entry do not balance for a loan, or there are no amounts at all: a fault of the caller."""

    code = "ledger_unbalanced"
    http_status = 500


class LedgerReferenceUsed(DomainError):
    """Another entry already carries this reference."""

    code = "ledger_reference_used"
    http_status = 409


class EntryNotFound(DomainError):
    """There is no entry with this id."""

    code = "ledger_entry_not_found"
    http_status = 404


class EntryAlreadyReversed(DomainError):
    """An entry is reversed once."""

    code = "ledger_entry_already_reversed"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry to be: `amount_minor` ≥ 0 on account `account`, for a loan or for none."""

    account: str
    side: Side
    amount_minor: int
    loan_id: int | None = None


def debit(account: str, amount_minor: int, loan_id: int | None = None) -> Line:
    return Line(account, "D", amount_minor, loan_id)


def credit(account: str, amount_minor: int, loan_id: int | None = None) -> Line:
    return Line(account, "C", amount_minor, loan_id)


def post(
    *,
    effective_on: date,
    description: str,
    kind: str,
    lines: Iterable[Line],
    actor: str,
    reference: str | None = None,
    currency: str = "CNY",
) -> int:
    """
    Write one entry and return its id.

    Lines of amount 0 are dropped, so that callers need no conditions. After a refusal the caller's transaction is
    still usable.

    :param effective_on: the date on which it counts, which may lie before today.
    :param reference: when given, unique over all entries.
    :raises LedgerUnbalanced: debits and credits differ for a loan, or no amount is left.
    :raises LedgerReferenceUsed: an entry with this reference exists.
    """
    kept = [line for line in lines if line.amount_minor != 0]
    _refuse_unbalanced(kept, description)

    # The refusals lie outside the atomic block, which has no savepoint and would spoil the caller's transaction.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH entry AS (
                INSERT INTO ledger_journalentry (effective_on, description, kind, reference, actor)
                VALUES (%s, %s, %s, %s, %s) ON CONFLICT (reference) DO NOTHING RETURNING id
            ), posting AS (
                INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
                SELECT entry.id, line.account, line.side, line.amount_minor, %s, line.loan_id
                FROM entry, unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[])
                    AS line (account, side, amount_minor, loan_id)
            )
            SELECT id FROM entry
            """,
            [
                effective_on,
                description,
                kind,
                reference,
                actor,
                currency,
                [line.account for line in kept],
                [line.side for line in kept],
                [line.amount_minor for line in kept],
                [line.loan_id for line in kept],
            ],
        )
        written = cursor.fetchone()
    if not written:
        raise LedgerReferenceUsed(
            _("The ledger already has an entry with the reference %(reference)s."),
            field="reference",
            params={"reference": reference},
        )
    return written[0]


def reverse(*, entry_id: int, effective_on: date, reason: str, actor: str) -> int:
    """
    Undo an entry by a new one with the sides exchanged, and return the id of the new entry.

    :param reason: shown beside both entries.
    :raises EntryNotFound: no entry has this id.
    :raises EntryAlreadyReversed: it was reversed before; nothing is written.
    """
    if not JournalEntry.objects.filter(pk=entry_id).exists():
        raise EntryNotFound(_("There is no ledger entry %(entry)s."), field="entry_id", params={"entry": entry_id})
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_journalentry (effective_on, description, kind, reverses_id, actor)
            VALUES (%s, %s, 'REVERSAL', %s, %s) ON CONFLICT (reverses_id) DO NOTHING RETURNING id
            """,
            [effective_on, reason, entry_id, actor],
        )
        written = cursor.fetchone()
        if written:
            cursor.execute(
                """
                INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
                SELECT %s, account_id, CASE side WHEN 'D' THEN 'C' ELSE 'D' END, amount_minor, currency, loan_id
                FROM ledger_posting WHERE entry_id = %s ORDER BY id
                """,
                [written[0], entry_id],
            )
    if not written:
        raise EntryAlreadyReversed(
            _("The ledger entry %(entry)s is already reversed."), field="entry_id", params={"entry": entry_id}
        )
    return written[0]


def _refuse_unbalanced(lines: list[Line], description: str) -> None:
    differences: defaultdict[int | None, int] = defaultdict(int)
    for line in lines:
        assert line.amount_minor > 0, f"a ledger line is negative: {line}"
        differences[line.loan_id] += line.amount_minor if line.side == "D" else -line.amount_minor
    if not lines:
        raise LedgerUnbalanced(_("The entry “%(entry)s” has no amounts."), params={"entry": description})
    for loan_id, difference in differences.items():
        if difference:
            raise LedgerUnbalanced(
                _("The entry “%(entry)s” does not balance: debits less credits are %(difference)s."),
                params={"entry": description, "difference": difference},
                details={"loan_id": loan_id, "difference_minor": difference},
            )
