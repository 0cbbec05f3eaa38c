from copy import copy
from datetime import timedelta

import pytest

from dashu.alerts.models import Alert
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve
from dashu.messaging.models import OutboxMessage
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from dashu.users.services.record_identity import verify_identity
from loans.domain.cost_sheet import sheet_of
from loans.models import ApplicationEvent, CardToPay, Loan, LoanContract
from repayments import tasks
from repayments.gateways.base import NoPaymentProvider, PayoutOutcome, PayoutState, ProviderRefused, ProviderUnavailable
from repayments.models import Disbursement, Installment, Payout
from repayments.services import send_payout as sending
from repayments.services.payout_outcomes import give_up_payouts, take_outcome
from repayments.services.request_payout import (
    IdentityNotCompared,
    PayoutStateChanged,
    WrongDestination,
    approve_payout,
    ask_payout,
    contracts_without_payout,
    request_payout,
    retry_payout,
)
from repayments.services.send_payout import send_payout, sweep_payouts
from repayments.services.tell_of_payout import tell_of_missed_payouts, tell_of_payout
from tests import factories
from tests.applicants import DEBIT_CARD, ISSUERS_CARD, NOW, UNKNOWN_CARD
from tests.signers import ACCOUNT, PayoutAccount, signed

TODAY = NOW.date()
FAILS_ONCE, FAILS = "6222020000000080002", "6222020000000070003"
SILENT, UNKNOWN = "6222020000000060004", "6222020000000050005"
HOUR = timedelta(hours=1)


class FakeProvider:
    """Sends what it is told to and counts; whoever asks again under a token hears of the first."""

    name = "fake"
    can_pay_out = True

    def __init__(self, *, answers=(), error=None):
        self.answers, self.error = list(answers), error
        self.sent, self.orders = {}, []

    def pay_out(self, order):
        self.orders.append(order)
        self.sent.setdefault(order.token, order.amount_minor)
        if self.error:
            raise self.error
        return self.answers.pop(0) if self.answers else arrived()

    def find_payout(self, order):
        if order.token not in self.sent:
            return None
        return self.answers.pop(0) if self.answers else arrived()


def arrived(at=NOW):
    return PayoutOutcome(PayoutState.ARRIVED, "REF-1", at)


def failed():
    return PayoutOutcome(PayoutState.FAILED, "REF-2", NOW, "ACCOUNT_CLOSED")


@pytest.fixture
def provider(monkeypatch):
    def use(**how):
        fake = FakeProvider(**how)
        monkeypatch.setattr(sending, "payout_provider", lambda: fake)
        monkeypatch.setattr(sending, "provider_named", lambda _name: fake)
        return fake

    return use


def ordered(amina, kind="CONSUMER", **more) -> Payout:
    return request_payout(contract_id=signed(amina, kind, **more).pk, now=NOW)


def send(payout, now=NOW, today=None) -> Payout:
    send_payout(payout_id=payout.pk, now=now, today=today or now.date())
    payout.refresh_from_db()
    return payout


def nothing_was_paid_out() -> bool:
    return not Disbursement.objects.exists() and not Loan.objects.exclude(status="APPROVED").exists()


class TestRequestPayout:
    def test_goes_to_the_borrowers_account_and_may_be_sent(self, amina):
        payout = ordered(amina)

        assert (payout.status, payout.amount_minor, payout.number) == ("APPROVED", 12_000_00, 1)
        assert (payout.destination, payout.bank) == ("BANK_ACCOUNT", ACCOUNT.bank)
        assert (payout.account_number, payout.account_shown) == (ACCOUNT.number, "6222 •••• •••• 0006")
        assert payout.due_on == TODAY

    def test_ordered_again_it_is_the_same_one(self, amina):
        payout = ordered(amina)

        assert request_payout(contract_id=LoanContract.objects.get().pk, now=NOW) == payout
        assert Payout.objects.count() == 1

    def test_of_a_card_goes_to_its_issuer_and_nowhere_else(self, amina):
        payout = ordered(amina, "CARD_REPAYMENT")

        assert (payout.destination, payout.bank) == ("ISSUER_CARD", "招商银行")
        assert payout.account_number == ISSUERS_CARD

    @pytest.mark.parametrize("number", [DEBIT_CARD, "5194120000000019"])
    def test_refuses_a_card_that_is_not_one_of_the_bank_named(self, amina, number):
        contract = signed(amina, "CARD_REPAYMENT")
        card = CardToPay.objects.get()
        card.number = number
        card.save()

        with pytest.raises(WrongDestination):
            request_payout(contract_id=contract.pk, now=NOW)

        assert not Payout.objects.exists()

    def test_refuses_a_card_that_no_table_knows_until_a_person_has_decided(self, amina):
        contract = signed(amina, "CARD_REPAYMENT", card={"card_number": UNKNOWN_CARD})
        with pytest.raises(WrongDestination):
            request_payout(contract_id=contract.pk, now=NOW)
        assert not Payout.objects.exists()

        by_person = copy(contract.application.reviews.first())
        by_person.pk, by_person.decided_by = None, factories.staff("Una", User.Role.UNDERWRITER)
        by_person.save(force_insert=True)

        payout = request_payout(contract_id=contract.pk, now=NOW)
        assert (payout.destination, payout.account_number) == ("ISSUER_CARD", UNKNOWN_CARD)

    def test_refuses_an_account_beside_a_card(self, amina):
        contract = signed(amina, "CARD_REPAYMENT")
        LoanContract.objects.update(bank="X", account_number=ACCOUNT.number)

        with pytest.raises(WrongDestination):
            request_payout(contract_id=contract.pk, now=NOW)

        assert not Payout.objects.exists()

    def test_what_an_event_missed_is_found(self, amina):
        contract = signed(amina)

        assert contracts_without_payout(today=TODAY) == [contract.pk]
        request_payout(contract_id=contract.pk, now=NOW)
        assert contracts_without_payout(today=TODAY) == []


