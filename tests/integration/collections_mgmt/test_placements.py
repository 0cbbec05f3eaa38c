"""Loans that go to an agency and come back: who may go, who is left alone, what it is told and what it gets."""

import csv
import io
import threading
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import AgencyFile, CaseFile, Complaint, Hold, Placement, PromiseToPay
from collections_mgmt.models.placing import Unfit
from collections_mgmt.selectors.agency_figures import collected, scorecard
from collections_mgmt.selectors.scrub import scrub_loans
from collections_mgmt.services.agencies import AgencyRefused, evaluate_agency, watch_agencies
from collections_mgmt.services.agency_files import FileRefused, make_recall_file, take_file
from collections_mgmt.services.arrangements import make_arrangement
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.ask_placement import ask_placement, propose
from collections_mgmt.services.care import note_care
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.disputes import dispute_record
from collections_mgmt.services.holds import end_hold, place_hold
from collections_mgmt.services.placements import PlacementRefused, bring_back, place_loans, recall_placement
from collections_mgmt.services.promises import note_promise
from collections_mgmt.services.settlements import offer_settlement
from dashu.alerts.models import Alert
from dashu.approvals.services.decide import OwnRequest, approve
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.guard import Reason, holds_of, judge
from dashu.messaging.models import GuardDecision, OutboxMessage
from dashu.users.models import User
from loans.models import Loan
from repayments.services.return_payment import return_payment
from tests import factories
from tests.integration.collections_mgmt.agency_cases import (
    ACTOR,
    TODAY,
    agency,
    called,
    closed,
    late_loan,
    placed,
    set_back,
)

DAY = timedelta(days=1)
NOON = datetime(2026, 6, 15, 12, tzinfo=LENDER_ZONE)


@pytest.fixture
def north(rules):
    return agency()


@pytest.fixture
def late(rules) -> Loan:
    loan = late_loan()
    closed()
    return loan


def reasons(loan: Loan, to, *, on: date = TODAY) -> set[str]:
    scrub = scrub_loans([loan.pk], agency_id=to.pk, on=on)
    return {reason.value for row in scrub.unfit for reason in row.reasons}


def complain(loan: Loan, *, about: Loan | None = None) -> Complaint:
    return make_complaint(
        borrower_id=loan.borrower_id,
        loan_id=about.pk if about else None,
        key=uuid.uuid4(),
        about="CONTACT",
        words="They call at night.",
        wish="",
        now=NOON,
        actor=ACTOR,
    )


def hold(loan: Loan, kind: str = "FRAUD") -> Hold:
    return place_hold(
        loan_id=loan.pk, kind=kind, starts_on=TODAY, ends_on=None, today=TODAY, reason="looked into", actor=ACTOR
    )


def care(loan: Loan) -> None:
    note_care(
        borrower_id=loan.borrower_id,
        category="LANGUAGE",
        is_specialist=False,
        has_consented=False,
        user=factories.staff("Wen"),
        today=TODAY,
    )


def help_asked(loan: Loan) -> None:
    ask_for_help(
        borrower_id=loan.borrower_id,
        loan_ids=[loan.pk],
        cause="INCOME",
        lasts="MONTH",
        can_pay_minor=None,
        words="",
        now=NOON,
        actor=ACTOR,
    )


def plan(loan: Loan) -> None:
    make_arrangement(
        loan_id=loan.pk,
        parts=[Due(TODAY + DAY, 100_00), Due(TODAY + 30 * DAY, 100_00)],
        note="",
        today=TODAY,
        actor=ACTOR,
    )


def promise(loan: Loan) -> None:
    note_promise(loan_id=loan.pk, amount_minor=100_00, due_on=TODAY + DAY, today=TODAY, actor=ACTOR)


def offer(loan: Loan) -> None:
    offer_settlement(loan_id=loan.pk, parts=[Due(TODAY + DAY, 1_000_00)], today=TODAY, reason="ill", actor=ACTOR)


def dispute_of_an_ended_loan(loan: Loan) -> None:
    """On such a loan there is nothing to hold, yet the dispute is about the person."""
    ended = factories.running_loan(loan.borrower)
    Loan.objects.filter(pk=ended.pk).update(status=Loan.Status.SETTLED)
    dispute_record(
        borrower_id=loan.borrower_id, loan_id=ended.pk, month=None, words="Paid long ago.", now=NOON, actor=ACTOR
    )


