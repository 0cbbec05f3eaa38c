"""
The cost sheet: everything that a loan costs, and all that it can come to cost, before anyone signs.

Each line says how a cost is worked out, who receives it and what it comes to. The yearly cost when all is paid on time
is given twice, simple (单利) and compounded (IRR); the higher one stands out and is the one held against the cap. What
would be charged after a missed date is shown by its rule and by an example. What has no line is never charged.
Source: 《个人贷款业务明示综合融资成本规定》 (金规〔2026〕2号), from 2026-08-01; PBC announcement 2021 No. 3, whose
example (100,000, fee 1,000 upfront, 12 × 8,833.3) is 12.80% simple and 13.58% IRR.

A loan in parts has one sheet: every part with its day, its amount and its rows, and one yearly cost over all of them. A
fee belongs to each part by itself, as each is a loan of its own; what is not paid out costs nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Any

from dashu.finance.annual_rates import all_in_rates_together
from dashu.finance.fees import Fee
from dashu.finance.installments import Installment
from dashu.finance.penalty import PenaltyBase, PenaltyRule, penalty_growth
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import Compounding, ScheduleTerms
from loans.domain.fees import FeeLine, FeeWhen, Names, demanded_rows, scheduled_fees

FORMAT = 1
EXAMPLE_DAYS = 30


class Cost(StrEnum):
    """Kinds of lines; interest and penalty interest are lines like every fee."""

    INTEREST = "interest"
    UPFRONT = "upfront"
    EACH = "each"
    ON_EVENT = "on_event"
    PENALTY = "penalty"


class NotCharged(StrEnum):
    """What borrowers elsewhere are charged and here are not, unless a fee line says so."""

    HEAD_CUT = "head_cut"
    SERVICE = "service"
    GUARANTEE = "guarantee"
    ACCOUNT = "account"
    EARLY_REPAYMENT = "early_repayment"
    COLLECTION = "collection"
    COMPOUND = "compound"


@dataclass(frozen=True, slots=True)
class Line:
    """
    One cost. Amounts in minor units.

    :param code: of the fee; "interest" and "penalty" for those two.
    :param name, payee: by language; None where the lender itself receives it and the kind is its name.
    :param amount: what it comes to when all is paid on time; 0 for what only an event or a delay brings.
    :param one: one charge of a fee, of a fee on an event the most that one may be; 0 where there is no such thing.
    :param rate: a fraction, yearly of interest and penalty interest, of the principal for a fee; None: a fixed amount.
    :param cap: the most that the rate gives; None: no cap.
    :param is_once: all charges of a fee on an event together are at most `one`.
    """

    kind: Cost
    code: str
    name: Names | None
    payee: Names | None
    amount: int
    one: int = 0
    rate: Decimal | None = None
    cap: int | None = None
    is_once: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """One installment as it is demanded, minor units; `fee` of the first one holds the upfront fees."""

    number: int
    due_on: date
    principal: int
    interest: int
    fee: int
    balance: int

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Drawn:
    """One part of a loan in parts, minor units; `count` is how many of the sheet's rows are its own."""

    on: date
    principal: int
    count: int


