"""What payments paid, as rows: written when a payment is booked, rewritten when a restatement finds otherwise."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import connection

from dashu.finance.allocation import Line
from dashu.finance.loan import Receipt
from dashu.kernel.arrays import array_text
from repayments.models import LoanEvent, Payment
from repayments.services.movements import Movements, movement_arrays


def receipt_columns(receipt: Receipt) -> dict[str, int]:
    return {
        "fee_minor": receipt.fee,
        "penalty_minor": receipt.penalty,
        "interest_minor": receipt.interest,
        "principal_minor": receipt.principal,
        "unapplied_minor": receipt.unapplied,
    }


def insert_payment(event: LoanEvent, payment: Payment, lines: Sequence[Line], movements: Movements) -> None:
    """
    Write a new event, its payment, what that counts towards and how it moves the installments.

    What the database gave the rows is filled in.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH event AS (
                INSERT INTO repayments_loanevent (loan_id, kind, effective_on, amount_minor, data, actor)
                VALUES (%(loan_id)s, %(kind)s, %(received_on)s, %(amount_minor)s, %(data)s, %(actor)s)
                RETURNING id, posted_at
            ), payment AS (
                INSERT INTO repayments_payment
                    (event_id, loan_id, reference, channel, amount_minor, received_on, posted_at,
                     fee_minor, penalty_minor, interest_minor, principal_minor, unapplied_minor, is_returned)
                SELECT id, %(loan_id)s, %(reference)s, %(channel)s, %(amount_minor)s, %(received_on)s, posted_at,
                       %(fee_minor)s, %(penalty_minor)s, %(interest_minor)s, %(principal_minor)s, %(unapplied_minor)s,
                       false
                FROM event
            ), allocation AS (
                INSERT INTO repayments_paymentallocation
                    (payment_id, number, fee_minor, interest_minor, principal_minor)
                SELECT event.id, part.number, part.fee, part.interest, part.principal
                FROM event, unnest(%(numbers)s::int[], %(fees)s::bigint[], %(interests)s::bigint[],
                                   %(principals)s::bigint[]) AS part (number, fee, interest, principal)
            ), movement AS (
                INSERT INTO repayments_installmentmovement (loan_id, event_id, effective_on, number, due_on, kind,
                                                            principal_minor, interest_minor, fee_minor)
                SELECT %(loan_id)s, event.id, row.* FROM event, unnest(
                    %(days)s::date[], %(moved)s::int[], %(dues)s::date[], %(kinds)s::text[],
                    %(moved_principals)s::bigint[], %(moved_interests)s::bigint[], %(moved_fees)s::bigint[]) AS row
            )
            SELECT id, posted_at FROM event
            """,
            {
                "loan_id": event.loan_id,
                "kind": event.kind,
                "data": json.dumps(event.data),
                "actor": event.actor,
                **{name: getattr(payment, name) for name in _PAYMENT_COLUMNS},
                **_allocation_arrays(lines),
                **_movement_arrays(movements),
            },
        )
        event.pk, event.posted_at = cursor.fetchone()
    payment.event, payment.posted_at = event, event.posted_at
    # Django tells by this whether a later save() is an UPDATE.
    event._state.adding = payment._state.adding = False


def mark_returned(payment: Payment) -> None:
    """Note that a payment no longer counts; it pays nothing, and what it paid is in the history of installments."""
    payment.is_returned = True
    payment.save(update_fields=["is_returned"])
    payment.allocations.all().delete()


def rewrite_receipts(loan_id: int, receipts: Mapping[int, Receipt]) -> None:
    """
    Bring the loan's payments in line with a replay, those that differ; their amounts stay what they were.

    :param receipts: what each payment paid, by the id of its event; returned payments have none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT payment_id, number, fee_minor, interest_minor, principal_minor FROM repayments_paymentallocation
            WHERE payment_id = ANY(%s::bigint[])
            """,
            [array_text(receipts)],
        )
        held: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)
        for payment_id, number, *parts in cursor.fetchall():
            held[payment_id][number] = parts
        cursor.execute(
            f"""
            SELECT event_id, amount_minor, {", ".join(_PART_COLUMNS)} FROM repayments_payment
            WHERE loan_id = %s AND NOT is_returned
            """,  # noqa: S608 – the names are constants
            [loan_id],
        )
        changed = []
        for payment_id, amount, *parts in cursor.fetchall():
            receipt = receipts[payment_id]
            assert receipt.amount == amount
            lines = {number: _in_order(amounts) for number, amounts in _by_installment(receipt.lines).items()}
            columns = list(receipt_columns(receipt).values())
            if parts != columns or lines != held[payment_id]:
                changed.append((payment_id, columns, lines))
    if changed:
        _write_receipts(changed)


def _write_receipts(changed: Sequence[tuple[int, list[int], dict[int, list[int]]]]) -> None:
    ids = array_text(payment_id for payment_id, _columns, _lines in changed)
    columns = zip(*(columns for _id, columns, _lines in changed), strict=True)
    rows = [(payment_id, number, *parts) for payment_id, _columns, lines in changed for number, parts in lines.items()]
    parts = zip(*rows, strict=True) if rows else [[]] * 5
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS MATERIALIZED (
                SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
                    AS part (payment_id, number, fee, interest, principal)
            ), gone AS (
                DELETE FROM repayments_paymentallocation AS held WHERE payment_id = ANY(%s::bigint[]) AND NOT EXISTS (
                    SELECT FROM wanted WHERE wanted.payment_id = held.payment_id AND wanted.number = held.number
                )
            ), kept AS (
                INSERT INTO repayments_paymentallocation AS held
                    (payment_id, number, fee_minor, interest_minor, principal_minor)
                SELECT * FROM wanted
                ON CONFLICT (payment_id, number) DO UPDATE SET fee_minor = excluded.fee_minor,
                    interest_minor = excluded.interest_minor, principal_minor = excluded.principal_minor
            )
            UPDATE repayments_payment AS payment SET {", ".join(f"{name} = new.{name}" for name in _PART_COLUMNS)}
            FROM unnest(%s::bigint[], {", ".join("%s::bigint[]" for _name in _PART_COLUMNS)})
                AS new (event_id, {", ".join(_PART_COLUMNS)})
            WHERE payment.event_id = new.event_id
            """,  # noqa: S608 – the names are constants
            [*map(array_text, parts), ids, ids, *map(array_text, columns)],
        )


