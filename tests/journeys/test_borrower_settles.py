"""A borrower on a phone pays a loan off and takes its papers; a bank checks them without an account."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_today
from loans.models import Loan
from repayments.models import IssuedDocument
from tests import factories
from tests.journeys.test_borrower_pays import amina, shown, sign_in  # noqa: F401 – a fixture among them


@pytest.fixture
def loan(amina) -> Loan:  # noqa: F811
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=20))


class TestABorrowerSettles:
    def test_pays_everything_and_shows_the_certificate_to_a_bank(self, open_browser, loan):
        page = open_browser("zh-hans")
        sign_in(page)
        page.goto(f"/loans/{loan.number}/")
        page.click("text=提前结清")
        page.click("text=获取报价")
        page.click("button[name=accept]")
        page.click("button[name=pay]")
        page.click("button[name=confirm]")
        page.click("text=结清证明与对账单")
        page.click("button[name=certificate]")
        page.click("button[name=statement]")
        with page.expect_download() as certificate:
            page.click("main li:last-child >> text=PDF")

        paper = IssuedDocument.objects.get(kind="SETTLEMENT_CERTIFICATE")
        assert certificate.value.suggested_filename == f"{paper.number}.pdf"
        assert IssuedDocument.objects.filter(kind="STATEMENT_OF_ACCOUNT").count() == 1

        bank = open_browser("zh-hant", java_script_enabled=False)
        bank.goto("/verify/")
        bank.fill("#code", paper.code_shown.lower())
        bank.press("#code", "Enter")
        bank.wait_for_url("**/verify/*-*/")
        assert "由我們開具，現仍有效" in shown(bank)
        assert "A****" in shown(bank)
        assert bank.evaluate("document.documentElement.scrollWidth") <= 360
