import pytest

from dashu.documents.codes import ALPHABET, grouped, new_code, read_code


class TestCodes:
    def test_are_five_bits_a_sign_and_never_the_same(self):
        codes = {new_code() for _time in range(500)}

        assert len(codes) == 500
        assert {len(code) * 5 for code in codes} == {80}
        assert set("".join(codes)) == set(ALPHABET)

    def test_are_read_as_they_are_shown(self):
        code = new_code()

        assert read_code(grouped(code)) == code

    @pytest.mark.parametrize(
        "typed",
        [
            "abcd-0123-4567-89ef",
            "ABCDO12345678 9EF",
            "abcdoi23456789ef",
            "ABCD—0L23_4567.89EF",
            "ＡＢＣＤ０１２３４５６７８９ＥＦ",
        ],
    )
    def test_forgive_what_people_type(self, typed):
        assert read_code(typed) == "ABCD0123456789EF"

    @pytest.mark.parametrize(
        "typed", ["", "ABCD", "ABCD0123456789EU", "ABCD0123456789EF7", "A" * 10_000, "ABCD0123456789E\0"]
    )
    def test_are_nothing_else(self, typed):
        assert read_code(typed) is None
