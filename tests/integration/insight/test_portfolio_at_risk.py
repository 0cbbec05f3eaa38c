"""The principal of loans that are behind, against a count by hand."""

from decimal import Decimal

import pytest

from dashu.insight.reports.portfolio_at_risk import read
from dashu.insight.scope import Scope
from tests.integration.insight.kept import keep, loan_month, month

pytestmark = pytest.mark.django_db

WHOLE = Scope(month("2026-01"), month("2026-04"), "CNY")


def columns_of(figures) -> list[str]:
    return [column.code for column in figures.columns]


def as_dicts(figures) -> list[dict]:
    return [dict(zip(columns_of(figures), row, strict=True)) for row in figures.rows]


class TestByMonth:
    def test_all_principal_of_a_loan_that_is_behind_counts(self, snapshot):
        months = as_dicts(read(WHOLE)[0])

        assert [row["month"] for row in months] == [month(f"2026-0{number}") for number in (4, 3, 2, 1)]
        april = months[0]
        assert (april["loans"], april["principal"]) == (4, 4_200_00)
        assert (april["par1_loans"], april["par1_principal"]) == (2, 2_400_00)
        assert april["par1_share"] == Decimal("0.5714")
        assert (april["par30_loans"], april["par30_principal"], april["par30_share"]) == (
            1,
            1_200_00,
            Decimal("0.2857"),
        )
        assert (april["par60_loans"], april["par90_loans"]) == (1, 0)
        assert april["par90_share"] == 0

    def test_loans_that_ended_are_not_counted(self, snapshot):
        march = as_dicts(read(WHOLE)[0])[1]

        assert (march["loans"], march["principal"]) == (4, 4_600_00)

    def test_a_month_that_is_missing_stays_open_and_is_named(self, rules):
        of = {"principal_before_minor": 100_00, "principal_minor": 100_00}
        keep([loan_month(1, text, "CURRENT", "CURRENT", **of) for text in ("2026-01", "2026-03")])

        months = read(Scope(month("2026-01"), month("2026-03"), "CNY"))[0]

        february = as_dicts(months)[1]
        assert {value for name, value in february.items() if name != "month"} == {None}
        assert any("2026-02" in str(note) for note in months.notes)

    def test_amounts_of_other_currencies_and_products_are_left_out(self, rules):
        keep(
            [
                loan_month(1, "2026-01", "NEW", "CURRENT", principal_minor=1_00),
                loan_month(2, "2026-01", "NEW", "CURRENT", principal_minor=2_00, currency="USD"),
                loan_month(3, "2026-01", "NEW", "CURRENT", principal_minor=4_00, product="sme"),
            ]
        )
        january = month("2026-01")

        found = {
            (currency, product): as_dicts(read(Scope(january, january, currency, product))[0])[0]["principal"]
            for currency, product in (("CNY", ""), ("USD", ""), ("CNY", "sme"))
        }

        assert found == {("CNY", ""): 5_00, ("USD", ""): 2_00, ("CNY", "sme"): 4_00}


class TestByRegion:
    def test_the_parts_of_the_last_month_add_up_to_the_whole(self, snapshot):
        by_month, by_region, _by_day = read(Scope(month("2026-01"), month("2026-04"), "CNY", dimension="region"))

        regions = {row["value"]: row for row in as_dicts(by_region)}
        assert {code: row["principal"] for code, row in regions.items()} == {"110000": 3_000_00, "440000": 1_200_00}
        assert regions["440000"]["par1_share"] == 1
        assert sum(row["principal"] for row in regions.values()) == as_dicts(by_month)[0]["principal"]

    def test_one_value_can_be_looked_at_alone(self, snapshot):
        scope = Scope(month("2026-04"), month("2026-04"), "CNY", dimension="region", value="440000")

        assert [row["loans"] for row in as_dicts(read(scope)[0])] == [1]


class TestByDay:
    def test_says_the_same_on_the_last_day_as_the_month_does(self, snapshot):
        by_month, by_day = read(WHOLE)

        assert next(iter(by_day.rows))[1:] == next(iter(by_month.rows))[1:]


def test_an_empty_book_says_so(rules):
    tables = read(Scope(month("2026-01"), month("2026-01"), "CNY"))

    assert [list(figures.rows) for figures in tables] == [[], []]
    assert all(figures.empty and figures.chart is None for figures in tables)


def test_the_number_of_queries_is_fixed(snapshot, django_assert_num_queries):
    read(WHOLE)  # the rules are in the cache now

    with django_assert_num_queries(3):
        read(WHOLE)
