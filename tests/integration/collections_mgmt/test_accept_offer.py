"""Relief that is offered, accepted by a code, booked exactly as it was signed, and taken back within its days."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import (
    Arrangement,
    Hold,
    OfferSet,
    OverdueStatus,
    PromiseToPay,
    RestructuringOffer,
    RestructuringPlan,
)
from collections_mgmt.presenting import reason_words
from collections_mgmt.services.arrangements import make_arrangement
from collections_mgmt.services.holds import HoldRefused, end_hold, place_hold
from collections_mgmt.services.promises import note_promise
from collections_mgmt.services.reassess_loan import reassess_loan
from collections_mgmt.services.relief.accept_offer import accept_offer
from collections_mgmt.services.relief.end_offers import decline_offers, take_offers_back
from collections_mgmt.services.relief.offer_codes import OfferOutdated, ask_offer_code
from collections_mgmt.services.relief.quoting import quote_anew
from collections_mgmt.services.relief.withdraw_plan import WithdrawalRefused, withdraw_plan
from collections_mgmt.services.relief.writing import OfferNotOpen, ReliefRefused
from dashu.audit.models import AuditRecord
from dashu.messaging.models import OutboxMessage
from dashu.users.models import Borrower
from loans.models import Loan
from loans.services.signing_codes import CodeExpired, CodeWrong
from repayments.models import Installment, IssuedDocument, IssuedFile, LoanEvent, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.booking import load
from tests import factories
from tests.integration.collections_mgmt.relief_cases import (
    ACTOR,
    DAY,
    FROM_HOME,
    TODAY,
    WAIVED,
    accepted,
    close,
    code_for,
    noon,
    offered,
    plan_for,
    way,
)


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


def demanded(loan: Loan) -> list[tuple[date, int, int]]:
    rows = Installment.objects.filter(loan=loan, is_current=True, unpaid_minor__gt=0).order_by("due_on", "number")
    return [(row.due_on, row.number, row.unpaid_minor) for row in rows]


class TestOffering:
    def test_leaves_the_borrower_in_peace_until_the_last_day_and_tells_them_once(self, loan):
        made = offered(loan)

        assert (made.status, made.made_on, made.last_day) == ("OPEN", TODAY, date(2026, 3, 15))
        hold = Hold.objects.get()
        assert (hold.kind, hold.contact, hold.starts_on, hold.ends_on) == (
            "HARDSHIP_REVIEW",
            "PERSON",
            TODAY,
            date(2026, 3, 15),
        )
        told = OutboxMessage.objects.get(template="collections.offer_made")
        assert told.params == {"reference": made.reference, "accept_on": "2026-03-15"}

    def test_shows_the_schedule_that_a_booking_would_lead_to_and_books_nothing(self, loan):
        before = demanded(loan)
        events = LoanEvent.objects.count()

        found = way(loan)

        assert demanded(loan) == before
        assert LoanEvent.objects.count() == events
        assert found.figures["payments"] == 24
        penalty = found.figures["total_minor"] - sum(sum(row[2:]) for row in found.rows)
        assert penalty == found.figures["total_before_minor"] - sum(row[2] for row in before) == 7_97
        assert found.figures["extra_minor"] == found.figures["total_minor"] - found.figures["total_before_minor"]

    def test_refuses_a_second_one_for_the_loan(self, loan):
        offered(loan)

        with pytest.raises(ReliefRefused, match="open on this loan already"):
            offered(loan)

        assert OfferSet.objects.count() == 1

    def test_refuses_the_loan_of_somebody_else(self, loan, brook):
        Loan.objects.filter(pk=loan.pk).update(borrower=brook)
        with pytest.raises(ReliefRefused):
            offered(loan)

        assert not OfferSet.objects.exists()
        assert not Hold.objects.exists()

    def test_lets_nobody_end_the_hold_while_the_borrower_decides(self, loan):
        offered(loan)

        with pytest.raises(HoldRefused, match="waits for an answer"):
            end_hold(hold_id=Hold.objects.get().pk, ended_on=TODAY, today=TODAY, reason="enough", actor=ACTOR)

        assert Hold.objects.get().ended_on is None


class TestAccepting:
    def test_books_to_the_fen_what_was_offered(self, loan):
        offer = offered(loan).offers.get()

        plan = accepted(offer)

        loan.refresh_from_db()
        kept = [[row.number, row.due_on.isoformat(), row.unpaid_principal, row.unpaid_interest, row.unpaid_fee]
                for row in load(loan).position.installments if row.unpaid]  # fmt: skip
        assert kept == offer.rows
        assert (plan.status, plan.loan_id, plan.accepted_on) == ("ACCEPTED", loan.pk, TODAY)
        assert plan.withdraw_until == TODAY + timedelta(days=7)
        assert [event.kind for event in LoanEvent.objects.filter(pk__in=plan.events)] == ["RESTRUCTURE"]
        assert differences() == []

    def test_ends_the_set_and_its_hold_and_tells_the_borrower(self, loan):
        made = offered(loan, way(loan), way(loan, WAIVED, method="partial_waiver"))

        plan = accepted(made.offers.get(number=2))

        made.refresh_from_db()
        assert made.status == "ACCEPTED"
        assert list(made.offers.values_list("status", flat=True)) == ["LAPSED", "ACCEPTED"]
        assert Hold.objects.get().ended_on == TODAY
        told = OutboxMessage.objects.get(template="collections.offer_accepted")
        assert told.params["withdraw_on"] == "2026-03-08"
        assert told.params["reference"] == plan.reference
        assert not OutboxMessage.objects.filter(template="repayments.loan_changed").exists()

    def test_keeps_the_evidence_and_the_amendment_of_the_contract(self, loan):
        plan = accepted(offered(loan).offers.get())

        paper = IssuedDocument.objects.get()
        assert (paper.kind, paper.language, paper.pk) == ("AMENDMENT", "zh-hans", plan.amendment_id)
        file = IssuedFile.objects.get()
        assert bytes(file.content).startswith(b"%PDF")
        assert paper.facts["evidence_digest"] == plan.evidence_digest
        assert plan.evidence["who"] == {
            "borrower": loan.borrower.number,
            "name": "A****",
            "phone": "138****0000",
        }
        assert plan.evidence["where"] == {"ip": "203.0.113.7", "agent": "A browser"}

    def test_takes_the_place_of_a_promise(self, loan):
        note_promise(loan_id=loan.pk, amount_minor=500_00, due_on=TODAY + DAY, today=TODAY, note="", actor=ACTOR)

        plan_for(loan)

        promise = PromiseToPay.objects.get()
        plan = RestructuringPlan.objects.get()
        assert (promise.status, promise.end_reason) == ("CANCELLED", f"PLAN {plan.reference}")
        assert reason_words(promise.end_reason) == f"the relief plan {plan.reference} takes its place"

    def test_again_returns_the_same_plan(self, loan):
        offer = offered(loan).offers.get()
        plan = accepted(offer)
        events = LoanEvent.objects.count()

        again = accepted(offer, code="000000")

        assert again == plan
        assert LoanEvent.objects.count() == events

    def test_refuses_another_way_of_the_same_set(self, loan):
        made = offered(loan, way(loan), way(loan, WAIVED, method="partial_waiver"))
        accepted(made.offers.get(number=1))

        with pytest.raises((OfferNotOpen, CodeExpired)):
            accepted(made.offers.get(number=2), code="000000")

        assert RestructuringPlan.objects.count() == 1

    def test_counts_a_wrong_code_and_books_nothing(self, loan):
        offer = offered(loan).offers.get()
        code = code_for(offer)
        wrong = "000000" if code != "000000" else "111111"
        events = LoanEvent.objects.count()

        with pytest.raises(CodeWrong) as refusal:
            accepted(offer, code=wrong)

        assert refusal.value.details == {"tries_left": 4}
        assert LoanEvent.objects.count() == events
        assert not RestructuringPlan.objects.exists()

    def test_refuses_after_a_payment_and_quotes_anew(self, loan):
        made = offered(loan)
        offer = made.offers.get()
        code = code_for(offer)
        factories.pay(loan, 500_00, TODAY)
        events = LoanEvent.objects.count()

        with pytest.raises(OfferOutdated):
            accepted(offer, code=code)

        assert LoanEvent.objects.count() == events
        assert not RestructuringPlan.objects.exists()
        anew = made.offers.get()
        assert anew.digest != offer.digest
        assert sum(row[2] for row in anew.rows) == Loan.objects.get(pk=loan.pk).balance.principal_minor

    def test_refuses_the_old_code_for_the_new_figures(self, loan):
        made = offered(loan)
        code = code_for(made.offers.get())
        factories.pay(loan, 500_00, TODAY)
        quote_anew(set_id=made.pk, now=noon(TODAY))

        with pytest.raises(CodeExpired):
            accepted(made.offers.get(), code=code)

        assert not RestructuringPlan.objects.exists()

    def test_of_another_day_is_quoted_anew_and_then_booked_with_the_figures_of_that_day(self, loan):
        made = offered(loan)
        later = TODAY + 3 * DAY
        with pytest.raises(OfferOutdated):
            ask_offer_code(offer_id=made.offers.get().pk, now=noon(later), actor=ACTOR)

        quote_anew(set_id=made.pk, now=noon(later))
        offer = made.offers.get()
        plan = accepted(offer, on=later)

        assert plan.accepted_on == later
        assert offer.rows[0][1] == plan.first_due_on.isoformat()

    def test_refuses_after_the_last_day(self, loan):
        offer = offered(loan).offers.get()

        with pytest.raises(OfferNotOpen):
            ask_offer_code(offer_id=offer.pk, now=noon(date(2026, 3, 16)), actor=ACTOR)

    def test_refuses_what_was_declined(self, loan):
        made = offered(loan)
        decline_offers(set_id=made.pk, now=noon(TODAY), actor=ACTOR)

        with pytest.raises(OfferNotOpen):
            code_for(made.offers.get())

        assert Hold.objects.get().ended_on == TODAY
        assert decline_offers(set_id=made.pk, now=noon(TODAY), actor=ACTOR).status == "DECLINED"

    def test_a_way_that_no_longer_fits_lapses_and_the_set_ends_with_the_last_one(self, loan):
        made = offered(loan, way(loan, WAIVED, method="partial_waiver"))
        factories.pay(loan, 12_000_00, TODAY, kind=LoanEvent.Kind.PAYMENT)
        factories.pay(loan, 3_000_00, TODAY, kind=LoanEvent.Kind.PAYMENT)

        ended = quote_anew(set_id=made.pk, now=noon(TODAY))

        assert (ended.status, made.offers.get().status) == ("TAKEN_BACK", "LAPSED")

    def test_taking_back_needs_a_reason(self, loan):
        made = offered(loan)

        with pytest.raises(ReliefRefused):
            take_offers_back(set_id=made.pk, reason=" ", now=noon(TODAY), actor=ACTOR)

        assert OfferSet.objects.get().is_open


class TestHoldsThatBeginWhileTheBorrowerDecides:
    def place(self, loan: Loan, kind: str) -> Hold:
        return place_hold(
            loan_id=loan.pk, kind=kind, starts_on=TODAY, ends_on=None, today=TODAY, reason="told us", actor=ACTOR
        )

    @pytest.mark.parametrize("kind", ["FRAUD", "DISPUTE", "DECEASED", "BANKRUPTCY", "BREATHING_SPACE"])
    def test_refuse_the_signature_and_new_figures_and_leave_the_offer_open(self, loan, kind):
        made = offered(loan)
        offer = made.offers.get()
        code = code_for(offer)
        hold = self.place(loan, kind)
        events = LoanEvent.objects.count()

        with pytest.raises(OfferNotOpen):
            accepted(offer, code=code)
        with pytest.raises(OfferNotOpen):
            ask_offer_code(offer_id=offer.pk, now=noon(TODAY), actor=ACTOR)
        with pytest.raises(OfferNotOpen):
            quote_anew(set_id=made.pk, now=noon(TODAY + DAY))

        assert LoanEvent.objects.count() == events
        assert not RestructuringPlan.objects.exists()
        made.refresh_from_db()
        assert (made.status, made.quoted_on) == ("OPEN", TODAY)
        end_hold(hold_id=hold.pk, ended_on=TODAY, today=TODAY, reason="settled", actor=ACTOR)
        assert accepted(quote_anew(set_id=made.pk, now=noon(TODAY)).offers.get(), code=code).loan == loan

    @pytest.mark.parametrize(("kind", "refuses"), [("DECEASED", True), ("DISPUTE", False)])
    def test_on_another_loan_count_where_they_are_of_the_person(self, loan, kind, refuses):
        other = factories.running_loan(loan.borrower)
        offer = offered(loan).offers.get()
        code = code_for(offer)
        self.place(other, kind)

        if refuses:
            with pytest.raises(OfferNotOpen):
                accepted(offer, code=code)
        else:
            accepted(offer, code=code)

        assert RestructuringPlan.objects.exists() is not refuses

    def test_do_not_refuse_where_special_care_is_looked_at(self, loan):
        offer = offered(loan).offers.get()
        code = code_for(offer)
        self.place(loan, "VULNERABLE_REVIEW")

        assert accepted(offer, code=code).loan == loan

    @pytest.mark.parametrize("kind", ["DECEASED", "BANKRUPTCY", "BREATHING_SPACE"])
    def test_that_run_already_let_nothing_be_offered(self, loan, kind):
        self.place(loan, kind)

        with pytest.raises(ReliefRefused):
            offered(loan)

        assert not OfferSet.objects.exists()


class TestPeaceWhileDeciding:
    def ask_again(self, loan: Loan, on: date) -> OfferSet:
        made = offered(loan, source="ASKED", on=on)
        decline_offers(set_id=made.pk, now=noon(made.last_day), actor=ACTOR)
        return made

    def test_ends_for_who_asks_again_and_again_though_the_offers_go_on(self, loan):
        first = self.ask_again(loan, TODAY)
        second = self.ask_again(loan, first.last_day)
        assert (first.leaves_in_peace, second.leaves_in_peace) == (True, True)

        third = offered(loan, source="ASKED", on=second.last_day)

        assert (third.status, third.leaves_in_peace) == ("OPEN", False)
        assert not Hold.objects.filter(ended_on=None).exists()
        told = OutboxMessage.objects.filter(borrower=loan.borrower).order_by("pk").values_list("template", flat=True)
        assert [one for one in told if "offer_made" in one] == [
            "collections.offer_made",
            "collections.offer_made",
            "collections.offer_made_again",
        ]

    def test_is_there_again_later_and_where_staff_offer(self, loan):
        first = self.ask_again(loan, TODAY)
        second = self.ask_again(loan, first.last_day)
        by_staff = offered(loan, on=second.last_day)
        assert by_staff.leaves_in_peace
        decline_offers(set_id=by_staff.pk, now=noon(second.last_day), actor=ACTOR)

        later = offered(loan, source="ASKED", on=second.last_day + 80 * DAY)

        assert later.leaves_in_peace


class TestTakingAPlanBack:
    def test_puts_the_loan_back_as_it_was_and_revokes_the_amendment(self, loan):
        before = [(on, minor) for on, _number, minor in demanded(loan)]
        plan = plan_for(loan, WAIVED, {"kind": "restructure", "amount": 0, "data": {"terms": {"count": 24}}})

        withdraw_plan(plan_id=plan.pk, now=noon(TODAY + 7 * DAY), actor=ACTOR)

        assert [(on, minor) for on, _number, minor in demanded(loan)] == before
        plan.refresh_from_db()
        assert (plan.status, plan.is_observed) == ("WITHDRAWN", False)
        assert IssuedDocument.objects.get().revoked_at is not None

    def test_refuses_after_the_days(self, loan):
        plan = plan_for(loan)

        with pytest.raises(WithdrawalRefused):
            withdraw_plan(plan_id=plan.pk, now=noon(TODAY + 8 * DAY), actor=ACTOR)

        assert RestructuringPlan.objects.get().status == "ACCEPTED"

    def test_refuses_once_something_was_paid(self, loan):
        plan = plan_for(loan)
        factories.pay(loan, 1_00, TODAY + DAY)

        with pytest.raises(WithdrawalRefused, match="paid under this plan"):
            withdraw_plan(plan_id=plan.pk, now=noon(TODAY + 2 * DAY), actor=ACTOR)

        assert RestructuringPlan.objects.get().status == "ACCEPTED"

    def test_again_changes_nothing(self, loan):
        plan = plan_for(loan)
        withdraw_plan(plan_id=plan.pk, now=noon(TODAY), actor=ACTOR)
        records = AuditRecord.objects.count()

        withdraw_plan(plan_id=plan.pk, now=noon(TODAY), actor=ACTOR)

        assert AuditRecord.objects.count() == records

    def test_lets_the_plan_that_it_replaced_run_on(self, loan):
        first = plan_for(loan)
        second = plan_for(loan, on=TODAY + 2 * DAY)
        first.refresh_from_db()
        assert (first.status, first.is_observed, second.flag) == ("REPLACED", False, "RESTRUCTURED_AGAIN")

        withdraw_plan(plan_id=second.pk, now=noon(TODAY + 2 * DAY), actor=ACTOR)

        first.refresh_from_db()
        assert (first.status, first.is_observed, first.observation_ended_on) == ("ACCEPTED", True, None)
        assert (first.ended_on, first.end_reason, first.replaced_as) == (None, "", "")

    @pytest.mark.parametrize("state", ["ACTIVE", "BROKEN", "CURED"])
    def test_lets_the_plan_that_it_replaced_run_on_as_it_stood_with_its_clock(self, loan, state):
        first = plan_for(loan)
        clock = {"broken_on": TODAY + DAY, "cure_until": TODAY + 31 * DAY, "breaks": 1} if state != "ACTIVE" else {}
        RestructuringPlan.objects.filter(pk=first.pk).update(status=state, **clock)
        second = plan_for(loan, on=TODAY + 2 * DAY)
        first.refresh_from_db()
        assert (first.status, first.replaced_as) == ("REPLACED", state)

        withdraw_plan(plan_id=second.pk, now=noon(TODAY + 5 * DAY), actor=ACTOR)

        first.refresh_from_db()
        assert (first.status, first.ended_on) == (state, None)
        assert {name: getattr(first, name) for name in clock} == clock

    def test_lets_a_promise_run_on_whose_day_still_lies_ahead(self, loan):
        due_on = TODAY + 5 * DAY
        note_promise(loan_id=loan.pk, amount_minor=500_00, due_on=due_on, today=TODAY, note="", actor=ACTOR)
        plan = plan_for(loan)

        withdraw_plan(plan_id=plan.pk, now=noon(due_on), actor=ACTOR)

        promise = PromiseToPay.objects.get()
        assert (promise.status, promise.decided_on, promise.end_reason) == ("OPEN", None, "")

    def test_leaves_a_promise_ended_whose_day_passed_while_the_plan_stood(self, loan):
        due_on = TODAY + 4 * DAY
        note_promise(loan_id=loan.pk, amount_minor=500_00, due_on=due_on, today=TODAY, note="", actor=ACTOR)
        plan = plan_for(loan)

        withdraw_plan(plan_id=plan.pk, now=noon(due_on + DAY), actor=ACTOR)

        promise = PromiseToPay.objects.get()
        assert (promise.status, promise.decided_on) == ("CANCELLED", TODAY)

    def test_leaves_a_promise_ended_where_another_was_made_since(self, loan):
        note_promise(loan_id=loan.pk, amount_minor=500_00, due_on=TODAY + 7 * DAY, today=TODAY, note="", actor=ACTOR)
        plan = plan_for(loan)
        later = TODAY + DAY
        note_promise(loan_id=loan.pk, amount_minor=300_00, due_on=TODAY + 9 * DAY, today=later, note="", actor=ACTOR)

        withdraw_plan(plan_id=plan.pk, now=noon(later), actor=ACTOR)

        found = PromiseToPay.objects.order_by("pk").values_list("amount_minor", "status")
        assert list(found) == [(500_00, "CANCELLED"), (300_00, "OPEN")]

    @pytest.mark.parametrize(("days", "status"), [(3, "ACTIVE"), (4, "CANCELLED")])
    def test_lets_an_arrangement_run_on_unless_one_of_its_days_passed(self, loan, days, status):
        parts = [Due(TODAY + 3 * DAY, 200_00), Due(TODAY + 33 * DAY, 300_00)]
        make_arrangement(loan_id=loan.pk, parts=parts, today=TODAY, actor=ACTOR)
        plan = plan_for(loan)
        assert Arrangement.objects.get().status == "CANCELLED"

        withdraw_plan(plan_id=plan.pk, now=noon(TODAY + days * DAY), actor=ACTOR)

        found = Arrangement.objects.get()
        assert (found.status, found.decided_on is None) == (status, status == "ACTIVE")
        assert (found.end_reason == "") is (status == "ACTIVE")

    def test_of_what_another_plan_took_the_place_of_restores_nothing(self, loan):
        note_promise(loan_id=loan.pk, amount_minor=500_00, due_on=TODAY + 7 * DAY, today=TODAY, note="", actor=ACTOR)
        plan_for(loan)
        second = plan_for(loan, on=TODAY + DAY)

        withdraw_plan(plan_id=second.pk, now=noon(TODAY + DAY), actor=ACTOR)

        assert PromiseToPay.objects.get().status == "CANCELLED"


class TestClassesAtOnce:
    def test_a_current_loan_is_special_mention_and_stage_2_from_its_acceptance_on(self, loan):
        factories.pay(loan, 1_100_16, date(2026, 2, 15))
        plan_for(loan)

        reassess_loan(loan_id=loan.pk, as_of=TODAY)

        status = OverdueStatus.objects.get(pk=loan.pk)
        assert (status.days_past_due, status.classification, status.stage) == (0, "SPECIAL_MENTION", "2")

    def test_restructured_again_while_observed_is_substandard(self, loan):
        factories.pay(loan, 1_100_16, date(2026, 2, 15))
        plan_for(loan)
        plan_for(loan, on=TODAY + DAY)

        reassess_loan(loan_id=loan.pk, as_of=TODAY + DAY)

        assert OverdueStatus.objects.get(pk=loan.pk).classification == "SUBSTANDARD"

    def test_is_never_better_than_before(self, loan):
        on = date(2026, 5, 30)
        close(on - DAY)
        assert OverdueStatus.objects.get(pk=loan.pk).classification == "SUBSTANDARD"

        plan = plan_for(loan, on=on)
        close(on)

        status = OverdueStatus.objects.get(pk=loan.pk)
        assert (status.days_past_due, status.classification, status.stage) == (0, "SUBSTANDARD", "3")
        assert (plan.tier_floor, plan.stage_floor) == ("SUBSTANDARD", "3")

    def test_another_due_day_is_no_restructuring(self, loan):
        plan = plan_for(loan, {"kind": "due_day", "amount": 0, "data": {"due_day": 20}}, method="due_date")

        assert (plan.flag, plan.is_observed, plan.credit_event) == ("", False, "")

    def test_another_due_day_with_arrears_in_parts_is_one(self, loan):
        plan = plan_for(
            loan,
            {"kind": "arrears_plan", "amount": 0, "data": {"over": 3}},
            {"kind": "due_day", "amount": 0, "data": {"due_day": 20}},
            method="due_date",
        )

        assert (plan.flag, plan.is_observed) == ("RESTRUCTURED", True)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two connections do things at the same moment; whoever comes second finds what the first made of it."""

    def both(self, *acts):
        outcomes: list[object] = []

        def run(act) -> None:
            try:
                outcomes.append(act())
            except Exception as error:
                outcomes.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_two_acceptances_are_one_plan(self, loan):
        offer = offered(loan).offers.get()
        code = code_for(offer)

        outcomes = self.both(lambda: accepted(offer, code=code), lambda: accepted(offer, code=code))

        assert RestructuringPlan.objects.count() == 1
        assert LoanEvent.objects.filter(kind="RESTRUCTURE").count() == 1
        assert any(isinstance(found, RestructuringPlan) for found in outcomes)
        assert all(isinstance(found, RestructuringPlan | CodeExpired) for found in outcomes)

    def test_a_payment_comes_before_or_after_but_never_between(self, loan):
        offer = offered(loan).offers.get()
        code = code_for(offer)

        self.both(lambda: accepted(offer, code=code), lambda: factories.pay(loan, 500_00, TODAY))

        plan = RestructuringPlan.objects.first()
        kinds = list(LoanEvent.objects.filter(kind__in=["PAYMENT", "RESTRUCTURE"]).order_by("pk").values_list("kind"))
        assert kinds in ([("PAYMENT",)], [("RESTRUCTURE",), ("PAYMENT",)])
        assert (plan is None) == (kinds == [("PAYMENT",)])

    def test_a_plan_is_taken_back_before_a_payment_or_not_at_all(self, loan):
        plan = plan_for(loan)

        outcomes = self.both(
            lambda: withdraw_plan(plan_id=plan.pk, now=noon(TODAY + DAY), actor=ACTOR),
            lambda: factories.pay(loan, 500_00, TODAY + DAY),
        )

        plan.refresh_from_db()
        assert Payment.objects.filter(loan=loan, amount_minor=500_00).count() == 1
        refused = [found for found in outcomes if isinstance(found, WithdrawalRefused)]
        assert (plan.status, len(refused)) in (("WITHDRAWN", 0), ("ACCEPTED", 1))
        assert differences() == []

    def test_the_close_that_ends_the_offer_and_an_acceptance_agree(self, loan):
        made = offered(loan)
        last = made.last_day
        quote_anew(set_id=made.pk, now=noon(last))
        offer = made.offers.get()
        code = code_for(offer, on=last)

        self.both(lambda: accepted(offer, code=code, on=last), lambda: close(last))

        made.refresh_from_db()
        assert (made.status, RestructuringPlan.objects.count()) in (("ACCEPTED", 1), ("EXPIRED", 0))
        assert RestructuringOffer.objects.get().status == ("ACCEPTED" if made.status == "ACCEPTED" else "LAPSED")


class TestQueries:
    def test_an_acceptance_takes_the_same_however_many_ways_there_are(self, loan, django_assert_max_num_queries):
        made = offered(loan, way(loan), way(loan, WAIVED, method="partial_waiver"))
        offer = made.offers.get(number=1)
        code = code_for(offer)

        with django_assert_max_num_queries(180):
            accept_offer(
                offer_id=offer.pk,
                code=code,
                language="zh-hans",
                now=noon(TODAY),
                site="https://loans.example",
                where=FROM_HOME,
                actor=ACTOR,
            )
