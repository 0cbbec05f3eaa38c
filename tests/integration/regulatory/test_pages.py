"""The page of the packs: who may see and take them, what stands in the way, and what is noted."""

import io
import zipfile
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_mgmt.models import CloseRun, PortfolioMonth
from dashu.audit.models import AuditRecord
from tests.integration.regulatory.conftest import close_month
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db
PAGE = "/admin/regulatory/packmonth/"
TAKE = f"{PAGE}2026-3/"
MAY = {"SUPERVISOR", "ACCOUNTANT", "ADMIN"}


@pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER", "ACCOUNTANT", "ADMIN"])
def test_packs_are_for_those_who_lead_and_who_keep_the_books(role, march):
    client = as_role(role)

    assert client.get(PAGE).status_code == (200 if role in MAY else 403)
    assert client.post(TAKE).status_code == (200 if role in MAY else 403)
    assert AuditRecord.objects.filter(action="regulatory.pack_taken").count() == (role in MAY)


def test_a_pack_is_one_download_and_noted(march):
    answer = as_role("ACCOUNTANT").post(TAKE)

    content = b"".join(answer.streaming_content)
    assert 'filename="regulatory-2026-03.zip"' in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert "regulatory-2026-03/manifest.json" in archive.namelist()
    noted = AuditRecord.objects.get(action="regulatory.pack_taken")
    assert noted.subject_id == "2026-03"
    assert len(noted.data["sha256"]) == 23


def test_a_month_that_is_not_closed_says_why_and_cannot_be_taken(march):
    CloseRun.objects.filter(business_date="2026-03-30").update(status="RUNNING")
    client = as_role("SUPERVISOR")

    page = client.get(PAGE).content.decode()
    answer = client.post(TAKE, follow=True)

    assert "1 dates are not closed, the first is 2026-03-30." in page
    assert "Take the pack" not in page
    assert "2026-03 cannot be reported yet" in answer.content.decode()
    assert AuditRecord.objects.filter(action="regulatory.pack_taken").exists() is False


def test_seeing_is_not_taking(march):
    client = as_role("SUPERVISOR")
    group = client.get(PAGE).wsgi_request.user.groups.get()
    group.permissions.remove(*group.permissions.filter(codename="take_packmonth"))

    assert "Take the pack" not in client.get(PAGE).content.decode()
    assert client.post(TAKE).status_code == 403


def test_a_month_that_is_none_is_not_found(march):
    client = as_role("SUPERVISOR")

    assert client.post(f"{PAGE}2026-13/").status_code == 404
    assert client.get(TAKE).status_code == 405


def test_an_empty_book_has_no_pack(rules):
    assert "The first pack can be taken" in as_role("SUPERVISOR").get(PAGE).content.decode()


def test_months_take_few_statements(march, django_assert_max_num_queries):
    client = as_role("SUPERVISOR")
    client.get(PAGE)

    with django_assert_max_num_queries(16):
        client.get(PAGE)


def test_the_page_asks_the_database_no_more_for_many_months(march, django_assert_num_queries):
    client = as_role("SUPERVISOR")
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE)
    for first in (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)):
        close_month(first, with_last=False)

    with django_assert_num_queries(len(one)):
        page = client.get(PAGE)

    assert len(page.context["months"]) == 4


def test_a_month_before_the_first_close_is_no_pack(march):
    PortfolioMonth.objects.filter(month="2026-03-01").update(month="2026-02-01")

    answer = as_role("SUPERVISOR").post(f"{PAGE}2026-2/", follow=True)

    assert "2026-02 cannot be reported yet" in answer.content.decode()
