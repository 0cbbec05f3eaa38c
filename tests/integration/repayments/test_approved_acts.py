"""Acts that the table of authority rules: done within one's own bounds, else asked for and booked by another's word."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.presenting import lines_of
from dashu.approvals.previews import fingerprint, present_preview
from dashu.approvals.services.decide import AlreadyDecided, OwnRequest, RequestChanged, approve, decline, withdraw
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.reconciliation import differences
from repayments.services.acts import UNDO, act_of
from repayments.services.perform_act import LoanChanged, NeedsApproval, book_or_submit, perform_alone, preview_act
from repayments.services.previewing import snapshot
from repayments.services.undo_event import CannotBeUndone
from tests import factories
from tests.factories import pay, yuan
from tests.integration.repayments.test_concurrent_writes import at_once

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 20)
WHY = {"reason": "agreed by phone"}


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Two of each role that the table names, by role and by role and "2"."""
    roles = (User.Role.COLLECTOR, User.Role.SUPERVISOR, User.Role.ACCOUNTANT, User.Role.ADMIN)
    names = [f"{role}{number}" for role in roles for number in ("", "2")]
    return {name: factories.staff(name.capitalize(), name.removesuffix("2")) for name in names}


@pytest.fixture
def owed(amina) -> Loan:
    """60,000 yuan at 18%, of which nothing was ever paid: 5 installments are overdue, with a fee and penalty."""
    loan = factories.running_loan(amina, principal=60_000_00)
    act = act_of("charge_fee")
    fee = {"fee": "notary", "amount": "400", "date": "2026-02-20", **WHY}
    seen = preview_act(act, loan=loan, payload=fee, today=TODAY, user=factories.staff("Fay", User.Role.ACCOUNTANT))
    book_or_submit(
        act, loan=loan, payload=fee, token=seen.token, today=TODAY, user=User.objects.get(email="fay@example.com")
    )
    return loan


def waiver(component: str, amount: str, on: str = "2026-06-19") -> dict[str, str]:
    return {"component": component, "amount": amount, "date": on, **WHY}


def do(code: str, loan: Loan, given: Mapping[str, str], user: User, *, today: date = TODAY) -> ApprovalRequest | None:
    """Look and confirm, as the page of an act does."""
    loan.refresh_from_db()
    about: dict[str, Any] = {"loan": loan, "payload": given, "today": today, "user": user}
    seen = preview_act(act_of(code), **about)
    asked = book_or_submit(act_of(code), token=seen.token, **about)
    assert (seen.needs is not None) == (asked is not None and asked.status == "PENDING")
    return asked


def say_yes(asked: ApprovalRequest, user: User, *, today: date = TODAY) -> ApprovalRequest:
    return approve(request_id=asked.pk, user=user, today=today, seen=fingerprint(asked, today=today))


def shown(loan: Loan) -> Any:
    return snapshot(Loan.objects.get(pk=loan.pk), today=TODAY)


def events(kind: str) -> int:
    return LoanEvent.objects.filter(kind=kind).count()


END = {"date": "2026-06-19", **WHY}
SALE = {"amount": "5000", "buyer": "Acme", **END}


