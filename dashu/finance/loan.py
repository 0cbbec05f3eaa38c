"""
A loan's position and what each event does to it.

`Position` is everything that is known of a loan at the end of a day; every function here takes one and returns the
next. The live services load a position, call one function and write the difference; a replay starts from the
beginning and calls the same functions. `books` derives what the ledger must say from a position, so an entry is
always the difference of two of them, and a restated loan needs no special bookkeeping.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dashu.finance.allocation import Allocation, Line, Surplus, Waterfall, allocate
from dashu.finance.arrears import Arrears, Counting, Pause, arrears_of, effective_days, oldest_missed
from dashu.finance.early_repayment import EarlyInterest, EarlyRepayment
from dashu.finance.installments import Component, Installment
from dashu.finance.penalty import PenaltyRule, penalty_growth
from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.dates import add_months
from dashu.kernel.errors import DomainError, _
from dashu.kernel.values import changed


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    SETTLED = "SETTLED"
    CHARGED_OFF = "CHARGED_OFF"
    WRITTEN_OFF = "WRITTEN_OFF"
    SOLD = "SOLD"


# The claim is gone: nothing is demanded, and money that still comes belongs to whoever sent it.
ENDED = (Status.SETTLED, Status.WRITTEN_OFF, Status.SOLD)


class InterestBasis(StrEnum):
    """Scheduled: the schedule's interest is owed whenever it is paid. Daily: simple interest on the actual balance."""

    SCHEDULED = "scheduled"
    DAILY = "daily"


class Book(StrEnum):
    """
    The ledger accounts that a loan's position determines. Debits are positive.

    Suspended interest and its contra are memo accounts: interest and penalty of a loan that is no longer accrued as
    income stay claims of the contract without being claims on the balance sheet.
    """

    CASH = "cash"
    PRINCIPAL = "principal"
    INTEREST_RECEIVABLE = "interest_receivable"
    FEE_RECEIVABLE = "fee_receivable"
    PENALTY_RECEIVABLE = "penalty_receivable"
    BORROWER_CREDIT = "borrower_credit"
    TAKEOVER = "takeover"
    CLEARING = "clearing"
    INTEREST_INCOME = "interest_income"
    FEE_INCOME = "fee_income"
    PENALTY_INCOME = "penalty_income"
    WAIVER_EXPENSE = "waiver_expense"
    CHARGE_OFF_EXPENSE = "charge_off_expense"
    RECOVERY_INCOME = "recovery_income"
    REFUND_RECEIVABLE = "refund_receivable"
    SALE_RESULT = "sale_result"
    SUSPENDED_INTEREST = "suspended_interest"
    SUSPENDED_CONTRA = "suspended_contra"


BOOKS = tuple(Book)
_COMPONENTS = tuple(component.value for component in Component)


class EventRefused(DomainError):
    """An event does not fit the loan's position: `code` stays, the message and field say why."""

    code = "event_refused"


class LoanClosed(DomainError):
    """The loan is settled, so nothing more can be paid on it."""

    code = "loan_not_payable"
    http_status = 409


class SettlementTooSmall(DomainError):
    """The money does not reach the payoff amount of its day."""

    code = "settlement_too_small"


@dataclass(frozen=True, slots=True)
class Contract:
    """
    The terms that decide what events do.

    :param starts_on: disbursement, or the day of takeover.
    :param annual_rate: a fraction to at most 6 decimals.
    :param interest_year_days: days of the rate's year for daily interest.
    :param tolerance_bps: shortfall of an installment that does not count as missed, in basis points of it.
    :param non_accrual_days: beyond so many days past due, interest and penalty are income only when they are paid;
        None: never.
    """

    starts_on: date
    annual_rate: Decimal
    waterfall: Waterfall = Waterfall()
    penalty: PenaltyRule = PenaltyRule()
    interest_basis: InterestBasis = InterestBasis.SCHEDULED
    interest_year_days: int = 365
    tolerance_bps: int = 0
    early: EarlyRepayment = EarlyRepayment()
    counting: Counting = Counting()
    non_accrual_days: int | None = None

    @property
    def running_rate(self) -> Decimal:
        """The yearly rate of interest that runs on on overdue principal."""
        return self.annual_rate if self.interest_basis is InterestBasis.DAILY else Decimal(0)

    @property
    def interest_parts_per_minor(self) -> int:
        return 1_000_000 * self.interest_year_days


