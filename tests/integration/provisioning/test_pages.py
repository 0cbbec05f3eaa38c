"""What finance sees of provisions, and nobody else."""

import csv
import io
import json
from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse
from openpyxl import load_workbook

from dashu.approvals.models import ApprovalRequest
from dashu.provisioning.models import Overlay, ProvisionRun
from dashu.provisioning.services.calculate import calculate_run
from tests.factories import ACTOR
from tests.integration.provisioning.months import loan_month, moved
from tests.integration.staff.conftest import as_role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
MONTH = date(2026, 3, 1)


@pytest.fixture
def run(loan) -> ProvisionRun:
    """Amina's loan in stage 2, one that is not in the book in stage 3, and a hundred in stage 1."""
    moved(MONTH, {("CURRENT", "CURRENT"): 900, ("CURRENT", "M1"): 100, ("M1", "M2"): 500, ("M2", "M3"): 500})
    moved(MONTH, {("M3", "M4"): 400, ("CURRENT", "SETTLED"): 20})
    loan_month(MONTH, loan.pk, bucket="M2", annual_rate=loan.annual_rate, principal_minor=12_000_00)
    loan_month(MONTH, 10_000, bucket="M5", principal_minor=5_000_00, interest_due_minor=100_00)
    for number in range(100):
        loan_month(MONTH, 20_000 + number, principal_minor=1_000_00)
    return calculate_run(month=MONTH, currency="CNY", actor=ACTOR)


def pages(run: ProvisionRun) -> list[str]:
    named = "admin:provisioning_provisionrun_"
    line = run.lines.order_by("-ecl_minor").values_list("loan_id", flat=True)[0]
    return [
        reverse(f"{named}changelist"),
        reverse(f"{named}change", args=[run.pk]),
        reverse(f"{named}model", args=[run.pk]),
        reverse(f"{named}loans", args=[run.pk]),
        reverse(f"{named}loan", args=[run.pk, line]),
        reverse("admin:provisioning_overlay_changelist"),
    ]


class TestWhoSees:
    @pytest.mark.parametrize(
        ("role", "status"),
        [("ACCOUNTANT", 200), ("ADMIN", 200), ("SUPERVISOR", 403), ("COLLECTOR", 403), ("UNDERWRITER", 403)],
    )
    def test_only_finance(self, role, status, run):
        client = as_role(role)

        assert {page: client.get(page).status_code for page in pages(run)} == dict.fromkeys(pages(run), status)

    def test_what_is_not_there_is_not_found(self, run):
        client = as_role("ACCOUNTANT")
        named = "admin:provisioning_provisionrun_"

        assert client.get(reverse(f"{named}loan", args=[run.pk, 1])).status_code == 404
        assert client.get(reverse(f"{named}model", args=[run.pk + 1])).status_code == 404


class TestRunPage:
    def test_shows_both_provisions_and_the_movement(self, run):
        page = as_role("ACCOUNTANT").get(pages(run)[1]).content.decode()

        assert all(words in page for words in ("By stage", "Movement between the stages", "Why it moved", "stage 3"))
        assert "Ask for posting" in page

    def test_asks_for_posting_once(self, run):
        client = as_role("ACCOUNTANT")
        address = reverse("admin:provisioning_provisionrun_ask", args=[run.pk])
        key = client.get(address).context["form"].initial["key"]

        for _time in range(2):
            client.post(address, {"reason": "month end", "key": key})

        assert ApprovalRequest.objects.filter(kind="provision.post").count() == 1
        assert "Ask for posting" not in client.get(pages(run)[1]).content.decode()

    def test_gives_a_workbook_whose_sums_are_those_of_the_run(self, run):
        answer = as_role("ACCOUNTANT").post(reverse("admin:provisioning_provisionrun_export", args=[run.pk]))

        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        rows = list(book["Loans"].iter_rows(min_row=2, values_only=True))
        assert len(rows) == run.loans == 102
        assert round(sum(row[10] for row in rows) * 100) == run.ecl_minor
        assert sum(row[1] for row in book["By stage"].iter_rows(min_row=2, values_only=True)) == 102


