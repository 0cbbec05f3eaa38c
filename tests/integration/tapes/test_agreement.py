"""Taken-over loans against what was stated of them: to the fen on the day of takeover and on every closed day."""

import contextlib
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.finance.installments import Component
from dashu.ledger import accounts
from dashu.ledger import services as ledger
from dashu.tapes.agreement import (
    BeforeTakeover,
    NightNotClosed,
    Parts,
    RowParts,
    agreement_of,
    agreements,
    totals,
)
from dashu.tapes.models import Handover
from dashu.tapes.proof import proof_of
from loans.models import Loan
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.return_payment import return_payment
from repayments.services.waive_amount import waive_amount
from tests import factories
from tests.integration.tapes.handovers import (
    LOAN,
    TAKEN_OVER,
    close_nights,
    hand_over,
    handed_over,
    history_of,
    rows_of,
    tampered,
)

pytestmark = pytest.mark.usefixtures("rules")

STATED = Parts(principal=3600_00, interest=30_00, fee=5_00, penalty=12_34, credit=0)


def handover_of(loan: Loan) -> Handover:
    return Handover.objects.get(loan=loan)


def post_wrongly(loan: Loan, on: date) -> None:
    lines = [ledger.debit(accounts.LOAN_PRINCIPAL, 1, loan.pk), ledger.credit(accounts.CASH, 1, loan.pk)]
    ledger.post(effective_on=on, description="a slip", kind="FEE", lines=lines, actor=factories.ACTOR)


class TestOnTheDayOfTakeover:
    def test_all_sides_say_what_was_stated(self, tmp_path):
        proof = proof_of(handover_of(handed_over(tmp_path)))

        found = proof.agreement
        assert (found.stated, found.opened, found.ledger, proof.lived) == (STATED, STATED, STATED, STATED)
        assert found.rows == RowParts(principal=3600_00, interest=30_00, fee=5_00)
        assert (found.as_of, found.since, proof.movements) == (TAKEN_OVER, Parts(0, 0, 0, 0, 0), ())
        assert (proof.difference_minor, proof.days_past_due) == (0, 41)

    def test_the_rows_are_those_of_the_file(self, tmp_path):
        proof = proof_of(handover_of(handed_over(tmp_path)))

        third = proof.rows[2]
        assert (third.due_on, third.due_on_here) == (date(2026, 1, 10), date(2026, 1, 10))
        assert third.stated == third.demanded == (1000_00, 40_00, 5_00)
        assert third.stated_open == third.opened == (600_00, 0, 0)
        assert [row.open_on_day for row in proof.rows] == [0, 0, 600_00, 1035_00, 1025_00, 1015_00]

    def test_a_payment_of_the_same_day_is_a_movement(self, tmp_path):
        loan = handed_over(tmp_path)
        factories.pay(loan, 600_00, TAKEN_OVER, today=TAKEN_OVER)

        proof = proof_of(handover_of(loan))

        assert (proof.difference_minor, proof.days_past_due) == (0, 41)
        [moved] = proof.movements
        assert (moved.kind, sum(moved.parts), proof.agreement.stated) == ("PAYMENT", -600_00, STATED)

    def test_a_figure_that_was_not_posted_as_stated_is_found(self, tmp_path):
        loan = handed_over(tmp_path)
        tampered(loan, penalty_minor=12_35)

        proof = proof_of(handover_of(loan))

        assert proof.agreement.expected.less(proof.agreement.ledger) == Parts(0, 0, 0, 1, 0)
        assert proof.difference_minor == 1

    def test_interest_set_apart_counts_as_interest(self, tmp_path):
        long_ago = rows_of()
        for number, row in enumerate(long_ago):
            row["due_on"] = f"2025-{number + 4:02}-10"
        old = LOAN | {"lent_on": "2025-03-10", "interest_due": "60.00", "fee_due": "15.00", "days_past_due": "255"}

        proof = proof_of(handover_of(handed_over(tmp_path, [old], long_ago, history_of()[3:])))

        assert proof.agreement.ledger == proof.lived == Parts(3600_00, 60_00, 15_00, 12_34, 0)
        assert proof.difference_minor == 0