@dataclass(frozen=True)
class Position:
    """
    A loan at the end of a day. Amounts in minor units.

    :param principal: outstanding on the books (claim, also when charged off).
    :param accrued_through: last day whose penalty and due interest are in the figures.
    :param interest_through: daily basis only: interest is accrued to this date.
    :param penalty_parts: charged, see `dashu.finance.penalty`; `interest_parts` likewise for daily interest.
    :param penalty_uncapped_parts, penalty_room_parts: what the rule alone would have charged, and what the cap left
        room for, late fees taken off; only a capped rule fills the room.
    :param penalty_taken_over: charged by another system before the takeover, so it never was income of ours.
    :param refund_due: a credit that was paid back to the borrower and then turned out never to have been theirs.
    :param capitalized: scheduled interest that was added to the principal, and so became income.
    :param clearing: what passed between this loan and others of its borrower without any money, like `cash`.
    """

    installments: tuple[Installment, ...]
    accrued_through: date
    interest_through: date
    status: Status = Status.ACTIVE
    principal: int = 0
    unapplied: int = 0
    penalty_parts: int = 0
    penalty_uncapped_parts: int = 0
    penalty_room_parts: int = 0
    penalty_paid: int = 0
    penalty_waived: int = 0
    interest_parts: int = 0
    interest_collected: int = 0
    cash: int = 0
    takeover: int = 0
    waiver_expense: int = 0
    waived_interest_income: int = 0
    waived_fee_income: int = 0
    capitalized: int = 0
    clearing: int = 0
    penalty_taken_over: int = 0
    recovered: int = 0
    refund_due: int = 0
    pauses: tuple[Pause, ...] = ()
    at_charge_off: dict[Book, int] = field(default_factory=dict)

    def penalty_charged(self, contract: Contract) -> int:
        return contract.penalty.whole_minor(self.penalty_parts)

    def penalty_due(self, contract: Contract) -> int:
        return self.penalty_charged(contract) - self.penalty_paid - self.penalty_waived

    def penalty_clipped(self, contract: Contract) -> int:
        """What the rule would have charged beyond the all-in cap, in whole minor units."""
        return contract.penalty.whole_minor(self.penalty_uncapped_parts) - self.penalty_charged(contract)

    def is_non_accrual(self, contract: Contract) -> bool:
        """Whether unpaid interest and penalty are no longer carried as income."""
        if contract.non_accrual_days is None or self.status is not Status.ACTIVE:
            return False
        oldest = oldest_missed(self.installments, self.accrued_through, tolerance_bps=contract.tolerance_bps)
        return oldest is not None and (
            contract.counting.past_due(oldest, self.accrued_through) > contract.non_accrual_days
        )

    def interest_due(self, contract: Contract) -> int:
        """Daily basis: interest accrued and not collected, rounded half-up once over the loan's whole life."""
        accrued = to_minor(Decimal(self.interest_parts) / contract.interest_parts_per_minor, Rounding.HALF_UP)
        return accrued - self.interest_collected


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What a payment did.

    :param lines: which installments count as paid by how much.
    :param fee, penalty, interest, principal, unapplied: what the money paid on the books.
    :param rebate: of an up-front fee, which paid beside the money.
    """

    lines: tuple[Line, ...]
    fee: int
    penalty: int
    interest: int
    principal: int
    unapplied: int
    rebate: int = 0

    @property
    def amount(self) -> int:
        """The money itself: what was paid, less what a rebate paid of it."""
        return self.fee + self.penalty + self.interest + self.principal + self.unapplied - self.rebate


@dataclass(frozen=True, slots=True)
class Payoff:
    """
    What ends a loan on a day, part by part, in minor units; `credit` and `rebate` are taken off.

    The credit is negative where a refund has to come back.
    """

    principal: int
    interest: int
    fee: int
    penalty: int
    prepayment_fee: int
    rebate: int
    credit: int

    @property
    def total(self) -> int:
        owed = self.principal + self.interest + self.fee + self.penalty + self.prepayment_fee
        return max(0, owed - self.rebate - self.credit)


def opened(
    contract: Contract, installments: Sequence[Installment], disbursed: int, *, is_internal: bool = False
) -> Position:
    """
    Return the position of a loan that has just been paid out.

    :param is_internal: not in money: it pays off other loans of its borrower.
    """
    return Position(
        installments=tuple(installments),
        accrued_through=contract.starts_on,
        interest_through=contract.starts_on,
        principal=disbursed,
        cash=0 if is_internal else -disbursed,
        clearing=-disbursed if is_internal else 0,
    )


def taken_over(
    contract: Contract,
    installments: Sequence[Installment],
    principal: int,
    *,
    interest_through: date,
    penalty: int = 0,
    credit: int = 0,
) -> Position:
    """
    Return the position of a loan that another system served until the end of `contract.starts_on`.

    What the loan brings is carried against the takeover account, and nothing of it is income. What is no longer accrued
    stands in the memo accounts from the first day, so it becomes income when it is paid.

    :param installments: with what was paid of them before.
    :param principal: outstanding at the takeover, which may differ from what the open installments carry when
        interest is counted daily.
    :param penalty: charged before and not paid. A cap on penalty counts from the takeover on.
    :param credit: of the borrower, held by the other system.
    """
    parts = penalty * contract.penalty.parts_per_minor
    opening = Position(
        installments=tuple(installments),
        accrued_through=contract.starts_on,
        interest_through=interest_through,
        principal=principal,
        unapplied=credit,
        penalty_parts=parts,
        penalty_uncapped_parts=parts,
        penalty_room_parts=parts,
    )
    books = books_of(opening, contract)
    incomes = (Book.INTEREST_INCOME, Book.FEE_INCOME, Book.PENALTY_INCOME)
    return changed(
        opening,
        takeover=-sum(minor for book, minor in books.items() if book not in incomes),
        waived_interest_income=books[Book.INTEREST_INCOME],
        waived_fee_income=books[Book.FEE_INCOME],
        penalty_taken_over=-books[Book.PENALTY_INCOME],
    )


def accrue(position: Position, contract: Contract, through: date) -> Position:
    """Add the penalty of the days up to and including `through`; due interest follows from the date by itself."""
    if through <= position.accrued_through:
        return position
    if position.status is not Status.ACTIVE:
        return changed(position, accrued_through=through)
    rule = contract.penalty
    uncapped, room = penalty_growth(
        position.installments,
        position.accrued_through,
        through,
        rule,
        pauses=position.pauses,
        running_rate=contract.running_rate,
    )
    if not uncapped and not room:
        return changed(position, accrued_through=through)
    charged, uncapped, room = grown_penalty(
        (position.penalty_parts, position.penalty_uncapped_parts, position.penalty_room_parts), (uncapped, room), rule
    )
    return changed(
        position,
        accrued_through=through,
        penalty_parts=charged,
        penalty_uncapped_parts=uncapped,
        penalty_room_parts=room,
    )


def grown_penalty(parts: tuple[int, int, int], added: tuple[int, int], rule: PenaltyRule) -> tuple[int, int, int]:
    """
    Return charged, uncapped and room parts after days that add to the last two.

    Charged is never more than the cap leaves room for, and never less than before.
    """
    charged, uncapped, room = parts[0], parts[1] + added[0], parts[2] + added[1]
    if rule.all_in_cap is None:
        return charged + added[0], uncapped, room
    return max(charged, min(uncapped, room)), uncapped, room


def receive(
    position: Position, contract: Contract, amount: int, on: date, *, cures: bool = True, first: int | None = None
) -> tuple[Position, Receipt]:
    """
    Book money received with value date `on`.

    :param cures: False for proceeds that lower the balance without paying an installment (insurance, sale of goods).
    :param first: number of the installment that the payer chose; it is paid before the waterfall begins.
    :raises LoanClosed: the loan is settled, or its claim has ended otherwise.
    :raises EventRefused: there is no such installment, or nothing of it is unpaid.
    """
    if position.status in ENDED:
        raise LoanClosed(_("This loan is settled; nothing more is to be paid on it."))
    if position.refund_due:
        return _receive_after_refund(position, contract, amount, on, cures=cures, first=first)
    position = accrue(position, contract, on - timedelta(days=1))
    if position.status is Status.CHARGED_OFF:
        return _recover(position, contract, amount, on)
    if contract.interest_basis is InterestBasis.DAILY:
        return _receive_daily(position, contract, amount, on, cures=cures, first=first)
    allocation = _allocation(position, contract, amount, on, first) if cures else _from_the_end(position, amount)
    receipt = _receipt(allocation)
    position = _apply(
        position,
        allocation,
        principal=position.principal - receipt.principal,
        unapplied=position.unapplied + receipt.unapplied,
        cash=position.cash + amount,
    )
    return _settled_when_done(position, contract), receipt


def _receive_after_refund(
    position: Position, contract: Contract, amount: int, on: date, *, cures: bool, first: int | None
) -> tuple[Position, Receipt]:
    """The first money makes good what was paid back to the borrower; on the books of the payment it is credit."""
    back = min(amount, position.refund_due)
    position = _made_good(position, back)
    if amount == back:
        position = accrue(position, contract, on - timedelta(days=1))
        return _settled_when_done(position, contract), credit_receipt(back)
    position, receipt = receive(position, contract, amount - back, on, cures=cures, first=first)
    return position, replace(receipt, unapplied=receipt.unapplied + back)


def credit_receipt(amount: int) -> Receipt:
    """What money did that paid nothing: it is the borrower's credit."""
    return Receipt((), fee=0, penalty=0, interest=0, principal=0, unapplied=amount)


