from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashu.policy import rules
from dashu.policy.credit_rules import Outcome
from dashu.policy.pack_files import pack_file
from dashu.policy.reaching_out import Cap
from dashu.policy.selectors import PolicyRuleMissing, policy_rule, rule
from loans.domain.pricing import highest_contract_rate, price

TODAY = date(2026, 6, 1)

pytestmark = pytest.mark.usefixtures("policy_packs")


class TestComplaints:
    def test_name_phone_hours_address_and_the_supervisor_in_each_language(self):
        told = rules.complaints(TODAY)

        assert told.told("zh-hant").hours == "每天9:00至21:00"
        assert told.told("en").address == "Dashu Finance, Consumer Protection, 1 Shifan Road, Shanghai 200000"
        for language in ("zh-hans", "zh-hant", "en"):
            words = told.told(language)
            assert (words.phone, words.regulator_phone) == ("400-000-0000", "12378")

    def test_another_pack_has_another_supervisor(self):
        assert rules.complaints(TODAY, pack="us").told("en").regulator == "the Consumer Financial Protection Bureau"


class TestRulesOfTheCnPack:
    @pytest.mark.parametrize(
        ("days", "bucket"),
        [
            *[(0, "CURRENT"), (1, "M1"), (30, "M1"), (31, "M2"), (60, "M2"), (61, "M3"), (90, "M3"), (91, "M4")],
            *[(120, "M4"), (121, "M5"), (150, "M5"), (151, "M6"), (180, "M6"), (181, "M7"), (2000, "M7")],
        ],
    )
    def test_buckets(self, days, bucket):
        assert rules.delinquency_buckets(TODAY).code_for(days) == bucket

    @pytest.mark.parametrize(
        ("days", "tier"),
        [
            *[(0, "NORMAL"), (1, "SPECIAL_MENTION"), (90, "SPECIAL_MENTION"), (91, "SUBSTANDARD")],
            *[(270, "SUBSTANDARD"), (271, "DOUBTFUL"), (360, "DOUBTFUL"), (361, "LOSS")],
        ],
    )
    @pytest.mark.parametrize("product", ["CONSUMER", "SME", "CARD_REPAYMENT"])
    def test_loans_of_every_product_use_the_loan_table(self, product, days, tier):
        assert rules.five_tier(product, TODAY).code_for(days) == tier

    def test_revolving_cards_have_a_table_of_their_own(self):
        card = rules.five_tier("card", TODAY)

        assert [card.code_for(days) for days in (90, 91, 120, 121, 180, 181)] == [
            "SPECIAL_MENTION",
            "SUBSTANDARD",
            "SUBSTANDARD",
            "DOUBTFUL",
            "DOUBTFUL",
            "LOSS",
        ]

    def test_penalty_is_half_as_much_again_and_never_above_the_cap(self):
        penalty = rules.penalty_rule(TODAY)

        assert penalty.for_contract(Decimal("0.12")).annual_rate == Decimal("0.18")
        assert penalty.for_contract(Decimal("0.20")).annual_rate == Decimal("0.24")
        assert penalty.for_contract(Decimal("0.12")).year_days == 360

    def test_rate_cap_falls_on_the_last_day_of_2027(self):
        assert rules.rate_cap(date(2027, 12, 30)) == Decimal("0.24")
        assert rules.rate_cap(date(2027, 12, 31)) == Decimal("0.12")

    @pytest.mark.parametrize(
        ("day", "cap"),
        [
            (date(2020, 8, 19), "0.24"),
            (date(2020, 8, 20), "0.154"),  # LPR 3.85%
            (date(2024, 7, 21), "0.138"),  # 3.45%
            (date(2024, 7, 22), "0.134"),  # 3.35%
            (TODAY, "0.12"),  # 3.00%
        ],
    )
    def test_private_lending_is_capped_at_four_times_the_lpr_of_the_day(self, day, cap):
        limits = rules.rate_limits(day, pack="cn_private")

        assert (str(limits.cap), str(limits.highest_contract)) == (cap, cap)
        assert pack_file("cn_private").rate_limits(day) == limits

    def test_reminders_and_hours(self):
        hours = rules.contact_hours(TODAY)

        assert rules.reminder_schedule(TODAY).segments["STANDARD"] == (-3, 0, 1, 3, 7)
        assert rules.reminder_holdout(TODAY).share_bps == 0
        assert rules.message_retry(TODAY).most_attempts == 6
        assert rules.contact_caps(TODAY)["REMINDER"] == Cap(day=1, week=4, month=12)
        assert hours.allows(datetime(2026, 6, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))) is True
        assert hours.allows(datetime(2026, 6, 1, 22, tzinfo=ZoneInfo("Asia/Shanghai"))) is False

    def test_credit_codes(self):
        codes = rules.credit_codes(TODAY)

        assert [codes.by_days.code_for(days) for days in (0, 1, 31, 61, 91, 121, 151, 181)] == list("N1234567")
        assert codes.marks["SETTLED"] == "C"

    def test_large_payouts_ask_for_a_compared_identity(self):
        for pack, most in (("cn", 50_000_00), ("us", 10_000_00)):
            payout = rules.credit_payout(TODAY, pack=pack)
            assert (payout.automatic_up_to, payout.compared_identity) == (most, True)

    def test_few_points_alone_refuse_nobody(self):
        bar = rules.credit_review(TODAY).score

        assert (bar.refuses, bar.outcome_of(0)) == (None, Outcome.REFER)
        assert bar.outcome_of(bar.refers) is Outcome.APPROVE

    @pytest.mark.parametrize("day", [date(2027, 12, 30), date(2027, 12, 31)])
    def test_prices_begin_inside_the_cap_of_their_day(self, day):
        pricing, limits = rules.credit_pricing(day), rules.rate_limits(day)

        base = price(score=None, has_proved_income=False, rules=pricing, limits=limits)
        best = price(score=700, has_proved_income=True, rules=pricing, limits=limits)
        assert (base.annual_rate, len(base.steps)) == (pricing.base_rate, 1)
        assert best.annual_rate == pricing.base_rate - pricing.by_score[-1].less - pricing.proved_income
        assert pricing.base_rate < highest_contract_rate(limits, pricing.cap_margin)

    def test_drift_and_fairness_have_bars(self):
        monitoring = rules.credit_monitoring(TODAY)

        assert (monitoring.watch_from, monitoring.act_above) == (Decimal("0.10"), Decimal("0.25"))
        assert (monitoring.least_group, monitoring.least_impact_ratio) == (30, Decimal("0.8"))
        assert monitoring.window_days == 90

    def test_a_rule_explains_itself(self):
        explained = policy_rule("classification.five_tier.loan", on=TODAY)

        assert (explained.effective_from, explained.confidence) == (date(2023, 7, 1), "V")
        assert "2023 No.1" in explained.source

    def test_rate_limits_hold_the_contract_and_the_all_in_rate(self):
        now, later = rules.rate_limits(date(2027, 12, 30)), rules.rate_limits(date(2027, 12, 31))

        assert (now.pack, now.highest_contract, now.cap) == ("cn", Decimal("0.24"), Decimal("0.24"))
        assert (later.highest_contract, later.cap) == (Decimal("0.12"), Decimal("0.12"))
        assert "LPR" in later.cap_source


