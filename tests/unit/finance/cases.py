"""Random but valid terms, contracts and lives of loans for the property tests, and short ways to write exact ones."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from dashu.finance.allocation import Direction, Surplus, Waterfall
from dashu.finance.arrears import Pause
from dashu.finance.day_counts import DayCount
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import Contract, InterestBasis, opened
from dashu.finance.penalty import PenaltyBase, PenaltyRule
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.schedule import Fee, FeeTiming, Method, ScheduleTerms, build_schedule

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


@st.composite
def schedule_terms(draw: st.DrawFn, *, most: int = 10**12, longest: int = 48) -> ScheduleTerms:
    principal = draw(st.integers(1, 1_000) | st.integers(1_000, most))
    period = draw(st.sampled_from(Period))
    started = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    first = draw(st.none() | st.integers(1, 70).map(lambda days: started + timedelta(days=days)))
    monthly_day = period is Period.MONTH and first is None and draw(st.booleans())
    return ScheduleTerms(
        principal=principal,
        annual_rate=draw(rates),
        method=draw(st.sampled_from(Method)),
        count=draw(st.integers(1, longest)),
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
        fees=tuple(draw(st.lists(fees(principal), max_size=2))),
    )


@st.composite
def fees(draw: st.DrawFn, principal: int) -> Fee:
    timing = draw(st.sampled_from(FeeTiming))
    most = max((principal - 1) // 3, 0) if timing is FeeTiming.UPFRONT else 10_000
    return Fee("fee", draw(st.integers(0, most)), timing)


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
