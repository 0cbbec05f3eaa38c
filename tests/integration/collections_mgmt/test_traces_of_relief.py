"""What relief leaves behind: early warnings that were answered, plans that are whole again, loans that became one."""

from datetime import date, timedelta

import pytest

from collections_mgmt.domain.relief_evidence import Measure
from collections_mgmt.models import OfferSet, RestructuringOffer, RestructuringPlan, WarningLead
from collections_mgmt.services.relief.cases import case_of_loan, known_of_budget
from collections_mgmt.services.relief.offer_outside import offer_outside
from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.services.consolidate_loans import consolidate_loans
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, close, noon, plan_for
from tests.integration.collections_mgmt.test_make_offers import budget
from tests.integration.collections_mgmt.test_relief_evidence import DRAWN, behind, campaign, counted, drawn, overall

CHEAPER = {"method": "rate_cut", "annual_rate": "0.01", "count": 30}


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina) -> Loan:
    """1,100.16 a month, of which the first was paid on its day."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


def joined(*loans: Loan, on: date) -> Loan:
    return consolidate_loans(
        loan_ids=[loan.pk for loan in loans], count=24, today=on, reason="Asked for", actor=ACTOR
    ).loan


class TestAnEarlyWarning:
    @pytest.mark.parametrize("source", ["STAFF", "DISASTER"])
    def test_is_answered_by_what_was_approved_or_offered_to_a_list(self, loan, source):
        lead = WarningLead.objects.create(borrower=loan.borrower, opened_on=TODAY - DAY)
        kept = budget(loan.borrower)

        offer_outside(loan_id=loan.pk, relief=CHEAPER, budget_id=kept.pk, now=noon(TODAY), actor=ACTOR, source=source)

        lead.refresh_from_db()
        assert (lead.state, lead.offered_on) == ("OFFERED", TODAY)

    def test_of_somebody_left_out_to_compare_stays_so(self, loan):
        lead = WarningLead.objects.create(
            borrower=loan.borrower, opened_on=TODAY - DAY, state="HELD_OUT", held_out_on=TODAY
        )
        kept = budget(loan.borrower)

        offer_outside(loan_id=loan.pk, relief=CHEAPER, budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)

        lead.refresh_from_db()
        assert (lead.state, lead.offered_on) == ("HELD_OUT", None)


class TestABrokenPlan:
    def test_is_cured_only_once_nothing_is_late(self, loan):
        plan = plan_for(loan)
        first, second = loan.installments.filter(is_current=True, due_on__gte=plan.first_due_on).order_by("due_on")[:2]
        close(first.due_on)
        close(first.due_on + 11 * DAY)
        factories.pay(loan, first.unpaid_minor, second.due_on + 5 * DAY, reference="first")

        found = []
        for day, minor in ((second.due_on + 5 * DAY, 0), (second.due_on + 6 * DAY, second.unpaid_minor)):
            if minor:
                factories.pay(loan, minor, day, reference="second")
            close(day)
            plan.refresh_from_db()
            found.append(plan.status)

        assert found == ["BROKEN", "CURED"]


class TestALoanThatOthersBecame:
    def test_is_bounded_by_the_days_on_which_the_others_were_borrowed(self, loan, amina):
        other = factories.running_loan(amina, principal=6_000_00, annual_rate="0.09")
        new = joined(loan, other, on=TODAY)
        again = joined(new, factories.running_loan(amina, principal=3_000_00), on=TODAY + DAY)

        bounds = case_of_loan(again, known_of_budget(budget(amina)), on=TODAY + 2 * DAY).bounds

        longest = policy.relief_limits(TODAY).longest_terms["CONSUMER"]
        assert again.borrowed_on == TODAY + DAY
        assert bounds.last_day == add_months(date(2026, 1, 15), longest)
        assert bounds.rate_cap == policy.rate_limits(date(2026, 1, 15)).cap


class TestEvidence:
    @pytest.fixture
    def sun(self, rules) -> User:
        return factories.staff("Sun", User.Role.SUPERVISOR)

    def test_counts_no_joined_loan_of_loans_that_were_lent_after_the_draw(self, sun):
        old = drawn(campaign(sun, "Spring"), "Amina", is_offered=True)
        later = [factories.running_loan(old.borrower, starts_on=DRAWN + DAY) for _each in range(2)]
        new = joined(*later, on=DRAWN + 40 * DAY)
        behind(new, 31, DRAWN + 90 * DAY)
        assert counted(sun, Measure.LATE_6) == (0, 0)

        both = joined(old, new, on=DRAWN + 100 * DAY)
        behind(both, 31, DRAWN + 120 * DAY)
        assert counted(sun, Measure.LATE_6) == (1, 0)

    def test_counts_a_plan_that_was_taken_back_as_not_accepted(self, sun):
        loan = drawn(campaign(sun, "Spring"), "Amina", is_offered=True)
        OfferSet.objects.update(status="ACCEPTED", ended_on=DRAWN)
        way = RestructuringOffer.objects.create(
            offer_set=OfferSet.objects.get(),
            number=1,
            loan=loan,
            method="term_extension",
            status="ACCEPTED",
            relief={},
            acts=[],
        )
        plan = RestructuringPlan.objects.create(
            offer=way,
            loan=loan,
            method="term_extension",
            accepted_at=noon(DRAWN),
            accepted_on=DRAWN,
            withdraw_until=DRAWN + timedelta(days=7),
            after_event=0,
            first_due_on=DRAWN + DAY,
            last_due_on=DRAWN + DAY,
            observed_from=DRAWN,
            observed_until=DRAWN,
            forborne_until=DRAWN,
            language="zh-hans",
            evidence={},
        )
        assert overall(sun).offered.accepted == 1

        RestructuringPlan.objects.filter(pk=plan.pk).update(status="WITHDRAWN", ended_on=DRAWN)

        assert overall(sun).offered.accepted == 0
