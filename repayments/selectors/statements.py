"""The statement of account of a loan, from its postings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from dashu.ledger import accounts
from dashu.ledger.models import Posting
from dashu.ledger.selectors import loan_balances
from loans.models import Loan
from repayments.domain.statements import Amounts, Component, Due, Holiday, Movement, Statement, statement
from repayments.models import Installment, LoanEvent

# Which accounts hold what the borrower owes. Interest and penalty that are no longer income stay owed: they are shown
# as interest from the day on which they move to the memo account. A loss that we booked does not end the claim: it and
# what is recovered of it are the claim that is left.
BALANCES: Mapping[str, Component] = {
    accounts.LOAN_PRINCIPAL: Component.PRINCIPAL,
    accounts.INTEREST_RECEIVABLE: Component.INTEREST,
    accounts.FEE_RECEIVABLE: Component.FEE,
    accounts.PENALTY_RECEIVABLE: Component.PENALTY,
    accounts.CHARGE_OFF_EXPENSE: Component.CLAIM,
    accounts.RECOVERY_INCOME: Component.CLAIM,
    accounts.BORROWER_CREDIT: Component.CREDIT,
    accounts.REFUND_RECEIVABLE: Component.CREDIT,
    accounts.SUSPENDED_INTEREST: Component.INTEREST,
}
EARNED: Mapping[str, Component] = {
    accounts.INTEREST_INCOME: Component.INTEREST,
    accounts.FEE_INCOME: Component.FEE,
    accounts.PENALTY_INCOME: Component.PENALTY,
    accounts.SUSPENDED_INTEREST_CONTRA: Component.INTEREST,
}


def statement_of(loan: Loan, *, first: date, last: date) -> Statement:
    """
    Return what moved the loan from `first` to `last`, both included, as the books know it now; five queries.

    The caller holds the loan's lock, so that all of them see the same books.
    """
    return statement(
        first=first,
        last=last,
        opening=_owed(loan, as_of=first - timedelta(days=1)),
        closing=_owed(loan, as_of=last),
        movements=list(_movements(loan, first, last)),
        dues=_dues(loan, first, last),
        holidays=_holidays(loan, first, last),
    )


def _owed(loan: Loan, *, as_of: date) -> Amounts:
    held: defaultdict[Component, int] = defaultdict(int)
    for account, minor in loan_balances([loan.pk], as_of=as_of)[loan.pk].items():
        if account in BALANCES:
            held[BALANCES[account]] += minor
    return dict(held)


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
    if account in BALANCES:
        balances[BALANCES[account]] = balances.get(BALANCES[account], 0) + minor
    elif account in EARNED:
        earned[EARNED[account]] = earned.get(EARNED[account], 0) - minor
    elif account == accounts.CASH:
        cash += minor
    return Movement(movement.on, movement.kind, movement.description, balances, earned, cash)


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
