"""
The general ledger: every posting of a period in the order of accounting days, read page after page by key.

A page begins after the last line of the page before and reads no line twice, so the end of a long book costs what its
beginning costs, and memory holds one page. Entries are whole once they are committed and never change, so what is read
over many pages balances, although others write meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Self

from django.core import signing
from django.db import connection
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.ledger.models import Account
from dashu.ledger.totals import Total, totals_before

LINES_IN_A_STEP = 10_000
_SALT = "dashu.ledger.general_ledger"


class PageUnknown(DomainError):
    """The address of a page is damaged or was made up."""

    code = "ledger_page_unknown"
    http_status = 404


class PeriodBackwards(DomainError):
    """The last day of a period lies before its first."""

    code = "period_backwards"


class Place(NamedTuple):
    """Where a line stands. Lines are ordered by it."""

    accounting_on: date
    entry_id: int
    posting_id: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One posting with its entry. One of the two amounts is 0; minor units."""

    place: Place
    effective_on: date
    posted_at: datetime
    kind: str
    reference: str
    description: str
    actor: str
    account: str
    debit_minor: int
    credit_minor: int
    currency: str
    loan_id: int | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of an account begins and with which balance. Signed, so that no address can make up a balance."""

    place: Place
    balance_minor: int

    def __str__(self) -> str:
        on, entry_id, posting_id = self.place
        return signing.dumps([on.isoformat(), entry_id, posting_id, self.balance_minor], salt=_SALT)

    @classmethod
    def parse(cls, text: str) -> Self:
        """:raises PageUnknown: it is none of ours."""
        try:
            on, entry_id, posting_id, balance_minor = signing.loads(text, salt=_SALT)
        except signing.BadSignature:
            raise PageUnknown(_("This page is not there. Begin with the first one."), field="after") from None
        return cls(Place(date.fromisoformat(on), entry_id, posting_id), balance_minor)


@dataclass(frozen=True, slots=True)
class AccountPage:
    """
    Lines of one account with the balance after each, debits less credits.

    :param opening_minor: the balance before the first line of this page.
    :param after: where the next page begins; None on the last one.
    """

    opening_minor: int
    lines: tuple[tuple[LedgerLine, int], ...]
    after: Cursor | None


def refuse_backwards(since: date, through: date) -> None:
    """:raises PeriodBackwards: `through` lies before `since`."""
    if through < since:
        raise PeriodBackwards(_("The last day lies before the first."), field="through")


def account_page(
    account: str, *, since: date, through: date, currency: str, after: Cursor | None = None, size: int = 100
) -> AccountPage:
    """Return one page of what was reported on an account and its parts in a period, in one currency."""
    codes = with_parts(account)
    if after is None:
        before = totals_before(since)
        opening = sum((before.get((code, currency), Total()) for code in codes), Total()).balance_minor
    else:
        opening = after.balance_minor
    found = _read(
        since, through, after=after.place if after else None, limit=size + 1, accounts=codes, currency=currency
    )
    lines: list[tuple[LedgerLine, int]] = []
    balance = opening
    for line in found[:size]:
        balance += line.debit_minor - line.credit_minor
        lines.append((line, balance))
    more = Cursor(lines[-1][0].place, balance) if len(found) > size else None
    return AccountPage(opening, tuple(lines), more)


def ledger_lines(since: date, through: date, *, step: int = LINES_IN_A_STEP) -> Iterator[LedgerLine]:
    """Yield every posting that was reported from `since` to `through`, reading `step` lines at a time."""
    place: Place | None = None
    while lines := _read(since, through, after=place, limit=step):
        yield from lines
        if len(lines) < step:
            return
        place = lines[-1].place


def has_more_lines_than(bound: int, *, since: date, through: date) -> bool:
    """Return whether the period has more postings than `bound`, counting no further."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) > %s FROM (
                SELECT 1 FROM ledger_journalentry AS entry JOIN ledger_posting AS posting ON posting.entry_id = entry.id
                WHERE COALESCE(entry.accounting_on, entry.effective_on) BETWEEN %s AND %s LIMIT %s
            ) AS line
            """,
            [bound, since, through, bound + 1],
        )
        return bool(cursor.fetchone()[0])


def with_parts(account: str) -> list[str]:
    """Return the code of an account and of all its parts."""
    return [code for code in Account.objects.values_list("code", flat=True) if f"{code}.".startswith(f"{account}.")]


def _read(
    since: date,
    through: date,
    *,
    after: Place | None,
    limit: int,
    accounts: list[str] | None = None,
    currency: str | None = None,
) -> list[LedgerLine]:
    # The entry is bounded by its own key as well, so that the index on accounting days finds the first one at once.
    day = "COALESCE(entry.accounting_on, entry.effective_on)"
    wanted = "AND posting.account_id = ANY(%(accounts)s) AND posting.currency = %(currency)s" if accounts else ""
    place = after or Place(since, 0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {day}, entry.id, posting.id, entry.effective_on, entry.posted_at, entry.kind,
                   COALESCE(entry.reference, ''), entry.description, entry.actor, posting.account_id,
                   CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE 0 END,
                   CASE posting.side WHEN 'C' THEN posting.amount_minor ELSE 0 END,
                   posting.currency, posting.loan_id
            FROM ledger_journalentry AS entry JOIN ledger_posting AS posting ON posting.entry_id = entry.id
            WHERE ({day}, entry.id) >= (%(on)s, %(entry)s) AND {day} <= %(through)s
              AND ({day}, entry.id, posting.id) > (%(on)s, %(entry)s, %(posting)s) {wanted}
            ORDER BY {day}, entry.id, posting.id LIMIT %(limit)s
            """,  # noqa: S608 – constants of this function
            {
                "on": place.accounting_on,
                "entry": place.entry_id,
                "posting": place.posting_id,
                "through": through,
                "accounts": accounts,
                "currency": currency,
                "limit": limit,
            },
        )
        return [LedgerLine(Place(*row[:3]), *row[3:]) for row in cursor.fetchall()]
