"""Under the rules of the United States the same months go out as base segments of Metro 2."""

from datetime import date

import pytest

from dashu.credit_reporting.domain.layouts import layout
from dashu.credit_reporting.domain.metro2 import problems_of
from dashu.credit_reporting.models import ReportedRecord
from tests import factories
from tests.integration.credit_reporting import cases
from tests.integration.credit_reporting.cases import DAY

LAYOUT = layout("metro2_426")


@pytest.fixture(autouse=True)
def united_states(settings, rules):
    settings.LENDER_POLICY_PACK = "us"


def test_a_loan_that_is_late_and_then_paid_has_one_first_delinquency(amina):
    cases.known(amina, name="José Muñoz")
    loan = factories.running_loan(amina)
    due = date(2026, 2, 15)
    cases.closed(date(2026, 2, 28), due + 30 * DAY, date(2026, 3, 31))
    factories.pay(loan, 1_100_16, date(2026, 4, 10))
    cases.closed(date(2026, 4, 14), date(2026, 4, 30))

    files = [cases.filed(month) for month in (date(2026, 3, 1), date(2026, 4, 1))]

    lines = [cases.lines_of(file) for file in files]
    assert {len(line) for file in lines for line in file} == {426}
    march, april = (LAYOUT.read("base", file[1]) for file in lines)
    assert (march["account_status"], march["past_due"], march["first_late_on"]) == ("71", "000002200", "03172026")
    assert (march["surname"], march["first_name"]) == ("MUNOZ", "JOSE")
    assert march["history"] == "0D" + "B" * 22
    # April's arrears are of March: the count goes on, but only from 30 days on, which it reached on the 14th.
    assert (april["account_status"], april["first_late_on"]) == ("71", "03172026")
    assert list(problems_of(march)) == list(problems_of(april)) == []
    assert lines[0][-1][11:20] == "000000001"
    assert ReportedRecord.objects.filter(status="IN_FILE").count() == 2


def test_a_loan_that_was_late_and_is_paid_off_keeps_its_first_delinquency(amina):
    cases.known(amina, name="Amina Okafor")
    loan = factories.running_loan(amina)
    due = date(2026, 2, 15)
    cases.closed(date(2026, 2, 28), due + 30 * DAY, date(2026, 3, 31))
    factories.pay(loan, 20_000_00, date(2026, 4, 10), kind="SETTLEMENT")
    cases.closed(date(2026, 4, 14), date(2026, 4, 30))
    cases.filed(date(2026, 3, 1))

    (april,) = cases.lines_of(cases.filed(date(2026, 4, 1)))[1:-1]

    told = LAYOUT.read("base", april)
    assert (told["account_status"], told["payment_rating"]) == ("13", "1")
    assert told["first_late_on"] == "03172026"
    assert list(problems_of(told)) == []


def test_a_name_in_other_letters_is_held_back_and_never_written_with_question_marks(amina):
    cases.known(amina)
    factories.running_loan(amina)
    cases.closed(date(2026, 3, 31))

    file = cases.filed(date(2026, 3, 1))

    record = ReportedRecord.objects.get()
    assert (record.status, record.held_for) == ("HELD", ["INVALID"])
    assert ["surname", "wrong_form"] in record.problems
    assert "?" not in "".join(cases.lines_of(file))
