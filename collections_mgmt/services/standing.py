"""Figures that the ledger holds product by product, and the entry that brings it to what it must hold."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection

from dashu.ledger import accounts
from dashu.ledger import services as ledger
from dashu.ledger.chart import accounts_for
from dashu.ledger.selectors import balances_of_references

_LOCK = 4_711_013

Balances = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A figure that stands as `claim` against `other`.

    :param kinds: of its entries, each the beginning of their references.
    :param sign: 1 where the claim is debited, -1 where it is credited.
    """

    kinds: tuple[str, ...]
    claim: str
    other: str
    sign: int = 1


ACCRUED = Standing(("ACCRUED_INTEREST",), accounts.ACCRUED_INTEREST, accounts.INTEREST_INCOME)
# What the nights book, and what the approval of a month's expected credit loss books, are one figure.
PROVISION = Standing(("PROVISION", "EXPECTED_LOSS"), accounts.LOAN_LOSS_PROVISION, accounts.PROVISION_EXPENSE, sign=-1)


def lock_provision() -> None:
    """Let nobody else bring the provision to what it must be until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def differences_of(
    standing: Standing, figures: Mapping[tuple[str, str], int], *, through: date | None = None
) -> dict[str, list[ledger.Line]]:
    """
    Return `{currency: lines}` that bring what its entries hold to the figures, account by account.

    :param figures: `{(currency, product): minor}`; what is not named must hold nothing.
    :param through: compare with what its entries hold at the end of this day; else with all of them.
    """
    wanted: Counter[tuple[str, str]] = Counter()
    for (currency, product), minor in figures.items():
        of_product = accounts_for(product)
        wanted[currency, of_product[standing.claim]] += standing.sign * minor
        wanted[currency, of_product[standing.other]] -= standing.sign * minor
    held = held_of(standing, through=through)
    lines: dict[str, list[ledger.Line]] = {}
    for currency, account in sorted(wanted.keys() | held.keys()):
        if minor := wanted[currency, account] - held.get((currency, account), 0):
            lines.setdefault(currency, []).append(ledger.change(account, minor))
    return lines


def held_of(standing: Standing, *, through: date | None = None) -> Balances:
    """Return `{(currency, account): debits less credits}` of its entries, to the end of a day where one is given."""
    held: Counter[tuple[str, str]] = Counter()
    for kind in standing.kinds:
        held.update(balances_of_references(f"{kind}:", through=through))
    return dict(held)