class TestLoansPage:
    def test_goes_on_page_by_page_and_by_stage(self, run):
        client, address = as_role("ACCOUNTANT"), pages(run)[3]

        page, seen = client.get(address), []
        while True:
            seen += [str(row[0]) for row in page.context["tables"][0].rows]
            if not page.context["older"]:
                break
            page = client.get(f"{address}{page.context['older']}")
        of_stage = client.get(f"{address}?stage=3").context["tables"][0].rows

        assert len(seen) == len(set(seen)) == 102
        assert len(of_stage) == 1
        assert client.get(f"{address}{page.context['first']}").context["tables"][0].rows[0][0] == seen[0]

    def test_asks_the_database_no_more_for_many_loans(self, run, django_assert_max_num_queries):
        client, address = as_role("ACCOUNTANT"), pages(run)[3]
        client.get(address)

        with django_assert_max_num_queries(25):
            client.get(address)


class TestLoanPage:
    @pytest.mark.parametrize("stage", ["1", "2", "3"])
    def test_takes_the_figure_apart_and_comes_to_it_again(self, stage, run):
        line = run.lines.filter(stage=stage).first()
        address = reverse("admin:provisioning_provisionrun_loan", args=[run.pk, line.loan_id])

        steps, months = as_role("ACCOUNTANT").get(address).context["tables"]

        figures = {str(title): figure for title, figure, _words in steps.rows}
        assert figures["Stage"] == f"stage {stage}"
        assert figures["Expected credit loss"] == f"¥{line.ecl_minor / 100:,.2f}"
        assert len(months.rows) == (0 if stage == "3" else line.months)


class TestOverlays:
    def given(self, **more: str) -> dict[str, str]:
        days = {"from_on": "2026-03-01", "to_on": "2026-06-30"}
        return {"product": "", "stage": "2", "amount": "", "share": "10", "reason": "a flood", **days, **more}

    def test_are_entered_and_taken_back(self, run):
        client = as_role("ACCOUNTANT")
        client.post(reverse("admin:provisioning_overlay_enter"), self.given())
        overlay = Overlay.objects.get()

        again = calculate_run(month=MONTH, currency="CNY", actor=ACTOR)
        client.post(reverse("admin:provisioning_overlay_end", args=[overlay.pk]), {})

        of_stage = sum(again.lines.filter(stage="2").values_list("ecl_minor", flat=True))
        assert again.overlay_minor == round(of_stage / 10)
        assert sum(again.lines.filter(stage="2").values_list("overlay_minor", flat=True)) == again.overlay_minor
        assert [(each["id"], each["added_minor"]) for each in again.overlays] == [(overlay.pk, again.overlay_minor)]
        assert calculate_run(month=MONTH, currency="CNY", actor=ACTOR).overlay_minor == 0

    @pytest.mark.parametrize(
        "wrong", [{"share": ""}, {"amount": "5"}, {"to_on": "2026-02-01"}, {"reason": " "}, {"share": "2000"}]
    )
    def test_that_make_no_sense_are_refused_with_what_was_typed(self, wrong, run):
        answer = as_role("ACCOUNTANT").post(reverse("admin:provisioning_overlay_enter"), self.given(**wrong))

        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert Overlay.objects.exists() is False

    def test_are_written_by_finance_only(self, run):
        assert as_role("SUPERVISOR").post(reverse("admin:provisioning_overlay_enter"), self.given()).status_code == 403
        assert Overlay.objects.exists() is False


class TestCommand:
    def test_writes_the_figures_and_every_loan(self, run, tmp_path, capsys):
        file = tmp_path / "loans.csv"

        call_command("expected_loss", month="2026-03", csv=file)

        told = json.loads(capsys.readouterr().out)
        rows = list(csv.DictReader(file.open(encoding="utf-8")))
        assert (told["ecl"], told["loans"], len(rows)) == (run.ecl_minor, 102, 102)
        assert round(sum(float(row["ecl"]) for row in rows) * 100) == run.ecl_minor
        assert sum(told["movement"]["closing"].values()) == told["ecl"]

    def test_of_a_month_that_is_not_kept_says_so(self, rules, capsys):
        with pytest.raises(SystemExit):
            call_command("expected_loss", month="2020-01")

        assert json.loads(capsys.readouterr().out)["error"]["code"] == "month_not_kept"


class TestCalculatePage:
    def test_asks_for_a_kept_month_in_the_background(self, run, monkeypatch):
        asked = []
        monkeypatch.setattr("dashu.events.publish", lambda event, **fields: asked.append((event, fields["month"])))
        client = as_role("ACCOUNTANT")

        client.post(reverse("admin:provisioning_provisionrun_calculate"), {"month": "2026-03-01"})
        client.post(reverse("admin:provisioning_provisionrun_calculate"), {"month": "2020-03-01"})

        assert asked == [("provisioning.month_asked", "2026-03-01")]
