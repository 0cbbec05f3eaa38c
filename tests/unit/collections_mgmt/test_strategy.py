"""Decision tables: the first row that fits, and what keeps a table from being used."""

from dataclasses import replace

import pytest

from collections_mgmt.domain.strategy import Act, Known, Person, Problem, Row, Step, aligned, problems_of, row_of

KNOWN = Known(products=["CONSUMER", "SME"], languages=["zh-hans", "en"], levels=[1, 2])
REMIND = (Step(0, Act.MESSAGE), Step(3, Act.HELP, "EMAIL"))
PEACE = (Step(0, Act.NOTHING),)
ALL = Row(steps=PEACE)
AMINA = Person(days=5, capacity="ABLE", readiness="LOW", product="CONSUMER", care="PLAIN", language="zh-hans", level=1)


class TestRowOf:
    def test_is_the_first_that_fits_although_later_ones_fit_too(self):
        rows = [Row(care="CARE", steps=PEACE), Row(to_days=7, steps=REMIND), Row(capacity="ABLE", steps=PEACE), ALL]

        assert row_of(rows, AMINA) == 1
        assert row_of(rows, replace(AMINA, days=8)) == 2
        assert row_of(rows, replace(AMINA, days=8, capacity="TIGHT")) == 3
        assert row_of(rows, replace(AMINA, care="CARE")) == 0

    def test_counts_both_ends_of_the_days(self):
        rows = [Row(from_days=5, to_days=7, steps=REMIND), ALL]

        assert [row_of(rows, replace(AMINA, days=days)) for days in (4, 5, 7, 8)] == [1, 0, 0, 1]


class TestSoundTables:
    def test_may_overlap(self):
        assert problems_of([Row(to_days=30, steps=REMIND), Row(capacity="ABLE", steps=PEACE), ALL], KNOWN) == []

    def test_may_split_everybody_and_still_end_with_everybody_else_where_somebody_is_left(self):
        rows = [Row(to_days=30, steps=REMIND), Row(from_days=31, to_days=60, steps=REMIND), ALL]

        assert problems_of(rows, KNOWN) == []


class TestProblems:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (Row(capacity="RICH", steps=PEACE), Problem("unknown_code", 0, field="capacity")),
            (Row(language="fr", steps=PEACE), Problem("unknown_code", 0, field="language")),
            (Row(level=9, steps=PEACE), Problem("unknown_code", 0, field="level")),
            (Row(from_days=9, to_days=8, steps=PEACE), Problem("days_turned_round", 0, field="to_days")),
            (Row(from_days=-1, steps=PEACE), Problem("days_out_of_range", 0, field="from_days")),
            (Row(), Problem("no_steps", 0)),
            (Row(steps=REMIND * 3), Problem("too_many_steps", 0)),
            (Row(steps=(Step(61, Act.MESSAGE),)), Problem("wait_out_of_range", 0, 0, "wait")),
            (Row(steps=(*REMIND, Step(0, Act.TASK))), Problem("steps_at_once", 0, 2, "wait")),
            (Row(steps=(Step(0, Act.TASK, "SMS"),)), Problem("channel_does_not_fit", 0, 0, "channel")),
            (Row(steps=(Step(0, Act.MESSAGE, "PIGEON"),)), Problem("channel_does_not_fit", 0, 0, "channel")),
            (Row(steps=(*PEACE, Step(1, Act.TASK))), Problem("nothing_is_alone", 0, 0, "act")),
        ],
    )
    def test_are_named_with_their_place(self, row, expected):
        assert expected in problems_of([row, ALL], KNOWN)

    def test_a_table_needs_rows_and_a_last_one_for_everybody(self):
        assert problems_of([], KNOWN) == [Problem("no_rows")]
        assert problems_of([Row(to_days=7, steps=REMIND)], KNOWN) == [Problem("last_not_for_all", 0)]

    def test_a_row_that_one_above_takes_is_named(self):
        rows = [Row(to_days=30, steps=REMIND), Row(from_days=3, to_days=9, capacity="ABLE", steps=PEACE), ALL]

        assert problems_of(rows, KNOWN) == [Problem("unreachable", 1, by=(0,))]

    def test_a_row_that_several_above_take_together_is_named(self):
        rows = [
            Row(to_days=30, steps=REMIND),
            Row(from_days=31, care="CARE", steps=PEACE),
            Row(from_days=31, care="PLAIN", steps=REMIND),
            Row(level=2, steps=PEACE),
            ALL,
        ]

        assert problems_of(rows, KNOWN) == [
            Problem("unreachable", 3, by=(0, 1, 2)),
            Problem("unreachable", 4, by=(0, 1, 2)),
        ]


class TestAligned:
    def test_puts_rows_that_are_the_same_beside_each_other(self):
        care, early = Row(care="CARE", steps=PEACE), Row(to_days=7, steps=REMIND)

        assert list(aligned([care, ALL], [early, care, ALL])) == [
            (None, (0, early)),
            ((0, care), (1, care)),
            ((1, ALL), (2, ALL)),
        ]
        assert list(aligned([early, ALL], [care, ALL])) == [((0, early), (0, care)), ((1, ALL), (1, ALL))]