def keep_as_credit(position: Position, amount: int) -> tuple[Position, Receipt]:
    """Book money that came for a loan whose claim has ended: it is owed back to the borrower."""
    back = min(amount, position.refund_due)
    return _plus_credit(_made_good(position, back), amount - back), credit_receipt(amount)


def refund(position: Position, amount: int, *, is_certain: bool = True) -> Position:
    """
    Send credit back to the borrower.

    :param is_certain: False in a replay of money that has left: what is no credit (any more) has to come back.
    :raises EventRefused: the credit is smaller than the amount.
    """
    if amount > position.unapplied and is_certain:
        raise EventRefused(
            _("The borrower's credit on this loan is smaller than the amount."),
            field="amount",
            details={"credit_minor": position.unapplied},
        )
    paid = min(amount, position.unapplied)
    position, short = _plus_credit(position, -paid), amount - paid
    if not short:
        return position
    position = changed(position, refund_due=position.refund_due + short, cash=position.cash - short)
    if position.at_charge_off:
        lost = {Book.CHARGE_OFF_EXPENSE: short, Book.CASH: -short}
        return changed(position, at_charge_off=_plus(position.at_charge_off, lost))
    return changed(position, status=Status.ACTIVE)


def _made_good(position: Position, back: int) -> Position:
    """Book money that makes good a refund; of a loan booked as lost it is a recovery."""
    position = changed(position, refund_due=position.refund_due - back, cash=position.cash + back)
    return changed(position, recovered=position.recovered + back) if position.at_charge_off else position


def _plus_credit(position: Position, change: int) -> Position:
    """Add money to the borrower's credit, or, negative, take it out and send it back."""
    books = position.at_charge_off
    return changed(
        position,
        unapplied=position.unapplied + change,
        cash=position.cash + change,
        at_charge_off=_plus(books, {Book.BORROWER_CREDIT: -change, Book.CASH: change}) if books else {},
    )


