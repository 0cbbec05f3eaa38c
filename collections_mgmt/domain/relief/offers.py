"""What is offered, or why not: the values that the engine returns."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from collections_mgmt.domain.relief.demands import Plan
from dashu.finance.affordability import Burden
from dashu.finance.relief import Act, Relief, ReliefMethod


class Code(StrEnum):
    """Why there is no such offer. The numbers that decided stand beside it in `Refusal`."""

    # Of the loan or the borrower: no method of relief is offered.
    NOT_RUNNING = "not_running"
    IN_DOUBT = "in_doubt"
    TOO_MANY_PLANS = "too_many_plans"
    PLAN_TOO_YOUNG = "plan_too_young"
    TAKEN_BACK_LATELY = "taken_back_lately"
    NO_SURPLUS = "no_surplus"
    PLAN_FITS = "plan_fits"

    # Of a method in this case.
    NOT_ALLOWED = "not_allowed"
    NO_ARREARS = "no_arrears"
    NO_PAYDAY = "no_payday"
    FITS_PAYDAY = "fits_payday"
    MOVED_LATELY = "moved_lately"
    UNPAID_SINCE_MOVE = "unpaid_since_move"
    NOT_TEMPORARY = "not_temporary"
    NOTHING_TO_WAIVE = "nothing_to_waive"
    ONE_LOAN = "one_loan"
    OPEN_ELSEWHERE = "open_elsewhere"
    TOO_EARLY = "too_early"
    NO_LUMP_SUM = "no_lump_sum"
    PAYS_ALL = "pays_all"
    NEEDS_PERSON = "needs_person"
    DOES_NOT_FIT_LOAN = "does_not_fit_loan"
    BELOW_INTEREST = "below_interest"

    # Of a relief beyond a bound.
    TOO_LONG_PAUSE = "too_long_pause"
    BEYOND_TERM = "beyond_term"
    BEYOND_COUNT = "beyond_count"
    RATE_RISES = "rate_rises"
    CUT_TOO_DEEP = "cut_too_deep"
    WAIVER_TOO_DEEP = "waiver_too_deep"
    ABOVE_CAP = "above_cap"
    NOT_AFFORDABLE = "not_affordable"
    VALUE_LOSS = "value_loss"
    NO_GAIN = "no_gain"

    # Of a relief that could be had, and is not among the few that are shown.
    GENTLER_FITS = "gentler_fits"
    SAME_SHAPE = "same_shape"
    BEYOND_MOST = "beyond_most"


# Where a person with authority may still say yes: nothing that the borrower cannot afford, and nothing beyond the law.
FOR_A_PERSON = frozenset(
    {
        Code.IN_DOUBT,
        Code.TOO_MANY_PLANS,
        Code.PLAN_TOO_YOUNG,
        Code.TAKEN_BACK_LATELY,
        Code.NO_SURPLUS,
        Code.NEEDS_PERSON,
        Code.NO_LUMP_SUM,
        Code.TOO_LONG_PAUSE,
        Code.CUT_TOO_DEEP,
        Code.WAIVER_TOO_DEEP,
        Code.VALUE_LOSS,
        Code.NO_GAIN,
    }
)

# Where `found` and `limit` are amounts.
_IN_MONEY = frozenset(
    {
        Code.NO_SURPLUS,
        Code.PLAN_FITS,
        Code.NOT_AFFORDABLE,
        Code.NO_GAIN,
        Code.WAIVER_TOO_DEEP,
        Code.PAYS_ALL,
    }
)

Number = int | Decimal | date


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    :param found, limit: what decided, where numbers did: whole numbers are minor units where `is_money`, else counts;
        decimals are fractions.
    :param instead: the method that is offered in its place.
    """

    method: ReliefMethod
    code: Code
    found: Number | None = None
    limit: Number | None = None
    instead: ReliefMethod | None = None

    @property
    def needs_person(self) -> bool:
        """Whether a person may decide otherwise."""
        return self.code in FOR_A_PERSON

    @property
    def is_money(self) -> bool:
        return self.code in _IN_MONEY


class Shape(StrEnum):
    """What a method feels like to the borrower; two offers of one shape would be no choice."""

    DAY = "day"
    CATCH_UP = "catch_up"
    PAUSE = "pause"
    LOW_START = "low_start"
    LONGER = "longer"
    CHEAPER = "cheaper"
    JOINED = "joined"
    END = "end"


