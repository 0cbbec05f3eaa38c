"""What can happen to a loan, as plain values: the events that `dashu.finance.replay` lives through."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dashu.finance.installments import Component, Installment
from dashu.finance.prepayment import Keep
from dashu.finance.terms import ScheduleTerms


class EventType(StrEnum):
    """
    `write_off` is the name back offices use for booking a loan as lost while the claim continues; `charge_off` is the
    same. `end_claim` gives the claim up.
    """

    DISBURSE = "disburse"
    TAKE_OVER = "take_over"
    PAYMENT = "payment"
    PROCEEDS = "proceeds"
    PREPAY = "prepay"
    SETTLE = "settle"
    RECOVERY = "recovery"
    REVERSAL = "reversal"
    WAIVER = "waiver"
    FEE = "fee"
    REFUND = "refund"
    EXTEND = "extend"
    RESTRUCTURE = "restructure"
    ARREARS_PLAN = "arrears_plan"
    RATE_CHANGE = "rate_change"
    DUE_DAY = "due_day"
    PAUSE = "pause"
    RESUME = "resume"
    WRITE_OFF = "write_off"
    CHARGE_OFF = "charge_off"
    END_CLAIM = "end_claim"
    SALE = "sale"


OPENING = (EventType.DISBURSE, EventType.TAKE_OVER)
MONEY = (EventType.PAYMENT, EventType.PROCEEDS, EventType.PREPAY, EventType.SETTLE, EventType.RECOVERY)
REVERSIBLE = tuple(kind for kind in EventType if kind not in (*OPENING, EventType.REVERSAL))


@dataclass(frozen=True, slots=True)
class Event:
    """
    :param on: value date.
    :param posted_on: when it was written; only a fee may be written before `on`.
    :param amount: minor units; 0 for events that move no money.
    :param component: what a waiver gives up.
    :param reverses: id of the event that a reversal undoes.
    :param replaces: id of an event whose place it takes, with its own value date, once that event is reversed. Until
        the day of the reversal the other counts, and it does not.
    :param terms: the new terms of a restructuring.
    :param keeps_rate: they leave the rate as it is in force on their day, whatever `terms` says.
    :param over: number of installments over which an arrears plan, or a restructuring, spreads what is unpaid; None in
        a restructuring: the first new installment asks for the interest, and fees that are due refuse it.
    :param capitalizes: a restructuring adds the unpaid interest to the principal.
    :param is_internal: an opening or a settlement that moves no money, between loans of one borrower on the same day.
    :param keep: what a prepayment leaves as it is.
    :param installment: the number that the payer of a payment chose to pay first.
    :param months: length of a payment holiday.
    :param annual_rate: the new rate of a rate change.
    :param due_day: the new day of the month.
    :param rows, interest_through: the schedule of an opening that is not computed from the terms, and to which day a
        loan that is taken over has paid its interest.
    :param penalty, credit: what a loan that is taken over brings beside its principal and its rows.
    :param is_booked: it was accepted before. What a correction with an earlier value date leaves of it is then put
        right instead of refused: money is money, a waiver gives up at most what is owed.
    :param at: where the event stands in its document, for refusals.
    """

    type: EventType
    on: date
    posted_on: date
    amount: int = 0
    id: str = ""
    component: Component | None = None
    reverses: str = ""
    replaces: str = ""
    terms: ScheduleTerms | None = None
    keeps_rate: bool = False
    over: int | None = None
    capitalizes: bool = False
    is_internal: bool = False
    keep: Keep = Keep.TERM
    installment: int | None = None
    months: int = 0
    annual_rate: Decimal | None = None
    due_day: int | None = None
    rows: tuple[Installment, ...] = ()
    interest_through: date | None = None
    penalty: int = 0
    credit: int = 0
    is_booked: bool = False
    at: str = ""

    @property
    def counts_from(self) -> date:
        return min(self.on, self.posted_on)
