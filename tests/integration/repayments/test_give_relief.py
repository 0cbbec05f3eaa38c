"""Every method of relief: the preview is the booking, the ledger agrees, and it can be taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.services.close_day import close_date
from dashu.finance.installments import Component
from dashu.finance.loan import EventRefused, accrue, payoff
from dashu.finance.relief import Relief, ReliefMethod, acts_of, life_after, relieved
from dashu.finance.terms import NegativeAmortization
from loans.models import Loan
from repayments.domain.statements import Component as Moved
from repayments.models import LoanEvent, ScheduleVersion
from repayments.selectors.lives import life_on
from repayments.selectors.statements import statement_of
from repayments.services.booking import load
from repayments.services.give_relief import (
    ReliefChanged,
    ReliefNeedsMoney,
    foreseen,
    give_relief,
    take_back_relief,
)
from repayments.services.previewing import preview, snapshot
from tests import factories
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_acts import counts
from tests.integration.repayments.test_restate import check
from tests.integration.repayments.test_statements import START, books

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 20)

RELIEFS = {
    "a longer term": Relief(ReliefMethod.TERM_EXTENSION, count=24, arrears_over=6),
    "the same maturity": Relief(ReliefMethod.REAMORTIZATION),
    "arrears in installments": Relief(ReliefMethod.ARREARS_PLAN, arrears_over=3),
    "capitalization": Relief(ReliefMethod.CAPITALIZATION, count=18, arrears_over=2),
    "a holiday with interest parked": Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3, arrears_over=4),
    "a holiday with interest paid": Relief(ReliefMethod.PAYMENT_HOLIDAY, months=2, interest="paid"),
    "interest only": Relief(ReliefMethod.INTEREST_ONLY, months=3, arrears_over=3),
    "a step up": Relief(ReliefMethod.STEP_UP, count=12, months=6, step=Decimal("0.4")),
    "a lower rate": Relief(ReliefMethod.RATE_CUT, annual_rate=Decimal("0.09"), arrears_over=12),
    "a waiver": Relief(
        ReliefMethod.PARTIAL_WAIVER,
        waived={Component.PENALTY: 50, Component.INTEREST: 100_00, Component.PRINCIPAL: 500_00},
        arrears_over=2,
    ),
    "another due day": Relief(ReliefMethod.DUE_DATE, due_day=28, arrears_over=2),
}
every_relief = pytest.mark.parametrize("relief", RELIEVED := list(RELIEFS.values()), ids=list(RELIEFS))


@pytest.fixture
def late(amina):
    """Paid two installments of twelve, one of them in part, and nothing since: three are due, with penalty."""
    loan = factories.running_loan(amina)
    pay(loan, 1100_16, date(2026, 2, 15), reference="FIRST")
    pay(loan, 700_00, date(2026, 3, 20), reference="PART")
    return loan


def give(loan: Loan, relief: Relief, on: date = TODAY, **more: object) -> list[LoanEvent]:
    given = {"today": on, "reason": "income fell", "actor": ACTOR, **more}
    return give_relief(loan_id=loan.pk, relief=relief, given_on=on, **given)  # type: ignore[arg-type]


def agreed_now(loan: Loan, relief: Relief) -> dict[str, object]:
    life = life_on(loan, TODAY)
    return foreseen(life, acts_of(relief, life, TODAY), TODAY)


def now(loan: Loan) -> Loan:
    return Loan.objects.get(pk=loan.pk)


class TestGiveRelief:
    @every_relief
    def test_books_what_its_preview_said_to_the_fen(self, relief, late):
        life = life_on(late, TODAY)
        foreseen = relieved(life, relief, TODAY)
        contract = life_after(life, acts_of(relief, life, TODAY)).contract
        shown = preview([late.pk], lambda: give(late, relief), today=TODAY)
        before = counts()

        events = give(late, relief)

        stored = load(now(late))
        assert accrue(stored.position, stored.contract, TODAY).installments == foreseen.installments
        assert (stored.contract, stored.position.principal) == (contract, foreseen.principal)
        assert payoff(stored.position, stored.contract, TODAY) == payoff(foreseen, contract, TODAY)
        (change,) = shown.loans
        assert change.after == snapshot(now(late), today=TODAY)
        assert [kind for kind, _on, _minor in change.events] == [event.kind for event in events]
        assert counts() != before
        check(now(late))

    @every_relief
    def test_taken_back_leaves_the_loan_as_it_was(self, relief, late):
        before = snapshot(late, today=TODAY)
        events = give(late, relief)

        take_back_relief(event_ids=[event.pk for event in events], today=TODAY, reason="withdrawn", actor=ACTOR)

        after = snapshot(now(late), today=TODAY)
        assert after.figures == before.figures
        assert after.rows == before.rows
        check(now(late))

    @every_relief
    def test_is_worked_out_anew_when_a_payment_of_before_comes_to_light(self, relief, late):
        give(late, relief)
        foreseen = load(now(late)).position

        pay(late, 400_00, date(2026, 6, 10), today=TODAY + timedelta(days=1), reference="FOUND")

        assert load(now(late)).position != foreseen
        check(now(late))

    def test_begins_the_days_past_due_and_the_penalty_anew(self, late):
        give(late, RELIEFS["a longer term"])

        shown = snapshot(now(late), today=TODAY)
        assert (shown.figures["days_past_due"], shown.figures["overdue"], shown.figures["penalty_due"]) == (0, 0, 0)
        missed = snapshot(now(late), today=date(2026, 7, 25))
        assert missed.figures["days_past_due"] == 10
        assert missed.figures["penalty_due"] > 0

    def test_opens_a_version_of_the_schedule_that_says_why(self, late):
        give(late, RELIEFS["arrears in installments"])

        versions = ScheduleVersion.objects.filter(loan=late).order_by("version")
        assert [version.reason for version in versions] == ["CONTRACT", "ARREARS_PLAN"]

    def test_leaves_it_to_the_agreement_to_tell_of_it(self, late):
        (event,) = give(late, RELIEFS["a longer term"], agreement="RP-1")

        assert event.data["agreement"] == "RP-1"


class TestRefusals:
    def test_refuses_what_was_agreed_when_the_loan_has_changed_since(self, late):
        relief = RELIEFS["a longer term"]
        agreed = agreed_now(late, relief)
        pay(late, 1_00, date(2026, 6, 19), today=TODAY)
        before = counts()

        with pytest.raises(ReliefChanged):
            give(late, relief, expected=agreed)

        assert counts() == before

    def test_books_what_was_agreed_while_the_loan_is_as_it_was(self, late):
        relief = RELIEFS["a longer term"]
        agreed = agreed_now(late, relief)

        (event,) = give(late, relief, expected=agreed)

        assert event.kind == LoanEvent.Kind.RESTRUCTURE

    def test_refuses_a_step_whose_low_payment_does_not_cover_the_interest(self, late):
        before = counts()

        with pytest.raises(NegativeAmortization):
            give(late, Relief(ReliefMethod.STEP_UP, count=120, months=12, step=Decimal("0.5")))

        assert counts() == before

    def test_leaves_a_settlement_to_the_payment_that_ends_it(self, late):
        before = counts()

        with pytest.raises(ReliefNeedsMoney):
            give(late, Relief(ReliefMethod.SETTLEMENT, waived={Component.PENALTY: 50}))

        assert counts() == before

    def test_refuses_a_second_waiver_of_what_is_gone(self, late):
        relief = Relief(ReliefMethod.PARTIAL_WAIVER, waived={Component.INTEREST: yuan(99_999)})
        before = counts()

        with pytest.raises(EventRefused):
            give(late, relief)

        assert counts() == before


class TestStatements:
    """What a relief moves between principal, interest, penalty and fees stands in the statement, and none gets lost."""

    @pytest.mark.parametrize("name", ["capitalization", "a longer term", "arrears in installments"])
    def test_reconcile_interest_that_became_principal_and_penalty_that_is_carried_as_a_fee(self, name, late):
        before, last = snapshot(late, today=TODAY), date(2026, 8, 31)
        give(late, RELIEFS[name])
        after = snapshot(now(late), today=TODAY)
        fees = {row.due_on: row.fee for row in after.rows if row.fee}
        for day in (date(2026, 7, 15), date(2026, 8, 15)):
            close_date(business_date=day, today=day + timedelta(days=1))

        for first, through in ((START, TODAY), (TODAY, TODAY), (TODAY + timedelta(days=1), last), (START, last)):
            told = statement_of(now(late), first=first, last=through)
            assert told.opening_owed + sum(line.change for line in told.lines) == told.closing_owed
            held = {component: minor for component, minor in told.closing.items() if minor}
            assert held == {component: minor for component, minor in books(late, through).items() if minor}

        assert (before.figures["penalty_due"], after.figures["penalty_due"]) == (sum(fees.values()), 0)
        whole = statement_of(now(late), first=START, last=last)
        of_fees = sum(line.charged.get(Moved.FEE, 0) for line in whole.lines)
        assert of_fees == sum(minor for due_on, minor in fees.items() if due_on <= last) > 0
        of_the_day = [line for line in whole.lines if line.on == TODAY]
        principal = sum(line.charged.get(Moved.PRINCIPAL, 0) - line.paid.get(Moved.PRINCIPAL, 0) for line in of_the_day)
        assert principal == after.figures["principal"] - before.figures["principal"]
        assert (principal > 0) == (name == "capitalization")
