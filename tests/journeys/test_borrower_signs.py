"""A borrower on a phone reads what the loan costs, answers, signs, gets the money, and can still give it back."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_now
from loans.models import Disclosure, Loan, LoanContract, SigningCode
from repayments import tasks
from repayments.models import Payout, Withdrawal
from tests.journeys.browsing import follow, shown, sign_in, width_of
from tests.journeys.test_borrower_pays import amina  # noqa: F401 – a fixture
from tests.papers import text_of
from tests.signers import ACCOUNT, chosen, right_answers


@pytest.fixture
def application(amina):  # noqa: F811
    return chosen(amina, now=lender_now())


def fits(page) -> bool:
    return width_of(page) <= 360


class TestABorrowerSigns:
    def test_reads_answers_signs_and_is_paid(self, open_browser, application, tmp_path):
        page = open_browser("zh-hans")
        sign_in(page)
        page.goto(f"/applications/{application.reference}/")
        follow(page, "text=看看这笔贷款的成本")
        assert page.is_disabled("#go")
        assert fits(page)
        page.screenshot(path=tmp_path / "costs.png", full_page=True)

        Disclosure.objects.update(opened_at=lender_now() - timedelta(seconds=20))
        page.reload()
        follow(page, "#go")
        right = right_answers(application)
        for about, key in {**right, "cost": next(key for key in "abc" if key != right["cost"])}.items():
            page.check(f"input[name={about}][value={key}]")
        follow(page, "main form .btn-primary")
        assert "在表中查看" in shown(page)
        assert fits(page)
        page.screenshot(path=tmp_path / "questions.png", full_page=True)
        page.check(f"input[name=cost][value={right['cost']}]")
        follow(page, "main form .btn-primary")

        page.fill("#id_bank", ACCOUNT.bank)
        page.fill("#id_number", ACCOUNT.number)
        follow(page, "text=发送验证码")
        assert fits(page)
        page.screenshot(path=tmp_path / "sign.png", full_page=True)
        page.fill("#id_code", SigningCode.objects.get().sealed_code)
        follow(page, "text=/^签署$/")
        assert "款项已在途中" in shown(page)
        page.screenshot(path=tmp_path / "signed.png", full_page=True)

        tasks.sweep_payouts()
        page.goto(f"/applications/{application.reference}/")
        assert "到账" in shown(page)
        assert fits(page)
        page.screenshot(path=tmp_path / "paid_out.png", full_page=True)
        with page.expect_download() as paper:
            page.click("text=保存合同（PDF）")
        contract = LoanContract.objects.get()
        assert paper.value.suggested_filename == f"{contract.number}.pdf"
        assert "阿米娜" in text_of(contract.pdf)
        assert Loan.objects.get().status == "ACTIVE"

        follow(page, "text=退回贷款")
        page.screenshot(path=tmp_path / "give_back.png", full_page=True)
        follow(page, "main form .btn-primary")
        assert "现在退还" in shown(page)
        assert fits(page)
        page.screenshot(path=tmp_path / "pay_back.png", full_page=True)
        follow(page, "text=现在退还")
        follow(page, "button[name=confirm]")
        tasks.sweep_payouts()
        page.goto(f"/applications/{application.reference}/")

        assert "已撤回" in shown(page)
        assert Withdrawal.objects.get().status == "DONE"
        assert Loan.objects.get().status == "SETTLED"

    def test_without_javascript_the_server_says_how_long_it_takes_still(self, open_browser, application):
        page = open_browser("zh-hant", java_script_enabled=False)
        sign_in(page)
        page.goto(f"/applications/{application.reference}/costs/")

        follow(page, "#go")

        assert "秒後可以繼續" in shown(page)
        assert not Payout.objects.exists()
        assert Disclosure.objects.get().confirmed_at is None
