"""Every reason has words in three languages, with its figures; at most four are shown, gravest first, each once."""

from decimal import Decimal

import pytest
from django.utils import translation

from dashu.finance.affordability import Amount, Household
from dashu.policy.credit_rules import Bar, Outcome, ReviewRules, ScoreBar
from loans.domain.credit_review import Facts, Finding, Reason, review
from loans.domain.pricing import PriceReason, PriceStep
from loans.domain.scorecards import Characteristic, NumericBins, Shortfall
from loans.reason_words import FACTS, HELPS, ReasonWords, price_step_in_words, reasons_in_words
from tests.unit.loans.lending import AFFORDABILITY

LANGUAGES = ("en", "zh-hans", "zh-hant")
RULES = ReviewRules(
    least_age=18,
    lenders=Bar(3, 5),
    inquiries={7: Bar(3, 6), 30: Bar(5)},
    overdue_elsewhere=Bar(1, 31),
    highest_exposure=1_000_000_00,
    score=ScoreBar(560),
    affordability=AFFORDABILITY,
)
# All that can speak against a loan at once, but a person of age: each rule has something to say.
WORST = Facts(
    age=17,
    is_resident=False,
    household=Household(Amount(3_000_00, 3_000_00), Amount(2_000_00), Amount(1_000_00)),
    installment=1_500_00,
    stressed_installment=1_600_00,
    all_in_rate=Decimal("0.2513"),
    rate_cap=Decimal("0.24"),
    exposure=1_200_000_00,
    has_fraud_flag=True,
    open_lenders=6,
    inquiries={7: 6, 30: 9},
    days_past_due_elsewhere=40,
    repays_other_loans=True,
    score=480,
    by_person=(
        Reason.NO_CREDIT_REPORT,
        Reason.PERSON_ASKED_FOR,
        Reason.BUSINESS_LOAN,
        Reason.SEEN_BEFORE,
        Reason.CARD_UNCONFIRMED,
    ),
)
FINDINGS = {finding.reason: finding for finding in reversed(review(WORST, RULES).findings)}
MISSING_INCOME = [
    Finding(Outcome.REFUSE, Reason.DEBT_SHARE, None, 7_000),
    Finding(Outcome.REFER, Reason.STRESSED, None, 1),
]
YEARS = Characteristic(
    "months",
    ("months",),
    NumericBins((), (20,)),
    0,
    {"en": "Months asked for", "zh-Hans": "申请的期数（月）"},
    {"en": "A shorter time to repay.", "zh-Hans": "缩短还款期限。"},
)


def in_words(*findings: Finding, shortfalls=(), language: str = "en") -> list[ReasonWords]:
    with translation.override(language):
        return reasons_in_words(findings, shortfalls)


class TestEveryReason:
    def test_has_words_and_was_found_here(self):
        assert set(FACTS) == set(HELPS) == set(Reason) == set(FINDINGS)

    @pytest.mark.parametrize("reason", Reason)
    @pytest.mark.parametrize("outcome", [Outcome.REFER, Outcome.REFUSE])
    def test_says_a_fact_and_what_would_help_in_each_language(self, reason, outcome):
        found = FINDINGS[reason]
        finding = Finding(outcome, reason, found.found, found.limit, found.days)
        said = [in_words(finding, language=language)[0] for language in LANGUAGES]

        assert len({words.fact for words in said}) == len({words.help for words in said}) == 3
        assert {words.code for words in said} == {reason.value}
        assert not any("%(" in words.fact + words.help for words in said)
        assert all(text.endswith((".", "。")) for words in said for text in (words.fact, words.help))

    @pytest.mark.parametrize(
        ("reason", "fact"),
        [
            (Reason.UNDER_AGE, "You are 17; a loan can be made from the age of 18."),
            (Reason.TOO_MANY_LENDERS, "Other lenders with whom a loan runs: 6; from 5 on we do not lend."),
            (Reason.MANY_INQUIRIES, "Inquiries of other lenders in 7 days: 6; from 6 on we do not lend."),
            (Reason.OVERDUE_ELSEWHERE, "Days that a payment elsewhere is late: 40; from 31 on we do not lend."),
            (
                Reason.NO_SURPLUS,
                "With this installment ¥1,800.00 a month would be missing after essentials, debts and a reserve.",
            ),
            (Reason.DEBT_SHARE, "All debts would take 83.34% of the income; above 70% we do not lend."),
            (
                Reason.STRESSED,
                "If income fell and the rate rose, debts would take 108.34% of the income; above 70% a person looks.",
            ),
            (Reason.RATE_ABOVE_CAP, "With all costs the loan would be 25.13% a year; at most 24% is allowed."),
            (
                Reason.GROUP_EXPOSURE,
                "With this loan you and those tied to you would owe us ¥1,200,000.00; our limit is ¥1,000,000.00.",
            ),
            (Reason.LOW_SCORE, "The score is 480; from 560 on it does not speak against a loan."),
        ],
    )
    def test_names_the_fact_and_the_limit(self, reason, fact):
        assert in_words(FINDINGS[reason])[0].fact == fact

    def test_no_income_is_no_share(self):
        share, stressed = in_words(*MISSING_INCOME)

        assert share.fact == "No income is known from which debts could be paid; they may take at most 70% of it."
        assert stressed.fact == "No income is known that could carry the loan if it fell; debts may take 0.01% of it."


