"""Effects of lessons and reminders as reports: the figures of their pages, as they stood at the end of a month."""

from datetime import date, timedelta

import pytest

from collections_mgmt.models import CloseRun
from dashu.insight.reports import lessons, reminders
from dashu.insight.scope import Scope
from dashu.messaging.models import ReminderLine
from education.selectors.effect import effects
from tests import factories
from tests.integration.collections_mgmt.test_reminders import set_rule
from tests.integration.education.test_effect import IN_TIME, LATE, MOMENT_ON, WINDOW, person
from tests.integration.insight.kept import month

pytestmark = pytest.mark.django_db

DUE = date(2026, 2, 15)
FEBRUARY, APRIL, MAY = (month(f"2026-0{number}") for number in (2, 4, 5))


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def closed(*days: date) -> None:
    for day in days:
        CloseRun.objects.create(business_date=day, status=CloseRun.Status.CLOSED)


class TestLessons:
    @pytest.fixture(autouse=True)
    def experiment(self, rules) -> None:
        value = {"experiment": "2026-a", "share_bps": 5000, "window_days": WINDOW, "least": 2}
        set_rule("education.encouragement", value)
        person("A", pays=IN_TIME)
        person("B", pays=LATE)
        person("D", held_out=True, pays=IN_TIME)
        closed(date(2026, 3, 31), date(2026, 4, 30))

    def test_has_the_figures_of_the_page(self):
        (row,) = rows_of(lessons.read(Scope(FEBRUARY, APRIL, "CNY")), "effect")

        (page,) = effects(today=MAY, zone="Asia/Shanghai")
        assert (row["experiment"], row["moment"]) == ("2026-a", "OVERDUE")
        assert (
            (row["pointed_of"], row["pointed"])
            == (page.found.encouraged.total, page.found.encouraged.in_time)
            == (2, 1)
        )
        assert (row["held_out_of"], row["held_out"]) == (1, 1)
        assert row["says"].startswith("Nothing can be said yet")

    def test_a_window_that_was_open_at_the_end_of_the_month_is_not_judged(self):
        assert MOMENT_ON + timedelta(days=WINDOW) > date(2026, 3, 31)

        (row,) = rows_of(lessons.read(Scope(FEBRUARY, month("2026-03"), "CNY")), "effect")

        assert (row["pointed_of"], row["waiting"]) == (0, 3)


class TestReminders:
    @pytest.fixture(autouse=True)
    def experiment(self, rules) -> None:
        closed(date(2026, 1, 31), date(2026, 2, 28))
        for name, is_held_out, pays in (("A", False, True), ("B", False, False), ("C", True, False)):
            loan = factories.running_loan(factories.borrower(name))
            row = loan.installments.get(number=1)
            ReminderLine.objects.create(
                loan_id=loan.pk,
                version=row.version,
                number=1,
                borrower=loan.borrower,
                send_on=DUE - timedelta(days=3),
                due_on=row.due_on,
                days_after=-3,
                segment="STANDARD",
                bucket="CURRENT",
                experiment="2026-r",
                is_held_out=is_held_out,
            )
            if pays:
                factories.pay(loan, 1_100_16, DUE)

    def test_has_both_parts_of_the_draw(self):
        (row,) = rows_of(reminders.read(Scope(FEBRUARY, FEBRUARY, "CNY")), "effect")

        assert (row["experiment"], row["first_due"], row["last_due"]) == ("2026-r", DUE, DUE)
        assert (row["reminded_of"], row["reminded"], row["held_out_of"], row["held_out"]) == (2, 1, 1, 0)
        assert row["says"] == "This may be chance. Wait for more installments."

    def test_what_falls_due_later_is_not_counted(self):
        assert rows_of(reminders.read(Scope(month("2026-01"), month("2026-01"), "CNY")), "effect") == []
