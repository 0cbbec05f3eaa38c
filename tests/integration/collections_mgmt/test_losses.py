"""Loans that would qualify to be booked as a loss, and what is recovered of those that are."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from collections_mgmt import loss_admin
from collections_mgmt.models import CreditRecordMonth, LossClaim
from collections_mgmt.models.placing import Unfit
from collections_mgmt.selectors.losses import charge_off_candidates, losses_of, write_off_candidates
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from dashu.users.models import User
from loans.models import Loan
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.return_payment import return_payment
from repayments.services.write_off_loan import write_off_loan
from tests import factories
from tests.integration.collections_mgmt.agency_cases import ACTOR, closed, late_loan
from tests.integration.staff.conftest import as_role

# 361 days after the due date of 15 February 2026.
TODAY = date(2027, 2, 11)
DAY = timedelta(days=1)


@pytest.fixture
def late(rules) -> Loan:
    loan = late_loan()
    closed(TODAY + DAY)
    return loan


@pytest.fixture
def sun(db) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


def charged_off(loan: Loan, on: date = TODAY) -> Loan:
    charge_off_loan(loan_id=loan.pk, charged_off_on=on, today=on, reason="a year late", actor=ACTOR)
    loan.refresh_from_db()
    return loan


def hold(loan: Loan, today: date) -> None:
    place_hold(loan_id=loan.pk, kind="FRAUD", starts_on=today, ends_on=None, today=today, reason="looked", actor=ACTOR)


class TestChargeOff:
    def test_comes_into_question_by_days(self, late, sun):
        (found,) = charge_off_candidates(user=sun, on=TODAY + DAY)

        assert (found.loan, found.days, found.against, found.qualifies) == (late, 361, [], True)
        assert found.owed_minor == late.overdue.total_minor

    def test_does_not_a_day_before(self, rules, sun):
        late_loan()
        closed(TODAY)

        assert charge_off_candidates(user=sun, on=TODAY) == []

    def test_waits_while_something_is_looked_into(self, late, sun):
        hold(late, TODAY + DAY)

        (found,) = charge_off_candidates(user=sun, on=TODAY + DAY)

        assert (found.against, found.qualifies) == ([Unfit.HOLD], False)

    def test_shows_nothing_to_a_borrower(self, late):
        user = factories.borrower("Eve").user

        assert charge_off_candidates(user=user, on=TODAY + DAY) == []


class TestWriteOff:
    later = TODAY + timedelta(days=365)

    def test_of_a_large_claim_waits_until_it_cannot_be_enforced(self, late, sun):
        charged_off(late)

        assert write_off_candidates(user=sun, on=self.later - DAY) == []
        (found,) = write_off_candidates(user=sun, on=self.later)
        assert (found.is_enforceable, found.qualifies) == (True, False)
        (over,) = write_off_candidates(user=sun, on=date(2030, 1, 16))
        assert (over.is_enforceable, over.qualifies) == (False, True)

    def test_of_a_small_one_comes_into_question_earlier(self, late, sun):
        charged_off(late)
        late.overdue.__class__.objects.update(principal_minor=999_00, interest_minor=0, fee_minor=0, penalty_minor=0)

        (found,) = write_off_candidates(user=sun, on=self.later)

        assert found.qualifies

    def test_waits_while_money_comes_in(self, late, sun):
        charged_off(late)
        factories.pay(late, 10_00, self.later - timedelta(days=179), today=self.later)

        assert write_off_candidates(user=sun, on=self.later) == []


class TestRecoveries:
    def test_are_what_came_in_after_the_charge_off_and_stayed(self, late):
        factories.pay(late, 1_000_00, TODAY, reference="before")
        principal = late.balance.__class__.objects.get(loan=late).principal_minor
        charged_off(late)
        for reference, minor in (("first", 300_00), ("second", 200_50), ("bounced", 77_00)):
            factories.pay(late, minor, TODAY + DAY, today=TODAY + DAY, reference=reference)
        return_payment(reference="bounced", returned_on=TODAY + DAY, today=TODAY + DAY, reason="no cover", actor=ACTOR)

        loss = losses_of([late.pk])[late.pk]

        assert (loss.charged_off_on, loss.lost_minor, loss.recovered_minor) == (TODAY, principal, 500_50)

    def test_keep_the_claim_and_are_never_reported_as_new_debt(self, late):
        month = date(2027, 2, 1)
        charged_off(late, TODAY)
        close_date(business_date=date(2027, 2, 28), today=date(2027, 3, 1))
        factories.pay(late, 300_00, date(2027, 3, 10), reference="recovered")
        close_date(business_date=date(2027, 3, 31), today=date(2027, 4, 1))

        late.refresh_from_db()
        assert late.status == "CHARGED_OFF"
        reported = CreditRecordMonth.objects.filter(loan=late).values_list("month", "code")
        assert list(reported) == [(month, "B")]
        assert Loan.objects.filter(borrower=late.borrower).count() == 1

    def test_of_a_loan_that_was_never_charged_off_are_none(self, late):
        assert losses_of([late.pk]) == {}


class TestPages:
    @pytest.fixture(autouse=True)
    def _today(self, monkeypatch) -> None:
        monkeypatch.setattr(loss_admin, "lender_today", lambda: TODAY + DAY)

    def page(self, name: str, *args: object) -> str:
        return reverse(f"admin:collections_mgmt_lossclaim_{name}", args=args)

    def test_list_claims_with_what_was_recovered(self, late):
        charged_off(late)
        factories.pay(late, 300_00, TODAY, reference="recovered")
        client = as_role("ACCOUNTANT")

        listed = client.get(self.page("changelist")).content.decode()
        shown = client.get(self.page("change", late.pk)).content.decode()

        assert late.number in listed
        assert "300.00" in listed
        assert "300.00" in shown

    def test_list_many_with_as_many_queries_as_few(self, late, django_assert_max_num_queries):
        client = as_role("ACCOUNTANT")
        charged_off(late)
        client.get(self.page("changelist"))
        for number in range(5):
            charged_off(factories.running_loan(factories.borrower(f"P{number}")))

        with django_assert_max_num_queries(16):
            assert client.get(self.page("changelist")).status_code == 200

    def test_of_what_would_qualify_lead_to_the_act_that_is_previewed_and_asked_for(self, late):
        act = reverse("admin:loans_loan_act", args=[late.pk, "charge_off_loan"])
        client = as_role("ACCOUNTANT")

        assert act in client.get(self.page("qualifying")).content.decode()
        assert client.get(act).status_code == 200
        assert act not in as_role("SUPERVISOR").get(self.page("qualifying")).content.decode()

    def test_offer_to_end_a_claim_that_continues_only(self, late):
        charged_off(late)
        client = as_role("ACCOUNTANT")
        end = client.get(self.page("write_off", late.pk))
        assert end.url == reverse("admin:loans_loan_act", args=[late.pk, "write_off_loan"])
        write_off_loan(loan_id=late.pk, written_off_on=TODAY, today=TODAY, reason="over", actor=ACTOR)

        assert client.get(self.page("write_off", late.pk)).status_code == 403
        assert LossClaim.objects.get().status == "WRITTEN_OFF"

    @pytest.mark.parametrize(("role", "status"), [("COLLECTOR", 403), ("UNDERWRITER", 403), ("SUPERVISOR", 200)])
    def test_are_for_whoever_leads_or_keeps_the_books(self, late, role, status):
        client = as_role(role)

        assert client.get(self.page("changelist")).status_code == status
        assert client.get(self.page("qualifying")).status_code == status
