"""When a claim can no longer be enforced, from what is on record: one loan with its steps, and many by SQL alike."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection

from collections_mgmt.models import PromiseToPay
from collections_mgmt.selectors.limitation import Step, clock_of, clock_sql, parameters
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.agency_cases import called, reminded

LAST_DUE = date(2027, 1, 15)
LATER = date(2029, 6, 1)


def by_sql(loan: Loan, on: date) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH asked AS (SELECT %(loan)s::bigint AS loan_id) {clock_sql()}",
            {**parameters(on=on), "loan": loan.pk},
        )
        rows = cursor.fetchall()
    return rows[0][1] if rows else None


class TestClock:
    def test_runs_from_the_last_due_date_where_the_rule_says_so(self, loan):
        clock = clock_of(loan.pk, on=LATER)

        assert clock is not None
        assert (clock.begins_on, clock.last_day, clock.steps) == (LAST_DUE, date(2030, 1, 15), [])
        assert (clock.days_left(date(2030, 1, 15)), clock.days_left(date(2030, 1, 16))) == (0, -1)
        assert by_sql(loan, LATER) == clock.last_day

    def test_runs_from_the_oldest_unpaid_one_elsewhere(self, loan):
        rule = PolicyRule.objects.get(pack="cn", code="claims.limitation")
        rule.value["begins"] = "OLDEST_DUE"
        rule.save()
        forget_rules()
        factories.pay(loan, 1_100_16, date(2026, 2, 15))

        clock = clock_of(loan.pk, on=LATER)

        assert clock is not None
        assert (clock.begins_on, clock.last_day) == (date(2026, 3, 15), date(2029, 3, 15))
        assert by_sql(loan, LATER) == clock.last_day

    @pytest.mark.parametrize(
        ("happens", "step"),
        [
            (lambda loan, on: reminded(loan, on), Step.REMINDER),
            (lambda loan, on: called(loan, on, "RIGHT_PARTY"), Step.CONTACT),
            (lambda loan, on: called(loan, on, "SENT"), Step.CONTACT),
            (lambda loan, on: factories.pay(loan, 1_00, on), Step.PAYMENT),
            (
                lambda loan, on: PromiseToPay.objects.create(
                    loan=loan, amount_minor=100, made_on=on, due_on=on, status="BROKEN", actor="user:1"
                ),
                Step.PROMISE,
            ),
        ],
    )
    def test_begins_anew_with_a_demand_a_promise_or_a_payment(self, loan, happens, step):
        on = date(2028, 5, 2)
        happens(loan, on)

        clock = clock_of(loan.pk, on=LATER)

        assert clock is not None
        assert (clock.steps, clock.last_day) == ([(on, step)], date(2031, 5, 2))
        assert by_sql(loan, LATER) == clock.last_day

    @pytest.mark.parametrize(
        "happens",
        [
            lambda loan, on: called(loan, on, "NO_ANSWER"),
            lambda loan, on: called(loan, on, "WRONG_PARTY"),
            lambda loan, on: reminded(loan, on, delivery="BOUNCED"),
            lambda loan, on: reminded(loan, on, channel="IN_APP"),
            lambda loan, on: reminded(loan, on, status="FAILED"),
        ],
    )
    def test_is_not_begun_anew_by_what_did_not_reach_the_borrower(self, loan, happens):
        happens(loan, date(2028, 5, 2))

        clock = clock_of(loan.pk, on=LATER)

        assert clock is not None
        assert (clock.steps, clock.last_day) == ([], date(2030, 1, 15))
        assert by_sql(loan, LATER) == clock.last_day

    def test_there_is_none_where_nothing_is_unpaid(self, loan):
        loan.installments.update(paid_principal_minor=0, waived_principal_minor=0, is_current=False)

        assert clock_of(loan.pk, on=LATER) is None
        assert by_sql(loan, LATER) is None

    @pytest.mark.parametrize("seed", range(12))
    def test_says_the_same_of_any_history_one_by_one_and_by_sql(self, loan, seed):
        drawn = random.Random(seed)
        on = date(2026, 2, 1)
        for _time in range(drawn.randint(1, 5)):
            on += timedelta(days=drawn.choice([1, 300, 1094, 1095, 1096, 1097, 1400]))
            PromiseToPay.objects.create(
                loan=loan, amount_minor=100, made_on=on, due_on=on, status="BROKEN", actor="user:1"
            )

        clock = clock_of(loan.pk, on=on)

        assert clock is not None
        assert by_sql(loan, on) == clock.last_day