class TestOwnAuthority:
    @pytest.mark.parametrize(
        ("role", "component", "amount"),
        [
            ("COLLECTOR", "penalty", "200"),
            ("COLLECTOR", "fee", "100"),
            ("SUPERVISOR", "penalty", "250"),
            ("SUPERVISOR", "interest", "1000"),
            ("ADMIN", "fee", "400"),
        ],
    )
    def test_up_to_its_bound_books_at_once_and_stays_on_record(self, owed, people, role, component, amount):
        asked = do("waive_amount", owed, waiver(component, amount), people[role])

        event = LoanEvent.objects.get(kind="WAIVER")
        assert (event.amount_minor, event.actor) == (int(amount) * 100, f"user:{people[role].pk}")
        assert (asked.status, asked.is_alone, asked.kind) == ("APPROVED", True, f"waiver.{component}")
        assert asked.result == {"events": [event.pk]}
        assert differences() == []

    @pytest.mark.parametrize(
        ("role", "code", "given", "kind", "amount"),
        [
            ("COLLECTOR", "waive_amount", waiver("penalty", "200.01"), "waiver.penalty", 200_01),
            ("COLLECTOR", "waive_amount", waiver("interest", "0.01"), "waiver.interest", 1),
            ("COLLECTOR", "waive_amount", waiver("fee", "100.01"), "waiver.fee", 100_01),
            ("SUPERVISOR", "waive_amount", waiver("interest", "1000.01"), "waiver.interest", 1000_01),
            ("SUPERVISOR", "waive_amount", waiver("principal", "0.01"), "waiver.principal", 1),
            ("ADMIN", "waive_amount", waiver("principal", "1"), "waiver.principal", 1_00),
            ("ACCOUNTANT", "charge_off_loan", END, "charge_off", None),
            ("ADMIN", "charge_off_loan", END, "charge_off", None),
            ("ACCOUNTANT", "write_off_loan", END, "write_off", None),
            ("ACCOUNTANT", "sell_loan", SALE, "sale", None),
        ],
    )
    def test_above_its_bound_asks_and_books_nothing(self, owed, people, role, code, given, kind, amount):
        before, written = shown(owed), LoanEvent.objects.count()
        claim = before.figures["payoff"]

        asked = do(code, owed, given, people[role])

        assert (asked.status, asked.kind, asked.loan_id, asked.reason) == ("PENDING", kind, owed.pk, WHY["reason"])
        assert asked.amount_minor == (claim if amount is None else amount)
        assert (shown(owed), LoanEvent.objects.count()) == (before, written)

    def test_claim_is_more_than_the_price_of_its_sale(self, owed, people):
        asked = do("sell_loan", owed, SALE, people["ACCOUNTANT"])

        assert asked.amount_minor == shown(owed).figures["payoff"] > yuan(60_000)

    def test_is_not_passed_in_parts(self, owed, people):
        parts = [do("waive_amount", owed, waiver("penalty", "100"), people["COLLECTOR"]) for _part in range(3)]

        assert [part.status for part in parts] == ["APPROVED", "APPROVED", "PENDING"]
        assert do("waive_amount", owed, waiver("fee", "100"), people["COLLECTOR"]).is_alone
        assert do("waive_amount", owed, waiver("penalty", "50"), people["SUPERVISOR"]).is_alone
        tomorrow = TODAY + timedelta(days=1)
        assert do("waive_amount", owed, waiver("penalty", "20"), people["COLLECTOR"], today=tomorrow).is_alone

    def test_of_a_role_that_is_not_named_asks_for_nothing(self, owed, people):
        with pytest.raises(NotAuthorized):
            do("waive_amount", owed, waiver("principal", "1"), people["COLLECTOR"])

        assert ApprovalRequest.objects.exists() is False

    def test_says_nothing_of_other_acts(self, owed, people):
        assert do("charge_fee", owed, {"fee": "notary", "amount": "30", **END}, people["ACCOUNTANT"]) is None

        assert events("FEE") == 2
        assert ApprovalRequest.objects.exists() is False


class TestAsking:
    def test_of_the_same_preview_twice_asks_once(self, owed, people):
        about = {"loan": owed, "payload": END, "today": TODAY, "user": people["ACCOUNTANT"]}
        token = preview_act(act_of("charge_off_loan"), **about).token

        first, second = (book_or_submit(act_of("charge_off_loan"), token=token, **about) for _time in range(2))

        assert first == second == ApprovalRequest.objects.get()

    def test_again_after_a_refusal_is_a_new_request(self, owed, people):
        declined = do("charge_off_loan", owed, END, people["ACCOUNTANT"])
        decline(request_id=declined.pk, user=people["ADMIN"], today=TODAY, note="not yet")

        again = do("charge_off_loan", owed, END, people["ACCOUNTANT"])

        assert (again.pk != declined.pk, again.status) == (True, "PENDING")

    def test_on_an_older_preview_asks_for_nothing(self, owed, people):
        about = {"loan": owed, "payload": END, "today": TODAY, "user": people["ACCOUNTANT"]}
        token = preview_act(act_of("charge_off_loan"), **about).token
        pay(owed, yuan(10), TODAY)

        with pytest.raises(LoanChanged):
            book_or_submit(act_of("charge_off_loan"), token=token, **about)

        assert ApprovalRequest.objects.exists() is False

    def test_keeps_what_the_person_saw(self, owed, people):
        asked = do("charge_off_loan", owed, END, people["ACCOUNTANT"])

        figures, schedule, ledger, _told = asked.preview
        assert ["changed", "status", "Running", "Charged off", ""] in figures["rows"]
        assert len(schedule["rows"]) == 12
        assert [row[1:5] for row in ledger["rows"] if "Loan principal" in row[1]] == [
            ["1301.01 Loan principal, consumer loans", "¥0.00", "", "¥60,000.00"]
        ]
        assert present_preview(asked, today=TODAY) == asked.preview