def _plus(books: dict[Book, int], change: dict[Book, int]) -> dict[Book, int]:
    return books | {book: books.get(book, 0) + minor for book, minor in change.items()}


def apply_credit(position: Position, contract: Contract, on: date) -> tuple[Position, Receipt]:
    """Use the borrower's credit for what is due on `on`; what it does not need stays a credit."""
    position = accrue(position, contract, on - timedelta(days=1))
    due_only = replace(contract.waterfall, surplus=Surplus.UNAPPLIED)
    allocation = allocate(position.unapplied, position.installments, position.penalty_due(contract), on, due_only)
    receipt = _receipt(allocation)
    position = _apply(position, allocation)
    position = changed(position, principal=position.principal - receipt.principal, unapplied=receipt.unapplied)
    return _settled_when_done(position, contract), receipt


def payoff(position: Position, contract: Contract, on: date) -> int:
    """Return what ends the loan on `on`, in minor units, never negative; see `payoff_of`."""
    return payoff_of(position, contract, on).total


def payoff_of(position: Position, contract: Contract, on: date) -> Payoff:
    """
    Return what ends the loan on `on`: what is due, all principal, and interest of the running period by days elapsed.

    The contract's rules for early repayment add their fee on principal that is not yet due, or leave all interest due.
    """
    position = accrue(position, contract, on - timedelta(days=1))
    if contract.interest_basis is InterestBasis.DAILY:
        interest = accrue_interest(position, contract, on).interest_due(contract)
        fee = sum(row.fee_owed(on) for row in position.installments)
    else:
        kept = _without_unearned(position, contract, on)
        interest = sum(row.unpaid_interest for row in kept)
        fee = sum(row.unpaid_fee for row in kept)
    return Payoff(
        principal=position.principal,
        interest=interest,
        fee=fee,
        penalty=position.penalty_due(contract),
        prepayment_fee=_early_fee(position, contract, on),
        rebate=contract.early.rebate_on(contract.starts_on, position.installments[-1].due_on, on),
        credit=position.unapplied - position.refund_due,
    )


def _early_fee(position: Position, contract: Contract, on: date) -> int:
    due = sum(row.unpaid_principal for row in position.installments if row.due_on <= on)
    return contract.early.fee_on(position.principal - due, (on - contract.starts_on).days)


def settle(
    position: Position, contract: Contract, amount: int, on: date, *, is_internal: bool = False
) -> tuple[Position, Receipt]:
    """
    End the loan early: interest and fees that are not yet earned are no longer demanded.

    :param is_internal: no money comes: another loan of the borrower pays it, and no fee for repaying early is charged.
    :raises SettlementTooSmall: `amount` is less than `payoff` of that day.
    """
    if position.status is not Status.ACTIVE:
        raise LoanClosed(_("This loan is not running; it cannot be settled early."))
    if is_internal:
        contract = without_early_fee(contract)
    needed = payoff_of(position, contract, on)
    if amount < needed.total:
        raise SettlementTooSmall(
            _("The amount does not reach the payoff of that day."),
            field="amount",
            details={"payoff_minor": needed.total},
        )
    if contract.interest_basis is InterestBasis.SCHEDULED:
        position = changed(position, installments=_without_unearned(position, contract, on))
    else:
        position = changed(position, installments=_without_later_fees(position, on))
    position = _charged(position, needed.prepayment_fee)
    beside = needed.credit + needed.rebate
    whole = replace(contract, waterfall=replace(contract.waterfall, surplus=Surplus.NEXT_INSTALLMENT))
    close = _close_daily if contract.interest_basis is InterestBasis.DAILY else receive
    position, receipt = close(changed(position, unapplied=0, refund_due=0), whole, amount + beside, on)
    position = changed(
        position, cash=position.cash - beside, waived_fee_income=position.waived_fee_income - needed.rebate
    )
    assert position.status is Status.SETTLED
    return position, replace(receipt, unapplied=receipt.unapplied - needed.credit, rebate=needed.rebate)


def paid_internally(position: Position, amount: int) -> Position:
    """Return the position with `amount` of what it has received coming from another loan instead of as money."""
    books = position.at_charge_off
    return changed(
        position,
        cash=position.cash - amount,
        clearing=position.clearing + amount,
        at_charge_off=_plus(books, {Book.CASH: -amount, Book.CLEARING: amount}) if books else {},
    )


def without_early_fee(contract: Contract) -> Contract:
    """Return the contract as it is where another loan of the borrower pays this one off."""
    return replace(contract, early=replace(contract.early, fee_share=Decimal(0), fee_floor=0))


def _charged(position: Position, fee: int) -> Position:
    """Return the position with a fee that is demanded at once, on its last installment that carries something."""
    if not fee:
        return position
    rows = list(position.installments)
    rows[-1] = replace(rows[-1], fee=rows[-1].fee + fee)
    return changed(position, installments=tuple(rows))


