"""The proof of one takeover: what `dashu.tapes.agreement` compares of a loan, its rows, and what moved in between."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Case, F, Sum, When

from dashu.finance.loan import arrears
from dashu.ledger import accounts
from dashu.ledger.models import Posting
from dashu.tapes.agreement import Agreement, Parts, agreement_of, lived
from dashu.tapes.models import Handover
from repayments.models import Installment, InstallmentMovement, LoanEvent
from repayments.selectors.lives import events_of, life_of
from repayments.selectors.past_days import loan_on
from repayments.services.open_loans import OPENING

RowAmounts = tuple[int, int, int]  # principal, interest, fee


@dataclass(frozen=True, slots=True)
class Moved:
    """
    What one entry of the ledger changed after the takeover, in minor units.

    :param set_apart: interest and penalty that are no longer accrued as income; part of what is due.
    """

    on: date
    entry_id: int
    kind: str
    parts: Parts
    set_apart: int


@dataclass(frozen=True, slots=True)
class RowProof:
    """
    One installment: what was stated of it and what our rows began with, each as principal, interest and fee.

    :param open_on_day: what was open of it on the day of the proof, None when new terms have replaced it.
    """

    number: int
    due_on: date
    due_on_here: date
    stated: RowAmounts
    demanded: RowAmounts
    stated_open: RowAmounts
    opened: RowAmounts
    open_on_day: int | None

    @property
    def difference_minor(self) -> int:
        pairs = (*zip(self.stated, self.demanded, strict=True), *zip(self.stated_open, self.opened, strict=True))
        return sum(abs(one - other) for one, other in pairs)


@dataclass(frozen=True, slots=True)
class Proof:
    """
    :param lived: what living through the loan's events gives for the day.
    :param days_past_due: by our rows, as the takeover left them.
    """

    agreement: Agreement
    lived: Parts
    rows: tuple[RowProof, ...]
    movements: tuple[Moved, ...]
    days_past_due: int

    @property
    def difference_minor(self) -> int:
        """By how much anything differs, all differences added up without their signs; 0 when all agree."""
        of_life = sum(abs(minor) for minor in self.lived.less(self.agreement.ledger))
        return self.agreement.difference_minor + of_life + sum(row.difference_minor for row in self.rows)


def proof_of(handover: Handover, *, on: date | None = None) -> Proof:
    """
    Return the proof of a loan on a day; None: on the day of its takeover.

    :raises BeforeTakeover: the day lies before the takeover.
    :raises NightNotClosed: a later day that is not closed.
    """
    agreement = agreement_of(handover, on=on)
    loan = handover.loan
    day = loan_on(loan, as_of=agreement.as_of)
    assert day is not None
    begun = life_of(loan, events_of(loan)).steps[0]
    open_on_day = {row.number: row.unpaid for row in day.position.installments}
    return Proof(
        agreement=agreement,
        lived=lived(loan, agreement.as_of),
        rows=tuple(_rows(handover, open_on_day)),
        movements=tuple(_movements(loan.pk, agreement.as_of)),
        days_past_due=arrears(begun.position, begun.contract, handover.taken_over_on).days_past_due,
    )


def _rows(handover: Handover, open_on_day: Mapping[int, int]) -> Iterator[RowProof]:
    """Compare the rows of the file with the first schedule version and what the takeover itself paid of it."""
    paid = {
        movement.number: (movement.principal_minor, movement.interest_minor, movement.fee_minor)
        for movement in InstallmentMovement.objects.filter(
            loan_id=handover.loan_id, event__kind=LoanEvent.Kind.TAKEN_OVER
        )
    }
    first = {row.number: row for row in Installment.objects.filter(loan_id=handover.loan_id, version=1)}
    for row in handover.rows.order_by("number"):
        here = first[row.number]
        demanded = (here.principal_minor, here.interest_minor, here.fee_minor)
        before = paid.get(row.number, (0, 0, 0))
        yield RowProof(
            number=row.number,
            due_on=row.due_on,
            due_on_here=here.due_on,
            stated=(row.principal_minor, row.interest_minor, row.fee_minor),
            demanded=demanded,
            stated_open=(row.open_principal_minor, row.open_interest_minor, row.open_fee_minor),
            opened=(demanded[0] - before[0], demanded[1] - before[1], demanded[2] - before[2]),
            open_on_day=open_on_day.get(row.number),
        )


def _movements(loan_id: int, through: date) -> Iterator[Moved]:
    """Yield what each entry after the opening changed, in the order in which it counts."""
    signed = Case(When(side="D", then=F("amount_minor")), default=-F("amount_minor"))
    postings = (
        Posting.objects.filter(loan_id=loan_id, entry__effective_on__lte=through)
        .exclude(entry__kind=OPENING)
        .values_list("entry__effective_on", "entry_id", "entry__kind", "account_id")
        .annotate(minor=Sum(signed))
        .order_by("entry__effective_on", "entry_id")
    )
    for (on, entry_id, kind), lines in groupby(postings, key=lambda line: line[:3]):
        moved = _moved(on, entry_id, kind, ((line[3], line[4]) for line in lines))
        if any(moved.parts) or moved.set_apart:
            yield moved


def _moved(on: date, entry_id: int, kind: str, lines: Iterable[tuple[str, int]]) -> Moved:
    held: dict[str, int] = {}
    for account, minor in lines:
        role = accounts.role_of(account)
        held[role] = held.get(role, 0) + minor
    parts = Parts(
        principal=held.get(accounts.LOAN_PRINCIPAL, 0),
        interest=held.get(accounts.INTEREST_RECEIVABLE, 0),
        fee=held.get(accounts.FEE_RECEIVABLE, 0),
        penalty=held.get(accounts.PENALTY_RECEIVABLE, 0),
        credit=-held.get(accounts.BORROWER_CREDIT, 0),
    )
    return Moved(on, entry_id, kind, parts, set_apart=held.get(accounts.SUSPENDED_INTEREST, 0))
