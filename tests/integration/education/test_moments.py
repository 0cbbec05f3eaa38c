"""A lesson that fits what happened: written once, shown in place, said in one message, and never against a wish."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail
from django.test import Client

from collections_mgmt.services.close_day import close_date
from dashu import events
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging import guard
from dashu.messaging.models import ContactPreference, OptOut, OutboxMessage
from dashu.messaging.sending import send_due
from dashu.policy.learning import Moment
from education.models import LearningMoment, LearningWish
from education.selectors.happened import before_first_due, owners_of, paid_only_the_least
from education.selectors.moments import card_for
from education.services.morning import notice_morning
from education.services.notice_moments import notice_moments
from education.services.wishes import never_again, not_now, note_opened, want_lessons
from education.tasks import notice_behind
from tests import factories
from tests.integration.collections_mgmt.test_reminders import set_rule

pytestmark = pytest.mark.django_db

NOON = datetime.combine(date(2026, 2, 16), time(12), LENDER_ZONE)
TODAY = NOON.date()
DUE = date(2026, 2, 15)


def notice(moment, *pairs, now=NOON):
    return notice_moments(moment=moment, pairs=pairs, now=now)


def card(borrower, today=TODAY, **about):
    return card_for(user_id=borrower.user_id, today=today, language="en", **about)


def sent(now=NOON):
    return dict(send_due(clock=lambda: now, until=now + timedelta(minutes=1)))


def sum_of(row) -> int:
    return row.principal_minor + row.interest_minor + row.fee_minor


@pytest.fixture
def amina(rules):
    found = factories.borrower("Amina", email="amina@example.com", language="en")
    factories.speak(found.user, "en")
    return found


@pytest.fixture
def loan(amina):
    return factories.running_loan(amina)


class TestNoticing:
    def test_shows_a_card_on_the_pages_concerned_and_queues_one_message(self, amina, loan):
        other = factories.running_loan(amina)

        assert notice(Moment.OVERDUE, (amina.pk, loan.pk)) == 1

        assert card(amina, loan_id=loan.pk).lesson.slug == "overdue"
        assert card(amina).moment == "OVERDUE"
        assert card(amina, loan_id=other.pk) is None
        told = OutboxMessage.objects.get()
        assert (told.purpose, told.channel, told.loan_id) == ("LEARNING", "EMAIL", loan.pk)

    def test_again_is_nothing_new_however_often(self, amina, loan):
        for _time in range(3):
            notice(Moment.OVERDUE, (amina.pk, loan.pk), (amina.pk, loan.pk))
        notice(Moment.SECOND_INQUIRY, (amina.pk, None))
        notice(Moment.SECOND_INQUIRY, (amina.pk, None))

        assert LearningMoment.objects.count() == 2
        assert OutboxMessage.objects.count() == 1

    def test_one_message_at_a_time_and_two_a_month_however_many_loans(self, amina, loan):
        loans = [loan, *(factories.running_loan(amina) for _more in range(2))]

        notice(Moment.OVERDUE, *((amina.pk, each.pk) for each in loans))
        assert OutboxMessage.objects.count() == 1
        notice(Moment.MINIMUM_PAID, (amina.pk, loan.pk), now=NOON + timedelta(days=3))
        notice(Moment.PLAN_ACCEPTED, (amina.pk, loan.pk), now=NOON + timedelta(days=6))
        assert OutboxMessage.objects.count() == 2
        assert LearningMoment.objects.count() == 5

        notice(Moment.FIRST_DUE, (amina.pk, loan.pk), now=NOON + timedelta(days=31))
        assert OutboxMessage.objects.count() == 3

    def test_a_moment_without_a_message_has_its_card_only(self, amina, loan):
        notice(Moment.CONTRACT_SIGNED, (amina.pk, loan.pk))

        assert card(amina).lesson.slug == "annual-rate"
        assert OutboxMessage.objects.exists() is False

    def test_whoever_has_no_login_or_wants_none_gets_none(self, amina, loan):
        without = factories.borrower("Brook")
        type(without).objects.filter(pk=without.pk).update(user=None)
        want_lessons(borrower_id=amina.pk, wanted=False, at=NOON, actor="user:1")

        assert notice(Moment.OVERDUE, (amina.pk, loan.pk), (without.pk, None)) == 0
        assert LearningMoment.objects.exists() is False

    def test_a_moment_that_the_rule_leaves_out_is_none(self, amina, loan):
        set_rule(
            "education.just_in_time",
            {
                "messages_a_month": 2, "card_days": 30, "not_now_days": 7, "first_due_days": 5, "inquiries": 2,
                "within_days": 30, "moments": {"OVERDUE": {"lesson": "overdue", "has_message": False}},
            },
        )  # fmt: skip

        assert notice(Moment.FIRST_DUE, (amina.pk, loan.pk)) == 0
        assert notice(Moment.OVERDUE, (amina.pk, loan.pk)) == 1
        assert OutboxMessage.objects.exists() is False

    def test_thousands_cost_a_handful_of_statements(self, amina, loan, django_assert_max_num_queries):
        people = [factories.borrower(f"P{number}") for number in range(30)]

        with django_assert_max_num_queries(6):
            assert notice(Moment.OVERDUE, *((each.pk, None) for each in people)) == 30

        assert OutboxMessage.objects.count() == 30

    def test_says_how_things_stood(self, amina, loan):
        factories.pay(loan, 1100_16, date(2026, 2, 14))
        later = datetime.combine(date(2026, 4, 20), time(12), LENDER_ZONE)
        factories.pay(loan, 1100_16, date(2026, 3, 20))

        notice(Moment.OVERDUE, (amina.pk, loan.pk), now=later)

        stood = LearningMoment.objects.get()
        assert (stood.due_before, stood.late_before, stood.days_late) == (3, 2, 5)
        assert 0 < stood.owed_minor < 12_000_00


class TestHoldout:
    def draw(self, share_bps, experiment="2026-a"):
        value = {"experiment": experiment, "share_bps": share_bps, "window_days": 60, "least": 50}
        set_rule("education.encouragement", value)

    def test_gets_neither_card_nor_message_and_finds_the_lesson_all_the_same(self, amina, loan):
        self.draw(5000)
        people = [factories.borrower(f"P{number}") for number in range(40)]

        notice(Moment.OVERDUE, *((each.pk, None) for each in people))

        held = {moment.borrower_id for moment in LearningMoment.objects.filter(is_held_out=True)}
        assert 8 <= len(held) <= 32
        assert held.isdisjoint(OutboxMessage.objects.values_list("borrower_id", flat=True))
        assert {each.pk for each in people if card(each) is None} == held
        assert OutboxMessage.objects.count() == 40 - len(held)
        browser = Client()
        browser.force_login(
            next(each for each in people if each.pk in held).user, "django.contrib.auth.backends.ModelBackend"
        )
        assert browser.get("/learn/overdue/").status_code == 200

    def test_is_the_same_for_a_person_at_every_moment_and_drawn_anew_by_another_name(self, amina, loan):
        self.draw(5000)
        people = [factories.borrower(f"P{number}") for number in range(30)]
        for moment in (Moment.OVERDUE, Moment.PLAN_ACCEPTED):
            notice(moment, *((each.pk, None) for each in people))
        by_moment = [
            set(LearningMoment.objects.filter(moment=moment, is_held_out=True).values_list("borrower_id", flat=True))
            for moment in ("OVERDUE", "PLAN_ACCEPTED")
        ]
        self.draw(5000, "2026-b")
        notice(Moment.FIRST_DUE, *((each.pk, None) for each in people))

        again = set(
            LearningMoment.objects.filter(moment="FIRST_DUE", is_held_out=True).values_list("borrower_id", flat=True)
        )
        assert by_moment[0] == by_moment[1]
        assert again != by_moment[0]

    def test_without_an_experiment_nobody_is_held_out(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        assert LearningMoment.objects.get().experiment == ""


class TestMessage:
    def test_names_neither_the_lesson_nor_a_loan_and_says_how_to_stop(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        sent()

        told = OutboxMessage.objects.get()
        assert told.status == "SENT"
        assert told.subject == "A short lesson for you"
        assert "/learn/for-you/" in told.body
        assert "/stop/" in told.body
        assert not any(word in told.body.lower() for word in ("late", "overdue", "loan", loan.number.lower()))

    def test_waits_for_the_morning(self, amina, loan):
        night = datetime.combine(TODAY, time(23), LENDER_ZONE)
        notice(Moment.OVERDUE, (amina.pk, loan.pk), now=night)

        sent(night)

        waiting = OutboxMessage.objects.get()
        assert waiting.status == "PENDING"
        assert waiting.not_before == datetime.combine(TODAY + timedelta(days=1), time(8), LENDER_ZONE)

    def test_is_not_sent_under_a_hold(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))
        guard.register_hold("hardship", f"SELECT {amina.pk}::bigint AS borrower_id")

        assert sent() == {"BLOCKED": 1}
        assert mail.outbox == []

    def test_that_is_stopped_by_mail_stays_in_the_account(self, amina, loan):
        OptOut.objects.create(borrower=amina, channel="EMAIL", purpose="LEARNING", source="LINK")
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        sent()

        told = OutboxMessage.objects.get()
        assert (told.channel, told.status) == ("IN_APP", "SENT")
        assert "/stop/" not in told.body

    def test_goes_where_the_borrower_likes_it(self, amina, loan):
        ContactPreference.objects.create(borrower=amina, channel="IN_APP")

        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        assert OutboxMessage.objects.get().channel == "IN_APP"

    def test_leads_to_the_lesson_that_fits_or_to_all(self, amina, loan):
        browser = Client()
        browser.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        assert browser.get("/learn/for-you/").url == "/learn/"
        now = datetime.now(LENDER_ZONE)
        notice(Moment.OVERDUE, (amina.pk, loan.pk), now=now)
        assert browser.get("/learn/for-you/").url == "/learn/overdue/"


class TestWishes:
    def test_later_puts_the_card_away_for_the_days_of_the_rule(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        assert not_now(borrower_id=amina.pk, moment_id=card(amina).moment_id, at=NOON) is True

        assert card(amina) is None
        assert card(amina, TODAY + timedelta(days=7)) is None
        assert card(amina, TODAY + timedelta(days=8)).moment == "OVERDUE"

    def test_nobody_puts_another_persons_card_away(self, amina, loan, brook):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        assert not_now(borrower_id=brook.pk, moment_id=card(amina).moment_id, at=NOON) is False
        assert card(amina) is not None

    def test_never_again_ends_cards_and_messages_at_once(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        never_again(borrower_id=amina.pk, at=NOON, actor="user:1")

        assert card(amina) is None
        assert OutboxMessage.objects.get().status == "CANCELLED"
        assert set(OptOut.objects.values_list("channel", "purpose")) == {("EMAIL", "LEARNING"), ("SMS", "LEARNING")}
        assert notice(Moment.PLAN_ACCEPTED, (amina.pk, loan.pk)) == 0

    def test_wanted_again_they_come_again(self, amina, loan):
        want_lessons(borrower_id=amina.pk, wanted=False, at=NOON, actor="user:1")
        assert want_lessons(borrower_id=amina.pk, wanted=True, at=NOON, actor="user:1") is True
        assert want_lessons(borrower_id=amina.pk, wanted=True, at=NOON, actor="user:1") is False

        assert notice(Moment.OVERDUE, (amina.pk, loan.pk)) == 1

    def test_a_lesson_that_was_opened_has_no_card_any_more(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        assert note_opened(user_id=amina.user_id, lesson="overdue", at=NOON) == 1
        assert note_opened(user_id=amina.user_id, lesson="overdue", at=NOON + timedelta(days=1)) == 0

        assert card(amina) is None
        assert LearningMoment.objects.get().opened_at == NOON

    def test_a_card_is_over_after_its_days(self, amina, loan):
        notice(Moment.OVERDUE, (amina.pk, loan.pk))

        assert card(amina, TODAY + timedelta(days=29)) is not None
        assert card(amina, TODAY + timedelta(days=30)) is None


class TestPages:
    @pytest.fixture
    def browser(self, amina, loan):
        now = datetime.now(LENDER_ZONE)
        notice(Moment.OVERDUE, (amina.pk, loan.pk), now=now)
        client = Client(headers={"accept-language": "en"})
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")
        return client

    def test_the_card_stands_on_home_on_the_loan_and_on_what_is_late_until_it_is_put_away(self, browser, loan):
        pages = ["/", f"/loans/{loan.number}/", f"/loans/{loan.number}/overdue/"]
        for page in pages:
            assert 'id="lesson-card"' in browser.get(page).content.decode(), page
        moment = LearningMoment.objects.get()

        answer = browser.post(f"/learn/for-you/{moment.pk}/", {"answer": "not_now", "back": pages[2]})

        assert answer.url == pages[2]
        for page in pages:
            assert 'id="lesson-card"' not in browser.get(page).content.decode(), page
        assert "/learn/overdue/" not in browser.get("/").content.decode().partition("<aside")[2]

    def test_reading_the_lesson_puts_it_away(self, browser):
        browser.get("/learn/overdue/")

        assert 'id="lesson-card"' not in browser.get("/").content.decode()

    def test_no_more_of_these_is_shown_in_the_settings_and_taken_back_there(self, browser, amina):
        browser.post(
            f"/learn/for-you/{LearningMoment.objects.get().pk}/", {"answer": "never", "back": "//evil.example"}
        )
        assert LearningWish.objects.count() == 1
        assert 'name="lessons"' in browser.get("/me/contact/").content.decode()

        browser.post("/me/contact/", {"channel": "", "lessons": "on", "learning_email": "on"})

        assert LearningWish.objects.count() == 0
        assert OptOut.objects.filter(purpose="LEARNING", channel="EMAIL", ended_at=None).exists() is False

    @pytest.mark.parametrize(("data", "code"), [({"answer": "x"}, 404), ({}, 404)])
    def test_what_is_no_answer_changes_nothing(self, browser, data, code):
        assert browser.post(f"/learn/for-you/{LearningMoment.objects.get().pk}/", data).status_code == code
        assert LearningMoment.objects.get().put_away_until is None

    def test_leads_back_to_our_own_pages_only(self, browser):
        moment = LearningMoment.objects.get()

        answer = browser.post(f"/learn/for-you/{moment.pk}/", {"answer": "not_now", "back": "//evil.example/"})

        assert answer.url == "/"

    def test_staff_see_no_card(self, browser, loan):
        client = Client()
        client.force_login(factories.staff("Chidi", "SUPERVISOR"), "django.contrib.auth.backends.ModelBackend")

        page = client.get(f"/loans/{loan.number}/").content.decode()

        assert loan.number in page
        assert 'id="lesson-card"' not in page


class TestWhatHappens:
    def published(self, monkeypatch):
        found = []
        monkeypatch.setattr(events, "publish", lambda event, **fields: found.append((event, fields)))
        return found

    def test_the_night_announces_who_is_behind_for_the_first_day(self, amina, loan, monkeypatch):
        found = self.published(monkeypatch)
        paid = factories.running_loan(factories.borrower("Brook"))
        factories.pay(paid, 1100_16, DUE)

        close_date(business_date=DUE, today=TODAY)
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        behind = [fields for event, fields in found if event == "collections_mgmt.loans_fell_behind"]
        assert behind == [{"loan_ids": [loan.pk], "on": "2026-02-15"}]

    def test_the_task_notices_it_the_next_morning_and_no_longer_days_later(self, amina, loan, monkeypatch):
        monkeypatch.setattr("education.tasks.lender_now", lambda: NOON)
        monkeypatch.setattr("education.tasks.lender_today", lambda: TODAY + timedelta(days=3))
        notice_behind(loan_ids=[loan.pk], on=DUE.isoformat())
        assert LearningMoment.objects.exists() is False

        monkeypatch.setattr("education.tasks.lender_today", lambda: TODAY)
        notice_behind(loan_ids=[loan.pk], on=DUE.isoformat(), a_newer_field=1)

        assert LearningMoment.objects.get().moment == "OVERDUE"

    def test_the_first_due_date_is_near_within_the_days_of_the_rule(self, amina, loan):
        assert before_first_due(today=DUE - timedelta(days=6), days=5) == []
        assert before_first_due(today=DUE - timedelta(days=5), days=5) == [(amina.pk, loan.pk)]
        assert before_first_due(today=DUE, days=5) == []
        factories.pay(loan, 1100_16, DUE - timedelta(days=4))
        assert before_first_due(today=DUE - timedelta(days=4), days=5) == []

    def test_only_the_least_is_a_card_plan_paid_exactly_after_more(self, amina):
        plan = factories.running_loan(amina, product="card-repayment")
        first, second = plan.installments.order_by("number")[:2]
        factories.pay(plan, sum_of(first) + 100_00, DUE)
        assert paid_only_the_least(today=DUE) == []

        factories.pay(plan, sum_of(second), date(2026, 3, 15))

        assert paid_only_the_least(today=date(2026, 3, 16)) == [(amina.pk, plan.pk)]
        assert paid_only_the_least(today=date(2026, 3, 19)) == []

    def test_the_least_of_other_loans_is_what_was_agreed(self, amina, loan):
        first, second = loan.installments.order_by("number")[:2]
        factories.pay(loan, sum_of(first) + 100_00, DUE)
        factories.pay(loan, sum_of(second), date(2026, 3, 15))

        assert paid_only_the_least(today=date(2026, 3, 16)) == []
        assert owners_of([loan.pk]) == [(amina.pk, loan.pk)]

    def test_the_morning_finds_all_of_it_once(self, amina, loan):
        before = datetime.combine(DUE - timedelta(days=3), time(9), LENDER_ZONE)

        assert (notice_morning(now=before), notice_morning(now=before)) == (1, 0)
        assert LearningMoment.objects.get().moment == "FIRST_DUE"
