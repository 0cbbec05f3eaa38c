"""What a note may not say."""

import pytest

from collections_mgmt.domain.notes import forbidden_in

WORDS = ("老赖", "liar")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He is a LIAR.", "liar"),
        ("She is familiar with the plan.", None),
        ("这个人是老赖。", "老赖"),
        ("Pays on the 3rd, after the salary.", None),
        ("Liar", "liar"),
    ],
)
def test_latin_words_count_whole_and_others_wherever_they_stand(text, found):
    assert forbidden_in(text, WORDS) == found
