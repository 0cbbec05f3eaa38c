"""What is counted day by day, what each measure counts and leaves out, and the rows behind it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.models import (
    AgencyFile,
    Complaint,
    DeskFigure,
    HardshipLoan,
    HardshipRequest,
    Hold,
    LoanMove,
    Placement,
    PromiseToPay,
)
from collections_mgmt.selectors.overview import Flow, Scope, flows_of
from collections_mgmt.selectors.overview_rows import Page, happened
from collections_mgmt.services.steer_files import move_files
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactAttempt, ContactRefusal, GuardDecision, OutboxMessage
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.factories import pay, running_loan
from tests.integration.collections_mgmt import agency_cases
from tests.integration.collections_mgmt.desk_cases import team
from tests.integration.collections_mgmt.strategy_cases import PEACE, published, supervisor
from tests.integration.overview.conftest import FEBRUARY, JANUARY, MARCH, MONTH, close

pytestmark = pytest.mark.django_db

CNY = Scope("CNY")


def at(day: int, hour: int, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=LENDER_ZONE)


def message(loan: Loan, moment: datetime, **fields: Any) -> OutboxMessage:
    given = {"purpose": "REMINDER", "channel": "SMS", "status": "SENT", "loan_id": loan.pk} | fields
    return factories.message(loan.borrower, dedupe_key=uuid4().hex, sent_at=moment, **given)


def flow(scope: Scope = CNY) -> Flow:
    return flows_of(MARCH, None, scope).total(scope)


def rows(measure: Measure, detail: str = "", scope: Scope = CNY, **how: Any) -> Page:
    ada = User.objects.filter(email="ada@example.com").first() or factories.staff("Ada", User.Role.SUPERVISOR)
    return happened(ada, measure, detail, scope, on=MARCH, after=None, **how)


class TestContacts:
    def test_are_what_left_the_house_and_can_be_stopped(self, loan):
        message(loan, at(2, 9))
        message(loan, at(31, 23), channel="EMAIL", loan_id=None)
        message(loan, at(3, 9), channel="IN_APP")
        message(loan, at(3, 9), purpose="SERVICE")
        message(loan, at(3, 9), status="FAILED")
        message(loan, at(1, 23))  # the day before the 30 days begin
        message(loan, at(1, 1, month=4))
        close(MARCH)

        assert flow().by_detail(Measure.SENT) == {"EMAIL": 1, "SMS": 1}
        assert flow().contacts == 2
        assert flow(Scope("CNY", product="consumer")).contacts == 1
        assert flow(Scope("CNY", product="sme")).contacts == 0

    def test_that_were_blocked_count_once_and_under_each_reason(self, loan):
        blocked = message(loan, at(5, 9), status="BLOCKED")
        ContactRefusal.objects.create(
            borrower=loan.borrower, message=blocked, channel="SMS", purpose="REMINDER", stage="SENDING",
            reasons=["ON_HOLD", "OPTED_OUT"], at=at(5, 10),
        )  # fmt: skip
        close(MARCH)

        assert flow().count(Measure.BLOCKED) == 1
        assert flow().by_detail(Measure.BLOCKED_REASON) == {"ON_HOLD": 1, "OPTED_OUT": 1}
        (row,) = rows(Measure.BLOCKED_REASON, "OPTED_OUT").rows
        assert (row.on, row.loan, row.borrower) == (date(2026, 3, 5), loan, loan.borrower)

    def test_with_complaints_give_a_rate_per_thousand(self, loan):
        for hour in range(9, 17):
            message(loan, at(4, hour))
        Complaint.objects.create(
            borrower=loan.borrower, loan=loan, about="CONTACT", asked_at=at(6, 9), due_on=date(2026, 3, 20)
        )
        close(MARCH)

        assert flow().complaint_rate == Decimal("125.00")

    def test_give_no_rate_where_nobody_was_contacted(self, loan):
        Complaint.objects.create(borrower=loan.borrower, about="OTHER", asked_at=at(6, 9), due_on=date(2026, 3, 20))
        close(MARCH)

        assert (flow().complaint_rate, flow().count(Measure.COMPLAINT)) == (None, 1)
        assert flow().by_detail(Measure.COMPLAINT) == {"OTHER": 1}
        assert flow(Scope("CNY", product="consumer")).count(Measure.COMPLAINT) == 0


class TestPromises:
    def test_count_when_they_are_decided(self, loan, brook):
        other = running_loan(brook)
        promise = {"amount_minor": MONTH, "made_on": date(2026, 3, 1), "actor": "user:1"}
        for owed, status, decided in (
            (loan, "KEPT", date(2026, 3, 2)),
            (loan, "KEPT", date(2026, 3, 20)),
            (other, "BROKEN", MARCH),
            (other, "KEPT", date(2026, 3, 1)),
            (other, "CANCELLED", date(2026, 3, 9)),
        ):
            PromiseToPay.objects.create(
                loan=owed, status=status, due_on=date(2026, 3, 9), decided_on=decided, **promise
            )
        close(MARCH)

        assert flow().by_detail(Measure.PROMISE) == {"KEPT": 2, "BROKEN": 1}
        assert flow().kept_rate == Decimal("0.6667")
        assert [row.place.detail for row in rows(Measure.PROMISE).rows] == ["BROKEN", "KEPT", "KEPT"]


class TestOffers:
    def test_are_early_where_the_loan_was_never_behind(self, loan, brook):
        late = running_loan(brook)
        pay(loan, MONTH, date(2026, 2, 15))
        close(FEBRUARY)
        for owed in (loan, late):
            hold = Hold.objects.create(
                loan=owed, kind="HARDSHIP_REVIEW", starts_on=MARCH, reason="asked", actor="user:1"
            )
            asked = HardshipRequest.objects.create(
                borrower=owed.borrower, asked_at=at(2, 9), due_on=MARCH, cause="INCOME", outcome="PLAN",
                answered_at=at(3, 9),
            )  # fmt: skip
            HardshipLoan.objects.create(request=asked, loan=owed, hold=hold)
        Hold.objects.all().update(ended_on=MARCH)
        close(MARCH)

        assert flow().by_detail(Measure.OFFER) == {"AFTER": 1, "BEFORE": 1}
        assert flow().early_offer_rate == Decimal("0.5000")
        assert [row.loan for row in rows(Measure.OFFER, "BEFORE").rows] == [loan]


class TestHoldBreaches:
    def test_are_messages_between_placing_a_hold_and_ending_it(self, loan, brook):
        hold = Hold.objects.create(
            loan=loan, kind="BREATHING_SPACE", contact="PERSON", starts_on=date(2026, 3, 9),
            ended_on=date(2026, 3, 10), reason="asked", actor="user:1",
        )  # fmt: skip
        for action, moment in (("collections.hold_placed", at(9, 15)), ("collections.hold_ended", at(10, 9))):
            AuditRecord.objects.create(
                at=moment,
                action=action,
                subject_type="loan",
                subject_id=loan.pk,
                actor="user:1",
                data={"hold": hold.pk},
            )
        message(loan, at(9, 10))
        breach = message(loan, at(9, 16), loan_id=None)
        message(loan, at(9, 17), purpose="SERVICE")
        message(loan, at(10, 10))
        message(running_loan(brook), at(9, 16))
        close(MARCH)

        assert flow().by_detail(Measure.HOLD_BREACH) == {"BREATHING_SPACE": 1}
        assert [row.place.key for row in rows(Measure.HOLD_BREACH).rows] == [breach.pk]

    def test_of_a_hold_of_one_loan_are_messages_about_that_loan(self, loan):
        Hold.objects.create(loan=loan, kind="DISPUTE", starts_on=date(2026, 3, 9), reason="asked", actor="user:1")
        message(loan, at(12, 9), loan_id=None)
        message(loan, at(13, 9))
        close(MARCH)

        assert flow().by_detail(Measure.HOLD_BREACH) == {"DISPUTE": 1}

    def test_are_contacts_during_a_complaint_that_placed_no_hold(self, loan, brook):
        complaint = Complaint.objects.create(
            borrower=loan.borrower, about="CONTACT", words="Please stop.", asked_at=at(9, 15), due_on=MARCH
        )
        Complaint.objects.filter(pk=complaint.pk).update(answered_at=at(11, 9), answer="Yes.")
        message(loan, at(9, 10), loan_id=None)
        sent, called = message(loan, at(10, 9), loan_id=None), attempt(loan, at(10, 10))
        message(loan, at(11, 10))
        message(running_loan(brook), at(10, 9))
        close(MARCH)

        assert flow().by_detail(Measure.HOLD_BREACH) == {"COMPLAINT": 2}
        assert {row.place.key for row in rows(Measure.HOLD_BREACH).rows} == {sent.pk, called.pk}

    def test_are_contacts_while_an_agency_has_the_loan(self, loan):
        agency = agency_cases.agency()
        file = AgencyFile.objects.create(
            agency=agency, kind="PLACEMENT", made_on=date(2026, 3, 9), made_by="user:1", loans=1
        )
        placed = Placement.objects.create(
            agency=agency, loan=loan, file=file, placed_on=date(2026, 3, 9), ends_on=MARCH, owed_minor=1, days=60,
            bps=100, after_event=0, actor="user:1", recalled_on=date(2026, 3, 11), recalled_at=at(11, 9), until_event=0,
        )  # fmt: skip
        Placement.objects.filter(pk=placed.pk).update(created_at=at(9, 15))
        message(loan, at(9, 10))
        breach = message(loan, at(10, 9))
        message(loan, at(11, 10))
        close(MARCH)

        assert flow().by_detail(Measure.HOLD_BREACH) == {"AGENCY": 1}
        assert [row.place.key for row in rows(Measure.HOLD_BREACH).rows] == [breach.pk]

    def test_are_calls_begun_while_it_ran_too(self, loan, brook):
        Hold.objects.create(
            loan=loan, kind="DISPUTE", contact="LOAN", starts_on=date(2026, 3, 9), ended_on=date(2026, 3, 12),
            reason="asked", actor="user:1",
        )  # fmt: skip
        AuditRecord.objects.create(
            at=at(12, 9), action="collections.hold_ended", subject_type="loan", subject_id=loan.pk, actor="user:1",
            data={"hold": Hold.objects.get().pk},
        )  # fmt: skip
        attempt(loan, at(8, 23))
        breach = attempt(loan, at(10, 9))
        attempt(loan, at(10, 10), "FAILED")
        attempt(loan, at(10, 11), purpose="SERVICE")
        attempt(loan, at(10, 12), direction="IN", outcome="RIGHT_PARTY")
        attempt(loan, at(12, 10))
        other = running_loan(loan.borrower)
        attempt(other, at(10, 13))
        attempt(running_loan(brook), at(10, 9))
        close(MARCH)

        assert flow().by_detail(Measure.HOLD_BREACH) == {"DISPUTE": 1}
        assert [row.place.key for row in rows(Measure.HOLD_BREACH).rows] == [breach.pk]


def attempt(loan: Loan, moment: datetime, outcome: str = "NO_ANSWER", **fields: Any) -> ContactAttempt:
    """A call to the borrower that the guard allowed, noted five minutes later."""
    given = {"channel": "CALL", "party": "BORROWER", "purpose": "COLLECTION", "operator": "user:1"} | fields
    asked = {name: given[name] for name in ("channel", "party", "purpose", "operator")}
    decision = None
    if given.get("direction") != "IN":
        decision = GuardDecision.objects.create(
            borrower=loan.borrower, stage="ASKED", verdict="ALLOW", reasons=[], at=moment, **asked
        )
    given |= {"loan_ids": [loan.pk], "outcome_at": given.get("outcome_at", moment + timedelta(minutes=5))}
    return ContactAttempt.objects.create(
        key=uuid4().hex, borrower=loan.borrower, decision=decision, started_at=moment, outcome=outcome, **given
    )


class TestCalls:
    def test_give_no_rate_where_none_is_noted(self, loan):
        attempt(loan, at(31, 23), outcome_at=at(1, 9, month=4))
        close(MARCH)

        assert flow().right_party_rate is None
        assert flow().cost_rate is None

    def test_are_those_to_the_borrower_that_came_about(self, loan):
        attempt(loan, at(2, 9), "RIGHT_PARTY")
        attempt(loan, at(2, 11), "REFUSED", channel="AI_CALL")
        attempt(loan, at(31, 23), "NO_ANSWER")
        attempt(loan, at(3, 9), "FAILED")
        attempt(loan, at(4, 9), "RIGHT_PARTY", party="GUARANTOR")
        attempt(loan, at(5, 9), "NOT_MET", channel="VISIT")
        attempt(loan, at(6, 9), "RIGHT_PARTY", direction="IN")
        close(MARCH)

        assert flow().by_detail(Measure.CALL) == {"NO_ANSWER": 1, "REFUSED": 1, "RIGHT_PARTY": 1}
        assert flow().right_party_rate == Decimal("0.6667")
        assert flow().contacts == 3
        assert [row.place.detail for row in rows(Measure.CALL).rows] == ["NO_ANSWER", "REFUSED", "RIGHT_PARTY"]

    def test_count_on_the_day_on_which_their_end_was_noted(self, loan):
        made = attempt(loan, at(2, 23), outcome_at=at(4, 9))
        close(MARCH)

        (row,) = rows(Measure.CALL).rows
        assert (row.on, row.place.key, row.loan) == (date(2026, 3, 4), made.pk, loan)

    def test_give_right_party_contact_and_cost_by_team_and_strategy(self, loan, brook):
        other = running_loan(brook)
        team("early")
        published([PEACE])
        close(FEBRUARY)
        file_ids = [brook.files.get().pk]
        move_files(file_ids=file_ids, team_id=team("late").pk, user=supervisor(), now=at(1, 8))
        for hour, outcome in ((9, "RIGHT_PARTY"), (11, "REFUSED"), (13, "NO_ANSWER"), (15, "RIGHT_PARTY")):
            attempt(loan, at(30, hour), outcome, cost_minor=250)
        attempt(other, at(30, 9), "FAILED", cost_minor=999)
        pay(loan, 200_00, date(2026, 3, 5))
        pay(other, 800_00, date(2026, 3, 5))
        close(MARCH)
        found = flows_of(MARCH, None, CNY)

        assert found.total(CNY).right_party_rate == Decimal("0.7500")
        assert found.total(CNY).by_detail(Measure.COST) == {"CALL": 4}
        assert found.total(CNY).cost_rate == Decimal("0.0100")  # 10.00 for 1,000.00
        assert (found.teams, found.strategies) == (["early", "late"], ["early v1"])
        assert found.of_team("early", CNY).cost_rate == Decimal("0.0500")
        scope = Scope("CNY", team="early", strategy="early v1")
        assert [row.amount_minor for row in rows(Measure.COLLECTED, scope=scope).rows] == [200_00]
        assert [row.amount_minor for row in rows(Measure.COLLECTED, scope=Scope("CNY", team="late")).rows] == [800_00]
        assert rows(Measure.COLLECTED, scope=Scope("CNY", team="third")).rows == []

    @pytest.fixture
    def kept_rules(self) -> Iterator[None]:
        yield
        forget_rules()

    def test_cost_what_was_noted_or_else_the_rate_of_their_day(self, loan, kept_rules):
        PolicyRule.objects.filter(pack="cn", code="contact.costs").update(effective_to=date(2026, 3, 9))
        newer = PolicyRule.objects.get(pack="cn", code="contact.costs")
        newer.pk, newer.effective_from, newer.effective_to = None, date(2026, 3, 10), None
        newer.value = {**newer.value, "rates": {**newer.value["rates"], "CALL": "2.00"}}
        newer.save()
        forget_rules()
        attempt(loan, at(9, 9))
        attempt(loan, at(10, 9))
        attempt(loan, at(11, 9), "SENT", channel="LETTER")
        attempt(loan, at(12, 9), "NOT_MET", channel="VISIT", cost_minor=35_00)
        attempt(loan, at(13, 9), "FAILED")
        close(MARCH)

        found = [(row.place.detail, row.amount_minor) for row in rows(Measure.COST).rows]
        assert found == [("VISIT", 35_00), ("LETTER", 4_00), ("CALL", 2_00), ("CALL", 1_20)]
        assert flow().amounts[Measure.COST] == 42_20

    def test_cost_nothing_where_there_are_no_rates_and_nothing_was_noted(self, loan, kept_rules):
        PolicyRule.objects.filter(pack="cn", code="contact.costs").delete()
        forget_rules()
        attempt(loan, at(9, 9))
        attempt(loan, at(10, 9), cost_minor=99)
        close(MARCH)

        assert [row.amount_minor for row in rows(Measure.COST).rows] == [99]

    @pytest.mark.parametrize(
        ("outcome", "more", "counts"),
        [
            ("RIGHT_PARTY", {}, True),
            ("REFUSED", {"direction": "IN"}, True),
            ("NO_ANSWER", {}, False),
            ("RIGHT_PARTY", {"channel": "AI_CALL"}, False),
            ("RIGHT_PARTY", {"party": "GUARANTOR"}, False),
        ],
    )
    def test_with_the_borrower_are_human_contact(self, loan, outcome, more, counts):
        close(FEBRUARY)
        attempt(loan, at(5, 9), outcome, **more)
        close(MARCH)

        assert LoanMove.objects.get(loan=loan, month_end=MARCH).was_contacted is counts


class TestCollected:
    def test_is_cash_on_loans_with_an_open_case_that_did_not_come_back(self, loan, brook):
        other = running_loan(brook)
        pay(other, MONTH, date(2026, 2, 15))
        close(FEBRUARY)
        pay(loan, 100_00, date(2026, 3, 5))
        back = pay(loan, 50_00, date(2026, 3, 6))
        back.is_returned = True
        back.save()
        pay(other, MONTH, date(2026, 3, 15))
        close(MARCH)

        assert flow().amounts[Measure.COLLECTED] == 100_00


class TestRows:
    def test_go_on_where_the_page_before_ended(self, loan):
        sent = [message(loan, at(day, 9)) for day in range(10, 15)]
        staff = factories.staff("Bo", User.Role.SUPERVISOR)

        first = happened(staff, Measure.SENT, "", CNY, on=MARCH, after=None, size=2)
        second = happened(staff, Measure.SENT, "", CNY, on=MARCH, after=first.after, size=2)
        last = happened(staff, Measure.SENT, "", CNY, on=MARCH, after=second.after, size=2)

        keys = [row.place.key for page in (first, second, last) for row in page.rows]
        assert keys == [each.pk for each in reversed(sent)]
        assert last.after is None

    def test_show_nothing_of_loans_that_the_person_may_not_see(self, loan, brook):
        message(loan, at(10, 9))

        found = happened(brook.user, Measure.SENT, "", CNY, on=MARCH, after=None)

        assert found.rows == []

    def test_are_as_many_as_the_figure_counts(self, book):
        for measure in (Measure.PROMISE, Measure.COLLECTED):
            assert flow().count(measure) == len(rows(measure).rows) > 0
        assert flow().amounts[Measure.COLLECTED] == sum(row.amount_minor for row in rows(Measure.COLLECTED).rows)
        assert DeskFigure.objects.filter(business_date__lte=JANUARY).count() == 0