class TestApproval:
    @pytest.mark.parametrize(
        ("maker", "code", "given", "checker", "kind"),
        [
            ("COLLECTOR", "waive_amount", waiver("penalty", "250"), "SUPERVISOR", "WAIVER"),
            ("COLLECTOR", "waive_amount", waiver("interest", "300"), "SUPERVISOR2", "WAIVER"),
            ("COLLECTOR", "waive_amount", waiver("fee", "300"), "ADMIN", "WAIVER"),
            ("SUPERVISOR", "waive_amount", waiver("principal", "300"), "ADMIN", "WAIVER"),
            ("ACCOUNTANT", "charge_off_loan", END, "ADMIN", "CHARGE_OFF"),
            ("ADMIN", "write_off_loan", END, "ADMIN2", "WRITE_OFF"),
            ("ACCOUNTANT", "sell_loan", SALE, "ADMIN", "SALE"),
        ],
    )
    def test_books_once_what_was_seen_in_the_maker_s_name(self, owed, people, maker, code, given, checker, kind):
        asked = do(code, owed, given, people[maker])
        about = {"loan": owed, "payload": given, "today": TODAY, "user": people[maker]}
        expected = preview_act(act_of(code), **about).preview.loans[0].after

        done = say_yes(asked, people[checker])
        again = say_yes(asked, people[checker])

        assert (done.status, again.status, events(kind)) == ("APPROVED", "APPROVED", 1)
        event = LoanEvent.objects.get(kind=kind)
        assert (event.actor, done.result) == (f"user:{people[maker].pk}", {"events": [event.pk]})
        assert (done.checker, shown(owed)) == (people[checker], expected)
        assert differences() == []

    @pytest.mark.parametrize(
        ("maker", "code", "given", "checker"),
        [
            ("COLLECTOR", "waive_amount", waiver("penalty", "250"), "COLLECTOR2"),
            ("COLLECTOR", "waive_amount", waiver("penalty", "250"), "ACCOUNTANT"),
            ("ADMIN", "waive_amount", waiver("principal", "300"), "SUPERVISOR"),
            ("ACCOUNTANT", "charge_off_loan", END, "SUPERVISOR"),
            ("ACCOUNTANT", "write_off_loan", END, "ACCOUNTANT2"),
            ("ADMIN", "sell_loan", SALE, "ACCOUNTANT"),
        ],
    )
    def test_above_the_checker_s_authority_books_nothing(self, owed, people, maker, code, given, checker):
        asked = do(code, owed, given, people[maker])
        written = LoanEvent.objects.count()

        with pytest.raises(NotAuthorized):
            say_yes(asked, people[checker])

        assert LoanEvent.objects.count() == written

    @pytest.mark.parametrize("role", ["ADMIN", "SUPERVISOR"])
    def test_of_one_s_own_request_is_refused(self, owed, people, role):
        asked = do("waive_amount", owed, waiver("principal", "5"), people[role])

        with pytest.raises(OwnRequest):
            say_yes(asked, people[role])

        assert events("WAIVER") == 0

    @pytest.mark.parametrize("end", ["declined", "withdrawn"])
    def test_that_is_not_given_books_nothing(self, owed, people, end):
        before = shown(owed)
        asked = do("write_off_loan", owed, END, people["ACCOUNTANT"])

        if end == "declined":
            decline(request_id=asked.pk, user=people["ADMIN"], today=TODAY, note="they pay again")
        else:
            withdraw(request_id=asked.pk, user=people["ACCOUNTANT"])

        with pytest.raises(AlreadyDecided):
            say_yes(asked, people["ADMIN2"])
        assert (shown(owed), events("WRITE_OFF")) == (before, 0)

    def test_on_an_older_look_at_the_loan_is_refused(self, owed, people):
        asked = do("charge_off_loan", owed, END, people["ACCOUNTANT"])
        seen = fingerprint(asked, today=TODAY)
        pay(owed, yuan(10), TODAY)

        with pytest.raises(RequestChanged) as refusal:
            approve(request_id=asked.pk, user=people["ADMIN"], today=TODAY, seen=seen)

        assert (refusal.value.code, events("CHARGE_OFF")) == ("request_changed", 0)
        assert say_yes(asked, people["ADMIN"]).status == "APPROVED"

    def test_of_what_is_no_longer_possible_fails_with_its_refusal(self, owed, people):
        asked = do("waive_amount", owed, waiver("fee", "300"), people["COLLECTOR"])
        do("waive_amount", owed, waiver("fee", "400"), people["ADMIN"])

        failed = approve(request_id=asked.pk, user=people["SUPERVISOR"], today=TODAY)

        assert (failed.status, failed.result["code"], events("WAIVER")) == ("FAILED", "event_refused", 1)

    def test_needs_authority_over_what_the_claim_has_become(self, amina, people):
        loan = factories.running_loan(amina, principal=48_000_00)
        on = date(2026, 2, 10)
        asked = do("charge_off_loan", loan, {"date": "2026-02-09", **WHY}, people["ACCOUNTANT"], today=on)
        later = on + timedelta(days=14)
        assert asked.amount_minor < yuan(50_000)
        for _time in range(6):
            fee = {"fee": "notary", "amount": "500", "date": "2026-02-11", **WHY}
            do("charge_fee", loan, fee, people["ACCOUNTANT"], today=later)

        with pytest.raises(NotAuthorized):
            say_yes(asked, people["SUPERVISOR"], today=later)

        assert say_yes(asked, people["ADMIN"], today=later).status == "APPROVED"


