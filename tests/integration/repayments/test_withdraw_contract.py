from datetime import timedelta

import pytest
from django.db.models import Sum

from dashu.ledger.models import Posting
from dashu.messaging.models import OutboxMessage
from loans.domain.cost_sheet import sheet_of
from loans.models import Loan, LoanContract
from repayments import tasks
from repayments.gateways.base import ProviderUnavailable
from repayments.models import Installment, LoanBalance, LoanEvent, Payment, Payout, Withdrawal
from repayments.services import withdraw_contract as withdrawing
from repayments.services.payout_outcomes import take_outcome
from repayments.services.request_payout import request_payout
from repayments.services.return_payment import return_payment
from repayments.services.send_payout import send_payout, sweep_payouts
from repayments.services.tell_of_withdrawal import tell_of_missed_withdrawals, tell_of_withdrawal
from repayments.services.undo_event import undo_event
from repayments.services.withdraw_contract import (
    CoolingOffOver,
    StillOwed,
    go_on_after_payout,
    lapse_withdrawals,
    missing_of,
    review_withdrawal,
    withdraw_contract,
)
from tests import factories
from tests.applicants import BROOKS_NUMBER, NOW
from tests.integration.repayments.test_payouts import arrived, failed, provider  # noqa: F401 – a fixture
from tests.signers import signed

DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture
def contract(amina) -> LoanContract:
    return signed(amina)


@pytest.fixture
def loan(contract) -> Loan:
    """Paid out today."""
    payout = request_payout(contract_id=contract.pk, now=NOW)
    send_payout(payout_id=payout.pk, now=NOW, today=TODAY)
    take_outcome(payout_id=payout.pk, outcome=arrived(), now=NOW, today=TODAY)
    return Loan.objects.get()


def withdraw(loan, now=NOW):
    return withdraw_contract(loan_id=loan.pk, now=now, actor="user:1")


def review(loan, now=NOW):
    return review_withdrawal(loan_id=loan.pk, now=now)


class TestBeforeThePayout:
    def test_ends_the_contract_at_once_and_no_money_leaves(self, contract, provider):  # noqa: F811
        fake = provider()
        payout = request_payout(contract_id=contract.pk, now=NOW)

        assert withdraw(contract.first_loan) is None
        assert withdraw(contract.first_loan) is None
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)

        contract.refresh_from_db()
        assert (contract.first_loan.status, contract.application.status) == ("CANCELLED", "WITHDRAWN")
        assert contract.withdrawn_at == NOW
        assert (Payout.objects.get().status, fake.orders) == ("CANCELLED", [])

    def test_a_payout_that_was_not_ordered_yet_is_not_ordered_any_more(self, contract):
        withdraw(contract.first_loan)

        assert request_payout(contract_id=contract.pk, now=NOW) is None
        assert not Payout.objects.exists()

    @pytest.mark.parametrize(("outcome", "status"), [(arrived(), "ACTIVE"), (failed(), "CANCELLED")])
    def test_while_money_may_be_on_its_way_the_word_counts_once_that_is_known(
        self,
        contract,
        provider,  # noqa: F811
        outcome,
        status,
    ):
        provider(error=ProviderUnavailable("silent"))
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)

        assert withdraw(contract.first_loan).status == "WAITING"
        take_outcome(payout_id=payout.pk, outcome=outcome, now=NOW, today=TODAY)
        go_on_after_payout(loan_id=contract.first_loan.pk, now=NOW)

        assert Loan.objects.get().status == status
        kept = list(Withdrawal.objects.values_list("status", "pay_by"))
        assert kept == ([("OPEN", TODAY + 7 * DAY)] if status == "ACTIVE" else [])

    def test_what_the_provider_never_heard_of_is_not_sent_after_the_word(self, contract, provider):  # noqa: F811
        fake = provider(error=ProviderUnavailable("silent"))
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)
        fake.sent.clear()
        withdraw(contract.first_loan)

        sweep_payouts(now=NOW + timedelta(hours=2), today=TODAY)
        assert (len(fake.orders), Payout.objects.get().status) == (1, "SENT")
        sweep_payouts(now=NOW + timedelta(days=2), today=TODAY)
        go_on_after_payout(loan_id=contract.first_loan.pk, now=NOW + timedelta(days=2))

        assert (len(fake.orders), Payout.objects.get().status) == (1, "FAILED")
        assert Loan.objects.get().status == "CANCELLED"


