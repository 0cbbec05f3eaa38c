"""Any past day: one loan lived through, and the whole book in one query, say the same of every day and every moment."""

import random
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from collections_mgmt.services.close_day import close_date
from dashu.finance.installments import Component
from dashu.finance.loan import Status
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.book_on import LoanFigures, book_on, totals_on
from repayments.selectors.past_days import LoanOnDay, NotPaidOutThen, facts_on, loan_on
from repayments.services.change_due_day import change_due_day
from repayments.services.change_rate import change_rate
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.restructure_loan import restructure_loan
from repayments.services.undo_event import undo_event
from repayments.services.waive_amount import waive_amount
from tests.factories import ACTOR, borrower, pay, running_loan, yuan

START = date(2026, 1, 15)


def an_act(chance: random.Random, loan: Loan, today: date, number: int) -> None:
    """Do one thing to the loan, in time or back-dated; what does not fit is refused and leaves it as it was."""
    on = max(loan.starts_on, today - timedelta(days=chance.choice([0, 0, 0, 3, 20])))
    common = {"loan_id": loan.pk, "today": today, "reason": "test", "actor": ACTOR}
    kind = chance.choice(["pay", "pay", "pay", "waive", "extend", "pause", "resume", "terms", "rate", "day", "undo"])
    try:
        match kind:
            case "pay":
                pay(loan, chance.randrange(1, yuan(1_500)), on, today=today, reference=f"P{number}")
            case "waive":
                component = chance.choice([Component.PENALTY, Component.INTEREST])
                waive_amount(component=component, amount_minor=chance.randrange(1, 50_00), waived_on=on, **common)
            case "extend":
                extend_loan(months=1, granted_on=on, **common)
            case "pause":
                pause_count(paused_on=on, **common)
            case "resume":
                resume_count(resumed_on=on, **common)
            case "terms":
                restructure_loan(terms={"count": chance.randrange(3, 12)}, restructured_on=on, **common)
            case "rate":
                change_rate(
                    annual_rate=chance.choice([loan.annual_rate / 2, loan.annual_rate]), changed_on=on, **common
                )
            case "day":
                change_due_day(due_day=chance.randrange(1, 29), changed_on=on, **common)
            case "undo":
                event = chance.choice(list(LoanEvent.objects.filter(loan=loan)))
                undo_event(event_id=event.pk, today=today, reason="test", actor=ACTOR)
    except DomainError:
        return


class TestTheWholeBook:
    @pytest.mark.parametrize("seed", range(3))
    def test_says_of_every_loan_on_every_day_what_living_through_it_says(self, rules, seed):
        chance = random.Random(seed)
        owner = borrower("Amina")
        loans = [running_loan(owner, starts_on=START, count=chance.randrange(3, 13)) for _number in range(5)]
        moments: list[tuple[date, datetime]] = []
        for day in range(110):
            today = START + timedelta(days=day + 1)
            if chance.random() < 0.4:
                loan = chance.choice(loans)
                loan.refresh_from_db()
                an_act(chance, loan, today, day)
            close_date(business_date=today, today=today + timedelta(days=1))
            if chance.random() < 0.05:
                moments.append((today, timezone.now()))
        charge_off_loan(loan_id=loans[0].pk, charged_off_on=today, today=today, reason="test", actor=ACTOR)

        compared = 0
        for as_of, known_at in [*moments, *((chance.choice(moments)[0], None) for _once in range(4)), (today, None)]:
            found = {figures.loan_id: figures for figures in book_on(as_of=as_of, known_at=known_at)}
            for loan in loans:
                loan.refresh_from_db()
                lived = loan_on(loan, as_of=as_of, known_at=known_at)
                assert lived is not None
                self.compare(found[loan.pk], lived)
                compared += 1
        assert compared >= 30

    def compare(self, found: LoanFigures, lived: LoanOnDay) -> None:
        position, contract, late = lived.position, lived.contract, lived.arrears
        assert (found.overdue_principal, found.overdue_interest, found.overdue_fee, found.oldest_due_on) == (
            late.principal,
            late.interest,
            late.fee,
            late.oldest_due_on,
        )
        assert found.days_past_due == late.days_past_due
        assert found.effective_days_past_due == lived.effective_days_past_due
        assert found.credit == position.unapplied
        if position.status is Status.CHARGED_OFF:
            assert (found.status, found.principal, found.penalty) == ("CHARGED_OFF", 0, 0)
            return
        assert found.status == ("ENDED" if position.status is Status.SETTLED else "RUNNING")
        due = [row for row in position.installments if row.due_on <= lived.as_of]
        assert found.principal == position.principal
        assert found.interest == sum(row.unpaid_interest for row in due)
        assert found.penalty == position.penalty_due(contract)

    def test_is_one_query_however_many_loans(self, amina, django_assert_num_queries):
        for _number in range(3):
            running_loan(amina)
        list(book_on(as_of=START))  # the rules are read once

        with django_assert_num_queries(1):
            assert len(list(book_on(as_of=START))) == 3

    def test_totals_add_up_the_loans(self, amina):
        late, paid = running_loan(amina), running_loan(amina)
        pay(paid, 110_016, date(2026, 2, 15))
        close_date(business_date=date(2026, 3, 18), today=date(2026, 3, 19))

        totals = totals_on(as_of=date(2026, 3, 18))["CNY"]

        assert totals["loans"] == 2
        assert totals["principal_minor"] == 1_200_000 + 1_107_984
        assert (totals["loans_behind"], totals["principal_over_30_minor"]) == (2, 1_200_000)
        assert late.pk != paid.pk


class TestOneLoan:
    def test_a_back_dated_payment_changes_the_day_but_not_what_was_known(self, loan):
        close_date(business_date=date(2026, 2, 20), today=date(2026, 2, 21))
        before = timezone.now()
        pay(loan, 110_016, date(2026, 2, 15), today=date(2026, 2, 21))

        now = loan_on(loan, as_of=date(2026, 2, 20))
        then = loan_on(loan, as_of=date(2026, 2, 20), known_at=before)

        assert now is not None
        assert then is not None
        assert (now.arrears.days_past_due, then.arrears.days_past_due) == (0, 5)
        assert (now.position.principal, then.position.principal) == (1_107_984, 1_200_000)

    def test_before_the_payout_there_is_nothing(self, loan):
        assert loan_on(loan, as_of=date(2026, 1, 14)) is None
        with pytest.raises(NotPaidOutThen):
            facts_on(loan, as_of=date(2026, 1, 14))

    def test_facts_name_bucket_and_classification_of_the_day(self, loan):
        facts = facts_on(loan, as_of=date(2026, 3, 18))

        assert (facts["days_past_due"], facts["bucket"], facts["classification"]) == (31, "M2", "SPECIAL_MENTION")
        assert facts["overdue"] == {"principal": 92_016 + 93_396, "interest": 18_000 + 16_620, "fee": 0}
