"""What a product's terms come to: the loans at its edges, the cap, and the penalty of the dearest."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from dashu.finance.penalty import PenaltyRule
from dashu.finance.rate_cap import RateLimits
from loans.domain.product_examples import examples_of
from loans.domain.terms import parse_rules

TERMS = {
    "method": "equal_installment",
    "min_principal": "1000.00",
    "max_principal": "12000.00",
    "min_count": 3,
    "max_count": 12,
    "min_annual_rate": "0.12",
    "max_annual_rate": "0.18",
}
RULES = parse_rules(TERMS)
LIMITS = RateLimits(pack="cn", highest_contract=Decimal("0.24"), cap=Decimal("0.24"))
DAY = date(2026, 12, 1)


def penalty_at(annual_rate: Decimal) -> PenaltyRule:
    return PenaltyRule(annual_rate=annual_rate * Decimal("1.3"))


def examples(rules=RULES, limits=LIMITS):
    return examples_of(rules, penalty_at=penalty_at, limits=limits, on=DAY)


def test_the_edges_are_there_and_the_worst_is_the_largest_and_longest_at_the_highest_rate():
    found = examples()

    assert {(each.principal, each.count, each.annual_rate) for each in found.examples} == {
        (1_000_00, 3, Decimal("0.18")),
        (1_000_00, 12, Decimal("0.18")),
        (12_000_00, 3, Decimal("0.18")),
        (12_000_00, 12, Decimal("0.12")),
        (12_000_00, 12, Decimal("0.18")),
    }
    assert (found.worst.highest, found.worst.cost) == (1_100_19, 1_201_95)  # 11 × 1,100.16 and 1,100.19
    assert found.worst.all_in_rate == Decimal("0.195623")  # 1.015 ** 12 − 1 = 0.195618, with whole fen


def test_the_penalty_of_ninety_days_is_that_of_the_contracts_rate():
    found = examples()
    first = found.worst.rows[0].principal

    assert found.penalty_once == first * 234 * 90 // 1000 // 360
    assert found.penalty_all == 12_000_00 * 234 * 90 // 1000 // 360
    assert examples(replace(RULES, charges_penalty=False)).penalty_all == 0


def test_count_fees_in_the_cost_the_installments_and_the_rate():
    names = {"zh-Hans": "费", "zh-Hant": "費", "en": "Fee"}
    lines = [
        {"code": "entry", "name": names, "payee": names, "when": "upfront", "amount": "100.00"},
        {"code": "account", "name": names, "payee": names, "when": "each", "amount": "1.00"},
        {"code": "copy", "name": names, "payee": names, "when": "on_event", "amount": "20.00"},
    ]
    plain, found = examples(), examples(parse_rules(TERMS | {"fees": lines}))

    assert found.worst.cost == plain.worst.cost + 100_00 + 12 * 1_00
    assert found.worst.highest == 1_100_16 + 101_00  # the first
    assert found.worst.all_in_rate == Decimal("0.216890")  # irr of 11,900 against 11 × 1,101.16 and 1,101.19
    assert found.penalty_once == plain.penalty_once


def test_names_the_loans_above_the_cap():
    found = examples(limits=replace(LIMITS, cap=Decimal("0.19")))

    assert {each.annual_rate for each in found.above_cap} == {Decimal("0.18")}
    assert examples().above_cap == ()


def test_one_loan_only_is_one_example():
    one = replace(RULES, min_principal=RULES.max_principal, min_count=12, min_annual_rate=RULES.max_annual_rate)

    assert len(examples(one).examples) == 1
