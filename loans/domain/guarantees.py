"""
What a guarantee of a share of a loan comes to, and where the word of a guarantor stands.

A guarantor answers for a part of what the business owes, in basis points, and for no more. They are asked about one
cost sheet; when one of its figures changes they are asked again.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.dates import add_months
from loans.domain.cost_sheet import CostSheet

# A guarantor is asked for the share at the latest so many months after the last due date (Civil Code, article 692).
CLAIMED_WITHIN_MONTHS = 6
LAST_DIGITS = 6


class State(StrEnum):
    """How far it is with one guarantor and the cost sheet as it is now."""

    NOT_ASKED = "NOT_ASKED"  # the applicant has not understood the sheet yet, or no message can be sent
    WAITING = "WAITING"
    LINK_OVER = "LINK_OVER"  # the link ran out, or was tried too often
    SIGNED = "SIGNED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Burden:
    """
    What a guarantor may have to pay, minor units: at the beginning at most, when every payment is still open.

    :param principal: the share of the sum that is lent.
    :param total: the share of everything that is paid back when every payment is on time.
    :param late: the share of what the example of the cost sheet says a delay costs.
    :param last_due_on: of the last installment, if the money is paid out today.
    :param claimed_until: the last day on which the share can be asked for.
    """

    principal: int
    total: int
    late: int
    last_due_on: date
    claimed_until: date


def burden_of(sheet: CostSheet, share_bps: int) -> Burden:
    last_due_on = sheet.rows[-1].due_on
    return Burden(
        principal=share_of(sheet.principal, share_bps),
        total=share_of(sheet.total, share_bps),
        late=share_of(sheet.late.amount, share_bps),
        last_due_on=last_due_on,
        claimed_until=add_months(last_due_on, CLAIMED_WITHIN_MONTHS),
    )


def share_of(minor: int, share_bps: int) -> int:
    """Return a share of an amount, minor units, a half rounded up."""
    return to_minor(Decimal(minor) * share_bps / 10_000, Rounding.HALF_UP)


def ends_with(number: str, typed: str) -> bool:
    """
    Return whether these are the last six signs of an ID number; how many of them are right shows in no time.

    :param typed: in its normal form; nothing but six signs is ever right.
    """
    return len(typed) == LAST_DIGITS and secrets.compare_digest(number[-LAST_DIGITS:].encode(), typed.encode())


def state_of(*, answer: str, is_asked: bool, has_open_link: bool) -> State:
    """
    Return where a guarantor stands.

    :param answer: the latest to the sheet as it is now, "SIGNED", "DECLINED" or "".
    :param is_asked: whether a link was made for this sheet.
    :param has_open_link: whether one of these can still be opened.
    """
    if answer:
        return State(answer)
    if not is_asked:
        return State.NOT_ASKED
    return State.WAITING if has_open_link else State.LINK_OVER


def all_signed(states: Sequence[State]) -> bool:
    """Whether the contract can be signed; it can where nobody guarantees."""
    return all(state is State.SIGNED for state in states)
