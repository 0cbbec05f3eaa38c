"""Whose figures the things of a day are: of the team and the strategy that worked on the file on that day."""

from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.models import CaseFile, DeskFigure, FileWork, LoanMove, Strategy, Team
from collections_mgmt.selectors.overview import Scope, flows_of
from collections_mgmt.selectors.overview_rows import happened
from collections_mgmt.selectors.worker_names import strategy_names, team_names
from collections_mgmt.services.note_work import note_work
from collections_mgmt.services.promises import note_promise
from collections_mgmt.services.reassess_loan import reassess_loan
from collections_mgmt.services.steer_files import move_files
from loans.models import Loan
from tests.factories import pay
from tests.integration.collections_mgmt.desk_cases import TODAY, late_person, refresh, team
from tests.integration.collections_mgmt.strategy_cases import DAY, PEACE, published, supervisor
from tests.integration.overview.conftest import FEBRUARY, MARCH, MONTH, close
from tests.integration.overview.test_figures_of_days import at, attempt
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

CURED_ON = date(2026, 3, 10)


def work() -> list[tuple[date, date | None, str, str]]:
    return list(FileWork.objects.order_by("since").values_list("since", "until", "team", "strategy"))


def counted(measure: Measure) -> list[tuple[str, str, str, int]]:
    figures = DeskFigure.objects.filter(measure=measure.value).order_by("business_date", "detail")
    return list(figures.values_list("detail", "team", "strategy", "count"))


def note(*, since: date) -> None:
    with connection.cursor() as cursor:
        note_work(cursor, since=since)


@pytest.fixture
def cured(loan: Loan) -> Loan:
    """Behind on 28 February, called and promised in March, paid up on 5 March; the close of 10 March ends the file."""
    team("early")
    published([PEACE])
    close(FEBRUARY)
    attempt(loan, at(2, 9), "RIGHT_PARTY", cost_minor=250)
    note_promise(loan_id=loan.pk, amount_minor=MONTH, due_on=date(2026, 3, 6), today=date(2026, 3, 2), actor="user:1")
    pay(loan, MONTH, date(2026, 3, 5))
    close(CURED_ON)
    assert CaseFile.objects.get().closed_on == CURED_ON
    return loan


class TestWhatCures:
    def test_is_its_teams_though_the_file_closes_that_very_night(self, cured):
        assert work() == [(FEBRUARY, CURED_ON, "early", "early v1")]
        assert counted(Measure.PROMISE) == [("KEPT", "early", "early v1", 1)]
        assert counted(Measure.CALL) == [("RIGHT_PARTY", "early", "early v1", 1)]
        assert [row[1:] for row in counted(Measure.COLLECTED)] == [("early", "early v1", 1)]

    def test_stays_its_teams_when_the_days_are_counted_again(self, cured):
        close(date(2026, 3, 11))

        assert counted(Measure.PROMISE) == [("KEPT", "early", "early v1", 1)]
        assert [row[1:] for row in counted(Measure.COLLECTED)] == [("early", "early v1", 1)]

    def test_is_listed_under_its_team_as_often_as_it_is_counted(self, cured):
        for scope in (Scope("CNY", team="early"), Scope("CNY", strategy="early v1"), Scope("CNY", team="late")):
            flow = flows_of(CURED_ON, None, Scope("CNY")).total(scope)
            for measure in (Measure.PROMISE, Measure.CALL, Measure.COLLECTED):
                page = happened(supervisor(), measure, "", scope, on=CURED_ON, after=None)
                assert len(page.rows) == flow.count(measure) == (0 if scope.team == "late" else 1)

    def test_is_a_cure_of_its_team_in_the_month(self, cured):
        pay(cured, MONTH, date(2026, 3, 15))
        close(MARCH)

        move = LoanMove.objects.get(loan=cured, month_end=MARCH)
        assert (move.bucket, move.team, move.strategy, move.was_contacted) == ("CURRENT", "early", "early v1", True)


class TestAChange:
    def test_of_team_by_hand_leaves_the_days_before_to_the_first(self, loan):
        team("early")
        close(FEBRUARY)
        attempt(loan, at(3, 9))
        attempt(loan, at(5, 9), "RIGHT_PARTY")
        late = team("late")
        move_files(file_ids=[CaseFile.objects.get().pk], team_id=late.pk, user=supervisor(), now=at(5, 8))
        close(CURED_ON)

        assert work() == [(FEBRUARY, date(2026, 3, 4), "early", ""), (date(2026, 3, 5), None, "late", "")]
        assert counted(Measure.CALL) == [("NO_ANSWER", "early", "", 1), ("RIGHT_PARTY", "late", "", 1)]

    def test_in_the_night_holds_from_the_next_day(self, loan):
        early = team("early")
        close(FEBRUARY)
        Team.objects.filter(pk=early.pk).update(is_active=False)
        team("second")
        close(date(2026, 3, 1))

        assert work() == [(FEBRUARY, date(2026, 3, 1), "early", ""), (date(2026, 3, 2), None, "second", "")]

    def test_twice_on_one_day_leaves_the_last(self, loan):
        team("early")
        close(FEBRUARY)
        for code in ("late", "third"):
            move_files(file_ids=[CaseFile.objects.get().pk], team_id=team(code).pk, user=supervisor(), now=at(5, 8))

        assert [row[2:] for row in work()] == [("early", ""), ("third", "")]


class TestAFile:
    def test_that_closes_by_day_ends_its_work_with_that_day(self, loan):
        team("early")
        close(FEBRUARY)
        pay(loan, MONTH, date(2026, 3, 5))
        reassess_loan(loan_id=loan.pk, as_of=date(2026, 3, 5))

        assert work() == [(FEBRUARY, date(2026, 3, 5), "early", "")]

    def test_that_follows_another_on_the_same_day_shares_none_with_it(self, policy_packs):
        team("early")
        file = late_person("Amina")
        note(since=TODAY + DAY)
        file.borrower.loans.get().cases.update(status="CLOSED", closed_on=TODAY)
        refresh()
        note(since=TODAY)
        again = file.borrower.loans.get().cases.create(opened_on=TODAY)
        refresh()
        note(since=TODAY)
        assert again.loan.borrower.files.count() == 2

        assert work() == [(TODAY, TODAY, "early", ""), (TODAY + DAY, None, "early", "")]

    def test_of_which_nothing_changed_is_noted_once(self, policy_packs):
        team("early")
        late_person("Amina")
        for since in (TODAY, TODAY + DAY, TODAY + DAY):
            note(since=since)

        assert work() == [(TODAY, None, "early", "")]


class TestNames:
    def test_of_teams_and_strategies_are_what_they_are_called(self, cured):
        Team.objects.filter(code="early").update(name="First help")
        Strategy.objects.filter(code="early").update(name="With care")

        page = as_role("ADMIN").get(reverse("admin:collections_mgmt_deskday_changelist"), {"on": str(CURED_ON)})

        tables = {str(table.title): [row[0] for row in table.rows] for table in page.context["tables"]}
        assert (tables["Teams"], tables["Strategies"]) == (["First help"], ["With care v1"])
        form = page.context["form"]
        assert [str(name) for _code, name in form.fields["team"].widget.choices] == ["All", "First help"]
        assert form.fields["strategy"].widget.choices[1] == ("early v1", "With care v1")

    def test_of_what_is_gone_are_its_codes(self, cured):
        assert team_names(["early", "old"]) == {"early": "Early", "old": "old"}
        assert strategy_names(["early v1", "old v3", "=x"]) == {"early v1": "Early v1", "old v3": "old v3", "=x": "=x"}