class TestOtherPacks:
    def test_rate_limits_of_the_united_states_are_those_of_the_military_lending_act(self):
        limits = rules.rate_limits(TODAY, pack="us")

        assert (limits.cap, limits.highest_contract) == (Decimal("0.36"), Decimal("0.36"))
        assert "987" in limits.cap_source

    def test_the_same_program_runs_under_other_rules(self, settings):
        settings.LENDER_POLICY_PACK = "us"

        assert rules.delinquency_buckets(TODAY).code_for(29) == "CURRENT"
        assert rules.five_tier("CONSUMER", TODAY).code_for(120) == "LOSS"
        assert rules.contact_hours(TODAY).closes.hour == 21

    def test_a_missing_rule_names_pack_rule_and_day(self):
        with pytest.raises(PolicyRuleMissing, match=r"us.*ifrs9\.stages.*2026-06-01"):
            rule("ifrs9.stages", on=TODAY, pack="us")

    def test_a_day_before_the_first_rule_is_refused(self):
        with pytest.raises(PolicyRuleMissing):
            rule("rate.cap", on=date(1969, 12, 31))


@pytest.mark.parametrize(("pack", "said"), [("cn", (20, 14, 7)), ("us", (10, 14, 3))])
def test_how_an_offer_is_shown(pack, said):
    found = rules.credit_disclosure(TODAY, pack=pack)

    assert (found.reading_seconds, found.offer_days, found.cooling_off_days) == said


class TestRelief:
    def test_a_month_keeps_a_tenth_and_debts_take_at_most_55_percent(self):
        shares = rules.relief_affordability(TODAY)

        assert (shares.buffer, shares.watched_debt, shares.highest_debt) == (
            Decimal("0.1"),
            Decimal("0.5"),
            Decimal("0.55"),
        )

    def test_limits_of_the_cn_pack(self):
        limits, clocks = rules.relief_limits(TODAY), rules.relief_clocks(TODAY)

        assert (limits.most_restructurings, limits.within_months, limits.first_payments) == (2, 24, 3)
        assert (limits.cooling_off_days, limits.deciding_days, limits.most_offers) == (7, 14, 3)
        assert (limits.value_loss, limits.capitalizes) == (Decimal("0.01"), False)
        assert (clocks.broken_after_days, clocks.observation_months, clocks.observation_payments) == (10, 12, 2)

    def test_what_is_assumed_of_losses_and_reported_to_the_bureau(self):
        losses, marks = rules.loss_assumptions(TODAY), rules.relief_credit_marks(TODAY)

        assert losses.band(45).beyond == Decimal("0.65")
        assert losses.loss_given_default == Decimal("0.65")
        assert (marks["term_extension"], marks["partial_waiver"], marks["due_date"]) == ("1", "11", "")

    def test_guidelines_grow_with_the_household(self):
        food = rules.spending_guidelines(TODAY).categories["FOOD"]

        assert [food.for_household(persons) for persons in (1, 3)] == [1_200_00, 2_800_00]
