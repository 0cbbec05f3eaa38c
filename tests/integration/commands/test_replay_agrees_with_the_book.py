"""The same life through the live services and through `manage.py replay` ends in the same figures."""

import random
from datetime import date, timedelta

import pytest

from collections_mgmt.models import OverdueStatus
from collections_mgmt.services.close_day import close_date
from dashu.finance.events import EventType
from dashu.kernel.money import format_minor
from loans.models import Loan
from repayments.models import LoanBalance, Payment
from repayments.services.give_relief import give_relief
from repayments.services.previewing import snapshot
from repayments.services.return_payment import return_payment
from tests.factories import ACTOR, pay
from tests.integration.repayments.test_give_relief import RELIEFS

START = date(2026, 1, 15)


RELIEF_ON = date(2026, 6, 20)


def live(loan: Loan, seed: int) -> tuple[list[dict], date]:
    """Pay and return at random, close each night that something happened; give the same life as events."""
    chance, on, number = random.Random(seed), START, 0
    events: list[dict] = [{"on": START.isoformat(), "type": "disburse"}]
    while on < START + timedelta(days=150):
        on += timedelta(days=chance.randrange(1, 25))
        number += 1
        amount, reference = chance.randrange(100_00, 1_500_00), f"P{seed}-{number}"
        pay(loan, amount, on, reference=reference)
        events.append({"on": on.isoformat(), "type": "payment", "id": reference, "amount": format_minor(amount)})
        if chance.random() < 0.4:
            on += timedelta(days=chance.randrange(0, 6))
            return_payment(reference=reference, returned_on=on, today=on, reason="bounced", actor=ACTOR)
            events.append({"on": on.isoformat(), "type": "reversal", "reverses": reference})
        close_date(business_date=on, today=on + timedelta(days=1))
    return events, on


@pytest.mark.parametrize("seed", range(4))
def test_balances_and_payments_are_the_same(loan, run, seed):
    events, on = live(loan, seed)
    contract = loan.contract

    (answer,), code = run(
        "replay",
        {
            "terms": {
                "principal": "12000.00",
                "annual_rate": "0.18",
                "method": "equal_installment",
                "count": 12,
                "disbursed_on": START.isoformat(),
            },
            "product_rules": {
                "allocation": [component.value for component in contract.waterfall.order],
                "penalty": {"multiplier": "1.5", "cap": "0.24"},
            },
            "events": events,
            "as_of": [on.isoformat()],
        },
    )

    assert code == 0
    state, balance = answer["as_of"][0], LoanBalance.objects.get(pk=loan.pk)
    assert state["outstanding"]["principal"] == format_minor(balance.principal_minor)
    assert state["outstanding"]["penalty"] == format_minor(balance.penalty_due_minor)
    overdue = OverdueStatus.objects.filter(pk=loan.pk).first()
    assert state["dpd"] == (overdue.days_past_due if overdue else 0)
    held = {
        payment.reference: [payment.fee_minor, payment.penalty_minor, payment.interest_minor, payment.principal_minor]
        for payment in Payment.objects.filter(is_returned=False)
    }
    replayed = {
        payment["id"]: [payment["allocation"][part] for part in ("fee", "penalty", "interest", "principal")]
        for payment in answer["payments"]
        if payment["reversed_on"] is None
    }
    assert replayed == {reference: [format_minor(part) for part in parts] for reference, parts in held.items()}
    assert len(held) >= 5


@pytest.mark.parametrize("relief", list(RELIEFS.values()), ids=list(RELIEFS))
def test_a_relief_is_the_same_from_the_plain_values_that_its_events_keep(loan, run, relief):
    pay(loan, 1_100_16, date(2026, 2, 15), reference="FIRST")
    booked = give_relief(
        loan_id=loan.pk, relief=relief, given_on=RELIEF_ON, today=RELIEF_ON, reason="income fell", actor=ACTOR
    )
    contract = loan.contract
    types = {kind.value.upper(): kind.value for kind in EventType}
    acts = [
        {"on": RELIEF_ON.isoformat(), "type": types[event.kind]}
        | ({"amount": format_minor(event.amount_minor)} if event.amount_minor else {})
        | {name: value for name, value in event.data.items() if name != "reason"}
        for event in booked
    ]

    (answer,), code = run(
        "replay",
        {
            "terms": {
                "principal": "12000.00",
                "annual_rate": "0.18",
                "method": "equal_installment",
                "count": 12,
                "disbursed_on": START.isoformat(),
            },
            "product_rules": {
                "allocation": [component.value for component in contract.waterfall.order],
                "penalty": {
                    "annual_rate": f"{contract.penalty.annual_rate:f}",
                    "base": contract.penalty.base.value,
                    "year_days": contract.penalty.year_days,
                    "all_in_cap": f"{contract.penalty.all_in_cap:f}",
                },
                "grace_days": contract.penalty.grace_days,
            },
            "events": [
                {"on": START.isoformat(), "type": "disburse"},
                {"on": "2026-02-15", "type": "payment", "amount": "1100.16"},
                *acts,
            ],
            "as_of": ["2026-06-20", "2026-09-20"],
        },
    )

    assert code == 0
    for state in answer["as_of"]:
        on = date.fromisoformat(state["as_of"])
        shown = snapshot(Loan.objects.get(pk=loan.pk), today=on).figures
        assert state["outstanding"]["principal"] == format_minor(shown["principal"])
        assert (state["dpd"], state["payoff"]) == (shown["days_past_due"], format_minor(shown["payoff"]))
        assert state["next_due"]["on"] == shown["next_due_on"].isoformat()