def waive(position: Position, contract: Contract, component: Component, amount: int, on: date) -> Position:
    """
    Give up a claim: penalty of the loan, or a component of its installments, oldest first.

    :raises EventRefused: more is waived than is claimed.
    """
    position = accrue(position, contract, on - timedelta(days=1))
    if component is Component.PENALTY:
        if amount > position.penalty_due(contract):
            raise EventRefused(_("More would be waived than is owed."), field="amount")
        waived = changed(position, penalty_waived=position.penalty_waived + amount)
        return _settled_when_done(changed(waived, waiver_expense=position.waiver_expense + amount), contract)
    if component is not Component.FEE and contract.interest_basis is InterestBasis.DAILY:
        return _waive_daily(position, contract, component, amount, on)
    rows, left, recognized = [], amount, 0
    for row in position.installments:
        part = min(left, row.unpaid_of(component)) if left else 0
        if part:
            recognized += part if row.due_on <= position.accrued_through or component is Component.PRINCIPAL else 0
            row = row.waive(component, part)
            left -= part
        rows.append(row)
    if left:
        raise EventRefused(_("More would be waived than is owed."), field="amount")
    principal = position.principal - (amount if component is Component.PRINCIPAL else 0)
    position = changed(
        position,
        installments=tuple(rows),
        principal=principal,
        waiver_expense=position.waiver_expense + recognized,
        waived_interest_income=position.waived_interest_income + (recognized if component is Component.INTEREST else 0),
        waived_fee_income=position.waived_fee_income + (recognized if component is Component.FEE else 0),
    )
    return _settled_when_done(position, contract)


def _waive_daily(position: Position, contract: Contract, component: Component, amount: int, on: date) -> Position:
    """
    Give up principal or interest of a loan whose interest is counted daily: both are claims of the loan itself.

    Waived interest counts as collected, at our expense, since it only becomes income when it is collected.
    """
    position = accrue_interest(position, contract, on)
    if amount > (position.principal if component is Component.PRINCIPAL else position.interest_due(contract)):
        raise EventRefused(_("More would be waived than is owed."), field="amount")
    rows, left = [], amount
    for row in position.installments:
        part = min(left, row.unpaid_of(component))
        rows.append(row.waive(component, part))
        left -= part
    position = changed(position, installments=tuple(rows), waiver_expense=position.waiver_expense + amount)
    if component is Component.PRINCIPAL:
        position = changed(position, principal=position.principal - amount)
    else:
        position = changed(position, interest_collected=position.interest_collected + amount)
    if position.principal == 0 and position.interest_due(contract) <= 0:
        rows = [
            row.waive(Component.PRINCIPAL, row.unpaid_principal).waive(Component.INTEREST, row.unpaid_interest)
            for row in position.installments
        ]
        position = changed(position, installments=tuple(rows))  # fees stay claims
    return _settled_when_done(position, contract)


def waivable(position: Position, contract: Contract, component: Component, on: date) -> int:
    """Return the most that can be waived of a component on `on`, in minor units."""
    position = accrue(position, contract, on - timedelta(days=1))
    if component is Component.PENALTY:
        return position.penalty_due(contract)
    if contract.interest_basis is InterestBasis.DAILY and component is not Component.FEE:
        accrued = accrue_interest(position, contract, on)
        return max(0, accrued.principal if component is Component.PRINCIPAL else accrued.interest_due(contract))
    return sum(row.unpaid_of(component) for row in position.installments)


def add_fee(position: Position, amount: int, on: date, *, rule: PenaltyRule = PenaltyRule()) -> Position:
    """
    Demand a fee with the first installment that is due on or after `on`, else with the last one.

    :param rule: under a capped rule the fee takes its room from the penalty, since the cap holds for both together.
    """
    if rule.all_in_cap is not None:
        room = position.penalty_room_parts - amount * rule.parts_per_minor
        position = changed(position, penalty_room_parts=room)
    coming = (row for row in position.installments if row.due_on >= on)
    target = min(coming, key=lambda row: row.due_on, default=position.installments[-1])
    rows = tuple(replace(row, fee=row.fee + amount) if row is target else row for row in position.installments)
    return changed(position, installments=rows)


def extend(position: Position, contract: Contract, months: int, on: date) -> Position:
    """Grant a payment holiday: every unpaid installment falls due `months` later, on the same day of the month."""
    if months < 1:
        raise EventRefused(_("A payment holiday is at least one month."), field="months")
    position = accrue(position, contract, on - timedelta(days=1))
    day = _monthly_day(position.installments)
    rows = tuple(
        replace(row, due_on=add_months(row.due_on, months, day=day)) if row.unpaid > 0 else row
        for row in position.installments
    )
    return changed(position, installments=rows)


def charge_off(position: Position, contract: Contract, on: date) -> Position:
    """Book the loan as a loss. The claim continues; nothing accrues any more and what comes in is a recovery."""
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can be charged off."))
    position = run_interest(accrue(position, contract, on), contract, on)
    frozen, lost = _without_claims(books_of(position, contract))
    frozen[Book.CHARGE_OFF_EXPENSE] = lost
    return changed(position, status=Status.CHARGED_OFF, at_charge_off=frozen, cash=0, recovered=0)


def write_off(position: Position, contract: Contract, on: date) -> Position:
    """End the claim: what is still on the books is a loss, and nothing is demanded any more."""
    if position.status is not Status.CHARGED_OFF:
        position = charge_off(position, contract, on)
    return changed(_given_up(position, contract), status=Status.WRITTEN_OFF)


