"""Autopay from the consent to the last try: what is planned, asked for, told, and never done twice."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError

from dashu.audit.models import AuditRecord
from dashu.kernel.errors import InvalidInput
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.templates import render
from repayments.domain.autopay import amount_to_collect, collection_day
from repayments.gateways.base import Account
from repayments.gateways.simulated import SimulatedProvider
from repayments.models import AutopayAttempt, AutopayMandate, Checkout, Installment, Payment
from repayments.selectors.autopay import next_collection
from repayments.selectors.reconciliation import differences
from repayments.selectors.standings import standings_of
from repayments.services import collect as collecting
from repayments.services.autopay import announce_collections, request_collections
from repayments.services.collect import collect, waiting_attempts
from repayments.services.extend_loan import extend_loan
from repayments.services.gateway import book_callback, start_checkout
from repayments.services.mandates import (
    MandateEnded,
    MandateInUse,
    cancel_autopay,
    choose_collection_day,
    hold_autopay,
    pause_autopay,
    resume_autopay,
    set_up_autopay,
)
from repayments.services.receive_payment import LoanNotPayable
from repayments.services.sweep_checkouts import sweep_checkouts
from tests import factories
from tests.factories import pay, yuan

DUE = date(2026, 2, 15)
SIGNED_ON = date(2026, 1, 20)
INSTALLMENT = 1100_16
PAYS = Account("sim-pays", "•••• 6789")


def moment(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)


def sign(loan, *, on=SIGNED_ON, timing="DUE_DATE", number=None, account=PAYS, words="I agree."):
    return set_up_autopay(
        loan_id=loan.pk,
        account=account,
        timing=timing,
        timing_number=number,
        consent_version="2026-11",
        consent_text=words,
        now=moment(on),
        today=on,
        actor="user:7",
    )


class Provider:
    """Takes charges and keeps them; the test says what comes of each."""

    can_charge = True
    name = "simulated"

    def __init__(self):
        self.charges = []

    def charge(self, charge):
        self.charges.append(charge)

    def query(self, order):
        return None

    def close(self, order):
        return None


@pytest.fixture
def bank(monkeypatch):
    provider = Provider()
    for module in ("collect", "sweep_checkouts"):
        monkeypatch.setattr(f"repayments.services.{module}.provider_named", lambda name: provider)
    return provider


def run(day: date) -> list[str]:
    """What the worker does on a day: plan, then ask for what is due to be asked for."""
    request_collections(on=day)
    return [collect(attempt_id=pk, today=day, now=moment(day)) for pk in waiting_attempts(today=day)]


def answer(outcome: str, on: date, *, failure: str = "", amount: int | None = None) -> Checkout:
    """The provider's callback about the newest request."""
    attempt = AutopayAttempt.objects.filter(status="SENT").get()
    facts = {"occurred_at": moment(on, 10), "failure": failure, "amount_minor": amount}
    body, headers = SimulatedProvider().sign_callback(attempt.checkout, outcome, **facts)
    return book_callback(body=body, headers=headers, today=on)


def states(loan) -> list[tuple[date, int, str]]:
    rows = AutopayAttempt.objects.filter(loan_id=loan.pk).order_by("due_on", "try_number")
    return list(rows.values_list("scheduled_on", "try_number", "status"))


def told(template: str) -> list[str]:
    return [
        render(message.template, message.params, "en").body
        for message in OutboxMessage.objects.filter(template=template).order_by("pk")
    ]


