"""What a night finds of offers and plans: those that end, break, are cured or completed, and how loans are observed."""

import random
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_mgmt.domain.relief_plans import Night, Observation, Standing, State, after, at_worst, observed_after
from collections_mgmt.models import (
    CollectionCase,
    CreditRecordMonth,
    Hold,
    OfferLoan,
    OfferSet,
    OverdueChange,
    OverdueStatus,
    PortfolioDay,
    RestructuringPlan,
)
from collections_mgmt.selectors.relief_plans import floors_of, forborne_plans
from collections_mgmt.services.missed_credit_months import write_missed_month
from collections_mgmt.services.refresh_history import refresh_history
from collections_mgmt.services.relief import after_the_night
from collections_mgmt.services.relief.after_the_night import follow_ended_plans
from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.finance.loan import arrears
from dashu.messaging.models import OutboxMessage
from dashu.policy import rules as policy
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.models import Installment, IssuedDocument, LoanEvent, Payment
from repayments.selectors.lives import replayed
from repayments.selectors.reconciliation import differences
from repayments.selectors.standings import standings_of
from repayments.services.undo_event import CannotBeUndone
from tests import factories
from tests.integration.collections_mgmt.relief_cases import (
    DAY,
    LONGER,
    TODAY,
    WAIVED,
    close,
    noon,
    offered,
    pay_due,
    plan_for,
)

FIRST_DUE = date(2026, 4, 1)
SITE = "https://loans.example"


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def current(loan: Loan) -> Loan:
    """The loan, with its first installment paid on its day."""
    factories.pay(loan, 1_100_16, date(2026, 2, 15))
    return loan


def states(plan: RestructuringPlan, *days: date) -> list[str]:
    found = []
    for day in days:
        close(day)
        plan.refresh_from_db()
        found.append(plan.status)
    return found


class TestOffersAtNight:
    def test_end_after_their_last_day_with_the_hold_a_night_later(self, loan):
        made = offered(loan)

        assert close(made.last_day - DAY)["offers_expired"] == 0
        assert close(made.last_day)["offers_expired"] == 1

        made.refresh_from_db()
        assert (made.status, made.ended_on, made.offers.get().status) == ("EXPIRED", made.last_day, "LAPSED")
        assert not OfferLoan.objects.filter(is_open=True).exists()
        close(made.last_day + DAY)
        assert Hold.objects.get().ended_on == made.last_day

    def test_are_told_of_once_before_they_end(self, loan):
        made = offered(loan)

        counts = [close(made.last_day - n * DAY)["offer_reminders"] for n in (5, 4, 3, 2)]

        assert counts == [0, 1, 0, 0]
        told = OutboxMessage.objects.get(template="collections.offer_expiring")
        assert told.params == {"reference": made.reference, "accept_on": made.last_day.isoformat()}

    def test_of_a_campaign_are_told_of_by_the_one_message_that_made_them(self, loan):
        made = offered(loan, source="CAMPAIGN")

        counts = [close(made.last_day - n * DAY)["offer_reminders"] for n in (4, 3, 2)]

        assert counts == [0, 0, 0]
        told = OutboxMessage.objects.filter(borrower=loan.borrower, template__startswith="collections.offer")
        assert list(told.values_list("template", flat=True)) == ["collections.offer_made"]


