"""Every act of staff: its preview is its booking, leaves nothing behind, and can be taken back."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from dashu.ledger.models import Posting
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from repayments.services.acting import ReasonMissing
from repayments.services.acts import ACTS, UNDO, Doing, act_of, undoable
from repayments.services.perform_act import LoanChanged, book_or_submit, booked_since, preview_act
from repayments.services.previewing import observe, preview, snapshot
from tests import factories
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_restate import check

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 20)
DOING = Doing(TODAY, ACTOR)


@pytest.fixture
def late(amina):
    """Paid the second installment late and in part, caught up with the third, and nothing since."""
    loan = factories.running_loan(amina)
    pay(loan, 1100_16, date(2026, 2, 15), reference="FIRST")
    pay(loan, 700_00, date(2026, 3, 20), reference="PART")
    pay(loan, 1600_00, date(2026, 4, 18), reference="THIRD")
    return loan


@pytest.fixture
def other(amina, late):
    return factories.running_loan(amina)


@pytest.fixture
def ada(rules, administrator):
    """An administrator, who may do every act, some of them with a second person only."""
    return administrator


# One good example of each act, for the loan `late`; `other` is a second loan of the same borrower.
EXAMPLES: Mapping[str, dict[str, str]] = {
    "correct_payment": {"payment": "PART", "amount": "900", "date": "2026-03-16"},
    "apply_to_installment": {"payment": "PART", "installment": "4"},
    "move_payment": {"payment": "PART", "to_loan": "OTHER"},
    "return_payment": {"payment": "THIRD", "date": "2026-05-02"},
    "charge_fee": {"fee": "notary", "amount": "50.00", "date": "2026-05-10"},
    "refund_credit": {"amount": "20", "date": "2026-06-01", "reference": "OUT-1"},
    "waive_amount": {"component": "interest", "amount": "100", "date": "2026-05-20"},
    "extend_loan": {"months": "2", "date": "2026-05-01"},
    "pause_count": {"date": "2026-05-20"},
    "resume_count": {"date": "2026-06-10"},
    "arrears_plan": {"over": "3", "date": "2026-05-28"},
    "restructure_loan": {"count": "24", "rate": "12", "date": "2026-06-15"},
    "change_rate": {"rate": "12.5", "date": "2026-05-03"},
    "change_due_day": {"due_day": "20", "date": "2026-06-01"},
    "charge_off_loan": {"date": "2026-06-10"},
    "write_off_loan": {"date": "2026-06-10"},
    "sell_loan": {"amount": "5000", "buyer": "Acme", "date": "2026-06-10"},
}


def made_ready(code: str, loan: Loan) -> None:
    """Bring the loan to where the act makes sense."""
    if code == "refund_credit":
        owed = sum(loan.installments.filter(is_current=True).values_list("unpaid_minor", flat=True))
        pay(loan, owed + 40_000, date(2026, 5, 30), reference="TOO-MUCH")
    if code == "resume_count":
        perform("pause_count", loan, {"date": "2026-05-20"})


def payload(code: str, other: Loan, **changes: str) -> dict[str, str]:
    given = {**EXAMPLES[code], "reason": "agreed by phone", **changes}
    return {name: other.number if text == "OTHER" else text for name, text in given.items()}


def perform(code: str, loan: Loan, given: dict[str, str]) -> Any:
    loan.refresh_from_db()
    act = act_of(code)
    return act.perform(loan, act.read({"reason": "agreed by phone", **given}, loan), DOING)


def accrue_to_today(loan: Loan) -> None:
    """Bring every day up to yesterday into the books, so that an act adds nothing but itself."""
    loan.refresh_from_db()
    if loan.status == Loan.Status.ACTIVE:
        fee = perform("charge_fee", loan, {"fee": "notary", "amount": "1", "date": TODAY.isoformat()})
        perform("undo", loan, {"event": str(fee.pk)})


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def shown(loan: Loan) -> Any:
    return snapshot(Loan.objects.get(pk=loan.pk), today=TODAY)


class TestPreview:
    @pytest.mark.parametrize("code", ACTS)
    def test_is_the_booking_line_by_line(self, code, late, other, ada):
        made_ready(code, late)
        act, given = ACTS[code], payload(code, other)
        late.refresh_from_db()
        values = act.read(given, late)
        touched = act.loans(late, values)
        newest = max(Posting.objects.values_list("pk", flat=True))
        before = {loan_id: shown(Loan.objects.get(pk=loan_id)) for loan_id in touched}

        seen = preview_act(act, loan=late, payload=given, today=TODAY, user=ada)
        with transaction.atomic():
            booked = observe(touched, partial(act.perform, late, values, DOING), today=TODAY)

        assert [change.after for change in seen.preview.loans] == [change.after for change in booked]
        assert [change.entries for change in seen.preview.loans] == [change.entries for change in booked]
        assert [change.told for change in seen.preview.loans] == [change.told for change in booked]
        assert [change.events for change in seen.preview.loans] == [change.events for change in booked]
        for change in seen.preview.loans:
            loan = Loan.objects.get(pk=change.before.loan_id)
            assert change.before == before[loan.pk]
            assert change.after == shown(loan)
            posted = Posting.objects.filter(loan_id=loan.pk, pk__gt=newest).order_by("pk")
            assert [(line.account, line.debit_minor + line.credit_minor) for line in change.entries] == list(
                posted.values_list("account_id", "amount_minor")
            )
            check(loan)

    @pytest.mark.parametrize("code", ACTS)
    def test_leaves_nothing_behind(self, code, late, other, ada, django_capture_on_commit_callbacks):
        made_ready(code, late)
        late.refresh_from_db()
        before, rows, status = shown(late), counts(), late.status

        with django_capture_on_commit_callbacks() as announced:
            preview_act(ACTS[code], loan=late, payload=payload(code, other), today=TODAY, user=ada)

        late.refresh_from_db()
        assert (counts(), shown(late), late.status) == (rows, before, status)
        assert announced == []
        check(late)

    def test_refuses_with_the_words_of_the_service(self, late, other):
        rows = counts()

        with pytest.raises(ReasonMissing):
            preview(
                [late.pk], lambda: ACTS["pause_count"].perform(late, {"date": TODAY, "reason": " "}, DOING), today=TODAY
            )

        assert counts() == rows

    @pytest.mark.parametrize("seed", range(4))
    def test_is_the_booking_whatever_came_before(self, seed, late, other):
        chance = random.Random(seed)
        codes = [code for code in ACTS if code not in ("refund_credit", "write_off_loan", "sell_loan", "resume_count")]
        for _turn in range(4):
            code = chance.choice(codes)
            given = payload(code, other)
            if "date" in given:
                given["date"] = (date(2026, 4, 20) + timedelta(days=chance.randrange(60))).isoformat()
            late.refresh_from_db()
            act = ACTS[code]
            try:
                values = act.read(given, late)
                seen = preview(act.loans(late, values), partial(act.perform, late, values, DOING), today=TODAY)
            except Exception as refusal:
                with pytest.raises(type(refusal)), transaction.atomic():
                    act.perform(late, act.read(given, late), DOING)
                continue
            act.perform(late, values, DOING)
            assert [change.after for change in seen.loans] == [
                shown(Loan.objects.get(pk=change.before.loan_id)) for change in seen.loans
            ]
            check(late)


class TestUndo:
    @pytest.mark.parametrize("code", ACTS)
    def test_brings_every_balance_back(self, code, late, other):
        made_ready(code, late)
        for loan in (late, other):
            accrue_to_today(loan)
        before, before_other = shown(late), shown(other)
        newest = LoanEvent.objects.latest("pk").pk
        perform(code, late, payload(code, other))
        assert shown(late) != before or code in ("pause_count", "resume_count")

        for event in LoanEvent.objects.filter(pk__gt=newest).exclude(kind="REVERSAL").order_by("-pk"):
            perform("undo", event.loan, {"event": str(event.pk)})
        for event in LoanEvent.objects.filter(pk__gt=newest, kind="REVERSAL").order_by("pk"):
            if Payment.objects.filter(pk=event.data["event"], event__pk__lte=newest).exists():
                perform("undo", event.loan, {"event": str(event.pk)})

        assert (shown(late).figures, shown(late).rows) == (before.figures, before.rows)
        # Until the day of its return a payment was there; booked again from its own day, it was there twice.
        assert code == "return_payment" or shown(late).books == before.books
        assert shown(other) == before_other
        check(late)
        check(other)

    def test_shows_its_own_diff_first(self, late, other, ada):
        fee = perform("charge_fee", late, {"fee": "notary", "amount": "50", "date": "2026-05-10"})

        seen = preview_act(
            UNDO, loan=late, payload={"event": str(fee.pk), "reason": "a mistake"}, today=TODAY, user=ada
        )

        [change] = seen.preview.loans
        assert (change.before.figures["fee_due"], change.after.figures["fee_due"]) == (50_00, 0)
        assert change.events == (("REVERSAL", date(2026, 5, 10), 50_00),)

    def test_is_offered_for_what_can_be_undone_only(self, late):
        first, part, third = Payment.objects.order_by("pk")
        perform("return_payment", late, {"payment": "THIRD", "date": "2026-05-02"})
        fee = perform("charge_fee", late, {"fee": "notary", "amount": "50", "date": "2026-05-10"})
        perform("undo", late, {"event": str(fee.pk)})
        returned = LoanEvent.objects.get(kind="REVERSAL", data__event=third.pk)

        offered = [event.pk for event in undoable(list(LoanEvent.objects.filter(loan=late).order_by("pk")))]

        assert offered == [first.pk, part.pk, returned.pk]

    def test_of_anothers_event_is_refused(self, late, other):
        fee = perform("charge_fee", other, {"fee": "notary", "amount": "50", "date": "2026-05-10"})

        with pytest.raises(Exception, match="There is no such event"):
            perform("undo", late, {"event": str(fee.pk)})


class TestConfirmation:
    def test_books_what_was_seen(self, late, other, ada):
        given = payload("charge_fee", other)
        seen = preview_act(ACTS["charge_fee"], loan=late, payload=given, today=TODAY, user=ada)

        book_or_submit(ACTS["charge_fee"], loan=late, payload=given, token=seen.token, today=TODAY, user=ada)

        assert shown(late) == seen.preview.loans[0].after

    @pytest.mark.parametrize("change", ["event", "amount", "day", "token"])
    def test_of_something_else_books_nothing(self, change, late, other, ada):
        act, given = ACTS["charge_fee"], payload("charge_fee", other)
        token = preview_act(act, loan=late, payload=given, today=TODAY, user=ada).token
        today = TODAY
        if change == "event":
            pay(late, yuan(10), TODAY, reference="MEANWHILE")
        elif change == "amount":
            given["amount"] = "500.00"
        elif change == "day":
            today = TODAY + timedelta(days=1)
        else:
            token = "x" + token
        rows = counts()

        with pytest.raises(LoanChanged):
            book_or_submit(act, loan=late, payload=given, token=token, today=today, user=ada)

        assert counts() == rows

    def test_twice_books_once_and_says_what_came_between(self, late, other, ada):
        act, given = ACTS["charge_fee"], payload("charge_fee", other)
        token = preview_act(act, loan=late, payload=given, today=TODAY, user=ada).token
        book_or_submit(act, loan=late, payload=given, token=token, today=TODAY, user=ada)

        with pytest.raises(LoanChanged):
            book_or_submit(act, loan=late, payload=given, token=token, today=TODAY, user=ada)

        assert booked_since(token) == [LoanEvent.objects.get(kind="FEE")]
        assert booked_since("broken") == []
