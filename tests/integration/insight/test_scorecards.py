"""What scores were worth, of loans that were written by hand, and the watch over them as a report."""

from datetime import date
from decimal import Decimal

import pytest

from dashu.insight.reports import scorecard_stability, scorecards
from dashu.insight.scope import Scope
from loans.models import Loan, ScorecardWatch
from tests import factories
from tests.integration.insight.kept import keep, loan_month, month
from tests.integration.insight.lending import lent

pytestmark = pytest.mark.django_db

BEGAN = "2026-01"
DECIDED = date(2025, 12, 20)
DECEMBER = month("2025-12")


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def asked(**options: str) -> Scope:
    given = {"card": "decider", "days": "30", "after": "3", **options}
    return Scope(DECEMBER, month("2026-01"), "CNY", options=given)


def followed(loan: Loan, *worst: int, last: str = "ACTIVE") -> list:
    """The months of a loan from its first, by the most days it was behind up to each."""
    texts = [f"2026-{number + 1:02}" for number in range(len(worst))]
    rows = [
        loan_month(loan.pk, text, "CURRENT", "CURRENT", vintage=BEGAN, principal_minor=1_00, worst_days_past_due=days)
        for text, days in zip(texts, worst, strict=True)
    ]
    if last != "ACTIVE":
        rows[-1].status = rows[-1].bucket = last
    return rows


@pytest.fixture
def book(rules) -> None:
    low, middle, high = (lent(name, points, DECIDED) for name, points in (("A", 500), ("B", 560), ("C", 620)))
    keep([*followed(low, 0, 15, 31, 31), *followed(middle, 0, 0, 0, 40), *followed(high, 0, 0, last="SETTLED")])


class TestResults:
    def test_tell_good_from_bad_by_what_is_known_after_so_many_months(self, book):
        (found,) = rows_of(scorecards.read(asked(after="3")), "by-month")

        assert (found["month"], found["bad_of"], found["bad"]) == (DECEMBER, 3, 2)
        assert (found["auc"], found["gini"], found["ks"]) == (1, 1, 1)
        assert found["mark"] == "few"

    def test_a_loan_that_was_paid_off_before_keeps_how_it_ended(self, rules):
        good, bad = lent("A", 620, DECIDED), lent("B", 500, DECIDED)
        keep([*followed(good, 0, last="SETTLED"), *followed(bad, 0, 0, 40, 40)])

        (found,) = rows_of(scorecards.read(asked()), "together")

        assert (found["bad_of"], found["bad"], found["auc"]) == (2, 1, 1)

    def test_loans_too_young_do_not_count(self, book):
        assert rows_of(scorecards.read(asked(after="6")), "by-month") == []

    def test_a_harder_measure_finds_fewer(self, book):
        assert rows_of(scorecards.read(asked(days="60")), "together")[0]["bad"] == 0

    def test_only_what_is_known_by_then_counts(self, rules):
        """What happens after the months on book is not held against a decision."""
        loan = lent("A", 500, DECIDED)
        keep(followed(loan, 0, 0, 0, 0, 90))

        assert rows_of(scorecards.read(asked(after="3")), "together")[0]["bad"] == 0

    def test_a_challenger_is_measured_by_its_own_points_where_it_was_watched(self, rules):
        good = lent("A", 500, DECIDED, challenger=650)
        bad = lent("B", 620, DECIDED, challenger=480)
        alone = lent("C", 600, DECIDED)
        keep([*followed(good, 0, 0, 0, 0), *followed(bad, 0, 31, 31, 31), *followed(alone, 0, 0, 0, 0)])

        decider, watched = (
            rows_of(scorecards.read(asked(card=card)), "together")[0] for card in ("decider", "applications-3")
        )

        assert (decider["bad_of"], decider["auc"]) == (3, 0)
        assert (watched["bad_of"], watched["auc"]) == (2, 1)

    def test_what_people_decided_is_left_out(self, rules):
        loan = lent("A", 500, DECIDED, decided_by=factories.staff("Una", "UNDERWRITER"))
        keep(followed(loan, 0, 0, 0, 0))

        assert rows_of(scorecards.read(asked()), "together") == []

    def test_bands_hold_the_promise_against_what_came(self, book):
        bands = rows_of(scorecards.read(asked()), "calibration")

        counted = [row for row in bands if row["bad_of"]]
        assert sum(row["bad_of"] for row in counted) == 3
        assert all(0 < row["promised"] < 1 for row in counted)
        assert {row["says"] for row in bands if not row["bad_of"]} <= {"no loan"}

    def test_the_number_of_queries_is_fixed(self, book, django_assert_num_queries):
        scorecards.read(asked())

        with django_assert_num_queries(2):
            scorecards.read(asked())

    def test_an_empty_book_says_so(self, rules):
        tables = scorecards.read(asked())

        assert [list(each.rows) for each in tables] == [[], [], []]


def watched(night: date, index: float, *, applications: int = 300, card: str = "applications-2") -> ScorecardWatch:
    drift = [
        {"name": "score", "index": index, "stability": "stable", "expected": [60, 40], "found": [100, 200]},
        {"name": "income", "index": 0.3, "stability": "act", "expected": [50, 50], "found": [300]},
    ]
    return ScorecardWatch.objects.create(
        scorecard=card, is_champion=True, night=night, from_on=night, applications=applications, drift=drift
    )


class TestStability:
    SCOPE = Scope(DECEMBER, month("2026-01"), "CNY", options={"card": "applications-2"})

    def test_each_month_has_its_last_night(self, rules):
        watched(date(2025, 12, 30), 0.2)
        last = watched(date(2025, 12, 31), 0.05)
        watched(date(2026, 1, 31), 0.07)
        watched(date(2026, 1, 31), 0.9, card="applications-3")

        by_month, by_input = scorecard_stability.read(self.SCOPE)

        found = rows_of([by_month], "by-month")
        assert [(row["night"], row["psi_score"]) for row in found] == [
            (date(2026, 1, 31), Decimal("0.0700")),
            (date(2025, 12, 31), Decimal("0.0500")),
        ]
        assert {(row["input"], row["psi_input"], row["state"]) for row in found} == {
            ("income", Decimal("0.3000"), "act")
        }
        assert by_month.links[-1] == f"/admin/loans/scorecardwatch/{last.pk}/change/"
        assert [row["psi"] for row in rows_of([by_input], "by-input")] == [Decimal("0.0700"), Decimal("0.3000")]

    def test_too_few_applications_say_nothing(self, rules):
        watch = watched(date(2026, 1, 31), 0.1, applications=3)
        ScorecardWatch.objects.filter(pk=watch.pk).update(drift=[])

        by_month, by_input = scorecard_stability.read(self.SCOPE)

        (row,) = rows_of([by_month], "by-month")
        assert (row["psi_score"], row["input"], row["state"]) == (None, None, "few")
        assert (list(by_input.rows), by_month.chart) == ([], None)
