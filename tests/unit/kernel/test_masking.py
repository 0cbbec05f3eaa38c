import pytest

from dashu.kernel.masking import masked_card_number, masked_id_number, masked_name, masked_number, masked_phone


class TestMasking:
    @pytest.mark.parametrize(
        ("name", "masked"),
        [("张三", "张*"), ("欧阳娜娜", "欧***"), ("Amina", "A****"), ("X", "*"), ("", "*"), ("A" * 90, "A******")],
    )
    def test_a_name_shows_its_first_sign(self, name, masked):
        assert masked_name(name) == masked

    @pytest.mark.parametrize(
        ("number", "masked"),
        [("DS20260000123", "DS*******0123"), ("1234567", "*****67"), ("12345678", "12**5678"), ("7", "*7")],
    )
    def test_a_number_shows_both_ends(self, number, masked):
        assert masked_number(number) == masked

    def test_an_id_number_and_a_phone_show_three_signs_and_the_last_four(self):
        assert masked_id_number("11010519491231002X") == "110***********002X"
        assert masked_id_number("1234567") == "*****67"
        assert masked_phone("13800001234") == "138****1234"

    @pytest.mark.parametrize("number", ["6222021234561234", "6222020000001231234"])
    def test_a_card_number_does_not_show_how_long_it_is(self, number):
        assert masked_card_number(number) == "6222 •••• •••• 1234"
