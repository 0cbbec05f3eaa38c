"""New terms on new terms: what was closed before is no installment any more."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.changed_schedules import reprice, restructure
from dashu.finance.loan import Contract, opened, receive
from dashu.finance.terms import Method, ScheduleTerms
from tests.unit.finance.cases import rows_of

TERMS = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.12"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=date(2026, 1, 15),
)
CONTRACT = Contract(starts_on=date(2026, 1, 15), annual_rate=Decimal("0.12"))
RESTRUCTURED_ON = date(2026, 2, 1)


class TestAnotherChangeAfterNewTerms:
    @pytest.mark.parametrize("paid_ahead", [3, 9])
    @pytest.mark.parametrize(("due_day", "first_due_on"), [(None, date(2026, 3, 1)), (20, date(2026, 3, 20))])
    def test_leaves_out_an_installment_that_was_paid_ahead_and_closed(self, paid_ahead, due_day, first_due_on):
        loan = opened(CONTRACT, rows_of(TERMS), TERMS.principal)
        loan, _receipt = receive(loan, CONTRACT, 500_00, RESTRUCTURED_ON, first=paid_ahead)
        six = replace(TERMS, count=6, principal=loan.principal, disbursed_on=RESTRUCTURED_ON)
        loan = restructure(loan, CONTRACT, six, RESTRUCTURED_ON)

        loan, terms, first_number = reprice(
            loan, CONTRACT, six, date(2026, 2, 10), first_number=13, annual_rate=Decimal("0.06"), due_day=due_day
        )

        new = [row for row in loan.installments if row.number >= first_number]
        assert (terms.count, len(new), new[0].due_on) == (6, 6, first_due_on)
        assert sum(row.principal for row in new) == loan.principal
