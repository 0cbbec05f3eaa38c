"""The engine on the loans of the book: offered, moved by sliders, and outside limits by a person with authority."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from collections_mgmt.models import Budget, OfferSet, RestructuringOffer, RestructuringPlan, WarningTrigger
from collections_mgmt.services.relief.make_offers import (
    NothingToOffer,
    OutsideLimits,
    choose_own_way,
    make_offers,
    quote_offer,
)
from collections_mgmt.services.relief.moving import slider_for
from collections_mgmt.services.relief.offer_anew import offer_anew
from collections_mgmt.services.relief.offer_outside import ask_outside, offer_outside, preview_outside
from collections_mgmt.services.relief.quoting import quote_anew
from collections_mgmt.services.relief.state_budget import BudgetRefused, asks_of, state_budget
from collections_mgmt.services.relief.writing import ReliefRefused
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.services.decide import approve
from dashu.policy import rules as policy
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.reconciliation import differences
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, accepted, noon
from tests.integration.collections_mgmt.warning_cases import agree


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """1,100.16 a month, of which the first was paid on its day."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


def budget(owner: Borrower, *, income: int = 5_000_00, **more: Any) -> Budget:
    """What is left of 5,000 yuan a month: 900 for the loan."""
    given = {
        "currency": "CNY",
        "household": 1,
        "income": {"SALARY": income},
        "expenses": {"HOUSING": 2_000_00, "FOOD": 1_200_00},
        "debts": {"CARD": 400_00},
        "cause": "INCOME",
        "now": noon(TODAY),
        "actor": ACTOR,
        **more,
    }
    return state_budget(borrower_id=owner.pk, **given)


def made(loan: Loan, **more: Any) -> OfferSet:
    kept = budget(loan.borrower, **more)
    return make_offers(loan_id=loan.pk, source="ASKED", budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)


class TestABudget:
    def test_says_what_a_month_leaves_for_the_loan(self, loan):
        kept = budget(loan.borrower)

        assert kept.surplus_minor == 5_000_00 - 3_200_00 - 400_00 - 500_00

    def test_asks_for_a_word_and_refuses_nobody(self, loan):
        kept = budget(loan.borrower, expenses={"FOOD": 9_000_00})

        assert [ask.category for ask in asks_of(kept)] == ["FOOD"]
        assert asks_of(budget(loan.borrower, expenses={"FOOD": 9_000_00}, words={"FOOD": "A diet"})) == ()

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"income": -1}, "income.SALARY"),
            ({"expenses": {"YACHT": 1}}, "expenses.YACHT"),
            ({"household": 0}, "household"),
            ({"payday": 32}, "payday"),
            ({"income_later_minor": 1}, "income_later_minor"),
            ({"income_later_minor": 1, "income_later_from": TODAY}, "income_later_from"),
        ],
    )
    def test_refuses_figures_that_cannot_be(self, loan, more, field):
        with pytest.raises(BudgetRefused) as refusal:
            budget(loan.borrower, **more)

        assert refusal.value.field == field
        assert not Budget.objects.exists()


