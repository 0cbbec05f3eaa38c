"""A whole decision: price, offers and review together; what never makes it worse, and what never changes it."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.affordability import Amount, Household
from dashu.finance.annual_rates import all_in_rates
from dashu.finance.schedule import build_schedule
from dashu.policy.credit_rules import Bar, Outcome, ReviewRules, ScoreBar
from loans.domain.credit_review import Reason
from loans.domain.decisions import Known, Rules, decide
from loans.domain.no_loan import lesson_for
from loans.domain.offers import Limited, Need, Obstacle, Why
from loans.reason_words import LIMITS, limits_in_words, reasons_in_words
from loans.scoring.mapping import NEVER_INPUTS
from tests.unit.loans.lending import AFFORDABILITY, CONSUMER, HOUSEHOLD, ON, PRICING, SME
from tests.unit.loans.lending import LIMITS as RATES

RULES = Rules(
    review=ReviewRules(
        least_age=18,
        lenders=Bar(refers=3, refuses=5),
        inquiries={7: Bar(refers=3), 30: Bar(refers=5), 90: Bar(refers=8)},
        overdue_elsewhere=Bar(refers=1, refuses=31),
        highest_exposure=150_000_00,
        score=ScoreBar(refers=520),
        affordability=AFFORDABILITY,
    ),
    pricing=PRICING,
    limits=RATES,
)
GOOD = Known(age=30, is_resident=True, household=HOUSEHOLD, score=612)


def decided(known: Known = GOOD, need: Need | None = None, product=CONSUMER):
    return decide(known, need or Need(12_000_00, 12), product, RULES, on=ON)


class TestDecide:
    def test_a_good_applicant_gets_what_was_asked_for_at_the_best_price(self):
        decision = decided()

        assert decision.outcome is Outcome.APPROVE
        assert decision.price.annual_rate == Decimal("0.132")
        assert decision.reviewed == decision.match.offers[0]
        assert [(offer.principal, offer.whys[0]) for offer in decision.match.offers] == [
            (12_000_00, Why.SMALLEST_THAT_MEETS_NEED),
            (12_000_00, Why.GENTLEST_INSTALLMENT),
            (12_000_00, Why.CHEAPEST_IN_ALL),
        ]

    def test_the_over_committed_applicant_is_refused_with_the_figures_of_the_gentlest_loan(self):
        full = Household(Amount(6_500_00, 6_500_00), Amount(3_500_00), Amount(2_364_00))
        decision = decided(replace(GOOD, household=full, open_lenders=3), Need(10_000_00, 12))

        assert (decision.outcome, decision.match.offers) == (Outcome.REFUSE, ())
        assert decision.reviewed.count == 36
        (no_surplus, *others) = decision.review.findings
        assert (no_surplus.reason, no_surplus.found) == (Reason.NO_SURPLUS, -14_00 - decision.reviewed.highest)
        assert [finding.reason for finding in others] == [Reason.TOO_MANY_LENDERS]
        assert lesson_for(decision.review.findings) == "overdue"

    def test_few_points_alone_have_a_person_look_and_never_refuse(self):
        decision = decided(replace(GOOD, score=0))

        assert decision.outcome is Outcome.REFER
        assert [finding.reason for finding in decision.review.findings] == [Reason.LOW_SCORE]

    def test_a_longer_time_is_taken_where_it_spares_a_look_by_a_person(self):
        frugal = Household(Amount(10_000_00, 10_000_00), Amount(0), Amount(1_000_00))
        decision = decided(replace(GOOD, household=frugal), Need(60_000_00, 12))

        assert decision.outcome is Outcome.APPROVE
        assert decision.match.offers[0].burden.debt_bps <= 5_000
        assert decision.match.offers[0].count == 17

    def test_what_is_no_loan_of_the_product_is_refused_by_the_limits(self):
        decision = decided(need=Need(500_00, 12))

        assert (decision.outcome, decision.reviewed, decision.review.findings) == (Outcome.REFUSE, None, ())
        assert decision.match.limits == (Limited(Obstacle.BELOW_PRODUCT, 500_00, 1_000_00),)


class TestLimitsInWords:
    def test_every_obstacle_has_words(self):
        assert set(LIMITS) == set(Obstacle)

    @pytest.mark.parametrize("obstacle", Obstacle)
    def test_says_both_figures_in_each_language(self, obstacle):
        is_rate = obstacle in (Obstacle.PRODUCT_RATE, Obstacle.RATE_CAP)
        limited = Limited(obstacle, "0.25", "0.24") if is_rate else Limited(obstacle, 60, 36)
        said = []
        for language in ("en", "zh-hans", "zh-hant"):
            with translation.override(language):
                said += limits_in_words([limited])

        assert len({words.fact for words in said}) == len({words.help for words in said}) == 3
        assert not any("%(" in words.fact + words.help for words in said)
        shown = ("25%", "24%") if is_rate else ("0.60", "0.36") if "0.60" in said[0].fact else ("60", "36")
        assert all(figure in words.fact for figure in shown for words in said)


amounts = st.integers(0, 3_000_000)
known = st.builds(
    Known,
    age=st.integers(15, 90),
    is_resident=st.booleans(),
    household=st.builds(
        Household,
        st.builds(Amount, st.integers(0, 6_000_000), st.none() | st.integers(0, 6_000_000)),
        st.builds(Amount, st.integers(0, 1_000_000)),
        st.builds(Amount, st.integers(0, 1_000_000)),
    ),
    exposure=st.integers(0, 160_000_00),
    has_fraud_flag=st.booleans(),
    open_lenders=st.integers(0, 6),
    inquiries=st.fixed_dictionaries({7: st.integers(0, 5), 30: st.integers(0, 8)}),
    days_past_due_elsewhere=st.integers(0, 40),
    repays_other_loans=st.booleans(),
    score=st.none() | st.integers(400, 700),
)
# Mostly fine applicants, so that approvals and offers are among what is tried.
fine = st.builds(
    Known,
    age=st.integers(18, 90),
    is_resident=st.just(True),
    household=st.builds(
        Household,
        st.builds(Amount, st.integers(300_000, 3_000_000), st.none() | st.integers(300_000, 3_000_000)),
        st.builds(Amount, st.integers(0, 500_000)),
        st.builds(Amount, st.integers(0, 300_000)),
    ),
    open_lenders=st.integers(0, 3),
    score=st.none() | st.integers(500, 700),
)
needs = st.builds(Need, st.integers(500_00, 220_000_00), st.integers(1, 60), st.none() | st.integers(1, 60))
products = st.sampled_from([CONSUMER, SME])
BETTER = ("income", "proved", "essentials", "debts", "exposure", "fraud", "lenders", "inquiries", "overdue", "purpose",
          "score", "resident")  # fmt: skip


def better(one: Known, name: str, by: int) -> Known:
    """Return the same applicant with one fact better."""
    home = one.household
    income = home.income
    changes = {
        "income": {
            "household": replace(home, income=Amount(income.stated + by, income.verified and income.verified + by))
        },
        "proved": {"household": replace(home, income=Amount(income.stated, income.stated))},
        "essentials": {"household": replace(home, essentials=Amount(max(0, home.essentials.stated - by)))},
        "debts": {"household": replace(home, debt_payments=Amount(max(0, home.debt_payments.stated - by)))},
        "exposure": {"exposure": max(0, one.exposure - by)},
        "fraud": {"has_fraud_flag": False},
        "lenders": {"open_lenders": max(0, one.open_lenders - 1)},
        "inquiries": {"inquiries": dict.fromkeys(one.inquiries, 0)},
        "overdue": {"days_past_due_elsewhere": max(0, one.days_past_due_elsewhere - by)},
        "purpose": {"repays_other_loans": False},
        "score": {"score": None if one.score is None else one.score + by},
        "resident": {"is_resident": True},
    }
    return replace(one, **changes[name])


class TestProperties:
    @settings(max_examples=80, deadline=None)
    @given(known | fine, needs, products, st.sampled_from(BETTER), st.integers(1, 300_000))
    def test_a_better_fact_never_worsens_decision_price_or_amount(self, one, need, product, name, by):
        before = decided(one, need, product)
        now = decided(better(one, name, by), need, product)

        assert now.price.annual_rate <= before.price.annual_rate
        assert now.match.largest >= before.match.largest
        if now.match.largest == before.match.largest:  # decisions on different amounts cannot be compared
            assert now.outcome <= before.outcome

    @settings(max_examples=40, deadline=None)
    @given(fine, needs, st.integers(18, 110), st.integers(18, 110))
    def test_no_age_of_legal_capacity_changes_anything(self, one, need, age, other):
        assert decided(replace(one, age=age), need) == decided(replace(one, age=other), need)

    @pytest.mark.parametrize(
        "identity",
        ["110101199003070011", "110101199003070028", "440305195812310022", "650104200711150033", "540102198602290024"],
    )
    def test_neither_sex_nor_region_nor_birth_of_an_identity_number_changes_anything(self, identity):
        born = date(int(identity[6:10]), int(identity[10:12]), min(int(identity[12:14]), 28))
        age = (ON - born).days * 400 // 146_097

        assert decided(replace(GOOD, age=age)) == decided()

    def test_nothing_protected_is_asked_for_but_legal_capacity(self):
        asked = {word for kind in (Known, Need, Household) for each in fields(kind) for word in each.name.split("_")}

        assert asked & NEVER_INPUTS == {"age"}

    @settings(max_examples=60, deadline=None)
    @given(known | fine, needs, products)
    def test_what_is_not_approved_has_a_reason_in_words(self, one, need, product):
        decision = decided(one, need, product)

        with translation.override("zh-hans"):
            words = reasons_in_words(decision.review.findings) + limits_in_words(decision.match.limits)
        if decision.outcome is not Outcome.APPROVE:
            assert words
        assert all(each.fact and each.help for each in words)
        assert len(reasons_in_words(decision.review.findings)) <= 4

    @settings(max_examples=60, deadline=None)
    @given(fine, needs, products)
    def test_no_offer_breaks_cap_limit_or_need(self, one, need, product):
        decision = decided(one, need, product)
        month = one.household.month(AFFORDABILITY)

        assert len(decision.match.offers) <= 3
        assert len({build_schedule(offer.terms) for offer in decision.match.offers}) == len(decision.match.offers)
        for offer in decision.match.offers:
            rates = all_in_rates(offer.terms, build_schedule(offer.terms))
            assert max(rates.irr_nominal, rates.irr_effective) <= RATES.cap
            assert offer.highest <= month.highest_installment(AFFORDABILITY)
            assert offer.principal <= min(need.amount, RULES.review.highest_exposure)
