"""What the credit bureau was told: the borrower sees it on a phone, staff at the desk."""

from datetime import date

import pytest

from dashu.users.models import Borrower, User
from loans.models import Loan
from tests import factories
from tests.integration.credit_reporting import cases
from tests.journeys.browsing import enter, follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone

SEPTEMBER = date(2026, 9, 1)


@pytest.fixture
def late(transactional_db: None, policy_packs: None) -> Loan:
    """September was told as late and accepted; October is held back, because nobody told her."""
    amina: Borrower = cases.known(factories.borrower("Amina"))
    loan = cases.reported_loan(amina, starts_on=date(2026, 8, 15))
    cases.told_in_time(SEPTEMBER)
    cases.closed(date(2026, 9, 30))
    cases.accepted(cases.filed(SEPTEMBER))
    cases.closed(date(2026, 10, 31))
    cases.filed(date(2026, 10, 1), on=date(2026, 11, 2))
    return loan


def test_the_borrower_sees_exactly_what_was_sent(open_browser, late):
    page = open_browser("zh-hans")
    sign_in(page)
    page.goto("/credit-record/")
    assert_fit_for_everyone(page)

    follow(page, f"a[href='/credit-record/{late.number}/told/']")

    assert "报送给征信机构的内容" in shown(page)
    assert "报送至 CCRC" in shown(page)
    page.click("main details.more summary")
    assert "授权编号" in shown(page)
    assert_fit_for_everyone(page)


def test_staff_see_the_file_and_its_rows(open_each_size, live_server, late):
    sun = factories.staff("Sun", User.Role.SUPERVISOR)
    factories.speak(sun, "zh-hans")
    page = open_each_size("zh-hans")
    enter(page, sun, live_server.url)
    page.goto("/admin/credit_reporting/reportingfile/")
    assert "各月份和报送期限" in page.inner_text("body")

    page.goto(f"/admin/credit_reporting/reportedrecord/loan/{late.pk}/")

    assert "报送给征信机构的内容" in page.inner_text("body")
