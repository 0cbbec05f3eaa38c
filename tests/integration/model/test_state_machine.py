"""
Random lives of two loans of a borrower, through the live services, held against the reference model after every step.

Every run draws new lives; a failure prints how to run it again. `DASHU_MODEL_EXAMPLES` asks for more of them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from collections_mgmt.models import OverdueStatus
from collections_mgmt.services.close_day import close_date
from dashu.finance.installments import Component
from dashu.finance.loan import Contract, InterestBasis, Position, Status, accrue_interest
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.errors import DomainError
from loans.domain.waterfalls import waterfall_to_json
from loans.models import Loan
from repayments.models import Channel, LoanEvent, Payment
from repayments.selectors.past_days import LoanOnDay, loan_by_day, loan_on
from repayments.services.booking import load
from repayments.services.change_due_day import change_due_day
from repayments.services.change_rate import change_rate
from repayments.services.charge_fee import charge_fee
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.disburse_loan import disburse_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.move_payment import move_payment
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.receive_payment import receive_payment
from repayments.services.refund_credit import refund_credit
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.split_payment import receive_split_payment
from repayments.services.undo_event import undo_event
from repayments.services.waive_amount import waive_amount
from repayments.services.write_off_loan import write_off_loan
from tests import factories
from tests.factories import ACTOR
from tests.integration.repayments.test_restate import check
from tests.unit.finance import reference
from tests.unit.finance.lives import (
    MONEY,
    REFUSALS,
    AnyLife,
    amounts,
    days_back,
    explain_credit,
    figures_of_live,
    figures_of_model,
    model_of,
    refuse_negative,
)
from tests.unit.finance.reference import PARTS, Happening

LIVES = int(os.environ.get("DASHU_MODEL_EXAMPLES", "12"))
STEPS = 12
SHRINKS = not os.environ.get("DASHU_MODEL_UNSHRUNK")  # the first failure as it was found, in seconds
WRITTEN = (
    "repayments_loanevent", "repayments_payment", "repayments_paymentallocation", "repayments_installmentmovement",
    "repayments_restatement", "repayments_scheduleversion", "repayments_installment", "ledger_journalentry",
    "ledger_posting", "audit_auditrecord", "repayments_paymentgroup",
)  # fmt: skip
OF_PAIRS = {"payment_not_correctable", "payment_returned", "nothing_to_correct"}

# A line that discloses whatever the machine charges.
ANY_FEE = {
    "code": "any",
    "name": {"zh-Hans": "费用", "zh-Hant": "費用", "en": "Fee"},
    "payee": {"zh-Hans": "公证处", "zh-Hant": "公證處", "en": "Notary"},
    "when": "on_event",
    "amount": "100000000000.00",
}

# The service of each act, and what it calls the value date.
ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "WAIVER": (waive_amount, "waived_on"),
    "FEE": (partial(charge_fee, code=ANY_FEE["code"]), "charged_on"),
    "REFUND": (refund_credit, "refunded_on"),
    "EXTENSION": (extend_loan, "granted_on"),
    "RESTRUCTURE": (restructure_loan, "restructured_on"),
    "RATE_CHANGE": (change_rate, "changed_on"),
    "DUE_DAY": (change_due_day, "changed_on"),
    "PAUSE": (pause_count, "paused_on"),
    "RESUME": (resume_count, "resumed_on"),
    "CHARGE_OFF": (charge_off_loan, "charged_off_on"),
    "SALE": (sell_loan, "sold_on"),
    "WRITE_OFF": (write_off_loan, "written_off_on"),
}


@dataclass
class Side:
    """One of the two loans, its model, and when each of its events was posted."""

    loan: Loan
    model: reference.Loan
    posted_at: list[datetime] = field(default_factory=list)


class LoanLife(AnyLife):
    """Two loans with the same terms; `model` is that of the one that things happen to at the moment."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.sides: list[Side] = []
        self.current = 0
        self.touched: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @property
    def side(self) -> Side:
        return self.sides[self.current]

    def pay_out(self, terms: ScheduleTerms, contract: Contract) -> int:
        owner = factories.borrower("Amina")
        models = (self.model, model_of(terms, contract))
        self.sides = [Side(self._loan(owner, terms, contract), model) for model in models]
        other = self.sides[1]
        opening = LoanEvent.objects.get(loan=other.loan)
        other.model.events.append(Happening(opening.pk, "DISBURSED", terms.disbursed_on))
        other.posted_at.append(opening.posted_at)
        return LoanEvent.objects.get(loan=self.side.loan).pk

    def _loan(self, owner: Any, terms: ScheduleTerms, contract: Contract) -> Loan:
        loan = factories.approved_loan(
            owner, principal=terms.principal, count=terms.count, starts_on=terms.disbursed_on
        )
        penalty = contract.penalty
        Loan.objects.filter(pk=loan.pk).update(
            method=terms.method.value,
            waterfall=waterfall_to_json(contract.waterfall),
            interest_basis=contract.interest_basis.value,
            interest_year_days=contract.interest_year_days,
            tolerance_bps=contract.tolerance_bps,
            non_accrual_days=contract.non_accrual_days,
            penalty_annual_rate=penalty.annual_rate,
            penalty_year_days=penalty.year_days,
            penalty_base=penalty.base.value,
            penalty_grace_days=penalty.grace_days,
            penalty_cap_rate=penalty.all_in_cap,
            disclosed_fees=[ANY_FEE],
        )
        disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
        loan = Loan.objects.get(pk=loan.pk)
        assert (loan.schedule_terms, loan.contract) == (terms, contract)
        return loan

    def close_night(self, night: date) -> None:
        close_date(business_date=night, today=self.today)
        for side in self.sides:
            status, state = OverdueStatus.objects.filter(pk=side.loan.pk).first(), side.model.on(night)
            assert (status.days_past_due if status else 0) == state.days_past_due(night)
            assert (status.effective_days_past_due if status else 0) == state.effective_days_past_due(night)

    @rule()
    def turn_to_the_other_loan(self) -> None:
        self._turn_to(1 - self.current)

    @rule(back=days_back, amount=amounts, other=st.integers(1, 200_000))
    def pay_both_loans_with_a_stated_split(self, back: int, amount: tuple[str, int], other: int) -> None:
        on = self.day(back)
        parts = [(self.side.loan.pk, self.amount(amount, on)), (self.sides[1 - self.current].loan.pk, other)]
        group = self._book(
            receive_split_payment,
            borrower_id=self.side.loan.borrower_id,
            parts=parts,
            total_minor=sum(minor for _loan, minor in parts),
            received_on=on,
            today=self.today,
            reference=f"SPLIT-{self.steps}",
            channel=Channel.CASH_DESK,
            actor=ACTOR,
        )
        if group:
            for payment in Payment.objects.filter(reference__startswith=f"SPLIT-{self.steps}-").order_by("pk"):
                with self._at(payment.loan_id):
                    self.happened(payment.pk, "PAYMENT", on, payment.amount_minor)

    @rule(which=st.integers(0, 50))
    def move_a_payment_to_the_other_loan(self, which: int) -> None:
        payments = [event for event in self.model.events if event.kind in MONEY]
        if not payments:
            return
        event, other = payments[which % len(payments)], self.sides[1 - self.current]
        moved = self._book(
            move_payment,
            reference=Payment.objects.get(pk=event.id).reference,
            to_loan_id=other.loan.pk,
            today=self.today,
            reason="the other one was meant",
            actor=ACTOR,
        )
        if moved and all(known.id != moved.pk for known in other.model.events):
            reversal = LoanEvent.objects.get(loan=self.side.loan, data__event=event.id)
            self.happened(reversal.pk, "REVERSAL", event.on, event=event.id)
            with self._at(other.loan.pk):
                self.happened(moved.pk, "PAYMENT", event.on, event.amount)

    # What must hold after every step

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        if not self.sides:
            return
        self.steps += 1
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(
                "SELECT COALESCE(SUM(CASE side WHEN 'D' THEN 1 ELSE -1 END * amount_minor), 0) FROM ledger_posting"
            )
            assert cursor.fetchone() == (0,)
        for place in sorted(self.touched | {self.current}):
            side = self.sides[place]
            check(side.loan)
            self._days_agree(side)
        self.touched.clear()

    def _days_agree(self, side: Side) -> None:
        """Look at the stored loan, at today, at any day, and at any day as it was known at any moment."""
        first = side.model.rules.starts_on
        past = first + timedelta(days=self.steps * 37 % ((self.today - first).days + 1))
        live = {day.as_of: day for day in loan_by_day(side.loan, first=past, last=self.today)}
        for day, state in side.model.by_day(self.today):
            if day in (past, self.today):
                _agrees(live[day], state)
        explain_credit(side.model, state)
        _receipts_agree(side.loan, state)
        self._stored_agrees(side)
        known = 1 + self.steps * 5 % len(side.posted_at)
        if known < len(side.posted_at):
            then = loan_on(side.loan, as_of=past, known_at=side.posted_at[known])
            assert then is not None
            _agrees(then, side.model.on(past, known=known))

    def _stored_agrees(self, side: Side) -> None:
        loaded = load(Loan.objects.get(pk=side.loan.pk))
        through = loaded.balance.accrued_through
        state = side.model.on(max(self.today, through), charged_through=through)
        # A loan that is charged off goes on counting the days, so only its figures are compared.
        position = _with_interest(loaded.position, loaded.contract, self.today)
        assert figures_of_live(position, loaded.contract) == figures_of_model(state)
        assert loaded.balance.penalty_charged_minor == state.penalty_charged

    # Doing it

    def perform(self, kind: str, on: date, amount: int, more: dict[str, Any], *, has_arrived: bool) -> int | None:
        if kind in MONEY:
            return self._receive(kind, on, amount, more, has_arrived=has_arrived)
        if kind == "REVERSAL":
            return self._reverse(on, more["event"])
        service, day_name = ACTS[kind]
        given: dict[str, Any] = {day_name: on, **_call(kind, amount, more)}
        if kind == "REFUND":
            given["reference"] = f"REF-{self.steps}-{len(self.model.events)}"
        done = self._book(service, loan_id=self.side.loan.pk, today=self.today, reason="why", actor=ACTOR, **given)
        return self._newest() if done else None

    def _receive(self, kind: str, on: date, amount: int, more: dict[str, Any], *, has_arrived: bool) -> int | None:
        payment = self._book(
            receive_payment,
            loan_id=self.side.loan.pk,
            amount_minor=amount,
            received_on=on,
            today=self.today,
            reference=f"PAY-{self.steps}-{len(self.model.events)}",
            channel=Channel.CASH_DESK,
            actor=ACTOR,
            kind=kind,
            has_arrived=has_arrived,
            **more,
        )
        return payment.pk if payment else None

    def _reverse(self, on: date, event_id: int) -> int | None:
        event = LoanEvent.objects.get(pk=event_id)
        if on == event.effective_on:
            done = self._book(undo_event, event_id=event_id, today=self.today, reason="a mistake", actor=ACTOR)
            return done.pk if done else None
        payment = Payment.objects.get(pk=event_id)
        given = {"reference": payment.reference, "returned_on": on, "reason": "bounced"}
        done = self._book(return_payment, today=self.today, actor=ACTOR, **given)
        return None if payment.is_returned or not done else self._newest()

    def _newest(self) -> int:
        return LoanEvent.objects.filter(loan=self.side.loan).latest("id").pk

    def _book(self, service: Callable[..., Any], **given: Any) -> Any:
        """Call a service; a refusal has a stable code and leaves nothing behind."""
        before = self._traces()
        try:
            with transaction.atomic():
                return service(**given)
        except DomainError as error:
            refusal = error
        note(f"refused: {refusal.code} {refusal}")
        assert refusal.code in REFUSALS | OF_PAIRS
        assert self._traces() == before
        return None

    def _traces(self) -> tuple[Any, ...]:
        counts = ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in WRITTEN)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {counts}, (SELECT array_agg(one::text ORDER BY loan_id) FROM repayments_loanbalance AS one)"
                ", (SELECT array_agg(status ORDER BY id) FROM loans_loan)"
            )
            return tuple(cursor.fetchone())

    def happened(self, event_id: int, kind: str, on: date, amount: int = 0, /, **more: Any) -> None:
        super().happened(event_id, kind, on, amount, **more)
        self.side.posted_at.append(LoanEvent.objects.values_list("posted_at", flat=True).get(pk=event_id))
        self.touched.add(self.current)

    @contextmanager
    def _at(self, loan_id: int) -> Iterator[None]:
        """Let things happen to one of the loans, then go on with the one before."""
        before = self.current
        self._turn_to(next(place for place, side in enumerate(self.sides) if side.loan.pk == loan_id))
        yield
        self._turn_to(before)

    def _turn_to(self, place: int) -> None:
        self.current, self.model = place, self.sides[place].model


