"""
What has been debited and credited to each account up to a day, by accounting day.

A closed period keeps its closing balances and cannot change, so reading the books of any day adds up only what was
reported since the period closed before it.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from dashu.ledger.models import AccountingPeriod, ClosingBalance, Posting

_DAY = Coalesce("entry__accounting_on", "entry__effective_on")


@dataclass(frozen=True, slots=True)
class Total:
    """Debits and credits in minor units; both count up."""

    debit_minor: int = 0
    credit_minor: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(self.debit_minor + other.debit_minor, self.credit_minor + other.credit_minor)

    def __sub__(self, other: "Total") -> "Total":
        return Total(self.debit_minor - other.debit_minor, self.credit_minor - other.credit_minor)

    @property
    def balance_minor(self) -> int:
        return self.debit_minor - self.credit_minor


Totals = dict[tuple[str, str], Total]


def totals_through(day: date) -> Totals:
    """Return `{(account, currency): Total}` of everything reported on or before `day`; parts are not added up."""
    totals: Totals = {}
    postings = Posting.objects.annotate(day=_DAY).filter(day__lte=day)
    if closed := AccountingPeriod.objects.closed().filter(through__lte=day).first():
        for row in ClosingBalance.objects.filter(period=closed):
            totals[row.account_id, row.currency] = Total(row.debit_minor, row.credit_minor)
        if closed.through == day:
            return totals
        postings = postings.filter(day__gt=closed.through)
    debits, credits_ = (Coalesce(Sum("amount_minor", filter=Q(side=side)), 0) for side in ("D", "C"))
    grouped = postings.values_list("account_id", "currency").annotate(debits=debits, credits=credits_).order_by()
    for account, currency, debited, credited in grouped:
        total = totals.get((account, currency), Total())
        totals[account, currency] = total + Total(int(debited), int(credited))
    return totals


def totals_before(day: date) -> Totals:
    return totals_through(day - timedelta(days=1))
