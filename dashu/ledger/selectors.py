"""Reading the ledger. Every balance is debits less credits, in minor units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from dashu.ledger.accounts import role_of
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