class TestConsent:
    def test_keeps_the_words_their_version_and_moment(self, loan):
        mandate = sign(loan, words="Dashu may collect.")

        mandate.refresh_from_db()
        assert (mandate.consent_text, mandate.consent_version) == ("Dashu may collect.", "2026-11")
        assert (mandate.consented_at, mandate.consented_by) == (moment(SIGNED_ON), "user:7")
        assert (mandate.account_label, mandate.account_token, mandate.status) == ("•••• 6789", "sim-pays", "ACTIVE")
        assert AuditRecord.objects.get(action="repayments.autopay_set_up").actor == "user:7"

    def test_given_twice_is_one(self, loan):
        assert sign(loan) == sign(loan)
        assert AutopayMandate.objects.count() == 1

    def test_for_another_account_is_refused_while_one_is_in_use(self, loan):
        sign(loan)

        with pytest.raises(MandateInUse):
            sign(loan, account=Account("sim-empty", "•••• 0002"))

        assert AutopayMandate.objects.get().account_token == "sim-pays"

    def test_without_words_is_no_consent(self, loan):
        with pytest.raises(InvalidInput) as refusal:
            sign(loan, words="  ")

        assert refusal.value.field == "consent"
        assert AutopayMandate.objects.exists() is False

    @pytest.mark.parametrize(
        ("timing", "number"),
        [
            ("DUE_DATE", 3),
            ("DAYS_BEFORE", 0),
            ("DAYS_BEFORE", 16),
            ("DAYS_BEFORE", None),
            ("MONTH_DAY", 0),
            ("MONTH_DAY", 29),
            ("LATER", 1),
        ],
    )
    def test_for_a_day_that_is_not_possible_is_refused(self, loan, timing, number):
        with pytest.raises(InvalidInput) as refusal:
            sign(loan, timing=timing, number=number)

        assert refusal.value.field == "timing"
        assert AutopayMandate.objects.exists() is False

    def test_needs_a_running_loan(self, amina):
        with pytest.raises(LoanNotPayable):
            sign(factories.approved_loan(amina))

        assert AutopayMandate.objects.exists() is False

    def test_may_be_given_again_after_it_was_ended(self, loan):
        cancel_autopay(mandate_id=sign(loan).pk, now=moment(SIGNED_ON), actor="user:7")

        sign(loan, account=Account("sim-empty", "•••• 0002"))

        assert AutopayMandate.objects.exclude(status="CANCELLED").get().account_label == "•••• 0002"

    def test_of_a_loan_is_one_at_a_time_also_for_the_database(self, loan):
        mandate = sign(loan)
        mandate.pk = None

        with pytest.raises(IntegrityError):
            mandate.save(force_insert=True)


class TestPlanning:
    CHOICES = [
        ("DUE_DATE", None),
        *[("DAYS_BEFORE", days) for days in (1, 3, 15)],
        *[("MONTH_DAY", day) for day in (1, 10, 14, 15, 16, 28)],
    ]

    @pytest.mark.parametrize(("timing", "number"), CHOICES)
    def test_follows_the_arithmetic_day_by_day(self, loan, timing, number):
        sign(loan, timing=timing, number=number)

        for offset in range(100):
            request_collections(on=SIGNED_ON + timedelta(days=offset))

        last = SIGNED_ON + timedelta(days=99)
        dues = Installment.objects.filter(loan=loan).order_by("number").values_list("due_on", flat=True)
        expected = {
            due: day
            for due in dues
            if (day := collection_day(timing, number, due, chosen_on=SIGNED_ON, notice_days=2)) <= last
        }
        assert dict(AutopayAttempt.objects.values_list("due_on", "scheduled_on")) == expected

    def test_plans_each_due_date_once_however_often_it_runs(self, loan):
        sign(loan)

        counts = [request_collections(on=DUE) for _again in range(3)]

        assert counts == [1, 0, 0]

    def test_plans_within_a_range_of_loans(self, loan, brook):
        other = factories.running_loan(brook)
        for each in (loan, other):
            sign(each)

        assert request_collections(on=DUE, first=other.pk, end=other.pk + 1) == 1
        assert AutopayAttempt.objects.get().loan_id == other.pk

    def test_makes_up_for_a_missed_day_until_the_due_date_and_not_after(self, loan):
        sign(loan, timing="DAYS_BEFORE", number=5)

        assert request_collections(on=DUE + timedelta(days=1)) == 0
        assert request_collections(on=DUE - timedelta(days=2)) == 1
        assert AutopayAttempt.objects.get().scheduled_on == DUE - timedelta(days=5)

    @pytest.mark.parametrize("state", ["paused", "ended", "held", "paid", "charged off"])
    def test_plans_nothing_where_nothing_is_to_be_collected(self, loan, state):
        mandate = sign(loan)
        if state == "paused":
            pause_autopay(mandate_id=mandate.pk, actor="user:7")
        elif state == "ended":
            cancel_autopay(mandate_id=mandate.pk, now=moment(SIGNED_ON), actor="user:7")
        elif state == "held":
            hold_autopay(loan_id=loan.pk, through=DUE, reason="complaint", actor="user:1")
        elif state == "paid":
            pay(loan, INSTALLMENT, date(2026, 2, 1))
        else:
            type(loan).objects.filter(pk=loan.pk).update(status="CHARGED_OFF")

        assert request_collections(on=DUE) == 0

    def test_follows_a_due_date_that_was_moved(self, loan):
        sign(loan)
        extend_loan(
            loan_id=loan.pk, months=1, granted_on=date(2026, 2, 1), today=date(2026, 2, 1), reason="x", actor="u"
        )

        assert request_collections(on=DUE) == 0
        assert request_collections(on=date(2026, 3, 15)) == 1


