"""
Whether a borrower understood the sheet: three short questions with figures of their own.

What is paid, what it costs in all, and what a delay costs. The wrong choices are what people commonly take for the
answer: the principal without interest, interest on the whole principal for the whole time, penalty on the whole loan.
The order of the choices follows from the sheet's digest, so that the same sheet always asks alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import Money
from loans.domain.cost_sheet import CostSheet
from loans.domain.sentences import Said, Value

KEYS = ("a", "b", "c")
_APART = 20  # two choices lie at least a twentieth of the right one apart, so that nobody is tested on their eyesight


class AnswerNotKnown(DomainError):
    """An answer names a question or a choice that is not there."""

    code = "answer_not_known"


class About(StrEnum):
    PAYMENT = "payment"
    COST = "cost"
    LATE = "late"


class Place(StrEnum):
    """The part of the sheet where an answer stands."""

    SCHEDULE = "schedule"
    TOTALS = "totals"
    PENALTY = "penalty"


_PLACES = {About.PAYMENT: Place.SCHEDULE, About.COST: Place.TOTALS, About.LATE: Place.PENALTY}


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    said: Said


@dataclass(frozen=True, slots=True)
class Question:
    """
    :param right: the key of the right choice; never shown before the answer.
    :param place: the part of the sheet that explains it, and `why` says how.
    """

    about: About
    text: Said
    choices: tuple[Choice, ...]
    right: str
    place: Place
    why: Said


@dataclass(frozen=True, slots=True)
class Grade:
    """:param wrong: the questions answered wrongly or not at all, in their order."""

    wrong: tuple[Question, ...]

    @property
    def is_passed(self) -> bool:
        return not self.wrong


def questions_of(sheet: CostSheet) -> tuple[Question, ...]:
    """Return the three questions on a sheet, always the same for the same sheet."""
    digest = sheet.digest
    return (
        _question(About.PAYMENT, digest, _payment(sheet), _payment_text(sheet), _payment_why(sheet)),
        _question(About.COST, digest, _cost(sheet), Said(_ASKS_COST), _cost_why(sheet)),
        _question(About.LATE, digest, _late(sheet), Said(_ASKS_LATE, {"days": sheet.late.days}), _late_why(sheet)),
    )


def grade(sheet: CostSheet, answers: Mapping[str, str]) -> Grade:
    """
    Return which questions are still to be understood.

    :param answers: the key of a choice by what the question is about; what is left out is not yet understood.
    :raises AnswerNotKnown: there is no such question or choice.
    """
    for about, key in answers.items():
        if about not in set(About) or key not in KEYS:
            raise AnswerNotKnown(_("Choose one of the answers shown."), field=about[:40])
    return Grade(tuple(each for each in questions_of(sheet) if answers.get(each.about) != each.right))


_ASKS_COST = _("What does the loan cost you in all, beside the sum you receive, if every payment is on time?")
_ASKS_LATE = _("What does it cost you more if you pay the first installment %(days)s days late?")


def _payment_text(sheet: CostSheet) -> Said:
    if sheet.has_level_months:
        return Said(_("How much do you pay every month?"))
    return Said(_("How much do you pay on the first due date, %(day)s?"), {"day": sheet.rows[0].due_on})


def _payment(sheet: CostSheet) -> list[Said]:
    right, first = sheet.first_due, sheet.portions[0]
    count = len(first.rows)
    taken_for = (first.principal // count, right + sheet.rows[0].interest, sheet.total // count)
    return [_amount(sheet, minor) for minor in _three(right, taken_for, least=right // 5)]


def _payment_why(sheet: CostSheet) -> Said:
    values: dict[str, Value] = {
        "amount": _money(sheet, sheet.first_due),
        "first": sheet.rows[0].due_on,
        "last": sheet.last_due_on,
    }
    if sheet.has_level_months:
        return Said(_("The schedule asks for %(amount)s every month, from %(first)s to %(last)s."), values)
    return Said(_("The schedule asks for %(amount)s on %(first)s. The last payment is due on %(last)s."), values)


def _cost(sheet: CostSheet) -> list[Said]:
    days = sum(part.principal * (part.rows[-1].due_on - part.on).days for part in sheet.portions)
    on_all = to_minor(days * sheet.annual_rate / 365, Rounding.HALF_UP)
    choices = _three(sheet.cost, (on_all, sheet.cost // 2, sheet.total), least=sheet.principal // 10)
    return [_amount(sheet, minor) for minor in choices]


def _cost_why(sheet: CostSheet) -> Said:
    return Said(
        _("Interest %(interest)s and fees %(fees)s: %(cost)s in all. With the principal you pay back %(total)s."),
        {
            "interest": _money(sheet, sheet.interest),
            "fees": _money(sheet, sheet.fees),
            "cost": _money(sheet, sheet.cost),
            "total": _money(sheet, sheet.total),
        },
    )


def _late(sheet: CostSheet) -> list[Said]:
    late = sheet.late
    on_all = to_minor(sheet.principal * late.annual_rate * late.days / late.year_days, Rounding.HALF_UP)
    right = late.amount
    taken_for = (0, on_all, sheet.rows[0].total // 5) if right else (sheet.rows[0].total // 5, sheet.principal // 10)
    return [_more(sheet, minor) for minor in _three(right, taken_for, least=max(right, sheet.rows[0].total // 10))]


def _late_why(sheet: CostSheet) -> Said:
    late = sheet.late
    if not late.amount:
        return Said(
            _(
                "A delay of %(days)s days costs nothing more. The installment is still owed,"
                " and a delay may be reported."
            ),
            {"days": late.days},
        )
    return Said(
        _("Penalty interest of %(rate)s a year is charged on what is overdue: %(amount)s for %(days)s days here."),
        {"rate": late.annual_rate, "amount": _money(sheet, late.amount), "days": late.days},
    )


def _more(sheet: CostSheet, minor: int) -> Said:
    if minor:
        return Said(_("%(amount)s more; the installment is still owed"), {"amount": _money(sheet, minor)})
    return Said(_("Nothing more; the installment is still owed"))


def _amount(sheet: CostSheet, minor: int) -> Said:
    return Said("%(amount)s", {"amount": _money(sheet, minor)})


def _money(sheet: CostSheet, minor: int) -> Money:
    return Money(minor, sheet.currency)


def _three(right: int, taken_for: Iterable[int], *, least: int) -> list[int]:
    """Return the right amount and two others that lie well apart, minor units; `least` makes up for missing ones."""
    apart = max(right // _APART, 1)
    found = [right]
    for minor in (*taken_for, *_further(right, max(least, 1))):
        if minor >= 0 and all(abs(minor - other) >= apart for other in found):
            found.append(minor)
        if len(found) == len(KEYS):
            break
    return found


def _further(right: int, step: int) -> Iterator[int]:
    yield from (right + step * times for times in range(1, 100))


def _question(about: About, digest: str, choices: list[Said], text: Said, why: Said) -> Question:
    """:param choices: the right one first."""
    assert len(choices) == len(KEYS)
    order = sorted(range(len(choices)), key=lambda place: sha256(f"{digest}{about.value}{place}".encode()).digest())
    return Question(
        about=about,
        text=text,
        choices=tuple(Choice(key, choices[place]) for key, place in zip(KEYS, order, strict=True)),
        right=KEYS[order.index(0)],
        place=_PLACES[about],
        why=why,
    )
