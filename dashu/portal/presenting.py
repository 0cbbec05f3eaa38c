"""Loans as their borrower reads them: a state in plain words and the one next step, all decided before the template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dashu.policy.rules import BankAccount
from dashu.portal.explaining import Why
from loans.models import Loan
from repayments.domain.standing import RowState, ScheduleRow, Standing
from repayments.domain.virtual_accounts import grouped

SOON_DAYS = 7


class LoanState(StrEnum):
    """How a loan stands for its borrower. The order is the order of urgency."""

    OVERDUE = "OVERDUE"
    DUE_TODAY = "DUE_TODAY"
    DUE_SOON = "DUE_SOON"
    ON_TRACK = "ON_TRACK"
    WAITING = "WAITING"
    PAID_OFF = "PAID_OFF"


@dataclass(frozen=True, slots=True)
class Badge:
    tone: str
    icon: str
    text: Promise


BADGES = {
    LoanState.OVERDUE: Badge("late", "triangle-alert", _("Overdue")),
    LoanState.DUE_TODAY: Badge("soon", "clock", _("Due today")),
    LoanState.DUE_SOON: Badge("soon", "clock", _("Due soon")),
    LoanState.ON_TRACK: Badge("good", "circle-check", _("On track")),
    LoanState.WAITING: Badge("calm", "clock", _("Waiting for payout")),
    LoanState.PAID_OFF: Badge("calm", "check", _("Paid off")),
}

ROW_BADGES = {
    RowState.PAID: Badge("good", "check", _("Paid")),
    RowState.OVERDUE: Badge("late", "triangle-alert", _("Overdue")),
    RowState.DUE_TODAY: Badge("soon", "clock", _("Due today")),
    RowState.NEXT: Badge("calm", "calendar-clock", pgettext_lazy("installment", "Next")),
    RowState.LATER: Badge("plain", "circle", _("Later")),
}


@dataclass(frozen=True, slots=True)
class LoanCard:
    """A loan with its standing; `standing` is None until it is paid out. `days_left` counts to the next due date."""

    number: str
    product: str
    currency: str
    principal_minor: int
    count: int
    state: LoanState
    standing: Standing | None
    days_left: int | None

    @property
    def badge(self) -> Badge:
        return BADGES[self.state]

    @property
    def paid_percent(self) -> int:
        return self.standing.paid_rows * 100 // len(self.standing.rows) if self.standing else 0

    @property
    def asks_for_money(self) -> bool:
        return self.standing is not None and self.standing.to_pay_next > 0

    @property
    def due_on(self) -> date | None:
        """The day of the oldest demand that is still open; None when nothing is."""
        return (self.standing.oldest_due_on or self.standing.next_due_on) if self.standing else None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the home page says: the loans, most urgent first, and what they come to."""

    cards: tuple[LoanCard, ...]
    next_step: LoanCard | None
    due_now_minor: int
    next_due_on: date | None
    principal_minor: int
    currency: str

    @property
    def is_late(self) -> bool:
        return self.next_step is not None and self.next_step.state is LoanState.OVERDUE

    @property
    def can_pay_together(self) -> bool:
        return sum(card.asks_for_money for card in self.cards) > 1


@dataclass(frozen=True, slots=True)
class ShownRow:
    """:param why: how the row came about; None where that is not shown."""

    row: ScheduleRow
    badge: Badge
    is_now: bool
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class BankTransfer:
    """Where a bank transfer goes. :param number: the loan's own account; `reference` goes into the payment's text."""

    bank: BankAccount
    number: str
    reference: str

    @property
    def grouped(self) -> str:
        return grouped(self.number)


def card_of(loan: Loan, standing: Standing | None, today: date) -> LoanCard:
    """:param loan: with its product loaded."""
    days_left = (standing.next_due_on - today).days if standing and standing.next_due_on else None
    return LoanCard(
        number=loan.number,
        product=loan.product_terms.product.label,
        currency=loan.currency,
        principal_minor=loan.principal_minor,
        count=loan.installment_count,
        state=_state(standing, days_left),
        standing=standing,
        days_left=days_left,
    )


def overview_of(cards: Iterable[LoanCard], currency: str) -> Overview:
    order = list(LoanState)
    ordered = sorted(cards, key=lambda card: (order.index(card.state), card.due_on or date.max, card.number))
    standings = [card.standing for card in ordered if card.standing]
    return Overview(
        cards=tuple(ordered),
        next_step=next((card for card in ordered if card.asks_for_money), None),
        due_now_minor=sum(standing.due_now for standing in standings),
        next_due_on=min((standing.next_due_on for standing in standings if standing.next_due_on), default=None),
        principal_minor=sum(standing.principal for standing in standings),
        currency=currency,
    )


def shown_rows(standing: Standing, whys: Mapping[int, Why | None] | None = None) -> list[ShownRow]:
    """Return the schedule with the row to act on marked: the oldest overdue one, else the next."""
    now = next((row.number for row in standing.rows if row.unpaid), None)
    return [
        ShownRow(row, ROW_BADGES[row.state], row.number == now, (whys or {}).get(row.number)) for row in standing.rows
    ]


def _state(standing: Standing | None, days_left: int | None) -> LoanState:
    if standing is None:
        return LoanState.WAITING
    if standing.left_to_pay == 0:
        return LoanState.PAID_OFF
    if standing.overdue or standing.penalty:
        return LoanState.OVERDUE
    if standing.due_today or standing.rest:
        return LoanState.DUE_TODAY
    return LoanState.DUE_SOON if days_left is not None and days_left <= SOON_DAYS else LoanState.ON_TRACK
