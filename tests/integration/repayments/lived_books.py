"""Books of varied loans, and acts that may happen to any of them on any day, in time or back-dated."""

import random
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.installments import Component, Installment
from dashu.kernel.dates import add_months
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower
from loans.models import Loan, ProductTerms
from repayments.models import Channel, LoanEvent, Payment
from repayments.services.change_due_day import change_due_day
from repayments.services.change_rate import change_rate
from repayments.services.charge_fee import charge_fee
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.disburse_loan import disburse_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.open_loans import Opening, open_loans
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.receive_payment import receive_payment
from repayments.services.refund_credit import refund_credit
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.undo_event import undo_event
from repayments.services.waive_amount import waive_amount
from repayments.services.write_off_loan import write_off_loan
from tests.factories import ACTOR, approved_loan, borrower, pay, running_loan, yuan

START = date(2026, 1, 15)


def varied_loans(chance: random.Random) -> list[Loan]:
    """Loans of every product, with daily interest, days of grace, an overlooked shortfall, and two taken over late."""
    owner = borrower("Amina")
    loans = [
        running_loan(owner, starts_on=START, count=chance.randrange(3, 13)),
        running_loan(owner, starts_on=START, count=6, product="sme", principal=yuan(20_000)),
        varied(owner, product="card-repayment", penalty_grace_days=5, tolerance_bps=500),
        varied(owner, interest_basis="daily", tolerance_bps=200),
        varied(owner, interest_basis="daily", penalty_base="principal_and_interest", non_accrual_days=30),
        varied(owner, non_accrual_days=20, penalty_cap_rate=None),
    ]
    version = ProductTerms.objects.get(product__code="consumer")
    rows = [Installment(number, add_months(START, number - 2), 300_00, 12_00, 5_00) for number in range(1, 8)]
    openings = [
        Opening(external_id, external_id, external_id, START, 2_100_00, Decimal("0.18"), tuple(rows), START)
        for external_id in ("one", "two")
    ]
    open_loans(source="elsewhere", currency="CNY", product_terms=version, openings=openings, actor=ACTOR)
    return [*loans, *Loan.objects.filter(source="elsewhere").order_by("pk")]


def varied(owner: Borrower, *, product: str = "consumer", **contract: object) -> Loan:
    loan = approved_loan(owner, starts_on=START, count=8, product=product)
    Loan.objects.filter(pk=loan.pk).update(**contract)
    disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
    loan.refresh_from_db()
    return loan


ACTS = [
    *["pay"] * 6, "chosen", "proceeds", "settle", "refund", "bounce", "waive", "waive", "fee", "fee", "extend", "pause",
    "resume", "terms", "rate", "day", "undo", "undo", "charge_off", "write_off", "sell",
]  # fmt: skip


def an_act(chance: random.Random, loan: Loan, today: date, number: int) -> str:
    """Do one thing to the loan, in time or back-dated; "" when it does not fit, which leaves the loan as it was."""
    on = max(loan.starts_on, today - timedelta(days=chance.choice([0, 0, 0, 3, 20])))
    kind = chance.choice(ACTS)
    if kind in ("charge_off", "write_off", "sell") and chance.random() < 0.6:
        return ""
    try:
        do(kind, chance, loan, on, today, f"P{number}")
    except DomainError:
        return ""
    return kind


def do(kind: str, chance: random.Random, loan: Loan, on: date, today: date, reference: str) -> None:
    common = {"loan_id": loan.pk, "today": today, "reason": "test", "actor": ACTOR}
    money = {"today": today, "reference": reference}
    match kind:
        case "pay":
            pay(loan, chance.randrange(1, yuan(1_500)), on, **money)
        case "chosen":
            payment = {"loan_id": loan.pk, "amount_minor": chance.randrange(1, yuan(900)), "received_on": on}
            channel = Channel.BANK_TRANSFER
            receive_payment(**payment, **money, channel=channel, actor=ACTOR, installment=chance.randrange(1, 5))
        case "proceeds":
            pay(loan, chance.randrange(1, yuan(1_500)), on, kind=LoanEvent.Kind.PROCEEDS, **money)
        case "settle":
            pay(loan, yuan(25_000), on, kind=LoanEvent.Kind.SETTLEMENT, **money)
        case "refund":
            refund_credit(amount_minor=chance.randrange(1, 50_00), refunded_on=on, reference=reference, **common)
        case "bounce":
            payment = chance.choice(list(Payment.objects.filter(loan=loan)) or [None])
            if payment:
                returned = {"returned_on": max(on, payment.received_on), "today": today}
                return_payment(reference=payment.reference, **returned, reason="bounced", actor=ACTOR)
        case "waive":
            component = chance.choice(list(Component))
            waive_amount(component=component, amount_minor=chance.randrange(1, 50_00), waived_on=on, **common)
        case "fee":
            charge_fee(code="notary", amount_minor=chance.randrange(1, 100_00), charged_on=on, **common)
        case "extend":
            extend_loan(months=1, granted_on=on, **common)
        case "pause":
            pause_count(paused_on=on, **common)
        case "resume":
            resume_count(resumed_on=on, **common)
        case "terms":
            restructure_loan(terms={"count": chance.randrange(3, 12)}, restructured_on=on, **common)
        case "rate":
            annual_rate = chance.choice([loan.annual_rate / 2, loan.annual_rate])
            change_rate(annual_rate=annual_rate, changed_on=on, **common)
        case "day":
            change_due_day(due_day=chance.randrange(1, 29), changed_on=on, **common)
        case "undo":
            event = chance.choice(list(LoanEvent.objects.filter(loan=loan)))
            undo_event(event_id=event.pk, today=today, reason="test", actor=ACTOR)
        case "charge_off":
            charge_off_loan(charged_off_on=on, **common)
        case "write_off":
            write_off_loan(written_off_on=on, **common)
        case "sell":
            sell_loan(price_minor=chance.randrange(1, yuan(5_000)), sold_on=on, buyer="B", **common)