class TestAnnouncing:
    def test_tells_two_days_before_with_amount_day_and_account(self, loan):
        sign(loan, timing="DAYS_BEFORE", number=3)

        counts = {
            day: announce_collections(on=date(2026, 2, day), not_before=moment(date(2026, 2, day)))
            for day in range(1, 15)
        }

        assert {day: count for day, count in counts.items() if count} == {10: 1}
        [text] = told("autopay.notice")
        assert text.startswith("On February 12, 2026 we collect what is due for loan")
        assert "from account •••• 6789, CN¥1,100.16 as things stand." in text
        assert "Asking costs nothing" in text

    def test_tells_once_and_not_when_it_is_paused(self, loan):
        mandate = sign(loan)
        on = DUE - timedelta(days=2)
        assert announce_collections(on=on, not_before=moment(on)) == 1
        assert announce_collections(on=on, not_before=moment(on)) == 0

        pause_autopay(mandate_id=mandate.pk, actor="user:7")

        assert OutboxMessage.objects.get(template="autopay.notice").status == "CANCELLED"

    def test_can_be_read_in_every_language(self, loan):
        sign(loan)
        announce_collections(on=DUE - timedelta(days=2), not_before=moment(SIGNED_ON))

        send_due(clock=lambda: moment(DUE), until=moment(DUE) + timedelta(minutes=1))

        assert "我们将于2026年2月15日从账户 •••• 6789 扣取" in OutboxMessage.objects.get(template="autopay.notice").body


