"""What warnings were worth, of people written by hand: right and wrong ones, missed arrears, triggers and lead time."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.models import CloseRun, OverdueChange, WarningLead, WarningTrigger
from dashu.insight.reports.early_warning import read
from dashu.insight.scope import Scope
from dashu.kernel.dates import add_months
from dashu.users.models import Borrower
from loans.models import Loan
from tests import factories
from tests.integration.insight.kept import keep, loan_month, month

pytestmark = pytest.mark.django_db

JANUARY = month("2026-01")
OPENED = date(2026, 1, 20)
SCOPE = Scope(JANUARY, month("2026-08"), "CNY")
DAY = timedelta(days=1)


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def late(loan: Loan, on: date, days: int = 31, before: str = "M1") -> None:
    OverdueChange.objects.create(
        loan=loan,
        changed_on=on,
        days_past_due=days,
        bucket_before=before,
        bucket="M2" if days > 30 else "M1",
        classification_before="NORMAL",
        classification="NORMAL",
    )


def person(name: str) -> tuple[Borrower, Loan]:
    owner = factories.borrower(name)
    return owner, factories.running_loan(owner)


def lead(owner: Borrower, on: date = OPENED, *kinds: str, **fields) -> WarningLead:
    for kind in kinds:
        WarningTrigger.objects.create(borrower=owner, kind=kind, fired_on=on, ends_on=on + 30 * DAY, is_strong=False)
    return WarningLead.objects.create(borrower=owner, opened_on=on, **fields)


@pytest.fixture
def closed(rules) -> None:
    """The book is closed up to the end of August."""
    CloseRun.objects.create(business_date=date(2026, 8, 31), status=CloseRun.Status.CLOSED)


@pytest.fixture
def book(closed) -> dict[str, Loan]:
    """Four people at the end of January: warned and late, warned and fine, late without a warning, and neither."""
    people = {name: person(name) for name in ("Amina", "Brook", "Chen", "Dai")}
    lead(people["Amina"][0], OPENED, "PAYS_LATER", "PARTIAL_PAYMENTS")
    lead(people["Brook"][0], OPENED, "PAYS_LATER", offered_on=OPENED)
    late(people["Amina"][1], OPENED + 40 * DAY)
    late(people["Chen"][1], date(2026, 4, 10))
    rows = [
        loan_month(loan.pk, f"2026-0{number}", "CURRENT", "CURRENT", principal_minor=1_00, vintage="2026-01")
        for _owner, loan in people.values()
        for number in range(1, 9)
    ]
    keep(rows)
    return {name: loan for name, (_owner, loan) in people.items()}


class TestByMonth:
    def test_a_warning_is_right_where_arrears_came_within_six_months(self, book):
        (found,) = rows_of(read(SCOPE), "by-month")

        assert (found["month"], found["warnings"], found["offered"]) == (JANUARY, 2, 1)
        assert (found["right_of"], found["right"], found["right_share"]) == (2, 1, Decimal("0.5000"))
        assert found["days"] == 40

    def test_those_left_alone_are_counted_apart(self, closed):
        owner, loan = person("Amina")
        lead(owner, state="HELD_OUT", held_out_on=OPENED)
        late(loan, OPENED + DAY)
        keep([loan_month(loan.pk, "2026-08", "CURRENT", "CURRENT")])

        (found,) = rows_of(read(SCOPE), "by-month")

        assert (found["alone_of"], found["alone"]) == (1, 1)

    @pytest.mark.parametrize(
        ("on", "right"), [(OPENED, 0), (OPENED + DAY, 1), (date(2026, 7, 20), 1), (date(2026, 7, 21), 0)]
    )
    def test_only_arrears_after_the_warning_and_within_the_months_count(self, closed, on, right):
        owner, loan = person("Amina")
        lead(owner)
        late(loan, on)
        keep([loan_month(loan.pk, "2026-08", "CURRENT", "CURRENT")])

        assert rows_of(read(SCOPE), "by-month")[0]["right"] == right

    def test_a_warning_whose_months_are_not_over_is_not_judged(self, closed):
        owner, loan = person("Amina")
        lead(owner, date(2026, 5, 1))
        late(loan, date(2026, 5, 2))
        keep([loan_month(loan.pk, "2026-08", "CURRENT", "CURRENT")])

        (found,) = rows_of(read(SCOPE), "by-month")

        assert (found["warnings"], found["right_of"], found["right_share"]) == (1, 0, None)


class TestArrears:
    def test_say_how_many_had_been_warned_of(self, book):
        found = rows_of(read(SCOPE), "arrears")

        assert [(row["month"], row["warned_of"], row["warned"], row["days"]) for row in found] == [
            (month("2026-04"), 1, 0, None),
            (month("2026-03"), 1, 1, 40),
        ]

    def test_going_on_further_behind_is_not_falling_behind(self, closed):
        _owner, loan = person("Amina")
        late(loan, date(2026, 3, 1))
        late(loan, date(2026, 4, 1), 61, before="M2")
        keep([loan_month(loan.pk, "2026-08", "CURRENT", "CURRENT")])

        assert [row["month"] for row in rows_of(read(SCOPE), "arrears")] == [month("2026-03")]


class TestTriggers:
    def test_each_is_counted_with_its_share_and_its_lift(self, book):
        found = {row["trigger"]: row for row in rows_of(read(SCOPE), "by-trigger")}

        # Of the four who were watched from the end of February none was warned of anew; one fell behind in March
        # and one in April: half of them.
        assert {kind: (row["right_of"], row["right"]) for kind, row in found.items()} == {
            "PAYS_LATER": (2, 1),
            "PARTIAL_PAYMENTS": (1, 1),
        }
        assert (found["PAYS_LATER"]["lift"], found["PARTIAL_PAYMENTS"]["lift"]) == (1, 2)

    def test_what_no_longer_counted_when_the_warning_came_is_left_out(self, closed):
        owner, loan = person("Amina")
        lead(owner)
        WarningTrigger.objects.create(
            borrower=owner,
            kind="PAYS_LATER",
            fired_on=OPENED - 60 * DAY,
            ends_on=OPENED - 30 * DAY,
            ended_on=OPENED - 30 * DAY,
            is_strong=False,
        )
        keep([loan_month(loan.pk, "2026-08", "CURRENT", "CURRENT")])

        assert rows_of(read(SCOPE), "by-trigger") == []


class TestWatched:
    def test_everybody_not_far_behind_is_held_against_what_came(self, book):
        found = {row["figure"]: row["share"] for row in rows_of(read(SCOPE), "watched")}

        # From the end of February: Amina and Brook had open warnings, Amina and Chen fell far behind.
        assert found == {
            "fell far behind, of everybody watched": Decimal("0.5"),
            "right, of those warned of": Decimal("0.5"),
            "warned of, of those who fell far behind": Decimal("0.5"),
            "warned of, of those who did not": Decimal("0.5"),
        }

    def test_who_was_far_behind_already_is_not_watched(self, closed):
        _owner, loan = person("Amina")
        keep([loan_month(loan.pk, "2026-02", "M1", "M2"), loan_month(loan.pk, "2026-08", "M2", "M2")])

        assert rows_of(read(SCOPE), "watched") == []


class TestNothing:
    def test_before_the_first_close_it_says_so(self, rules):
        (figures,) = read(SCOPE)

        assert (list(figures.rows), figures.chart) == ([], None)

    def test_the_number_of_queries_is_fixed(self, book, django_assert_num_queries):
        read(SCOPE)

        with django_assert_num_queries(6):
            read(SCOPE)


def test_half_a_year_is_six_calendar_months():
    assert add_months(OPENED, 6) == date(2026, 7, 20)
