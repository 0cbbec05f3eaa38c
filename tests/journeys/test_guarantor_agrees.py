"""A guarantor on a phone reads what the share means, agrees and signs by code; then the borrower can sign."""

import pytest

from dashu.kernel.dates import lender_now
from loans.models import GuaranteeAnswer, Guarantor, GuarantorCode, LoanContract, SigningCode
from tests.journeys.browsing import follow, shown, sign_in, width_of
from tests.journeys.test_borrower_pays import amina  # noqa: F401 – a fixture
from tests.papers import text_of
from tests.signers import ACCOUNT, token_of, understood


@pytest.fixture
def application(amina):  # noqa: F811
    return understood(amina, "SME", now=lender_now())


@pytest.fixture
def link(application) -> str:
    return f"/guarantee/{token_of(Guarantor.objects.get())}/"


def fits(page) -> bool:
    return width_of(page) <= 360


class TestAGuarantor:
    def test_agrees_and_the_borrower_signs(self, open_browser, application, link, tmp_path):
        borrower = open_browser("zh-hans")
        sign_in(borrower)
        borrower.goto(f"/applications/{application.reference}/sign/")
        assert "已收到链接，待决定" in shown(borrower)
        assert fits(borrower)
        borrower.screenshot(path=tmp_path / "waiting.png", full_page=True)

        phone = open_browser("zh-hans")
        phone.goto(link)
        assert "大树小吃店" not in shown(phone)
        assert fits(phone)
        phone.screenshot(path=tmp_path / "confirm.png", full_page=True)
        phone.fill("#id_digits", "070134")
        follow(phone, "text=/^继续$/")
        assert "¥50,000.00" in shown(phone)
        phone.click("text=本笔贷款的综合融资成本明示表")
        assert fits(phone)
        phone.screenshot(path=tmp_path / "guarantee.png", full_page=True)
        for box in phone.query_selector_all("input[name=texts]"):
            box.check()
        follow(phone, "text=我同意，发送验证码")
        assert fits(phone)
        phone.fill("#id_code", GuarantorCode.objects.get().sealed_code)
        follow(phone, "text=/^签署$/")
        assert "您已同意并签署" in shown(phone)
        assert fits(phone)
        phone.screenshot(path=tmp_path / "signed.png", full_page=True)

        borrower.reload()
        borrower.fill("#id_bank", ACCOUNT.bank)
        borrower.fill("#id_number", ACCOUNT.number)
        follow(borrower, "text=发送验证码")
        borrower.fill("#id_code", SigningCode.objects.get().sealed_code)
        follow(borrower, "text=/^签署$/")

        assert GuaranteeAnswer.objects.get().evidence_digest in text_of(LoanContract.objects.get().pdf)

    def test_declines_with_one_click_and_the_borrower_reads_it(self, open_browser, application, link, tmp_path):
        phone = open_browser("zh-hant")
        phone.goto(link)

        follow(phone, "text=我不願提供保證")

        assert "您已拒絕" in shown(phone)
        phone.screenshot(path=tmp_path / "declined.png", full_page=True)
        borrower = open_browser("zh-hans")
        sign_in(borrower)
        borrower.goto(f"/applications/{application.reference}/")
        assert "一位保证人已拒绝" in shown(borrower)
        assert fits(borrower)
        borrower.screenshot(path=tmp_path / "told.png", full_page=True)
        assert not LoanContract.objects.exists()
