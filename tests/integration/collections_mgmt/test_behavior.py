"""The behavior score of running loans: its months against plain Python, what is written, and what it may open."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection

from collections_mgmt import tasks
from collections_mgmt.models import CloseRun, OverdueStatus, ScoreObservation, WarningLead
from collections_mgmt.selectors.behavior import histories_running, last_month_end, month_ends, score_bands
from collections_mgmt.selectors.leads import triggers_of
from collections_mgmt.services.behavior_sql import score_behavior
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.watch_behavior import watch_running_loans
from dashu.alerts.models import Alert
from dashu.alerts.texts import text_of
from dashu.users.models import User
from dashu.web.staff_tables import wrapped
from loans.domain.behavior import months_behind
from loans.models import Loan, ScorecardWatch
from loans.reason_words import shortfall_in_words
from loans.scoring.serving import behavior_releases
from repayments.models import Installment, Payment, PaymentAllocation
from tests import factories
from tests.integration.collections_mgmt.warning_cases import came, kinds, night
from tests.integration.staff.test_file_pages import signed_in

JULY, JUNE, MAY = date(2026, 7, 31), date(2026, 6, 30), date(2026, 5, 31)
DAY = timedelta(days=1)
CHAMPION = behavior_releases().champion


def were_behind(*loans: Loan, on: date = JULY) -> None:
    """The close has seen them behind; of nobody else is a score looked for."""
    OverdueStatus.objects.bulk_create(
        OverdueStatus(
            loan=loan,
            as_of=on,
            days_past_due=0,
            effective_days_past_due=0,
            principal_minor=0,
            interest_minor=0,
            fee_minor=0,
            penalty_minor=0,
            bucket="CURRENT",
            classification="NORMAL",
        )
        for loan in loans
    )


def pay_on(loan: Loan, days: list[int]) -> None:
    for number, late in enumerate(days, start=1):
        due = Installment.objects.get(loan=loan, number=number, is_current=True).due_on
        came(loan, number, due + timedelta(days=late))


def scored(month_end: date) -> int:
    with connection.cursor() as cursor:
        return score_behavior(cursor, month_end=month_end, first=0, end=2**62)


def kept(borrower) -> list[tuple[date, int, list[int]]]:
    rows = ScoreObservation.objects.filter(borrower=borrower).order_by("scored_on")
    return list(rows.values_list("scored_on", "points", "behind"))


def months_of(loan: Loan, month_end: date, count: int) -> list[int]:
    """Say in plain Python how far a loan was behind at the end of each month, the newest first."""
    rows = list(Installment.objects.filter(loan=loan, is_current=True))
    settled: dict[int, date] = {}
    for part in PaymentAllocation.objects.filter(payment__loan=loan, payment__is_returned=False).select_related(
        "payment"
    ):
        settled[part.number] = max(settled.get(part.number, date.min), part.payment.received_on)
    months, end = [], month_end
    while len(months) < count and any(row.due_on < end for row in rows):
        late = [
            (end - row.due_on).days
            for row in rows
            if row.due_on < end and (row.unpaid_minor or settled.get(row.number, row.due_on) > end)
        ]
        months.append(months_behind(max(late, default=0)))
        end = end.replace(day=1) - DAY
    return months


class TestMonths:
    def test_agree_with_plain_python_loan_by_loan(self, db):
        drawn = random.Random(9)
        loans = []
        for each in range(60):
            loan = factories.running_loan(factories.borrower(f"B{each}"))
            pay_on(loan, [drawn.choice([-3, 0, 0, 4, 20, 40, 75]) for _number in range(drawn.randint(0, 6))])
            loans.append(loan)

        expected = Counter(tuple(months_of(loan, JULY, 6)) for loan in loans)

        assert histories_running(JULY) == expected
        assert len(expected) > 10

    def test_of_a_borrower_are_those_of_the_loan_that_is_furthest_behind(self, amina, loan):
        pay_on(loan, [0] * 6)
        pay_on(factories.running_loan(amina), [0] * 4)

        assert histories_running(JULY) == {(2, 1, 0, 0, 0, 0): 1}

    def test_money_counts_from_its_value_date_and_not_when_it_went_back(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 0, 0])
        Payment.objects.filter(loan=loan, allocations__number=6).update(is_returned=True)

        assert histories_running(JULY) == {(0,) * 6: 1}

        Installment.objects.filter(loan=loan, number=6).update(paid_interest_minor=0, paid_principal_minor=0)

        assert histories_running(JULY) == {(1, 0, 0, 0, 0, 0): 1}

    def test_a_loan_that_ended_is_no_running_one(self, loan):
        Loan.objects.filter(pk=loan.pk).update(status="SETTLED")

        assert histories_running(JULY) == {}

    @pytest.mark.parametrize(("on", "end"), [(JULY, JULY), (JULY - DAY, JUNE), (date(2026, 3, 1), date(2026, 2, 28))])
    def test_the_newest_full_month_is_over_at_the_end_of_its_last_day(self, on, end):
        assert last_month_end(on) == end
        assert month_ends(JULY) == [JULY, JUNE, MAY, date(2026, 4, 30)]


class TestScoring:
    def test_keeps_new_points_beside_those_of_the_months_before(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 0])
        were_behind(loan)

        assert scored(JULY) == 1

        assert kept(amina) == [
            (date(2026, 4, 30), 544, [0, 0, 0]),
            (MAY, 544, [0, 0, 0, 0]),
            (JUNE, 544, [0, 0, 0, 0, 0]),
            (JULY, 507, [1, 0, 0, 0, 0, 0]),
        ]

    def test_writes_nothing_where_nothing_is_new(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 0])
        were_behind(loan)
        scored(JULY)
        before = kept(amina)

        assert scored(JULY) == 0
        assert kept(amina) == before

    def test_says_again_what_was_corrected(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 0])
        were_behind(loan)
        scored(JULY)
        came(loan, 6, date(2026, 7, 15))

        assert scored(JULY) == 1
        assert kept(amina)[-1] == (JULY, 544, [0] * 6)

    def test_costs_nothing_for_whoever_was_never_behind(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 0])

        assert scored(JULY) == 0
        assert kept(amina) == []

    def test_guesses_nothing_of_a_loan_with_too_few_months(self, amina, loan):
        were_behind(loan, on=date(2026, 3, 31))

        assert scored(date(2026, 3, 31)) == 0
        assert kept(amina) == []


class TestBands:
    def test_fall_and_say_what_cost_the_points(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 0])

        found = score_bands([loan.pk], JULY + 5 * DAY)[loan.pk]

        assert (found.scorecard, found.month_end, found.months) == (CHAMPION, JULY, 6)
        assert (found.points, found.band, found.highest_band, found.dropped) == (507, 1, 3, 2)
        assert [each.characteristic.name for each in found.reasons] == ["behind_now", "late_share", "behind_most"]

    def test_are_those_of_the_best_where_nothing_was_late(self, loan):
        pay_on(loan, [0] * 6)

        found = score_bands([loan.pk], JULY)[loan.pk]

        assert (found.points, found.band, found.dropped, found.reasons) == (544, 3, 0, ())

    def test_are_not_guessed_of_a_young_loan(self, loan):
        found = score_bands([loan.pk], date(2026, 3, 31))[loan.pk]

        assert (found.months, found.points, found.band, found.dropped) == (2, None, None, 0)

    def test_are_none_of_a_loan_that_ended(self, loan):
        Loan.objects.filter(pk=loan.pk).update(status="SETTLED")

        assert score_bands([loan.pk], JULY) == {}


class TestEarlyWarning:
    @pytest.fixture
    def fallen(self, amina, loan) -> Loan:
        pay_on(loan, [0, 0, 0, 0, 0])
        were_behind(loan)
        return loan

    def test_a_fall_alone_is_noticed_and_opens_nothing(self, amina, fallen):
        scored(JULY)

        night(JULY)

        assert kinds(amina) == ["SCORE_DOWN"]
        assert WarningLead.objects.exists() is False

    def test_a_lead_with_the_score_has_a_reason_of_the_rules_beside_it(self, amina, loan):
        pay_on(loan, [0, 0, 0, 0, 46])
        were_behind(loan)
        scored(JULY)

        night(JULY)

        lead = WarningLead.objects.get()
        assert [each.kind for each in triggers_of([lead])[lead.pk]] == ["PAYS_LATER", "SCORE_DOWN"]

    def test_the_page_of_a_lead_says_why_the_score_fell(self, amina, loan, monkeypatch):
        pay_on(loan, [0, 0, 0, 0, 46])
        were_behind(loan)
        scored(JULY)
        night(JULY)
        monkeypatch.setattr("collections_mgmt.warning.admin.lender_today", lambda: JULY)
        sun = factories.staff("Sun", User.Role.SUPERVISOR)

        answer = signed_in(sun).get(f"/admin/collections_mgmt/warninglead/{WarningLead.objects.get().pk}/change/")

        (table,) = (each for each in answer.context["tables"] if str(each.title) == "Why the score fell")
        reasons = score_bands([loan.pk], JULY)[loan.pk].reasons
        words = [shortfall_in_words(each) for each in reasons]
        assert words
        assert [[str(cell) for cell in row] for row in table.rows] == [
            [str(wrapped(each.fact)), str(wrapped(each.help))] for each in words
        ]

    def test_the_close_of_a_months_last_day_scores(self, amina, fallen):
        run = close_date(business_date=JULY, today=JULY + DAY)

        assert sum(item.counts["behavior"] for item in run.ranges.all()) == 1
        assert kinds(amina) == ["SCORE_DOWN"]

    def test_the_close_of_another_day_does_not(self, amina, fallen):
        run = close_date(business_date=JULY - DAY, today=JULY)

        assert all("behavior" not in item.counts for item in run.ranges.all())
        assert kept(amina) == []


class TestWatch:
    @pytest.fixture
    def closed(self, db):
        CloseRun.objects.create(business_date=JULY, status=CloseRun.Status.CLOSED)

    def test_says_nothing_before_the_month_is_closed(self, loan):
        assert watch_running_loans(month_end=JULY) is None
        assert ScorecardWatch.objects.exists() is False

    def test_keeps_one_row_a_month_of_the_champion(self, loan, closed):
        pay_on(loan, [0] * 6)

        watch = watch_running_loans(month_end=JULY)

        assert watch_running_loans(month_end=JULY) is None
        assert (watch.scorecard, watch.use, watch.is_champion, watch.applications) == (CHAMPION, "BEHAVIOR", True, 1)
        assert (watch.drift, watch.fairness, watch.comparison) == ([], {}, None)

    def test_finds_that_the_book_is_unlike_the_training_and_raises_an_alert(self, closed, monkeypatch):
        months = {(0,) * 6: 900, (2, 1, 0, 0, 0, 0): 3, (0, 0): 50}
        monkeypatch.setattr("collections_mgmt.services.watch_behavior.histories_running", lambda _end: Counter(months))

        watch = watch_running_loans(month_end=JULY)

        assert (watch.applications, watch.drift[0]["found"], watch.drift[0]["stability"]) == (
            903,
            [3, 0, 0, 900],
            "act",
        )
        alert = Alert.objects.get(kind="credit.behavior_drifts", subject=CHAMPION)
        assert CHAMPION in text_of(alert.kind, alert.params)

    def test_is_done_by_a_task_for_the_last_full_month(self, loan, closed, monkeypatch):
        monkeypatch.setattr(tasks, "lender_today", lambda: JULY + DAY)

        tasks.watch_behavior()
        tasks.watch_behavior()

        assert list(ScorecardWatch.objects.values_list("night", flat=True)) == [JULY]