class TestAfterThePayout:
    def test_asks_for_the_sum_alone_by_a_day(self, loan):
        asked = withdraw(loan, NOW + 7 * DAY)

        assert (asked.status, asked.pay_by, missing_of(asked)) == ("OPEN", TODAY + 14 * DAY, 12_000_00)
        assert withdraw(loan, NOW + 30 * DAY) == asked
        assert tell_of_withdrawal(withdrawal_id=asked.pk) is True
        assert OutboxMessage.objects.get(template="repayments.give_back").params["amount_minor"] == 12_000_00

    def test_is_over_after_the_days_of_the_contract(self, loan):
        with pytest.raises(CoolingOffOver):
            withdraw(loan, NOW + 8 * DAY)

        assert not Withdrawal.objects.exists()

    def test_the_sum_settles_the_loan_and_nothing_else_is_owed(self, loan):
        withdraw(loan)
        factories.pay(loan, 12_000_00, TODAY + 3 * DAY)

        assert review(loan, NOW + 3 * DAY) == "DONE"

        balance = LoanBalance.objects.get()
        loan.refresh_from_db()
        contract = LoanContract.objects.get()
        assert (loan.status, balance.principal_minor, balance.unapplied_minor) == ("SETTLED", 0, 0)
        assert (contract.withdrawn_at, contract.application.status) == (NOW + 3 * DAY, "WITHDRAWN")
        assert list(LoanEvent.objects.filter(kind="WAIVER").values_list("actor", flat=True)) == ["system:withdrawals"]
        assert not LoanEvent.objects.filter(kind="REVERSAL").exists()

    def test_leaves_no_income_in_the_books(self, loan):
        withdraw(loan)
        factories.pay(loan, 12_000_00, TODAY + 3 * DAY)
        review(loan, NOW + 3 * DAY)

        sums = {}
        for posting in Posting.objects.select_related("account"):
            signed_minor = posting.amount_minor if posting.side == "D" else -posting.amount_minor
            sums[posting.account.code] = sums.get(posting.account.code, 0) + signed_minor
        assert {code: minor for code, minor in sums.items() if minor} == {}

    def test_may_come_in_parts_and_more_than_the_sum_is_credit(self, loan):
        withdraw(loan)
        factories.pay(loan, 5_000_00, TODAY + DAY)
        assert review(loan, NOW + DAY) == "OPEN"

        factories.pay(loan, 7_100_00, TODAY + 2 * DAY)

        assert review(loan, NOW + 2 * DAY) == "DONE"
        assert LoanBalance.objects.get().unapplied_minor == 100_00

    def test_reviewed_again_it_stays_as_it_is(self, loan):
        withdraw(loan)
        factories.pay(loan, 12_000_00, TODAY)
        review(loan)

        review(loan)

        assert LoanEvent.objects.filter(kind="WAIVER").count() == 1

    def test_without_the_word_the_same_sum_is_an_ordinary_payment(self, loan):
        factories.pay(loan, 12_000_00, TODAY)

        assert review(loan) == ""
        loan.refresh_from_db()
        assert loan.status == "ACTIVE"

    def test_not_paid_in_time_the_loan_runs_on_as_agreed(self, loan):
        asked = withdraw(loan)
        factories.pay(loan, 11_999_99, TODAY + DAY)

        assert lapse_withdrawals(now=NOW + 7 * DAY) == 0
        assert lapse_withdrawals(now=NOW + 8 * DAY) == 1

        loan.refresh_from_db()
        assert loan.status == "ACTIVE"
        rows = Installment.objects.filter(is_current=True)
        owed = rows.aggregate(minor=Sum("interest_minor") - Sum("waived_interest_minor"))
        assert owed["minor"] == sheet_of(LoanContract.objects.get().facts["sheet"]).interest
        assert LoanContract.objects.get().application.status == "PAID_OUT"
        assert tell_of_missed_withdrawals(now=NOW + 8 * DAY) == 1
        assert OutboxMessage.objects.get(dedupe_key=f"withdrawal:{asked.pk}:LAPSED").template.endswith("not_given_back")

    def test_runs_on_as_agreed_although_staff_took_a_waiver_back(self, loan):
        asked = withdraw(loan)
        undo_event(event_id=asked.waivers[0], today=TODAY, reason="By mistake.", actor="user:2")

        assert lapse_withdrawals(now=NOW + 8 * DAY) == 1

        assert Withdrawal.objects.get().status == "LAPSED"
        assert LoanEvent.objects.filter(kind="REVERSAL").count() == len(asked.waivers)

    def test_one_that_cannot_lapse_keeps_back_no_other(self, loan, brook, monkeypatch):
        withdraw(loan)
        other = signed(brook, person={"name": "布鲁克", "number": BROOKS_NUMBER, "phone": "13900001234"}).first_loan
        send_payout(payout_id=request_payout(contract_id=other.tranche.contract_id, now=NOW).pk, now=NOW, today=TODAY)
        withdraw(other)
        undo = withdrawing.undo_event

        def refused_for_the_first(*, event_id, **more):
            if LoanEvent.objects.get(pk=event_id).loan_id == loan.pk:
                raise StillOwed("No.")
            return undo(event_id=event_id, **more)

        monkeypatch.setattr(withdrawing, "undo_event", refused_for_the_first)

        assert lapse_withdrawals(now=NOW + 8 * DAY) == 1

        assert dict(Withdrawal.objects.values_list("loan_id", "status")) == {loan.pk: "OPEN", other.pk: "LAPSED"}

    def test_money_that_came_after_its_day_does_not_count(self, loan):
        withdraw(loan)
        factories.pay(loan, 12_000_00, TODAY + 8 * DAY)

        assert review(loan, NOW + 8 * DAY) == "OPEN"
        assert lapse_withdrawals(now=NOW + 8 * DAY) == 1

    def test_money_that_was_in_time_counts_although_we_learn_of_it_later(self, loan):
        withdraw(loan)
        factories.pay(loan, 12_000_00, TODAY + 7 * DAY, today=TODAY + 9 * DAY)

        assert lapse_withdrawals(now=NOW + 9 * DAY) == 0
        assert review(loan, NOW + 9 * DAY) == "DONE"

    def test_a_payment_on_the_day_of_the_payout_is_for_a_person(self, loan):
        factories.pay(loan, 2_000_00, TODAY)

        with pytest.raises(StillOwed):
            withdraw(loan)

        assert not Withdrawal.objects.exists()
        assert not LoanEvent.objects.filter(kind="WAIVER").exists()

    def test_a_payment_before_the_word_counts_in_full(self, loan):
        factories.pay(loan, 2_000_00, TODAY + DAY)

        asked = withdraw(loan, NOW + 2 * DAY)
        factories.pay(loan, 10_000_00, TODAY + 3 * DAY)

        assert review(loan, NOW + 3 * DAY) == "DONE"
        assert (missing_of(asked), LoanBalance.objects.get().unapplied_minor) == (0, 0)

    def test_a_sum_that_bounces_is_owed_again(self, loan):
        withdraw(loan)
        payment = factories.pay(loan, 12_000_00, TODAY)
        review(loan)
        return_payment(
            reference=payment.reference, returned_on=TODAY + DAY, today=TODAY + DAY, reason="Bounced.", actor="user:2"
        )

        assert review(loan, NOW + DAY) == "OPEN"

        loan.refresh_from_db()
        assert loan.status == "ACTIVE"
        assert LoanContract.objects.get().withdrawn_at is None
        assert Payment.objects.get().is_returned is True
        assert lapse_withdrawals(now=NOW + 8 * DAY) == 1

    def test_what_an_event_missed_is_done_by_the_sweep(self, loan, monkeypatch):
        withdraw(loan)
        factories.pay(loan, 12_000_00, TODAY)
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + timedelta(hours=1))
        monkeypatch.setattr(tasks, "lender_today", lambda: TODAY)

        tasks.sweep_payouts()

        assert Withdrawal.objects.get().status == "DONE"
        assert OutboxMessage.objects.filter(template="repayments.given_back").count() == 1