def _in_order(amounts: dict[str, int]) -> list[int]:
    return [amounts.get(name, 0) for name in ("fee_minor", "interest_minor", "principal_minor")]


def _movement_arrays(movements: Movements) -> dict[str, str]:
    arrays = movement_arrays(movements)
    mine = {"numbers": "moved"} | {name: f"moved_{name}" for name in ("principals", "interests", "fees")}
    return {mine.get(name, name): values for name, values in arrays.items()}


def _by_installment(lines: Sequence[Line]) -> dict[int, dict[str, int]]:
    parts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for line in lines:
        if line.number is not None:
            column = f"{line.component}_minor"
            parts[line.number][column] = parts[line.number].get(column, 0) + line.minor
    return parts


def _allocation_arrays(lines: Sequence[Line]) -> dict[str, str]:
    parts = _by_installment(lines)
    columns = {
        name: array_text(amounts.get(f"{name.removesuffix('s')}_minor", 0) for amounts in parts.values())
        for name in ("fees", "interests", "principals")
    }
    return {"numbers": array_text(parts), **columns}


_PART_COLUMNS = ("fee_minor", "penalty_minor", "interest_minor", "principal_minor", "unapplied_minor")
_PAYMENT_COLUMNS = (
    "reference", "channel", "amount_minor", "received_on",
    "fee_minor", "penalty_minor", "interest_minor", "principal_minor", "unapplied_minor",
)  # fmt: skip
