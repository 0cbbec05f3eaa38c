"""A debt that ends for less: offered, accepted, paid to the last fen, or broken and owed in full again."""

import threading
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import Arrangement, PromiseToPay, Settlement
from collections_mgmt.services.ask_settlement import ask_settlement
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.promises import note_promise
from collections_mgmt.services.settlements import (
    SettlementNotOpen,
    SettlementRefused,
    accept_settlement,
    offer_settlement,
    preview_settlement,
    review_returned,
    review_settlement,
    withdraw_settlement,
)
from dashu.alerts.models import Alert
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.audit.models import AuditRecord
from dashu.finance.installments import Component
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services.representatives import note_representative
from dashu.users.models import User
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from repayments.selectors.owed import owed_on
from repayments.selectors.standings import standings_of
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.return_payment import return_payment
from tests import factories

TODAY = date(2026, 5, 20)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ACTOR = "user:1"


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=SHANGHAI) + timedelta(hours=12)


def offer(loan: Loan, *parts: tuple[date, int], today: date = TODAY) -> Settlement:
    return offer_settlement(
        loan_id=loan.pk, parts=[Due(*part) for part in parts], today=today, reason="lost the shop", actor=ACTOR
    )


def agreed(loan: Loan, *parts: tuple[date, int], today: date = TODAY) -> Settlement:
    return accept_settlement(settlement_id=offer(loan, *parts, today=today).pk, now=noon(today), actor=ACTOR)


def pay(loan: Loan, amount: int, on: date, *, today: date | None = None, reference: str = "P1") -> Payment:
    return factories.pay(loan, amount, on, today=today, reference=reference)


class TestOfferingOne:
    def test_gives_up_penalty_first_and_principal_last(self, loan):
        owed = owed_on(loan, TODAY)

        terms = preview_settlement(loan_id=loan.pk, parts=[Due(TODAY, 11_000_00)], today=TODAY)

        assert terms.owed == owed
        assert list(terms.parts) == [Component.PENALTY, Component.FEE, Component.INTEREST, Component.PRINCIPAL]
        assert terms.parts[Component.PENALTY] == owed.penalty > 0
        assert terms.parts[Component.INTEREST] == owed.interest
        assert sum(terms.parts.values()) == owed.total - 11_000_00
        assert terms.parts[Component.PRINCIPAL] == 12_000_00 - 11_000_00

    def test_tells_the_borrower_and_waits_for_the_days_of_the_rule(self, loan):
        made = offer(loan, (TODAY + timedelta(days=30), 9_000_00))

        assert (made.status, made.total_minor, made.accept_by) == ("OFFERED", 9_000_00, TODAY + timedelta(days=14))
        told = OutboxMessage.objects.get(template="collections.settlement_offered")
        assert (told.params["amount_minor"], told.params["accept_on"]) == (9_000_00, "2026-06-03")
        assert standings_of([loan], today=TODAY)[loan.pk].left_to_pay > 12_000_00

    @pytest.mark.parametrize(
        ("parts", "field"),
        [
            ([], "parts"),
            ([(TODAY, 0)], "parts"),
            ([(TODAY - timedelta(days=1), 100)], "parts"),
            ([(TODAY + timedelta(days=181), 100)], "parts"),
            ([(TODAY, 100), (TODAY, 100)], "parts"),
            ([(TODAY + timedelta(days=n), 100) for n in range(7)], "parts"),
            ([(TODAY, 90_000_00)], "parts"),
        ],
    )
    def test_refuses_payments_that_do_not_fit(self, loan, parts, field):
        with pytest.raises(SettlementRefused) as refusal:
            offer(loan, *parts)

        assert refusal.value.field == field
        assert not Settlement.objects.exists()

    def test_refuses_a_loan_that_is_not_far_enough_behind(self, loan):
        with pytest.raises(SettlementRefused, match="61 days"):
            offer(loan, (date(2026, 3, 1), 9_000_00), today=date(2026, 3, 1))

    def test_refuses_a_second_one(self, loan):
        offer(loan, (TODAY, 9_000_00))

        with pytest.raises(SettlementRefused, match="open on this loan already"):
            offer(loan, (TODAY, 8_000_00))

        assert Settlement.objects.count() == 1


