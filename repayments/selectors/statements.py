"""The statement of account of a loan, from its postings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from dashu.ledger import accounts
from dashu.ledger.models import Posting
from dashu.ledger.selectors import loan_balances
from loans.models import Loan
from repayments.domain.statements import (
    ENDINGS,
    OFF_BOOKS,
    Amounts,
    Component,
    Due,
    Holiday,
    Movement,
    Statement,
    statement,
)
from repayments.models import Installment, LoanEvent
from repayments.selectors.claims import Claim

# Which accounts hold what the borrower owes. A loss that we booked does not end the claim, and what is recovered lowers
# it; what else changes it is off the books, see `repayments.selectors.claims`.
BALANCES: Mapping[str, Component] = {
    accounts.LOAN_PRINCIPAL: Component.PRINCIPAL,
    accounts.INTEREST_RECEIVABLE: Component.INTEREST,
    accounts.FEE_RECEIVABLE: Component.FEE,
    accounts.PENALTY_RECEIVABLE: Component.PENALTY,
    accounts.CHARGE_OFF_EXPENSE: Component.CLAIM,
    accounts.RECOVERY_INCOME: Component.CLAIM,
    accounts.BORROWER_CREDIT: Component.CREDIT,
    accounts.REFUND_RECEIVABLE: Component.CREDIT,
    accounts.SUSPENDED_INTEREST: Component.SET_APART,
}
EARNED: Mapping[str, Component] = {
    accounts.INTEREST_INCOME: Component.INTEREST,
    accounts.FEE_INCOME: Component.FEE,
    accounts.PENALTY_INCOME: Component.PENALTY,
    accounts.SUSPENDED_INTEREST_CONTRA: Component.SET_APART,
}


def statement_of(loan: Loan, *, first: date, last: date) -> Statement:
    """
    Return what moved the loan from `first` to `last`, both included, as the books know it now; six queries.

    The caller holds the loan's lock, so that all of them see the same books.
    """
    claim = Claim(loan)
    return statement(
        first=first,
        last=last,
        opening=_owed(loan, claim, as_of=first - timedelta(days=1)),
        closing=_owed(loan, claim, as_of=last),
        movements=_with_claim(list(_movements(loan, first, last)), claim, first, last),
        dues=_dues(loan, first, last),
        holidays=_holidays(loan, first, last),
    )


def _owed(loan: Loan, claim: Claim, *, as_of: date) -> Amounts:
    held: defaultdict[Component, int] = defaultdict(int)
    for account, minor in loan_balances([loan.pk], as_of=as_of)[loan.pk].items():
        if account in BALANCES:
            held[BALANCES[account]] += minor
    if (claimed := claim.at(as_of)) or Component.CLAIM in held:
        held[Component.CLAIM] = claimed
    return dict(held)


def _with_claim(movements: list[Movement], claim: Claim, first: date, last: date) -> list[Movement]:
    """
    Add what changed the claim on each day beside the entries of the ledger.

    It joins the entry that ends or books the claim, where its day has one.
    """
    for day in claim.days(first, last):
        booked = sum(one.balances.get(Component.CLAIM, 0) for one in movements if one.on == day)
        change = claim.at(day) - claim.at(day - timedelta(days=1)) - booked
        if not change:
            continue
        ending = next((at for at, one in enumerate(movements) if one.on == day and one.kind in ENDINGS), None)
        if ending is None:
            movements.append(Movement(day, OFF_BOOKS, "", {Component.CLAIM: change}, {}, 0))
        else:
            one = movements[ending]
            balances = {**one.balances, Component.CLAIM: one.balances.get(Component.CLAIM, 0) + change}
            movements[ending] = replace(one, balances=balances)
    return movements


def _movements(loan: Loan, first: date, last: date) -> Iterator[Movement]:
    postings = Posting.objects.filter(
        loan_id=loan.pk, entry__effective_on__gte=first, entry__effective_on__lte=last
    ).order_by("entry__effective_on", "entry_id", "pk")
    entries: dict[int, Movement] = {}
    for posting in postings.select_related("entry"):
        entry = posting.entry
        movement = entries.get(entry.pk) or Movement(entry.effective_on, entry.kind, entry.description, {}, {}, 0)
        entries[entry.pk] = _with(movement, posting)
    return iter(entries.values())


def _with(movement: Movement, posting: Posting) -> Movement:
    minor = posting.amount_minor if posting.side == "D" else -posting.amount_minor
    account = accounts.role_of(posting.account_id)
    balances, earned, cash = dict(movement.balances), dict(movement.earned), movement.cash
    kind = movement.kind
    # A loss or a sale that changed more than its own day is booked as a restatement, and so is undoing one.
    is_sale = movement.description.startswith(("Sale to ", "Undo sale "))
    if kind == "RESTATEMENT" and is_sale and account in (accounts.CASH, accounts.SALE_RESULT):
        kind = "SALE"
    elif kind == "RESTATEMENT" and account == accounts.CHARGE_OFF_EXPENSE:
        kind = {"Charge-off": "CHARGE_OFF", "Write-off": "WRITE_OFF"}.get(movement.description, kind)
    if account in BALANCES:
        balances[BALANCES[account]] = balances.get(BALANCES[account], 0) + minor
    elif account in EARNED:
        earned[EARNED[account]] = earned.get(EARNED[account], 0) - minor
    elif account in (accounts.CASH, accounts.CONSOLIDATION_CLEARING):
        cash += minor
    return Movement(movement.on, kind, movement.description, balances, earned, cash)


def _dues(loan: Loan, first: date, last: date) -> list[Due]:
    rows = Installment.objects.filter(loan_id=loan.pk, is_current=True, due_on__gte=first, due_on__lte=last)
    values = rows.order_by("number").values_list("number", "due_on", "principal_minor", "interest_minor", "fee_minor")
    return [Due(*row) for row in values]


def _holidays(loan: Loan, first: date, last: date) -> list[Holiday]:
    kinds = (LoanEvent.Kind.EXTENSION, LoanEvent.Kind.REVERSAL)
    events = list(LoanEvent.objects.filter(loan_id=loan.pk, kind__in=kinds).order_by("effective_on", "id"))
    undone = {event.data.get("event") for event in events if event.kind == LoanEvent.Kind.REVERSAL}
    return [
        Holiday(event.effective_on, event.data["months"])
        for event in events
        if event.kind == LoanEvent.Kind.EXTENSION and first <= event.effective_on <= last and event.pk not in undone
    ]
