"""The loans behind a figure: those that it counts, a page at a time, and all of them as a file."""

import io

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from dashu.audit.models import AuditRecord
from dashu.insight import loans_behind
from tests import factories
from tests.integration.insight.kept import keep, loan_month
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

LOANS = "/admin/insight/reportschedule/reports/loans/"
BEHIND = "?month=2026-03&currency=CNY&over=0"


@pytest.fixture
def loans(amina):
    """Three loans behind, one in time, one settled; the first is of no known region."""
    made = [factories.approved_loan(amina) for _number in range(5)]
    owed = {"principal_minor": 100_00, "principal_before_minor": 110_00, "overdue_minor": 10_00}
    states = ["M1", "M2", "M1", "CURRENT", "SETTLED"]
    keep(
        loan_month(loan.pk, "2026-03", "CURRENT", bucket, region="110000" if number else "", **owed)
        for number, (loan, bucket) in enumerate(zip(made, states, strict=True))
    )
    return made


def numbers(answer) -> list[str]:
    return [str(row[0]) for row in answer.context["table"].rows]


def test_are_those_that_were_behind_and_lead_to_their_pages(loans):
    answer = as_role("SUPERVISOR").get(f"{LOANS}{BEHIND}")

    told = numbers(answer)
    assert len(told) == 3
    assert all(loan.number in cell for loan, cell in zip(loans[:3], told, strict=True))
    assert reverse("admin:loans_loan_change", args=[loans[0].pk]) in told[0]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("&bucket=M1", [0, 2]),
        ("&bucket=M1,M2&before=CURRENT", [0, 1, 2]),
        ("&before=NEW", []),
        ("&dimension=region&value=110000", [1, 2]),
        ("&dimension=region&value=?", [0]),
        ("&product=sme", []),
    ],
)
def test_can_be_asked_for_as_every_figure_counts(loans, asked, found):
    told = numbers(as_role("SUPERVISOR").get(f"{LOANS}{BEHIND}{asked}"))

    assert [any(loan.number in cell for cell in told) for loan in loans] == [place in found for place in range(5)]


def test_go_on_to_the_next_page(loans, monkeypatch):
    monkeypatch.setattr(loans_behind, "ROWS_OF_A_PAGE", 2)
    client = as_role("SUPERVISOR")

    first = client.get(f"{LOANS}{BEHIND}")
    second = client.get(first.context["next_page"])

    assert (len(numbers(first)), len(numbers(second))) == (2, 1)
    assert loans[2].number in numbers(second)[0]
    assert second.context["next_page"] == ""


def test_as_a_file_are_all_of_them_and_it_is_noted(loans, monkeypatch):
    monkeypatch.setattr(loans_behind, "ROWS_OF_A_PAGE", 2)

    answer = as_role("SUPERVISOR").post(f"{LOANS}file/{BEHIND}", {"format": "parquet"})

    told = pq.read_table(io.BytesIO(b"".join(answer.streaming_content)))
    assert told.column("loan").to_pylist() == [loan.number for loan in loans[:3]]
    assert told.column("overdue_minor").to_pylist() == [10_00] * 3
    assert AuditRecord.objects.get(action="insight.report_exported").subject_id == "loans"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "?month=2026-13&currency=CNY",
        "?month=2026-03&currency=XXX",
        "?month=2026-03&currency=CNY&over=many",
        "?month=2026-03&currency=CNY&dimension=no-such",
        "?month=2026-03&currency=CNY&dimension=vintage&value=someday",
        "?month=2026-03&currency=CNY&next=-1",
    ],
)
def test_what_cannot_be_read_is_not_there(loans, asked):
    assert as_role("SUPERVISOR").get(f"{LOANS}{asked}").status_code == 404