class TestArrived:
    def test_books_the_payout_on_its_day_as_the_sheet_says(self, amina, provider):
        provider()

        payout = send(ordered(amina))

        loan, contract = Loan.objects.get(), LoanContract.objects.get()
        sheet = sheet_of(contract.facts["sheet"])
        rows = list(Installment.objects.order_by("number"))
        assert (payout.status, payout.arrived_on, payout.provider_reference) == ("ARRIVED", TODAY, "REF-1")
        assert (loan.status, loan.starts_on) == ("ACTIVE", TODAY)
        assert [(row.due_on, row.principal_minor, row.interest_minor, row.fee_minor) for row in rows] == [
            (row.due_on, row.principal, row.interest, row.fee) for row in sheet.rows
        ]
        assert Disbursement.objects.get().reference == f"PAYOUT-{payout.token}"
        assert contract.application.status == "PAID_OUT"
        assert contract.tranches.get().cooling_off_until == TODAY + timedelta(days=7)

    def test_on_a_later_day_the_schedule_begins_later_with_the_same_figures(self, amina, provider):
        provider(answers=[arrived(NOW + timedelta(days=3))])
        sheet = sheet_of(signed(amina).facts["sheet"])
        payout = request_payout(contract_id=LoanContract.objects.get().pk, now=NOW)

        send(payout, now=NOW + timedelta(days=3))

        rows = list(Installment.objects.order_by("number"))
        assert Loan.objects.get().starts_on == TODAY + timedelta(days=3)
        assert rows[0].due_on == sheet.rows[0].due_on + timedelta(days=3)
        assert [(row.principal_minor, row.interest_minor) for row in rows] == [
            (row.principal, row.interest) for row in sheet.rows
        ]

    def test_tells_the_borrower_once(self, amina, provider):
        provider()
        payout = send(ordered(amina))

        assert tell_of_payout(payout_id=payout.pk) is True
        assert tell_of_payout(payout_id=payout.pk) is False

        message = OutboxMessage.objects.get(template="repayments.paid_out")
        assert message.params["paid_on"] == TODAY.isoformat()
        assert message.params["until_on"] == (TODAY + timedelta(days=7)).isoformat()

    def test_an_outcome_told_again_changes_nothing(self, amina, provider):
        provider()
        payout = send(ordered(amina))

        take_outcome(payout_id=payout.pk, outcome=failed(), now=NOW, today=TODAY)

        payout.refresh_from_db()
        assert payout.status == "ARRIVED"
        assert Disbursement.objects.count() == 1


