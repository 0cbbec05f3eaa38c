"""A loan in parts: which are asked for, which are left where less is lent, and what they come to."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.affordability import Amount, Household
from dashu.finance.annual_rates import all_in_rates
from dashu.finance.day_counts import DayCount
from dashu.finance.schedule import build_schedule
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError
from loans.disclosing import cost_rows, totals
from loans.domain.cost_sheet import CostSheet, cost_sheet, sheet_of
from loans.domain.fees import FeeWhen, demanded_rows, scheduled_fees
from loans.domain.offers import Limited, Need, Obstacle, match
from loans.domain.tranches import (
    Part,
    TooManyTranches,
    TrancheDateRefused,
    TranchesDifferFromAmount,
    TrancheTooSmall,
    offered_parts,
    parts_of_json,
    parts_within,
    read_parts,
    refuse_parts_outside,
)
from loans.domain.understanding import About, questions_of
from tests.unit.loans.lending import ON, SME, bounds
from tests.unit.loans.sheets import ENTRY, PENALTY, line

RATE = Decimal("0.144")
SECOND, THIRD = date(2027, 1, 15), date(2027, 3, 1)
THREE = (Part(50_000_00), Part(30_000_00, SECOND), Part(20_000_00, THIRD))
LEAST = 10_000_00
IN_PARTS = replace(SME, day_count=DayCount.ACTUAL_365, max_tranches=3, tranche_within_days=180)
TAKINGS = Household(Amount(60_000_00, 60_000_00), Amount(10_000_00), Amount(0))


def asked(*parts: dict[str, str], amount: int = 100_000_00):
    return read_parts(Document({"tranches": list(parts)}), amount, "CNY")


def part(amount: str, on: str | None = None) -> dict[str, str]:
    return {"amount": amount} | ({"on": on} if on else {})


class TestReadParts:
    def test_keeps_amounts_and_days(self):
        kept = asked(part("50000.00"), part("30000.00", "2027-01-15"), part("20000.00", "2027-03-01"))

        assert parts_of_json(kept) == THREE

    @pytest.mark.parametrize("parts", [(), (part("100000.00"),)])
    def test_none_or_one_is_one_sum(self, parts):
        assert asked(*parts) == []

    @pytest.mark.parametrize(
        ("parts", "error", "field"),
        [
            ((part("50000.00"), part("30000.00", "2027-01-15")), TranchesDifferFromAmount, "tranches"),
            ((part("100000.01"),), TranchesDifferFromAmount, "tranches"),
            ((part("50000.00", "2027-01-15"), part("50000.00")), TrancheDateRefused, "tranches[0].on"),
            ((part("50000.00"), part("50000.00")), TrancheDateRefused, "tranches[1].on"),
            (
                (part("40000.00"), part("30000.00", "2027-01-15"), part("30000.00", "2027-01-15")),
                TrancheDateRefused,
                "tranches[2].on",
            ),
        ],
    )
    def test_refuses_what_does_not_fit_and_says_where(self, parts, error, field):
        with pytest.raises(error) as refused:
            asked(*parts)

        assert refused.value.field == field


class TestRefusePartsOutside:
    @staticmethod
    def refuse(*parts: Part, most: int = 3, today: date = ON):
        refuse_parts_outside(parts, most=most, least=LEAST, within_days=180, today=today)

    def test_lets_pass_what_the_product_has(self):
        self.refuse(*THREE)
        self.refuse(Part(LEAST), Part(LEAST, ON + timedelta(days=180)))
        self.refuse()

    @pytest.mark.parametrize(
        ("parts", "most", "error", "field"),
        [
            (THREE, 2, TooManyTranches, "tranches"),
            (THREE[:2], 1, TooManyTranches, "tranches"),
            ((Part(90_000_01), Part(LEAST - 1, SECOND)), 3, TrancheTooSmall, "tranches[1].amount"),
            ((Part(LEAST), Part(LEAST, ON)), 3, TrancheDateRefused, "tranches[1].on"),
            ((Part(LEAST), Part(LEAST, ON + timedelta(days=181))), 3, TrancheDateRefused, "tranches[1].on"),
        ],
    )
    def test_refuses_what_it_has_not(self, parts, most, error, field):
        with pytest.raises(error) as refused:
            self.refuse(*parts, most=most)

        assert refused.value.field == field


class TestPartsWithin:
    @pytest.mark.parametrize(
        ("amount", "kept"),
        [
            (100_000_00, [50_000_00, 30_000_00, 20_000_00]),
            (95_050_50, [50_000_00, 30_000_00, 15_000_00]),  # 15,050.50 left of the last: whole hundreds of it
            (85_000_00, [50_000_00, 30_000_00]),  # 5,000 would be less than a part can be
            (62_000_00, [50_000_00, 12_000_00]),
            (40_000_00, [40_000_00]),
            (110_000_00, [50_000_00, 30_000_00, 30_000_00]),
        ],
    )
    def test_the_first_stay_and_the_last_give_way(self, amount, kept):
        assert [each.minor for each in parts_within(THREE, amount, least=LEAST)] == kept

    def test_of_none_is_one_sum(self):
        assert parts_within((), 123_45, least=LEAST) == (Part(123_45),)

    @given(
        amounts=st.lists(st.integers(LEAST, 90_000_00), min_size=1, max_size=5), amount=st.integers(LEAST, 500_000_00)
    )
    def test_are_never_more_than_the_amount_nor_less_than_a_part_can_be(self, amounts, amount):
        parts = tuple(Part(minor, ON + timedelta(days=at) if at else None) for at, minor in enumerate(amounts))

        kept = parts_within(parts, amount, least=LEAST)

        assert sum(each.minor for each in kept) <= amount
        assert all(each.minor >= LEAST for each in kept)
        assert [each.on for each in kept] == [each.on for each in parts[: len(kept)]]
        if sum(amounts) == amount:
            assert kept == parts

    def test_what_a_product_no_longer_offers_gives_way(self):
        assert offered_parts(THREE, most=2, within_days=180, on=ON) == THREE[:2]
        assert offered_parts(THREE, most=3, within_days=60, on=ON) == THREE[:2]
        assert offered_parts(THREE, most=1, within_days=0, on=ON) == THREE[:1]


def matched(parts=THREE, *, product=IN_PARTS, within=None, months=12, amount=100_000_00):
    need = Need(amount, months, parts=parts)
    return match(need, product, RATE, within or bounds(TAKINGS), on=ON)


class TestMatch:
    def test_offers_the_parts_each_from_its_own_day(self):
        offer = matched().offers[0]

        assert (offer.parts, offer.principal, offer.count) == (THREE, 100_000_00, 12)
        assert [terms.disbursed_on for terms in offer.loans] == [ON, SECOND, THIRD]
        assert offer.cost == sum(row.interest for terms in offer.loans for row in demanded_rows(terms))
        assert offer.total == 100_000_00 + offer.cost

    def test_holds_the_month_against_all_parts_together_and_never_less_than_one_sum(self):
        in_parts, at_once = matched().offers[0], matched(parts=()).offers[0]

        by_part = [max(row.total for row in demanded_rows(terms)) for terms in in_parts.loans]
        assert in_parts.highest == max(sum(by_part), at_once.highest)
        assert at_once.highest <= in_parts.highest <= at_once.highest + 3
        assert in_parts.stressed_highest >= at_once.stressed_highest

    def test_cuts_the_last_parts_where_the_month_carries_less(self):
        tight = Household(Amount(12_000_00, 12_000_00), Amount(4_000_00), Amount(5_000_00))
        product = replace(IN_PARTS, max_count=12)

        found = matched(product=product, within=bounds(tight))

        (offer, *_others) = found.offers
        assert found.limits[0].obstacle is Obstacle.INSTALLMENT
        assert [each.on for each in offer.parts] == [None]
        assert offer.principal == found.largest < 50_000_00
        assert offer.principal % 100_00 == 0

    def test_says_which_parts_the_product_no_longer_pays_out(self):
        found = matched(product=replace(IN_PARTS, max_tranches=2))

        assert found.offers[0].parts == THREE[:2]
        assert found.limits == (Limited(Obstacle.TRANCHES, 3, 2),)

    def test_a_day_that_has_passed_is_the_day_of_the_first(self):
        early = (Part(50_000_00), Part(50_000_00, ON - timedelta(days=3)))

        assert [terms.disbursed_on for terms in matched(early).offers[0].loans] == [ON, ON]

    @settings(deadline=None, max_examples=40)
    @given(
        amounts=st.lists(st.integers(LEAST, 80_000_00), min_size=2, max_size=3),
        days=st.lists(st.integers(1, 180), min_size=2, max_size=2, unique=True),
        income=st.integers(5_000_00, 60_000_00),
        months=st.integers(3, 24),
    )
    def test_no_offer_in_parts_is_lighter_than_at_once_or_above_the_cap(self, amounts, days, income, months):
        later = [ON + timedelta(days=day) for day in sorted(days)]
        parts = tuple(Part(minor, on) for minor, on in zip(amounts, [None, *later], strict=False))
        need = Need(sum(amounts), months, parts=parts)
        within = bounds(Household(Amount(income, income), Amount(3_000_00), Amount(0)))

        for offer in match(need, IN_PARTS, RATE, within, on=ON).offers:
            at_once = replace(offer.terms, principal=offer.principal)
            assert offer.highest >= max(row.total for row in demanded_rows(at_once))
            assert offer.principal <= need.amount
            assert offer.all_in_rate <= within.rate_cap
            month = within.household.month(within.affordability)
            assert offer.highest <= month.highest_installment(within.affordability)


def sheet(*lines, parts=THREE) -> CostSheet:
    product = replace(IN_PARTS, fees=lines)
    terms = [
        product.schedule_terms(principal=each.minor, annual_rate=RATE, count=12, disbursed_on=each.day(ON))
        for each in parts
    ]
    assert all(set(each.fees) == set(scheduled_fees(lines)) for each in terms)
    return cost_sheet(terms, PENALTY, lines, rate_cap=Decimal("0.24"))


class TestCostSheet:
    def test_shows_every_part_with_its_own_rows(self):
        found = sheet()

        first, second, third = found.portions
        assert [(each.number, each.on, each.principal) for each in found.portions] == [
            (1, ON, 50_000_00),
            (2, SECOND, 30_000_00),
            (3, THIRD, 20_000_00),
        ]
        assert [len(each.rows) for each in found.portions] == [12, 12, 12]
        assert (first.rows[0].due_on, second.rows[0].due_on, third.rows[-1].due_on) == (
            date(2027, 1, 1),
            date(2027, 2, 15),
            date(2028, 3, 1),
        )
        assert first.rows[0].interest == 611_51  # 50,000 × 14.4% × 31/365
        assert (found.principal, found.starts_on, found.last_due_on) == (100_000_00, ON, date(2028, 3, 1))

    def test_is_the_sum_of_its_parts(self):
        whole, parts = sheet(), [sheet(parts=(Part(each.minor, each.on),)) for each in THREE]

        assert whole.interest == sum(each.interest for each in parts) == 7_795_39
        assert whole.total == sum(each.total for each in parts) == 107_795_39
        assert whole.cost == whole.interest

    def test_costs_a_year_what_one_loan_at_that_rate_costs(self):
        found = sheet()

        assert round(found.simple_rate, 3) == Decimal("0.144")
        assert found.is_within_cap

    def test_a_fee_of_each_part_counts_for_each(self):
        share = line("service", FeeWhen.UPFRONT, share=Decimal("0.01"))

        found = sheet(ENTRY, share)

        assert [(each.code, each.one, each.amount) for each in found.lines[1:-1]] == [
            ("entry", 1_000_00, 3_000_00),
            ("service", 500_00, 1_000_00),
        ]
        assert [each.rows[0].fee for each in found.portions] == [1_500_00, 1_300_00, 1_200_00]
        assert found.fees == 4_000_00
        assert all("for each part" in row.method for row in cost_rows(found, lender="Dashu")[1:])

    def test_lists_the_parts_among_the_totals(self):
        assert [amount for _label, amount in totals(sheet())][:4] == [
            "¥50,000.00",
            "¥30,000.00",
            "¥20,000.00",
            "¥100,000.00",
        ]

    def test_reads_back_and_one_sum_says_nothing_of_parts(self):
        found = sheet()

        assert sheet_of(found.document) == found
        assert "drawn" not in sheet(parts=(Part(100_000_00),)).document

    def test_its_figures_are_the_same_where_only_days_moved(self):
        found = sheet()
        drawn = tuple(replace(each, on=each.on + timedelta(days=1)) for each in found.drawn)
        moved = replace(found, drawn=drawn, effective_rate=found.effective_rate + Decimal("0.00001"))

        assert moved.figures_digest == found.figures_digest
        assert moved.digest != found.digest
        costs_more = replace(found, rows=(replace(found.rows[0], interest=found.rows[0].interest + 1), *found.rows[1:]))
        assert costs_more.figures_digest != found.figures_digest

    def test_questions_ask_for_what_is_due_first_and_for_the_cost_of_all(self):
        asked = {question.about: question for question in questions_of(sheet())}

        def right(about: About) -> int:
            question = asked[about]
            said = next(choice.said for choice in question.choices if choice.key == question.right)
            return said.values["amount"].minor

        assert right(About.PAYMENT) == 4_166_67 + 611_51 == sheet().rows[0].total
        assert right(About.COST) == 7_795_39

    def test_what_is_due_first_counts_the_parts_that_are_due_that_day(self):
        both = sheet(parts=(Part(50_000_00), Part(50_000_00, ON)))

        assert both.first_due == 2 * both.rows[0].total
        assert not both.has_level_months

    def test_a_refusal_of_terms_is_one_of_the_whole_sheet(self):
        with pytest.raises(DomainError):
            sheet(line("entry", FeeWhen.UPFRONT, 20_000_00))

    def test_one_part_alone_has_the_rates_of_its_terms(self):
        terms = IN_PARTS.schedule_terms(principal=50_000_00, annual_rate=RATE, count=12, disbursed_on=ON)

        found = sheet(parts=(Part(50_000_00),))

        rates = all_in_rates(terms, build_schedule(terms))
        assert (found.simple_rate, found.effective_rate) == (rates.irr_nominal, rates.irr_effective)
