"""The nightly watch: drift, fairness and the challenger over a window, and alerts where somebody must act."""

from datetime import timedelta

import pytest

from dashu.alerts.models import Alert
from dashu.users.models import Borrower, Identity
from dashu.users.selectors import number_index, phone_index
from loans import tasks
from loans.domain.drift import Drift
from loans.domain.stability import Stability
from loans.models import Application, CreditReview, ScorecardWatch
from loans.scoring.serving import behavior_releases, current_releases
from loans.services.watch_scorecards import watch_behavior, watch_scorecards
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, NOW
from tests.integration.desk.conftest import decided, signed_in

DAY = NOW.date()
CHAMPION, CHALLENGER = current_releases().names
FIELDS = ("facts", "findings", "scorecard", "score", "shortfalls", "challenger", "price", "answer", "rules_on")

CALM = (Drift("score", 0.01, Stability.STABLE, (1, 1), (1, 1)),)


@pytest.fixture
def pattern(amina, bureau) -> CreditReview:
    """What the rules said of one good applicant; it is counted, too: a woman of 76 who gets offers."""
    return decided(amina).reviews.get()


def crowd(pattern, number, count, outcome="APPROVE", *, at=NOW, start=0, **changes) -> None:
    """Add applications of people with one ID number, decided like the pattern."""
    kept = {name: getattr(pattern, name) for name in FIELDS}
    people = Borrower.objects.bulk_create(Borrower(name=f"P{start + each}") for each in range(count))
    index, phone = number_index(number), phone_index("13800001234")
    Identity.objects.bulk_create(
        Identity(
            borrower=person,
            kind="CN_ID",
            name="人",
            number=number,
            number_index=index,
            phone="13800001234",
            phone_index=phone,
            recorded_at=at,
        )
        for person in people
    )
    product = pattern.application.product
    applications = Application.objects.bulk_create(
        Application(borrower=person, product=product, status="REFUSED") for person in people
    )
    CreditReview.objects.bulk_create(
        CreditReview(application=each, outcome=outcome, decided_at=at, **{**kept, **changes}) for each in applications
    )


def of_champion() -> ScorecardWatch:
    return ScorecardWatch.objects.get(scorecard=CHAMPION)


class TestWatch:
    def test_keeps_one_row_a_night_for_each_scorecard_in_use(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 9)

        assert len(watch_scorecards(night=DAY)) == 2
        assert watch_scorecards(night=DAY) == []

        rows = ScorecardWatch.objects.order_by("scorecard")
        assert [(row.scorecard, row.is_champion, row.night, row.applications) for row in rows] == [
            (CHAMPION, True, DAY, 10),
            (CHALLENGER, False, DAY, 10),
        ]
        assert rows[0].from_on == DAY - timedelta(days=89)

    def test_says_nothing_of_drift_before_there_are_enough(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 198)

        watch_scorecards(night=DAY)

        assert of_champion().drift == []
        assert not Alert.objects.exists()

    def test_finds_that_applicants_are_all_alike_now_and_raises_an_alert(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 199)

        watch_scorecards(night=DAY)

        score, *facts = of_champion().drift
        assert (score["name"], score["stability"], sum(score["found"])) == ("score", "act", 200)
        assert {"months", "job", "past_defaults"} <= {each["name"] for each in facts}
        alerts = Alert.objects.filter(kind="credit.scorecard_drifts")
        assert sorted(alert.subject for alert in alerts) == [CHAMPION, CHALLENGER]
        assert CHAMPION in alerts.get(subject=CHAMPION).text

    def test_ends_the_alert_once_it_is_over(self, pattern, monkeypatch):
        crowd(pattern, AMINAS_NUMBER, 199)
        watch_scorecards(night=DAY)
        monkeypatch.setattr("loans.services.watch_scorecards.drift_of", lambda *_given: CALM)

        watch_scorecards(night=DAY + timedelta(days=1))

        assert not Alert.objects.filter(kind="credit.scorecard_drifts", ended_at=None).exists()

    def test_counts_the_days_of_the_window_and_no_others(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 2, at=NOW - timedelta(days=89))
        crowd(pattern, AMINAS_NUMBER, 4, at=NOW - timedelta(days=90), start=10)
        crowd(pattern, AMINAS_NUMBER, 8, at=NOW + timedelta(days=1), start=20)

        watch_scorecards(night=DAY)

        assert of_champion().applications == 3

    def test_counts_an_application_once_by_its_latest_score(self, pattern):
        CreditReview.objects.create(
            application=pattern.application,
            outcome="REFUSE",
            decided_at=NOW + timedelta(hours=1),
            **{name: getattr(pattern, name) for name in FIELDS},
        )

        watch_scorecards(night=DAY)

        assert of_champion().applications == 1