class TestSentOnce:
    def test_sending_again_asks_the_provider_once(self, amina, provider):
        fake = provider()
        payout = ordered(amina)

        send(payout)
        send(payout)

        assert (len(fake.orders), fake.sent) == (1, {payout.token: 12_000_00})

    def test_nothing_is_sent_before_its_day(self, amina, provider):
        fake = provider()
        payout = ordered(amina)
        Payout.objects.update(due_on=TODAY + timedelta(days=1))

        assert send(payout).status == "APPROVED"
        assert fake.orders == []

    def test_without_an_answer_it_is_asked_about_and_not_sent_again(self, amina, provider):
        fake = provider(error=ProviderUnavailable("silent"))
        payout = send(ordered(amina))
        assert (payout.status, nothing_was_paid_out()) == ("SENT", True)

        sweep_payouts(now=NOW + HOUR, today=TODAY)

        payout.refresh_from_db()
        assert (payout.status, len(fake.orders), payout.attempts) == ("ARRIVED", 1, 1)

    def test_what_the_provider_never_heard_of_is_sent_under_the_same_token(self, amina, provider):
        fake = provider(error=ProviderUnavailable("silent"))
        payout = send(ordered(amina))
        fake.sent.clear()
        fake.error = None

        sweep_payouts(now=NOW + HOUR, today=TODAY)

        payout.refresh_from_db()
        assert (payout.status, payout.attempts) == ("ARRIVED", 2)
        assert {order.token for order in fake.orders} == {payout.token}

    def test_a_process_that_died_after_noting_it_leaves_it_to_the_sweep(self, amina, provider):
        fake = provider()
        payout = ordered(amina)
        Payout.objects.update(status="SENT", provider="fake", sent_at=NOW, asked_at=NOW)

        sweep_payouts(now=NOW + timedelta(minutes=1), today=TODAY)
        assert fake.orders == []
        sweep_payouts(now=NOW + HOUR, today=TODAY)

        payout.refresh_from_db()
        assert payout.status == "ARRIVED"

    def test_silence_for_an_hour_is_told_to_staff(self, amina, provider):
        fake = provider(error=ProviderUnavailable("silent"))
        send(ordered(amina))
        fake.answers = [PayoutOutcome(PayoutState.UNDER_WAY, "", NOW)]

        sweep_payouts(now=NOW + HOUR + timedelta(seconds=1), today=TODAY)

        assert Alert.objects.get().kind == "payout.unknown"
        assert nothing_was_paid_out()

    def test_without_a_provider_it_waits_and_staff_are_told(self, amina, settings):
        payout = ordered(amina)
        settings.SIMULATED_GATEWAY = False

        with pytest.raises(NoPaymentProvider):
            send(payout)
        sweep_payouts(now=NOW, today=TODAY)

        payout.refresh_from_db()
        assert payout.status == "APPROVED"
        assert Alert.objects.get().kind == "payout.no_provider"


class TestFailed:
    def test_is_told_to_borrower_and_staff_and_books_nothing(self, amina, provider):
        provider(answers=[failed()])

        payout = send(ordered(amina))

        assert (payout.status, payout.failure) == ("FAILED", "ACCOUNT_CLOSED")
        assert nothing_was_paid_out()
        assert tell_of_missed_payouts(now=NOW + HOUR) == 1
        assert OutboxMessage.objects.get().template == "repayments.payout_failed"
        assert Alert.objects.get().kind == "payout.failed"
        assert ApplicationEvent.objects.filter(kind="PAYOUT_FAILED").count() == 1

    def test_a_refusal_is_a_failure(self, amina, provider):
        provider(error=ProviderRefused("no"))

        assert send(ordered(amina)).status == "FAILED"

    def test_goes_to_another_account_under_a_token_of_its_own(self, amina, provider):
        provider(answers=[failed()])
        first = send(ordered(amina))

        second = retry_payout(
            loan_id=first.loan_id, account=PayoutAccount("别的银行", FAILS_ONCE), now=NOW, actor="user:1"
        )
        again = retry_payout(loan_id=first.loan_id, now=NOW, actor="user:1")
        send(second)

        assert again == second
        assert second.token != first.token
        assert (second.number, second.bank, second.status) == (2, "别的银行", "ARRIVED")
        assert LoanContract.objects.get().account_number == FAILS_ONCE
        assert Alert.objects.get().ended_at is not None

    def test_of_a_card_goes_to_no_account(self, amina, provider):
        provider(answers=[failed()])
        payout = send(ordered(amina, "CARD_REPAYMENT"))

        with pytest.raises(WrongDestination):
            retry_payout(loan_id=payout.loan_id, account=ACCOUNT, now=NOW, actor="user:1")

        assert Payout.objects.count() == 1
        assert tell_of_payout(payout_id=payout.pk)
        assert OutboxMessage.objects.get().template == "repayments.payout_to_card_failed"

    def test_a_payout_that_may_be_on_its_way_is_not_made_twice(self, amina, provider):
        provider(error=ProviderUnavailable("silent"))
        payout = send(ordered(amina))

        assert retry_payout(loan_id=payout.loan_id, now=NOW, actor="user:1") == payout
        assert Payout.objects.count() == 1

    def test_after_seven_days_the_contract_is_cancelled_without_cost(self, amina, provider):
        provider(answers=[failed()])
        payout = send(ordered(amina))

        assert give_up_payouts(now=NOW + timedelta(days=7) - HOUR) == 0
        assert give_up_payouts(now=NOW + timedelta(days=7)) == 1

        assert Loan.objects.get().status == "CANCELLED"
        assert LoanContract.objects.get().application.status == "WITHDRAWN"
        tasks.tell_of_given_up(loan_id=payout.loan_id)
        assert OutboxMessage.objects.get().template == "repayments.payout_given_up"

    def test_what_may_be_on_its_way_is_not_given_up(self, amina, provider):
        provider(error=ProviderUnavailable("silent"))
        send(ordered(amina))

        assert give_up_payouts(now=NOW + timedelta(days=30)) == 0
        assert nothing_was_paid_out()