def held(loan: Loan, kind: str) -> None:
    place_hold(loan_id=loan.pk, kind=kind, starts_on=TODAY, ends_on=None, today=TODAY, reason="x", actor=ACTOR)


class TestWhileHeld:
    @pytest.mark.parametrize(
        "kind",
        [
            "DECEASED",
            "BREATHING_SPACE",
            "COMPLAINT",
            "BANKRUPTCY",
            "HARDSHIP_REVIEW",
            "VULNERABLE_REVIEW",
            "DISPUTE",
            "FRAUD",
        ],
    )
    def test_nothing_is_offered(self, loan, kind):
        held(loan, kind)

        with pytest.raises(SettlementRefused) as refusal:
            offer(loan, (TODAY, 9_000_00))

        assert refusal.value.field == "loan"
        assert not Settlement.objects.exists()
        assert not OutboxMessage.objects.filter(template="collections.settlement_offered").exists()

    @pytest.mark.parametrize(
        ("kind", "is_made"),
        [("COMPLAINT", True), ("VULNERABLE_REVIEW", True), ("HARDSHIP_REVIEW", False), ("BREATHING_SPACE", False),
         ("DECEASED", False), ("BANKRUPTCY", False), ("DISPUTE", False)],
    )  # fmt: skip
    def test_what_the_borrower_asks_for_is_made_where_the_hold_allows(self, loan, kind, is_made):
        held(loan, kind)
        asked = {"loan_id": loan.pk, "parts": [Due(TODAY, 9_000_00)], "today": TODAY, "reason": "they wrote"}

        with nullcontext() if is_made else pytest.raises(SettlementRefused):
            offer_settlement(**asked, actor=ACTOR, is_asked_for=True)

        assert Settlement.objects.filter(is_asked_for=True).exists() is is_made
        told = OutboxMessage.objects.filter(template="collections.settlement_offered")
        assert [(each.purpose, each.params["asked_on"]) for each in told] == [("SERVICE", "2026-05-20")] * is_made

    def test_a_complaint_about_no_loan_stops_it_too(self, loan):
        make_complaint(
            borrower_id=loan.borrower_id, loan_id=None, about="CONTACT", words="Please stop.", wish="", key=uuid4(),
            now=noon(TODAY), actor=ACTOR,
        )  # fmt: skip

        with pytest.raises(SettlementRefused, match="left in peace"):
            offer(loan, (TODAY, 9_000_00))
        assert not Settlement.objects.exists()

    def test_of_one_who_died_it_goes_to_the_estate_and_not_into_their_account(self, loan):
        held(loan, "DECEASED")
        note_representative(
            borrower_id=loan.borrower_id, role="ESTATE", name="Ren", phone="13900000001", paper="Court 9", since=TODAY,
            at=noon(TODAY), actor="user:2",
        )  # fmt: skip

        offer(loan, (TODAY, 9_000_00))

        assert Settlement.objects.count() == 1
        assert not OutboxMessage.objects.filter(template="collections.settlement_offered").exists()

    def test_an_offer_of_ours_is_a_message_that_holds_stop(self, loan):
        offer(loan, (TODAY, 9_000_00))

        assert OutboxMessage.objects.get(template="collections.settlement_offered").purpose == "MARKETING"


