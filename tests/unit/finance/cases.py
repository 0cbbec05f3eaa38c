"""Random but valid terms, contracts and lives of loans for the property tests, and short ways to write exact ones."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from dashu.finance.allocation import Direction, Surplus, Waterfall
from dashu.finance.arrears import Pause
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import Contract, InterestBasis, opened
from dashu.finance.penalty import PenaltyBase, PenaltyRule
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.schedule import build_schedule, detailed_schedule
from dashu.finance.terms import (
    Accrual,
    CardPlan,
    Compounding,
    CustomRow,
    DeferredInterest,
    Holiday,
    HolidayInterest,
    InvalidTerms,
    Method,
    OnRateChange,
    RateChange,
    Remainder,
    ScheduleTerms,
    Step,
    Stub,
    Tranche,
)
from dashu.kernel.money import split_minor

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
START = date(2026, 1, 15)

rates = st.integers(0, 360_000).map(lambda millionths: Decimal(millionths) / 1_000_000)


def golden(name: str) -> list[dict[str, str]]:
    """Read a golden file; a first line that starts with # names its source."""
    lines = (GOLDEN / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def installments(*parts: tuple[date, int, int]) -> tuple[Installment, ...]:
    return tuple(Installment(n, due, principal, interest) for n, (due, principal, interest) in enumerate(parts, 1))


def rows_of(terms: ScheduleTerms) -> tuple[Installment, ...]:
    return tuple(
        Installment(row.number, row.due_on, row.principal, row.interest, row.fee) for row in build_schedule(terms)
    )


# The methods whose terms need nothing else, as the live book's first products use them.
PLAIN_METHODS = (
    Method.EQUAL_INSTALLMENT,
    Method.EQUAL_PRINCIPAL,
    Method.INTEREST_ONLY,
    Method.BULLET,
    Method.FLAT,
)


def needed_by(method: Method, *, principal: int = 1_200_00, count: int = 12) -> dict[str, object]:
    """Return the terms without which a method is refused."""
    match method:
        case Method.STEP:
            return {"step": Step(every=12, change=Decimal("-0.02"))}
        case Method.SEASONAL:
            return {"interest_only_months": (1, 2)}
        case Method.CARD_PLAN:
            return {"card_plan": CardPlan(fixed=principal)}
        case Method.CUSTOM:
            days = [START + timedelta(days=30 * number) for number in range(1, count + 1)]
            rows = [CustomRow(day, principal=principal // count) for day in days[:-1]]
            return {"custom_rows": (*rows, CustomRow(days[-1]))}
    return {}


@st.composite
def schedule_terms(draw: st.DrawFn, *, most: int = 10**12, longest: int = 48) -> ScheduleTerms:
    """Terms of the plain methods, without relief or changes."""
    principal = draw(st.integers(1, 1_000) | st.integers(1_000, most))
    period = draw(st.sampled_from(Period))
    started = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    first = draw(st.none() | st.integers(1, 70).map(lambda days: started + timedelta(days=days)))
    monthly_day = period is Period.MONTH and first is None and draw(st.booleans())
    count = draw(st.integers(1, longest))
    return ScheduleTerms(
        principal=principal,
        annual_rate=draw(rates),
        method=draw(st.sampled_from(PLAIN_METHODS)),
        count=count,
        disbursed_on=started,
        due_rule=DueRule(
            period,
            every=draw(st.integers(1, 3)),
            first_due_on=first,
            due_day=draw(st.integers(1, 31)) if monthly_day else None,
        ),
        day_count=draw(st.sampled_from(DayCount)),
        rounding=draw(st.sampled_from(Rounding)),
        balloon=draw(st.integers(0, principal)),
        fees=tuple(draw(st.lists(fees(principal, count), max_size=2))),
    )


@st.composite
def any_terms(draw: st.DrawFn) -> ScheduleTerms:
    """Terms of every method with every option, contradictions left out."""
    plain = draw(schedule_terms(most=10**10, longest=30))
    method = draw(st.sampled_from(Method))
    changes: dict[str, object] = {
        "method": method,
        "balloon": plain.balloon if method in PLAIN_METHODS else 0,
        "accrual": draw(st.sampled_from([None, *Accrual])),
        "compounding": draw(st.sampled_from(Compounding)),
        "stub": draw(st.sampled_from(Stub)),
        "remainder": draw(st.sampled_from(Remainder)),
        "rounding_unit": draw(st.sampled_from([1, 1, 100, 1_000])),
        "deferred_interest": draw(st.sampled_from(DeferredInterest)),
        "on_rate_change": draw(st.sampled_from(OnRateChange)),
    } | needed_by(method, principal=plain.principal, count=plain.count)
    if method is Method.CUSTOM:
        changes["custom_rows"] = draw(custom_rows(plain))
    for grace in ("grace_principal", "grace_interest", "interest_free"):
        changes[grace] = draw(st.sampled_from([0, 0, 1, 3]))
    days = st.integers(1, 200).map(lambda days: plain.disbursed_on + timedelta(days=days))
    rising = st.lists(days, max_size=2, unique=True).map(sorted)
    changes["rate_changes"] = tuple(RateChange(day, draw(rates)) for day in draw(rising))
    financed = draw(st.integers(0, plain.principal // 4))
    changes["fees"] = (*plain.fees, Fee("financed", financed, FeeTiming.FINANCED))
    if draw(st.booleans()):
        changes["holidays"] = (Holiday(draw(st.integers(1, 9)), 2, draw(st.sampled_from(HolidayInterest))),)
    else:
        changes["tranches"] = tuple(Tranche(day, plain.principal // 3) for day in draw(rising))
    terms = _fitting(plain, changes)
    return replace(terms, card_plan=draw(card_plans(terms))) if method is Method.CARD_PLAN else terms


def _fitting(plain: ScheduleTerms, changes: dict[str, object]) -> ScheduleTerms:
    for option in _DROPPABLE:
        try:
            return replace(plain, **changes)  # type: ignore[arg-type]
        except InvalidTerms:
            changes.pop(option, None)
    return replace(plain, **changes)  # type: ignore[arg-type]


# Dropped one after the other until the rest fits together.
_DROPPABLE = (
    "stub", "remainder", "tranches", "holidays", "grace_principal", "grace_interest", "interest_free", "fees",
    "rate_changes",
)  # fmt: skip


@st.composite
def card_plans(draw: st.DrawFn, terms: ScheduleTerms) -> CardPlan:
    """A fixed payment that covers the interest of every period, also of one in which nothing was repaid before."""
    unpaid = detailed_schedule(replace(terms, method=Method.INTEREST_ONLY, card_plan=None))
    least = max(1, *(sum(charge.minor for charge in part.charges) for part in unpaid.parts))
    return CardPlan(fixed=draw(st.integers(least, least + terms.principal)))


@st.composite
def custom_rows(draw: st.DrawFn, terms: ScheduleTerms) -> tuple[CustomRow, ...]:
    gaps = draw(st.lists(st.integers(1, 90), min_size=terms.count, max_size=terms.count))
    shares = split_minor(terms.principal, terms.count)
    days = [terms.disbursed_on + timedelta(days=sum(gaps[: number + 1])) for number in range(terms.count)]
    rows = [CustomRow(day, principal=share) for day, share in zip(days, shares, strict=True)]
    return (*rows[:-1], CustomRow(days[-1]))


@st.composite
def fees(draw: st.DrawFn, principal: int, count: int) -> Fee:
    """A fee that with a second one like it stays below the principal."""
    timing = draw(st.sampled_from([timing for timing in FeeTiming if timing is not FeeTiming.FINANCED]))
    most = max(principal - 1, 0) // (3 * (count if timing is FeeTiming.EACH else 1))
    return Fee("fee", draw(st.integers(0, min(most, 10_000))), timing)


waterfalls = st.builds(
    Waterfall,
    order=st.permutations(list(Component)).map(tuple),
    direction=st.sampled_from(Direction),
    surplus=st.sampled_from(Surplus),
)

penalty_rules = st.builds(
    PenaltyRule,
    annual_rate=rates,
    base=st.sampled_from(PenaltyBase),
    year_days=st.sampled_from([360, 365]),
    grace_days=st.integers(0, 5),
)


@st.composite
def open_loans(draw: st.DrawFn, *, basis: InterestBasis | None = None):
    """A contract and its position right after the payout."""
    terms = draw(schedule_terms(most=10**8, longest=8).filter(lambda terms: terms.disbursed_on.year < 2039))
    contract = Contract(
        starts_on=terms.disbursed_on,
        annual_rate=terms.annual_rate,
        waterfall=draw(waterfalls),
        penalty=draw(penalty_rules),
        interest_basis=basis or draw(st.sampled_from(InterestBasis)),
        tolerance_bps=draw(st.sampled_from([0, 0, 500])),
    )
    return contract, opened(contract, rows_of(terms), terms.principal)


pauses = st.lists(
    st.tuples(st.integers(0, 90), st.none() | st.integers(0, 60)).map(
        lambda pair: Pause(
            START + timedelta(days=pair[0]),
            None if pair[1] is None else START + timedelta(days=pair[0] + pair[1]),
        )
    ),
    max_size=4,
)