def sell(position: Position, contract: Contract, price: int, on: date) -> Position:
    """Hand the claim to a buyer: what the books carry goes, the price comes, the difference is the sale's result."""
    if position.status not in (Status.ACTIVE, Status.CHARGED_OFF):
        raise EventRefused(_("Only a running or a charged-off loan can be sold."))
    if position.status is Status.ACTIVE:
        position = charge_off(position, contract, on)
        frozen = dict(position.at_charge_off)
        carried = frozen.pop(Book.CHARGE_OFF_EXPENSE)
        position = changed(position, at_charge_off=frozen)
    else:
        carried = 0
    frozen = dict(position.at_charge_off)
    frozen[Book.CASH] = frozen.get(Book.CASH, 0) + price
    frozen[Book.SALE_RESULT] = frozen.get(Book.SALE_RESULT, 0) + carried - price
    return changed(_given_up(position, contract), status=Status.SOLD, at_charge_off=frozen)


def _without_claims(books: dict[Book, int]) -> tuple[dict[Book, int], int]:
    """Return the books without what the borrower owes, and how much that was on the balance sheet."""
    lost = (
        Book.PRINCIPAL,
        Book.INTEREST_RECEIVABLE,
        Book.FEE_RECEIVABLE,
        Book.PENALTY_RECEIVABLE,
        Book.REFUND_RECEIVABLE,
    )
    memo = (Book.SUSPENDED_INTEREST, Book.SUSPENDED_CONTRA)
    kept = {book: minor for book, minor in books.items() if book not in (*lost, *memo)}
    return kept, sum(books[book] for book in lost)


def _given_up(position: Position, contract: Contract) -> Position:
    """Return the position with nothing left to demand; what was owed counts as waived."""
    return changed(
        position,
        installments=tuple(_no_longer_demanded(row) for row in position.installments),
        principal=0,
        penalty_waived=position.penalty_waived + position.penalty_due(contract),
        refund_due=0,
    )


def arrears(position: Position, contract: Contract, as_of: date) -> Arrears:
    return arrears_of(position.installments, as_of, tolerance_bps=contract.tolerance_bps, counting=contract.counting)


def effective_days_past_due(position: Position, contract: Contract, as_of: date) -> int:
    oldest = arrears(position, contract, as_of).oldest_due_on
    return effective_days(oldest, as_of, position.pauses, counting=contract.counting)


def books_of(position: Position, contract: Contract) -> dict[Book, int]:
    """
    Return what each ledger account says of this loan, debits positive; it always sums to 0.

    Interest and fees become income when they fall due, or earlier when they are paid earlier. Of a loan that is no
    longer accrued, interest and penalty are income when they are paid; until then they stand in the memo accounts.
    """
    if position.at_charge_off:
        books = {book: position.at_charge_off.get(book, 0) for book in BOOKS}
        books[Book.CASH] += position.recovered
        books[Book.RECOVERY_INCOME] -= position.recovered
        return books
    paid_interest, paid_fee, due_interest, due_fee = _interest_and_fees(position)
    receivable = _receivables(position, contract, due_interest, due_fee)
    suspended = _suspended(position, contract, receivable)
    if contract.interest_basis is InterestBasis.DAILY:
        interest_earned = position.interest_collected
    else:
        interest_earned = paid_interest + receivable[Book.INTEREST_RECEIVABLE]
    books = dict.fromkeys(BOOKS, 0) | receivable
    books[Book.CASH] = position.cash
    books[Book.TAKEOVER] = position.takeover
    books[Book.CLEARING] = position.clearing
    books[Book.PRINCIPAL] = position.principal
    books[Book.BORROWER_CREDIT] = -position.unapplied
    books[Book.INTEREST_INCOME] = -(interest_earned + position.waived_interest_income + position.capitalized)
    books[Book.FEE_INCOME] = -(paid_fee + due_fee + position.waived_fee_income)
    penalty_earned = position.penalty_charged(contract) - suspended[Book.PENALTY_RECEIVABLE]
    books[Book.PENALTY_INCOME] = -(penalty_earned - position.penalty_taken_over)
    books[Book.WAIVER_EXPENSE] = position.waiver_expense
    books[Book.REFUND_RECEIVABLE] = position.refund_due
    books[Book.SUSPENDED_INTEREST] = sum(suspended.values())
    books[Book.SUSPENDED_CONTRA] = -sum(suspended.values())
    return books


def _suspended(position: Position, contract: Contract, receivable: dict[Book, int]) -> dict[Book, int]:
    """Take interest and penalty of a loan that is no longer accrued out of `receivable`, and return them."""
    moved = dict.fromkeys((Book.INTEREST_RECEIVABLE, Book.PENALTY_RECEIVABLE), 0)
    if contract.non_accrual_days is not None and position.is_non_accrual(contract):
        for book in moved:
            moved[book], receivable[book] = receivable[book], 0
    return moved


def _interest_and_fees(position: Position) -> tuple[int, int, int, int]:
    """Return the interest and the fees that were paid, and those that are due and unpaid."""
    through = position.accrued_through
    paid_interest = paid_fee = due_interest = due_fee = 0
    for row in position.installments:
        paid_interest += row.paid_interest
        paid_fee += row.paid_fee
        if row.unpaid and row.due_on <= through:
            due_interest += row.unpaid_interest
            due_fee += row.unpaid_fee
    return paid_interest, paid_fee, due_interest, due_fee