class TestWhoMayGo:
    def test_a_loan_that_is_late_for_long_enough_may(self, late, north):
        scrub = scrub_loans([late.pk], agency_id=north.pk, on=TODAY)

        (row,) = scrub.fit
        assert (row.loan_id, row.days, row.reasons, scrub.unfit) == (late.pk, 119, (), [])
        assert row.owed_minor == late.overdue.total_minor == scrub.owed_minor > 4 * 1_100_16

    @pytest.mark.parametrize(
        ("happens", "expected"),
        [
            (hold, {"HOLD"}),
            (lambda loan: hold(loan, "DECEASED"), {"DECEASED"}),
            (care, {"CARE"}),
            (complain, {"COMPLAINT"}),
            (help_asked, {"HELP_ASKED", "HOLD"}),
            (plan, {"AGREED"}),
            (lambda loan: set_back(loan, effective_days_past_due=90), {"NOT_LATE_ENOUGH"}),
            (
                lambda loan: set_back(loan, principal_minor=499_99, interest_minor=0, penalty_minor=0),
                {"TOO_LITTLE"},
            ),
            (lambda loan: Loan.objects.filter(pk=loan.pk).update(status="SOLD"), {"ENDED"}),
            (lambda loan: Loan.objects.filter(pk=loan.pk).update(currency="USD"), {"CURRENCY"}),
        ],
    )
    def test_says_every_reason_against_it(self, late, north, happens, expected):
        happens(late)

        assert reasons(late, north) == expected

    def test_what_concerns_the_person_counts_for_all_of_their_loans(self, late, north):
        other = factories.running_loan(late.borrower)
        hold(other)

        assert "HOLD" in reasons(late, north)

    def test_a_claim_that_can_no_longer_be_enforced_stays(self, late, north):
        last_due = date(2027, 1, 15)

        assert "LIMITATION" not in reasons(late, north, on=date(2030, 1, 15))
        assert "LIMITATION" in reasons(late, north, on=date(2030, 1, 16))
        assert last_due.year + 3 == 2030

    def test_a_payment_begins_that_time_anew(self, late, north):
        factories.pay(late, 10_00, date(2027, 2, 1), today=date(2027, 2, 1))

        assert "LIMITATION" not in reasons(late, north, on=date(2030, 2, 1))
        assert "LIMITATION" in reasons(late, north, on=date(2030, 2, 2))

    def test_a_borrower_whom_another_agency_has_stays(self, late, north):
        other = factories.running_loan(late.borrower)
        closed(TODAY + DAY)
        placed(late, north, today=TODAY + DAY)

        assert reasons(late, north, on=TODAY + DAY) == {"PLACED"}
        assert reasons(other, north, on=TODAY + DAY) == set()
        assert reasons(other, agency("south"), on=TODAY + DAY) == {"PLACED"}

    def test_a_proposal_takes_the_largest_amounts_and_counts_the_rest(self, late, north):
        large = factories.running_loan(factories.borrower("Brook"), principal=30_000_00)
        held = factories.running_loan(factories.borrower("Eve"))
        hold(held)
        closed(TODAY + DAY)

        scrub = propose(agency_id=north.pk, from_days=91, to_days=None, least_minor=0, most=1, today=TODAY + DAY)

        assert [row.loan_id for row in scrub.fit] == [large.pk]
        assert [row.loan_id for row in scrub.unfit] == [held.pk]
        assert scrub.by_reason == {Unfit.HOLD: 1}

    def test_looks_through_many_with_one_query(self, late, north, django_assert_num_queries):
        loans = [late.pk, *(factories.running_loan(factories.borrower(f"P{n}")).pk for n in range(5))]
        scrub_loans(loans, agency_id=north.pk, on=TODAY)

        with django_assert_num_queries(1):
            assert len(scrub_loans(loans, agency_id=north.pk, on=TODAY).fit) == 1


