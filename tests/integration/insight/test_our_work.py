"""Reports of our own work: what teams and strategies did, trials, quality, complaints; by rows written by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.models import BucketMove, CloseRun, Complaint, DeskFigure, QualityReview, StrategyDraw, Team
from collections_mgmt.selectors.strategy_results import trial_of
from collections_mgmt.services.review_quality import score_review
from dashu.insight.reports import complaints, desk, quality, trials
from dashu.insight.scope import Scope
from dashu.kernel.dates import lender_now, midnight
from dashu.policy.rules import strategy_rules
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import TODAY, late_person
from tests.integration.collections_mgmt.quality_cases import ALL_WELL, contact, review_of
from tests.integration.collections_mgmt.strategy_cases import PEACE, REMIND, published
from tests.integration.insight.kept import month

pytestmark = pytest.mark.django_db

MARCH, APRIL = month("2026-03"), month("2026-04")
DAY = timedelta(days=1)


def rows_of(tables, code) -> list[dict]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def closed(day: date) -> None:
    CloseRun.objects.create(business_date=day, status=CloseRun.Status.CLOSED)


def did(on: date, measure: str, detail: str, count: int, *, amount: int = 0, team: str = "early", **more: str) -> None:
    given = {"product": "consumer", "currency": "CNY", "strategy": "first 1", **more}
    DeskFigure.objects.create(
        business_date=on, measure=measure, detail=detail, team=team, count=count, amount_minor=amount, **given
    )


def moved(end: date, before: str, after: str, loans: int, *, contacted: int = 0, team: str = "early") -> None:
    BucketMove.objects.create(
        month_end=end,
        bucket_before=before,
        bucket=after,
        product="consumer",
        currency="CNY",
        team=team,
        strategy="first 1",
        loans=loans,
        contacted=contacted,
        principal_before_minor=0,
        principal_minor=0,
    )


class TestDesk:
    SCOPE = Scope(MARCH, APRIL, "CNY")

    @pytest.fixture(autouse=True)
    def work(self, rules) -> None:
        Team.objects.create(code="early", name="Early")
        did(date(2026, 3, 1), "call", "RIGHT_PARTY", 3)
        did(date(2026, 3, 31), "call", "BUSY", 1)
        did(date(2026, 3, 31), "sent", "SMS", 6)
        did(date(2026, 3, 15), "promise", "KEPT", 3)
        did(date(2026, 3, 15), "promise", "BROKEN", 1)
        did(date(2026, 3, 15), "cost", "CALL", 4, amount=10_00)
        did(date(2026, 3, 15), "collected", "BANK_TRANSFER", 2, amount=500_00)
        did(date(2026, 4, 1), "call", "RIGHT_PARTY", 9)
        did(date(2026, 3, 15), "call", "RIGHT_PARTY", 5, team="", strategy="")
        moved(date(2026, 3, 31), "M1", "CURRENT", 2, contacted=1)
        moved(date(2026, 3, 31), "M1", "SETTLED", 1)
        moved(date(2026, 3, 31), "M1", "M2", 1)
        moved(date(2026, 3, 31), "CURRENT", "M1", 7)

    def test_months_of_a_team_begin_with_their_first_day_and_end_with_their_last(self):
        found = {(row["month"], row["team"]): row for row in rows_of(desk.read(self.SCOPE), "by-team")}

        march = found[MARCH, "early"]
        assert (march["calls"], march["reached"], march["reached_share"]) == (4, 3, Decimal("0.7500"))
        assert (march["contacts"], march["decided"], march["kept_share"]) == (10, 4, Decimal("0.7500"))
        assert (march["cost"], march["collected"], march["cost_share"]) == (10_00, 500_00, Decimal("0.0200"))
        assert found[APRIL, "early"]["calls"] == 9
        assert found[MARCH, ""]["calls"] == 5

    def test_loans_are_cured_for_whoever_worked_on_them_at_the_end_of_the_month(self):
        march = next(row for row in rows_of(desk.read(self.SCOPE), "by-team") if row["month"] == MARCH)

        assert (march["behind"], march["cured"], march["cured_share"]) == (4, 3, Decimal("0.7500"))
        assert march["alone_share"] == Decimal("0.6667")

    def test_strategies_have_the_same_sums_as_teams(self):
        tables = desk.read(self.SCOPE)

        for name in ("calls", "contacts", "collected", "behind", "cured"):
            assert sum(row[name] for row in rows_of(tables, "by-team")) == sum(
                row[name] for row in rows_of(tables, "by-strategy")
            )

    def test_nobody_in_particular_stands_last(self):
        march = [row["team"] for row in rows_of(desk.read(self.SCOPE), "by-team") if row["month"] == MARCH]

        assert march == ["early", ""]

    def test_takes_a_fixed_number_of_queries(self, django_assert_num_queries):
        with django_assert_num_queries(6):
            desk.read(self.SCOPE)


class TestTrials:
    def test_has_what_the_page_of_the_version_has(self, rules):
        champion = published([REMIND, PEACE])
        challenger = published([PEACE], share_bps=5_000, source=champion)
        drawn_on = TODAY - 40 * DAY
        for number in range(4):
            file = late_person(f"P{number}")
            StrategyDraw.objects.create(
                version=challenger,
                borrower=file.borrower,
                file=file,
                is_challenger=number < 1,
                drawn_on=drawn_on,
                overdue_minor=100_00,
            )
        closed(lender_now().date())
        now = lender_now().date().replace(day=1)

        tables = trials.read(Scope(now, now, "CNY"))

        (paid,) = [row for row in rows_of(tables, "trials") if row["goal"] == "PAID"]
        trial = trial_of(challenger.pk, on=lender_now().date(), rule=strategy_rules(TODAY).trial)
        assert (paid["challenger_of"], paid["champion_of"]) == (trial.challenger.through, trial.champion.through)
        assert paid["says"] == "too few people yet"
        assert [(row["side"], row["people"], row["overdue"]) for row in rows_of(tables, "beside")] == [
            ("CHALLENGER", 1, 100_00),
            ("CHAMPION", 3, 300_00),
        ]

    def test_before_the_first_trial_it_says_so(self, rules):
        assert [list(each.rows) for each in trials.read(Scope(MARCH, APRIL, "CNY"))] == [[], []]


class TestQuality:
    @pytest.fixture
    def reviewed(self, rules) -> date:
        sun, chidi = factories.staff("Sun", User.Role.SUPERVISOR), factories.staff("Chidi")
        at = lender_now() - timedelta(days=3)
        review = review_of(contact(chidi, factories.borrower("Amina"), at=at), chidi)
        score_review(review_id=review.pk, answers=ALL_WELL, coaching="", user=sun, now=lender_now())
        return at.date().replace(day=1)

    def test_names_people_to_reviewers_only(self, reviewed):
        scope = Scope(reviewed, reviewed, "CNY")
        sun = User.objects.get(role=User.Role.SUPERVISOR)

        of_mail, of_reviewer = quality.read(scope), quality.read(Scope(reviewed, reviewed, "CNY", person=sun))

        assert [each.code for each in of_mail] == ["by-team", "by-question"]
        (person,) = rows_of(of_reviewer, "by-collector")
        (team,) = rows_of(of_mail, "by-team")
        assert (person["collector"], person["passed"], person["passed_of"]) == ("Chidi", 1, 1)
        assert (team["passed_share"], team["passed_from"]) == (1, Decimal("0.2065"))

    def test_work_outside_of_the_months_does_not_count(self, reviewed):
        QualityReview.objects.update(done_at=midnight(date(2026, 2, 1)))

        tables = quality.read(Scope(MARCH, APRIL, "CNY"))

        assert rows_of(tables, "by-team") == []


class TestComplaints:
    @pytest.fixture(autouse=True)
    def asked(self, rules) -> None:
        loan = factories.running_loan(factories.borrower("Amina"))
        for day, more in (
            (date(2026, 3, 31), {"loan": loan, "root_cause": "FEES", "answered_at": midnight(date(2026, 4, 2))}),
            (date(2026, 4, 1), {"answered_at": midnight(date(2026, 4, 30))}),
            (date(2026, 5, 1), {"root_cause": "FEES", "answered_at": midnight(date(2026, 5, 2))}),
        ):
            Complaint.objects.create(
                borrower=loan.borrower, asked_at=midnight(day), about="AMOUNT", due_on=day + 15 * DAY, **more
            )

    def test_only_those_of_the_months_count(self):
        tables = complaints.read(Scope(MARCH, APRIL, "CNY"))

        assert [
            (row["month"], row["product"], row["received"], row["late"]) for row in rows_of(tables, "by-month")
        ] == [
            (APRIL, "", 1, 1),
            (MARCH, "consumer", 1, 0),
        ]
        assert [(row["month"], row["cause"], row["complaints"]) for row in rows_of(tables, "by-cause")] == [
            (MARCH, "FEES", 1)
        ]
        (clock,) = rows_of(tables, "clock")
        assert (clock["in_time_of"], clock["in_time"], clock["waiting"]) == (2, 1, 0)

    def test_a_product_can_be_looked_at_alone(self):
        tables = complaints.read(Scope(MARCH, APRIL, "CNY", product="consumer"))

        assert [row["product"] for row in rows_of(tables, "by-month")] == ["consumer"]