def _receivables(position: Position, contract: Contract, due_interest: int, due_fee: int) -> dict[Book, int]:
    return {
        Book.INTEREST_RECEIVABLE: due_interest if contract.interest_basis is InterestBasis.SCHEDULED else 0,
        Book.FEE_RECEIVABLE: due_fee,
        Book.PENALTY_RECEIVABLE: position.penalty_due(contract),
    }


def _allocation(position: Position, contract: Contract, amount: int, on: date, first: int | None = None) -> Allocation:
    penalty = position.penalty_due(contract)
    if first is None:
        return allocate(amount, position.installments, penalty, on, contract.waterfall)
    chosen = [row for row in position.installments if row.number == first and row.unpaid]
    if not chosen:
        raise EventRefused(_("The chosen installment does not exist or is paid."), field="installment")
    before = allocate(amount, chosen, 0, max(on, chosen[0].due_on), contract.waterfall)
    rows = _apply(position, before).installments
    return before.then(allocate(before.unapplied, rows, penalty, on, contract.waterfall))


def _from_the_end(position: Position, amount: int) -> Allocation:
    """Lower the principal from the last installment backwards, so that no due installment counts as paid."""
    lines, left = [], amount
    for row in reversed(position.installments):
        part = min(left, row.unpaid_principal)
        if part:
            lines.append(Line(row.number, Component.PRINCIPAL, part))
            left -= part
    return Allocation(tuple(lines), left)


def _apply(position: Position, allocation: Allocation, **changes: Any) -> Position:
    """Return the position with the allocation paid; `changes` are what else becomes of it."""
    rows = {row.number: row for row in position.installments}
    for line in allocation.lines:
        if line.number is not None:
            rows[line.number] = rows[line.number].pay(line.component, line.minor)
    return changed(
        position,
        installments=tuple(rows.values()),
        penalty_paid=position.penalty_paid + allocation.of(Component.PENALTY),
        **changes,
    )


def _receipt(allocation: Allocation) -> Receipt:
    paid = dict.fromkeys(_COMPONENTS, 0)
    for line in allocation.lines:
        paid[line.component] += line.minor
    return Receipt(allocation.lines, unapplied=allocation.unapplied, **paid)


def run_interest(position: Position, contract: Contract, to: date) -> Position:
    """Count daily interest up to a day, where it is counted daily; scheduled interest is in the schedule."""
    return accrue_interest(position, contract, to) if contract.interest_basis is InterestBasis.DAILY else position


def accrue_interest(position: Position, contract: Contract, to: date) -> Position:
    """
    Add the daily interest of the days up to `to`; only for loans whose interest is counted daily.

    A loan that is charged off earns none: what is owed stays what it was on that day.
    """
    days = (to - position.interest_through).days
    if days <= 0:
        return position
    if position.status is not Status.ACTIVE:
        return changed(position, interest_through=to)
    parts = position.principal * int(contract.annual_rate * 1_000_000) * days
    return changed(position, interest_through=to, interest_parts=position.interest_parts + parts)


def _receive_daily(
    position: Position, contract: Contract, amount: int, on: date, *, cures: bool, first: int | None = None
) -> tuple[Position, Receipt]:
    """The installments say what counts as paid; the money itself pays interest to the day, then principal."""
    position = accrue_interest(position, contract, on)
    coverage = _allocation(position, contract, amount, on, first) if cures else Allocation((), amount)
    fee, penalty = coverage.of(Component.FEE), coverage.of(Component.PENALTY)
    left = amount - fee - penalty
    interest = min(left, max(0, position.interest_due(contract))) if cures else 0
    principal = min(left - interest, position.principal)
    unapplied = left - interest - principal
    position = changed(
        _apply(position, coverage),
        principal=position.principal - principal,
        interest_collected=position.interest_collected + interest,
        unapplied=position.unapplied + unapplied,
        cash=position.cash + amount,
    )
    if position.principal == 0 and position.interest_due(contract) <= 0:
        position = changed(position, installments=tuple(_no_longer_demanded(row) for row in position.installments))
    return _settled_when_done(position, contract), Receipt(coverage.lines, fee, penalty, interest, principal, unapplied)


def _close_daily(position: Position, contract: Contract, amount: int, on: date) -> tuple[Position, Receipt]:
    """Pay every claim of the day, whatever the order of the waterfall; the schedule demands nothing any more."""
    position = accrue_interest(accrue(position, contract, on - timedelta(days=1)), contract, on)
    fees = [Line(row.number, Component.FEE, row.unpaid_fee) for row in position.installments if row.unpaid_fee]
    penalty, interest = position.penalty_due(contract), max(0, position.interest_due(contract))
    charges = (*fees, *([Line(None, Component.PENALTY, penalty)] if penalty else []))
    position = _apply(position, Allocation(charges, 0))
    coverage = allocate(amount - sum(line.minor for line in charges), position.installments, 0, on, contract.waterfall)
    position = _apply(position, coverage)
    fee, principal = sum(line.minor for line in fees), position.principal
    unapplied = amount - fee - penalty - interest - principal
    position = changed(
        position,
        installments=tuple(_no_longer_demanded(row) for row in position.installments),
        principal=0,
        interest_collected=position.interest_collected + interest,
        unapplied=position.unapplied + unapplied,
        cash=position.cash + amount,
    )
    lines = (*charges, *coverage.lines)
    return _settled_when_done(position, contract), Receipt(lines, fee, penalty, interest, principal, unapplied)


