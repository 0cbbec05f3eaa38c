"""The movement between two runs adds up to the fen, and says why."""

from datetime import date

import pytest

from dashu.provisioning.models import STAGES, LoanProvision, ProvisionRun
from dashu.provisioning.selectors.movement import Cause, Step, movement_of
from dashu.provisioning.services.calculate import calculate_run
from dashu.provisioning.services.post import post_run
from tests.factories import ACTOR
from tests.integration.provisioning.months import loan_month, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
MOVES = {("CURRENT", "CURRENT"): 900, ("CURRENT", "M1"): 100, ("M1", "M2"): 500, ("M2", "M3"): 500, ("M3", "M4"): 500}


def run_of(month: date) -> ProvisionRun:
    return calculate_run(month=month, currency="CNY", actor=ACTOR)


def totals(run: ProvisionRun) -> dict[int, int]:
    return dict(LoanProvision.objects.filter(run=run).values_list("loan_id", "total_minor"))


@pytest.fixture
def may() -> ProvisionRun:
    """Posted: five loans in stage 1, two in stage 2, one in stage 3."""
    moved(MAY, MOVES)
    for number, bucket in enumerate(["CURRENT"] * 5 + ["M2", "M2", "M4"]):
        loan_month(MAY, number, bucket=bucket, principal_minor=1_000_000 + number)
    run = run_of(MAY)
    return post_run(run_id=run.pk, inputs=run.inputs, actor=ACTOR)


@pytest.fixture
def june(may) -> ProvisionRun:
    """1 falls behind, 5 is cured, 2 is settled, 6 is written off, 3 pays, 4 and 7 stay, 8 is new, 0 moves a bucket."""
    moved(JUNE, {("CURRENT", "M1"): 300})
    loan_month(JUNE, 0, bucket="M1", principal_minor=1_000_000)
    loan_month(JUNE, 1, bucket="M2", principal_minor=1_000_001)
    loan_month(JUNE, 2, bucket="SETTLED", bucket_before="CURRENT")
    loan_month(JUNE, 3, principal_minor=400_000)
    loan_month(JUNE, 4, principal_minor=1_000_004)
    loan_month(JUNE, 5, principal_minor=1_000_005)
    loan_month(JUNE, 6, bucket="WRITTEN_OFF", bucket_before="M2", written_off_minor=1_000_006)
    loan_month(JUNE, 7, bucket="M5", principal_minor=1_000_007)
    loan_month(JUNE, 8, principal_minor=2_000_000)
    return run_of(JUNE)


class TestMovement:
    def test_of_a_first_run_is_all_new(self):
        moved(MAY, MOVES)
        loan_month(MAY, 1, principal_minor=1_000_000)

        run = run_of(MAY)

        found = movement_of(run)
        assert found.total(Step.OPENING) == 0
        assert found.causes[Cause.NEW] == found.total(Step.CLOSING) == run.total_minor > 0

    def test_leads_from_the_run_before_to_this_one(self, may, june):
        found, before, now = movement_of(june), totals(may), totals(june)

        assert june.previous == may
        assert found.total(Step.OPENING) == may.total_minor
        assert found.total(Step.CLOSING) == june.total_minor
        assert found.amounts[Step.TO_2, "1"] == -before[1] == -found.amounts[Step.TO_2, "2"]
        assert [found.total(step) for step in (Step.TO_1, Step.TO_2, Step.TO_3)] == [0, 0, 0]
        assert found.total(Step.NEW) == now[8]
        assert found.total(Step.GONE) == -before[2]
        assert found.total(Step.WRITTEN_OFF) == -before[6]
        stayed = (0, 1, 3, 4, 5, 7)
        assert found.total(Step.REMEASURED) == sum(now[each] - before[each] for each in stayed)

    def test_keeps_a_cured_loan_in_its_stage_for_its_probation(self, june):
        line = june.lines.get(loan_id=5)

        assert (line.stage_before, line.stage, line.reason) == ("2", "2", "PROBATION")

    def test_says_why(self, may, june):
        found, before, now = movement_of(june), totals(may), totals(june)

        assert found.causes[Cause.STAGE] == now[1] - before[1]
        assert found.causes[Cause.OVERLAY] == 0
        assert found.causes[Cause.LGD] > 0  # the default is a month older, and less is to come of it
        assert found.causes[Cause.PD] != 0
        assert found.causes[Cause.EXPOSURE] < 0
        assert sum(found.causes.values()) == june.total_minor - may.total_minor

    def test_of_one_thing_alone_is_told_as_that(self):
        for month, part in ((MAY, 1), (JUNE, 2)):
            moved(month, MOVES)
            for number, bucket in enumerate(["CURRENT"] * 5 + ["M2", "M2"]):
                loan_month(month, number, bucket=bucket, principal_minor=(1_000_000 + number) // part)
            run = run_of(month)
            if month == MAY:
                post_run(run_id=run.pk, inputs=run.inputs, actor=ACTOR)

        found = movement_of(run)

        assert {cause: minor for cause, minor in found.causes.items() if minor} == {
            Cause.EXPOSURE: found.total(Step.CLOSING) - found.total(Step.OPENING)
        }


class TestFiveTierOfLoans:
    def test_adds_up_to_what_the_close_rounds_as_a_whole(self):
        moved(MAY, MOVES)
        for number in range(7):
            loan_month(MAY, number, principal_minor=149)  # 1% of each is 1.49, of all together 10.43

        run = run_of(MAY)

        parts = list(run.lines.order_by("loan_id").values_list("five_tier_minor", flat=True))
        assert parts == [1, 2, 1, 2, 1, 2, 1]
        assert run.five_tier_minor == 10


class TestRunAgain:
    def test_with_the_same_inputs_is_the_same_run(self, may):
        assert run_of(MAY) == may
        assert ProvisionRun.objects.count() == 1

    def test_with_others_takes_the_place_of_a_draft(self, june):
        loan_month(JUNE, 99, principal_minor=5)

        again = run_of(JUNE)

        assert list(ProvisionRun.objects.filter(month=JUNE)) == [again]
        assert set(again.lines.values_list("stage", flat=True)) == set(STAGES)