class TestOnALaterDay:
    def test_what_was_stated_and_what_moved_make_up_what_is(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 3, 10))

        proof = proof_of(handover_of(loan), on=date(2026, 3, 10))

        # 1,600.00 late for 18 nights at 18%: 14.40; the fifth row falls due with 20.00 and 5.00.
        assert proof.agreement.since == Parts(principal=0, interest=20_00, fee=5_00, penalty=14_40, credit=0)
        assert proof.agreement.ledger == proof.lived == Parts(3600_00, 50_00, 10_00, 26_74, 0)
        assert proof.agreement.rows == RowParts(3600_00, 50_00, 10_00)
        assert proof.difference_minor == 0
        assert len(proof.movements) == 18
        assert {moved.kind for moved in proof.movements} == {"ACCRUAL"}
        assert sum(moved.parts.penalty for moved in proof.movements) == 14_40

    def test_it_agrees_on_every_day_whatever_happens(self, tmp_path):
        loan, day = handed_over(tmp_path), date(2026, 3, 16)
        close_nights(TAKEN_OVER, date(2026, 3, 15))
        payment = factories.pay(loan, 700_00, date(2026, 2, 25), today=day)
        factories.pay(loan, 900_00, date(2026, 3, 3), today=day)
        waive_amount(
            loan_id=loan.pk,
            component=Component.PENALTY,
            amount_minor=1_00,
            waived_on=date(2026, 3, 5),
            today=day,
            reason="goodwill",
            actor=factories.ACTOR,
        )
        return_payment(
            reference=payment.reference, returned_on=date(2026, 3, 8), today=day, reason="bounced", actor="user:1"
        )

        differences = {
            on: proof_of(handover_of(loan), on=on).difference_minor
            for on in (date(2026, 2, number) for number in range(20, 29))
        } | {on: proof_of(handover_of(loan), on=on).difference_minor for on in (date(2026, 3, n) for n in range(1, 16))}

        assert set(differences.values()) == {0}
        assert len(differences) == 24

    def test_a_loan_charged_off_has_nothing_on_the_books_and_agrees(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 2, 23))
        day = date(2026, 2, 22)
        charge_off_loan(loan_id=loan.pk, charged_off_on=day, today=day, reason="gone", actor=factories.ACTOR)

        before, after = (proof_of(handover_of(loan), on=date(2026, 2, number)) for number in (21, 23))

        assert before.agreement.ledger.principal == 3600_00
        assert after.agreement.ledger == Parts(0, 0, 0, 0, 0)
        assert (before.difference_minor, after.difference_minor) == (0, 0)

    def test_a_slip_in_the_ledger_is_found_by_rows_and_events(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 2, 22))
        post_wrongly(loan, date(2026, 2, 22))

        before, after = (proof_of(handover_of(loan), on=date(2026, 2, number)) for number in (21, 22))

        assert (before.difference_minor, after.difference_minor) == (0, 2)

    def test_days_that_cannot_be_proven_are_refused(self, tmp_path):
        handover = handover_of(handed_over(tmp_path))

        with pytest.raises(NightNotClosed, match="Only the day of takeover"):
            agreement_of(handover, on=date(2026, 2, 21))
        close_nights(TAKEN_OVER, date(2026, 2, 21))
        with pytest.raises(NightNotClosed, match="2026-02-21"):
            agreement_of(handover, on=date(2026, 2, 22))
        with pytest.raises(BeforeTakeover):
            agreement_of(handover, on=date(2026, 2, 19))


class TestManyLoans:
    def load(self, folder, count: int) -> None:
        names = [f"H{number}" for number in range(1, count + 1)]
        rows = [row for name in names for row in rows_of(name)]
        report = hand_over(folder, [LOAN | {"loan": name} for name in names], rows, history_of())
        assert (report.loans_new, report.errors) == (count, [])

    def test_stand_in_one_query_a_page_at_a_time(self, tmp_path):
        self.load(tmp_path, 5)

        with CaptureQueriesContext(connection) as queries:
            first = agreements(source="handover", size=3)
        second = agreements(source="handover", after=first[-1].handover_id, size=3)

        assert len(queries) == 1
        assert [one.external_id for one in (*first, *second)] == ["H1", "H2", "H3", "H4", "H5"]
        assert {one.difference_minor for one in (*first, *second)} == {0}

    def test_add_up_to_the_whole_tape(self, tmp_path):
        self.load(tmp_path, 3)
        tampered(Loan.objects.get(external_id="H2"), principal_minor=3599_99)

        with CaptureQueriesContext(connection) as queries:
            summary = totals(source="handover")

        assert len(queries) == 1
        assert (summary.loans, summary.differing) == (3, 1)
        assert summary.stated.principal == 3 * 3600_00 - 1
        assert summary.ledger == Parts(*(3 * minor for minor in STATED))
        assert totals(source="nobody") is None

    def test_are_those_taken_over_by_the_day(self, tmp_path):
        self.load(tmp_path, 2)
        close_nights(date(2026, 2, 18), date(2026, 2, 21))

        assert agreements(source="handover", on=date(2026, 2, 18)) == []
        assert len(agreements(source="handover", on=date(2026, 2, 21))) == 2


class TestCommand:
    def call(self, *args: str) -> object:
        out = StringIO()
        with contextlib.suppress(SystemExit):
            call_command("reconcile_tape", "handover", "--json", *args, stdout=out)
        return json.loads(out.getvalue())

    def test_says_how_many_loans_agree(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 2, 22))
        factories.pay(loan, 100_00, date(2026, 2, 23), today=date(2026, 2, 23))

        at_takeover, later = self.call(), self.call("--on", "2026-02-22")

        assert [(item["agree"], item["total"]) for item in (*at_takeover, *later)] == [(1, 1)] * 6

    def test_names_what_differs(self, tmp_path):
        loan = handed_over(tmp_path)
        tampered(loan, fee_minor=5_01)

        found = self.call()

        assert found[0]["disagreements"] == [{"cause": "fee", "count": 1, "example": "H1: differs by 1 minor"}]
        assert [item["agree"] for item in found] == [0, 1, 1]

    def test_refuses_a_day_that_is_not_closed(self, tmp_path):
        handed_over(tmp_path)

        assert self.call("--on", "2026-02-22")["error"]["code"] == "night_not_closed"
        assert self.call("--on", "tomorrow")["error"]["code"] == "invalid_date"
