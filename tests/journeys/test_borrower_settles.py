"""A borrower on a phone pays a loan off and takes its papers; a bank checks them without an account."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_today
from loans.models import Loan
from repayments.models import IssuedDocument
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in, width_of
from tests.journeys.test_borrower_pays import amina  # noqa: F401 – a fixture


@pytest.fixture
def loan(amina) -> Loan:  # noqa: F811
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=20))


class TestABorrowerSettles:
    def test_pays_everything_and_shows_the_certificate_to_a_bank(self, open_browser, loan):
        page = open_browser("zh-hans")
        sign_in(page)
        page.goto(f"/loans/{loan.number}/")
        follow(page, "text=提前结清")
        follow(page, "text=获取报价")
        follow(page, "button[name=accept]")
        follow(page, "button[name=pay]")
        follow(page, "button[name=confirm]")
        follow(page, "text=结清证明与对账单")
        follow(page, "button[name=certificate]")
        follow(page, "button[name=statement]")
        with page.expect_download() as certificate:
            page.click("main li:last-child >> text=PDF")

        paper = IssuedDocument.objects.get(kind="SETTLEMENT_CERTIFICATE")
        assert certificate.value.suggested_filename == f"{paper.number}.pdf"
        assert IssuedDocument.objects.filter(kind="STATEMENT_OF_ACCOUNT").count() == 1

        bank = open_browser("zh-hant", java_script_enabled=False)
        bank.goto("/verify/")
        bank.fill("#code", paper.code_shown.lower())
        with bank.expect_navigation():
            bank.press("#code", "Enter")
        assert "由我們開具，現仍有效" in shown(bank)
        assert "A****" in shown(bank)
        assert width_of(bank) <= 360
