"""What became of those who were made an offer and of those left alone, against rows written by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.domain.relief_evidence import HALF_YEAR, YEAR, Measure
from collections_mgmt.models import CampaignMember, Complaint, OfferSet, OverdueChange, ReliefCampaign, WarningLead
from collections_mgmt.selectors.relief_evidence import people_behind, relief_evidence
from dashu.kernel.dates import add_months
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.services.consolidate_loans import consolidate_loans
from tests import factories
from tests.integration.collections_mgmt.relief_cases import noon

pytestmark = pytest.mark.django_db

DRAWN = date(2026, 3, 1)
HALF, FULL = date(2026, 9, 1), date(2027, 3, 1)
DAY = timedelta(days=1)


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def spring(sun: User) -> ReliefCampaign:
    return campaign(sun, "Spring")


def campaign(user: User, name: str, *, holdout_bps: int = 1_000) -> ReliefCampaign:
    return ReliefCampaign.objects.create(
        kind="PROACTIVE",
        name=name,
        status="RUNNING",
        holdout_bps=holdout_bps,
        per_day=10,
        first_on=DRAWN,
        last_on=DRAWN + 30 * DAY,
        made_by=user,
        made_at=noon(DRAWN),
    )


def drawn(of: ReliefCampaign, name: str, *, is_offered: bool, on: date = DRAWN, cause: str = "") -> Loan:
    """Somebody with a loan of 1,100.16 a month who was drawn on a day."""
    owner = factories.borrower(name)
    loan = factories.running_loan(owner)
    lead = WarningLead.objects.create(borrower=owner, opened_on=on, cause=cause)
    offers = None
    if is_offered:
        offers = OfferSet.objects.create(
            borrower=owner, source="CAMPAIGN", made_at=noon(on), made_on=on, last_day=on + 14 * DAY, quoted_on=on
        )
    state = CampaignMember.State.OFFERED if is_offered else CampaignMember.State.HELD_OUT
    CampaignMember.objects.create(campaign=of, borrower=owner, state=state, on=on, lead=lead, offer_set=offers)
    return loan


def behind(loan: Loan, days: int, on: date) -> None:
    OverdueChange.objects.create(
        loan=loan,
        changed_on=on,
        days_past_due=days,
        bucket_before="CURRENT",
        bucket="M1",
        classification_before="NORMAL",
        classification="NORMAL",
    )


def complain(owner: Borrower, on: date) -> None:
    Complaint.objects.create(borrower=owner, asked_at=noon(on), about="AMOUNT", due_on=on + 15 * DAY)


def overall(user: User, on: date = FULL):
    return relief_evidence(ReliefCampaign.objects.visible_to(user), on=on, currency="CNY", least=50).overall


def counted(user: User, measure: Measure, on: date = FULL) -> tuple[int, int]:
    found = overall(user, on)
    return found.offered.share(measure).count, found.alone.share(measure).count


class TestWhatIsCounted:
    def test_is_counted_for_the_side_of_the_draw_whether_accepted_or_not(self, sun, spring):
        drawn(spring, "Amina", is_offered=True)
        OfferSet.objects.update(status="ACCEPTED", ended_on=DRAWN)
        drawn(spring, "Brook", is_offered=True)
        drawn(spring, "Dana", is_offered=False)

        found = overall(sun)

        assert (found.offered.people, found.offered.accepted, found.alone.people) == (2, 1, 1)
        assert found.offered.through == {HALF_YEAR: 2, YEAR: 2}

    @pytest.mark.parametrize(
        ("on", "known_on", "helped"),
        [(DRAWN, FULL, 1), (FULL, FULL, 1), (FULL + DAY, FULL + DAY, 0), (HALF, HALF - DAY, 0), (DRAWN - DAY, FULL, 0)],
    )
    def test_who_was_left_alone_and_offered_relief_otherwise_is_counted_apart(self, sun, spring, on, known_on, helped):
        drawn(spring, "Amina", is_offered=True)
        alone = drawn(spring, "Brook", is_offered=False)
        OfferSet.objects.create(
            borrower=alone.borrower, source="STAFF", made_at=noon(on), made_on=on, last_day=on + 14 * DAY, quoted_on=on
        )

        found = overall(sun, known_on)

        assert (found.offered.helped, found.alone.helped, found.alone.people) == (0, helped, 1)

    @pytest.mark.parametrize(
        ("days", "on", "avoided"),
        [(30, DRAWN, 1), (31, DRAWN, 0), (31, DRAWN - DAY, 1), (31, HALF, 0), (31, HALF + DAY, 1)],
    )
    def test_arrears_are_avoided_by_whoever_is_never_beyond_thirty_days_in_six_months(
        self, sun, spring, days, on, avoided
    ):
        behind(drawn(spring, "Amina", is_offered=True), days, on)

        assert counted(sun, Measure.AVOIDED) == (avoided, 0)

    def test_far_behind_counts_within_six_and_within_twelve_months(self, sun, spring):
        behind(drawn(spring, "Amina", is_offered=True), 91, HALF)
        behind(drawn(spring, "Brook", is_offered=False), 91, HALF + DAY)
        behind(drawn(spring, "Dana", is_offered=False), 90, HALF)

        assert counted(sun, Measure.FAR_6) == (1, 0)
        assert counted(sun, Measure.FAR_12) == (1, 1)

    def test_late_again_counts_within_six_and_within_twelve_months(self, sun, spring):
        behind(drawn(spring, "Amina", is_offered=True), 31, HALF)
        behind(drawn(spring, "Brook", is_offered=False), 31, HALF + DAY)
        behind(drawn(spring, "Dana", is_offered=False), 30, HALF)

        assert counted(sun, Measure.LATE_6) == (1, 0)
        assert counted(sun, Measure.LATE_12) == (1, 1)
        assert counted(sun, Measure.FAR_12) == (0, 0)

    def test_cured_is_whoever_owes_nothing_overdue_after_six_months(self, sun, spring):
        loan = drawn(spring, "Amina", is_offered=True)
        behind(loan, 40, DRAWN + 30 * DAY)
        behind(loan, 0, HALF)
        late = drawn(spring, "Brook", is_offered=False)
        behind(late, 3, HALF)
        behind(late, 0, HALF + DAY)

        assert counted(sun, Measure.CURED) == (1, 0)

    def test_complaints_count_up_to_the_last_day(self, sun, spring):
        complain(drawn(spring, "Amina", is_offered=True).borrower, HALF)
        complain(drawn(spring, "Brook", is_offered=False).borrower, HALF + DAY)
        complain(drawn(spring, "Dana", is_offered=False).borrower, DRAWN - DAY)

        assert counted(sun, Measure.COMPLAINED) == (1, 0)

    def test_payments_count_at_their_value_on_the_day_of_the_draw(self, sun, spring):
        loan = drawn(spring, "Amina", is_offered=True)
        factories.pay(loan, 1_000_00, DRAWN)
        factories.pay(loan, 1_000_00, DRAWN + 60 * DAY)
        factories.pay(loan, 500_00, HALF + DAY)
        month = 1 + loan.annual_rate / 12
        later = round(Decimal(1_000_00) / month**2)

        paid = overall(sun).offered.paid

        assert (paid[HALF_YEAR].count, paid[HALF_YEAR].total) == (1, 1_000_00 + later)
        assert paid[HALF_YEAR].squares == (1_000_00 + later) ** 2
        assert 490_00 - 60_00 < paid[YEAR].total - paid[HALF_YEAR].total < 490_00


class TestWhichLoansCount:
    def test_what_was_lent_after_the_draw_counts_for_nothing(self, sun, spring):
        owner = drawn(spring, "Amina", is_offered=False).borrower
        later = factories.running_loan(owner, starts_on=DRAWN)
        factories.pay(later, 1_000_00, DRAWN + 60 * DAY)
        behind(later, 95, HALF)

        found = overall(sun).alone

        assert (found.paid[HALF_YEAR].total, found.paid[YEAR].total) == (0, 0)
        assert found.share(Measure.LATE_6).count == found.share(Measure.FAR_12).count == 0
        assert found.share(Measure.CURED).count == 1

    def test_a_loan_that_others_were_joined_into_goes_on_for_them(self, sun, spring):
        loan = drawn(spring, "Amina", is_offered=True)
        other = factories.running_loan(loan.borrower, principal=6_000_00)
        joined = consolidate_loans(
            loan_ids=[loan.pk, other.pk], count=24, today=DRAWN + DAY, reason="relief", actor="user:1"
        ).loan
        factories.pay(joined, 900_00, DRAWN + 30 * DAY)
        behind(joined, 31, HALF)

        found = overall(sun).offered

        assert found.paid[HALF_YEAR].total == round(Decimal(900_00) / (1 + joined.annual_rate / 12))
        assert found.share(Measure.LATE_6).count == 1


class TestWhenItIsCounted:
    def test_not_before_the_months_are_over(self, sun, spring):
        drawn(spring, "Amina", is_offered=True)
        drawn(spring, "Brook", is_offered=False)

        before, on = overall(sun, HALF - DAY), overall(sun, HALF)

        assert (before.offered.through[HALF_YEAR], on.offered.through[HALF_YEAR], on.offered.through[YEAR]) == (0, 1, 0)
        assert (before.months, on.months) == (5, 6)
        assert before.difference(Measure.AVOIDED) is None

    def test_nothing_of_a_campaign_that_left_nobody_alone(self, sun, spring):
        drawn(campaign(sun, "For all", holdout_bps=0), "Amina", is_offered=True)

        found = relief_evidence(ReliefCampaign.objects.visible_to(sun), on=FULL, currency="CNY", least=50)

        assert [one.name for one, _compared in found.campaigns] == ["Spring"]
        assert found.overall.offered.people == 0

    def test_nothing_for_whoever_may_not_see_campaigns(self, rules, spring):
        drawn(spring, "Amina", is_offered=True)

        found = relief_evidence(
            ReliefCampaign.objects.visible_to(factories.staff("Chidi")), on=FULL, currency="CNY", least=50
        )

        assert (found.campaigns, found.overall.offered.people) == ([], 0)


class TestByCampaignAndCause:
    def test_stand_beside_all_of_them(self, sun, spring):
        autumn = campaign(sun, "Autumn")
        behind(drawn(spring, "Amina", is_offered=True, cause="INCOME"), 45, DRAWN + DAY)
        drawn(spring, "Brook", is_offered=False, cause="INCOME")
        drawn(autumn, "Dana", is_offered=True)

        found = relief_evidence(ReliefCampaign.objects.visible_to(sun), on=FULL, currency="CNY", least=50)

        assert [(one.name, of.offered.people, of.alone.people) for one, of in found.campaigns] == [
            ("Autumn", 1, 0),
            ("Spring", 1, 1),
        ]
        assert {cause: of.offered.share(Measure.AVOIDED).count for cause, of in found.by_cause.items()} == {
            "": 1,
            "INCOME": 0,
        }
        assert found.overall.difference(Measure.AVOIDED).value == -1

    def test_ask_the_database_as_often_however_many_there_are(self, sun, spring, django_assert_num_queries):
        for name in ("Amina", "Brook", "Dana"):
            drawn(campaign(sun, name), name, is_offered=True)
        sun.has_perm("collections_mgmt.view_reliefcampaign")

        with django_assert_num_queries(2):
            relief_evidence(ReliefCampaign.objects.visible_to(sun), on=FULL, currency="CNY", least=50)


class TestPeopleBehindAFigure:
    def test_are_those_whose_months_are_over_with_what_counted(self, sun, spring):
        behind(drawn(spring, "Amina", is_offered=True), 45, DRAWN + DAY)
        drawn(spring, "Brook", is_offered=True)
        drawn(spring, "Dana", is_offered=True, on=add_months(FULL, -1))
        drawn(spring, "Efe", is_offered=False)

        people, after = people_behind(sun, Measure.AVOIDED, is_offered=True, campaign_id=spring.pk, on=FULL)

        assert [(each.borrower.name, each.worst_days, each.is_counted) for each in people] == [
            ("Amina", 45, False),
            ("Brook", 0, True),
        ]
        assert after is None

    def test_are_nobody_of_a_campaign_that_may_not_be_seen(self, rules, spring):
        drawn(spring, "Amina", is_offered=True)
        chidi = factories.staff("Chidi")

        assert people_behind(chidi, Measure.AVOIDED, is_offered=True, campaign_id=None, on=FULL) == ([], None)