class TestAPlanAtNight:
    def test_runs_from_the_end_of_the_days_of_taking_it_back(self, current):
        plan = plan_for(current)

        assert states(plan, TODAY + 6 * DAY, TODAY + 7 * DAY) == ["ACCEPTED", "ACTIVE"]

    def test_runs_from_its_first_payment(self, current):
        plan = plan_for(current)
        factories.pay(current, 1_00, TODAY + DAY)

        assert states(plan, TODAY + DAY) == ["ACTIVE"]

    def test_breaks_on_the_eleventh_day_and_is_cured_by_what_is_late(self, current):
        plan = plan_for(current)
        due = plan.first_due_on
        close(due)

        assert states(plan, due + 10 * DAY, due + 11 * DAY) == ["ACTIVE", "BROKEN"]
        assert (plan.broken_on, plan.cure_until, plan.breaks) == (due + 11 * DAY, due + 41 * DAY, 1)
        assert plan.breaks_on == [plan.broken_on]
        told = OutboxMessage.objects.get(template="collections.plan_broken")
        assert told.params["cure_on"] == plan.cure_until.isoformat()
        assert told.params["given_up_minor"] is None
        assert CollectionCase.objects.get(loan=current).status == "OPEN"
        pay_due(plan, on=due + 12 * DAY)

        assert states(plan, due + 12 * DAY) == ["CURED"]
        assert plan.ended_on is None

    def test_ends_when_what_is_late_does_not_come_and_what_was_given_up_is_owed_again(self, loan):
        plan = plan_for(loan, WAIVED, LONGER, method="partial_waiver")
        due = plan.first_due_on
        owed = standings_of([loan], today=due)[loan.pk].left_to_pay
        states(plan, due + 11 * DAY)
        cure_until = plan.cure_until

        assert states(plan, cure_until - DAY, cure_until) == ["BROKEN", "ENDED"]
        assert follow_ended_plans(now=noon(cure_until + DAY), site=SITE) == 1

        plan.refresh_from_db()
        assert (plan.is_to_revert, plan.ended_on, plan.is_observed) == (False, cure_until, True)
        assert LoanEvent.objects.filter(kind="REVERSAL", data__event=plan.events[0]).count() == 1
        assert standings_of([loan], today=due)[loan.pk].left_to_pay > owed
        told = OutboxMessage.objects.get(template="collections.plan_ended")
        assert told.params["given_up_minor"] == 30_00
        assert differences() == []
        assert follow_ended_plans(now=noon(cure_until + DAY), site=SITE) == 0

    def test_that_cannot_be_owed_again_tells_staff_until_it_can(self, loan, monkeypatch):
        plan = plan_for(loan, WAIVED, LONGER, method="partial_waiver")
        RestructuringPlan.objects.filter(pk=plan.pk).update(status="ENDED", ended_on=TODAY, is_to_revert=True)

        def refuses(**_named: object) -> None:
            raise CannotBeUndone("Something newer stands on it.")

        with monkeypatch.context() as broken:
            broken.setattr(after_the_night, "undo_event", refuses)
            done = [follow_ended_plans(now=noon(TODAY + DAY), site=SITE) for _time in range(2)]

        alert = Alert.objects.get(kind="relief.not_reverted")
        assert (done, alert.subject, alert.times, alert.ended_at) == ([0, 0], plan.reference, 2, None)
        assert alert.params["error"] == "Something newer stands on it."
        assert not LoanEvent.objects.filter(loan=loan, kind="REVERSAL", data__event=plan.events[0]).exists()
        assert follow_ended_plans(now=noon(TODAY + 2 * DAY), site=SITE) == 1
        alert.refresh_from_db()
        assert alert.ended_at is not None

    def test_is_completed_with_its_loan_and_certified_once(self, current):
        plan = plan_for(current, {"kind": "restructure", "amount": 0, "data": {"terms": {"count": 2}}})
        pay_due(plan, count=2)
        last = plan.last_due_on

        assert states(plan, last) == ["COMPLETED"]
        assert follow_ended_plans(now=noon(last + DAY), site=SITE) == 1

        plan.refresh_from_db()
        paper = IssuedDocument.objects.get(kind="PLAN_CERTIFICATE")
        assert (plan.certificate_id, paper.facts["completed_on"]) == (paper.pk, last.isoformat())
        assert OutboxMessage.objects.filter(template="collections.plan_completed").count() == 1
        assert follow_ended_plans(now=noon(last + DAY), site=SITE) == 0

    def test_is_decided_once_however_often_a_night_is_run(self, current):
        plan = plan_for(current)
        late = plan.first_due_on + 11 * DAY
        states(plan, late)
        records = AuditRecord.objects.filter(action="collections.plan_broken").count()

        close(late)

        plan.refresh_from_db()
        assert (plan.breaks, records) == (1, 1)
        assert AuditRecord.objects.filter(action="collections.plan_broken").count() == 1


