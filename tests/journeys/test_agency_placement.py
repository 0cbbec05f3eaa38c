"""Loans go to an agency with four eyes, and come back in the second in which a borrower complains."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collections_mgmt.models import Agency, AgencyFile, AgencyRate, CaseFile, Placement
from collections_mgmt.services.close_day import close_date
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_today
from dashu.messaging.guard import holds_of
from dashu.policy.selectors import forget_rules
from dashu.users.models import Borrower, User
from tests import factories
from tests.journeys.browsing import enter

DESK = {"width": 1280, "height": 900}


@pytest.fixture
def amina(transactional_db) -> Borrower:
    """Amina and Brook are about 150 days late; Brook asked for nothing yet."""
    forget_rules()
    today = lender_today()
    agency = Agency.objects.create(
        code="north",
        name="North Collections",
        license="L-1",
        contract_from=today - timedelta(days=100),
        contract_to=today + timedelta(days=500),
    )
    AgencyRate.objects.create(agency=agency, from_days=91, bps=1_500)
    owners = [factories.borrower(name, phone=f"1380000000{n}") for n, name in enumerate(("Amina", "Brook"))]
    for owner in owners:
        factories.running_loan(owner, starts_on=today - timedelta(days=185))
    close_date(business_date=today - timedelta(days=1), today=today)
    return owners[0]


def at_desk(open_browser: Any, user: User, site: str) -> Any:
    page = open_browser("en")
    page.set_viewport_size(DESK)
    enter(page, user, site)
    return page


def staff(name: str, role: str) -> User:
    user = factories.staff(name, role)
    user.language = "en"
    user.save()
    return user


def press(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words).last.click()


def taken(page: Any) -> list[list[str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the file").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_loans_go_and_one_comes_back(open_browser, live_server, amina):
    sun = at_desk(open_browser, staff("Sun", User.Role.SUPERVISOR), live_server.url)
    agency = Agency.objects.get()

    sun.goto(f"/admin/collections_mgmt/agency/{agency.pk}/place/")
    sun.fill("[name=reason]", "nobody answered ten calls")
    press(sun, "Show which loans")
    assert "North Collections" in sun.inner_text("#main, main")
    assert not ApprovalRequest.objects.exists()
    press(sun, "Ask for approval")
    request = ApprovalRequest.objects.get()

    wen = at_desk(open_browser, staff("Wen", User.Role.ADMIN), live_server.url)
    wen.goto(f"/admin/approvals/approvalrequest/{request.pk}/change/")
    press(wen, "Approve and do it")
    assert Placement.objects.running().count() == 2
    assert set(CaseFile.objects.values_list("waits_for", flat=True)) == {"AGENCY"}

    file = AgencyFile.objects.get()
    sun.goto(f"/admin/collections_mgmt/agencyfile/{file.pk}/csv/")
    heads, *rows = taken(sun)
    assert heads == ["reference", "name", "id_number", "phone", "amount", "currency", "until"]
    assert {row[1] for row in rows} == {"Amina", "Brook"}

    borrower = open_browser("en")
    assert amina.user is not None
    enter(borrower, amina.user, live_server.url)
    borrower.goto("/complaints/new/")
    borrower.check("[name=about][value=CONTACT]")
    borrower.fill("[name=words]", "They called my sister.")
    with borrower.expect_navigation():
        borrower.eval_on_selector("[name=words]", "field => field.form.requestSubmit()")

    back = Placement.objects.get(loan__borrower=amina)
    assert back.reasons == ["COMPLAINT"]
    assert "agency" not in holds_of([amina.pk]).get(amina.pk, ())
    assert Placement.objects.running().count() == 1

    sun.goto(f"/admin/collections_mgmt/agencyfile/{file.pk}/csv/")
    assert [row[1] for row in taken(sun)[1:]] == ["Brook"]
    sun.goto(f"/admin/collections_mgmt/agency/{agency.pk}/recalls/")
    press(sun, "File of what came back")
    told = AgencyFile.objects.get(kind="RECALL")
    sun.goto(f"/admin/collections_mgmt/agencyfile/{told.pk}/csv/")
    assert taken(sun) == [["reference", "recalled_on"], [back.reference, lender_today().isoformat()]]