class TestFairness:
    def test_holds_groups_against_one_another_and_raises_an_alert_below_the_bar(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 39)
        crowd(pattern, BROOKS_NUMBER, 20, start=50)
        crowd(pattern, BROOKS_NUMBER, 20, "REFUSE", start=80)

        watch_scorecards(night=DAY)

        women, men = of_champion().fairness["sex"]
        assert (women["group"], women["applicants"], women["approval_rate"]) == ("F", 40, 1.0)
        assert (men["group"], men["impact_ratio"], men["needs_a_look"]) == ("M", 0.5, True)
        assert [group["group"] for group in of_champion().fairness["age"]] == ["35–49", "50+"]
        alert = Alert.objects.get(kind="credit.group_fares_worse", subject=f"{CHAMPION}:sex:M")
        assert alert.params["ratio"] == "0.50"

    def test_says_the_size_of_a_small_group_only(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 39)
        crowd(pattern, BROOKS_NUMBER, 29, "REFUSE", start=50)

        watch_scorecards(night=DAY)

        _women, men = of_champion().fairness["sex"]
        assert (men["applicants"], men["approval_rate"], men["impact_ratio"]) == (29, None, None)
        assert not Alert.objects.exists()

    def test_counts_what_a_person_decided_and_not_what_waits(self, pattern, una):
        crowd(pattern, BROOKS_NUMBER, 30, "REFER")
        for review in CreditReview.objects.filter(outcome="REFER")[:10]:
            CreditReview.objects.create(
                application=review.application,
                outcome="APPROVE",
                decided_at=NOW,
                decided_by=una,
                **{name: getattr(review, name) for name in FIELDS},
            )

        watch_scorecards(night=DAY)

        [_women, men] = of_champion().fairness["sex"]
        assert men["applicants"] == 10

    def test_keeps_nothing_of_a_person(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 39)

        watch_scorecards(night=DAY)

        assert AMINAS_NUMBER not in str(ScorecardWatch.objects.values())
        assert "sex" not in str(CreditReview.objects.values("facts", "answer"))


class TestChallenger:
    def test_is_held_beside_the_champion_at_the_bar(self, pattern):
        crowd(pattern, AMINAS_NUMBER, 5, score=515, challenger={CHALLENGER: 530})
        crowd(pattern, AMINAS_NUMBER, 3, score=500, challenger={CHALLENGER: 480}, start=10)

        watch_scorecards(night=DAY)

        found = of_champion().comparison
        assert (found["challenger"], found["bar"]) == (CHALLENGER, 520)
        assert (found["both"], found["neither"]) == (1, 3)
        assert (found["only_champion"], found["only_challenger"]) == (0, 5)
        assert sum(found["champion"]) == sum(found["challenger_bands"]) == 9
        assert ScorecardWatch.objects.get(scorecard=CHALLENGER).comparison is None


class TestTask:
    def test_watches_yesterday(self, pattern, monkeypatch):
        monkeypatch.setattr(tasks, "lender_today", lambda: DAY + timedelta(days=1))

        tasks.watch_scorecard()
        tasks.watch_scorecard()

        assert set(ScorecardWatch.objects.values_list("night", flat=True)) == {DAY}
        assert ScorecardWatch.objects.count() == 2


class TestPage:
    PAGE = "/admin/loans/scorecardwatch/"

    def test_shows_the_latest_night_with_its_history(self, pattern, una):
        crowd(pattern, AMINAS_NUMBER, 199)
        crowd(pattern, BROOKS_NUMBER, 40, "REFUSE", start=300)
        for night in (DAY, DAY + timedelta(days=1)):
            watch_scorecards(night=night)
        client = signed_in(una)

        page = client.get(self.PAGE).content.decode()

        for words in (CHAMPION, "Somebody must act", "Women", "0.00", "At the bar of 520 points they differ on 0 of"):
            assert words in page
        first = ScorecardWatch.objects.get(scorecard=CHALLENGER, night=DAY)
        assert client.get(f"{self.PAGE}{first.pk}/change/").status_code == 200
        assert CHALLENGER in client.get(f"{self.PAGE}?scorecard={CHALLENGER}").content.decode()

    def test_shows_running_loans_apart_without_groups_of_people(self, pattern, una):
        watch_scorecards(night=DAY)
        watch_behavior(night=DAY, histories={(0,) * 6: 900, (2, 1, 0, 0, 0, 0): 3})
        name = behavior_releases().champion
        client = signed_in(una)

        page = client.get(f"{self.PAGE}?scorecard={name}").content.decode()

        for words in (
            "Borrowers scored",
            "903",
            "Somebody must act",
            "Months the oldest open bill is late",
            CHALLENGER,
        ):
            assert words in page
        assert "How age groups fare" not in page
        first = client.get(self.PAGE).content.decode()
        assert "Applications scored" in first
        assert name in first

    def test_says_that_no_night_was_watched_yet(self, una):
        assert "No night was watched yet." in signed_in(una).get(self.PAGE).content.decode()

    def test_is_closed_to_collectors(self, chidi):
        assert signed_in(chidi).get(self.PAGE).status_code == 403


def test_a_borrower_never_reaches_the_watch(amina, client):
    client.force_login(amina.user, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/admin/loans/scorecardwatch/").status_code == 302
