"""Policies of relief on the published vehicle loans: the figures, pinned; skipped where the book is absent."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from tests.integration.tapes.books import FOLDER

AS_PINNED = ("--on=2026-11-30", "--pack=cn", "--draws=4", "--resamples=200")
needs_books = [
    pytest.mark.realbook,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published books are not at {FOLDER}"),
]


def told(capsys, folder, *given):
    call_command("simulate_relief", str(folder), *AS_PINNED, *given)
    return capsys.readouterr().out


def of(found, scenario):
    (policies,) = (each["policies"] for each in found["scenarios"] if each["name"] == scenario)
    return policies


@pytest.fixture(scope="module")
def found():
    """Replayed once: it takes some seconds."""
    out = StringIO()
    call_command("simulate_relief", str(FOLDER), *AS_PINNED, stdout=out)
    return json.loads(out.getvalue())


class TestVehicles:
    pytestmark = needs_books

    def test_are_replayed_close_to_what_their_servicer_reported(self, found):
        assert (found["loans"], found["months"]) == (24, 452)
        assert found["as_reported"] == {"arrears_months": 168, "rate_30": 0.375, "rate_90": 0.125}
        none = of(found, "cautious")["none"]
        assert none["arrears_months"] == {"value": 172.0, "interval": [104.0, 250.0]}
        assert (none["rate_30"]["value"], none["rate_90"]["value"]) == (0.4583, 0.1667)
        assert none["present_value"] == {"value": "259669.87", "interval": ["190762.91", "323555.00"]}

    def test_gain_nothing_from_a_plan_that_brings_no_money(self, found):
        policies = of(found, "cautious")

        assert policies["reactive"]["against_none"]["present_value"] == {
            "value": "-1436.70",
            "interval": ["-3129.83", "-115.56"],
        }
        assert policies["proactive"]["against_none"]["present_value"]["value"] == "-3202.11"

    def test_gain_where_half_of_the_short_months_are_paid_after_all(self, found):
        policies = of(found, "hopeful")

        assert policies["reactive"]["against_none"]["present_value"]["value"] == "3922.15"
        assert policies["proactive"]["against_none"]["present_value"] == {
            "value": "4180.87",
            "interval": ["-683.48", "11028.20"],
        }
        assert policies["proactive"]["rate_90"]["value"] == 0.0631

    def test_say_from_which_effect_on_a_policy_pays(self, found):
        assert found["break_even_effect"] == {
            "reactive": 0.3125,
            "proactive": 0.3438,
            "proactive, any one trigger": 0.375,
        }

    def test_count_offers_those_accepted_and_those_that_were_not_needed(self, found):
        counts = {
            name: [policy[figure]["value"] for figure in ("offers", "accepted", "false_offers", "without_offer")]
            for name, policy in of(found, "middle").items()
        }

        assert counts == {
            "none": [0.0, 0.0, 0.0, 0.0],
            "reactive": [11.0, 5.5, 0.0, 0.0],
            "proactive": [14.5, 7.25, 2.0, 0.0],
            "proactive, any one trigger": [22.5, 11.25, 9.0, 1.0],
        }

    def test_show_beside_what_came_after_the_servicer_s_own_extensions(self, found):
        before, after = found["seen"].values()

        assert (before["count"], before["of"], after["count"], after["of"]) == (28, 39, 17, 34)

    def test_state_what_was_assumed(self, found):
        assert len(found["assumptions"]) == 12
        assert "carries 0.8 of the present installment, for 6 months" in found["assumptions"][5]


class TestCommand:
    def test_refuses_a_folder_without_the_book(self, capsys, tmp_path):
        with pytest.raises(SystemExit):
            told(capsys, tmp_path)

        assert json.loads(capsys.readouterr().out)["error"]["code"] == "book_missing"

    def test_prints_the_same_table_twice(self, capsys, tmp_path):
        _book(tmp_path)

        first, second = told(capsys, tmp_path, "--table"), told(capsys, tmp_path, "--table")

        assert first == second
        assert "absee_amcar: 1 loans, 5 months, rules of cn on 2026-11-30" in first
        assert "cautious: 30% accept, effect 0%" in first
        assert "reactive: is worth no less than none from an effect of" in first


def _book(folder):
    """One loan of 1,000.00 at 12% over 12 months that pays twice and then no more."""
    (folder / "absee_amcar_loans.csv").write_text(
        "loan_id,originalLoanAmount,originalInterestRatePercentage,paymentToIncomePercentage,due_day_derived\n"
        "A,1000.00,0.12,0.1,15\n"
    )
    head = (
        "loan_id,period_end,reportingPeriodBeginningLoanBalanceAmount,reportingPeriodScheduledPaymentAmount,"
        "totalActualAmountPaid,interestPaidThroughDate,nextReportingPeriodPaymentAmountDue,currentDelinquencyStatus,"
        "paymentExtendedNumber,zeroBalanceCode,recoveredAmount,repossessedProceedsAmount\n"
    )
    rows = [(1, 31, "88.85", 0), (2, 28, "88.85", 0), (3, 31, "0.00", 16), (4, 30, "0.00", 46), (5, 31, "0.00", 77)]
    (folder / "absee_amcar_months.csv").write_text(
        head
        + "".join(
            f"A,2019-0{month}-{day},1000.00,88.85,{paid},2019-0{month}-10,88.85,{days},0,,0.0,0.0\n"
            for month, day, paid, days in rows
        )
    )
