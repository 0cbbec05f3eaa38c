"""The expected credit loss of a month, from the snapshot to the figure of each loan."""

from datetime import date

import pytest

from dashu.provisioning.models import LoanProvision, ProvisionRun
from dashu.provisioning.services.calculate import MonthNotKept, calculate_run
from tests.factories import ACTOR
from tests.integration.provisioning.months import loan_month, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
MONTH = date(2026, 6, 1)


def calculate(month: date = MONTH) -> ProvisionRun:
    return calculate_run(month=month, currency="CNY", actor=ACTOR)


class TestCalculate:
    def test_refuses_a_month_that_is_not_kept(self):
        with pytest.raises(MonthNotKept):
            calculate()

        assert ProvisionRun.objects.exists() is False

    def test_measures_each_running_loan_once(self):
        moved(MONTH, {("CURRENT", "CURRENT"): 900, ("CURRENT", "M1"): 100, ("M1", "M2"): 500, ("M2", "M3"): 500})
        moved(MONTH, {("M3", "M4"): 500})
        loan_month(MONTH, 1, principal_minor=100_000)
        loan_month(MONTH, 2, principal_minor=100_000, bucket="M4", interest_due_minor=1_000)
        loan_month(MONTH, 3, bucket="SETTLED", bucket_before="CURRENT")

        run = calculate()

        lines = LoanProvision.objects.filter(run=run).order_by("loan_id")
        assert [(line.loan_id, line.stage, line.ecl_minor) for line in lines] == [(1, "1", 2), (2, "3", 61_812)]