class TestUndo:
    def test_within_own_authority_books_at_once(self, owed, people):
        do("waive_amount", owed, waiver("penalty", "200"), people["COLLECTOR"])
        undo = {"event": str(LoanEvent.objects.get(kind="WAIVER").pk), **WHY}

        asked = do("undo", owed, undo, people["COLLECTOR2"])

        assert (asked.is_alone, asked.kind, asked.amount_minor) == (True, "undo.waiver.penalty", 200_00)
        assert events("REVERSAL") == 1

    @pytest.mark.parametrize(
        ("code", "given", "maker", "checker", "kind"),
        [
            ("waive_amount", waiver("interest", "2000"), "SUPERVISOR", "SUPERVISOR2", "undo.waiver.interest"),
            ("charge_off_loan", END, "ACCOUNTANT", "ADMIN", "undo.charge_off"),
            ("write_off_loan", END, "ACCOUNTANT", "ADMIN", "undo.write_off"),
            ("sell_loan", SALE, "ACCOUNTANT", "ADMIN", "undo.sale"),
        ],
    )
    def test_above_it_waits_for_as_much_authority_as_the_act(self, owed, people, code, given, maker, checker, kind):
        before = shown(owed).figures
        done = say_yes(do(code, owed, given, people[maker]), people[checker])
        undo = {"event": str(done.result["events"][0]), **WHY}

        asked = do("undo", owed, undo, people[maker])

        assert (asked.status, asked.kind, events("REVERSAL")) == ("PENDING", kind, 0)
        assert asked.amount_minor == (2000_00 if "waiver" in kind else before["payoff"])
        assert say_yes(asked, people[checker]).status == "APPROVED"
        assert shown(owed).figures == before
        assert differences() == []

    def test_of_what_was_undone_before_cannot_be_asked_for(self, owed, people):
        do("waive_amount", owed, waiver("penalty", "200"), people["COLLECTOR"])
        undo = {"event": str(LoanEvent.objects.get(kind="WAIVER").pk), **WHY}
        do("undo", owed, undo, people["COLLECTOR"])

        with pytest.raises(CannotBeUndone):
            do("undo", owed, undo, people["COLLECTOR"])