class TestWhoMayOffer:
    def ask(self, loan, user, total, key="k1"):
        return ask_settlement(
            loan_id=loan.pk,
            parts=[Due(TODAY, total)],
            reason="lost the shop",
            user=user,
            today=TODAY,
            idempotency_key=key,
        )

    def test_a_collector_asks_and_a_supervisor_approves_a_small_one(self, loan):
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        asked = self.ask(loan, factories.staff("Chidi"), 11_000_00)

        assert (asked.kind, asked.status, Settlement.objects.count()) == ("settlement.offer", "PENDING", 0)
        approve(request_id=asked.pk, user=sun, today=TODAY)

        made = Settlement.objects.get()
        assert (made.total_minor, made.status) == (11_000_00, "OFFERED")

    def test_a_supervisor_cannot_approve_one_that_gives_up_much(self, loan):
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        asked = self.ask(loan, factories.staff("Chidi"), 5_000_00)

        assert asked.kind == "settlement.deep"
        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=sun, today=TODAY)

        assert not Settlement.objects.exists()

    def test_an_underwriter_cannot_ask(self, loan):
        with pytest.raises(NotAuthorized):
            self.ask(loan, factories.staff("Uma", User.Role.UNDERWRITER), 11_000_00)

        assert not ApprovalRequest.objects.exists()


class TestAccepting:
    def test_takes_the_place_of_a_promise(self, loan):
        note_promise(loan_id=loan.pk, amount_minor=100, due_on=TODAY, today=TODAY, actor=ACTOR)

        made = agreed(loan, (TODAY, 9_000_00))

        assert (made.status, made.accepted_on) == ("ACCEPTED", TODAY)
        assert PromiseToPay.objects.get().status == "CANCELLED"
        assert AuditRecord.objects.filter(action="collections.settlement_accepted").count() == 1

    def test_twice_changes_nothing(self, loan):
        made = agreed(loan, (TODAY, 9_000_00))
        later = accept_settlement(settlement_id=made.pk, now=noon(TODAY + timedelta(days=3)), actor=ACTOR)

        assert later.accepted_on == TODAY

    def test_is_refused_after_its_last_day(self, loan):
        made = offer(loan, (TODAY + timedelta(days=30), 9_000_00))

        with pytest.raises(SettlementNotOpen):
            accept_settlement(settlement_id=made.pk, now=noon(TODAY + timedelta(days=15)), actor=ACTOR)

        made.refresh_from_db()
        assert made.status == "OFFERED"

    def test_an_accepted_one_cannot_be_taken_back(self, loan):
        made = agreed(loan, (TODAY, 9_000_00))

        with pytest.raises(SettlementNotOpen, match="binds us"):
            withdraw_settlement(settlement_id=made.pk, reason="changed our mind", today=TODAY, actor=ACTOR)

    def test_a_waiting_one_can(self, loan):
        made = withdraw_settlement(settlement_id=offer(loan, (TODAY, 1_00)).pk, reason="typo", today=TODAY, actor=ACTOR)

        assert (made.status, made.end_reason, made.ended_on) == ("WITHDRAWN", "typo", TODAY)


