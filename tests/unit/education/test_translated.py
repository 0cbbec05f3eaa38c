import pytest

from education.domain.translated import Told, told


class TestTold:
    def test_is_the_readers_own_language_where_there_is_one(self):
        assert told({"zh-hans": "贷款", "en": "Loans"}, "en") == Told("Loans", "en", is_other=False)

    @pytest.mark.parametrize(
        ("texts", "language", "found"),
        [
            ({"zh-hans": "贷款", "en": "Loans"}, "zh-hant", "zh-hans"),
            ({"zh-hant": "貸款", "en": "Loans"}, "zh-hans", "zh-hant"),
            ({"zh-hant": "貸款"}, "en", "zh-hant"),
            ({"en": "Loans", "zh-hans": "  "}, "zh-hans", "en"),
        ],
    )
    def test_is_the_nearest_language_otherwise_and_says_so(self, texts, language, found):
        assert told(texts, language) == Told(texts[found], found, is_other=True)

    def test_is_empty_where_nothing_was_written(self):
        assert told({}, "zh-hant") == Told("", "zh-hant", is_other=False)