class TestRefundOfStaff:
    def test_waits_for_another_person_whatever_its_amount(self, amina, people):
        loan = factories.running_loan(amina)
        pay(loan, yuan(12_250), loan.starts_on, kind="SETTLEMENT")
        refund = {"amount": "100", "date": str(loan.starts_on), "reference": "OUT-1", **WHY}

        with pytest.raises(NotAuthorized):
            do("refund_credit", loan, refund, people["SUPERVISOR"])
        asked = do("refund_credit", loan, refund, people["ADMIN"])

        assert (asked.status, asked.kind, events("REFUND")) == ("PENDING", "refund_credit", 0)
        assert say_yes(asked, people["ACCOUNTANT"]).status == "APPROVED"
        assert LoanEvent.objects.get(kind="REFUND").data["reference"] == "OUT-1"


class TestAlone:
    def test_books_within_bounds_and_refuses_with_a_code_above(self, owed, people):
        about: dict[str, Any] = {"loan": owed, "today": TODAY, "user": people["SUPERVISOR"]}
        act = act_of("waive_amount")

        [event] = perform_alone(act, payload=waiver("fee", "300"), key="one", **about)
        with pytest.raises(NeedsApproval) as refusal:
            perform_alone(act, payload=waiver("interest", "1000.01"), key="two", **about)

        assert (refusal.value.code, refusal.value.http_status) == ("needs_approval", 403)
        assert list(LoanEvent.objects.filter(kind="WAIVER").values_list("pk", flat=True)) == [event]
        assert [asked.is_alone for asked in ApprovalRequest.objects.all()] == [True]

    def test_undo_of_what_needs_another_person_is_refused(self, owed, people):
        done = say_yes(do("charge_off_loan", owed, END, people["ACCOUNTANT"]), people["ADMIN"])
        undo = {"event": str(done.result["events"][0]), **WHY}

        with pytest.raises(NeedsApproval):
            perform_alone(UNDO, loan=owed, payload=undo, today=TODAY, user=people["ACCOUNTANT"], key="one")

        assert events("REVERSAL") == 0


class TestInbox:
    def test_describes_requests_without_a_query_each(self, owed, people):
        for given in (waiver("principal", "5"), waiver("interest", "2000")):
            do("waive_amount", owed, given, people["SUPERVISOR"])
        do("sell_loan", owed, SALE, people["ACCOUNTANT"])
        requests = list(ApprovalRequest.objects.order_by("pk"))

        with CaptureQueriesContext(connection) as queries:
            sentences = [line.sentence for line in lines_of(requests)]

        claim = f"¥{requests[2].amount_minor / 100:,.2f}"
        assert sentences == [
            f"Waive ¥5.00 of the principal on loan {owed.number}, counted from June 19, 2026.",
            f"Waive ¥2,000.00 of the interest on loan {owed.number}, counted from June 19, 2026.",
            f"Sell the claim of {claim} on loan {owed.number} to Acme for ¥5,000.00, from June 19, 2026.",
        ]
        assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def asked(self) -> ApprovalRequest:
        forget_rules()
        loan = factories.running_loan(factories.borrower("Amina"))
        maker = factories.staff("Helen", User.Role.ACCOUNTANT)
        return do("charge_off_loan", loan, END, maker)

    def test_two_checkers_book_it_once(self, asked):
        checkers = [factories.staff(name, User.Role.SUPERVISOR) for name in ("Sue", "Sam")]

        results = at_once(*[lambda who=who: say_yes(asked, who) for who in checkers])

        assert [type(result) for result in results].count(AlreadyDecided) == 1
        assert (ApprovalRequest.objects.get().status, events("CHARGE_OFF")) == ("APPROVED", 1)
        assert differences() == []

    def test_a_payment_and_an_approval_leave_the_loan_as_it_was_seen_or_nothing(self, asked):
        loan, checker = Loan.objects.get(), factories.staff("Sue", User.Role.SUPERVISOR)
        seen = fingerprint(asked, today=TODAY)

        approved, paid = at_once(
            lambda: approve(request_id=asked.pk, user=checker, today=TODAY, seen=seen),
            lambda: pay(loan, yuan(10), TODAY),
        )

        assert paid.amount_minor == yuan(10)
        booked = [event.kind for event in LoanEvent.objects.filter(pk__gt=asked.payload["newest_event"]).order_by("pk")]
        if isinstance(approved, RequestChanged):
            assert booked == ["PAYMENT"]
        else:
            assert booked == ["CHARGE_OFF", "PAYMENT"]
        assert differences() == []
