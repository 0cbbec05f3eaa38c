"""Reading the ledger. Every balance is debits less credits, in minor units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from dashu.ledger.models import Account, Posting

_SIGNED = Case(When(side="D", then=F("amount_minor")), default=-F("amount_minor"))


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """What one account holds in one currency. `balance_minor` is `debit_minor - credit_minor`."""

    account: Account
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        return self.debit_minor - self.credit_minor


def balance_of(
    account: str, *, loan_id: int | None = None, as_of: date | None = None, currency: str | None = None
) -> int:
    """
    Return debits less credits of an account, so an asset is positive and a liability or income negative.

    :param loan_id: only this loan's postings; without it, the whole book's.
    :param as_of: only entries effective on or before this date.
    :param currency: needed only for the whole book's balance where the book holds several currencies.
    """
    postings = _effective(as_of).filter(account_id=account)
    if loan_id is not None:
        postings = postings.filter(loan_id=loan_id)
    if currency is not None:
        postings = postings.filter(currency=currency)
    return int(postings.aggregate(balance=Coalesce(Sum(_SIGNED), 0))["balance"])


def loan_balances(loan_ids: Iterable[int], *, as_of: date | None = None) -> dict[int, dict[str, int]]:
    """Return `{loan id: {account code: balance}}`; a loan without postings has an empty dict."""
    balances: dict[int, dict[str, int]] = {loan_id: {} for loan_id in loan_ids}
    rows = _effective(as_of).filter(loan_id__in=list(balances)).values_list("loan_id", "account_id")
    for loan_id, account, balance in rows.annotate(balance=Sum(_SIGNED)).order_by():
        balances[loan_id][account] = int(balance)
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


def trial_balance(as_of: date) -> list[TrialBalanceLine]:
    """Return what each account holds in each currency on a date, in the order of the chart. Balances sum to 0."""
    accounts = Account.objects.in_bulk()
    debits, credits_ = (Coalesce(Sum("amount_minor", filter=Q(side=side)), 0) for side in ("D", "C"))
    rows = _effective(as_of).values_list("account_id", "currency").annotate(debits=debits, credits=credits_)
    return [
        TrialBalanceLine(accounts[code], currency, int(debited), int(credited))
        for code, currency, debited, credited in rows.order_by("currency", "account_id")
    ]


def _effective(as_of: date | None) -> QuerySet[Posting, Any]:
    postings = Posting.objects.all()
    return postings if as_of is None else postings.filter(entry__effective_on__lte=as_of)