class TestCollecting:
    def test_asks_for_exactly_what_is_due_and_books_the_callback(self, loan, bank):
        sign(loan)

        assert run(DUE) == ["SENT"]
        [charge] = bank.charges
        attempt = AutopayAttempt.objects.get()
        assert (charge.amount_minor, charge.account_token, charge.token) == (INSTALLMENT, "sim-pays", attempt.token)
        answer("PAID", DUE)

        payment = Payment.objects.get()
        assert (payment.amount_minor, payment.channel, payment.received_on) == (INSTALLMENT, "AUTOPAY", DUE)
        assert states(loan) == [(DUE, 1, "PAID")]
        assert differences() == []

    def test_asks_once_however_often_it_runs(self, loan, bank):
        sign(loan)

        for _again in range(3):
            run(DUE)
        collect(attempt_id=AutopayAttempt.objects.get().pk, today=DUE, now=moment(DUE, 11))

        assert len(bank.charges) == 1
        assert Checkout.objects.count() == 1

    @pytest.mark.parametrize(("paid", "asked"), [(1, INSTALLMENT - 1), (500_00, 600_16), (INSTALLMENT - 1, 1)])
    def test_asks_for_what_is_left_when_a_part_was_paid(self, loan, bank, paid, asked):
        sign(loan)
        pay(loan, paid, date(2026, 2, 10))

        run(DUE)

        assert [charge.amount_minor for charge in bank.charges] == [asked]

    def test_asks_for_nothing_when_it_was_paid_between_planning_and_asking(self, loan, bank):
        sign(loan)
        request_collections(on=DUE)
        pay(loan, INSTALLMENT, DUE)

        assert run(DUE) == ["SKIPPED"]
        assert bank.charges == []

    def test_before_the_due_date_asks_for_what_will_be_due_and_no_more(self, loan, bank):
        sign(loan, timing="DAYS_BEFORE", number=10)

        run(date(2026, 2, 5))

        assert [charge.amount_minor for charge in bank.charges] == [INSTALLMENT]

    def test_asks_for_arrears_with_penalty_but_never_more_than_is_due_now(self, loan, bank):
        sign(loan, on=date(2026, 3, 1))

        run(date(2026, 3, 15))

        due_now = standings_of([loan], today=date(2026, 3, 15))[loan.pk].due_now
        assert [charge.amount_minor for charge in bank.charges] == [due_now]
        assert due_now > 2 * INSTALLMENT

    def test_asks_for_nothing_after_the_due_date(self, loan, bank):
        sign(loan)
        request_collections(on=DUE)

        day = DUE + timedelta(days=1)
        assert [collect(attempt_id=pk, today=day, now=moment(day)) for pk in waiting_attempts(today=day)] == ["SKIPPED"]
        assert bank.charges == []

    def test_waits_while_the_borrower_is_paying(self, loan, bank):
        sign(loan)
        start_checkout(loan_id=loan.pk, amount_minor=INSTALLMENT, today=DUE)
        Checkout.objects.update(created_at=moment(DUE, 9) - timedelta(minutes=29))
        assert run(DUE) == ["PLANNED"]

        Checkout.objects.update(created_at=moment(DUE, 9) - timedelta(minutes=31))

        assert run(DUE) == ["SENT"]

    def test_has_one_request_of_a_loan_under_way_at_a_time(self, loan, bank):
        mandate = sign(loan)
        for due in (DUE, date(2026, 3, 15)):
            AutopayAttempt.objects.create(
                mandate=mandate, loan=loan, due_on=due, try_number=1, scheduled_on=DUE, token=uuid4()
            )

        assert run(DUE) == ["SENT", "PLANNED"]
        answer("PAID", DUE)

        assert run(DUE) == ["SENT"]
        assert [charge.amount_minor for charge in bank.charges] == [INSTALLMENT, INSTALLMENT]

    @pytest.mark.parametrize("outcome", ["paused", "held"])
    def test_waits_while_it_is_paused_or_on_hold_and_goes_on_afterwards(self, loan, bank, outcome):
        mandate = sign(loan, timing="DAYS_BEFORE", number=5)
        day = DUE - timedelta(days=5)
        request_collections(on=day)
        if outcome == "paused":
            pause_autopay(mandate_id=mandate.pk, actor="user:7")
        else:
            hold_autopay(loan_id=loan.pk, through=day + timedelta(days=1), reason="complaint", actor="user:1")
        assert run(day + timedelta(days=1)) == ["PLANNED"]

        if outcome == "paused":
            resume_autopay(mandate_id=mandate.pk, today=day + timedelta(days=2), actor="user:7")

        assert run(day + timedelta(days=2)) == ["SENT"]

    def test_a_longer_hold_is_not_shortened(self, loan):
        sign(loan)
        for through in (DUE + timedelta(days=9), DUE):
            hold_autopay(loan_id=loan.pk, through=through, reason="complaint", actor="user:1")

        assert AutopayMandate.objects.get().held_through == DUE + timedelta(days=9)

    def test_what_the_provider_refuses_at_once_is_a_failure(self, loan, bank, monkeypatch):
        def refuse(charge):
            raise collecting.ProviderRefused("no")

        monkeypatch.setattr(bank, "charge", refuse)
        sign(loan)

        assert run(DUE) == ["FAILED"]
        assert states(loan) == [(DUE, 1, "FAILED"), (DUE + timedelta(days=1), 2, "PLANNED")]

    def test_what_got_no_answer_is_asked_again_with_the_same_token(self, loan, bank, monkeypatch):
        def fail(charge):
            bank.charges.append(charge)
            raise collecting.ProviderUnavailable("no answer")

        sign(loan)
        with monkeypatch.context() as broken:
            broken.setattr(bank, "charge", fail)
            assert run(DUE) == ["SENT"]
        Checkout.objects.update(created_at=moment(DUE))

        sweep_checkouts(now=moment(DUE) + timedelta(minutes=20), today=DUE)

        assert len({charge.token for charge in bank.charges}) == 1
        assert len(bank.charges) == 2

    def test_what_is_never_answered_is_given_up_and_tried_again(self, loan, bank):
        sign(loan)
        run(DUE)
        Checkout.objects.update(created_at=moment(DUE))
        day = DUE + timedelta(days=6)

        sweep_checkouts(now=moment(day), today=day)

        assert Checkout.objects.get().status == "EXPIRED"
        assert states(loan) == [(DUE, 1, "FAILED"), (day + timedelta(days=1), 2, "PLANNED")]

    def test_more_than_was_asked_for_is_booked_and_flagged(self, loan, bank):
        sign(loan)
        run(DUE)

        answer("PAID", DUE, amount=INSTALLMENT + 5)

        assert Checkout.objects.get().received_minor == INSTALLMENT + 5
        assert Payment.objects.get().amount_minor == INSTALLMENT + 5