class TestReasonsInWords:
    def test_are_at_most_four_and_the_gravest_first(self):
        shown = in_words(*review(WORST, RULES).findings)

        assert [words.code for words in shown] == ["under_age", "not_resident", "fraud_flag", "rate_above_cap"]

    def test_the_same_reason_is_shown_once_with_its_gravest_figures(self):
        twice = [
            Finding(Outcome.REFUSE, Reason.MANY_INQUIRIES, 6, 6, 7),
            Finding(Outcome.REFER, Reason.MANY_INQUIRIES, 9, 5, 30),
        ]

        assert [words.fact for words in in_words(*twice)] == [
            "Inquiries of other lenders in 7 days: 6; from 6 on we do not lend."
        ]

    def test_a_low_score_is_explained_in_the_words_of_the_scorecard(self):
        low = Finding(Outcome.REFER, Reason.LOW_SCORE, 540, 560)
        _low, english = in_words(low, shortfalls=[Shortfall(YEARS, 12)])
        _low, simplified = in_words(low, shortfalls=[Shortfall(YEARS, 1)], language="zh-hans")
        _low, traditional = in_words(low, shortfalls=[Shortfall(YEARS, 12)], language="zh-hant")

        assert english == ReasonWords(
            "score.months", "Months asked for: 12 points below the most there is.", "A shorter time to repay."
        )
        assert (simplified.fact, simplified.help) == ("申请的期数（月）：比最高分少 1 分。", "缩短还款期限。")
        assert traditional.help == "A shorter time to repay."  # the scorecard has no words in this language

    def test_points_are_not_explained_where_the_score_was_no_reason(self):
        shown = in_words(Finding(Outcome.REFUSE, Reason.NOT_RESIDENT), shortfalls=[Shortfall(YEARS, 12)])

        assert [words.code for words in shown] == ["not_resident"]

    def test_of_an_approval_there_are_none(self):
        assert in_words(shortfalls=[Shortfall(YEARS, 12)]) == []


class TestPriceSteps:
    @pytest.mark.parametrize(
        ("step", "said"),
        [
            (PriceStep(PriceReason.BASE, Decimal("0.18")), "Every loan of this kind begins at 18% a year."),
            (
                PriceStep(PriceReason.SCORE, Decimal("-0.012"), 551, 540),
                "The score of 551 reaches 540 and lowers the rate by 1.2%.",
            ),
            (
                PriceStep(PriceReason.PROVED_INCOME, Decimal("-0.012")),
                "Your income is proved; that lowers the rate by 1.2%.",
            ),
            (
                PriceStep(PriceReason.PRODUCT, Decimal("0.018"), limit="0.15"),
                "This product begins at 15% a year; that raises the rate by 1.8%.",
            ),
            (
                PriceStep(PriceReason.PRODUCT, Decimal("-0.03"), limit="0.15"),
                "This product ends at 15% a year; that lowers the rate by 3%.",
            ),
            (
                PriceStep(PriceReason.RATE_CAP, Decimal("-0.068"), limit="0.12"),
                "No loan may cost more than 12% a year with everything; the rate is lowered by 6.8%.",
            ),
        ],
    )
    def test_are_said_with_their_figures(self, step, said):
        with translation.override("en"):
            assert price_step_in_words(step) == said
        with translation.override("zh-hans"):
            assert "%(" not in price_step_in_words(step) != said
