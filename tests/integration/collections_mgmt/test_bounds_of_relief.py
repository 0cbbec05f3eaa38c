"""What relief does not become, however often and in whatever order it is asked for, accepted and taken back."""

from datetime import date

import pytest

from collections_mgmt.models import Hold
from collections_mgmt.services.answer_help import answer_help
from collections_mgmt.services.ask_for_help import ask_for_help, withdraw_help
from collections_mgmt.services.holds import expire_holds
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, close, noon, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(rules):
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina):
    """12,000 yuan at 18% over 12 months from 15 January 2026; the first installment is paid."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


def help_for(loan: Loan, on: date = TODAY):
    return ask_for_help(
        borrower_id=loan.borrower_id,
        loan_ids=[loan.pk],
        cause="INCOME",
        lasts="UNKNOWN",
        can_pay_minor=None,
        words="",
        now=noon(on),
        actor=ACTOR,
    )


class TestAHoldOfARequestAndAnOffer:
    def night(self, day: date) -> None:
        close(day)
        expire_holds(on=day + DAY, actor=ACTOR)

    @pytest.mark.parametrize("how", ["withdrawn", "refused"])
    def test_ends_with_the_offer_where_the_request_ended_before(self, loan, how):
        asked = help_for(loan)
        made = offered(loan, source="ASKED")
        assert made.loans.get().hold == asked.loans.get().hold

        if how == "withdrawn":
            withdraw_help(request_id=asked.pk, now=noon(TODAY), actor=ACTOR)
        else:
            wei = factories.staff("Wei", User.Role.SUPERVISOR)
            answer_help(request_id=asked.pk, is_possible=False, words="Not now.", user=wei, now=noon(TODAY))

        hold = Hold.objects.get()
        assert (hold.ends_on, hold.ended_on) == (made.last_day, None)
        self.night(made.last_day)
        hold.refresh_from_db()
        made.refresh_from_db()
        assert (made.status, hold.ended_on) == ("EXPIRED", made.last_day)

    def test_keeps_the_longer_days_of_a_request_that_was_answered_with_yes(self, loan):
        asked = help_for(loan)
        made = offered(loan, source="ASKED")
        wei = factories.staff("Wei", User.Role.SUPERVISOR)

        answer_help(request_id=asked.pk, is_possible=True, words="Yes.", user=wei, now=noon(made.last_day - 2 * DAY))

        assert Hold.objects.get().ends_on > made.last_day

    def test_without_an_end_gets_its_last_day_as_the_offer_runs_out(self, loan):
        made = offered(loan)
        Hold.objects.update(ends_on=None)

        self.night(made.last_day)

        assert Hold.objects.get().ended_on == made.last_day

    def test_goes_on_where_the_request_waits_longer_than_the_offer(self, loan):
        help_for(loan)
        made = offered(loan, source="ASKED")

        self.night(made.last_day)

        hold = Hold.objects.get()
        assert (hold.ends_on, hold.ended_on) == (None, None)
