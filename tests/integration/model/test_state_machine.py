"""
Random lives of a loan, through the live services, held against the reference model after every step.

`DASHU_MODEL_EXAMPLES` asks for so many random lives instead of the fixed ones that the suite goes through.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from collections_mgmt.models import OverdueStatus
from collections_mgmt.services.close_day import close_date
from dashu.finance.installments import Component
from dashu.finance.loan import accrue, arrears, effective_days_past_due
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import Channel, LoanEvent, Payment
from repayments.selectors.past_days import LoanOnDay, loan_on
from repayments.services.booking import load
from repayments.services.change_due_day import change_due_day
from repayments.services.change_rate import change_rate
from repayments.services.charge_fee import charge_fee
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.disburse_loan import disburse_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.receive_payment import receive_payment
from repayments.services.refund_credit import refund_credit
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.undo_event import undo_event
from repayments.services.waive_amount import waive_amount
from repayments.services.write_off_loan import write_off_loan
from tests import factories
from tests.factories import ACTOR
from tests.integration.model import reference
from tests.integration.model.reference import PARTS, Happening, Rules, owed
from tests.integration.repayments.test_restate import check

STARTS_ON = date(2026, 1, 15)
REFUSALS = {
    "event_refused",
    "loan_not_payable",
    "settlement_too_small",
    "date_outside_contract",
    "cannot_be_undone",
    "returned_before_received",
    "invalid_terms",
}
SHRINKS = not os.environ.get("DASHU_MODEL_UNSHRUNK")  # the first failure as it was found, in seconds
WRITTEN = (
    "repayments_loanevent", "repayments_payment", "repayments_paymentallocation", "repayments_installmentmovement",
    "repayments_restatement", "repayments_scheduleversion", "repayments_installment", "ledger_journalentry",
    "ledger_posting", "audit_auditrecord",
)  # fmt: skip

# Mostly today or a few days back, now and then any day since the start.
days_back = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 400))
amounts = st.one_of(
    st.tuples(st.sampled_from(["due", "due and penalty", "one more", "everything", "too much"]), st.just(0)),
    st.tuples(st.just("fen"), st.integers(1, 450_000)),
)
rates = st.sampled_from(["0", "0.06", "0.1234", "0.24"])


class LoanLife(RuleBasedStateMachine):
    """One loan whose terms are drawn, whatever may happen to it, and the reference model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.steps = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(
        count=st.integers(3, 9),
        principal=st.integers(1_000_00, 12_000_00),
        starts_on=st.sampled_from([STARTS_ON, date(2026, 1, 31)]),
        age=st.integers(0, 120),
        grace=st.sampled_from([0, 0, 3]),
        cap=st.sampled_from(["0.24", None, "0.20"]),
        base=st.sampled_from(["principal", "principal_and_interest"]),
        tolerance_bps=st.sampled_from([0, 0, 500]),
        is_closed_nightly=st.booleans(),
    )
    def pay_out(self, count, principal, starts_on, age, grace, cap, base, tolerance_bps, is_closed_nightly):
        loan = factories.approved_loan(
            factories.borrower("Amina"), principal=principal, count=count, starts_on=starts_on
        )
        Loan.objects.filter(pk=loan.pk).update(
            penalty_grace_days=grace, penalty_cap_rate=cap, penalty_base=base, tolerance_bps=tolerance_bps
        )
        disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
        self.loan = Loan.objects.get(pk=loan.pk)
        # Nights before anything is due have nothing to close; from then on every night is closed, or none is.
        self.is_closed_nightly = is_closed_nightly
        self.today = starts_on + timedelta(days=age % 28 if is_closed_nightly else age)
        terms = self.loan.schedule_terms
        rules = Rules(
            starts_on=starts_on,
            annual_rate=Fraction(self.loan.annual_rate),
            penalty_rate=Fraction(self.loan.penalty_annual_rate),
            penalty_year_days=self.loan.penalty_year_days,
            penalty_with_interest=base == "principal_and_interest",
            grace_days=grace,
            cap=None if cap is None else Fraction(cap),
            tolerance_bps=tolerance_bps,
        )
        rows = [(row.due_on, row.principal, row.interest, row.fee) for row in build_schedule(terms)]
        self.model = reference.Loan(rules, rows, self._make_rows)
        self.posted_at = []
        self._happened(LoanEvent.objects.get(loan=self.loan), "DISBURSED", starts_on)

    def _make_rows(self, principal, rate, count, on, first_due_on, due_day):
        terms = replace(
            self.loan.schedule_terms,
            principal=principal,
            annual_rate=Decimal(rate.numerator) / rate.denominator,
            count=count,
            disbursed_on=on,
            due_rule=DueRule(Period.MONTH, first_due_on=first_due_on, due_day=due_day),
        )
        try:
            return [(row.due_on, row.principal, row.interest, row.period_from) for row in build_schedule(terms)]
        except InvalidTerms:
            return None

    # Time

    @precondition(lambda self: not self.is_closed_nightly)
    @rule(days=st.integers(1, 45))
    def let_days_pass(self, days):
        self.today += timedelta(days=days)

    @precondition(lambda self: self.is_closed_nightly)
    @rule(days=st.integers(1, 20))
    def close_days(self, days):
        for _day in range(days):
            night = self.today
            self.today += timedelta(days=1)
            close_date(business_date=night, today=self.today)
        status = OverdueStatus.objects.filter(pk=self.loan.pk).first()
        state = self.model.on(night)
        assert (status.days_past_due if status else 0) == state.days_past_due(night)
        assert (status.effective_days_past_due if status else 0) == state.effective_days_past_due(night)

    # Money

    @rule(back=days_back, amount=amounts, kind=st.sampled_from(["PAYMENT"] * 5 + ["PROCEEDS", "RECOVERY"]))
    def pay(self, back, amount, kind):
        on = self._day(back)
        self._receive(on, self._amount(amount, on), kind)

    @rule(back=days_back, amount=amounts, number=st.integers(1, 12))
    def pay_a_chosen_installment(self, back, amount, number):
        on = self._day(back)
        self._receive(on, self._amount(amount, on), "PAYMENT", installment=number)

    @rule(back=days_back, more=st.sampled_from([0, 0, 0, -1, 1, 500_00]))
    def settle(self, back, more):
        on = self._day(back)
        self._receive(on, max(1, self._evening(on).payoff(on) + more), "SETTLEMENT")

    @rule(back=days_back, amount=amounts)
    def money_arrives_whatever_the_loan_says(self, back, amount):
        on = self._day(back)
        self._receive(on, self._amount(amount, on), "PAYMENT", has_arrived=True)

    @rule(which=st.integers(0, 50), back=days_back)
    def return_a_payment(self, which, back):
        payments = [event for event in self.model.events if event.kind in ("PAYMENT", "SETTLEMENT", "PROCEEDS")]
        if not payments:
            return
        event, on = payments[which % len(payments)], self._day(back)
        returned = any(one.kind == "REVERSAL" and one.more["event"] == event.id for one in self.model.events)
        done = self._book(
            return_payment,
            reference=Payment.objects.get(pk=event.id).reference,
            returned_on=on,
            today=self.today,
            reason="bounced",
            actor=ACTOR,
        )
        if done and not returned:
            newest = LoanEvent.objects.filter(loan=self.loan).latest("id")
            self._happened(newest, "REVERSAL", on, event=event.id)

    @rule(back=days_back, amount=st.integers(1, 300_00), share=st.sampled_from([None, 1, 2]))
    def refund(self, back, amount, share):
        on = self._day(back)
        amount = amount if share is None else max(1, self._evening(on).credit // share)
        reference = f"REF-{len(self.model.events)}-{self.steps}"
        self._act(refund_credit, "REFUND", on, "refunded_on", amount=amount, call={"reference": reference})

    # Acts

    @rule(which=st.integers(0, 50))
    def undo(self, which):
        event = self.model.events[which % len(self.model.events)]
        done = self._book(undo_event, event_id=event.id, today=self.today, reason="a mistake", actor=ACTOR)
        if done:
            self._happened(done, "REVERSAL", event.on, event=event.id)

    @rule(
        back=days_back,
        component=st.sampled_from(["penalty", "interest", "fee", "principal"]),
        amount=st.integers(1, 200_00),
        takes_all=st.booleans(),
    )
    def waive(self, back, component, amount, takes_all):
        on = self._day(back)
        if takes_all:
            state = self._evening(on)
            whole = state.penalty_due if component == "penalty" else sum(owed(row, component) for row in state.rows)
            amount = max(1, whole)
        call = {"component": Component(component)}
        self._act(waive_amount, "WAIVER", on, "waived_on", amount=amount, call=call, component=component)

    @rule(back=days_back, amount=st.integers(1, 100_00))
    def fee(self, back, amount):
        self._act(charge_fee, "FEE", self._day(back), "charged_on", amount=amount)

    @rule(back=days_back, months=st.integers(0, 3))
    def extend(self, back, months):
        call = {"months": months}
        self._act(extend_loan, "EXTENSION", self._day(back), "granted_on", call=call, **call)

    @rule(back=days_back, count=st.integers(1, 12), rate=rates)
    def restructure(self, back, count, rate):
        call = {"terms": {"count": count, "annual_rate": rate}}
        more = {"count": count, "annual_rate": Fraction(rate)}
        self._act(restructure_loan, "RESTRUCTURE", self._day(back), "restructured_on", call=call, **more)

    @rule(back=days_back, rate=rates)
    def change_rate(self, back, rate):
        call = {"annual_rate": Decimal(rate)}
        self._act(change_rate, "RATE_CHANGE", self._day(back), "changed_on", call=call, annual_rate=Fraction(rate))

    @rule(back=days_back, due_day=st.integers(1, 31))
    def change_due_day(self, back, due_day):
        call = {"due_day": due_day}
        self._act(change_due_day, "DUE_DAY", self._day(back), "changed_on", call=call, **call)

    @rule(back=days_back)
    def pause(self, back):
        self._act(pause_count, "PAUSE", self._day(back), "paused_on")

    @rule(back=days_back)
    def resume(self, back):
        self._act(resume_count, "RESUME", self._day(back), "resumed_on")

    @precondition(lambda self: self.steps % 4 == 3)
    @rule(back=days_back)
    def charge_off(self, back):
        self._act(charge_off_loan, "CHARGE_OFF", self._day(back), "charged_off_on")

    @precondition(lambda self: self.steps % 6 == 5)
    @rule(back=days_back, is_sale=st.booleans())
    def end_the_claim(self, back, is_sale):
        on = self._day(back)
        if is_sale:
            self._act(sell_loan, "SALE", on, "sold_on", amount=50_000, amount_name="price_minor", call={"buyer": "B"})
        else:
            self._act(write_off_loan, "WRITE_OFF", on, "written_off_on")

    # What must hold after every step

    @invariant()
    def the_books_agree_with_the_model(self):
        if not hasattr(self, "model"):
            return
        self.steps += 1
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(
                "SELECT COALESCE(SUM(CASE side WHEN 'D' THEN 1 ELSE -1 END * amount_minor), 0) FROM ledger_posting"
            )
            assert cursor.fetchone() == (0,)
        check(self.loan)
        self._agrees_now()
        self._agrees_on_another_day()

    def _agrees_now(self) -> None:
        loaded = load(Loan.objects.get(pk=self.loan.pk))
        position, balance = loaded.position, loaded.balance
        through = balance.accrued_through
        state = self.model.on(max(self.today, through), charged_through=through)
        # A loan that is charged off goes on counting the days, so only its figures are compared.
        assert figures_of_live(position, loaded.contract) == figures_of_model(state)
        assert balance.penalty_charged_minor == state.penalty_charged
        refuse_negative(position)
        today = LoanOnDay(self.today, accrue(position, loaded.contract, self.today), loaded.contract)
        self._agrees(today, self.model.on(self.today), self.today)
        self._explains_the_credit(position, state)
        self._agrees_on_receipts(state)

    def _agrees_on_another_day(self) -> None:
        lived = (self.today - self.model.rules.starts_on).days + 1
        day = self.model.rules.starts_on + timedelta(days=self.steps * 37 % lived)
        self._agrees(loan_on(self.loan, as_of=day), self.model.on(day), day)
        known = 1 + self.steps * 5 % len(self.posted_at)
        if known < len(self.posted_at):
            live = loan_on(self.loan, as_of=day, known_at=self.posted_at[known])
            self._agrees(live, self.model.on(day, known=known), day)

    def _agrees(self, live: LoanOnDay | None, state: reference.State, day: date) -> None:
        assert live is not None
        assert figures_of_live(live.position, live.contract) == figures_of_model(state)
        refuse_negative(live.position)
        days = arrears(live.position, live.contract, day).days_past_due
        assert days == state.days_past_due(day)
        effective = effective_days_past_due(live.position, live.contract, day)
        assert effective == state.effective_days_past_due(day)

    def _explains_the_credit(self, position: Any, state: reference.State) -> None:
        """What came in, less what went back and less what was paid, is the credit."""
        undone = {event.more["event"] for event in self.model.events if event.kind == "REVERSAL"}
        counted = [event for event in self.model.events if event.id not in undone]
        money = sum(
            event.amount for event in counted if event.kind in ("PAYMENT", "SETTLEMENT", "PROCEEDS", "RECOVERY")
        )
        money -= sum(event.amount for event in counted if event.kind == "REFUND")
        paid = position.penalty_paid + sum(
            row.paid_principal + row.paid_interest + row.paid_fee for row in position.installments
        )
        assert money - paid == position.unapplied - position.refund_due - state.refund_lost

    def _agrees_on_receipts(self, state: reference.State) -> None:
        for payment in Payment.objects.filter(loan=self.loan, is_returned=False):
            parts = {name: getattr(payment, f"{name}_minor") for name in (*PARTS, "penalty")}
            expected = dict.fromkeys((*PARTS, "penalty", "credit"), 0) | state.receipts[payment.pk]
            assert parts | {"credit": payment.unapplied_minor} == expected

    # Doing it

    def _day(self, back: int) -> date:
        return max(self.model.rules.starts_on, self.today - timedelta(days=back))

    def _evening(self, on: date) -> reference.State:
        """The loan after the day's events, before the day's penalty."""
        return self.model.on(on, charged_through=on - timedelta(days=1))

    def _amount(self, drawn: tuple[str, int], on: date) -> int:
        state, (name, fen) = self._evening(on), drawn
        coming = [row["due"] for row in state.rows if row["due"] > on and any(owed(row, part) for part in PARTS)]
        found = {
            "fen": fen,
            "due": state.due_by(on),
            "due and penalty": state.due_by(on) + state.penalty_due,
            "one more": state.due_by(min(coming, default=on)) + state.penalty_due,
            "everything": state.owed_in_all,
            "too much": state.owed_in_all + 123_45,
        }
        return max(1, found[name])

    def _receive(self, on: date, amount: int, kind: str, *, has_arrived: bool = False, **more: Any) -> None:
        payment = self._book(
            receive_payment,
            loan_id=self.loan.pk,
            amount_minor=amount,
            received_on=on,
            today=self.today,
            reference=f"PAY-{self.loan.pk}-{len(self.model.events)}",
            channel=Channel.CASH_DESK,
            actor=ACTOR,
            kind=kind,
            has_arrived=has_arrived,
            **more,
        )
        if payment:
            self._happened(payment.event, kind, on, amount, **more)

    def _act(
        self,
        service: Callable[..., Any],
        kind: str,
        on: date,
        day_name: str,
        *,
        amount: int = 0,
        amount_name: str = "amount_minor",
        call: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        given = {day_name: on, **(call or {})}
        if amount:
            given[amount_name] = amount
        done = self._book(service, loan_id=self.loan.pk, today=self.today, reason="why", actor=ACTOR, **given)
        if done:
            event = done if isinstance(done, LoanEvent) else LoanEvent.objects.filter(loan=self.loan).latest("id")
            self._happened(event, kind, on, amount, **more)

    def _book(self, service: Callable[..., Any], **given: Any) -> Any:
        """Call a service; a refusal has a stable code and leaves nothing behind."""
        before = self._traces()
        try:
            return service(**given)
        except DomainError as error:
            refusal = error
        note(f"refused: {refusal.code} {refusal}")
        assert refusal.code in REFUSALS
        assert self._traces() == before
        return None

    def _traces(self) -> tuple[Any, ...]:
        counts = ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in WRITTEN)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {counts}, (SELECT balance::text FROM repayments_loanbalance AS balance WHERE loan_id = %s)"
                ", (SELECT status FROM loans_loan WHERE id = %s)",
                [self.loan.pk, self.loan.pk],
            )
            return tuple(cursor.fetchone())

    def _happened(self, event: LoanEvent, kind: str, on: date, amount: int = 0, /, **more: Any) -> None:
        note(f"{event.pk}: {kind} on {on} amount {amount} {more}")
        self.model.events.append(Happening(event.pk, kind, on, amount, more))
        self.posted_at.append(LoanEvent.objects.values_list("posted_at", flat=True).get(pk=event.pk))