class TestOffersOfTheEngine:
    def test_are_at_most_three_affordable_and_kept_with_why_not_the_others(self, loan):
        offered = made(loan)

        ways = list(offered.offers.all())
        assert 1 <= len(ways) <= 3
        assert [way.is_recommended for way in ways] == [True] + [False] * (len(ways) - 1)
        assert all(way.figures["highest_minor"] <= 900_00 for way in ways)
        assert {one["method"] for one in offered.not_offered} | {way.method for way in ways} >= {
            "term_extension",
            "rate_cut",
            "settlement",
            "consolidation",
        }
        assert offered.facts["income"] == {"stated": 5_000_00, "verified": None}

    def test_are_booked_as_they_were_shown(self, loan):
        offer = made(loan).offers.order_by("number").first()

        plan = accepted(offer)

        assert plan.first_due_on.isoformat() == offer.figures["first_due_on"]
        assert LoanEvent.objects.filter(pk__in=plan.events).exists()
        assert differences() == []

    def test_bridge_a_gap_that_passes(self, loan):
        offered = made(
            loan, income=3_600_00, income_later_minor=8_000_00, income_later_from=date(2026, 6, 1), lasts="QUARTER"
        )

        shapes = {way.figures["shape"] for way in offered.offers.all()}
        assert shapes & {"pause", "low_start"}

    def test_are_none_where_the_present_plan_fits(self, loan):
        kept = budget(loan.borrower, income=9_000_00)

        with pytest.raises(NothingToOffer) as refusal:
            make_offers(loan_id=loan.pk, source="ASKED", budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)

        assert refusal.value.details["needs_person"] is False
        assert not OfferSet.objects.exists()

    def test_are_none_of_a_borrower_of_whom_nothing_is_known(self, loan):
        with pytest.raises(NothingToOffer, match="not know enough"):
            make_offers(loan_id=loan.pk, source="EARLY_WARNING", now=noon(TODAY), actor=ACTOR)

        assert not OfferSet.objects.exists()

    def test_are_decided_anew_on_a_later_day(self, loan):
        offered = made(loan)
        before = {way.number: way.digest for way in offered.offers.all()}

        quote_anew(set_id=offered.pk, now=noon(TODAY + 2 * DAY))

        offered.refresh_from_db()
        assert offered.quoted_on == TODAY + 2 * DAY
        anew = {way.number: way.digest for way in offered.offers.filter(status="OFFERED")}
        assert anew
        assert all(before[number] != digest for number, digest in anew.items())

    def test_are_none_while_a_plan_is_in_its_first_payments(self, loan):
        accepted(made(loan).offers.order_by("number").first())

        with pytest.raises(NothingToOffer) as refusal:
            made(loan, income=4_600_00)

        assert {one["reason"] for one in refusal.value.details["not_offered"]} >= {"plan_too_young"}
        assert RestructuringPlan.objects.count() == 1


class TestSliders:
    def test_quote_at_once_and_book_what_was_chosen(self, loan):
        offered = made(loan)
        longer = offered.offers.get(method="term_extension")
        relief = {**longer.relief, "count": longer.relief["count"] + 3}

        shown = quote_offer(set_id=offered.pk, relief=relief, now=noon(TODAY), actor=ACTOR)
        own = choose_own_way(set_id=offered.pk, relief=relief, now=noon(TODAY), actor=ACTOR)

        assert own.rows == [list(row) for row in shown.rows]
        assert shown.figures["highest_minor"] < longer.figures["highest_minor"]
        assert accepted(own).offer == own

    def test_put_one_way_of_the_borrower_beside_the_others(self, loan):
        offered = made(loan)
        longer = offered.offers.get(method="term_extension")
        count = offered.offers.count()

        for more in (3, 4):
            relief = {**longer.relief, "count": longer.relief["count"] + more}
            choose_own_way(set_id=offered.pk, relief=relief, now=noon(TODAY), actor=ACTOR)

        assert offered.offers.count() == count + 1
        assert offered.offers.get(is_own=True).relief["count"] == longer.relief["count"] + 4

    def test_refuse_what_is_beyond_limits_with_the_reason(self, loan):
        offered = made(loan)

        with pytest.raises(OutsideLimits) as refusal:
            quote_offer(
                set_id=offered.pk, relief={"method": "term_extension", "count": 12}, now=noon(TODAY), actor=ACTOR
            )

        assert refusal.value.details["reason"] == "not_affordable"
        assert not RestructuringOffer.objects.filter(is_own=True).exists()

    @pytest.mark.parametrize(
        "change",
        [
            {"method": "rate_cut", "annual_rate": "0.15", "count": 16},
            {"annual_rate": "0.15"},
            {"waived": {"interest": "100.00"}},
            {"count": 18, "months": 2},
        ],
    )
    def test_let_a_borrower_move_nothing_but_the_one_figure(self, loan, change):
        offered = made(loan)
        longer = offered.offers.get(method="term_extension")

        with pytest.raises(OutsideLimits, match="Only one figure"):
            choose_own_way(set_id=offered.pk, relief={**longer.relief, **change}, now=noon(TODAY), actor=ACTOR)

        assert not RestructuringOffer.objects.filter(is_own=True).exists()