class TestTheLastPayment:
    def test_ends_the_loan_and_gives_up_the_rest_to_the_fen(self, loan):
        owed = owed_on(loan, TODAY).total
        made = agreed(loan, (TODAY, 9_000_00))

        payment = pay(loan, 9_000_00, TODAY)

        loan.refresh_from_db()
        made.refresh_from_db()
        assert (loan.status, made.status, made.paid_minor) == ("SETTLED", "COMPLETED", 9_000_00)
        assert made.waived_minor == owed - 9_000_00
        assert payment.principal_minor == 9_000_00
        assert payment.unapplied_minor == 0
        told = OutboxMessage.objects.get(template="collections.settlement_completed")
        assert (told.params["paid_minor"], told.params["waived_minor"]) == (9_000_00, owed - 9_000_00)

    def test_sent_again_changes_nothing(self, loan):
        agreed(loan, (TODAY, 9_000_00))

        assert pay(loan, 9_000_00, TODAY) == pay(loan, 9_000_00, TODAY)

        assert LoanEvent.objects.filter(loan=loan, kind="SETTLEMENT").count() == 1

    def test_gives_up_nothing_before_it_is_there(self, loan):
        made = agreed(loan, (TODAY, 4_000_00), (TODAY + timedelta(days=30), 5_000_00))

        pay(loan, 4_000_00, TODAY)
        review_settlement(loan_id=loan.pk, today=TODAY)

        made.refresh_from_db()
        loan.refresh_from_db()
        assert (loan.status, made.status, made.paid_minor) == ("ACTIVE", "ACTIVE", 4_000_00)
        assert not LoanEvent.objects.filter(kind="WAIVER").exists()

    def test_of_several_ends_it_with_what_was_added_meanwhile(self, loan):
        second = TODAY + timedelta(days=30)
        made = agreed(loan, (TODAY, 4_000_00), (second, 5_000_00))
        pay(loan, 4_000_00, TODAY)
        owed = owed_on(loan, second).total

        pay(loan, 5_000_00, second, reference="P2")

        loan.refresh_from_db()
        made.refresh_from_db()
        assert (loan.status, made.status, made.waived_minor) == ("SETTLED", "COMPLETED", owed - 5_000_00)

    def test_counts_from_its_value_date_when_it_is_written_down_later(self, loan):
        made = agreed(loan, (TODAY, 9_000_00))

        pay(loan, 9_000_00, TODAY, today=TODAY + timedelta(days=5))

        loan.refresh_from_db()
        made.refresh_from_db()
        assert (loan.status, made.status, made.ended_on) == ("SETTLED", "COMPLETED", TODAY)

    def test_that_is_more_leaves_the_borrower_a_credit(self, loan):
        agreed(loan, (TODAY, 9_000_00))

        payment = pay(loan, 9_100_00, TODAY)

        assert payment.unapplied_minor == 100_00

    def test_ends_a_charged_off_loan_too(self, loan):
        charge_off_loan(loan_id=loan.pk, charged_off_on=TODAY, today=TODAY, reason="lost", actor=ACTOR)
        on = TODAY + timedelta(days=2)
        made = agreed(loan, (on, 6_000_00), today=TODAY + timedelta(days=1))

        pay(loan, 6_000_00, on)

        loan.refresh_from_db()
        made.refresh_from_db()
        assert (loan.status, made.status) == ("WRITTEN_OFF", "COMPLETED")
        assert made.waived_minor == made.owed_minor - 6_000_00

    def test_that_does_not_hold_brings_the_whole_debt_back(self, loan):
        on = TODAY + timedelta(days=1)
        without = owed_on(loan, on)
        made = agreed(loan, (TODAY, 9_000_00))
        pay(loan, 9_000_00, TODAY)

        return_payment(reference="P1", returned_on=on, today=on, reason="bounced", actor=ACTOR)
        review_settlement(loan_id=loan.pk, today=on)
        review_returned(today=on)

        loan.refresh_from_db()
        made.refresh_from_db()
        assert (loan.status, made.status, made.paid_minor, made.waived_minor) == ("ACTIVE", "BROKEN", 0, None)
        assert owed_on(loan, on) == without
        assert not OutboxMessage.objects.filter(template="repayments.loan_changed").exists()

    def test_is_an_ordinary_payment_where_the_agreement_does_not_fit(self, loan, monkeypatch):
        from repayments.services import agreed_end

        def refuse(*_args, **_named):
            raise agreed_end.AgreementDoesNotFit("it does not fit")

        made = agreed(loan, (TODAY, 9_000_00))
        monkeypatch.setattr(agreed_end, "given_up", refuse)

        pay(loan, 9_000_00, TODAY)

        loan.refresh_from_db()
        made.refresh_from_db()
        assert (loan.status, made.status) == ("ACTIVE", "ACCEPTED")
        assert Payment.objects.get().amount_minor == 9_000_00
        assert Alert.objects.get(kind="settlement.does_not_fit").subject == made.reference


