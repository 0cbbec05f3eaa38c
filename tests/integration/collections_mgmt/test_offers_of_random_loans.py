"""What holds of every offer that is written for a loan of the book, by sums of the test's own."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from collections_mgmt.models import OfferSet, RestructuringOffer
from collections_mgmt.services.relief.make_offers import make_offers
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.finance.schedule import build_schedule
from dashu.kernel.dates import add_months
from loans.models import Loan
from repayments.models import Installment
from repayments.selectors.reconciliation import differences
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, accepted, noon

CAP = 1.24  # what a year costs at most
OTHER_COSTS = 3_000_00


class Drawn:
    """A random loan that is paid on time so far, and a household that carries a part of its installment."""

    def __init__(self, seed: int) -> None:
        draw = Random(seed)
        self.loan = factories.running_loan(
            factories.borrower("Amina", phone="13800000000"),
            principal=draw.randrange(3_000_00, 50_000_00),
            annual_rate=draw.choice(["0.08", "0.12", "0.18"]),
            count=draw.choice([6, 9, 12, 18]),
            starts_on=date(2026, 1, draw.choice([5, 15, 28])),
        )
        rows = build_schedule(self.loan.schedule_terms)
        paid = rows[: draw.randrange(1, 4)]
        for row in paid:
            factories.pay(self.loan, row.total, row.due_on)
        self.payments = [(row.due_on, row.total) for row in paid]
        self.on = paid[-1].due_on + draw.randrange(1, 20) * DAY
        self.room = rows[0].total * draw.randrange(75, 95) // 100
        # Nine tenths of the income, less what else is spent, is the room; it is divisible by nine.
        self.income = -(-(self.room + OTHER_COSTS) // 9) * 10

    def offered(self) -> OfferSet:
        budget = state_budget(
            borrower_id=self.loan.borrower_id,
            currency="CNY",
            household=1,
            income={"SALARY": self.income},
            expenses={"FOOD": OTHER_COSTS},
            words={"FOOD": "All together"},
            debts={},
            cause="INCOME",
            now=noon(self.on),
            actor=ACTOR,
        )
        return make_offers(loan_id=self.loan.pk, source="ASKED", budget_id=budget.pk, now=noon(self.on), actor=ACTOR)


def demanded(loan: Loan) -> list[tuple[date, int]]:
    """What the schedule in force still asks for."""
    rows = Installment.objects.filter(loan=loan, is_current=True, unpaid_minor__gt=0).order_by("due_on", "number")
    return [(row.due_on, row.unpaid_minor) for row in rows]


def payments_of(offer: RestructuringOffer) -> list[tuple[date, int]]:
    return [(date.fromisoformat(day), sum(parts)) for _number, day, *parts in offer.rows]


def worth(payments: list[tuple[date, int]], rate: Decimal, on: date) -> int:
    """Each payment by itself: whole months back from its day, and the days left over at simple interest."""
    monthly, total = Fraction(rate) / 12, Fraction(0)
    for day, minor in payments:
        months = 0
        while add_months(day, -months - 1) >= on:
            months += 1
        odd = (add_months(day, -months) - on).days
        total += minor / ((1 + monthly) ** months * (1 + monthly * odd / 30))
    return int(total + Fraction(1, 2))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
class TestEveryOffer:
    def test_holds_to_the_fen_what_it_promises(self, rules, seed):
        drawn = Drawn(seed)
        loan, limits = drawn.loan, drawn.loan.product_terms.rules

        ways = list(drawn.offered().offers.all())

        assert 1 <= len(ways) <= 3
        principal = Loan.objects.get(pk=loan.pk).balance.principal_minor
        for way in ways:
            payments = payments_of(way)
            months: dict[tuple[int, int], int] = defaultdict(int)
            for day, minor in payments:
                months[day.year, day.month] += minor
            assert sum(row[2] for row in way.rows) == principal
            assert way.figures["total_minor"] == sum(minor for _day, minor in payments)
            assert max(months.values()) <= drawn.income * 9 // 10 - OTHER_COSTS
            assert payments[-1][0] <= add_months(loan.borrowed_on, 60)
            assert len(payments) <= limits.max_count
            assert way.figures["value_minor"] == worth(payments, loan.annual_rate, drawn.on)
            assert way.figures["value_minor"] * 100 >= way.figures["value_before_minor"] * 99
            # What is paid is worth no more than what was received, at the highest rate that is allowed.
            flows = [*drawn.payments, *payments]
            there = sum(minor / CAP ** ((day - loan.borrowed_on).days / 365) for day, minor in flows)
            assert there <= loan.principal_minor

    def test_is_booked_as_it_was_shown(self, rules, seed):
        drawn = Drawn(seed)
        offer = drawn.offered().offers.order_by("number").first()

        plan = accepted(offer, on=drawn.on)

        assert plan.accepted_on == drawn.on
        assert demanded(drawn.loan) == payments_of(offer)
        assert differences() == []