SHAPES = {
    ReliefMethod.DUE_DATE: Shape.DAY,
    ReliefMethod.ARREARS_PLAN: Shape.CATCH_UP,
    ReliefMethod.REAMORTIZATION: Shape.CATCH_UP,
    ReliefMethod.CAPITALIZATION: Shape.CATCH_UP,
    ReliefMethod.PAYMENT_HOLIDAY: Shape.PAUSE,
    ReliefMethod.INTEREST_ONLY: Shape.LOW_START,
    ReliefMethod.STEP_UP: Shape.LOW_START,
    ReliefMethod.TERM_EXTENSION: Shape.LONGER,
    ReliefMethod.RATE_CUT: Shape.CHEAPER,
    ReliefMethod.PARTIAL_WAIVER: Shape.CHEAPER,
    ReliefMethod.SETTLEMENT: Shape.END,
    ReliefMethod.CONSOLIDATION: Shape.JOINED,
}


class Effect(StrEnum):
    """What a plan does to the credit record, as the borrower is told before."""

    NONE = "none"
    RESTRUCTURED = "restructured"
    REDUCED = "reduced"


class Why(StrEnum):
    """Why an offer is the recommended one."""

    FOLLOWS_PAYDAY = "follows_payday"
    CATCHES_UP = "catches_up"
    BRIDGES_GAP = "bridges_gap"
    LOWERS_FOR_GOOD = "lowers_for_good"
    ONE_PAYMENT = "one_payment"
    COSTS_LEAST = "costs_least"


@dataclass(frozen=True, slots=True)
class Carried:
    """
    What a plan does to the months, in its tightest one.

    :param month: its first day. :param payment: what the loan asks for in it, minor units.
    :param is_watched: all debts take so much of the income that somebody looks at it, though the month can carry them.
    """

    month: date
    payment: int
    burden: Burden
    fits: bool
    is_watched: bool


@dataclass(frozen=True, slots=True)
class Worth:
    """
    What a plan is worth to the lender, minor units.

    :param value: present value at the rate before any relief.
    :param loss: the share of the present plan's value that it gives up, a fraction; negative: a gain.
    :param expected: of it, with the chance that the rest is lost.
    """

    value: int
    loss: Decimal
    expected: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The loan if nothing changes. :param all_in_rate: of the whole loan, the stricter; None: no rate explains it."""

    plan: Plan
    carried: Carried
    worth: Worth
    all_in_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A relief that may be agreed, and all that it does. Amounts in minor units.

    :param acts: that book it, in their order.
    :param annual_rate: of the contract from then on.
    :param extra_cost: what is to be paid more than under the present plan, if all is paid as agreed; negative: less.
    :param given_up: of what is owed, by waivers.
    :param effect, mark: on the credit record; the mark is the bureau's special event, empty for none.
    :param broken_after_days, cure_days: what happens if a payment is missed.
    """

    relief: Relief
    acts: tuple[Act, ...]
    plan: Plan
    annual_rate: Decimal
    extra_cost: int
    given_up: int
    all_in_rate: Decimal | None
    worth: Worth
    carried: Carried
    effect: Effect
    mark: str
    broken_after_days: int
    cure_days: int
    why: Why | None = None

    @property
    def method(self) -> ReliefMethod:
        return self.relief.method

    @property
    def shape(self) -> Shape:
        return SHAPES[self.method]


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    A settlement that is the way out, once a person asks for it and another one approves. Amounts in minor units.

    :param pays: at once. :param owed: what would end the loan today in full.
    :param expected: what the lender can expect of the loan without it.
    """

    owed: int
    pays: int
    expected: int

    @property
    def given_up(self) -> int:
        return self.owed - self.pays

    @property
    def share(self) -> Decimal:
        """Of what is owed, the fraction that is given up, to 6 decimals."""
        return (Decimal(self.given_up) / self.owed).quantize(Decimal("0.000001"))


@dataclass(frozen=True, slots=True)
class Options:
    """
    The answer to a case.

    :param offers: the recommended one first, with its reason in `why`; at most three.
    :param not_offered: every other method once, in the order of `ReliefMethod`.
    :param settlement: what a person can ask for, where no plan fits and a sum is there; its method stays not offered.
    """

    present: Standing
    offers: tuple[Offer, ...]
    not_offered: tuple[Refusal, ...]
    settlement: Proposal | None = None

    @property
    def recommended(self) -> Offer | None:
        return self.offers[0] if self.offers else None

    @property
    def needs_person(self) -> bool:
        """Whether somebody should look: there is no offer, and yet the present plan does not fit."""
        return not self.offers and not self.present.carried.fits
