"""A line of a report leads to exactly the loans that its figure counts, and a page of the desk to the report of it."""

from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from collections_mgmt.models import CloseRun, LoanMonth
from dashu.insight import loans_behind
from dashu.insight.reports import roll_rates, vintages
from dashu.insight.scope import Scope
from tests import factories
from tests.integration.insight.kept import keep, loan_month, month
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

JANUARY, APRIL = month("2026-01"), month("2026-04")


@pytest.fixture
def loans(amina) -> list[LoanMonth]:
    """Three of January: one ended in March, one was recorded in February only; and one of March."""
    ended, late, goes_on, young = (factories.approved_loan(amina).pk for _number in range(4))
    old: dict[str, Any] = {"vintage": "2026-01", "principal_before_minor": 100_00, "principal_minor": 100_00}
    rows = [loan_month(each, "2026-01", "NEW", "CURRENT", principal_minor=100_00) for each in (ended, goes_on)]
    rows.append(loan_month(late, "2026-02", "NEW", "CURRENT", vintage="2026-01", principal_minor=100_00))
    rows.append(loan_month(young, "2026-03", "NEW", "CURRENT", principal_minor=100_00))
    rows.append(loan_month(young, "2026-04", "CURRENT", "M1", vintage="2026-03", principal_minor=100_00))
    for each in (ended, goes_on):
        rows.append(loan_month(each, "2026-02", "CURRENT", "M1", **old))
    rows.append(loan_month(ended, "2026-03", "M1", "SETTLED", **{**old, "principal_minor": 0}))
    rows += [loan_month(each, of, "M1", "M1", **old) for each in (goes_on,) for of in ("2026-03", "2026-04")]
    rows += [loan_month(late, of, "CURRENT", "CURRENT", **old) for of in ("2026-03", "2026-04")]
    return keep(rows)


def counted(link: str, viewer: Any) -> int:
    asked = loans_behind.asked_of(dict(parse_qsl(urlsplit(link).query)), viewer)
    assert asked is not None
    return len(list(loans_behind.all_of(asked).rows))


def test_of_a_vintage_all_that_were_ever_paid_out_in_it(loans):
    viewer = factories.staff("Sun", "SUPERVISOR")
    table = vintages.read(Scope(JANUARY, APRIL, "CNY", person=viewer))[0]

    lines = {row[0]: row[1] for row in table.rows}
    assert lines == {JANUARY: 3, month("2026-03"): 1}
    assert [counted(link, viewer) for link in table.links] == [row[1] for row in table.rows]


def test_of_roll_rates_the_only_month_of_the_average_that_is_kept(loans):
    viewer = factories.staff("Sun", "SUPERVISOR")
    table = roll_rates.read(Scope(JANUARY, month("2026-06"), "CNY", options={"averaged": "3"}, person=viewer))[0]

    assert str(table.title).endswith("2026-04")
    assert {row[0]: row[1] for row in table.rows} == {"CURRENT": 2, "M1": 1}
    assert [counted(link, viewer) for link in table.links] == [row[1] for row in table.rows]


PAGES = {
    "deskday/": "portfolio-at-risk",
    "strategyversion/": "desk",
    "warninglead/": "early-warning",
    "warninglead/causes/": "overdue-causes",
    "economicindicator/": "economy",
    "campaignmember/": "relief",
    "qualityreview/report/": "quality",
    "complaint/report/": "complaints",
}


def test_pages_of_the_desk_lead_to_the_report_of_the_same_subject(rules):
    client = as_role("ADMIN")
    CloseRun.objects.create(business_date=date(2026, 3, 31), status=CloseRun.Status.CLOSED)

    found = {page: client.get(f"/admin/collections_mgmt/{page}").content.decode() for page in PAGES}
    found["scorecards"] = client.get("/admin/loans/scorecardwatch/", follow=True).content.decode()

    for page, code in {**PAGES, "scorecards": "scorecards"}.items():
        assert found[page].count(f'href="/admin/insight/reportschedule/reports/{code}/"') == 1, page


def test_who_may_not_read_reports_is_not_led_to_them(rules):
    page = as_role("UNDERWRITER").get("/admin/loans/scorecardwatch/", follow=True)

    assert page.status_code == 200
    assert "insight/reportschedule" not in page.content.decode()