@dataclass(frozen=True, slots=True)
class Portion:
    """A part with its rows; a loan in one sum is its only one."""

    number: int
    on: date
    principal: int
    rows: tuple[Installed, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """
    What a delay costs. Amounts in minor units, rates as yearly fractions.

    :param base: "principal" or "principal_and_interest" of what is overdue.
    :param grace_days: after the due date, never charged.
    :param cap: of penalty and of interest that runs on, together, on overdue principal; None: no cap.
    :param running_rate: of interest that runs on on overdue principal; 0 where it does not.
    :param days, amount: the example: the first installment is paid so many days late, which costs so much more.
    """

    annual_rate: Decimal
    base: str
    year_days: int
    grace_days: int
    cap: Decimal | None
    running_rate: Decimal
    days: int
    amount: int


@dataclass(frozen=True, slots=True)
class CostSheet:
    """
    Amounts in minor units, rates as fractions to 6 decimals.

    :param principal: of all parts.
    :param period, every: how far apart the due dates lie, such as "month" and 1.
    :param starts_on: the day of the first payout.
    :param rows: of all parts, those of the first part first; they are numbered within their part.
    :param interest, fees: what they come to when all is paid on time; `cost` is their sum, `total` with the principal.
    :param simple_rate, effective_rate: the all-in yearly cost, 单利 and 复利.
    :param rate_cap: what the higher of the two is held against; None: there is no cap.
    :param drawn: the parts of a loan that is paid out in parts; empty for one sum.
    """

    currency: str
    principal: int
    annual_rate: Decimal
    method: str
    period: str
    every: int
    starts_on: date
    rows: tuple[Installed, ...]
    lines: tuple[Line, ...]
    interest: int
    fees: int
    simple_rate: Decimal
    effective_rate: Decimal
    rate_cap: Decimal | None
    late: Late
    not_charged: tuple[NotCharged, ...]
    drawn: tuple[Drawn, ...] = ()

    @property
    def portions(self) -> tuple[Portion, ...]:
        """Every part with its rows, in the order of the payouts; one for a loan in one sum."""
        if not self.drawn:
            return (Portion(1, self.starts_on, self.principal, self.rows),)
        rows = iter(self.rows)
        return tuple(
            Portion(number, part.on, part.principal, tuple(islice(rows, part.count)))
            for number, part in enumerate(self.drawn, start=1)
        )

    @property
    def last_due_on(self) -> date:
        return max(row.due_on for row in self.rows)

    @property
    def first_due(self) -> int:
        """What is paid on the first due date, minor units."""
        first = self.rows[0].due_on
        return sum(row.total for row in self.rows if row.due_on == first)

    @property
    def cost(self) -> int:
        return self.interest + self.fees

    @property
    def total(self) -> int:
        return self.principal + self.cost

    @property
    def all_in_rate(self) -> Decimal:
        """The stricter of the two rates, which stands out."""
        return max(self.simple_rate, self.effective_rate)

    @property
    def is_effective_stricter(self) -> bool:
        return self.effective_rate >= self.simple_rate

    @property
    def is_within_cap(self) -> bool:
        return self.rate_cap is None or self.all_in_rate <= self.rate_cap

    @property
    def has_level_months(self) -> bool:
        """Whether every month asks for the same sum, the last month perhaps for a few fen more or less."""
        totals = {row.total for row in self.rows[:-1]}
        return (
            not self.drawn
            and len(totals) == 1
            and (self.period, self.every) == ("month", 1)
            and not self._ends_otherwise
        )

    @property
    def _ends_otherwise(self) -> bool:
        return abs(self.rows[-1].total - self.rows[0].total) > len(self.rows)

    @property
    def document(self) -> dict[str, Any]:
        """The sheet as plain JSON; `sheet_of` reads it back."""
        return _to_json(self)

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON: sorted keys, no spaces, UTF-8."""
        return digest_of(self.document)

    @property
    def figures_digest(self) -> str:
        """
        The digest of everything but the dates: of two days' sheets of one offer, whether they say the same.

        The later parts keep their days while the first one moves, so the yearly cost of a loan in parts is another on
        each day, by thousandths of a percent, for the same payments. It follows the dates and is left out with them.
        """
        document = self.document
        del document["starts_on"]
        document["rows"] = [{**row, "due_on": None} for row in document["rows"]]
        if self.drawn:
            document["drawn"] = [{**part, "on": None} for part in document["drawn"]]
            del document["simple_rate"], document["effective_rate"]
        return digest_of(document)


def cost_sheet(
    loans: Sequence[ScheduleTerms],
    penalty: PenaltyRule,
    fee_lines: Sequence[FeeLine],
    *,
    currency: str = "CNY",
    rate_cap: Decimal | None = None,
    running_rate: Decimal = Decimal(0),
    running_year_days: int = 365,
) -> CostSheet:
    """
    Return the sheet of a loan. The fees of the terms must be exactly those of the lines that are not on an event.

    :param loans: the terms of each part in the order of the payouts, which differ in amount and day; one for one sum.
    :param penalty: of the contract.
    :param running_rate: yearly rate of interest that runs on on overdue principal (daily interest), in a year of
        `running_year_days`; else 0.
    :raises FeeKeptBack: a fee is taken out of the payout.
    :raises DomainError: the terms have no schedule or no rate.
    """
    first = loans[0]
    for terms in loans:
        _assert_disclosed(terms.fees, fee_lines)
    demanded = [demanded_rows(terms) for terms in loans]
    # Upfront fees count on the day of the payout, not in the first row.
    rates = all_in_rates_together([(terms, build_schedule(terms)) for terms in loans])
    rows = [row for of_one in demanded for row in of_one]
    interest = sum(row.interest for row in rows)
    charged = [(terms.principal, len(of_one)) for terms, of_one in zip(loans, demanded, strict=True)]
    sheet = CostSheet(
        currency=currency,
        principal=sum(terms.principal for terms in loans),
        annual_rate=first.annual_rate,
        method=first.method.value,
        period=first.due_rule.period.value,
        every=first.due_rule.every,
        starts_on=first.disbursed_on,
        rows=tuple(
            Installed(row.number, row.due_on, row.principal, row.interest, row.fee, row.balance) for row in rows
        ),
        lines=(
            Line(Cost.INTEREST, Cost.INTEREST.value, None, None, interest, rate=first.annual_rate),
            *(_fee_line(line, charged) for line in fee_lines),
            Line(Cost.PENALTY, Cost.PENALTY.value, None, None, 0, rate=penalty.annual_rate),
        ),
        interest=interest,
        fees=sum(row.fee for row in rows),
        simple_rate=rates.irr_nominal,
        effective_rate=rates.irr_effective,
        rate_cap=rate_cap,
        late=_late(rows[0], penalty, running_rate, running_year_days),
        not_charged=tuple(_not_charged(first, penalty, fee_lines)),
        drawn=tuple(
            Drawn(terms.disbursed_on, principal, count)
            for terms, (principal, count) in zip(loans, charged, strict=True)
            if len(loans) > 1
        ),
    )
    assert sheet.cost == sum(line.amount for line in sheet.lines)
    assert sheet.total == sum(row.total for row in rows)
    assert all(sum(row.principal for row in part.rows) == part.principal for part in sheet.portions)
    return sheet


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a sheet in its JSON form, in hexadecimal."""
    said = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()


def sheet_of(document: Mapping[str, Any]) -> CostSheet:
    """Read a sheet that `CostSheet.document` wrote."""
    assert document["format"] == FORMAT
    late = document["late"]
    return CostSheet(
        currency=document["currency"],
        principal=document["principal"],
        annual_rate=Decimal(document["annual_rate"]),
        method=document["method"],
        period=document["period"],
        every=document["every"],
        starts_on=date.fromisoformat(document["starts_on"]),
        rows=tuple(Installed(**{**row, "due_on": date.fromisoformat(row["due_on"])}) for row in document["rows"]),
        lines=tuple(
            Line(**{**line, "kind": Cost(line["kind"]), "rate": _decimal(line["rate"])}) for line in document["lines"]
        ),
        interest=document["interest"],
        fees=document["fees"],
        simple_rate=Decimal(document["simple_rate"]),
        effective_rate=Decimal(document["effective_rate"]),
        rate_cap=_decimal(document["rate_cap"]),
        late=Late(
            **{
                **late,
                "annual_rate": Decimal(late["annual_rate"]),
                "cap": _decimal(late["cap"]),
                "running_rate": Decimal(late["running_rate"]),
            }
        ),
        not_charged=tuple(NotCharged(code) for code in document["not_charged"]),
        drawn=tuple(Drawn(**{**part, "on": date.fromisoformat(part["on"])}) for part in document.get("drawn", ())),
    )


def _assert_disclosed(fees: Iterable[Fee], lines: Iterable[FeeLine]) -> None:
    assert set(fees) == set(scheduled_fees(lines)), "the terms charge what no line discloses, or leave a line out"


def _fee_line(line: FeeLine, charged: Sequence[tuple[int, int]]) -> Line:
    """:param charged: principal and number of installments of each part; the largest part has the highest charge."""

    def in_all(principal: int, count: int) -> int:
        return line.of(principal) * {FeeWhen.UPFRONT: 1, FeeWhen.EACH: count, FeeWhen.ON_EVENT: 0}[line.when]

    return Line(
        kind=Cost(line.when.value),
        code=line.code,
        name=line.name,
        payee=line.payee,
        amount=sum(in_all(principal, count) for principal, count in charged),
        one=max(line.of(principal) for principal, _count in charged),
        rate=line.share,
        cap=line.cap,
        is_once=line.is_once,
    )


def _late(first: Row, rule: PenaltyRule, running_rate: Decimal, running_year_days: int) -> Late:
    owed = [Installment(first.number, first.due_on, first.principal, first.interest, first.fee)]
    through = first.due_on + timedelta(days=EXAMPLE_DAYS)
    charged, room = penalty_growth(owed, first.due_on, through, rule, running_rate=running_rate)
    if rule.all_in_cap is not None:
        charged = min(charged, room)
    running = first.principal * running_rate * EXAMPLE_DAYS / running_year_days
    return Late(
        annual_rate=rule.annual_rate,
        base=rule.base.value,
        year_days=rule.year_days,
        grace_days=rule.grace_days,
        cap=rule.all_in_cap,
        running_rate=running_rate,
        days=EXAMPLE_DAYS,
        amount=rule.whole_minor(charged) + to_minor(running, Rounding.HALF_UP),
    )


def _not_charged(terms: ScheduleTerms, penalty: PenaltyRule, lines: Iterable[FeeLine]) -> Iterator[NotCharged]:
    charged = {line.code for line in lines}
    with_interest = penalty.annual_rate and penalty.base is PenaltyBase.PRINCIPAL_AND_INTEREST
    for each in NotCharged:
        if each is NotCharged.COMPOUND and (terms.compounding is not Compounding.NONE or with_interest):
            continue
        if each.value not in charged:
            yield each


def _to_json(sheet: CostSheet) -> dict[str, Any]:
    """Return the document; one sum has no entry for parts, so what was signed before there were any reads the same."""
    document = _whole_to_json(sheet)
    if sheet.drawn:
        document["drawn"] = [
            {"on": part.on.isoformat(), "principal": part.principal, "count": part.count} for part in sheet.drawn
        ]
    return document


def _whole_to_json(sheet: CostSheet) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "currency": sheet.currency,
        "principal": sheet.principal,
        "annual_rate": _text(sheet.annual_rate),
        "method": sheet.method,
        "period": sheet.period,
        "every": sheet.every,
        "starts_on": sheet.starts_on.isoformat(),
        "rows": [
            {
                "number": row.number,
                "due_on": row.due_on.isoformat(),
                "principal": row.principal,
                "interest": row.interest,
                "fee": row.fee,
                "balance": row.balance,
            }
            for row in sheet.rows
        ],
        "lines": [
            {
                "kind": line.kind.value,
                "code": line.code,
                "name": dict(line.name) if line.name else None,
                "payee": dict(line.payee) if line.payee else None,
                "amount": line.amount,
                "one": line.one,
                "rate": _text(line.rate),
                "cap": line.cap,
                "is_once": line.is_once,
            }
            for line in sheet.lines
        ],
        "interest": sheet.interest,
        "fees": sheet.fees,
        "simple_rate": _text(sheet.simple_rate),
        "effective_rate": _text(sheet.effective_rate),
        "rate_cap": _text(sheet.rate_cap),
        "late": {
            "annual_rate": _text(sheet.late.annual_rate),
            "base": sheet.late.base,
            "year_days": sheet.late.year_days,
            "grace_days": sheet.late.grace_days,
            "cap": _text(sheet.late.cap),
            "running_rate": _text(sheet.late.running_rate),
            "days": sheet.late.days,
            "amount": sheet.late.amount,
        },
        "not_charged": [each.value for each in sheet.not_charged],
    }


def _text(rate: Decimal | None) -> str | None:
    """Write a rate in one way only, so that 0.1800 and 0.18 have one digest."""
    if rate is None:
        return None
    return f"{rate.normalize() + 0:f}" if rate else "0"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