class TestWhenTheCloseFindsTheDayOver:
    def test_an_offer_expires_after_its_last_day(self, loan):
        made = offer(loan, (TODAY + timedelta(days=30), 9_000_00))

        close_date(business_date=made.accept_by - timedelta(days=1), today=made.accept_by)
        assert Settlement.objects.get().status == "OFFERED"
        close_date(business_date=made.accept_by, today=made.accept_by + timedelta(days=1))

        assert Settlement.objects.get().status == "EXPIRED"
        assert OutboxMessage.objects.filter(template="collections.settlement_expired").count() == 1

    def test_one_that_is_not_paid_is_broken_and_what_was_paid_counts(self, loan):
        made = agreed(loan, (TODAY, 4_000_00), (TODAY + timedelta(days=10), 5_000_00))
        pay(loan, 4_000_00, TODAY)
        last = TODAY + timedelta(days=13)
        stands = owed_on(loan, last + timedelta(days=1)).total

        close_date(business_date=last - timedelta(days=1), today=last)
        made.refresh_from_db()
        assert (made.status, made.paid_minor) == ("ACTIVE", 4_000_00)
        close_date(business_date=last, today=last + timedelta(days=1))

        made.refresh_from_db()
        assert (made.status, made.ended_on, made.paid_minor) == ("BROKEN", last, 4_000_00)
        assert owed_on(loan, last + timedelta(days=1)).total == stands
        told = OutboxMessage.objects.get(template="collections.settlement_broken")
        assert told.params["paid_minor"] == 4_000_00
        assert AuditRecord.objects.filter(action="collections.settlement_broken").count() == 1

    def test_money_of_its_time_that_is_written_down_after_the_close_still_ends_it(self, loan):
        made = agreed(loan, (TODAY, 9_000_00))
        close_date(business_date=TODAY + timedelta(days=3), today=TODAY + timedelta(days=4))
        assert Settlement.objects.get().status == "BROKEN"

        pay(loan, 9_000_00, TODAY + timedelta(days=3), today=TODAY + timedelta(days=4))

        made.refresh_from_db()
        loan.refresh_from_db()
        assert (made.status, loan.status) == ("COMPLETED", "SETTLED")

    def test_money_after_its_time_is_an_ordinary_payment(self, loan):
        made = agreed(loan, (TODAY, 9_000_00))

        pay(loan, 9_000_00, TODAY + timedelta(days=4))

        made.refresh_from_db()
        loan.refresh_from_db()
        assert (made.status, loan.status) == ("ACCEPTED", "ACTIVE")


@pytest.mark.django_db(transaction=True)
class TestTheLastPaymentAndTheCloseAtOnce:
    @pytest.mark.parametrize("is_in_time", [True, False])
    def test_come_to_the_same_end_whichever_is_first(self, loan, is_in_time):
        made = agreed(loan, (TODAY, 9_000_00))
        last = TODAY + timedelta(days=3)
        on = last if is_in_time else last + timedelta(days=1)
        gate = threading.Barrier(2)
        failures: list[BaseException] = []

        def run(work) -> None:
            try:
                gate.wait()
                work()
            except BaseException as error:  # a thread's error is the test's
                failures.append(error)
            finally:
                connection.close()

        threads = [
            threading.Thread(target=run, args=[lambda: close_date(business_date=last, today=last + timedelta(days=1))]),
            threading.Thread(target=run, args=[lambda: pay(loan, 9_000_00, on, today=last + timedelta(days=1))]),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        made.refresh_from_db()
        loan.refresh_from_db()
        assert failures == []
        assert (made.status, loan.status) == (("COMPLETED", "SETTLED") if is_in_time else ("BROKEN", "ACTIVE"))
        assert Payment.objects.get().amount_minor == 9_000_00
        assert not Arrangement.objects.exists()
