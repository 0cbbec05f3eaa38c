"""Several loans become one: nobody pays anything, nothing is lost, and the preview is the booking."""

from datetime import date
from decimal import Decimal

import pytest

from dashu.ledger import accounts
from dashu.ledger.selectors import loan_balances
from dashu.policy import rules as policy
from loans.models import Loan
from loans.services.create_loan import OutsideProduct
from repayments.models import Channel, LoanEvent, Payment, ScheduleVersion
from repayments.selectors.owed import owed_on
from repayments.services.booking import LoanNotFound, load
from repayments.services.consolidate_loans import (
    CannotConsolidate,
    DearerThanBefore,
    PayoffsChanged,
    consolidate_loans,
    foresee_consolidation,
    loan_that_paid_off,
    payments_by,
    take_back_consolidation,
)
from repayments.services.previewing import snapshot
from repayments.services.receive_payment import receive_payment
from repayments.services.send_receipt import send_receipt
from repayments.services.undo_event import CannotBeUndone
from tests import factories
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_acts import counts
from tests.integration.repayments.test_restate import check

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 20)


@pytest.fixture
def late(amina):
    loan = factories.running_loan(amina)
    pay(loan, 1100_16, date(2026, 2, 15), reference="FIRST")
    return loan


@pytest.fixture
def cheap(amina):
    return factories.running_loan(amina, principal=yuan(6_000), annual_rate="0.09")


def consolidate(*loans: Loan, **more: object) -> Loan:
    given = {"count": 24, "today": TODAY, "reason": "one payment a month", "actor": ACTOR, **more}
    return consolidate_loans(loan_ids=[loan.pk for loan in loans], **given)  # type: ignore[arg-type]


def now(loan: Loan) -> Loan:
    return Loan.objects.get(pk=loan.pk)


class TestConsolidateLoans:
    def test_pays_off_each_loan_and_owes_what_they_owed(self, late, cheap):
        owed = [owed_on(loan, TODAY).total for loan in (late, cheap)]

        done = consolidate(late, cheap)

        assert done.principal == sum(owed) == done.loan.principal_minor
        assert [payoff.total for payoff in done.payoffs.values()] == owed
        assert [now(loan).status for loan in (late, cheap)] == [Loan.Status.SETTLED] * 2
        assert (done.loan.status, done.loan.borrower_id) == (Loan.Status.ACTIVE, late.borrower_id)
        assert sum(row.principal for row in done.rows) == done.principal
        assert len(done.rows) == 24
        assert done.loan.disclosed_fees == []

    def test_passes_through_a_clearing_account_that_is_0_afterwards_and_moves_no_money(self, late, cheap):
        loans = [late.pk, cheap.pk]
        cash = {pk: loan_balances(loans)[pk][accounts.CASH] for pk in loans}

        new = consolidate(late, cheap).loan

        held = loan_balances([*loans, new.pk])
        clearing = [held[pk].get(accounts.CONSOLIDATION_CLEARING, 0) for pk in (*loans, new.pk)]
        assert clearing[2] == -new.principal_minor
        assert sum(clearing) == 0
        assert {pk: held[pk][accounts.CASH] for pk in loans} == cash
        assert held[new.pk].get(accounts.CASH, 0) == 0
        for loan in (late, cheap, new):
            check(now(loan))

    def test_has_the_average_of_the_old_rates_cut_to_6_decimals(self, late, cheap):
        owed = [owed_on(loan, TODAY).total for loan in (late, cheap)]
        average = (owed[0] * Decimal("0.18") + owed[1] * Decimal("0.09")) / sum(owed)

        done = consolidate(late, cheap)

        assert 0 <= average - done.annual_rate < Decimal("0.000001")
        assert done.annual_rate <= policy.rate_cap(TODAY)

    def test_is_what_its_preview_said_to_the_fen(self, late, cheap):
        before = counts()
        foreseen = foresee_consolidation(loan_ids=[late.pk, cheap.pk], count=24, today=TODAY, due_day=5)
        assert counts() == before

        done = consolidate(late, cheap, due_day=5, expected_principal=foreseen.principal)

        assert done.rows == foreseen.rows
        assert (done.principal, done.annual_rate, done.payoffs) == (
            foreseen.principal,
            foreseen.annual_rate,
            foreseen.payoffs,
        )

    def test_links_the_old_loans_and_the_new_one(self, late, cheap):
        new = consolidate(late, cheap, agreement="RP-1").loan

        assert loan_that_paid_off(now(late)) == new
        assert loan_that_paid_off(new) is None
        assert [payment.loan_id for payment in payments_by(new)] == [late.pk, cheap.pk]
        assert LoanEvent.objects.get(loan=new).data == {"internal": True, "pays_off": [late.number, cheap.number]}
        assert ScheduleVersion.objects.get(loan=new).reason == "CONTRACT"

    def test_sends_no_receipt_for_money_that_nobody_sent(self, late, cheap):
        new = consolidate(late, cheap).loan

        assert [send_receipt(payment_id=payment.pk) for payment in payments_by(new)] == [False, False]

    def test_keeps_a_payment_of_before_as_credit_when_it_comes_to_light(self, late, cheap):
        consolidate(late, cheap)

        receive_payment(
            loan_id=late.pk,
            amount_minor=500_00,
            received_on=date(2026, 6, 1),
            today=date(2026, 6, 22),
            reference="FOUND",
            channel=Channel.BANK_TRANSFER,
            actor=ACTOR,
            has_arrived=True,
        )

        position = load(now(late)).position
        assert now(late).status == Loan.Status.SETTLED
        assert position.unapplied >= 500_00
        assert loan_balances([late.pk])[late.pk][accounts.CONSOLIDATION_CLEARING] > 0
        check(now(late))