class TestGoing:
    def ask(self, loan, to, user, key="k1"):
        return ask_placement(
            agency_id=to.pk, loan_ids=[loan.pk], reason="ten calls", user=user, today=TODAY, idempotency_key=key
        )

    def test_needs_another_person(self, late, north):
        sun, wen = factories.staff("Sun", User.Role.SUPERVISOR), factories.staff("Wen", User.Role.ADMIN)
        asked = self.ask(late, north, sun)

        assert (asked.status, asked.amount_minor, Placement.objects.count()) == (
            "PENDING",
            late.overdue.total_minor,
            0,
        )
        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=sun, today=TODAY)
        approve(request_id=asked.pk, user=wen, today=TODAY)

        placement = Placement.objects.get()
        assert (placement.agency, placement.loan, placement.days, placement.bps) == (north, late, 119, 1_500)
        assert (placement.owed_minor, placement.ends_on) == (asked.amount_minor, date(2026, 12, 11))

    def test_leaves_out_what_may_no_longer_go_when_it_is_approved(self, late, north):
        brook = late_loan("Brook")
        closed(TODAY + DAY)
        asked = ask_placement(
            agency_id=north.pk,
            loan_ids=[late.pk, brook.pk],
            reason="ten calls",
            user=factories.staff("Sun", User.Role.SUPERVISOR),
            today=TODAY + DAY,
            idempotency_key="k",
        )
        complain(brook)

        done = approve(request_id=asked.pk, user=factories.staff("Wen", User.Role.ADMIN), today=TODAY + DAY)

        assert [placement.loan for placement in Placement.objects.all()] == [late]
        assert done.result["stayed"] == {str(brook.pk): ["COMPLAINT"]}

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"is_active": False}, "gets no loans"),
            ({"contract_to": date(2026, 6, 14)}, "contract runs"),
            ({"contract_from": date(2025, 6, 1)}, "evaluated by"),
        ],
    )
    def test_is_refused_to_an_agency_that_may_get_none(self, late, rules, fields, said):
        other = agency("south", **fields)

        with pytest.raises(AgencyRefused, match=said):
            place_loans(agency_id=other.pk, loan_ids=[late.pk], today=TODAY, actor=ACTOR)

        assert not Placement.objects.exists()

    def test_is_refused_where_nothing_may_go(self, late, north):
        hold(late)

        with pytest.raises(PlacementRefused, match="None of these"):
            place_loans(agency_id=north.pk, loan_ids=[late.pk], today=TODAY, actor=ACTOR)

        assert not Placement.objects.exists()
        assert not AgencyFile.objects.exists()

    def test_leaves_the_borrower_to_the_agency_alone(self, late, north):
        placed(late, north)

        assert holds_of([late.borrower_id])[late.borrower_id] == {"agency"}
        verdicts = judge([late.borrower_id], purpose="REMINDER", at=NOON)[late.borrower_id]
        assert all(Reason.ON_HOLD in verdict.reasons for verdict in verdicts)
        file = CaseFile.objects.get(borrower=late.borrower)
        assert (file.state, file.waits_for, file.next_action_at.astimezone(LENDER_ZONE).date()) == (
            "WAITING",
            "AGENCY",
            date(2026, 12, 12),
        )
        told = OutboxMessage.objects.get(template="collections.loan_placed")
        assert (told.params["agency"], told.params["ends_on"]) == ("North Collections", "2026-12-11")


