"""docs/how-dashu-calculates.md shows what the program computes today, for every convention that it has."""

from enum import StrEnum
from pathlib import Path

import pytest

from dashu.finance.allocation import Direction, Surplus
from dashu.finance.arrears import CountedDays
from dashu.finance.calendars import BusinessDay
from dashu.finance.day_counts import DayCount
from dashu.finance.early_repayment import EarlyInterest, Rebate
from dashu.finance.fees import FeeBase, FeeTiming
from dashu.finance.floating import Reprice
from dashu.finance.periods import Period
from dashu.finance.prepayment import Keep
from dashu.finance.relief import ReliefMethod
from dashu.finance.rounding import Rounding
from dashu.finance.terms import (
    Accrual,
    Compounding,
    DeferredInterest,
    HolidayInterest,
    Method,
    OnRateChange,
    Remainder,
    Stub,
)
from tests.documented import blocks, refreshed

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "how-dashu-calculates.md").read_text(encoding="utf-8")
CONVENTIONS: tuple[type[StrEnum], ...] = (
    DayCount,
    Period,
    BusinessDay,
    Reprice,
    Rounding,
    Remainder,
    Method,
    Accrual,
    Compounding,
    Stub,
    HolidayInterest,
    DeferredInterest,
    OnRateChange,
    FeeTiming,
    FeeBase,
    Direction,
    Surplus,
    EarlyInterest,
    Rebate,
    Keep,
    CountedDays,
    ReliefMethod,
)


class TestHowDashuCalculates:
    def test_shows_the_answers_that_the_program_gives(self):
        assert refreshed(PAGE) == PAGE

    @pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.__name__)
    def test_works_an_example_for_each_convention(self, convention):
        examples = "".join(blocks(PAGE))

        missing = [member for member in convention if f"{convention.__name__}.{member.name}" not in examples]

        assert missing == []


class TestRefreshed:
    def test_writes_the_answer_that_the_program_gives(self):
        page = "## A\n\n```pycon\n>>> 1 + 1\n3\n>>> for n in range(2):\n...     print(n)\n```\n"

        assert (
            refreshed(page) == "## A\n\n```pycon\n>>> 1 + 1\n2\n>>> for n in range(2):\n...     print(n)\n0\n1\n```\n"
        )

    def test_shows_a_refusal_by_its_last_line(self):
        page = "```pycon\n>>> int('x')\n```\n"

        assert refreshed(page) == (
            "```pycon\n>>> int('x')\nTraceback (most recent call last):\n    ...\n"
            "ValueError: invalid literal for int() with base 10: 'x'\n```\n"
        )

    def test_shares_names_inside_a_chapter_only(self):
        page = "## A\n```pycon\n>>> a = 1\n```\n```pycon\n>>> a\n1\n```\n## B\n```pycon\n>>> a\n```\n"

        assert "NameError: name 'a' is not defined" in refreshed(page).split("## B")[1]
        assert refreshed(page).split("## B")[0] == page.split("## B")[0]
