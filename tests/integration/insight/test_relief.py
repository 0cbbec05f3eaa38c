"""What became of loans after a plan of relief, from the snapshot, and the evidence of the draws as a report."""

from datetime import date
from decimal import Decimal

import pytest

from collections_mgmt.models import CloseRun, RestructuringPlan
from dashu.insight.reports.relief import read
from dashu.insight.scope import Scope
from dashu.kernel.dates import add_months
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.relief_cases import TODAY, plan_for
from tests.integration.collections_mgmt.test_relief_evidence import behind, campaign, drawn
from tests.integration.insight.kept import keep, loan_month

pytestmark = pytest.mark.django_db

PLAN_MONTH = TODAY.replace(day=1)
SCOPE = Scope(add_months(PLAN_MONTH, -1), add_months(PLAN_MONTH, 12), "CNY")


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def with_plan(name: str) -> Loan:
    owner = factories.borrower(name, phone=f"1380000{len(name):04}")
    loan = factories.running_loan(owner)
    factories.pay(loan, 1_100_16, date(2026, 2, 15))
    plan_for(loan)
    return loan


def followed(loan: Loan, buckets: dict[int, str], *, months: int) -> list:
    """Its months from that of the plan on; CURRENT but where said otherwise."""
    return [
        loan_month(loan.pk, f"{add_months(PLAN_MONTH, number):%Y-%m}", "CURRENT", buckets.get(number, "CURRENT"))
        for number in range(months + 1)
    ]


class TestBehindAgain:
    def test_counts_loans_that_were_far_behind_at_the_end_of_a_month_after(self, rules):
        early, late, never = (with_plan(name) for name in ("Amina", "Brooke", "Chen"))
        keep(
            [
                *followed(early, {3: "M2"}, months=12),
                *followed(late, {9: "M3"}, months=12),
                *followed(never, {2: "M1"}, months=12),
            ]
        )

        (found,) = rows_of(read(SCOPE), "again")

        assert (found["month"], found["loans"]) == (PLAN_MONTH, 3)
        assert (found["half_of"], found["half"], found["half_share"]) == (3, 1, Decimal("0.3333"))
        assert (found["year_of"], found["year"], found["year_share"]) == (3, 2, Decimal("0.6667"))

    def test_a_month_of_which_there_is_no_snapshot_makes_nobody_good(self, rules):
        loan = with_plan("Amina")
        months = followed(loan, {3: "M2"}, months=12)
        keep(row for number, row in enumerate(months) if number != 3)

        (found,) = rows_of(read(SCOPE), "again")

        assert (found["loans"], found["half_of"], found["half_share"], found["year_of"]) == (1, 0, None, 0)

    def test_what_came_after_the_months_asked_for_is_not_known(self, rules):
        keep(followed(with_plan("Amina"), {1: "M2"}, months=12))

        (early,) = rows_of(read(Scope(SCOPE.first, add_months(PLAN_MONTH, 5), "CNY")), "again")
        (then,) = rows_of(read(Scope(SCOPE.first, add_months(PLAN_MONTH, 6), "CNY")), "again")

        assert (early["half_of"], early["half"]) == (0, 0)
        assert (then["half_of"], then["half"], then["year_of"]) == (1, 1, 0)

    def test_months_that_are_not_over_are_not_judged(self, rules):
        keep(followed(with_plan("Amina"), {1: "M2"}, months=5))

        (found,) = rows_of(read(SCOPE), "again")

        assert (found["loans"], found["half_of"], found["half_share"]) == (1, 0, None)

    def test_what_was_behind_in_the_month_of_the_plan_does_not_count(self, rules):
        keep(followed(with_plan("Amina"), {0: "M2"}, months=6))

        assert rows_of(read(SCOPE), "again")[0]["half"] == 0

    def test_a_loan_that_was_given_up_counts(self, rules):
        keep(followed(with_plan("Amina"), {4: "CHARGED_OFF"}, months=6))

        assert rows_of(read(SCOPE), "again")[0]["half"] == 1

    def test_a_plan_that_was_taken_back_does_not_count(self, rules):
        keep(followed(with_plan("Amina"), {}, months=6))
        RestructuringPlan.objects.update(status="WITHDRAWN", ended_on=TODAY)

        assert rows_of(read(SCOPE), "again") == []

    def test_methods_stand_apart_and_agree_with_the_months(self, rules):
        keep(followed(with_plan("Amina"), {2: "M2"}, months=6))

        (found,) = rows_of(read(SCOPE), "again-by-method")

        assert (found["method"], found["loans"], found["half"]) == ("term_extension", 1, 1)


class TestEvidence:
    def test_has_both_sides_of_the_draws_as_they_stood_at_the_end_of_the_last_month(self, rules):
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        spring = campaign(sun, "Spring")
        behind(drawn(spring, "Amina", is_offered=True), 31, date(2026, 4, 1))
        drawn(spring, "Brook", is_offered=False)
        loan = drawn(spring, "Chen", is_offered=False)
        keep(
            [loan_month(loan.pk, "2026-08", "CURRENT", "CURRENT"), loan_month(loan.pk, "2026-09", "CURRENT", "CURRENT")]
        )
        for day in (date(2026, 8, 31), date(2026, 9, 30)):
            CloseRun.objects.create(business_date=day, status=CloseRun.Status.CLOSED)

        before = read(Scope(date(2026, 8, 1), date(2026, 8, 1), "CNY"))
        after = read(Scope(date(2026, 8, 1), date(2026, 9, 1), "CNY"))

        (early,) = [row for row in rows_of(before, "drawn") if row["measure"] == "AVOIDED"]
        (known,) = [row for row in rows_of(after, "drawn") if row["measure"] == "AVOIDED"]
        assert (early["offered_of"], early["alone_of"]) == (0, 0)
        assert (known["offered_of"], known["offered"], known["alone_of"], known["alone"]) == (1, 0, 2, 2)
        assert known["difference"] == -1
        assert known["says"] != ""

    def test_of_campaigns_that_a_person_may_not_see_nothing_is_told(self, rules):
        sun, chidi = factories.staff("Sun", User.Role.SUPERVISOR), factories.staff("Chidi")
        loan = drawn(campaign(sun, "Spring"), "Amina", is_offered=True)
        keep([loan_month(loan.pk, "2026-09", "CURRENT", "CURRENT")])
        CloseRun.objects.create(business_date=date(2026, 9, 30), status=CloseRun.Status.CLOSED)
        first = date(2026, 9, 1)

        seen, hidden = (rows_of(read(Scope(first, first, "CNY", person=each)), "campaigns") for each in (sun, chidi))

        assert (len(seen), len(hidden)) == (1, 0)


def test_an_empty_book_says_so(rules):
    tables = read(SCOPE)

    assert [list(each.rows) for each in tables] == [[], []]
