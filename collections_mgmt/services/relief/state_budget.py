"""A borrower states what a month brings and takes; the form asks where a word would help, and refuses nobody for it."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.budget import Ask, Statement, asks, means_of
from collections_mgmt.models import Budget, HardshipRequest
from collections_mgmt.services.asked import lock_borrower
from collections_mgmt.services.relief.cases import known_of_budget
from dashu.audit import services as audit
from dashu.finance.affordability import Amount
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.money import MAX_MINOR
from dashu.policy import rules as policy

LONGEST_WORD, MOST_PEOPLE = 500, 20


class BudgetRefused(DomainError):
    """A figure of a budget cannot be; `field` says which."""

    code = "budget_refused"


@transaction.atomic
def state_budget(
    *,
    borrower_id: int,
    currency: str,
    household: int,
    income: Mapping[str, int],
    expenses: Mapping[str, int],
    debts: Mapping[str, int],
    cause: str,
    now: datetime,
    actor: str,
    words: Mapping[str, str] | None = None,
    verified: Collection[str] = (),
    lasts: str = HardshipRequest.Lasts.UNKNOWN,
    income_later_minor: int | None = None,
    income_later_from: date | None = None,
    payday: int | None = None,
) -> Budget:
    """
    Keep a statement; it takes the place of the one before. Amounts are minor units a month.

    :param income, debts: by codes of the form. :param expenses: by codes of the rule `relief.guidelines`.
    :param verified: codes of `income` that a paper or a consent confirmed.
    :param income_later_minor: all income that is expected again from `income_later_from` on; both or none.
    :raises BudgetRefused: see there.
    """
    borrower, today = lock_borrower(borrower_id), lender_date(now)
    for field, amounts in (("income", income), ("expenses", expenses), ("debts", debts)):
        _refuse_amounts(field, amounts)
    known = policy.spending_guidelines(today).categories
    if unknown := sorted(set(expenses) - set(known)):
        raise BudgetRefused(_("There is no such kind of spending."), field=f"expenses.{unknown[0]}"[:200])
    if not 1 <= household <= MOST_PEOPLE:
        raise BudgetRefused(_("Say how many people live on this income, you among them."), field="household")
    if (income_later_minor is None) != (income_later_from is None):
        raise BudgetRefused(_("Say both what you expect to earn again and from when on."), field="income_later_minor")
    if income_later_from is not None and income_later_from <= today:
        raise BudgetRefused(_("This day lies ahead. What you earn by now is your income."), field="income_later_from")
    if income_later_minor is not None:
        _refuse_amounts("income_later_minor", {"": income_later_minor})
    if payday is not None and not 1 <= payday <= 31:
        raise BudgetRefused(_("A day of the month lies from 1 to 31."), field="payday")
    budget = Budget(
        borrower=borrower,
        made_at=now,
        currency=currency,
        household=household,
        income=dict(income),
        verified=sorted(set(verified) & set(income)),
        expenses=dict(expenses),
        debts=dict(debts),
        words={code: " ".join(word.split())[:LONGEST_WORD] for code, word in (words or {}).items() if word.strip()},
        cause=HardshipRequest.Cause(cause),
        lasts=HardshipRequest.Lasts(lasts),
        income_later_minor=income_later_minor,
        income_later_from=income_later_from,
        payday=payday,
        actor=actor,
    )
    means = means_of(known_of_budget(budget).statement, policy.relief_affordability(today))
    budget.surplus_minor = means.room_now
    budget.save()
    audit.record(
        action="collections.budget_stated",
        subject_type="borrower",
        subject_id=borrower.number,
        actor=actor,
        data={"budget": budget.reference, "cause": budget.cause},
    )
    return budget


def spending_of(*, household: int, expenses: Mapping[str, int], words: Mapping[str, str]) -> Statement:
    """Return what is said of spending, to see what to ask about before a budget is kept."""
    return Statement(Amount(0), dict(expenses), Amount(0), household, dict(words))


def asks_of(budget: Budget) -> tuple[Ask, ...]:
    """Return for which spending a word would help us; nobody is refused for leaving it out."""
    guidelines = policy.spending_guidelines(lender_date(budget.made_at))
    return asks(known_of_budget(budget).statement, guidelines)


def _refuse_amounts(field: str, amounts: Mapping[str, int]) -> None:
    for code, minor in amounts.items():
        if not 0 <= minor <= MAX_MINOR:
            raise BudgetRefused(_("Enter an amount of 0 or more."), field=f"{field}.{code}"[:200] if code else field)
