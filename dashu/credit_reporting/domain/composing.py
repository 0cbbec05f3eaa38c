"""What a layout's fields hold of a month: the values of one record, as texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from dashu.credit_reporting.domain.facts import MonthFacts
from dashu.credit_reporting.domain.layouts import Layout
from dashu.finance.arrears import Scale

TIERS = {"NORMAL": "1", "SPECIAL_MENTION": "2", "SUBSTANDARD": "3", "DOUBTFUL": "4", "LOSS": "5"}


@dataclass(frozen=True, slots=True)
class Said:
    """
    What stands in a record beside the facts.

    :param grid: see `telling.Grid`. :param consent: the reference of the borrower's consent.
    :param statement: of the borrower, to what stands. :param dispute: how a dispute stands.
    :param first_late_on: since when it is late without a break; None where it is not.
    :param late_before_on: the same of the last time that it was late and caught up; None for never.
    """

    grid: str
    consent: str = ""
    is_disputed: bool = False
    was_disputed: bool = False
    statement: str = ""
    first_late_on: date | None = None
    late_before_on: date | None = None


@dataclass(frozen=True, slots=True)
class Coding:
    """How a bureau writes things. :param marks: of the rule `credit_record.codes`."""

    by_days: Scale
    marks: Mapping[str, str]
    states: Mapping[str, str]
    longest_statement: int = 200
    constants: Mapping[str, str] = field(default_factory=dict)


Compose = Callable[[Layout, MonthFacts, Said, Coding], dict[str, str]]


def amount(minor: int) -> str:
    """Write minor units with two decimals, such as "1200.05"."""
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def state_of(facts: MonthFacts, coding: Coding) -> str:
    name = {"ACTIVE": "LATE" if facts.days_past_due else "RUNNING"}.get(facts.status, facts.status)
    return coding.states[name]


def account_month(layout: Layout, facts: MonthFacts, said: Said, coding: Coding) -> dict[str, str]:
    ages = [facts.overdue_by_age.get(from_days, 0) for from_days in (31, 61, 91, 181)]
    return {
        "account": facts.number,
        "month": f"{facts.month:%Y%m}",
        "consent": said.consent,
        "currency": facts.currency,
        "opened_on": layout.day(facts.opened_on),
        "matures_on": layout.day(facts.matures_on),
        "lent": amount(facts.lent),
        "state": state_of(facts, coding),
        "tier": TIERS.get(facts.tier, ""),
        "code": facts.code,
        "grid": said.grid,
        "balance": amount(facts.balance),
        "before": amount(facts.before),
        "raised": amount(facts.raised),
        "paid_principal": amount(facts.paid_principal),
        "reduced": amount(facts.reduced + facts.ended),
        "overdue": amount(facts.overdue),
        **{f"overdue_{days}": amount(minor) for days, minor in zip((31, 61, 91, 181), ages, strict=True)},
        "periods_behind": str(facts.periods_behind),
        "due": amount(facts.due),
        "paid": amount(facts.paid),
        "last_paid_on": layout.day(facts.latest_paid_on),
        "periods_left": str(facts.periods_left),
        "happened": ";".join(
            f"{each.code}:{layout.day(each.on)}:{amount(each.amount_minor)}" for each in facts.happened
        ),
        "disputed": "1" if said.is_disputed else "0",
        "statement": said.statement[: coding.longest_statement],
    }