class TestTryingAgain:
    def test_follows_the_plan_and_stops(self, loan, bank):
        sign(loan)
        days = [DUE, *(DUE + timedelta(days=days) for days in (1, 3, 5))]

        for day in days:
            assert run(day) == ["SENT"], day
            answer("DECLINED", day, failure="INSUFFICIENT_FUNDS")

        assert states(loan) == [(day, number, "FAILED") for number, day in enumerate(days, start=1)]
        assert run(DUE + timedelta(days=9)) == []
        assert len(told("autopay.tries_again")) == 3
        assert len(told("autopay.not_collected")) == 1
        assert AutopayMandate.objects.get().status == "ACTIVE"

    def test_asks_for_what_is_due_on_the_day_of_the_try(self, loan, bank):
        sign(loan)
        run(DUE)
        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")
        pay(loan, yuan(600), DUE, today=DUE)

        day = DUE + timedelta(days=1)
        run(day)

        due_now = standings_of([loan], today=day)[loan.pk].due_now
        assert [charge.amount_minor for charge in bank.charges] == [INSTALLMENT, due_now]

    def test_stops_when_it_was_paid_otherwise(self, loan, bank):
        sign(loan)
        run(DUE)
        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")
        pay(loan, INSTALLMENT, DUE)

        assert run(DUE + timedelta(days=1)) == ["SKIPPED"]
        assert len(bank.charges) == 1

    def test_tells_the_day_of_the_next_try_and_what_waiting_costs(self, loan, bank):
        sign(loan)
        run(DUE)

        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")

        [text] = told("autopay.tries_again")
        assert "We try again on February 16, 2026; the try itself costs you nothing." in text
        assert "The due date was February 15, 2026." in text

    def test_before_the_due_date_says_nothing_of_a_cost(self, loan, bank):
        sign(loan, timing="DAYS_BEFORE", number=10)
        day = DUE - timedelta(days=10)
        run(day)

        answer("DECLINED", day, failure="INSUFFICIENT_FUNDS")

        assert "penalty" not in told("autopay.tries_again")[0]

    @pytest.mark.parametrize("failure", ["ACCOUNT_CLOSED", "CONSENT_WITHDRAWN"])
    def test_ends_the_consent_when_no_try_can_help_and_says_so(self, loan, bank, failure):
        sign(loan)
        run(DUE)

        answer("DECLINED", DUE, failure=failure)

        mandate = AutopayMandate.objects.get()
        assert (mandate.status, mandate.ended_because) == ("CANCELLED", failure)
        assert states(loan) == [(DUE, 1, "FAILED")]
        assert len(told("autopay.ended")) == 1
        assert request_collections(on=date(2026, 3, 15)) == 0

    def test_waits_for_the_end_of_a_hold(self, loan, bank):
        sign(loan)
        run(DUE)
        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")
        hold_autopay(loan_id=loan.pk, through=DUE + timedelta(days=2), reason="hardship review", actor="user:1")

        assert [run(DUE + timedelta(days=days)) for days in (1, 2, 3)] == [["PLANNED"], ["PLANNED"], ["SENT"]]

    def test_is_dropped_when_a_pause_outlasts_it(self, loan, bank):
        mandate = sign(loan)
        run(DUE)
        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")
        pause_autopay(mandate_id=mandate.pk, actor="user:7")
        resume_autopay(mandate_id=mandate.pk, today=DUE + timedelta(days=20), actor="user:7")

        assert run(DUE + timedelta(days=20)) == ["SKIPPED"]

    def test_a_payment_told_after_a_failure_still_counts_once(self, loan, bank):
        sign(loan)
        run(DUE)
        attempt = AutopayAttempt.objects.get()
        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")
        body, headers = SimulatedProvider().sign_callback(attempt.checkout, "PAID", occurred_at=moment(DUE))
        book_callback(body=body, headers=headers, today=DUE)

        assert run(DUE + timedelta(days=1)) == ["SKIPPED"]
        assert Payment.objects.count() == 1
        assert states(loan)[0] == (DUE, 1, "PAID")


