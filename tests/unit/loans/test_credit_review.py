"""Hard rules of lending: each reason, the outcome of several, and that a better fact never makes it worse."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.affordability import AffordabilityRules, Amount, Household
from dashu.policy.credit_rules import Bar, Outcome, ReviewRules, ScoreBar
from loans.domain.credit_review import Facts, Finding, Reason, Review, review

RULES = ReviewRules(
    least_age=18,
    lenders=Bar(refers=3, refuses=5),
    inquiries={7: Bar(refers=3), 30: Bar(refers=5), 90: Bar(refers=8)},
    overdue_elsewhere=Bar(refers=1, refuses=31),
    highest_exposure=1_000_000_00,
    score=ScoreBar(refers=560, refuses=520),
    affordability=AffordabilityRules(
        Decimal("0.7"), Decimal("0.1"), Decimal("0.5"), Decimal("0.7"), Decimal("0.8"), Decimal("0.02")
    ),
)
GOOD = Facts(
    age=30,
    is_resident=True,
    household=Household(Amount(10_000_00, 10_000_00), Amount(3_000_00), Amount(1_000_00)),
    installment=1_100_00,
    stressed_installment=1_112_00,
    all_in_rate=Decimal("0.18"),
    rate_cap=Decimal("0.24"),
    exposure=12_000_00,
    score=600,
)


class TestReview:
    def test_approves_when_nothing_speaks_against_it(self):
        assert review(GOOD, RULES) == Review(Outcome.APPROVE, ())

    @pytest.mark.parametrize(
        ("change", "outcome", "reason", "found", "limit"),
        [
            ({"age": 17}, Outcome.REFUSE, Reason.UNDER_AGE, 17, 18),
            ({"is_resident": False}, Outcome.REFUSE, Reason.NOT_RESIDENT, None, None),
            ({"has_fraud_flag": True}, Outcome.REFUSE, Reason.FRAUD_FLAG, None, None),
            ({"all_in_rate": Decimal("0.2401")}, Outcome.REFUSE, Reason.RATE_ABOVE_CAP, "0.2401", "0.24"),
            ({"exposure": 1_000_000_01}, Outcome.REFUSE, Reason.GROUP_EXPOSURE, 1_000_000_01, 1_000_000_00),
            ({"days_past_due_elsewhere": 1}, Outcome.REFER, Reason.OVERDUE_ELSEWHERE, 1, 1),
            ({"days_past_due_elsewhere": 31}, Outcome.REFUSE, Reason.OVERDUE_ELSEWHERE, 31, 31),
            ({"open_lenders": 3}, Outcome.REFER, Reason.TOO_MANY_LENDERS, 3, 3),
            ({"open_lenders": 5}, Outcome.REFUSE, Reason.TOO_MANY_LENDERS, 5, 5),
            ({"inquiries": {7: 3, 30: 4}}, Outcome.REFER, Reason.MANY_INQUIRIES, 3, 3),
            ({"inquiries": {90: 8}}, Outcome.REFER, Reason.MANY_INQUIRIES, 8, 8),
            ({"repays_other_loans": True}, Outcome.REFER, Reason.REPAYS_OTHER_LOANS, None, None),
            ({"score": 559}, Outcome.REFER, Reason.LOW_SCORE, 559, 560),
            ({"score": 519}, Outcome.REFUSE, Reason.LOW_SCORE, 519, 560),
            ({"stressed_installment": 4_600_01}, Outcome.REFER, Reason.STRESSED, 7_001, 7_000),
        ],
    )
    def test_gives_the_reason_with_what_was_found_and_what_it_is_held_against(
        self, change, outcome, reason, found, limit
    ):
        reviewed = review(replace(GOOD, **change), RULES)

        assert reviewed.outcome is outcome
        (finding,) = (each for each in reviewed.findings if each.reason is reason)
        assert (finding.outcome, finding.found, finding.limit) == (outcome, found, limit)

    @pytest.mark.parametrize(
        ("debts", "outcome"),
        [(3_900_00, Outcome.APPROVE), (3_900_01, Outcome.REFER), (5_900_00, Outcome.REFER), (5_900_01, Outcome.REFUSE)],
    )
    def test_the_share_of_debts_is_watched_above_50_and_refused_above_70_percent(self, debts, outcome):
        household = Household(Amount(10_000_00, 10_000_00), Amount(0), Amount(debts))
        findings = review(replace(GOOD, household=household), RULES).findings

        of_share = [finding.outcome for finding in findings if finding.reason is Reason.DEBT_SHARE]
        assert of_share == ([outcome] if outcome is not Outcome.APPROVE else [])

    def test_few_points_alone_refer_where_the_rules_let_them_refuse_nobody(self):
        reviewed = review(replace(GOOD, score=0), replace(RULES, score=ScoreBar(refers=560)))

        assert reviewed == Review(Outcome.REFER, (Finding(Outcome.REFER, Reason.LOW_SCORE, 0, 560),))

    def test_an_inquiry_says_the_window_it_was_counted_in(self):
        assert review(replace(GOOD, inquiries={7: 2, 30: 5}), RULES).findings == (
            Finding(Outcome.REFER, Reason.MANY_INQUIRIES, 5, 5, days=30),
        )

    def test_a_month_that_does_not_reach_is_refused(self):
        short = Household(Amount(2_000_00, 2_000_00), Amount(1_000_00), Amount(0))
        reviewed = review(replace(GOOD, household=short), RULES)

        assert reviewed.outcome is Outcome.REFUSE
        assert Reason.NO_SURPLUS in {finding.reason for finding in reviewed.findings}

    def test_the_gravest_reason_comes_first_and_none_is_left_out(self):
        reviewed = review(replace(GOOD, open_lenders=3, score=500, repays_other_loans=True), RULES)

        assert [finding.reason for finding in reviewed.findings] == [
            Reason.LOW_SCORE,
            Reason.TOO_MANY_LENDERS,
            Reason.REPAYS_OTHER_LOANS,
        ]


amounts = st.integers(0, 3_000_000)
facts = st.builds(
    Facts,
    age=st.integers(15, 80),
    is_resident=st.booleans(),
    household=st.builds(
        Household,
        st.builds(Amount, amounts, st.none() | amounts),
        st.builds(Amount, amounts, st.none() | amounts),
        st.builds(Amount, amounts, st.none() | amounts),
        amounts,
    ),
    installment=amounts,
    stressed_installment=amounts,
    all_in_rate=st.decimals(0, 1, places=4),
    rate_cap=st.just(Decimal("0.24")),
    exposure=st.integers(0, 200_000_000),
    has_fraud_flag=st.booleans(),
    open_lenders=st.integers(0, 8),
    inquiries=st.fixed_dictionaries({7: st.integers(0, 12), 30: st.integers(0, 12), 90: st.integers(0, 12)}),
    days_past_due_elsewhere=st.integers(0, 60),
    repays_other_loans=st.booleans(),
    score=st.none() | st.integers(300, 850),
)


def _better(known: Facts, name: str, by: int) -> Facts:
    """Return the facts with one of them better."""
    home = known.household
    changes = {
        "income": {
            "household": replace(
                home, income=Amount(home.income.stated + by, home.income.verified and home.income.verified + by)
            )
        },
        "proved": {"household": replace(home, income=Amount(home.income.stated, home.income.stated))},
        "essentials": {"household": replace(home, essentials=Amount(0, 0), essentials_floor=0)},
        "debts": {"household": replace(home, debt_payments=Amount(max(0, home.debt_payments.stated - by)))},
        "installment": {"installment": max(0, known.installment - by)},
        "stress": {"stressed_installment": max(0, known.stressed_installment - by)},
        "rate": {"all_in_rate": known.all_in_rate / 2},
        "exposure": {"exposure": max(0, known.exposure - by)},
        "fraud": {"has_fraud_flag": False},
        "lenders": {"open_lenders": max(0, known.open_lenders - 1)},
        "inquiries": {"inquiries": dict.fromkeys(known.inquiries, 0)},
        "overdue": {"days_past_due_elsewhere": max(0, known.days_past_due_elsewhere - by)},
        "purpose": {"repays_other_loans": False},
        "score": {"score": None if known.score is None else known.score + by},
        "resident": {"is_resident": True},
    }
    return replace(known, **changes[name])


BETTER = (
    "income", "proved", "essentials", "debts", "installment", "stress", "rate", "exposure", "fraud", "lenders",
    "inquiries", "overdue", "purpose", "score", "resident",
)  # fmt: skip


class TestProperties:
    @given(facts, st.sampled_from(BETTER), st.integers(1, 100_000))
    def test_a_better_fact_never_makes_the_outcome_worse(self, known, name, by):
        assert review(_better(known, name, by), RULES).outcome <= review(known, RULES).outcome

    @given(facts)
    def test_what_is_not_approved_has_a_reason_of_its_own_weight(self, known):
        reviewed = review(known, RULES)

        assert reviewed.outcome == max((finding.outcome for finding in reviewed.findings), default=Outcome.APPROVE)
        assert bool(reviewed.findings) == (reviewed.outcome is not Outcome.APPROVE)

    @given(facts, st.integers(18, 120))
    def test_no_age_of_legal_capacity_changes_it(self, known, age):
        assert review(replace(known, age=max(18, known.age)), RULES) == review(replace(known, age=age), RULES)
