"""Several loans that become one: offered by the engine, accepted by a code, booked as shown, taken back in time."""

import threading
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from collections_mgmt.domain.relief.cases import Past
from collections_mgmt.models import Hold, OfferLoan, OfferSet, OverdueStatus, RestructuringOffer, RestructuringPlan
from collections_mgmt.services.holds import expire_holds
from collections_mgmt.services.reassess_loan import reassess_loan
from collections_mgmt.services.relief.cases import case_of_loan, known_of_budget
from collections_mgmt.services.relief.make_offers import (
    OutsideLimits,
    choose_own_way,
    decide_offers,
    make_offers,
    quote_offer,
)
from collections_mgmt.services.relief.offer_codes import OfferOutdated
from collections_mgmt.services.relief.offer_outside import ask_outside, offer_outside, preview_outside
from collections_mgmt.services.relief.quoting import quote_anew
from collections_mgmt.services.relief.staff_offers import offer_by_staff
from collections_mgmt.services.relief.ways import tried_consolidation
from collections_mgmt.services.relief.withdraw_plan import WithdrawalRefused, withdraw_plan
from collections_mgmt.services.relief.writing import write_offers
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import render
from dashu.users.models import Borrower, User
from loans.domain.cost_sheet import sheet_of
from loans.models import Loan
from loans.services.signing_codes import CodeExpired
from repayments.models import AutopayAttempt, AutopayMandate, IssuedDocument, LoanEvent
from repayments.selectors.owed import owed_on
from repayments.selectors.reconciliation import differences
from repayments.services.booking import load
from repayments.services.consolidate_loans import loan_that_paid_off
from tests import factories
from tests.integration.collections_mgmt.relief_cases import (
    ACTOR,
    DAY,
    TODAY,
    accepted,
    close,
    code_for,
    noon,
    offered,
    plan_for,
)
from tests.integration.collections_mgmt.test_make_offers import budget


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """1,100.16 a month, of which the first was paid on its day."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


@pytest.fixture
def second(amina: Borrower, loan: Loan) -> Loan:
    """524.71 a month at 9%, and none of it is paid."""
    return factories.running_loan(amina, principal=6_000_00, annual_rate="0.09")


def offers(loan: Loan, *, on: date = TODAY, **more: Any) -> OfferSet:
    """What is offered to a month that leaves 900 yuan for both loans together."""
    kept = budget(loan.borrower, **more)
    return make_offers(loan_id=loan.pk, source="ASKED", budget_id=kept.pk, now=noon(on), actor=ACTOR)


def joined(loan: Loan, **more: Any) -> RestructuringOffer:
    found: RestructuringOffer = offers(loan, **more).offers.get(method="consolidation")
    return found


def consolidated(*loans: Loan, on: date) -> OfferSet:
    """A consolidation that a person offered, whatever the month carries."""
    data = {"loans": [each.pk for each in loans], "count": 24, "due_day": None, "annual_rate": "0.1"}
    amount = sum(owed_on(each, on).total for each in loans)
    way = tried_consolidation(
        loan_id=loans[0].pk,
        relief={"method": "consolidation", "count": 24},
        acts=[{"kind": "consolidate", "amount": amount, "data": data}],
        on=on,
    )
    return write_offers(
        borrower_id=loans[0].borrower_id, loan_ids=data["loans"], ways=[way], source="STAFF", now=noon(on), actor=ACTOR
    )


def ends_of(offer: RestructuringOffer) -> dict[str, int]:
    return {each["loan"]: each["minor"] for each in offer.figures["consolidation"]["ends"]}


def status(loan: Loan) -> str:
    return Loan.objects.get(pk=loan.pk).status


def rows_of(loan: Loan) -> list[list[Any]]:
    return [
        [row.number, row.due_on.isoformat(), row.unpaid_principal, row.unpaid_interest, row.unpaid_fee]
        for row in load(Loan.objects.get(pk=loan.pk)).position.installments
        if row.unpaid
    ]


class TestOffering:
    def test_joins_all_loans_with_as_few_installments_as_the_month_can_carry(self, loan, second):
        offer = joined(loan)

        assert offer.loan == loan
        assert offer.figures["highest_minor"] <= 900_00
        assert offer.figures["shape"] == "joined"
        assert (offer.is_recommended, offer.reason) == (True, "one_payment")
        fewer = {**offer.relief, "count": offer.relief["count"] - 1}
        with pytest.raises(OutsideLimits) as refusal:
            quote_offer(set_id=offer.offer_set_id, relief=fewer, now=noon(TODAY), actor=ACTOR)
        assert refusal.value.details["reason"] == "not_affordable"

    def test_compares_with_both_loans_as_they_are(self, loan, second):
        owed = sum(sum(row[2:]) for each in (loan, second) for row in rows_of(each))

        figures = joined(loan).figures

        before = figures["affordability"]["before"]
        assert (before["payment"], before["fits"]) == ("2151.91", False)  # 1,100.16, twice 524.71, penalty
        assert figures["total_before_minor"] == owed + 2_33
        assert figures["extra_minor"] == figures["total_minor"] - figures["total_before_minor"]

    def test_says_which_loans_end_and_what_the_new_one_costs(self, loan, second):
        owed = [owed_on(each, TODAY).total for each in (loan, second)]

        said = joined(loan).figures["consolidation"]

        assert said["ends"] == [
            {"loan": loan.number, "minor": owed[0], "annual_rate": "0.180000"},
            {"loan": second.number, "minor": owed[1], "annual_rate": "0.090000"},
        ]
        sheet = sheet_of(said["cost_sheet"])
        assert (sheet.principal, sheet.fees) == (sum(owed), 0)
        assert Decimal("0.09") < sheet.annual_rate < Decimal("0.18")
        assert sheet.annual_rate == Decimal(said["annual_rate_before"])
        assert sheet.is_within_cap

    def test_opens_the_set_for_each_loan_and_leaves_the_borrower_in_peace_on_both(self, loan, second):
        made = offers(loan)

        assert set(OfferLoan.objects.filter(offer_set=made, is_open=True).values_list("loan_id", flat=True)) == {
            loan.pk,
            second.pk,
        }
        assert Hold.objects.filter(kind="HARDSHIP_REVIEW", ended_on=None).count() == 2

    def test_is_none_where_the_month_carries_both(self, loan, second):
        known = known_of_budget(budget(loan.borrower, income=9_000_00))

        decided = decide_offers(loan_id=loan.pk, known=known, today=TODAY, actor=ACTOR)

        assert {one["method"]: one["reason"] for one in decided.not_offered}["consolidation"] == "plan_fits"

    def test_is_none_of_one_loan(self, loan):
        made = offers(loan)

        assert {one["method"]: one["reason"] for one in made.not_offered}["consolidation"] == "one_loan"

    def test_is_none_while_something_is_offered_on_the_other_loan(self, loan, second):
        offered(second)
        known = known_of_budget(budget(loan.borrower))

        decided = decide_offers(loan_id=loan.pk, known=known, today=TODAY, actor=ACTOR)

        assert {one["method"]: one["reason"] for one in decided.not_offered}["consolidation"] == "open_elsewhere"

    def test_is_about_all_of_the_loans_beside_a_way_that_a_person_chose(self, loan, second):
        kept = budget(loan.borrower, income=5_600_00)
        decided = decide_offers(loan_id=loan.pk, known=known_of_budget(kept), today=TODAY, actor=ACTOR)
        alone = next(way for way in decided.ways if way.method != "consolidation")

        made = offer_by_staff(
            loan_id=loan.pk,
            relief=alone.relief,
            budget_id=kept.pk,
            user=factories.staff("Sun", User.Role.SUPERVISOR),
            now=noon(TODAY),
        )

        methods = list(made.offers.values_list("method", flat=True))
        assert (methods[0], "consolidation" in methods) == (alone.method, True)
        assert set(made.loans.values_list("loan_id", flat=True)) == {loan.pk, second.pk}
        assert Hold.objects.filter(kind="HARDSHIP_REVIEW", ended_on=None).count() == 2

    def test_is_about_one_loan_where_the_chosen_way_stands_alone(self, loan, second):
        kept = budget(loan.borrower, income=5_600_00)
        decided = decide_offers(loan_id=loan.pk, known=known_of_budget(kept), today=TODAY, actor=ACTOR)
        alone = next(way for way in decided.ways if way.method != "consolidation")

        made = offer_by_staff(
            loan_id=loan.pk,
            relief=alone.relief,
            budget_id=kept.pk,
            user=factories.staff("Sun", User.Role.SUPERVISOR),
            now=noon(TODAY),
            is_alone=True,
        )

        assert list(made.loans.values_list("loan_id", flat=True)) == [loan.pk]

    def test_counts_what_the_other_loan_asks_for_as_a_debt_of_every_other_way(self, loan, second):
        known = known_of_budget(budget(loan.borrower))

        decided = decide_offers(loan_id=loan.pk, known=known, today=TODAY, actor=ACTOR)

        alone = [way for way in decided.ways if way.method != "consolidation"]
        assert all(way.figures["highest_minor"] <= 900_00 - 524_71 for way in alone)


class TestOutsideLimits:
    ONE: dict[str, Any] = {"method": "consolidation", "count": 24}

    def asked(self, loan: Loan, budget_id: int) -> ApprovalRequest:
        return ask_outside(
            loan_id=loan.pk,
            relief=self.ONE,
            budget_id=budget_id,
            reason="One payment instead of two",
            user=factories.staff("Chidi"),
            today=TODAY,
            idempotency_key="k",
        )

    def test_a_month_that_carries_both_is_no_bar_where_another_person_approves_it(self, loan, second):
        kept = budget(loan.borrower, income=9_000_00)
        asked = self.asked(loan, kept.pk)
        assert (asked.kind, asked.status, OfferSet.objects.count()) == ("relief.outside", "PENDING", 0)
        rows = dict(row for row in asked.preview[0]["rows"])
        assert [each.number in rows["Loans that it ends"] for each in (loan, second)] == [True, True]

        approve(request_id=asked.pk, user=factories.staff("Sun", User.Role.SUPERVISOR), today=TODAY)

        made = OfferSet.objects.get()
        offer = made.offers.get()
        assert (offer.method, offer.loan, made.is_outside) == ("consolidation", loan, True)
        assert set(made.loans.values_list("loan_id", flat=True)) == {loan.pk, second.pk}
        assert Hold.objects.filter(kind="HARDSHIP_REVIEW", ended_on=None).count() == 2

    def test_says_why_it_was_outside(self, loan, second):
        kept = budget(loan.borrower, income=9_000_00)

        found = preview_outside(loan_id=loan.pk, relief=self.ONE, budget_id=kept.pk, today=TODAY)

        assert found.refusal is not None
        assert (found.refusal.code, found.loan_ids) == ("plan_fits", (loan.pk, second.pk))

    def test_stands_on_a_later_day_and_is_booked_as_it_is_then(self, loan, second):
        kept = budget(loan.borrower, income=9_000_00)
        made = offer_outside(loan_id=loan.pk, relief=self.ONE, budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)
        before, later = made.offers.get(), TODAY + 3 * DAY

        quote_anew(set_id=made.pk, now=noon(later))
        anew = made.offers.get()
        plan = accepted(anew, on=later)

        assert anew.acts[0]["amount"] == sum(payoff for payoff in ends_of(anew).values()) > before.acts[0]["amount"]
        assert (plan.loan.starts_on, rows_of(plan.loan)) == (later, anew.rows)
        assert [status(each) for each in (loan, second)] == ["SETTLED", "SETTLED"]

    @pytest.mark.parametrize(("income", "reason"), [(4_200_00, "not_affordable"), (3_000_00, "no_surplus")])
    def test_what_the_month_cannot_carry_is_none_whoever_asks(self, loan, second, income, reason):
        kept = budget(loan.borrower, income=income)

        with pytest.raises(OutsideLimits) as refusal:
            preview_outside(loan_id=loan.pk, relief=self.ONE, budget_id=kept.pk, today=TODAY)

        assert refusal.value.details["reason"] == reason

    def test_of_one_loan_is_none(self, loan):
        kept = budget(loan.borrower, income=9_000_00)

        with pytest.raises(OutsideLimits) as refusal:
            preview_outside(loan_id=loan.pk, relief=self.ONE, budget_id=kept.pk, today=TODAY)

        assert refusal.value.details["reason"] == "one_loan"

    def test_within_limits_is_offered_at_once_on_all_of_the_loans(self, loan, second):
        kept = budget(loan.borrower)

        made = offer_by_staff(
            loan_id=second.pk,
            relief=self.ONE,
            budget_id=kept.pk,
            user=factories.staff("Sun", User.Role.SUPERVISOR),
            now=noon(TODAY),
            is_alone=True,
        )

        assert [offer.method for offer in made.offers.all()] == ["consolidation"]
        assert set(made.loans.values_list("loan_id", flat=True)) == {loan.pk, second.pk}


class TestAutopay:
    def mandate(self, loan: Loan, *, status: str = "ACTIVE") -> AutopayMandate:
        return AutopayMandate.objects.create(
            loan=loan,
            provider="simulated",
            account_token="t",
            account_label="Bank 1234",
            status=status,
            day_chosen_on=TODAY,
            consent_version="1",
            consent_text=f"what loan {loan.number} asks for",
            consented_at=noon(TODAY),
            consented_by="user:1",
        )

    def test_of_a_loan_that_ended_does_not_pass_to_the_new_one_and_a_new_one_is_asked_for(self, loan, second):
        active, paused = self.mandate(loan), self.mandate(second, status="PAUSED")

        plan = accepted(joined(loan))

        for mandate in (active, paused):
            mandate.refresh_from_db()
        assert (active.status, active.ended_because) == ("CANCELLED", f"PLAN {plan.reference}")
        assert paused.status == "PAUSED"
        assert not AutopayMandate.objects.filter(loan=plan.loan).exists()
        told = OutboxMessage.objects.get(template="collections.autopay_ends")
        assert (told.loan_id, told.params["ended_numbers"]) == (plan.loan_id, loan.number)
        words = render(told.template, told.params, "en")
        assert plan.loan.number in words.subject
        assert "Nothing is collected for the new loan." in words.body

    def test_goes_on_as_it_was_when_the_plan_is_taken_back(self, loan, second):
        mandate = self.mandate(loan)
        asked = {"mandate": mandate, "loan": loan, "try_number": 1, "token": uuid4()}
        AutopayAttempt.objects.create(**asked, due_on=date(2026, 3, 15), scheduled_on=date(2026, 3, 15))
        plan = accepted(joined(loan))
        assert AutopayAttempt.objects.get().status == "SKIPPED"

        withdraw_plan(plan_id=plan.pk, now=noon(TODAY + DAY), actor=ACTOR)

        mandate.refresh_from_db()
        assert (mandate.status, mandate.ended_at, mandate.ended_because) == ("ACTIVE", None, "")
        assert mandate.day_chosen_on == TODAY + DAY
        assert not AutopayAttempt.objects.exists()

    def test_says_nothing_where_there_is_none(self, loan, second):
        accepted(joined(loan))

        assert not OutboxMessage.objects.filter(template="collections.autopay_ends").exists()


class TestSliders:
    def test_move_the_number_of_installments_and_book_what_was_chosen(self, loan, second):
        offer = joined(loan)
        relief = {**offer.relief, "count": offer.relief["count"] + 2}

        own = choose_own_way(set_id=offer.offer_set_id, relief=relief, now=noon(TODAY), actor=ACTOR)
        plan = accepted(own)

        assert own.figures["highest_minor"] < offer.figures["highest_minor"]
        assert (plan.loan.installment_count, rows_of(plan.loan)) == (relief["count"], own.rows)


class TestAccepting:
    def test_books_the_new_loan_to_the_fen_as_it_was_shown_and_ends_the_others(self, loan, second):
        offer = joined(loan)

        plan = accepted(offer)

        assert [status(each) for each in (loan, second)] == ["SETTLED", "SETTLED"]
        assert plan.loan_id not in (loan.pk, second.pk)
        assert rows_of(plan.loan) == offer.rows
        assert plan.loan.principal_minor == offer.acts[0]["amount"]
        assert [loan_that_paid_off(each) for each in (loan, second)] == [plan.loan, plan.loan]
        assert (plan.status, plan.method, plan.flag) == ("ACCEPTED", "consolidation", "RESTRUCTURED")
        assert differences() == []

    def test_names_in_the_paper_what_ends_what_begins_and_what_it_costs(self, loan, second):
        plan = accepted(joined(loan))

        paper = IssuedDocument.objects.get(kind="AMENDMENT")
        assert (paper.loan, paper.pk) == (plan.loan, plan.amendment_id)
        assert [one["loan"] for one in paper.facts["figures"]["consolidation"]["ends"]] == [loan.number, second.number]
        assert plan.evidence["what"]["loans"] == [loan.number, second.number]

    def test_tells_the_borrower_once(self, loan, second):
        OutboxMessage.objects.all().delete()

        accepted(joined(loan))

        told = OutboxMessage.objects.filter(borrower=loan.borrower).values_list("template", flat=True)
        assert [one for one in told if one != "collections.offer_made"] == ["collections.offer_accepted"]

    @pytest.mark.parametrize("which", [0, 1])
    def test_refuses_after_a_payment_on_any_of_the_loans_and_quotes_anew(self, loan, second, which):
        offer = joined(loan)
        code = code_for(offer)
        factories.pay((loan, second)[which], 300_00, TODAY)
        events = LoanEvent.objects.count()

        with pytest.raises(OfferOutdated):
            accepted(offer, code=code)

        assert LoanEvent.objects.count() == events
        assert not RestructuringPlan.objects.exists()
        anew = RestructuringOffer.objects.get(pk=offer.pk)
        assert anew.acts[0]["amount"] == sum(owed_on(each, TODAY).total for each in (loan, second))
        assert anew.acts[0]["amount"] < offer.acts[0]["amount"]
        with pytest.raises(CodeExpired):
            accepted(anew, code=code)

    def test_of_another_day_is_booked_with_the_figures_of_that_day(self, loan, second):
        offer = joined(loan)
        later = TODAY + 3 * DAY
        quote_anew(set_id=offer.offer_set_id, now=noon(later))
        anew = RestructuringOffer.objects.get(pk=offer.pk)

        plan = accepted(anew, on=later)

        assert (plan.loan.starts_on, rows_of(plan.loan)) == (later, anew.rows)

    def test_again_returns_the_same_plan(self, loan, second):
        offer = joined(loan)
        plan = accepted(offer)
        loans, events = Loan.objects.count(), LoanEvent.objects.count()

        assert accepted(offer, code="000000") == plan
        assert (Loan.objects.count(), LoanEvent.objects.count()) == (loans, events)


class TestTheNewLoan:
    def test_is_held_at_the_worst_class_of_the_loans_before(self, loan, second):
        on = date(2026, 5, 30)
        factories.pay(loan, 3 * 1_100_16, date(2026, 5, 15))
        close(on - DAY)
        assert OverdueStatus.objects.get(pk=second.pk).classification == "SUBSTANDARD"
        assert not OverdueStatus.objects.filter(pk=loan.pk, classification="SUBSTANDARD").exists()

        plan = accepted(joined(loan, on=on), on=on)
        reassess_loan(loan_id=plan.loan_id, as_of=on)

        assert plan.tier_floor == "SUBSTANDARD"
        assert OverdueStatus.objects.get(pk=plan.loan_id).classification == "SUBSTANDARD"

    def test_is_broken_by_a_payment_that_stays_away_and_completed_by_its_last(self, loan, second):
        plan = accepted(joined(loan))
        expire_holds(on=TODAY + DAY, actor=ACTOR)

        close(plan.first_due_on + 11 * DAY)
        plan.refresh_from_db()
        assert plan.status == "BROKEN"

        left = owed_on(plan.loan, plan.first_due_on + 12 * DAY).total
        factories.pay(plan.loan, left, plan.first_due_on + 12 * DAY, kind=LoanEvent.Kind.SETTLEMENT)
        close(plan.first_due_on + 12 * DAY)
        plan.refresh_from_db()
        assert plan.status == "COMPLETED"

    def test_leaves_no_error_of_the_holds_of_the_loans_that_ended(self, loan, second, caplog):
        accepted(joined(loan))

        expire_holds(on=TODAY + DAY, actor=ACTOR)

        assert [record for record in caplog.records if record.levelname == "ERROR"] == []


class TestThePastOfTheNewLoan:
    def past(self, made, *, on):
        known = known_of_budget(budget(made.borrower))
        return case_of_loan(made, known, on=on).past

    def test_begins_with_a_plan_so_that_nothing_is_offered_before_its_first_payments(self, loan, second):
        plan = accepted(joined(loan))
        on = TODAY + DAY
        tighter = known_of_budget(budget(plan.loan.borrower, income=4_700_00))

        decided = decide_offers(loan_id=plan.loan_id, known=tighter, today=on, actor=ACTOR)

        assert self.past(plan.loan, on=on) == Past((TODAY,), 0)
        assert decided.ways == ()
        reasons = {one["method"]: one["reason"] for one in decided.not_offered}
        assert reasons["term_extension"] == "plan_too_young"

    def test_goes_on_with_the_plans_of_the_loans_that_ended(self, loan, second):
        plan_for(second)
        on = TODAY + 2 * DAY
        plan = accepted(consolidated(loan, second, on=on).offers.get(), on=on)

        assert self.past(plan.loan, on=on) == Past((TODAY, on), 0)

    def test_of_the_old_loans_is_as_it_was_once_it_was_taken_back(self, loan, second):
        plan = accepted(joined(loan))
        withdraw_plan(plan_id=plan.pk, now=noon(TODAY + DAY), actor=ACTOR)

        past = Past(withdrawn_on=(TODAY + DAY,))
        assert [self.past(each, on=TODAY + 2 * DAY) for each in (loan, second)] == [past, past]


class TestTakingItBack:
    def test_lets_the_old_loans_run_on_as_they_were(self, loan, second):
        before = [rows_of(each) for each in (loan, second)]
        plan = accepted(joined(loan))
        expire_holds(on=TODAY + DAY, actor=ACTOR)

        withdraw_plan(plan_id=plan.pk, now=noon(TODAY + 7 * DAY), actor=ACTOR)

        plan.refresh_from_db()
        assert (plan.status, status(plan.loan)) == ("WITHDRAWN", "SETTLED")
        assert [status(each) for each in (loan, second)] == ["ACTIVE", "ACTIVE"]
        assert [rows_of(each) for each in (loan, second)] == before
        assert [load(each).position.pauses[-1].end for each in (loan, second)] == [TODAY, TODAY]
        assert IssuedDocument.objects.get(kind="AMENDMENT").revoked_at is not None
        assert differences() == []

    def test_gives_back_the_plan_of_one_of_them_whose_place_it_took(self, loan, second):
        earlier, on = plan_for(loan), TODAY + 2 * DAY
        made = consolidated(loan, second, on=on)

        plan = accepted(made.offers.get(), on=on)
        earlier.refresh_from_db()
        assert (earlier.status, earlier.is_observed, plan.flag) == ("REPLACED", False, "RESTRUCTURED_AGAIN")
        assert plan.tier_floor == "SUBSTANDARD"

        withdraw_plan(plan_id=plan.pk, now=noon(on), actor=ACTOR)
        earlier.refresh_from_db()
        assert (earlier.status, earlier.is_observed, earlier.observation_ended_on) == ("ACCEPTED", True, None)

    def test_refuses_once_the_new_loan_was_paid_on(self, loan, second):
        plan = accepted(joined(loan))
        factories.pay(plan.loan, 1_00, TODAY + DAY)

        with pytest.raises(WithdrawalRefused):
            withdraw_plan(plan_id=plan.pk, now=noon(TODAY + 2 * DAY), actor=ACTOR)

        assert [status(each) for each in (loan, second)] == ["SETTLED", "SETTLED"]

    def test_refuses_after_the_days(self, loan, second):
        plan = accepted(joined(loan))

        with pytest.raises(WithdrawalRefused):
            withdraw_plan(plan_id=plan.pk, now=noon(TODAY + 8 * DAY), actor=ACTOR)


class TestRandomLoans:
    @pytest.mark.parametrize("seed", range(6))
    def test_are_booked_to_the_fen_as_they_were_shown(self, amina, seed):
        chance = Random(seed)
        loans = [
            factories.running_loan(
                amina,
                principal=chance.randrange(3_000_00, 20_000_00),
                annual_rate=chance.choice(["0.08", "0.12", "0.18", "0.2"]),
            )
            for _loan in range(chance.randint(2, 3))
        ]
        for each in loans:
            if chance.random() < 0.6:
                factories.pay(each, chance.randrange(100_00, 900_00), date(2026, 2, chance.randint(10, 27)))
        monthly = sum(rows_of(each)[-2][2] + rows_of(each)[-2][3] for each in loans)
        kept = budget(amina, income=int((3_600_00 + monthly * chance.uniform(0.6, 0.8)) / 0.9))
        known = known_of_budget(kept)
        decided = decide_offers(loan_id=loans[0].pk, known=known, today=TODAY, actor=ACTOR)
        assert "consolidation" in [way.method for way in decided.ways], decided.not_offered
        owed = sum(owed_on(each, TODAY).total for each in loans)
        offer = make_offers(
            loan_id=loans[0].pk, source="ASKED", budget_id=kept.pk, now=noon(TODAY), actor=ACTOR
        ).offers.get(method="consolidation")

        plan = accepted(offer)

        assert rows_of(plan.loan) == offer.rows
        assert sum(row[2] for row in offer.rows) == owed == plan.loan.principal_minor
        assert sum(sum(row[2:]) for row in offer.rows) == offer.figures["total_minor"]
        assert offer.figures["highest_minor"] <= kept.surplus_minor
        assert {status(each) for each in loans} == {"SETTLED"}
        assert differences() == []


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

    def test_two_acceptances_are_one_loan(self, loan, second):
        offer = joined(loan)
        code = code_for(offer)

        outcomes = self.both(lambda: accepted(offer, code=code), lambda: accepted(offer, code=code))

        assert (RestructuringPlan.objects.count(), Loan.objects.count()) == (1, 3)
        assert any(isinstance(found, RestructuringPlan) for found in outcomes)
        assert all(isinstance(found, RestructuringPlan | CodeExpired) for found in outcomes)

    @pytest.mark.parametrize("which", [0, 1])
    def test_a_payment_on_one_of_the_loans_comes_before_or_after_but_never_between(self, loan, second, which):
        offer = joined(loan)
        code = code_for(offer)
        paid = (loan, second)[which]

        outcomes = self.both(lambda: accepted(offer, code=code), lambda: factories.pay(paid, 300_00, TODAY))

        plan = RestructuringPlan.objects.first()
        if plan is None:
            assert any(isinstance(found, OfferOutdated) for found in outcomes)
            assert [status(each) for each in (loan, second)] == ["ACTIVE", "ACTIVE"]
        else:
            assert rows_of(plan.loan) == offer.rows
        assert differences() == []