def _call(kind: str, amount: int, more: dict[str, Any]) -> dict[str, Any]:
    """Return what the service of an act takes beside loan, day and reason."""
    match kind:
        case "RESTRUCTURE":
            return {"terms": {"count": more["count"], "annual_rate": str(_decimal(more["annual_rate"]))}}
        case "RATE_CHANGE":
            return {"annual_rate": _decimal(more["annual_rate"])}
        case "WAIVER":
            return {"amount_minor": amount, "component": Component(more["component"])}
        case "SALE":
            return {"price_minor": amount, "buyer": "B"}
    return {"amount_minor": amount, **more} if amount else more


def _decimal(rate: Fraction) -> Decimal:
    return Decimal(rate.numerator) / rate.denominator


def _with_interest(position: Position, contract: Contract, day: date) -> Position:
    if contract.interest_basis is InterestBasis.DAILY and position.status is Status.ACTIVE:
        return accrue_interest(position, contract, day)
    return position


def _agrees(live: LoanOnDay, state: reference.State) -> None:
    figures = figures_of_live(_with_interest(live.position, live.contract, live.as_of), live.contract)
    assert figures == figures_of_model(state)
    refuse_negative(figures)
    assert live.arrears.days_past_due == state.days_past_due(live.as_of)
    assert live.effective_days_past_due == state.effective_days_past_due(live.as_of)


def _receipts_agree(loan: Loan, state: reference.State) -> None:
    nothing = dict.fromkeys((*PARTS, "penalty", "credit"), 0)
    for payment in Payment.objects.filter(loan=loan, is_returned=False):
        parts = {name: getattr(payment, f"{name}_minor") for name in (*PARTS, "penalty")}
        assert parts | {"credit": payment.unapplied_minor} == nothing | state.receipts[payment.pk]


class TestAnyLifeOfALoan:
    @pytest.mark.usefixtures("rules")
    def test_is_what_the_reference_model_says(self):
        run_state_machine_as_test(
            LoanLife,
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                derandomize=False,
                phases=(Phase.generate, Phase.shrink) if SHRINKS else (Phase.generate,),
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
