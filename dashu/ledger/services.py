"""
Writing to the ledger.

`post` and `post_many` cost one statement, because they run for every payment. What they check here the database checks
again at commit, so an entry written by set-based SQL obeys the same rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.arrays import array_text
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


def change(account: str, minor: int, loan_id: int | None = None) -> Line:
    """Return the line that adds `minor` to an account, debits positive."""
    return (debit if minor > 0 else credit)(account, abs(minor), loan_id)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    An entry to be.

    :param effective_on: the date on which it counts, which may lie before today.
    :param reference: when given, unique over all entries.
    """

    effective_on: date
    description: str
    kind: str
    lines: Sequence[Line]
    reference: str | None = None


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
    kept = _lines_to_write(lines, description)

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
                array_text(line.account for line in kept),
                array_text(line.side for line in kept),
                array_text(line.amount_minor for line in kept),
                array_text(line.loan_id for line in kept),
            ],
        )
        written = cursor.fetchone()
    if not written:
        raise _reference_used(reference)
    return written[0]


def post_many(*, entries: Sequence[Entry], actor: str, currency: str = "CNY") -> list[int]:
    """
    Write several entries in one statement and return their ids, in the same order; none for no entries.

    Lines of amount 0 are dropped. A refusal of one entry refuses all, and the caller's transaction is still usable.

    :raises LedgerUnbalanced: debits and credits of an entry differ for a loan, or no amount is left in it.
    :raises LedgerReferenceUsed: an entry with one of the references exists, or two of `entries` share one.
    """
    if len(entries) < 2:  # a statement for one entry takes a quarter less time
        return [
            post(
                effective_on=entry.effective_on,
                description=entry.description,
                kind=entry.kind,
                lines=entry.lines,
                actor=actor,
                reference=entry.reference,
                currency=currency,
            )
            for entry in entries
        ]
    kept = [
        (number, line)
        for number, entry in enumerate(entries, start=1)
        for line in _lines_to_write(entry.lines, entry.description)
    ]
    # A reference that is used leaves out its own entry only; the savepoint takes the others back.
    has_references = any(entry.reference is not None for entry in entries)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        savepoint = transaction.savepoint() if has_references else None
        cursor.execute(
            """
            WITH wanted AS MATERIALIZED (
                SELECT nextval(pg_get_serial_sequence('ledger_journalentry', 'id')) AS id, item.*
                FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[])
                    WITH ORDINALITY AS item (effective_on, description, kind, reference, number)
            ), entry AS (
                INSERT INTO ledger_journalentry (id, effective_on, description, kind, reference, actor)
                SELECT id, effective_on, description, kind, reference, %s FROM wanted ORDER BY id
                ON CONFLICT (reference) DO NOTHING RETURNING id
            ), posting AS (
                INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
                SELECT entry.id, line.account, line.side, line.amount_minor, %s, line.loan_id
                FROM entry JOIN wanted ON wanted.id = entry.id
                JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
                    WITH ORDINALITY AS line (number, account, side, amount_minor, loan_id, position)
                    ON line.number = wanted.number
                ORDER BY line.position
            )
            SELECT id FROM entry ORDER BY id
            """,
            [
                array_text(entry.effective_on for entry in entries),
                array_text(entry.description for entry in entries),
                array_text(entry.kind for entry in entries),
                array_text(entry.reference for entry in entries),
                actor,
                currency,
                array_text(number for number, _line in kept),
                array_text(line.account for _number, line in kept),
                array_text(line.side for _number, line in kept),
                array_text(line.amount_minor for _number, line in kept),
                array_text(line.loan_id for _number, line in kept),
            ],
        )
        written = [row[0] for row in cursor.fetchall()]
        if savepoint and len(written) == len(entries):
            transaction.savepoint_commit(savepoint)
        elif savepoint:
            transaction.savepoint_rollback(savepoint)
    if len(written) < len(entries):
        raise _reference_used(_first_used(entries))
    return written


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


def _lines_to_write(lines: Iterable[Line], description: str) -> list[Line]:
    """Return the lines that have an amount; refuse them when they do not balance for each loan."""
    kept = [line for line in lines if line.amount_minor != 0]
    if not kept:
        raise LedgerUnbalanced(_("The entry “%(entry)s” has no amounts."), params={"entry": description})
    differences: defaultdict[int | None, int] = defaultdict(int)
    for line in kept:
        assert line.amount_minor > 0, f"a ledger line is negative: {line}"
        differences[line.loan_id] += line.amount_minor if line.side == "D" else -line.amount_minor
    for loan_id, difference in differences.items():
        if difference:
            raise LedgerUnbalanced(
                _("The entry “%(entry)s” does not balance: debits less credits are %(difference)s."),
                params={"entry": description, "difference": difference},
                details={"loan_id": loan_id, "difference_minor": difference},
            )
    return kept


def _first_used(entries: Sequence[Entry]) -> str:
    """Return the first reference that the ledger has, or that appears a second time."""
    references = [entry.reference for entry in entries if entry.reference is not None]
    used = set(JournalEntry.objects.filter(reference__in=references).values_list("reference", flat=True))
    for reference in references:
        if reference in used:
            return reference
        used.add(reference)
    return references[0]


def _reference_used(reference: str | None) -> LedgerReferenceUsed:
    return LedgerReferenceUsed(
        _("The ledger already has an entry with the reference %(reference)s."),
        field="reference",
        params={"reference": reference},
    )
