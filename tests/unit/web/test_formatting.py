from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from dashu.kernel.money import Money
from dashu.web.templatetags.dashu import icon_tag, lender_date, money, money_parts


class TestMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "written"),
        [
            (123450, "CNY", "¥1,234.50"),
            (0, "CNY", "¥0.00"),
            (5, "CNY", "¥0.05"),
            (-123450, "CNY", "−¥1,234.50"),
            (1234567, "TWD", "NT$1,234,567"),
            (100_000_000_00, "USD", "US$100,000,000.00"),
        ],
    )
    def test_writes_fen_for_a_reader(self, minor, currency, written):
        assert money(minor, currency) == written
        assert money(Money(minor, currency)) == written

    def test_comes_in_parts_that_join_to_the_whole(self):
        assert money_parts(-123450) == ("−¥", "1,234", ".50")


class TestLenderDate:
    @pytest.mark.parametrize(
        ("language", "full", "short"),
        [
            ("zh-hans", "2026年3月9日", "3月9日"),
            ("zh-hant", "2026年3月9日", "3月9日"),
            ("en", "March 9, 2026", "March 9"),
        ],
    )
    def test_is_written_in_the_readers_language(self, language, full, short):
        with translation.override(language):
            assert lender_date(date(2026, 3, 9)) == full
            assert lender_date(date(2026, 3, 9), "short") == short

    def test_takes_a_moment_in_the_lenders_zone(self):
        with translation.override("zh-hans"):
            assert lender_date(datetime(2026, 3, 8, 16, 30, tzinfo=UTC)) == "2026年3月9日"

    def test_writes_nothing_for_no_date(self):
        assert lender_date(None) == ""


def test_an_icon_is_hidden_from_screen_readers():
    assert icon_tag("check").startswith('<svg class="icon" aria-hidden="true"><use href="/static/vendor/lucide/icons')
