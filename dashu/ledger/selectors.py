"""Reading the ledger. Every balance is debits less credits, in minor units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from dashu.ledger.accounts import role_of
from dashu.ledger.models import Account, JournalEntry, Posting
from dashu.ledger.totals import Total, totals_before, totals_through

_SIGNED = Case(When(side="D", then=F("amount_minor")), default=-F("amount_minor"))


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """
    What one account with its parts holds in one currency, by accounting day. `opening_minor` is debits less credits.

    :param depth: 0 for an account that stands alone, 1 for its parts, and so on. Totals add up the lines of depth 0.
    """

    account: Account
    currency: str
    depth: int
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """The balance at the end, debits less credits."""
        return self.opening_minor + self.debit_minor - self.credit_minor


def balance_of(
    account: str, *, loan_id: int | None = None, as_of: date | None = None, currency: str | None = None
) -> int:
    """
    Return debits less credits of an account with its parts: an asset is positive, a liability or income negative.

    :param loan_id: only this loan's postings; without it, the whole book's.
    :param as_of: only entries effective on or before this date.
    :param currency: needed only for the whole book's balance where the book holds several currencies.
    """
    postings = _effective(as_of).filter(Q(account_id=account) | Q(account__code__startswith=f"{account}."))
    if loan_id is not None:
        postings = postings.filter(loan_id=loan_id)
    if currency is not None:
        postings = postings.filter(currency=currency)
    return int(postings.aggregate(balance=Coalesce(Sum(_SIGNED), 0))["balance"])


def loan_balances(loan_ids: Iterable[int], *, as_of: date | None = None) -> dict[int, dict[str, int]]:
    """
    Return `{loan id: {standard account: balance}}`; a loan without postings has an empty dict.

    A part counts under the standard account that it stands for: what a loan holds in 1301.02 is in "1301".
    """
    balances: dict[int, dict[str, int]] = {loan_id: {} for loan_id in loan_ids}
    rows = _effective(as_of).filter(loan_id__in=list(balances)).values_list("loan_id", "account_id")
    for loan_id, account, balance in rows.annotate(balance=Sum(_SIGNED)).order_by():
        held = balances[loan_id]
        held[role_of(account)] = held.get(role_of(account), 0) + int(balance)
    return balances


def loan_changes(loan_id: int) -> list[tuple[date, str, int]]:
    """Return what each day's entries changed in each account of a loan, debits less credits: (day, account, minor)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT entry.effective_on, posting.account_id,
                   SUM(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END)::bigint
            FROM ledger_posting AS posting JOIN ledger_journalentry AS entry ON entry.id = posting.entry_id
            WHERE posting.loan_id = %s GROUP BY 1, 2
            """,
            [loan_id],
        )
        return cursor.fetchall()


def balances_of_references(start: str, *, through: date | None = None) -> dict[tuple[str, str], int]:
    """
    Return `{(currency, account): debits less credits}` of the entries whose reference begins with `start`.

    :param through: only entries effective on or before this date.
    """
    # In two steps: joined at once, they are planned badly while the tables are young and their sizes unknown.
    found = JournalEntry.objects.filter(reference__startswith=start)
    if through is not None:
        found = found.filter(effective_on__lte=through)
    entries = list(found.values_list("pk", flat=True))
    postings = Posting.objects.filter(entry__in=entries).values_list("currency", "account_id")
    rows = postings.annotate(balance=Sum(_SIGNED)).order_by()
    return {(currency, account): int(balance) for currency, account, balance in rows}


def trial_balance(through: date, *, since: date | None = None) -> list[TrialBalanceLine]:
    """
    Return what each account held before a period, was debited and credited in it, and holds at its end.

    By accounting day, currency by currency, in the order of the chart; an account above its parts includes them.
    Accounts that nothing was ever posted to are left out. Opening and closing balances of depth 0 sum to 0, and debits
    to credits.

    :param since: first day of the period; without it, everything up to `through`, with openings of 0.
    """
    accounts = Account.objects.in_bulk()
    after, before = totals_through(through), totals_before(since) if since else {}
    with_parts: dict[tuple[str, str], list[Total]] = {}
    for code, currency in after.keys() | before.keys():
        opening = before.get((code, currency), Total())
        moved = after.get((code, currency), Total()) - opening
        above: str | None = code
        while above is not None:
            held = with_parts.setdefault((currency, above), [Total(), Total()])
            held[:] = held[0] + opening, held[1] + moved
            above = accounts[above].parent_id
    return [
        TrialBalanceLine(
            accounts[code], currency, code.count("."), opening.balance_minor, moved.debit_minor, moved.credit_minor
        )
        for (currency, code), (opening, moved) in sorted(with_parts.items())
    ]


def unbalanced_currencies() -> dict[str, int]:
    """Return `{currency: debits less credits}` over the whole ledger where that is not 0; it must be empty."""
    rows = Posting.objects.values_list("currency").annotate(difference=Sum(_SIGNED)).order_by("currency")
    return {currency: int(difference) for currency, difference in rows if difference}


def _effective(as_of: date | None) -> QuerySet[Posting, Any]:
    postings = Posting.objects.all()
    return postings if as_of is None else postings.filter(entry__effective_on__lte=as_of)