class TestObservation:
    def test_holds_a_loan_that_pays_on_time_for_a_year_and_then_lets_it_go(self, current):
        plan = plan_for(current)
        assert (plan.observed_from, plan.observed_until) == (FIRST_DUE, date(2027, 4, 1))
        pay_due(plan, count=13)

        seen = {}
        for day in (TODAY, date(2027, 3, 31), date(2027, 4, 1)):
            close(day)
            status = OverdueStatus.objects.get(pk=current.pk)
            seen[day] = (status.classification, status.stage)

        assert seen == {
            TODAY: ("SPECIAL_MENTION", "2"),
            date(2027, 3, 31): ("SPECIAL_MENTION", "2"),
            date(2027, 4, 1): ("NORMAL", "1"),
        }
        plan.refresh_from_db()
        assert (plan.is_observed, plan.observation_ended_on) == (False, date(2027, 4, 1))
        assert forborne_plans([current.pk], date(2029, 3, 31)) == {current.pk: plan}
        assert forborne_plans([current.pk], date(2029, 4, 1)) == {}
        changes = OverdueChange.objects.order_by("changed_on")
        assert [(change.changed_on, change.classification, change.stage) for change in changes] == [
            (TODAY, "SPECIAL_MENTION", "2"),
            (date(2027, 4, 1), "NORMAL", "1"),
        ]

    def test_begins_anew_with_a_miss(self, current):
        plan = plan_for(current)
        close(FIRST_DUE)
        plan.refresh_from_db()
        assert plan.observed_from == FIRST_DUE

        close(FIRST_DUE + DAY)

        plan.refresh_from_db()
        assert (plan.observed_from, plan.observed_until) == (FIRST_DUE + DAY, date(2027, 4, 2))
        assert plan.forborne_until == date(2029, 4, 2)

    def test_lasts_to_the_last_payment_where_fewer_are_left_than_the_rule_counts(self, current):
        plan = plan_for(current, {"kind": "restructure", "amount": 0, "data": {"terms": {"count": 1}}})
        # The one payment that is still to come after the one that is missed lies beyond the months.
        coming = Installment.objects.filter(loan=current, is_current=True, due_on=FIRST_DUE).get()
        coming.number, coming.due_on = coming.number + 1, date(2027, 10, 1)
        coming.save(force_insert=True)
        close(FIRST_DUE)

        close(FIRST_DUE + DAY)

        plan.refresh_from_db()
        assert (plan.observed_from, plan.observed_until) == (FIRST_DUE + DAY, date(2027, 10, 1))
        assert plan.forborne_until == date(2029, 10, 1)

    def test_does_not_end_while_something_is_late(self, current):
        plan = plan_for(current)
        pay_due(plan, count=11)
        RestructuringPlan.objects.filter(pk=plan.pk).update(observed_until=date(2027, 3, 5), observed_from=FIRST_DUE)

        close(date(2027, 3, 5))

        plan.refresh_from_db()
        assert plan.is_observed
        assert OverdueStatus.objects.get(pk=current.pk).classification == "SPECIAL_MENTION"

    def test_is_in_the_portfolio_and_in_the_history_that_is_written_anew(self, current):
        plan = plan_for(current)
        close(TODAY)
        day = PortfolioDay.objects.get(business_date=TODAY)
        assert (day.classification, day.stage, day.loans) == ("SPECIAL_MENTION", "2", 1)
        before = list(OverdueChange.objects.values_list("changed_on", "classification", "stage"))

        refresh_history(loan_id=current.pk, event_id=plan.events[0], today=TODAY + DAY)

        assert list(OverdueChange.objects.values_list("changed_on", "classification", "stage")) == before
        assert before == [(TODAY, "SPECIAL_MENTION", "2")]


class TestTheCreditRecord:
    def test_has_the_special_event_in_the_month_of_the_acceptance_and_in_no_other(self, current):
        plan_for(current)
        close(date(2026, 3, 31))
        close(date(2026, 4, 30))

        months = CreditRecordMonth.objects.filter(loan=current).order_by("month")
        assert [(month.month.month, month.special_event) for month in months] == [(3, "1"), (4, "")]
        again = write_missed_month(loan_id=current.pk, month_end=date(2026, 3, 31))
        assert again is not None
        assert again.special_event == "1"