class TestComingBack:
    @pytest.mark.parametrize(
        ("happens", "expected"),
        [
            (hold, "HOLD"),
            (lambda loan: hold(loan, "DECEASED"), "DECEASED"),
            (care, "CARE"),
            (complain, "COMPLAINT"),
            (lambda loan: complain(loan, about=loan), "COMPLAINT"),
            (help_asked, "HELP_ASKED"),
            (plan, "AGREED"),
            (promise, "AGREED"),
            (offer, "AGREED"),
            (dispute_of_an_ended_loan, "DISPUTE"),
        ],
    )
    def test_is_at_once_when_the_borrower_is_to_be_left_in_peace(self, late, north, happens, expected):
        placement = placed(late, north)

        happens(late)

        placement.refresh_from_db()
        assert (placement.recalled_on, expected in placement.reasons) == (TODAY, True)
        assert "agency" not in holds_of([late.borrower_id]).get(late.borrower_id, ())
        assert CaseFile.objects.get(borrower=late.borrower).state == "READY"
        assert OutboxMessage.objects.filter(template="collections.loan_recalled").count() == 1

    def test_follows_from_the_sweep_for_what_was_agreed_without_us_noticing(self, late, north):
        placement = placed(late, north)
        PromiseToPay.objects.create(loan=late, amount_minor=1, made_on=TODAY, due_on=TODAY + DAY, actor=ACTOR)

        assert [bring_back(today=TODAY, actor="system:test") for _time in range(2)] == [1, 0]
        placement.refresh_from_db()
        assert placement.reasons == ["AGREED"]

    def test_follows_when_all_that_is_late_is_paid(self, late, north):
        placement = placed(late, north)
        factories.pay(late, 100_00, TODAY, reference="part")
        assert bring_back(today=TODAY, actor="system:test") == 0

        factories.pay(late, late.overdue.total_minor, TODAY, reference="rest")

        assert bring_back(today=TODAY, actor="system:test") == 1
        placement.refresh_from_db()
        assert placement.reasons == ["PAID"]

    def test_follows_from_the_nightly_close_when_the_time_is_over(self, late, north):
        placement = placed(late, north)
        Placement.objects.update(ends_on=TODAY)

        closed(TODAY + DAY)

        placement.refresh_from_db()
        assert (placement.reasons, placement.recalled_on) == (["TERM_OVER"], TODAY + DAY)

    def test_on_our_word_needs_a_reason(self, late, north):
        placement = placed(late, north)

        with pytest.raises(PlacementRefused):
            recall_placement(placement_id=placement.pk, reason=" ", today=TODAY, actor=ACTOR)
        assert Placement.objects.running().exists()

        back = recall_placement(placement_id=placement.pk, reason="called at work", today=TODAY, actor=ACTOR)
        assert (back.reasons, back.words, back.recalled_on) == (["OURS"], "called at work", TODAY)
        again = recall_placement(placement_id=placement.pk, reason="once more", today=TODAY + DAY, actor=ACTOR)
        assert (again.words, again.recalled_on) == ("called at work", TODAY)

    def test_of_one_loan_leaves_the_other_borrowers_there(self, late, north):
        brook = late_loan("Brook")
        closed(TODAY + DAY)
        for loan in (late, brook):
            placed(loan, north, today=TODAY + DAY)

        complain(late)

        assert [placement.loan for placement in Placement.objects.running()] == [brook]

    def test_lets_it_go_again_once_the_reason_is_over(self, late, north):
        placed(late, north)
        ran = hold(late)
        end_hold(hold_id=ran.pk, ended_on=TODAY - DAY, today=TODAY, reason="a mistake", actor=ACTOR)

        assert reasons(late, north) == set()
        assert placed(late, north).after_event > 0


class TestAtTheSameMoment:
    @pytest.mark.django_db(transaction=True)
    def test_a_complaint_that_is_being_stored_keeps_the_loan_here(self, late, north):
        refused: list[BaseException] = []

        def place() -> None:
            try:
                place_loans(agency_id=north.pk, loan_ids=[late.pk], today=TODAY, actor=ACTOR)
            except PlacementRefused as refusal:
                refused.append(refusal)
            finally:
                connection.close()

        other = threading.Thread(target=place)
        with transaction.atomic():
            complain(late)
            other.start()
            other.join(timeout=1)
            assert other.is_alive()
        other.join()

        assert len(refused) == 1
        assert not Placement.objects.exists()