class TestOutsideLimits:
    # Ten points less than 18% are more than the rule lets go of without a person.
    CUT: dict[str, Any] = {"method": "rate_cut", "annual_rate": "0.08", "count": 16}

    def ask(self, loan: Loan, user: User, relief: dict[str, Any], key: str = "k1") -> Any:
        kept = budget(loan.borrower)
        return ask_outside(
            loan_id=loan.pk,
            relief=relief,
            budget_id=kept.pk,
            reason="lost the shop",
            user=user,
            today=TODAY,
            idempotency_key=key,
        )

    def test_a_collector_asks_and_a_person_with_authority_approves(self, loan):
        asked = self.ask(loan, factories.staff("Chidi"), self.CUT)
        assert (asked.kind, asked.status, OfferSet.objects.count()) == ("relief.outside", "PENDING", 0)

        approve(request_id=asked.pk, user=factories.staff("Sun", User.Role.SUPERVISOR), today=TODAY)

        offered = OfferSet.objects.get()
        assert (offered.source, offered.offers.get().method) == ("STAFF", "rate_cut")

    def test_a_supervisor_cannot_approve_what_gives_up_much(self, loan):
        asked = self.ask(loan, factories.staff("Chidi"), {"method": "rate_cut", "annual_rate": "0.01", "count": 30})
        assert asked.kind == "relief.deep"

        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=factories.staff("Sun", User.Role.SUPERVISOR), today=TODAY)

        assert not OfferSet.objects.exists()

    def test_what_gives_up_more_by_now_than_a_supervisor_may_is_asked_for_anew(self, loan, monkeypatch):
        asked = self.ask(loan, factories.staff("Chidi"), self.CUT)
        limits = policy.relief_limits(TODAY)
        levels = tuple(replace(each, value_loss=Decimal(0)) if each.role != "ADMIN" else each for each in limits.levels)
        monkeypatch.setattr(policy, "relief_limits", lambda _on: replace(limits, levels=levels))

        approve(request_id=asked.pk, user=factories.staff("Sun", User.Role.SUPERVISOR), today=TODAY)

        asked.refresh_from_db()
        assert (asked.status, asked.result["code"]) == ("FAILED", "relief_needs_higher_authority")
        assert not OfferSet.objects.exists()

    def test_what_was_approved_as_giving_up_much_is_offered(self, loan):
        asked = self.ask(loan, factories.staff("Chidi"), {"method": "rate_cut", "annual_rate": "0.01", "count": 30})

        approve(request_id=asked.pk, user=factories.staff("Ada", User.Role.ADMIN), today=TODAY)

        assert OfferSet.objects.get().offers.get().method == "rate_cut"

    def test_what_the_month_cannot_carry_is_no_offer_whoever_asks(self, loan):
        with pytest.raises(OutsideLimits) as refusal:
            self.ask(loan, factories.staff("Chidi"), {"method": "rate_cut", "annual_rate": "0.08", "count": 6})

        assert refusal.value.details["reason"] == "not_affordable"

    def test_says_why_it_was_outside(self, loan):
        kept = budget(loan.borrower)

        found = preview_outside(loan_id=loan.pk, relief=self.CUT, budget_id=kept.pk, today=TODAY)

        assert found.refusal is not None
        assert found.refusal.code == "cut_too_deep"
        assert found.share > Decimal(0)