class TestAgreementWithPlainPython:
    def test_of_random_plans_over_random_nights(self, rules):
        chance = random.Random(11)
        start = date(2026, 1, 10)
        plans = []
        for number in range(12):
            owner = factories.borrower(f"Brook {number}", phone=f"139000000{number:02}")
            loan = factories.running_loan(
                owner, principal=chance.randrange(1_000_00, 20_000_00), count=chance.randrange(3, 9), starts_on=start
            )
            terms = {"kind": "restructure", "amount": 0, "data": {"terms": {"count": chance.choice([2, 4])}}}
            plans.append(plan_for(loan, terms, on=start + chance.randrange(1, 20) * DAY))
        told = {plan.pk: (Standing(State.ACCEPTED, plan.withdraw_until), self.seen(plan)) for plan in plans}
        for number in range(20, 130, 3):
            on = start + number * DAY
            for plan in chance.sample(plans, 2):
                loan = Loan.objects.get(pk=plan.loan_id)
                if loan.status == Loan.Status.ACTIVE:
                    minor = chance.choice([100_00, 900_00, 9_000_00])
                    factories.pay(loan, minor, on, reference=f"P{loan.pk}-{number}")
            close(on)
            for plan in plans:
                told[plan.pk] = self.check(plan, *told[plan.pk], on=on)

        assert {plan.status for plan in RestructuringPlan.objects.all()} >= {"BROKEN", "ENDED", "COMPLETED"}

    def seen(self, plan: RestructuringPlan) -> Observation:
        return Observation(plan.observed_from, plan.observed_until, plan.forborne_until)

    def check(
        self, plan: RestructuringPlan, standing: Standing, seen: Observation, *, on: date
    ) -> tuple[Standing, Observation]:
        plan.refresh_from_db()
        loan, clocks = Loan.objects.get(pk=plan.loan_id), policy.relief_clocks(on)
        position, contract, _receipts = replayed(loan, through=on)
        late = arrears(position, contract, on)
        is_over = loan.status != Loan.Status.ACTIVE
        if standing.state not in (State.COMPLETED, State.ENDED):
            paused = late.days_past_due - OverdueStatus.objects.get(pk=loan.pk).effective_days_past_due
            night = Night(
                on,
                late.days_past_due - paused,
                is_paid=Payment.objects.filter(loan=loan, event_id__gt=plan.after_event).exists(),
                is_settled=loan.status == Loan.Status.SETTLED,
                is_over=is_over,
            )
            standing = after(standing, night, clocks)
        assert plan.status == standing.state
        due_days = list(
            Installment.objects.filter(loan=loan, is_current=True).order_by("due_on").values_list("due_on", flat=True)
        )
        if plan.observation_ended_on is None:
            seen = observed_after(seen, oldest_due_on=late.oldest_due_on, due_days=due_days, clocks=clocks)
            assert self.seen(plan) == seen
        if not is_over:
            held = [floor.tier for floor in floors_of(loan.pk) if floor.holds_on(on)]
            status = OverdueStatus.objects.get(pk=loan.pk)
            assert status.classification == at_worst(policy.five_tier("CONSUMER", on), late.days_past_due, held)
        return standing, seen


class TestCost:
    def test_a_night_asks_as_much_however_many_plans_there_are(self, amina):
        def nights_queries(day: date) -> int:
            with CaptureQueriesContext(connection) as asked:
                close(day)
            return sum("restructuring" in one["sql"] or "offerset" in one["sql"] for one in asked.captured_queries)

        loans = [factories.running_loan(amina) for _number in range(6)]
        plan_for(loans[0])
        one = nights_queries(TODAY + 20 * DAY)
        for loan in loans[1:]:
            plan_for(loan, on=TODAY + 20 * DAY)

        assert nights_queries(TODAY + 25 * DAY) == one
        assert OfferSet.objects.count() == 6