class TestCommission:
    def test_is_for_what_came_while_the_agency_had_the_loan(self, late, north):
        factories.pay(late, 50_00, TODAY, reference="before")
        placement = placed(late, north)
        factories.pay(late, 333_33, TODAY, reference="first day")
        factories.pay(late, 100_01, TODAY + 2 * DAY, today=TODAY + 2 * DAY, reference="meanwhile")
        recall_placement(placement_id=placement.pk, reason="over", today=TODAY + 3 * DAY, actor=ACTOR)
        factories.pay(late, 70_00, TODAY + 3 * DAY, today=TODAY + 3 * DAY, reference="the same day, later")
        factories.pay(late, 80_00, TODAY + 4 * DAY, today=TODAY + 4 * DAY, reference="after")

        paid = collected(placement_id=placement.pk)

        assert [(row.payment, row.minor, row.commission_minor) for row in paid] == [
            ("first day", 333_33, 50_00),
            ("meanwhile", 100_01, 15_00),
        ]

    def test_of_two_agencies_on_one_day_never_counts_a_payment_twice(self, late, north):
        first = placed(late, north)
        factories.pay(late, 100_00, TODAY, reference="with the first")
        recall_placement(placement_id=first.pk, reason="over", today=TODAY, actor=ACTOR)
        factories.pay(late, 200_00, TODAY, reference="between")
        second = placed(late, agency("south"))
        factories.pay(late, 300_00, TODAY, reference="with the second")

        paid = [(row.placement, row.payment) for row in collected()]

        assert paid == [(first.reference, "with the first"), (second.reference, "with the second")]

    def test_counts_by_value_date_what_is_booked_late(self, late, north):
        placement = placed(late, north)
        recall_placement(placement_id=placement.pk, reason="over", today=TODAY + 3 * DAY, actor=ACTOR)

        factories.pay(late, 100_00, TODAY + DAY, today=TODAY + 5 * DAY, reference="booked late")
        factories.pay(late, 100_00, TODAY - DAY, today=TODAY + 5 * DAY, reference="came before")

        assert [row.payment for row in collected(placement_id=placement.pk)] == ["booked late"]

    def test_is_not_for_money_that_was_returned_or_paid_no_debt(self, late, north):
        placement = placed(late, north)
        factories.pay(late, 100_00, TODAY, reference="bounced")
        return_payment(reference="bounced", returned_on=TODAY, today=TODAY, reason="no cover", actor=ACTOR)

        assert collected(placement_id=placement.pk) == []

    def test_of_a_period_is_by_the_days_of_the_payments(self, late, north):
        placed(late, north)
        factories.pay(late, 100_00, date(2026, 6, 30), today=date(2026, 6, 30), reference="June")
        factories.pay(late, 100_00, date(2026, 7, 1), today=date(2026, 7, 1), reference="July")

        june = collected(agency_id=north.pk, first=date(2026, 6, 1), last=date(2026, 6, 30))

        assert [row.payment for row in june] == ["June"]

    def test_and_what_else_an_agency_did_is_on_its_scorecard(self, late, north):
        placement = placed(late, north)
        factories.pay(late, 1_000_00, TODAY, reference="P")
        complain(late)

        card = scorecard(north.pk)

        assert (card.placed, card.running, card.collected_minor, card.commission_minor) == (1, 0, 1_000_00, 150_00)
        assert (card.owed_minor, card.share) == (placement.owed_minor, Decimal(1_000_00) / placement.owed_minor)
        assert (card.complaints, card.complaints_per_thousand, card.recalls) == (1, 1000, {"COMPLAINT": 1})


