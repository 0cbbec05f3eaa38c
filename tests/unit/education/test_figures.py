"""The lessons' figures are to the fen those of the domain notes, of the policy pack, and of sums done by hand here."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from dashu.finance.amortization import level_installment
from education.domain.figures import (
    after_a_plan,
    asking_for_help,
    budget,
    credit_record,
    emergency_fund,
    figures_of,
    many_lenders,
    minimum_payment,
    money_up_front,
    scams,
    small_business,
)

POLICY = Path(__file__).resolve().parents[3] / "dashu" / "policy" / "packs" / "cn.yaml"


@pytest.fixture(scope="module")
def rules():
    found = yaml.safe_load(POLICY.read_text(encoding="utf-8"))["rules"]
    return {rule["code"]: rule["value"] for rule in reversed(found)}


class TestCreditRecord:
    def test_codes_are_those_of_the_policy_pack(self, rules):
        steps = rules["credit_record.codes"]["by_days"]

        assert tuple((step["from_days"], step["code"]) for step in steps) == credit_record.CODES

    def test_an_open_installment_is_one_two_and_three_at_the_ends_of_three_months(self):
        figures = figures_of("credit-record")

        assert [figures[f"days_{n}"] for n in (1, 2, 3)] == ["21", "51", "82"]
        assert [figures[f"code_{n}"] for n in (1, 2, 3)] == ["1", "2", "3"]
        assert (figures["months_soon"], figures["months_late"]) == ("1", "3")

    def test_five_years_count_from_the_day_it_was_cleared(self, rules):
        assert rules["credit_record.adverse"]["kept_years"] == credit_record.KEPT_YEARS
        assert credit_record.shown_until(date(2026, 6, 20)) == date(2031, 6, 20)
        assert credit_record.shown_until(date(2028, 2, 29)) == date(2033, 2, 28)
        assert figures_of("credit-record")["days_between"] == "61"

    def test_days_are_written_as_each_language_does(self):
        assert figures_of("credit-record", "en")["shown_late"] == "June 20, 2031"
        assert figures_of("credit-record", "zh-hans")["shown_late"] == "2031年6月20日"


class TestMoneyUpFront:
    def test_nine_thousand_received_for_ten_thousand_owed_costs_31_34_percent(self):
        figures = figures_of("money-up-front")

        assert figures["payment"] == "¥883.33"
        assert (figures["nominal"], figures["effective"]) == ("31.34%", "36.26%")
        assert (figures["quoted_a_year"], figures["full_nominal"]) == ("6%", "10.90%")

    def test_what_it_costs_in_all(self):
        figures = figures_of("money-up-front")

        assert (figures["paid_in_all"], figures["cost_in_all"]) == ("¥10,599.96", "¥1,599.96")

    def test_the_law_counts_what_was_received(self):
        figures = figures_of("money-up-front")

        assert figures["fair_payment"] == "¥795.00"  # 9,000 ÷ 12 + 9,000 × 0.5%
        assert (figures["fair_difference"], figures["fair_difference_in_all"]) == ("¥88.33", "¥1,059.96")

    def test_the_price_is_above_the_cap_as_the_lesson_says(self, rules):
        assert money_up_front.rates(money_up_front.RECEIVED).irr_effective > Decimal(rules["rate.cap"])


class TestBudget:
    def test_rules_are_those_of_the_policy_pack(self, rules):
        given = rules["credit.review"]["affordability"]

        assert {name: str(getattr(budget.RULES, name)) for name in given} == given

    def test_the_month_adds_up(self):
        figures = figures_of("budget")

        assert (figures["buffer"], figures["left"]) == ("¥800.00", "¥1,400.00")
        assert (figures["before_buffer"], figures["debt_share"]) == ("¥2,200.00", "20.0%")

    def test_a_new_loan_fits_a_normal_month_and_not_a_hard_one(self):
        figures = figures_of("budget")

        assert (figures["new_installment"], figures["left_with_loan"]) == ("¥916.80", "¥483.20")
        assert (figures["hard_income"], figures["hard_missing"]) == ("¥6,400.00", "¥956.80")

    def test_the_second_month_of_the_quiz_adds_up(self):
        assert figures_of("budget")["left_again"] == "¥900.00"  # 6,000 − 3,400 − 1,100 − 600


class TestEmergencyFund:
    @pytest.mark.parametrize(
        ("goal", "months"), [(1_100_16, 4), (3_500_00, 12), (10_500_00, 35), (300_00, 1), (300_01, 2)]
    )
    def test_a_goal_is_reached_with_the_month_that_completes_it(self, goal, months):
        assert emergency_fund.months_for(goal) == months

    def test_the_small_loan_that_it_saves(self):
        figures = figures_of("emergency-fund")

        assert (figures["loan_payment"], figures["loan_interest"]) == ("¥357.05", "¥142.30")
        assert (figures["installment"], figures["months_repair"]) == ("¥1,100.16", "7")


class TestMinimumPayment:
    def test_the_minimum_alone_takes_45_months_and_3440_56_of_interest(self):
        figures = figures_of("minimum-payment")

        assert (figures["minimum_months"], figures["minimum_interest"]) == ("45", "¥3,440.56")

    def test_the_first_minimum_held_takes_11_months_and_1833_96(self):
        figures = figures_of("minimum-payment")

        assert (figures["fixed"], figures["fixed_months"], figures["fixed_interest"]) == (
            "¥2,030.42",
            "11",
            "¥1,833.96",
        )
        assert minimum_payment.interest(minimum_payment.by_fixed(2_030_00)) == 1_834_34

    def test_holding_it_saves_what_lies_between(self):
        figures = figures_of("minimum-payment")

        assert (figures["saved_interest"], figures["saved_months"]) == ("¥1,606.60", "34")

    def test_the_first_month(self):
        figures = figures_of("minimum-payment")

        assert (figures["daily"], figures["annual"]) == ("0.05%", "18.25%")
        assert (figures["first_interest"], figures["first_principal"]) == ("¥304.17", "¥1,726.25")
        assert figures["first_interest_share"] == "15.0%"


class TestManyLenders:
    def test_three_small_loans_take_2364_a_month_and_36_4_percent(self):
        figures = figures_of("many-lenders")

        assert [figures[f"payment_{n}"] for n in (1, 2, 3)] == ["¥472.80", "¥756.48", "¥1,134.72"]
        assert (figures["three"], figures["three_share"]) == ("¥2,364.00", "36.4%")

    def test_two_fit_and_the_third_does_not(self):
        figures = figures_of("many-lenders")

        assert (figures["two"], figures["left_two"]) == ("¥1,229.28", "¥1,120.72")
        assert figures["missing_three"] == "¥14.00"  # 6,500 − 650 − 3,500 − 2,364
        assert many_lenders.left(2_364_00) == -14_00

    def test_interest_of_all_three(self):
        assert figures_of("many-lenders")["interest_in_all"] == "¥3,367.88"

    def test_the_line_to_watch_is_that_of_the_policy_pack(self, rules):
        watched = rules["credit.review"]["affordability"]["watched_debt"]

        assert (watched, figures_of("many-lenders")["watched_share"]) == ("0.5", "50%")


class TestAskingForHelp:
    def test_the_month_cannot_carry_the_installment_any_more(self):
        figures = figures_of("asking-for-help")

        assert (figures["room"], figures["now_first"], figures["missing"]) == ("¥840.00", "¥1,100.16", "¥260.16")

    def test_each_way_repays_the_loan_and_says_what_it_costs(self):
        now, ways = asking_for_help.present(), asking_for_help.ways()

        assert (now.in_all, now.count, now.ends_on) == (8_801_31, 8, date(2027, 1, 15))
        assert {code: way.in_all - now.in_all for code, way in ways.items()} == {
            "longer": 390_79,
            "interest_only": 179_32,
            "holiday": 370_62,
        }
        assert {code: (way.first, way.highest) for code, way in ways.items()} == {
            "longer": (656_58, 656_58),
            "interest_only": (123_54, 1_722_01),
            "holiday": (0, 1_146_52),
        }
        assert {code: way.ends_on for code, way in ways.items()} == {
            "longer": date(2027, 7, 15),
            "interest_only": date(2027, 1, 15),
            "holiday": date(2027, 4, 15),
        }

    def test_the_ways_are_those_of_the_annuity_formula_on_what_is_left(self):
        ways, left, month = asking_for_help.ways(), 8_235_72, Decimal("0.015")

        assert ways["longer"].first == round(level_installment(left, [month] * 14))
        assert ways["interest_only"].first == round(left * month)
        # The last installment takes what rounding left.
        assert ways["interest_only"].highest == round(level_installment(left, [month] * 5)) + 1

    def test_only_the_longer_term_stays_within_reach_to_the_end(self):
        fitting = [code for code, way in asking_for_help.ways().items() if way.highest <= asking_for_help.room()]

        assert fitting == ["longer"]

    def test_the_ways_lie_within_what_the_lender_offers(self, rules):
        longest = rules["relief.limits"]["longest_months"]

        assert asking_for_help.WAYS["holiday"].months <= longest["payment_holiday"]
        assert asking_for_help.WAYS["interest_only"].months <= longest["interest_only"]


class TestScams:
    def test_an_agent_costs_the_fee_and_the_penalty(self):
        figures = figures_of("scams")

        assert (figures["fee"], figures["penalty"], figures["worse_off"]) == ("¥3,000.00", "¥120.00", "¥3,120.00")
        assert (figures["fee_again"], figures["worse_off_again"]) == ("¥4,000.00", "¥4,120.00")

    def test_the_fee_would_have_paid_whole_installments(self):
        assert scams.fee() == 3 * scams.INSTALLMENT
        assert figures_of("scams")["installments_paid"] == "3"

    def test_phone_numbers_are_those_of_the_policy_pack(self, rules):
        assert rules["help.lines"]["fraud"] == "96110"
        assert rules["help.lines"]["police"] == "110"
        assert rules["documents.complaints"]["regulator_phone"] == "12378"


class TestSmallBusiness:
    def test_the_account_looks_fine_in_the_week_in_which_money_is_missing(self):
        figures = figures_of("small-business-cash")

        assert figures["lowest_week"] == "8"
        assert (figures["lowest_with_tax"], figures["missing"]) == ("¥1,169.00", "¥451.00")
        assert figures["tax_in_all"] == "¥3,045.00"  # 3% of 101,500

    def test_the_weeks_add_up(self):
        out = 13 * small_business.GOODS + 3 * (6_000_00 + 5_000_00 + 5_415_50)

        assert small_business.balances(with_tax_kept=False)[-1] == 12_000_00 + 101_500_00 - out

    def test_installments_by_season_are_light_in_quiet_months_and_cost_a_little_more(self):
        figures = figures_of("small-business-cash")

        assert (figures["payment"], figures["quiet_payment"]) == ("¥5,415.50", "¥426.99")
        assert (figures["busy_payment"], figures["seasonal_extra"]) == ("¥7,090.25", "¥107.08")


class TestAfterAPlan:
    def test_a_missed_payment_begins_the_observation_anew(self, rules):
        assert rules["relief.clocks"]["observation_months"] == after_a_plan.OBSERVATION_MONTHS
        assert after_a_plan.observed_until(date(2026, 7, 15)) == date(2027, 7, 15)
        assert after_a_plan.dates()["ends_anew_on"] == date(2027, 12, 15)
        assert figures_of("after-a-plan")["months_in_all"] == "17"

    def test_a_late_payment_costs_its_days(self):
        assert figures_of("after-a-plan")["late_cost"] == "¥5.60"  # 700 × 12 × 24% ÷ 360
