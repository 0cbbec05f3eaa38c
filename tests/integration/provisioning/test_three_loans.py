"""
Three loans worked out by hand, in `three_loans.xlsx` and in docs/provisioning.md: the program comes to the same fen.

The sheet counts from the moves and recoveries that a person can read in it. What goes into it is compared with the
book, so that both speak of the same loans.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from dashu.provisioning.estimates import read_estimates
from dashu.provisioning.models import LoanProvision, ProvisionRun
from dashu.provisioning.services.calculate import calculate_run
from repayments.models import Installment
from tests.factories import ACTOR, running_loan
from tests.integration.provisioning.months import loan_month, moved
from tests.integration.provisioning.sheets import Sheets

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
MONTH, DEFAULTED = date(2026, 6, 1), date(2025, 12, 1)
MOVES = {
    "CURRENT": {"CURRENT": 9_000, "M1": 800, "SETTLED": 200},
    "M1": {"CURRENT": 500, "M1": 200, "M2": 300},
    "M2": {"CURRENT": 100, "M1": 50, "M2": 50, "M3": 200},
    "M3": {"CURRENT": 20, "M1": 10, "M2": 10, "M3": 10, "M4": 150},
}


@pytest.fixture(scope="module")
def sheet() -> Sheets:
    return Sheets(Path(__file__).with_name("three_loans.xlsx"))


@pytest.fixture
def run(amina) -> ProvisionRun:
    moved(MONTH, {(before, bucket): loans for before, row in MOVES.items() for bucket, loans in row.items()})
    _thirty_defaults()
    terms = {"annual_rate": "0.12", "principal": 3_000_00, "count": 6, "starts_on": date(2026, 6, 15)}
    first = running_loan(amina, **terms)
    second = running_loan(amina, **{**terms, "principal": 6_000_00, "starts_on": date(2026, 4, 15)})
    loan_month(MONTH, first.pk, principal_minor=3_000_00, accrued_minor=15_00)
    due = {"interest_due_minor": 110_25, "accrued_minor": 20_20, "overdue_principal_minor": 1_960_33}
    loan_month(MONTH, second.pk, bucket="M2", days_past_due=46, principal_minor=6_000_00, **due)
    for month in (date(2026, each, 1) for each in range(2, 7)):
        owed = {"principal_minor": 5_000_00, "interest_due_minor": 200_00, "overdue_principal_minor": 5_000_00}
        loan_month(month, 900_000, bucket="M5", **owed)
    return calculate_run(month=MONTH, currency="CNY", actor=ACTOR)


def _thirty_defaults() -> None:
    for number in range(30):
        loan_month(DEFAULTED, 800_000 + number, bucket="M4", bucket_before="M3", principal_minor=1_000_00)
        for month, came in ((1, 100_00), (2, 90_00), (5, 162_00)):
            paid = {"bucket": "WRITTEN_OFF", "bucket_before": "WRITTEN_OFF", "recovered_minor": came}
            loan_month(date(2026, month, 1), 800_000 + number, **paid)


def lines(run: ProvisionRun) -> dict[str, LoanProvision]:
    return dict(zip("ABC", LoanProvision.objects.filter(run=run).order_by("loan_id"), strict=True))


class TestThreeLoans:
    def test_are_the_same_in_the_book_and_in_the_sheet(self, run, sheet):
        for name, line in lines(run).items():
            assert sheet.value(name, "B6") == line.ead_minor
        for name, first_row, count in (("A", 10, 6), ("B", 10, 4)):
            rows = Installment.objects.filter(loan_id=lines(run)[name].loan_id, due_on__gt=date(2026, 6, 30))
            plan = list(rows.order_by("number").values_list("principal_minor", "interest_minor"))
            assert plan == [
                (sheet.value(name, f"M{row}"), sheet.value(name, f"N{row}"))
                for row in range(first_row, first_row + count)
            ]

    def test_come_to_the_same_fen(self, run, sheet):
        found = {name: (line.stage, line.ecl_minor) for name, line in lines(run).items()}

        assert found == {
            stage_of: (stage, int(sheet.value(stage_of, "E2"))) for stage_of, stage in zip("ABC", "123", strict=True)
        }
        assert run.ecl_minor == sum(minor for _stage, minor in found.values())

    def test_have_the_same_probabilities_exposures_and_shares_lost(self, run, sheet):
        estimates, found = read_estimates(run.model.content), lines(run)
        for name, months in (("A", 6), ("B", 12)):
            line, rows = found[name], range(10, 10 + months)
            outlook = estimates.outlook(line.product, line.bucket)
            assert line.exposures == [sheet.value(name, f"O{row}") for row in rows]
            for course, column in zip(outlook.courses, "GIK", strict=True):
                assert list(course.curve[:months]) == [sheet.value(name, f"{column}{row}") for row in rows]
        losses = estimates.share("consumer").losses
        assert losses[:7] == tuple(sheet.value("model", f"F{row}") for row in range(29, 36))
        assert (len(losses) - 1, losses[36]) == (sheet.value("model", "B25"), 1)
        assert found["C"].lgd == sheet.value("model", "F33")
        assert found["C"].default_months == 4

    def test_stand_in_the_documentation_with_their_figures(self, run, sheet):
        told = (Path(settings.BASE_DIR) / "docs" / "provisioning.md").read_text(encoding="utf-8")

        for name, line in lines(run).items():
            assert f"**{Decimal(line.ecl_minor).scaleb(-2):,.2f}**" in told, name
        assert all(str(share) in told for share in read_estimates(run.model.content).share("consumer").losses[:1])