class TestFiles:
    def rows(self, file: AgencyFile) -> list[list[str]]:
        taken = take_file(file_id=file.pk, file_format="csv", now=NOON, actor=ACTOR)
        return list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"))))

    def test_of_placements_say_no_more_than_the_work_needs(self, late, north):
        placement = placed(late, north)

        assert self.rows(placement.file) == [
            ["reference", "name", "id_number", "phone", "amount", "currency", "until"],
            [
                placement.reference,
                "Amina",
                "",
                "13800000001",
                f"{placement.owed_minor // 100}.{placement.owed_minor % 100:02}",
                "CNY",
                "2026-12-11",
            ],
        ]
        noted = AuditRecord.objects.get(action="collections.agency_file_taken")
        assert (noted.actor, noted.data["rows"], noted.data["file"]) == (ACTOR, 1, placement.file.number)
        assert "Amina" not in str(noted.data)

    def test_have_a_number_only_by_a_decision_of_the_guard(self, late, north):
        placement = placed(late, north)
        assert self.rows(placement.file)[1][3] == "13800000001"
        decision = GuardDecision.objects.get(operator=f"agency:{north.code}")
        assert (decision.borrower_id, decision.loan_ids, decision.verdict) == (late.borrower_id, [late.pk], "ALLOW")

        called(late, TODAY - DAY, "REFUSED")

        assert self.rows(placement.file)[1][3] == ""
        latest = GuardDecision.objects.filter(operator=f"agency:{north.code}").first()
        assert (latest.verdict, latest.reasons) == ("BLOCK", ["OPTED_OUT"])

    def test_take_as_many_queries_for_many_people_as_for_one(self, north):
        first, *others = [late_loan(f"Person {number}") for number in range(7)]
        closed()
        placement = placed(first, north)
        file = place_loans(agency_id=north.pk, loan_ids=[loan.pk for loan in others], today=TODAY, actor=ACTOR).file
        called(others[0], TODAY - DAY, "REFUSED")
        called(others[1], TODAY - 2 * DAY, "REFUSED")

        self.rows(placement.file)  # what is read once for all, such as the rules

        with CaptureQueriesContext(connection) as of_one:
            self.rows(placement.file)
        with CaptureQueriesContext(connection) as of_many:
            rows = self.rows(file)

        assert sorted(row[3] for row in rows[1:]) == ["", "", *["13800000001"] * 4]
        # Where somebody said no, one more asks whether they want calls since.
        assert len(of_many) == len(of_one) + 1
        assert GuardDecision.objects.filter(operator=f"agency:{north.code}").count() == 8

    def test_decide_once_for_a_person_with_several_loans(self, north):
        loan = late_loan()
        second = factories.running_loan(loan.borrower)
        closed()
        file = place_loans(agency_id=north.pk, loan_ids=[loan.pk, second.pk], today=TODAY, actor=ACTOR).file

        assert [row[3] for row in self.rows(file)[1:]] == ["13800000001"] * 2
        decision = GuardDecision.objects.get(operator=f"agency:{north.code}")
        assert decision.loan_ids == [loan.pk, second.pk]

    def test_name_nobody_who_has_come_back(self, late, north):
        placement = placed(late, north)
        recall_placement(placement_id=placement.pk, reason="over", today=TODAY, actor=ACTOR)

        assert self.rows(placement.file)[1:] == []

    def test_cannot_start_a_formula(self, north):
        loan = late_loan("=HYPERLINK(1)")
        closed()
        placement = placed(loan, north)

        assert self.rows(placement.file)[1][1] == "'=HYPERLINK(1)"
        taken = take_file(file_id=placement.file_id, file_format="xlsx", now=NOON, actor=ACTOR)
        sheet = load_workbook(io.BytesIO(taken.content)).active
        assert (sheet["B2"].value, sheet["B2"].data_type) == ("'=HYPERLINK(1)", "s")

    @pytest.mark.parametrize(
        ("phone", "written"),
        [("+8612000000296", "+8612000000296"), ("+86-120=1+1", "'+86-120=1+1"), ("13800000001", "13800000001")],
    )
    def test_have_phones_as_they_are_dialed_and_no_formulas(self, late, north, phone, written):
        placement = placed(late, north)
        late.borrower.phone = phone
        late.borrower.save()

        assert self.rows(placement.file)[1][3] == written

    def test_of_recalls_tell_each_once_and_name_nobody(self, late, north):
        placement = placed(late, north)
        recall_placement(placement_id=placement.pk, reason="over", today=TODAY, actor=ACTOR)

        file = make_recall_file(agency_id=north.pk, today=TODAY, actor=ACTOR)

        assert self.rows(file) == [["reference", "recalled_on"], [placement.reference, "2026-06-15"]]
        with pytest.raises(FileRefused):
            make_recall_file(agency_id=north.pk, today=TODAY, actor=ACTOR)
        assert AgencyFile.objects.filter(kind="RECALL").count() == 1

    def test_come_in_two_formats_only(self, late, north):
        placement = placed(late, north)

        with pytest.raises(FileRefused):
            take_file(file_id=placement.file_id, file_format="parquet", now=NOON, actor=ACTOR)

        assert not AuditRecord.objects.filter(action="collections.agency_file_taken").exists()


class TestEvaluation:
    def test_is_told_in_time_and_no_more_once_it_is_noted(self, north):
        assert watch_agencies(today=date(2026, 12, 1)) == 0
        assert watch_agencies(today=date(2026, 12, 2)) == 1
        alert = Alert.objects.get(kind="agency.to_evaluate")
        assert (alert.subject, alert.params["due_on"]) == ("north", "2027-01-01")

        evaluate_agency(agency_id=north.pk, score=82, words="polite", today=date(2026, 12, 3), actor=ACTOR)

        alert.refresh_from_db()
        assert alert.ended_at is not None
        assert watch_agencies(today=date(2026, 12, 4)) == 0

    def test_refuses_a_score_beyond_the_scale(self, north):
        with pytest.raises(AgencyRefused):
            evaluate_agency(agency_id=north.pk, score=101, words="", today=TODAY, actor=ACTOR)

        north.refresh_from_db()
        assert north.score is None
