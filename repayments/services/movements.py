"""The history of installments: what was demanded, paid and waived, day by day, as rows that are only ever added to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise, zip_longest

from django.db import connection

from dashu.finance.installments import Installment
from dashu.finance.replay import Step
from dashu.kernel.arrays import array_text
from repayments.models import InstallmentMovement

Kind = InstallmentMovement.Kind
Key = tuple[date, int, date, str]  # effective on, number, due on, kind
Parts = tuple[int, int, int]  # principal, interest, fee
Movements = dict[Key, Parts]


def movements_between(before: Sequence[Installment], after: Sequence[Installment], on: date) -> Movements:
    """Return how `after` differs from `before`; an installment that moved leaves its old due date for the new one."""
    moved: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for was, now in zip_longest(before, after):
        if was is now:  # nothing happened to it
            continue
        for row, sign in ((was, -1), (now, 1)):
            for kind, parts in _parts(row) if row else ():
                sums = moved[on, row.number, row.due_on, kind]
                sums[0] += sign * parts[0]
                sums[1] += sign * parts[1]
                sums[2] += sign * parts[2]
    return {key: (sums[0], sums[1], sums[2]) for key, sums in moved.items() if any(sums)}


def opening_movements(rows: Sequence[Installment], on: date) -> Movements:
    """Return what was paid of the first schedule before the loan came to us; what it demands is the version itself."""
    return {
        (on, row.number, row.due_on, kind): parts
        for row in rows
        for kind, parts in _parts(row)
        if kind != Kind.DEMANDED and any(parts)
    }


def movements_of(steps: Sequence[Step]) -> Movements:
    """Return all movements of a life; what its opening demands is the first schedule version."""
    sums: Movements = opening_movements(steps[0].position.installments, steps[0].on)
    for before, step in pairwise(steps):
        if before.position.installments is not step.position.installments:
            found = movements_between(before.position.installments, step.position.installments, step.on)
            for key, parts in found.items():
                sums[key] = _plus(sums.get(key, (0, 0, 0)), parts)
    return {key: parts for key, parts in sums.items() if any(parts)}


def correct_movements(loan_id: int, event_id: int, wanted: Movements) -> None:
    """Add what makes the stored movements of a loan sum to the wanted ones."""
    held: Movements = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT effective_on, number, due_on, kind,
                   SUM(principal_minor)::bigint, SUM(interest_minor)::bigint, SUM(fee_minor)::bigint
            FROM repayments_installmentmovement WHERE loan_id = %s GROUP BY 1, 2, 3, 4
            """,
            [loan_id],
        )
        for *key, principal, interest, fee in cursor.fetchall():
            held[tuple(key)] = (-principal, -interest, -fee)
    missing = {
        key: parts
        for key in wanted.keys() | held.keys()
        if any(parts := _plus(wanted.get(key, (0, 0, 0)), held.get(key, (0, 0, 0))))
    }
    if not missing:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO repayments_installmentmovement
                (loan_id, event_id, effective_on, number, due_on, kind, principal_minor, interest_minor, fee_minor)
            SELECT %(loan_id)s, %(event_id)s, row.* FROM unnest(
                %(days)s::date[], %(numbers)s::int[], %(dues)s::date[], %(kinds)s::text[],
                %(principals)s::bigint[], %(interests)s::bigint[], %(fees)s::bigint[]) AS row
            """,
            {"loan_id": loan_id, "event_id": event_id, **movement_arrays(missing)},
        )


def movement_arrays(movements: Mapping[Key, Parts]) -> dict[str, str]:
    """Return the movements as columns, for `unnest`."""
    rows = [(*key, *parts) for key, parts in sorted(movements.items())]
    names = ("days", "numbers", "dues", "kinds", "principals", "interests", "fees")
    return {name: array_text(row[place] for row in rows) for place, name in enumerate(names)}


def _parts(row: Installment) -> tuple[tuple[str, Parts], ...]:
    return (
        (Kind.DEMANDED.value, (row.principal, row.interest, row.fee)),
        (Kind.PAID.value, (row.paid_principal, row.paid_interest, row.paid_fee)),
        (Kind.WAIVED.value, (row.waived_principal, row.waived_interest, row.waived_fee)),
    )


def _plus(one: Parts, other: Parts) -> Parts:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