class TestTakingBack:
    def test_lets_the_old_loans_run_on_as_they_were(self, late, cheap):
        before = [snapshot(loan, today=TODAY) for loan in (late, cheap)]
        new = consolidate(late, cheap).loan

        ids = take_back_consolidation(loan_id=new.pk, today=TODAY, reason="withdrawn", actor=ACTOR)

        after = [snapshot(now(loan), today=TODAY) for loan in (late, cheap)]
        assert ids == [late.pk, cheap.pk]
        assert [(one.figures, one.rows) for one in after] == [(one.figures, one.rows) for one in before]
        assert now(new).status == Loan.Status.SETTLED
        assert loan_balances([new.pk])[new.pk].get(accounts.CONSOLIDATION_CLEARING, 0) == 0
        assert loan_that_paid_off(now(late)) is None
        for loan in (late, cheap, new):
            check(now(loan))

    def test_leaves_what_was_paid_meanwhile_as_credit(self, late, cheap):
        new = consolidate(late, cheap).loan
        pay(new, 300_00, date(2026, 6, 22), reference="MEANWHILE")

        take_back_consolidation(loan_id=new.pk, today=date(2026, 6, 23), reason="withdrawn", actor=ACTOR)

        position = load(now(new)).position
        assert (position.principal, position.unapplied) == (0, 300_00)
        assert now(new).status == Loan.Status.SETTLED
        check(now(new))

    def test_refuses_a_second_time_and_a_loan_that_paid_off_none(self, late, cheap):
        new = consolidate(late, cheap).loan
        take_back_consolidation(loan_id=new.pk, today=TODAY, reason="withdrawn", actor=ACTOR)
        before = counts()

        with pytest.raises(CannotBeUndone):
            take_back_consolidation(loan_id=new.pk, today=TODAY, reason="again", actor=ACTOR)
        with pytest.raises(LoanNotFound):
            take_back_consolidation(loan_id=late.pk, today=TODAY, reason="again", actor=ACTOR)

        assert counts() == before


class TestRefusals:
    def test_refuses_one_loan_and_loans_of_two_borrowers(self, late, brook):
        stranger = factories.running_loan(brook)
        before = counts()

        for loans in ((late,), (late, late), (late, stranger)):
            with pytest.raises(CannotConsolidate):
                consolidate(*loans)

        assert counts() == before

    def test_refuses_a_loan_that_does_not_run(self, late, amina):
        waiting = factories.approved_loan(amina)
        before = counts()

        with pytest.raises(CannotConsolidate):
            consolidate(late, waiting)

        assert counts() == before

    def test_refuses_a_rate_above_the_average(self, late, cheap):
        before = counts()

        with pytest.raises(DearerThanBefore):
            consolidate(late, cheap, annual_rate=Decimal("0.18"))

        assert counts() == before

    def test_refuses_what_was_agreed_when_a_payment_came_meanwhile(self, late, cheap):
        agreed = foresee_consolidation(loan_ids=[late.pk, cheap.pk], count=24, today=TODAY).principal
        pay(late, 1_00, date(2026, 6, 19), today=TODAY)
        before = counts()

        with pytest.raises(PayoffsChanged):
            consolidate(late, cheap, expected_principal=agreed)

        assert counts() == before
        assert Payment.objects.filter(channel="CONSOLIDATION").exists() is False

    def test_refuses_more_installments_than_the_product_has(self, late, cheap):
        before = counts()

        with pytest.raises(OutsideProduct):
            consolidate(late, cheap, count=500)

        assert counts() == before