def figures_of_live(position: Any, contract: Any) -> dict[str, Any]:
    return {
        "status": position.status.value,
        "principal": position.principal,
        "credit": position.unapplied,
        "refund due": position.refund_due,
        "penalty": (position.penalty_charged(contract), position.penalty_paid, position.penalty_waived),
        "rows": [
            (
                row.number, row.due_on,
                row.principal, row.interest, row.fee,
                row.paid_principal, row.paid_interest, row.paid_fee,
                row.waived_principal, row.waived_interest, row.waived_fee,
            )
            for row in position.installments
        ],
    }  # fmt: skip


def figures_of_model(state: reference.State) -> dict[str, Any]:
    order = ("principal", "interest", "fee")
    return {
        "status": state.status,
        "principal": state.principal,
        "credit": state.credit,
        "refund due": state.refund_due,
        "penalty": (state.penalty_charged, state.penalty_paid, state.penalty_waived),
        "rows": [
            (
                row["number"],
                row["due"],
                *(row[part] for part in order),
                *(row["paid"][part] for part in order),
                *(row["waived"][part] for part in order),
            )
            for row in state.rows
        ],
    }


def refuse_negative(position: Any) -> None:
    amounts = [
        position.principal,
        position.unapplied,
        position.refund_due,
        position.penalty_paid,
        position.penalty_waived,
    ]
    for row in position.installments:
        amounts += [row.principal, row.interest, row.fee, row.unpaid_principal, row.unpaid_interest, row.unpaid_fee]
        amounts += [row.paid_principal, row.paid_interest, row.paid_fee]
        amounts += [row.waived_principal, row.waived_interest, row.waived_fee]
    assert min(amounts) >= 0, amounts


@pytest.mark.skipif(
    not os.environ.get("DASHU_MODEL_EXAMPLES"),
    reason="takes ten seconds a life; DASHU_MODEL_EXAMPLES=12 or more asks for it",
)
class TestAnyLifeOfALoan:
    @pytest.mark.usefixtures("rules")
    def test_is_what_the_reference_model_says(self):
        asked = os.environ.get("DASHU_MODEL_EXAMPLES")
        run_state_machine_as_test(
            LoanLife,
            settings=settings(
                max_examples=int(asked or 1),
                stateful_step_count=30,
                deadline=None,
                database=None,
                derandomize=asked is None,
                phases=(Phase.generate, Phase.shrink) if SHRINKS else (Phase.generate,),
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            ),
        )
