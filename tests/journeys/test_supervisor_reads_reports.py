"""A supervisor asks why people fall behind: the list of reports, a choice, the loans of a figure, and a workbook."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from collections_mgmt.models import Complaint, LoanMonth
from dashu.audit.models import AuditRecord
from dashu.insight.registry import REPORTS
from dashu.kernel.dates import add_months, midnight
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.warning_cases import series, value
from tests.integration.insight.kept import keep, loan_month, month
from tests.journeys.browsing import enter, fits, follow
from tests.journeys.looking import barriers

REPORTS_PAGE = "/admin/insight/reportschedule/reports/"
LAST = "2026-04"
OURS = ".over-page"


@pytest.fixture
def sara(transactional_db) -> User:
    forget_rules()
    return factories.staff("Sara", User.Role.SUPERVISOR)


@pytest.fixture
def loans(sara) -> list[Loan]:
    """Four months of three loans, two of them behind in the end for different reasons, and a series beside them."""
    loans = [factories.running_loan(factories.borrower(name)) for name in ("Amina", "Brook", "Chen")]
    keep(story(loans, [month("2026-01"), month("2026-02"), month("2026-03"), month(LAST)]))
    jobs = series(region="110000")
    for number in range(10):
        on = add_months(month("2025-07"), number)
        value(jobs, on, f"{5 + number % 3}.{number}", noted_on=on)
    asked_at = midnight(month(LAST))
    Complaint.objects.create(
        borrower=loans[0].borrower, asked_at=asked_at, about="AMOUNT", due_on=asked_at.date() + timedelta(days=15)
    )
    return loans


def story(loans: list[Loan], months: list[Any]) -> list[LoanMonth]:
    buckets = [("CURRENT", "CURRENT", "M1", "M2"), ("CURRENT", "M1", "M1", "M1"), ("CURRENT",) * 4]
    rows = []
    for loan, states, region, cause in zip(
        loans, buckets, ("110000", "440000", ""), ("INCOME", "ECONOMY", ""), strict=True
    ):
        for place, (on, state) in enumerate(zip(months, states[: len(months)], strict=True)):
            owed = {
                "principal_before_minor": (12_000 - 900 * place) * 100,
                "principal_minor": (11_100 - 900 * place) * 100,
            }
            behind = {"cause": cause, "overdue_minor": 1_100_16} if state != "CURRENT" else {}
            before = states[place - 1] if place else "NEW"
            rows.append(
                loan_month(
                    loan.pk,
                    f"{on:%Y-%m}",
                    before,
                    state,
                    vintage="2026-01",
                    region=region,
                    expected_minor=1_100_16,
                    paid_principal_minor=900_00,
                    **owed,
                    **behind,
                )
            )
    return rows


def desk(open_browser: Any, user: User, site: str, *, language: str = "en", width: int = 1280) -> Any:
    page = open_browser(language, viewport={"width": width, "height": 900})
    factories.speak(user, language)
    enter(page, user, site)
    return page


def shown(page: Any) -> str:
    return str(page.inner_text("body"))


def test_from_the_list_to_the_loans_and_the_workbook(open_browser, live_server, sara, loans):
    page = desk(open_browser, sara, live_server.url)
    page.goto(REPORTS_PAGE)

    follow(page, "text=Causes of being overdue")
    assert "My income fell or comes irregularly" in shown(page)
    assert "Together 2 loans are behind." in shown(page)

    page.select_option("[name=dimension]", "region")
    follow(page, "button:has-text('Show')")
    page.select_option("[name=value]", "110000")
    follow(page, "button:has-text('Show')")
    assert "Together 1 loan is behind." in shown(page)
    assert "Business is bad, or prices rose" not in shown(page)

    follow(page, "table a:has-text('My income fell')")
    assert loans[0].number in shown(page)
    assert loans[1].number not in shown(page)

    page.go_back()
    with page.expect_download() as download:
        page.click("button[value=xlsx]")
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    cells = [cell.value for cell in book.worksheets[0][2]]
    assert cells == ["My income fell or comes irregularly", 1, 1, 8400, 1100.16, 1]
    noted = AuditRecord.objects.get(action="insight.report_exported")
    assert (noted.subject_id, noted.data["value"]) == ("overdue-causes", "110000")


@pytest.mark.parametrize("width", [1280, 360])
def test_every_report_is_fit_for_everyone(open_browser, live_server, sara, loans, width):
    page = desk(open_browser, sara, live_server.url, language="zh-hans", width=width)

    for code in REPORTS:
        page.goto(f"{REPORTS_PAGE}{code}/")
        assert (barriers(page, within=OURS), fits(page)) == ([], True), code
        assert page.locator("details").count() >= 1


@pytest.mark.parametrize("kept", ["empty", "one loan", "gap"])
def test_of_little_or_with_a_gap_every_report_is_calm(open_browser, live_server, sara, kept):
    if kept != "empty":
        loan = factories.running_loan(factories.borrower("Amina"))
        texts = ["2026-03"] if kept == "one loan" else ["2026-01", "2026-03"]
        keep([_alone(loan, text) for text in texts])
    page = desk(open_browser, sara, live_server.url, language="zh-hans", width=360)

    for code in REPORTS:
        answer = page.goto(f"{REPORTS_PAGE}{code}/")
        assert answer.status == 200
        assert "NaN" not in shown(page)
        assert (barriers(page, within=OURS), fits(page)) == ([], True), code


def _alone(loan: Loan, text: str) -> LoanMonth:
    return loan_month(loan.pk, text, "CURRENT", "M1", principal_minor=11_000_00, principal_before_minor=12_000_00)