def _recover(position: Position, contract: Contract, amount: int, on: date) -> tuple[Position, Receipt]:
    receipt = _receipt(_allocation(position, contract, amount, on))
    if contract.interest_basis is InterestBasis.DAILY:
        left = amount - receipt.fee - receipt.penalty
        interest = min(left, max(0, position.interest_due(contract)))
        principal = min(left - interest, position.principal)
        receipt = replace(receipt, interest=interest, principal=principal, unapplied=left - interest - principal)
        position = changed(position, interest_collected=position.interest_collected + interest)
    position = _apply(position, Allocation(receipt.lines, 0))
    position = changed(
        position,
        principal=position.principal - receipt.principal,
        recovered=position.recovered + amount - receipt.unapplied,
    )
    return _plus_credit(position, receipt.unapplied), receipt


def _without_unearned(position: Position, contract: Contract, on: date) -> tuple[Installment, ...]:
    """
    Drop the interest and fees after `on`; of the running period, keep interest for the days elapsed, half-up.

    Where the contract charges interest in full, only the fees are dropped.
    """
    if contract.early.interest is EarlyInterest.IN_FULL:
        return _without_later_fees(position, on)
    rows = []
    for row, kept in zip(position.installments, unpaid_earned(position, contract, on), strict=True):
        if row.due_on > on:
            unearned = max(0, row.unpaid_interest - kept)
            row = row.waive(Component.INTEREST, unearned).waive(Component.FEE, row.unpaid_fee - row.fee_owed(on))
        rows.append(row)
    return tuple(rows)


def unpaid_earned(position: Position, contract: Contract, on: date) -> list[int]:
    """
    Return, for each installment, the interest that is due or that its days have earned by `on` and that is unpaid.

    What a payment holiday parks is in the later installments that demand it, less what its days are still to earn.
    """
    found = []
    for row, since in with_period_starts(position.installments, contract.starts_on):
        earned = row.interest if row.due_on <= on else earned_interest(row, since, on)
        found.append(max(0, min(earned, row.interest) - row.paid_interest - row.waived_interest))
    return without_still_parked(position.installments, found, on)


def without_still_parked(rows: Sequence[Installment], earned: list[int], on: date) -> list[int]:
    """Take what a payment holiday is still to earn out of the latest installments that demand it."""
    parked = sum(still_parked(row, on) for row in rows)
    for index in range(len(rows) - 1, -1, -1) if parked else ():
        part = min(parked, earned[index], rows[index].earned_interest)
        earned[index] -= part
        parked -= part
    return earned


def still_parked(row: Installment, on: date) -> int:
    """
    Return what an installment of a payment holiday is still to earn after `on`; 0 for any other.

    Such a row demands nothing, and says in `earned_interest` what its days earn for later rows to demand.
    """
    if not row.is_parking or row.due_on <= on or row.period_from is None:
        return 0
    by_days = Decimal(row.earned_interest * max(0, (on - row.period_from).days)) / (row.due_on - row.period_from).days
    return row.earned_interest - to_minor(by_days, Rounding.HALF_UP)


def with_period_starts(rows: Sequence[Installment], starts_on: date) -> Iterator[tuple[Installment, date]]:
    """Yield each row with the day from which its interest runs: its own, else the latest due date before it."""
    previous_due = starts_on
    for row in rows:
        yield row, row.period_from or previous_due
        previous_due = max(previous_due, row.due_on)


def earned_interest(row: Installment, period_from: date, on: date) -> int:
    """
    Return the interest that the days of the row's period up to `on` have earned, at most what the row demands.

    A row that new terms closed demands less than it had earned; they demand the rest.
    """
    period, elapsed = (row.due_on - period_from).days, max(0, (on - period_from).days)
    if period <= 0:  # a holiday moved the row before it beyond this one
        return row.interest
    by_days = Decimal((row.interest - row.earned_interest) * elapsed) / period
    return min(row.interest, row.earned_interest + to_minor(by_days, Rounding.HALF_UP))


def _monthly_day(installments: Sequence[Installment]) -> int | None:
    """Return the day of the month that all due dates aim at, None when they are not monthly."""
    day = max(row.due_on.day for row in installments)
    monthly = all(row.due_on == add_months(row.due_on, 0, day=day) for row in installments)
    return day if monthly else None


def _without_later_fees(position: Position, on: date) -> tuple[Installment, ...]:
    return tuple(row.waive(Component.FEE, row.unpaid_fee - row.fee_owed(on)) for row in position.installments)


def _no_longer_demanded(row: Installment) -> Installment:
    for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
        row = row.waive(component, row.unpaid_of(component))
    return row


def _settled_when_done(position: Position, contract: Contract) -> Position:
    if position.status is not Status.ACTIVE or position.penalty_due(contract) or position.refund_due:
        return position
    if position.principal or any(row.unpaid for row in position.installments):
        return position
    if contract.interest_basis is InterestBasis.DAILY and position.interest_due(contract) > 0:
        return position  # earned since the interest was waived or paid, and demanded by no installment
    return changed(position, status=Status.SETTLED)
