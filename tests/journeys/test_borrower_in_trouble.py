"""A borrower falls behind: sees what it means, promises a day, asks for help; objects to the record, and complains."""

from datetime import timedelta

import pytest

from collections_mgmt.models import Complaint, CreditRecordMonth, Dispute, HardshipRequest, Hold, PromiseToPay
from collections_mgmt.services.answer_help import answer_help
from dashu.kernel.dates import add_months, lender_now, lender_today
from dashu.users.models import Borrower, User
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.selectors.standings import standings_of
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone

SIZES = [{"width": 360, "height": 740}, {"width": 1280, "height": 900}]


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def late(amina: Borrower) -> Loan:
    """An installment has been open for eighteen days, and last month was noted as late."""
    today = lender_today()
    loan = factories.running_loan(amina, starts_on=today - timedelta(days=48), first_due_on=today - timedelta(days=18))
    month = add_months(today.replace(day=1), -1)
    CreditRecordMonth.objects.create(
        loan=loan, month=month, code="1", days_past_due=3, balance_minor=12_000_00, overdue_minor=1_100_16
    )
    return loan


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
class TestABorrowerInTrouble:
    def test_sees_what_it_means_asks_for_help_and_reads_the_answer(self, open_browser, late, size):
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        standing = standings_of([late], today=lender_today())[late.pk]
        sign_in(page)

        follow(page, "text=会怎样，能怎么办")
        assert "已逾期 18 天" in shown(page)
        assert money(standing.due_now) in shown(page)
        assert money(standing.penalty_a_day) in shown(page)
        assert "夜里绝不联系" in shown(page)
        assert_fit_for_everyone(page)

        page.fill("#promise [name=amount]", "500")
        page.fill("#promise [name=due_on]", (lender_today() + timedelta(days=5)).isoformat())
        follow(page, "#promise button")
        assert "前还 ¥500.00" in shown(page)
        assert PromiseToPay.objects.get().amount_minor == 500_00
        assert_fit_for_everyone(page)

        follow(page, "#plan a.btn-quiet")
        assert_fit_for_everyone(page)
        page.check("input[name=cause][value=INCOME]")
        assert page.is_checked(f"input[name=loans][value={late.number}]")
        follow(page, "main form button")
        assert "有专人在看" in shown(page)
        assert Hold.objects.get().kind == "HARDSHIP_REVIEW"
        assert_fit_for_everyone(page)

        asked = HardshipRequest.objects.get()
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        words = "今天会有三个方案供您选择。"
        answer_help(request_id=asked.pk, is_possible=True, words=words, user=sun, now=lender_now())
        page.goto("/help/")
        assert_fit_for_everyone(page)
        follow(page, f"text={asked.reference}")
        assert words in shown(page)
        assert "您可以安心考虑" in shown(page)
        assert_fit_for_everyone(page)

    def test_objects_to_the_record_and_complains(self, open_browser, late, size):
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        sign_in(page)
        page.goto("/me/")

        follow(page, "text=我的信用记录")
        assert "对您不利的月份" in shown(page)
        assert_fit_for_everyone(page)
        follow(page, "text=这里有错")
        follow(page, "main form button")
        assert "请写明记录哪里有错。" in shown(page)
        assert_fit_for_everyone(page)
        page.fill("[name=words]", "那天我已经还了。")
        follow(page, "main form button")
        assert "已标注，正在核查" in shown(page)
        assert Dispute.objects.get().words == "那天我已经还了。"
        assert_fit_for_everyone(page)

        page.goto("/complaints/")
        assert_fit_for_everyone(page)
        follow(page, "text=提出投诉")
        assert_fit_for_everyone(page)
        page.check("input[name=about][value=CONTACT]")
        page.fill("[name=words]", "上午打了三个电话。")
        follow(page, "main form button")
        assert "我们收到了" in shown(page)
        assert Complaint.objects.get().reference in shown(page)
        assert_fit_for_everyone(page)

    def test_is_told_calmly_where_nothing_is_overdue(self, open_browser, amina, size):
        loan = factories.running_loan(amina, starts_on=lender_today())
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        sign_in(page)

        page.goto(f"/loans/{loan.number}/overdue/")

        assert "没有逾期" in shown(page)
        assert_fit_for_everyone(page)
