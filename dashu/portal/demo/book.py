"""
The plan of a demo book: who borrows what and when, and how each loan will live.

Plain values that follow from a seed and a date; nothing here touches the database.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from dashu.kernel.dates import add_months
from dashu.portal.demo.lives import Life
from dashu.portal.demo.people import Invented, invent

# Shares of loans that are old enough to have taken their turn; the others have been punctual so far.
_WEIGHTS = {
    Life.PUNCTUAL: 60,
    Life.HABITUALLY_LATE: 12,
    Life.CURED: 8,
    Life.STOPPED: 6,
    Life.SETTLED_EARLY: 5,
    Life.PREPAID: 3,
    Life.RETURNED: 2,
    Life.POSTED_LATE: 2,
    Life.HOLIDAY: 2,
}
# Shops stock up before the spring festival, June and November; the weight of business loans among 100, by month.
_SME_SHARE = {1: 34, 2: 10, 3: 14, 4: 18, 5: 26, 6: 16, 7: 14, 8: 18, 9: 28, 10: 30, 11: 18, 12: 30}
_CARD_SHARE = {1: 12, 2: 24, 3: 26, 11: 16, 12: 24}
_CARD_SHARE_ELSE = 18


@dataclass(frozen=True, slots=True)
class PlannedLoan:
    """:param turn: the number of the installment at which the life takes its turn."""

    index: int
    borrower: int
    product: str
    principal_minor: int
    annual_rate: Decimal
    count: int
    starts_on: date
    life: Life
    turn: int
    channel: str
    is_of_partner: bool = False
    due_day: int | None = None
    first_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Loans in the order of their start. `borrowers` begins with the people of `cast`, who can sign in."""

    today: date
    seed: int
    borrowers: tuple[Invented, ...]
    loans: tuple[PlannedLoan, ...]

    @property
    def first_day(self) -> date:
        return self.loans[0].starts_on


@dataclass(frozen=True, slots=True)
class Role:
    """
    A borrower of the demo who can sign in, and the loan that shows a state.

    :param due_in: days from today to the first unpaid due date, negative when it is overdue.
    :param paid: installments paid before it.
    """

    key: str
    name: str
    language: str
    product: str
    principal_minor: int
    count: int
    paid: int
    due_in: int


CAST = (
    Role("on-time", "林小雨", "zh-hans", "consumer", 12_000_00, 12, 5, 17),
    Role("due-soon", "陳嘉欣", "zh-hant", "card-repayment", 30_000_00, 24, 4, 3),
    Role("overdue", "Grace Ho", "en", "consumer", 18_000_00, 12, 6, -5),
    Role("deep-arrears", "赵海涛", "zh-hans", "consumer", 24_000_00, 12, 2, -130),
)


def plan_book(*, loans: int, months: int, seed: int, today: date) -> Plan:
    """Return the plan of `loans` loans, among them those of the cast, over the `months` before `today`."""
    chance = random.Random(seed)  # noqa: S311 – a repeatable book, no secret
    borrowers = [
        Invented(f"B{index:010d}", role.name, role.language, False, "", f"borrower.{role.key}@example.com")
        for index, role in enumerate(CAST, start=1)
    ]
    planned = [_loan_of_role(role, index, today) for index, role in enumerate(CAST)]
    lives = list(Life)
    for number in range(loans - len(CAST)):
        first = lives[number] if number < len(lives) else None
        planned.append(_loan(chance, borrowers, today=today, months=months, life=first))
    in_order = sorted(planned, key=lambda loan: loan.starts_on)
    return Plan(
        today, seed, tuple(borrowers), tuple(_numbered(loan, index) for index, loan in enumerate(in_order, start=1))
    )


def _loan_of_role(role: Role, borrower: int, today: date) -> PlannedLoan:
    unpaid_due_on = today + timedelta(days=role.due_in)
    first_due_on = add_months(unpaid_due_on, -role.paid)
    return PlannedLoan(
        index=0,
        borrower=borrower,
        product=role.product,
        principal_minor=role.principal_minor,
        annual_rate=Decimal("0.18"),
        count=role.count,
        starts_on=add_months(first_due_on, -1),
        life=Life.STOPPED if role.due_in < 0 else Life.PUNCTUAL,
        turn=role.paid + 1,
        channel="GATEWAY",
        due_day=unpaid_due_on.day,
        first_due_on=first_due_on,
    )


