"""
Every method of relief over random loans: what was shown is what is booked, to the fen.

A loan is held against three sources: the engine that prices offers, the preview that a borrower signs, and the rows,
balances and postings that a booking leaves.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import transaction

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import Settlement
from collections_mgmt.services.relief.ways import (
    book_acts,
    book_consolidation,
    open_rows,
    tried,
    tried_consolidation,
)
from collections_mgmt.services.settlements import accept_settlement, offer_settlement, preview_settlement
from dashu.finance.installments import Component
from dashu.finance.loan import EventRefused, Status, unpaid_earned
from dashu.finance.relief import Relief, ReliefMethod, acts_of, life_after, relieved, standing
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent
from repayments.selectors.lives import life_on
from repayments.selectors.owed import owed_on
from repayments.selectors.reconciliation import differences
from repayments.services.booking import load
from repayments.services.previewing import preview, snapshot
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, noon

OF_ONE_LOAN = [each for each in ReliefMethod if each not in (ReliefMethod.SETTLEMENT, ReliefMethod.CONSOLIDATION)]
DAYS_LATE = (0, 4, 20, 45, 75, 110, 140)


class Undone(Exception):
    """Ends the savepoint of one booking, so that the next method finds the loan as it was."""


def drawn_loan(owner: Borrower, draw: Random, *, days_late: int) -> tuple[Loan, date]:
    """A loan that was paid for some months, the next installment perhaps in part, and the day of its relief."""
    loan = factories.running_loan(
        owner,
        product=draw.choice(["consumer", "sme", "card-repayment"]),
        principal=draw.randrange(10_000_00, 50_000_00),
        annual_rate=draw.choice(["0.06", "0.0975", "0.12", "0.18"]),
        count=draw.choice([5, 6, 9, 12, 18, 24]),
        starts_on=date(2026, 1, draw.choice([5, 15, 28, 31])),
    )
    rows = build_schedule(loan.schedule_terms)
    paid = draw.randrange(0, 3)
    for row in rows[:paid]:
        factories.pay(loan, row.total, row.due_on)
    missed = rows[paid]
    if draw.random() < 0.5:
        factories.pay(loan, draw.randrange(1, missed.total), missed.due_on)
    loan.refresh_from_db()
    return loan, missed.due_on + days_late * DAY


def drawn_relief(method: ReliefMethod, loan: Loan, on: date, draw: Random) -> Relief:
    rows = load(loan).position.installments
    left = sum(row.due_on > on for row in rows) or 1
    interest = sum(row.unpaid_interest for row in rows if row.due_on <= on)
    more: dict[str, Any] = {"arrears_over": draw.choice([None, 1, 2, 5])}
    match method:
        case ReliefMethod.TERM_EXTENSION | ReliefMethod.CAPITALIZATION:
            more["count"] = left + draw.randrange(1, 13)
        case ReliefMethod.PAYMENT_HOLIDAY:
            more |= {"months": draw.randrange(1, 4), "interest": draw.choice(["parked", "paid"])}
        case ReliefMethod.INTEREST_ONLY:
            more |= {"months": (gap := draw.randrange(1, 4)), "count": left + gap}
        case ReliefMethod.STEP_UP:
            more |= {"months": draw.randrange(1, 4), "step": Decimal(draw.randrange(20, 300)) / 1000}
        case ReliefMethod.RATE_CUT:
            more |= {"annual_rate": loan.annual_rate - Decimal(draw.randrange(1, 60)) / 1000}
        case ReliefMethod.PARTIAL_WAIVER:
            more |= {"waived": {Component.INTEREST: draw.randrange(1, interest + 1)} if interest else {}}
        case ReliefMethod.DUE_DATE:
            more |= {"due_day": draw.randrange(1, 29)}
    return Relief(method, **more)


def acts_as_json(relief: Relief, loan: Loan, on: date) -> list[dict[str, Any]]:
    acts = acts_of(relief, life_on(loan, on), on)
    return [{"kind": act.kind.value, "amount": act.amount, "data": dict(act.data)} for act in acts]


def minor(rows: list[list[Any]]) -> int:
    return sum(sum(parts) for _number, _day, *parts in rows)


def tries(seed: int, *, loans: int) -> Iterator[tuple[Loan, date, Random]]:
    draw = Random(seed)
    owner = factories.borrower("Amina", phone="13800000000")
    for number in range(loans):
        loan, on = drawn_loan(owner, draw, days_late=DAYS_LATE[number % len(DAYS_LATE)])
        yield loan, on, draw


@pytest.mark.django_db
class TestEveryMethod:
    def test_of_one_loan_is_booked_as_the_engine_and_the_preview_say(self, rules):
        booked: Counter[ReliefMethod] = Counter()
        for loan, on, draw in tries(1, loans=14):
            for method in OF_ONE_LOAN:
                relief = drawn_relief(method, loan, on, draw)
                try:
                    with transaction.atomic():
                        self.hold_against_each_other(loan, relief, on)
                        raise Undone
                except Undone:
                    booked[method] += 1
                except (EventRefused, InvalidTerms):  # nothing is late, or a low payment is below the interest
                    continue

        assert {method: count for method, count in booked.items() if count < 6} == {}
        assert set(booked) == set(OF_ONE_LOAN)
        assert differences() == []

    def hold_against_each_other(self, loan: Loan, relief: Relief, on: date) -> None:
        about = (loan.number, on, relief)
        acts = acts_as_json(relief, loan, on)
        engine = life_after(life_on(loan, on), acts_of(relief, life_on(loan, on), on))

        def book() -> list[int]:
            return book_acts(loan_id=loan.pk, acts=acts, on=on, reference="R1", actor=ACTOR)

        (shown,) = preview([loan.pk], book, today=on).loans
        way = tried(loan_id=loan.pk, method=relief.method.value, relief={}, acts=acts, on=on, actor=ACTOR)
        loaded, before = load(loan), snapshot(loan, today=on)
        earned = sum(unpaid_earned(loaded.position, loaded.contract, on))
        assert before == shown.before, about

        book()

        after = snapshot(Loan.objects.get(pk=loan.pk), today=on)
        rows, position = open_rows(after.rows), standing(engine, on)
        assert after == shown.after, about
        assert rows == way.rows == open_rows(position.installments), about
        balance = LoanBalance.objects.get(loan=loan)
        assert balance.principal_minor == position.principal == sum(row[2] for row in rows), about
        joins = earned if relief.method is ReliefMethod.CAPITALIZATION else 0
        assert balance.principal_minor == before.figures["principal"] + joins, about
        assert balance.unapplied_minor == position.unapplied, about
        assert after.figures["penalty_due"] == position.penalty_due(engine.contract) == way.figures["penalty_minor"]
        assert after.figures["annual_rate"] == engine.contract.annual_rate, about
        assert way.figures["total_minor"] == minor(rows) + after.figures["penalty_due"], about
        assert differences() == [], about

    def test_of_a_settlement_gives_up_exactly_what_was_shown(self, rules):
        ended = 0
        for loan, on, draw in tries(2, loans=14):
            owed = owed_on(loan, on)
            total = draw.randrange(owed.total // 3, owed.total)
            if (on - owed_since(loan)).days < 61:
                continue
            shown = preview_settlement(loan_id=loan.pk, parts=[Due(on, total)], today=on)
            relief = Relief(ReliefMethod.SETTLEMENT, waived=dict(shown.parts))
            acts = acts_of(relief, life_on(loan, on), on)
            assert relieved(life_on(loan, on), relief, on).status is Status.SETTLED

            agreed = offer_settlement(loan_id=loan.pk, parts=[Due(on, total)], today=on, reason="r", actor=ACTOR)
            accept_settlement(settlement_id=agreed.pk, now=noon(on), actor=ACTOR)
            factories.pay(loan, total, on, reference=f"LAST-{loan.pk}")

            waivers = LoanEvent.objects.filter(loan=loan, kind="WAIVER", effective_on=on)
            given_up = {Component(event.data["component"]): event.amount_minor for event in waivers}
            assert given_up == {part: minor for part, minor in shown.parts.items() if minor}
            assert sum(given_up.values()) + total == owed.total
            assert acts[-1].amount == total
            balance = LoanBalance.objects.get(loan=loan)
            assert (balance.principal_minor, balance.unapplied_minor) == (0, 0)
            assert Settlement.objects.get(pk=agreed.pk).waived_minor == shown.given_up_minor
            ended += 1

        assert ended == 6
        assert differences() == []

    @pytest.mark.parametrize("seed", range(8))
    def test_of_several_loans_they_become_the_one_that_was_shown(self, rules, seed):
        draw = Random(seed)
        owner = factories.borrower("Amina", phone="13800000000")
        drawn = [drawn_loan(owner, draw, days_late=draw.choice([0, 10, 40])) for _number in range(draw.choice([2, 3]))]
        loans, on = [loan for loan, _on in drawn], max(day for _loan, day in drawn)
        owed = {loan.pk: owed_on(loan, on) for loan in loans}
        data = {
            "loans": sorted(owed),
            "count": draw.choice([12, 24]),
            "due_day": draw.choice([None, 10]),
            "annual_rate": "0.06",
        }
        acts = [{"kind": "consolidate", "amount": sum(each.total for each in owed.values()), "data": data}]
        way = tried_consolidation(loan_id=loans[0].pk, relief={}, acts=acts, on=on)

        done = book_consolidation(acts=acts, on=on, reference="R1", actor=ACTOR)

        new = Loan.objects.get(pk=done.loan.pk)
        rows = open_rows(load(new).position.installments)
        assert rows == way.rows
        assert sum(row[2] for row in rows) == new.balance.principal_minor == new.principal_minor == acts[0]["amount"]
        ends = {each["loan"]: each["minor"] for each in way.figures["consolidation"]["ends"]}
        assert ends == {loan.number: owed[loan.pk].total for loan in loans}
        assert way.figures["total_minor"] == minor(rows)
        for loan in loans:
            old = snapshot(Loan.objects.get(pk=loan.pk), today=on)
            assert (old.figures["status"], old.figures["payoff"], open_rows(old.rows)) == ("SETTLED", 0, [])
        assert differences() == []


def owed_since(loan: Loan) -> date:
    return min(row.due_on for row in load(loan).position.installments if row.unpaid)