class TestSimulated:
    @pytest.mark.parametrize(
        ("number", "statuses"),
        [
            (ACCOUNT.number, ["ARRIVED"]),
            (FAILS, ["FAILED"]),
            (SILENT, ["SENT", "ARRIVED"]),
            (UNKNOWN, ["SENT", "SENT"]),
        ],
    )
    def test_does_as_the_number_says(self, amina, number, statuses):
        payout = ordered(amina, number=number)
        seen = [send(payout).status]
        if len(statuses) > 1:
            sweep_payouts(now=NOW + HOUR, today=TODAY)
            payout.refresh_from_db()
            seen.append(payout.status)

        assert seen == statuses

    def test_fails_once_and_then_arrives(self, amina):
        first = send(ordered(amina, number=FAILS_ONCE))

        second = send(retry_payout(loan_id=first.loan_id, now=NOW, actor="user:1"))

        assert (first.status, second.status) == ("FAILED", "ARRIVED")


class TestApproval:
    @pytest.fixture
    def large(self, amina):
        payout = ordered(amina, "SME")
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:9")
        return payout

    def ask(self, payout, user):
        return ask_payout(
            payout_id=payout.pk, reason="The contract is in order.", user=user, today=TODAY, idempotency_key="1"
        )

    def test_above_the_limit_two_people_let_it_go(self, large, provider):
        fake = provider()
        maker = factories.staff("Una", User.Role.UNDERWRITER)
        checker = factories.staff("Abel", User.Role.ACCOUNTANT)
        assert (large.amount_minor, large.status) == (100_000_00, "REQUESTED")
        assert send(large).status == "REQUESTED"

        asked = self.ask(large, maker)
        approve(request_id=asked.pk, user=checker, today=TODAY)

        assert send(large).status == "ARRIVED"
        assert len(fake.orders) == 1
        assert large.approved_by == f"user:{maker.pk}"

    def test_nobody_approves_what_they_asked_for(self, large):
        accountant = factories.staff("Abel", User.Role.ACCOUNTANT)
        asked = self.ask(large, accountant)

        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=accountant, today=TODAY)

        large.refresh_from_db()
        assert large.status == "REQUESTED"

    def test_a_collector_asks_for_nothing(self, large, chidi):
        with pytest.raises(NotAuthorized):
            self.ask(large, chidi)

    def test_waits_until_somebody_has_compared_who_the_borrower_is(self, amina):
        payout = ordered(amina, "SME")
        maker = factories.staff("Una", User.Role.UNDERWRITER)
        reference = payout.loan.tranche.contract.application.reference

        with pytest.raises(IdentityNotCompared) as refused:
            self.ask(payout, maker)
        with pytest.raises(IdentityNotCompared):
            approve_payout(payout_id=payout.pk, actor="user:1")

        payout.refresh_from_db()
        assert refused.value.code == "identity_not_compared"
        assert reference in str(refused.value.user_message)
        assert (payout.status, ApprovalRequest.objects.exists()) == ("REQUESTED", False)

    def test_a_small_one_does_not_wait_for_it(self, amina):
        assert ordered(amina).status == "APPROVED"

    def test_nor_does_a_large_one_where_the_rules_do_not_ask(self, amina):
        rule = PolicyRule.objects.get(pack="cn", code="credit.payout")
        rule.value = {**rule.value, "compared_identity": False}
        rule.save()
        forget_rules()

        assert self.ask(ordered(amina, "SME"), factories.staff("Una", User.Role.UNDERWRITER)).status == "PENDING"

    def test_what_was_cancelled_meanwhile_is_not_approved(self, large):
        Payout.objects.update(status="CANCELLED")

        with pytest.raises(PayoutStateChanged):
            approve_payout(payout_id=large.pk, actor="user:1")
