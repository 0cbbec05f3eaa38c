"""Schedules of every method and convention against published figures and an independent computation in fractions."""

import json
from itertools import groupby

import pytest

from dashu.finance.calendars import BusinessDay
from dashu.finance.schedule import build_schedule
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
from dashu.kernel.money import format_minor
from loans.domain.reading import parse_terms
from tests.unit.finance.cases import golden

CASES = [list(rows) for _name, rows in groupby(golden("schedules"), key=lambda row: row["case"])]


class TestSchedules:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case[0]["case"])
    def test_agree_row_by_row(self, case):
        rows = {row.number: row for row in build_schedule(parse_terms(json.loads(case[0]["terms"])))}

        for expected in case:
            row = rows[int(expected["number"])]
            found = {
                "due_on": row.due_on.isoformat(),
                "principal": format_minor(row.principal),
                "interest": format_minor(row.interest),
                "total": format_minor(row.principal + row.interest),
                "balance": format_minor(row.balance),
            }
            assert found == {name: expected[name] for name in found}, expected["number"]

    def test_most_give_every_row(self):
        whole = [case for case in CASES if len(case) == len(build_schedule(parse_terms(json.loads(case[0]["terms"]))))]

        assert len(whole) > 50

    def test_name_their_sources(self):
        assert all(case[0]["source"] for case in CASES)

    @pytest.mark.parametrize(
        "convention",
        [Method, Accrual, Compounding, Stub, Remainder, HolidayInterest, DeferredInterest, OnRateChange, BusinessDay],
        ids=lambda convention: convention.__name__,
    )
    def test_cover_every_convention(self, convention):
        defaults = {Compounding.NONE, Remainder.LAST, BusinessDay.NONE, BusinessDay.MODIFIED_FOLLOWING}
        named = {word for case in CASES for word in case[0]["convention"].split()}

        assert [member for member in convention if member not in named | defaults] == []
