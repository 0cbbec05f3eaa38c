from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.kernel.money import (
    EXPONENTS,
    MAX_MINOR,
    CurrencyMismatch,
    InvalidAmount,
    Money,
    format_minor,
    parse_minor,
    split_minor,
)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "minor"),
        [
            ("1", 1_00),
            ("1234.50", 1_234_50),
            ("0.01", 1),
            ("0.10", 10),
            ("1.500", 1_50),
            (" 12 ", 12_00),
            ("007.5", 7_50),
            ("100000000000.00", MAX_MINOR),
        ],
    )
    def test_reads_plain_decimals(self, text, minor):
        assert parse_minor(text) == minor

    @pytest.mark.parametrize(
        "given",
        [
            "",
            " ",
            "-1",
            "+1",
            "1,000",
            "1e3",
            "1.",
            ".5",
            "0x10",
            "NaN",
            "Infinity",
            "١٢",
            "１２",
            "1 2",
            "¥5",
            "1.2.3",
        ],
    )
    def test_refuses_what_is_not_a_plain_decimal(self, given):
        with pytest.raises(InvalidAmount, match="is not an amount") as refusal:
            parse_minor(given, field="principal")

        assert refusal.value.as_json()["field"] == "principal"
        assert refusal.value.code == "invalid_amount"

    @pytest.mark.parametrize("given", [12, 12.5, Decimal("12.50"), None, True, ["1"], {"amount": "1"}, b"1"])
    def test_refuses_what_is_not_a_text(self, given):
        with pytest.raises(InvalidAmount, match="is not an amount"):
            parse_minor(given)

    def test_refuses_more_decimals_than_the_currency_has(self):
        with pytest.raises(InvalidAmount, match=r"1\.005 has more decimals than CNY has: 2"):
            parse_minor("1.005")
        with pytest.raises(InvalidAmount, match=r"more decimals than TWD has: 0"):
            parse_minor("1.5", "TWD")

    def test_a_currency_without_decimals_counts_whole_units(self):
        assert parse_minor("1500", "TWD") == 1500
        assert parse_minor("1500.00", "TWD") == 1500
        assert format_minor(1500, "TWD") == "1500"

    def test_zero_needs_leave(self):
        with pytest.raises(InvalidAmount, match="more than 0"):
            parse_minor("0.00")

        assert parse_minor("0.00", allow_zero=True) == 0

    def test_refuses_one_minor_unit_beyond_the_bound(self):
        with pytest.raises(InvalidAmount, match=r"not be more than 100000000000\.00"):
            parse_minor("100000000000.01")

    @pytest.mark.parametrize("given", ["9" * 14, "9" * 5000, "0." + "1" * 5000])
    def test_refuses_very_long_digits_shortly(self, given):
        with pytest.raises(InvalidAmount):
            parse_minor(given)

    def test_an_unknown_currency_is_named(self):
        with pytest.raises(CurrencyMismatch, match="'XXX' is not known"):
            parse_minor("1", "XXX")

    @given(minor=st.integers(1, MAX_MINOR), currency=st.sampled_from(sorted(EXPONENTS)))
    def test_reads_back_what_it_writes(self, minor, currency):
        assert parse_minor(format_minor(minor, currency), currency) == minor


class TestFormat:
    @pytest.mark.parametrize(
        ("minor", "text"), [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (1_050_00, "1050.00"), (-99, "-0.99")]
    )
    def test_writes_all_decimals_and_no_separators(self, minor, text):
        assert format_minor(minor) == text


class TestMoney:
    def test_adds_subtracts_multiplies_and_compares(self):
        ten, two = Money(10_00), Money(2_50)

        assert (ten + two, ten - two, -two, two * 3) == (Money(12_50), Money(7_50), Money(-2_50), Money(7_50))
        assert two < ten
        assert ten <= Money(10_00)
        assert (bool(Money(0)), bool(two)) == (False, True)
        assert str(ten) == "10.00 CNY"

    def test_two_currencies_never_meet(self):
        for meet in (lambda: Money(1) + Money(1, "USD"), lambda: Money(1) < Money(1, "USD")):
            with pytest.raises(CurrencyMismatch, match=r"CNY.*USD|USD.*CNY"):
                meet()

    @pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
    def test_is_made_of_whole_minor_units_only(self, minor):
        with pytest.raises(TypeError, match="minor units are whole"):
            Money(minor)

    def test_parses_into_its_currency(self):
        assert Money.parse("3.20", "USD") == Money(3_20, "USD")


class TestSplit:
    def test_gives_the_larger_parts_first(self):
        assert Money(1_00).split(3) == [Money(34), Money(33), Money(33)]
        assert split_minor(2, 5) == [1, 1, 0, 0, 0]

    def test_into_no_parts_is_our_own_mistake(self):
        with pytest.raises(ValueError, match="cannot split into 0 parts"):
            split_minor(1, 0)

    @given(total=st.integers(-MAX_MINOR, MAX_MINOR), parts=st.integers(1, 600))
    def test_sums_to_the_whole_and_differs_by_one_at_most(self, total, parts):
        shares = split_minor(total, parts)

        assert sum(shares) == total
        assert len(shares) == parts
        assert max(shares) - min(shares) <= 1
        assert shares == sorted(shares, reverse=True)
