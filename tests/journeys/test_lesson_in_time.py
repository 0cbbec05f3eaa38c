"""One day late: the night notices, one quiet message leaves, and the lesson is read with one's own figures."""

from datetime import datetime, time, timedelta

import pytest

from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import LENDER_ZONE, lender_today
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.users.models import Borrower
from education.domain.figures.writing import yuan
from education.models import LearningMoment, LearningWish, Repeat
from education.selectors.own import own
from education.tasks import notice_behind
from loans.models import Loan
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone

DAY = timedelta(days=1)
SIZES = [{"width": 320, "height": 640}, {"width": 1280, "height": 900}]


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    return factories.borrower("Amina", email="amina@example.com", language="zh-hans")


@pytest.fixture
def late(amina: Borrower) -> Loan:
    """The first installment fell due yesterday and is open."""
    today = lender_today()
    return factories.running_loan(amina, starts_on=today - 32 * DAY, first_due_on=today - DAY)


def morning_after(loan: Loan) -> None:
    today = lender_today()
    close_date(business_date=today - DAY, today=today)
    notice_behind(loan_ids=[loan.pk], on=(today - DAY).isoformat())
    noon = datetime.combine(today, time(12), LENDER_ZONE)
    OutboxMessage.objects.update(not_before=noon)
    send_due(clock=lambda: noon, until=noon + timedelta(minutes=1))


@pytest.mark.parametrize("size", SIZES, ids=["small phone", "desktop"])
class TestALessonInTime:
    def test_is_read_with_own_figures_on_the_first_day_late(self, open_browser, amina, late, size):
        morning_after(late)
        told = OutboxMessage.objects.get(template="education.lesson_fits")
        assert (told.purpose, told.channel, told.status) == ("LEARNING", "EMAIL", "SENT")
        assert told.subject == "给您的一节小课"
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        sign_in(page)
        page.goto(f"/loans/{late.number}/overdue/")
        assert page.locator("#lesson-card").count() == 1
        assert_fit_for_everyone(page)

        follow(page, "#lesson-card a")

        figures = own(amina.user, today=lender_today()).figures
        assert "这里用的是您自己的数字" in shown(page)
        assert yuan(figures.late_cost_per_day) in shown(page)
        assert yuan(figures.late_cost_30_days) in shown(page)
        assert LearningMoment.objects.get().opened_at is not None
        assert_fit_for_everyone(page)

        page.check("#late-call input[value=not-allowed]")
        page.click("#late-call button")
        page.wait_for_selector("#late-call .answer--right")
        assert Repeat.objects.get().due_on == lender_today() + 3 * DAY
        page.goto(f"/loans/{late.number}/overdue/")
        assert page.locator("#lesson-card").count() == 0

    def test_comes_again_after_days_and_is_kept_for_oneself(self, open_browser, amina, late, size):
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        sign_in(page)
        page.goto("/learn/overdue/")
        page.check("#late-call input[value=not-allowed]")
        page.click("#late-call button")
        page.wait_for_selector("#late-call .answer--right")
        Repeat.objects.update(due_on=lender_today())

        page.goto("/learn/")
        follow(page, "text=今天有 1 道题")
        assert_fit_for_everyone(page)
        page.check("input[value=not-allowed]")
        page.click("text=看看对不对")
        page.wait_for_selector(".answer--right")
        assert Repeat.objects.get().stage == 2
        page.goto("/learn/progress/")
        assert "只有您看得到" in shown(page)
        assert_fit_for_everyone(page)

        follow(page, "text=删除我的学习记录")
        assert_fit_for_everyone(page)
        follow(page, "main button.btn-primary")
        assert Repeat.objects.exists() is False

    def test_is_not_shown_to_who_wants_none(self, open_browser, amina, late, size):
        morning_after(late)
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        sign_in(page)
        page.goto("/")
        assert page.locator("#lesson-card").count() == 1
        assert_fit_for_everyone(page)

        follow(page, "#lesson-card button[value=never]")

        assert page.locator("#lesson-card").count() == 0
        assert LearningWish.objects.filter(pk=amina.pk).exists() is True
        page.goto("/me/contact/")
        assert page.is_checked("[name=lessons]") is False
        assert_fit_for_everyone(page)
