import pytest
from django.utils import translation

from collections_mgmt.domain.because import Because, because_of
from collections_mgmt.presenting import BECAUSE, reason_words


class TestBecause:
    def test_is_read_from_what_is_stored(self):
        assert because_of("SETTLEMENT") == (Because.SETTLEMENT, "")
        assert because_of(Because.COMPLAINT.of("C0000000012")) == (Because.COMPLAINT, "C0000000012")

    @pytest.mark.parametrize(
        "written", ["", "settlement", "COMPLAINT", "COMPLAINT of a neighbor", "SETTLEMENT S1", "They lost the shop"]
    )
    def test_is_nothing_that_a_person_wrote(self, written):
        assert because_of(written) is None
        assert reason_words(written) == written

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", ["another promise takes its place", "complaint C1"]),
            ("zh-hans", ["已由另一项还款承诺取代", "投诉 C1"]),
            ("zh-hant", ["已由另一項還款承諾取代", "投訴 C1"]),
        ],
    )
    def test_is_said_in_the_language_of_who_reads(self, language, words):
        with translation.override(language):
            assert [reason_words("ANOTHER_PROMISE"), reason_words("COMPLAINT C1")] == words

    def test_has_words_for_every_code(self):
        assert set(BECAUSE) == set(Because)
