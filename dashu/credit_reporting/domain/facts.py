"""What is true of a loan at the end of a month, before anything is decided on what of it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Happening:
    """Something beside the plan: a special transaction. :param code: of the bureau."""

    code: str
    on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """
    Amounts in minor units.

    :param month: its first day. :param month_end: its last one.
    :param opened_on: when the borrower received the money. :param starts_on: since when it is on our books.
    :param status: of `Loan.Status`; SETTLED for a charged-off claim that was paid in full.
    :param tier: the class of the five tiers, floors counted in.
    :param balance: principal that is still claimed. :param before: the same at the end of the month before.
    :param raised: principal that came on the plan in the month: paid out, or interest added to it.
    :param paid_principal, reduced: principal that was paid, and given up, in the month.
    :param ended: principal whose claim ended with a sale or a write-off.
    :param charged_off: principal that was claimed when it was booked as a loss; 0 where it was not.
    :param overdue: principal, interest and fees past due. :param overdue_by_age: of principal, by the first day of age.
    :param periods_behind: installments past due. :param periods_left: those that are still to come.
    :param due, paid: what was to be paid in the month by the plan, and what came in.
    :param noted: the code of each month up to this one, by its first day.
    """

    loan_id: int
    number: str
    borrower_id: int
    currency: str
    product_kind: str
    month: date
    month_end: date
    opened_on: date
    starts_on: date
    matures_on: date | None
    status: str
    tier: str
    lent: int
    balance: int
    before: int
    raised: int
    paid_principal: int
    reduced: int
    ended: int
    charged_off: int
    days_past_due: int
    oldest_due_on: date | None
    overdue: int
    overdue_by_age: Mapping[int, int]
    periods: int
    periods_behind: int
    periods_left: int
    due: int
    paid: int
    latest_paid_on: date | None
    happened: tuple[Happening, ...]
    noted: Mapping[date, str]

    @property
    def code(self) -> str:
        return self.noted[self.month]
