"""
What an act would do to loans, found out by doing it and taking it back.

A preview runs the very service in a savepoint, reads the loans before and after, and rolls back. So a preview is the
booking by construction: what it shows is what is booked, and what it refuses is refused. Tasks that the service
announces are dropped with the savepoint.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, Position, Status, accrue, payoff
from dashu.ledger.models import Posting
from dashu.ledger.selectors import loan_changes
from loans.models import Loan
from repayments.domain.standing import standing_of
from repayments.models import LoanEvent, Restatement
from repayments.services.booking import LoadedLoan, load, lock_loans


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    A loan as staff see it at one moment. Amounts in minor units.

    :param figures: the balances by component, by the names of `FIGURES`; None for a date that there is not.
    :param books: what each day changed in each account, debits less credits: (day, account, minor), in order.
    """

    loan_id: int
    number: str
    currency: str
    figures: Mapping[str, Any]
    rows: tuple[Installment, ...]
    books: tuple[tuple[date, str, int], ...]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One posting of a new ledger entry; one of debit and credit is 0."""

    loan_id: int
    effective_on: date
    description: str
    account: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class LoanChange:
    """
    One loan before and after.

    :param events: what is recorded: (kind, day, amount in minor units).
    :param entries: the postings that are new, in the order of their writing.
    :param told: what the borrower was told before and is told after; None where no act restates the loan.
    """

    before: Snapshot
    after: Snapshot
    events: tuple[tuple[str, date, int], ...]
    entries: tuple[EntryLine, ...]
    told: tuple[Mapping[str, Any], Mapping[str, Any]] | None

    @property
    def has_changes(self) -> bool:
        return bool(self.events) or self.before != self.after


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act does to each of its loans, in the order in which they were named."""

    loans: tuple[LoanChange, ...] = field(default=())

    @property
    def has_changes(self) -> bool:
        return any(loan.has_changes for loan in self.loans)


FIGURES = (
    "status", "principal", "interest_due", "fee_due", "penalty_due", "credit", "overdue", "days_past_due",
    "next_due_on", "next_due", "payoff", "annual_rate", "paused_since",
)  # fmt: skip


class _TakenBack(Exception):
    """Ends the savepoint of a preview."""


def preview(loan_ids: Sequence[int], perform: Callable[[], object], *, today: date) -> Preview:
    """
    Return what `perform` would do to these loans; nothing of it stays.

    The loans are locked in the order of their ids while it runs, so nothing else changes them in between.

    :param perform: one call of a service, or several, that touch no other loan.
    :raises DomainError: the refusal of the service itself.
    """
    changes: list[LoanChange] = []
    try:
        with transaction.atomic():
            changes.extend(observe(loan_ids, perform, today=today))
            with connection.cursor() as cursor:
                # What the database checks at commit, it checks of a preview too.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise _TakenBack
    except _TakenBack:
        return Preview(tuple(changes))


def observe(loan_ids: Sequence[int], perform: Callable[[], object], *, today: date) -> list[LoanChange]:
    """Do it inside the caller's transaction and return what changed in each of these loans."""
    locked = lock_loans(loan_ids)
    loans = [locked[loan_id] for loan_id in dict.fromkeys(loan_ids)]
    before = {loan.pk: snapshot(loan, today=today) for loan in loans}
    posted = _newest(Posting.objects.filter(loan_id__in=locked))
    happened = _newest(LoanEvent.objects.filter(loan_id__in=locked))

    perform()

    entries = _entries(locked, after=posted)
    events = LoanEvent.objects.filter(loan_id__in=locked, pk__gt=happened).order_by("pk")
    recorded = list(events.values_list("loan_id", "kind", "effective_on", "amount_minor"))
    told = _told(locked, after=happened)
    return [
        LoanChange(
            before[loan.pk],
            snapshot(Loan.objects.get(pk=loan.pk), today=today),
            tuple((kind, on, minor) for loan_id, kind, on, minor in recorded if loan_id == loan.pk),
            tuple(line for line in entries if line.loan_id == loan.pk),
            told.get(loan.pk),
        )
        for loan in loans
    ]


def snapshot(loan: Loan, *, today: date) -> Snapshot:
    """Return the loan as it stands today; a loan that waits for its payout has no figures and no rows."""
    if loan.status in Loan.NOT_PAID_OUT:
        return Snapshot(loan.pk, loan.number, loan.currency, {"status": loan.status}, (), ())
    loaded = load(loan)
    return Snapshot(
        loan.pk,
        loan.number,
        loan.currency,
        _figures(loaded, today),
        loaded.position.installments,
        tuple(sorted(change for change in loan_changes(loan.pk) if change[2])),
    )


def _figures(loaded: LoadedLoan, today: date) -> dict[str, Any]:
    contract = loaded.contract
    position = accrue(loaded.position, contract, today - timedelta(days=1))
    standing = standing_of(position, contract, today)
    demanded = [row for row in position.installments if row.due_on <= today]
    return {
        "status": standing.status.value,
        "principal": standing.principal,
        "interest_due": sum(row.unpaid_interest for row in demanded),
        "fee_due": sum(row.unpaid_fee for row in demanded),
        "penalty_due": standing.penalty,
        "credit": position.unapplied,
        "overdue": standing.overdue + standing.penalty,
        "days_past_due": standing.days_past_due,
        "next_due_on": standing.next_due_on,
        "next_due": standing.next_due,
        "payoff": _payoff(position, contract, today, left=standing.left_to_pay),
        "annual_rate": contract.annual_rate,
        "paused_since": next((pause.start for pause in position.pauses if pause.end is None), None),
    }


def _payoff(position: Position, contract: Contract, today: date, *, left: int) -> int:
    """What ends the loan today; of a loan that is charged off, what is left of the claim."""
    return payoff(position, contract, today) if position.status is Status.ACTIVE else left


def _newest(rows: Any) -> int:
    return rows.aggregate(newest=Max("pk"))["newest"] or 0


def _entries(loan_ids: Iterable[int], *, after: int) -> list[EntryLine]:
    found = Posting.objects.filter(loan_id__in=loan_ids, pk__gt=after).select_related("entry").order_by("pk")
    return [
        EntryLine(
            loan_id=posting.loan_id or 0,
            effective_on=posting.entry.effective_on,
            description=posting.entry.description,
            account=posting.account_id,
            debit_minor=posting.amount_minor if posting.side == Posting.Side.DEBIT else 0,
            credit_minor=posting.amount_minor if posting.side == Posting.Side.CREDIT else 0,
        )
        for posting in found
    ]


def _told(loan_ids: Iterable[int], *, after: int) -> dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return, by loan, what the first restatement found and what the last one left."""
    told: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for kept in Restatement.objects.filter(loan_id__in=loan_ids, pk__gt=after).order_by("pk"):
        first = told[kept.loan_id][0] if kept.loan_id in told else kept.before
        told[kept.loan_id] = (first, kept.after)
    return told