class TestAnOfferOutsideLimitsOnALaterDay:
    LONGER: dict[str, Any] = {"method": "term_extension", "count": 16, "annual_rate": "0.08"}
    HOLIDAY: dict[str, Any] = {"method": "payment_holiday", "months": 2, "interest": "parked"}

    def given(self, loan: Loan, relief: dict[str, Any], *, income: int = 6_000_00) -> OfferSet:
        kept = budget(loan.borrower, income=income)
        return offer_outside(loan_id=loan.pk, relief=relief, budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)

    @pytest.mark.parametrize(
        ("relief", "income", "first"),
        [
            (TestOutsideLimits.CUT, 5_000_00, date(2026, 4, 15)),
            (LONGER, 6_000_00, date(2026, 4, 15)),
            (HOLIDAY, 6_000_00, date(2026, 6, 15)),
        ],
    )
    def test_stands_through_its_last_day_though_a_due_date_came_between(self, loan, relief, income, first):
        offered = self.given(loan, relief, income=income)
        last = date(2026, 3, 15)
        assert offered.last_day == last

        quote_anew(set_id=offered.pk, now=noon(last))

        offered.refresh_from_db()
        offer = offered.offers.get()
        assert (offered.status, offer.status) == ("OPEN", "OFFERED")
        assert offer.relief["method"] == relief["method"]
        assert offer.figures["first_due_on"] == first.isoformat()
        assert accepted(offer, on=last).first_due_on == first
        assert differences() == []

    def test_keeps_what_it_gives_up_and_what_the_month_carries(self, loan):
        offered = self.given(loan, TestOutsideLimits.CUT)
        before = offered.offers.get().figures

        quote_anew(set_id=offered.pk, now=noon(TODAY + DAY))

        after = offered.offers.get().figures
        assert after.keys() == before.keys()
        assert Decimal(after["value_loss"]) > Decimal("0.01")
        carried = after["affordability"]["after"]
        assert (carried["fits"], carried["payment"]) == (True, f"{Decimal(after['highest_minor']) / 100:.2f}")

    def test_lapses_where_the_month_cannot_carry_it_any_more(self, loan):
        offered = self.given(loan, TestOutsideLimits.CUT, income=5_000_00)
        factories.running_loan(loan.borrower)

        ended = quote_anew(set_id=offered.pk, now=noon(TODAY + DAY))

        assert (ended.status, offered.offers.get().status) == ("TAKEN_BACK", "LAPSED")

    def test_is_moved_by_nobody_but_a_person(self, loan):
        offered = self.given(loan, self.LONGER)
        offer = offered.offers.get()

        with pytest.raises(ReliefRefused, match="A person made this offer"):
            quote_offer(set_id=offered.pk, relief={**offer.relief, "count": 17}, now=noon(TODAY), actor=ACTOR)

        assert slider_for(offer, offered, on=TODAY) is None

    def test_is_not_given_back_by_a_month_that_is_stated_anew(self, loan):
        offered = self.given(loan, TestOutsideLimits.CUT)
        anew = budget(loan.borrower, income=4_600_00)

        with pytest.raises(ReliefRefused, match=offered.reference):
            offer_anew(loan_id=loan.pk, budget_id=anew.pk, now=noon(TODAY), actor=ACTOR)

        assert list(OfferSet.objects.values_list("pk", "status")) == [(offered.pk, "OPEN")]


class TestAnIncomeThatFellSince:
    def fell(self, loan: Loan, minor: int, *, on: date = TODAY) -> None:
        agree(loan.borrower, "CASH_FLOW_WATCH")
        facts = {"amount_minor": minor, "mean_minor": 9_000_00, "currency": "CNY", "months": 3}
        WarningTrigger.objects.create(
            borrower=loan.borrower, kind="INCOME_DROP", fired_on=on, ends_on=on + 60 * DAY, is_strong=False, facts=facts
        )

    def test_counts_where_nobody_asked(self, loan):
        budget(loan.borrower, income=9_000_00, now=noon(TODAY - DAY))
        self.fell(loan, 5_000_00)

        offered = make_offers(loan_id=loan.pk, source="EARLY_WARNING", now=noon(TODAY), actor=ACTOR)

        assert offered.facts["income"] == {"stated": 5_000_00, "verified": None}
        assert all(way.figures["highest_minor"] <= 900_00 for way in offered.offers.all())

    @pytest.mark.parametrize(("minor", "on"), [(5_000_00, TODAY - DAY), (9_500_00, TODAY)])
    def test_is_the_borrowers_own_word_where_that_is_newer_or_lower(self, loan, minor, on):
        budget(loan.borrower, income=9_000_00, now=noon(TODAY - DAY))
        self.fell(loan, minor, on=on)

        with pytest.raises(NothingToOffer):
            make_offers(loan_id=loan.pk, source="EARLY_WARNING", now=noon(TODAY), actor=ACTOR)

        assert not OfferSet.objects.exists()
