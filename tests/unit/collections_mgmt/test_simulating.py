"""A table played on nights that are past."""

from decimal import Decimal

from collections_mgmt.domain.simulating import Differing, Night, Past, play, simulate
from collections_mgmt.domain.strategy import Act, Person, Row, Step
from dashu.policy.reaching_out import Cap

CAP = Cap(day=1, week=2, month=5)
PERSON = Person(days=0, capacity="ABLE", readiness="LOW", product="CONSUMER", care="PLAIN", language="zh-hans", level=1)
PEACE = Row(steps=(Step(0, Act.NOTHING),))
REMIND = Row(to_days=7, steps=(Step(0, Act.MESSAGE), Step(2, Act.HELP), Step(3, Act.TASK)))
NOISY = Row(steps=(Step(0, Act.MESSAGE), *[Step(1, Act.MESSAGE)] * 3))


def past(
    nights: int, *, number: str = "F1", first: int = 1, paused: tuple[int, ...] = (), closed: tuple[int, ...] = ()
):
    return Past(
        number,
        PERSON,
        [None if each in closed else Night(first + each, 1, each in paused) for each in range(nights)],
    )


def told(found: Past, rows: list[Row]) -> list[tuple[int, Act, bool]]:
    return [(each.night, each.act, each.is_blocked) for each in play(found, rows, CAP)[0]]


class TestPlay:
    def test_does_each_step_in_its_time_and_begins_anew_in_another_row(self):
        assert told(past(10), [REMIND, PEACE]) == [
            (0, Act.MESSAGE, False),
            (2, Act.HELP, False),
            (5, Act.TASK, False),
            (7, Act.NOTHING, False),
        ]

    def test_lets_days_stand_still_while_something_is_agreed(self):
        assert told(past(6, paused=(1, 2)), [REMIND, PEACE]) == [(0, Act.MESSAGE, False), (4, Act.HELP, False)]

    def test_does_nothing_while_no_file_is_open_and_begins_anew_after(self):
        assert told(past(4, closed=(1, 2)), [REMIND, PEACE]) == [(0, Act.MESSAGE, False), (3, Act.MESSAGE, False)]

    def test_keeps_back_what_the_caps_do_not_allow(self):
        assert told(past(4), [NOISY]) == [
            (0, Act.MESSAGE, False),
            (1, Act.MESSAGE, False),
            (2, Act.MESSAGE, True),
            (3, Act.MESSAGE, True),
        ]

    def test_counts_nothing_that_stays_in_the_house(self):
        quiet = Row(steps=tuple(Step(number > 0, Act.MESSAGE, "IN_APP") for number in range(4)))

        assert [blocked for _night, _act, blocked in told(past(4), [quiet])] == [False] * 4


class TestSimulate:
    def test_says_what_both_would_do_and_with_whom_they_differ(self):
        pasts = [past(14), past(14, number="F2", first=20)]

        found = simulate(pasts, draft=[REMIND, PEACE], present=[PEACE], cap=CAP)

        assert (found.files, found.nights, found.draft.rows) == (2, 14, {0: 1, 1: 2})
        assert (found.draft.messages, found.draft.tasks, found.draft.blocked) == (2, 1, 0)
        assert (found.present.messages, found.present.tasks) == (0, 0)
        assert found.a_week(found.draft.messages) == Decimal("1.0")
        assert found.differ == 1
        assert found.differing == (Differing("F1", (Act.MESSAGE, Act.HELP, Act.TASK), ()),)

    def test_has_nothing_to_compare_with_where_nothing_is_in_use(self):
        found = simulate([past(3)], draft=[NOISY], present=None, cap=CAP)

        assert (found.present, found.differ, found.draft.blocked) == (None, 0, 1)

    def test_of_nobody_is_nothing(self):
        found = simulate([], draft=[PEACE], present=[PEACE], cap=CAP)

        assert (found.files, found.a_week(3)) == (0, Decimal(0))
