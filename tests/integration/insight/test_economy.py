"""A series of the economy over the book: rates against a count by hand, lags, regions, and how little is claimed."""

from datetime import date
from decimal import Decimal

import pytest

from dashu.insight.reports.economy import NEW_OVERDUE, PAR1, PAR30, read
from dashu.insight.scope import Scope
from dashu.kernel.dates import add_months
from tests.integration.collections_mgmt.warning_cases import series, value
from tests.integration.insight.kept import keep, loan_month, month

pytestmark = pytest.mark.django_db

APRIL = month("2026-04")


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def asked(first: date, last: date, **options: str) -> Scope:
    return Scope(first, last, "CNY", options={"series": "jobs", "rate": PAR30, "lag": "0", **options})


@pytest.fixture
def book(rules) -> None:
    """In April of four loans with the same principal two are behind, one of them newly and one of them far."""
    owed = {"principal_before_minor": 100_00, "principal_minor": 100_00}
    keep(
        [
            loan_month(1, "2026-04", "CURRENT", "CURRENT", region="110000", **owed),
            loan_month(2, "2026-04", "CURRENT", "M1", region="110000", **owed),
            loan_month(3, "2026-04", "M1", "M2", region="440000", **owed),
            loan_month(4, "2026-04", "NEW", "CURRENT", region="440000", principal_minor=100_00),
            loan_month(5, "2026-04", "CURRENT", "SETTLED", region="440000", principal_before_minor=100_00),
        ]
    )


class TestRates:
    @pytest.mark.parametrize(("rate", "expected"), [(PAR30, "0.2500"), (PAR1, "0.5000"), (NEW_OVERDUE, "0.3333")])
    def test_of_the_whole_book(self, book, rate, expected):
        series()

        (row,) = rows_of(read(asked(APRIL, APRIL, rate=rate)), "by-month")

        assert row["rate"] == Decimal(expected)

    @pytest.mark.parametrize(("region", "expected"), [("110000", "0.0000"), ("440000", "0.5000")])
    def test_a_series_of_a_region_is_held_against_loans_of_this_region(self, book, region, expected):
        series(region=region)

        tables = read(asked(APRIL, APRIL))

        assert rows_of(tables, "by-month")[0]["rate"] == Decimal(expected)
        assert any("only loans of there are counted" in str(note) for note in tables[0].notes)


def two_years(code: str = "jobs") -> list[date]:
    """A book whose share behind rises with a series two months before, for two years."""
    jobs, first = series(code), month("2024-01")
    months = [add_months(first, number) for number in range(24)]
    rows = []
    for number, on in enumerate(months):
        late = number * 7 % 10 + 1
        value(jobs, add_months(on, -2), str(late), noted_on=on)
        owed = {"principal_before_minor": 100_00, "vintage": "2023-01"}
        text = f"{on:%Y-%m}"
        rows.append(loan_month(1, text, "M1", "M2", principal_minor=late * 100, **owed))
        rows.append(loan_month(2, text, "CURRENT", "CURRENT", principal_minor=(100 - late) * 100, **owed))
    keep(rows)
    return months


class TestLags:
    def test_the_lag_at_which_both_move_in_step_is_found_with_its_months(self, rules):
        months = two_years()

        lags = {row["lag"]: row for row in rows_of(read(asked(months[0], months[-1], lag="2")), "by-lag")}

        assert (lags[2]["coefficient"], lags[2]["months"]) == (1, 24)
        assert abs(lags[0]["coefficient"]) < 1
        assert lags[0]["months"] == 22

    def test_each_month_stands_beside_the_series_so_many_months_before(self, rules):
        months = two_years()

        newest = rows_of(read(asked(months[0], months[-1], lag="2")), "by-month")[0]

        assert (newest["month"], newest["series_month"]) == (months[-1], add_months(months[-1], -2))
        assert newest["rate"] == newest["series_value"] / 100

    def test_no_cause_is_claimed_and_few_months_conclude_nothing(self, rules):
        months = two_years()

        enough = read(asked(months[0], months[-1]))[0].notes
        few = read(asked(months[0], months[5]))[0].notes

        assert any("not that one caused the other" in str(note) for note in enough)
        assert any("below 12 months nothing is concluded" in str(note) for note in few)


class TestNothing:
    def test_without_a_series_the_rate_stands_alone_and_it_says_where_to_import_one(self, book):
        (figures,) = read(asked(APRIL, APRIL))

        assert list(figures.rows) == [[APRIL, Decimal("0.2500"), None]]
        assert "Import one" in str(figures.notes[-1])

    def test_a_month_without_a_snapshot_stays_open(self, rules):
        series()
        owed = {"principal_before_minor": 100_00, "principal_minor": 100_00}
        keep([loan_month(1, text, "CURRENT", "CURRENT", **owed) for text in ("2026-02", "2026-04")])

        rows = rows_of(read(asked(month("2026-02"), APRIL)), "by-month")

        assert [row["rate"] for row in rows] == [0, None, 0]

    def test_of_an_empty_book_there_is_nothing(self, rules):
        series()

        tables = read(asked(APRIL, APRIL))

        assert rows_of(tables, "by-month") == []
        assert {row["coefficient"] for row in rows_of(tables, "by-lag")} == {None}