def _loan(
    chance: random.Random, borrowers: list[Invented], *, today: date, months: int, life: Life | None
) -> PlannedLoan:
    """:param life: a life that must be seen in full, so its loan starts early; None for one by the weights."""
    span = (today - add_months(today, -months)).days
    # A growing lender: most loans are young.
    age = chance.randrange(span * 4 // 5, span) if life else round(span * (1 - chance.random() ** 0.45))
    starts_on = today - timedelta(days=max(1, age))
    product = _product(chance, starts_on.month)
    principal_minor, annual_rate, count = _terms(chance, product)
    if life:
        count = max(count, 6)
    months_old = max(0, (today - starts_on).days // 31)
    is_old_enough = months_old >= 2 and count >= 4
    if life is None:
        life = chance.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))[0] if is_old_enough else Life.PUNCTUAL
    latest_turn = max(1, min(months_old, count - 2))
    due_day = chance.choice((None, None, None, 1, 10, 15, 20, 25))
    return PlannedLoan(
        index=0,
        borrower=_borrower(chance, borrowers, is_company=product == "sme"),
        product=product,
        principal_minor=principal_minor,
        annual_rate=annual_rate,
        count=count,
        starts_on=starts_on,
        life=life,
        turn=chance.randrange(1, latest_turn + 1),
        channel=chance.choices(("GATEWAY", "BANK_TRANSFER"), weights=(80, 20))[0],
        is_of_partner=product != "sme" and chance.random() < 0.1,
        due_day=due_day,
        first_due_on=_first_due_on(starts_on, due_day),
    )


def _first_due_on(starts_on: date, due_day: int | None) -> date | None:
    """Return the first due date where a month after the start would leave the borrower less than three weeks."""
    if due_day is None or (add_months(starts_on, 1, day=due_day) - starts_on).days >= 21:
        return None
    return add_months(starts_on, 2, day=due_day)


def _product(chance: random.Random, month: int) -> str:
    sme, card = _SME_SHARE[month], _CARD_SHARE.get(month, _CARD_SHARE_ELSE)
    return chance.choices(("sme", "card-repayment", "consumer"), weights=(sme, card, 100 - sme - card))[0]


def _terms(chance: random.Random, product: str) -> tuple[int, Decimal, int]:
    """Return principal in minor units, yearly rate and number of installments; all-in rates stay below the cap."""
    if product == "sme":
        principal = round(chance.lognormvariate(11.5, 0.8), -3)
        return _within(principal, 20_000, 2_000_000), chance.choice(_SME_RATES), chance.choice((6, 12, 12, 24))
    principal = round(chance.lognormvariate(9.4 if product == "consumer" else 9.9, 0.7), -2)
    return _within(principal, 1_000, 150_000), chance.choice(_RATES), chance.choice((6, 9, 12, 12, 18, 24))


def _within(yuan: float, low: int, high: int) -> int:
    return int(min(max(yuan, low), high)) * 100


_RATES = [Decimal(rate) for rate in ("0.108", "0.132", "0.15", "0.168", "0.18", "0.198", "0.204")]
_SME_RATES = [Decimal(rate) for rate in ("0.0685", "0.084", "0.099", "0.12", "0.144")]


def _borrower(chance: random.Random, borrowers: list[Invented], *, is_company: bool) -> int:
    """Return a borrower who has a loan already, one time in four, else a new one."""
    if chance.random() < 0.25 and len(borrowers) > len(CAST):
        known = chance.randrange(len(CAST), len(borrowers))
        if borrowers[known].is_company == is_company:
            return known
    borrowers.append(invent(chance, len(borrowers) + 1, is_company=is_company))
    return len(borrowers) - 1


def _numbered(loan: PlannedLoan, index: int) -> PlannedLoan:
    return replace(loan, index=index)
