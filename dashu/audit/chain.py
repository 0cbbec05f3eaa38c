"""
The chain of the audit log: each link's digest is of the link before it and of its record.

Whoever changes, takes out or slips in a record, past the triggers that refuse it, breaks the chain, and `verify` says
where. Whoever computes all later links anew is found out by a digest that was noted elsewhere: the log has the head of
each day, and `manage.py verify_audit --holds` compares it. Records are linked within a minute of their commit, in the
order in which they are found, since transactions commit in another order than they begin.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

BEGINNING = "0" * 64
LINKED_WITHIN_HOURS = 24  # no transaction is open for longer

_LOCK = 4_711_021
_AT_ONCE = 10_000

# jsonb and to_char write the same text for the same values, whatever the session's settings are.
_SAYS = """
    jsonb_build_array(record.id, to_char(record.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), record.action,
                      record.subject_type, record.subject_id, record.actor, record.data)::text
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link. :param number: 0 with `BEGINNING` where there is none."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the chain, and where. :param record: None where there is no record any more."""

    kind: str
    number: int | None
    record: int | None


@dataclass(frozen=True, slots=True)
class Verified:
    head: Head
    faults: list[Fault]


def link_new_records() -> int:
    """Link the records that were committed since the last call; return how many. One caller at a time does it."""
    linked = 0
    while count := _link_some():
        linked += count
    return linked


@transaction.atomic
def _link_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        head = chain_head()
        cursor.execute(
            f"""
            SELECT record.id, {_SAYS} FROM audit_auditrecord AS record
            WHERE (record.at > now() - make_interval(hours => %s)
                   OR record.id > (SELECT COALESCE(MAX(record_id), 0) FROM audit_auditlink))
              AND NOT EXISTS (SELECT FROM audit_auditlink AS link WHERE link.record_id = record.id)
            ORDER BY record.id LIMIT %s
            """,  # noqa: S608 – a constant of this module
            [2 * LINKED_WITHIN_HOURS, _AT_ONCE],
        )
        number, digest, links = head.number, head.digest, []
        for record, says in cursor.fetchall():
            number, digest = number + 1, digest_after(digest, says)
            links.append((record, number, digest))
        cursor.execute(
            "INSERT INTO audit_auditlink (record_id, number, digest)"
            " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[])",
            [list(column) for column in zip(*links, strict=True)] if links else [[], [], []],
        )
    return len(links)


def digest_after(digest: str, says: str) -> str:
    """Return the digest of a link. :param digest: of the link before. :param says: the record, as canonical text."""
    return hashlib.sha256(f"{digest}\n{says}".encode()).hexdigest()


def chain_head() -> Head:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, digest FROM audit_auditlink ORDER BY number DESC LIMIT 1")
        found = cursor.fetchone()
    return Head(*found) if found else Head(0, BEGINNING)


def verify(*, holds: Head | None = None, most: int = 20) -> Verified:
    """
    Walk the chain from its beginning, and return its head and what is wrong.

    After a link that is wrong the walk goes on from what stands there, so that each fault is told once.

    :param holds: a head that was noted before; it must still be a link of the chain.
    :param most: faults that are told; there may be more.
    """
    head, faults = Head(0, BEGINNING), []
    for number, digest, record, says in _links():
        if number != head.number + 1:
            faults.append(Fault("LINKS_MISSING", head.number + 1, None))
        if says is None:
            faults.append(Fault("RECORD_MISSING", number, record))
        elif number == head.number + 1 and digest_after(head.digest, says) != digest:
            faults.append(Fault("RECORD_DIFFERS", number, record))
        if holds and number == holds.number and digest != holds.digest:
            faults.append(Fault("REWRITTEN", number, record))
        head = Head(number, digest)
        if len(faults) >= most:
            return Verified(head, faults[:most])
    if holds and holds.number > head.number:
        faults.append(Fault("LINKS_MISSING", holds.number, None))
    faults += [Fault("NOT_LINKED", None, record) for record in _never_linked(most)]
    return Verified(head, faults[:most])


def _links() -> Iterator[tuple[int, str, int, str | None]]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT link.number, link.digest, link.record_id, CASE WHEN record.id IS NOT NULL THEN {_SAYS} END
                FROM audit_auditlink AS link LEFT JOIN audit_auditrecord AS record ON record.id = link.record_id
                WHERE link.number > %s ORDER BY link.number LIMIT %s
                """,  # noqa: S608 – a constant of this module
                [last, _AT_ONCE],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        yield from rows
        last = rows[-1][0]


def _never_linked(most: int) -> list[int]:
    """Return records without a link that should have one by now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT record.id FROM audit_auditrecord AS record
            WHERE record.at < now() - make_interval(hours => %s) AND NOT EXISTS (
                SELECT FROM audit_auditlink AS link WHERE link.record_id = record.id
            ) ORDER BY record.id LIMIT %s
            """,
            [LINKED_WITHIN_HOURS, most],
        )
        return [record for (record,) in cursor.fetchall()]