class TestChanging:
    def test_the_day_moves_what_is_not_yet_planned(self, loan, bank):
        mandate = sign(loan)
        choose_collection_day(
            mandate_id=mandate.pk, timing="MONTH_DAY", timing_number=8, today=date(2026, 2, 1), actor="user:7"
        )

        assert run(date(2026, 2, 8)) == ["SENT"]

    def test_an_ended_one_is_refused(self, loan):
        mandate = sign(loan)
        for _again in range(2):
            cancel_autopay(mandate_id=mandate.pk, now=moment(SIGNED_ON), actor="user:7")

        for change in (
            lambda: pause_autopay(mandate_id=mandate.pk, actor="user:7"),
            lambda: resume_autopay(mandate_id=mandate.pk, today=DUE, actor="user:7"),
            lambda: choose_collection_day(
                mandate_id=mandate.pk, timing="DUE_DATE", timing_number=None, today=DUE, actor="user:7"
            ),
        ):
            with pytest.raises(MandateEnded):
                change()
        assert AutopayMandate.objects.get().status == "CANCELLED"
        assert AuditRecord.objects.filter(action="repayments.autopay_ended").count() == 1

    def test_ending_it_drops_what_is_planned_and_keeps_what_is_under_way(self, loan, bank):
        mandate = sign(loan)
        request_collections(on=DUE)

        cancel_autopay(mandate_id=mandate.pk, now=moment(DUE), actor="user:7")

        assert states(loan) == [(DUE, 1, "SKIPPED")]
        assert run(DUE) == []


class TestNextCollection:
    def shown(self, loan, today):
        mandate = AutopayMandate.objects.get()
        found = next_collection(mandate, standings_of([loan], today=today)[loan.pk], today=today)
        return (found.collect_on, found.due_on, found.amount_minor) if found else None

    def test_is_what_will_be_asked_for(self, loan, bank):
        sign(loan, timing="DAYS_BEFORE", number=3)

        assert self.shown(loan, SIGNED_ON) == (DUE - timedelta(days=3), DUE, INSTALLMENT)
        run(DUE - timedelta(days=3))
        assert self.shown(loan, DUE - timedelta(days=3))[1] == date(2026, 3, 15)

    def test_is_the_next_try_after_a_failure(self, loan, bank):
        sign(loan)
        run(DUE)
        answer("DECLINED", DUE, failure="INSUFFICIENT_FUNDS")

        assert self.shown(loan, DUE)[:2] == (DUE + timedelta(days=1), DUE)

    def test_amount_never_exceeds_what_is_due_now_on_the_due_date(self, loan):
        pay(loan, yuan(100), date(2026, 2, 1))
        standing = standings_of([loan], today=DUE)[loan.pk]

        assert amount_to_collect(standing, on=DUE, due_on=DUE) == standing.due_now == INSTALLMENT - yuan(100)
