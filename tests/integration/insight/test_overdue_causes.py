"""Causes of being overdue against a count by hand: shares, course, splits, and the loans behind."""

from decimal import Decimal

import pytest

from collections_mgmt.models import HardshipRequest, WarningLead
from dashu.insight.reports.overdue_causes import read
from dashu.insight.scope import Scope
from tests import factories
from tests.integration.collections_mgmt.warning_cases import noon
from tests.integration.insight.kept import keep, loan_month, month
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

PAGE = "/admin/insight/reportschedule/reports/overdue-causes/"
MARCH, APRIL = month("2026-03"), month("2026-04")
WHOLE = Scope(MARCH, APRIL, "CNY")


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def behind(loan_id: int, of: str, bucket: str, cause: str, *, owed: int = 1_000_00, overdue: int = 100_00, **more):
    amounts = {"principal_before_minor": owed, "principal_minor": owed, "overdue_minor": overdue}
    return loan_month(loan_id, of, "CURRENT", bucket, cause=cause, vintage="2026-01", **{**amounts, **more})


@pytest.fixture
def book(rules) -> None:
    north, south = {"region": "110000"}, {"region": "440000"}
    keep(
        [
            behind(1, "2026-03", "M1", "INCOME", **north),
            behind(2, "2026-03", "M1", "", **north),
            behind(1, "2026-04", "M2", "INCOME", overdue=300_00, **north),
            behind(2, "2026-04", "M1", "INCOME", overdue=100_00, **south),
            behind(3, "2026-04", "M1", "ECONOMY", owed=2_000_00, overdue=400_00, product="sme", **south),
            behind(4, "2026-04", "M1", "", overdue=0, **south),
            loan_month(5, "2026-04", "CURRENT", "CURRENT", principal_minor=5_000_00, vintage="2026-01", **north),
        ]
    )


class TestCauses:
    def test_shares_are_of_all_loans_and_amounts_that_are_behind(self, book):
        found = {row["cause"]: row for row in rows_of(read(WHOLE), "causes")}

        assert {cause: row["loans"] for cause, row in found.items()} == {"INCOME": 2, "ECONOMY": 1, "": 1}
        assert (found["INCOME"]["share_of_loans"], found["INCOME"]["share_of_overdue"]) == (
            Decimal("0.5000"),
            Decimal("0.5000"),
        )
        assert (found["ECONOMY"]["principal"], found["ECONOMY"]["overdue"]) == (2_000_00, 400_00)
        assert sum(row["share_of_loans"] for row in found.values()) == 1

    def test_the_course_has_every_month_the_newest_first(self, book):
        found = rows_of(read(WHOLE), "course")

        assert [(row["month"], row["cause"], row["loans"]) for row in found] == [
            (APRIL, "INCOME", 2),
            (APRIL, "", 1),
            (APRIL, "ECONOMY", 1),
            (MARCH, "", 1),
            (MARCH, "INCOME", 1),
        ]

    def test_products_and_buckets_have_shares_of_their_own(self, book):
        tables = read(WHOLE)

        products = {(row["value"], row["cause"]): row["share_of_loans"] for row in rows_of(tables, "by-product")}
        buckets = {(row["value"], row["cause"]): row["loans"] for row in rows_of(tables, "by-bucket")}
        assert products == {
            ("consumer", "INCOME"): Decimal("0.6667"),
            ("consumer", ""): Decimal("0.3333"),
            ("sme", "ECONOMY"): 1,
        }
        assert buckets == {("M1", "INCOME"): 1, ("M1", ""): 1, ("M1", "ECONOMY"): 1, ("M2", "INCOME"): 1}

    def test_a_region_can_be_split_by_and_looked_at_alone(self, book):
        split = rows_of(read(Scope(MARCH, APRIL, "CNY", dimension="region")), "by-region")
        south = read(Scope(MARCH, APRIL, "CNY", dimension="region", value="440000"))

        assert {(row["value"], row["cause"]): row["loans"] for row in split} == {
            ("440000", "INCOME"): 1,
            ("440000", "ECONOMY"): 1,
            ("440000", ""): 1,
            ("110000", "INCOME"): 1,
        }
        assert {row["cause"]: row["loans"] for row in rows_of(south, "causes")} == {"INCOME": 1, "ECONOMY": 1, "": 1}

    def test_the_whole_and_the_sum_of_its_regions_agree(self, book):
        whole = rows_of(read(WHOLE), "causes")
        split = rows_of(read(Scope(MARCH, APRIL, "CNY", dimension="region")), "by-region")

        assert sum(row["overdue"] for row in whole) == sum(row["overdue"] for row in split) == 800_00

    def test_a_month_that_is_missing_is_no_zero(self, rules):
        keep([behind(1, text, "M1", "INCOME") for text in ("2026-02", "2026-04")])

        found = rows_of(read(Scope(month("2026-02"), APRIL, "CNY")), "course")

        assert [(row["month"], row["loans"]) for row in found] == [(APRIL, 1), (MARCH, None), (month("2026-02"), 1)]

    def test_what_was_noticed_and_asked_for_up_to_the_last_month_is_told_with_its_outcome(self, book):
        amina = factories.borrower("Amina")
        WarningLead.objects.create(borrower=amina, opened_on=MARCH, cause="INCOME")
        for day in (MARCH, month("2026-05")):
            HardshipRequest.objects.create(borrower=amina, cause="INCOME", asked_at=noon(day), due_on=day)

        (found,) = rows_of(read(WHOLE), "outcomes")

        assert (found["cause"], found["warnings"], found["requests"]) == ("INCOME", 1, 1)

    def test_the_number_of_queries_is_fixed(self, book, django_assert_num_queries):
        read(WHOLE)

        with django_assert_num_queries(7):
            read(WHOLE)


class TestDrillDown:
    def test_leads_to_the_loans_of_a_cause_for_who_may_see_them(self, rules):
        loan, other = (factories.running_loan(factories.borrower(name)) for name in ("Amina", "Brook"))
        keep([behind(loan.pk, "2026-04", "M1", "INCOME"), behind(other.pk, "2026-04", "M1", "ECONOMY")])
        client = as_role("SUPERVISOR")
        page = client.get(PAGE).content.decode()
        address = "/admin/insight/reportschedule/reports/loans/?month=2026-04&currency=CNY&over=0&cause=INCOME"
        assert address.replace("&", "&amp;") in page

        shown = client.get(address)

        assert loan.number in shown.content.decode()
        assert other.number not in shown.content.decode()
        assert as_role("COLLECTOR").get(address).status_code == 403

    def test_of_one_region_the_loans_of_a_cause_are_of_this_region(self, rules):
        loan, other = (factories.running_loan(factories.borrower(name)) for name in ("Amina", "Brook"))
        keep(
            [
                behind(loan.pk, "2026-04", "M1", "INCOME", region="110000"),
                behind(other.pk, "2026-04", "M1", "INCOME", region="440000"),
            ]
        )
        scope = Scope(APRIL, APRIL, "CNY", dimension="region", value="110000")

        (address,) = next(each for each in read(scope) if each.code == "causes").links
        shown = as_role("SUPERVISOR").get(address).content.decode()

        assert loan.number in shown
        assert other.number not in shown
