import pytest

from repayments.domain.masking import masked_name, masked_number


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
