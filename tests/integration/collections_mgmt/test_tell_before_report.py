"""Borrowers are told before the first month that would speak against them is noted."""

from datetime import date, timedelta

import pytest

from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.tell_before_report import tell_before_report
from dashu.messaging.models import OutboxMessage
from tests import factories

TEMPLATE = "collections.before_report"


@pytest.fixture
def late(amina):
    """Its installment of 15 February is not paid."""
    loan = factories.running_loan(amina)
    close_date(business_date=date(2026, 2, 16), today=date(2026, 2, 17))
    return loan


def told() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template=TEMPLATE))


class TestBeforeTheFirstReport:
    def test_tells_what_is_open_until_when_and_what_it_would_be_noted_as(self, late):
        assert tell_before_report(today=date(2026, 2, 18)) == 1

        [message] = told()
        assert message.borrower_id == late.borrower_id
        assert message.purpose == "SERVICE"
        assert message.params["loan_number"] == late.number
        assert message.params["amount_minor"] == late.overdue.total_minor
        assert (message.params["due_on"], message.params["report_on"]) == ("2026-02-15", "2026-02-28")
        assert message.params["code"] == "1"

    def test_tells_once_a_month(self, late):
        assert [tell_before_report(today=date(2026, 2, day)) for day in (18, 19, 28)] == [1, 0, 0]

    def test_tells_nobody_before_the_last_ten_days(self, late):
        assert tell_before_report(today=date(2026, 2, 17)) == 0

    def test_tells_nobody_who_has_caught_up(self, late):
        factories.pay(late, 1_200_00, date(2026, 2, 17))
        close_date(business_date=date(2026, 2, 17), today=date(2026, 2, 18))

        assert tell_before_report(today=date(2026, 2, 18)) == 0
        assert told() == []

    def test_tells_nobody_whose_month_before_was_noted_as_late(self, late):
        close_date(business_date=date(2026, 2, 28), today=date(2026, 3, 1))

        assert tell_before_report(today=date(2026, 3, 31)) == 0

    def test_tells_again_after_a_month_in_time(self, late):
        tell_before_report(today=date(2026, 2, 18))
        factories.pay(late, 1_200_00, date(2026, 2, 20))
        close_date(business_date=date(2026, 2, 28), today=date(2026, 3, 1))
        close_date(business_date=date(2026, 3, 18), today=date(2026, 3, 19))

        assert tell_before_report(today=date(2026, 3, 19) + timedelta(days=5)) == 1
        assert [message.params["report_on"] for message in told()] == ["2026-02-28", "2026-03-31"]
