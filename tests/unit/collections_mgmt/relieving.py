"""A borrower's loan that runs for a while, and a household, for the tests of relief."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.domain.relief.budget import Statement, means_of
from collections_mgmt.domain.relief.cases import Bounds, Case
from dashu.finance.affordability import AffordabilityRules, Amount
from dashu.finance.events import Event, EventType
from dashu.finance.loan import Contract
from dashu.finance.penalty import PenaltyRule
from dashu.finance.relief import ReliefMethod, life_at_end
from dashu.finance.replay import live_through
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.dates import add_months
from dashu.policy.relief import LossBand, OfferLevel, PlanClocks, ReliefLimits, WaiverStage

STARTS_ON, ON = date(2026, 1, 15), date(2026, 6, 20)

LIMITS = ReliefLimits(
    most_restructurings=2,
    within_months=24,
    first_payments=3,
    cooling_off_days=7,
    deciding_days=14,
    remind_days=3,
    peace_days=28,
    peace_within_days=90,
    due_day_months=6,
    most_withdrawals=1,
    withdrawal_months=3,
    most_offers=3,
    value_loss=Decimal("0.01"),
    capitalizes=False,
    longest_months={
        ReliefMethod.PAYMENT_HOLIDAY: 3,
        ReliefMethod.INTEREST_ONLY: 6,
        ReliefMethod.STEP_UP: 6,
        ReliefMethod.ARREARS_PLAN: 12,
    },
    deepest_rate_cut=Decimal("0.06"),
    waivers=(WaiverStage(31, Decimal("0.1")), WaiverStage(61, Decimal("0.3"))),
    longest_terms={"CONSUMER": 60},
    levels=(OfferLevel("COLLECTOR", Decimal("0.01")), OfferLevel("ADMIN", Decimal(1))),
)
CLOCKS = PlanClocks(
    broken_after_days=10, cure_days=30, observation_months=12, observation_payments=2, probation_months=24
)
BAND = LossBand(0, carried=Decimal("0.06"), beyond=Decimal("0.45"), relieved=Decimal("0.15"))
AFFORDABILITY = AffordabilityRules(
    unverified_income=Decimal(1),
    buffer=Decimal("0.1"),
    watched_debt=Decimal("0.5"),
    highest_debt=Decimal("0.55"),
    stressed_income=Decimal("0.8"),
    stressed_rate=Decimal(0),
)


def terms(**changes: Any) -> ScheduleTerms:
    """12,000.00 over 12 months at 18% from 2026-01-15, in equal installments of 1,100.16."""
    usual: dict[str, Any] = {
        "principal": 12_000_00,
        "annual_rate": Decimal("0.18"),
        "method": Method.EQUAL_INSTALLMENT,
        "count": 12,
        "disbursed_on": STARTS_ON,
    }
    return ScheduleTerms(**{**usual, **changes})


def paid(of: ScheduleTerms, count: int) -> list[Event]:
    """Return the payout, and that many installments paid on their due dates."""
    rows = build_schedule(of)[:count]
    opening = Event(EventType.DISBURSE, of.disbursed_on, of.disbursed_on)
    return [opening, *(Event(EventType.PAYMENT, row.due_on, row.due_on, amount=row.total) for row in rows)]


def statement(
    income: int,
    essentials: int = 2_000_00,
    other_debts: int = 0,
    *,
    later: int | None = None,
    from_: date | None = None,
) -> Statement:
    return Statement(Amount(income), {"FOOD": essentials}, Amount(other_debts), later_income=later, later_from=from_)


def case(
    household: Statement,
    *,
    of: ScheduleTerms | None = None,
    payments: int = 5,
    more: Sequence[Event] = (),
    penalty: str = "0",
    on: date = ON,
    bounds: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Case:
    """Return the case of a loan of `terms()` with so many installments paid; five are due by 2026-06-20."""
    of = of or terms()
    events = [*paid(of, payments), *more]
    contract = Contract(of.disbursed_on, of.annual_rate, penalty=PenaltyRule(Decimal(penalty)))
    usual: dict[str, Any] = {
        "limits": LIMITS,
        "clocks": CLOCKS,
        "losses": BAND,
        "loss_given_default": Decimal("0.65"),
        "rate_cap": Decimal("0.24"),
        "last_day": add_months(of.disbursed_on, 60),
        "longest_count": 36,
        "credit_marks": {ReliefMethod.TERM_EXTENSION: "1"},
    }
    return Case(
        life=life_at_end(live_through(of, contract, events)),
        on=on,
        means=means_of(household, AFFORDABILITY),
        bounds=Bounds(**{**usual, **(bounds or {})}),
        advances=[(of.disbursed_on, of.principal)],
        payments=[(event.on, event.amount) for event in events if event.type is EventType.PAYMENT],
        **changes,
    )
