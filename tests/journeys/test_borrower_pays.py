"""A borrower on a phone: signs in, sees what is due, pays at the simulated provider, keeps the receipt."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_today
from dashu.users.models import Borrower
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import Installment, Payment
from tests import factories
from tests.journeys.browsing import fits, follow, shown, sign_in


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """The first installment is due in three days."""
    due = lender_today() + timedelta(days=3)
    return factories.running_loan(amina, starts_on=due - timedelta(days=30), first_due_on=due)


def first_amount(loan: Loan) -> str:
    return money(Installment.objects.get(loan=loan, number=1).unpaid_minor)


class TestABorrowerPays:
    def test_what_is_due_and_keeps_the_receipt(self, open_each_size, loan):
        page = open_each_size("zh-hans")
        due = first_amount(loan)

        sign_in(page)
        assert due in shown(page)
        assert "还有 3 天" in shown(page)

        follow(page, "text=去还款")
        assert due in shown(page)
        follow(page, "text=看看还的是什么")
        assert "第 1 期" in shown(page)
        assert "全部还清" in shown(page)
        follow(page, "text=去付款")
        assert "确认付款" in shown(page)
        assert Payment.objects.exists() is False
        follow(page, "text=确认付款")

        assert "/receipts/" in page.url
        assert "已收到" in shown(page)
        assert due in shown(page)
        payment = Payment.objects.get()
        assert money(payment.amount_minor) == due
        assert money(payment.principal_minor) in shown(page)
        assert money(payment.interest_minor) in shown(page)

        follow(page, "text=回到我的贷款")
        assert "已还 1 期，共 12 期" in shown(page)

    def test_another_amount_after_a_mistake(self, open_browser, loan):
        page = open_browser("zh-hant")
        sign_in(page)
        page.goto(f"/loans/{loan.number}/pay/")

        page.fill("input[name=amount]", "99999999")
        follow(page, "text=看看還的是什麼")
        assert "超過了剩餘應還" in shown(page)
        assert page.input_value("input[name=amount]") == "99999999"

        page.fill("input[name=amount]", "１００．５")
        follow(page, "text=看看還的是什麼")
        follow(page, "text=前往付款")
        follow(page, "text=確認付款")

        assert "/receipts/" in page.url
        assert Payment.objects.get().amount_minor == 100_50

    def test_without_scripts(self, open_browser, loan):
        page = open_browser("en", java_script_enabled=False)
        sign_in(page)

        follow(page, "a:text-is('Pay')")
        follow(page, "text=See what it pays")
        follow(page, "text=Continue to payment")
        follow(page, "text=Confirm and pay")

        assert "Received" in shown(page)
        assert Payment.objects.count() == 1


class TestABorrowerPaysSeveralLoans:
    def test_together_in_one_payment(self, open_browser, loan):
        other = factories.running_loan(loan.borrower, starts_on=lender_today() - timedelta(days=20))
        page = open_browser("zh-hans")
        sign_in(page)

        follow(page, "text=几笔贷款一起还")
        page.fill(f"[name='loan-{loan.number}']", "300")
        page.fill(f"[name='loan-{other.number}']", "２００．５")
        follow(page, "text=看看还的是什么")
        assert "¥500.50" in shown(page)
        assert fits(page)
        follow(page, "text=去付款")
        follow(page, "text=确认付款")

        assert "/checkouts/" in page.url
        assert "¥500.50" in shown(page)
        assert dict(Payment.objects.values_list("loan_id", "amount_minor")) == {loan.pk: 300_00, other.pk: 200_50}
        follow(page, f"text={other.number}")
        assert "/receipts/" in page.url
        assert "¥200.50" in shown(page)


class TestABorrowerSetsUpAutopay:
    def test_chooses_a_day_and_ends_it_in_one_click(self, open_each_size, loan):
        page = open_each_size("zh-hans")
        sign_in(page)
        page.goto(f"/loans/{loan.number}/")

        follow(page, "text=设置自动还款")
        assert fits(page)
        page.select_option("[name=month_day]", "5")
        assert page.is_checked("#timing_month")
        follow(page, "main button")
        assert "自动还款需要您的同意" in shown(page)
        assert page.is_checked("#timing_month")
        page.check("[name=agree]")
        follow(page, "main button")

        assert "下次扣款" in shown(page)
        assert "•••• 6789" in shown(page)
        assert first_amount(loan) in shown(page)
        assert fits(page)
        mandate = loan.mandates.get()
        assert (mandate.timing, mandate.timing_number, mandate.status) == ("MONTH_DAY", 5, "ACTIVE")
        assert "绝不多扣" in mandate.consent_text

        follow(page, "text=结束自动还款")
        assert "自动还款已结束" in shown(page)
        mandate.refresh_from_db()
        assert mandate.status == "CANCELLED"

    def test_without_scripts(self, open_browser, loan):
        page = open_browser("en", java_script_enabled=False)
        sign_in(page)
        page.goto(f"/loans/{loan.number}/autopay/")

        page.check("[name=agree]")
        follow(page, "main button")

        assert "Next collection" in shown(page)
        follow(page, "text=Pause")
        assert "Nothing is collected. Please pay by yourself" in shown(page)


class TestOnASmallPhone:
    def test_a_quiz_answer_is_explained_without_leaving_the_page(self, open_browser, transactional_db):
        page = open_browser("zh-hans")
        page.goto("/learn/overdue/")

        page.click("#late-call label >> nth=1")
        page.click("#late-call button")

        page.wait_for_selector("#late-call .answer--right")
        assert "您的答案" in page.inner_text("#late-call")
        assert page.url.endswith("/learn/overdue/")
