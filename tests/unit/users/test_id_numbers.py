from datetime import date

import pytest

from dashu.users.id_numbers import (
    InvalidCardNumber,
    InvalidCreditCode,
    InvalidIdNumber,
    InvalidLegalName,
    InvalidPhone,
    birth_date,
    card_number,
    credit_code,
    legal_name,
    mobile_phone,
    person_age,
    resident_id,
)

TODAY = date(2026, 3, 2)


class TestResidentId:
    @pytest.mark.parametrize(
        "typed",
        ["11010519491231002X", "11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ"],
    )
    def test_is_one_number_however_it_is_typed(self, typed):
        assert resident_id(typed, on=TODAY) == "11010519491231002X"

    @pytest.mark.parametrize("region", ["999999", "123456"])
    def test_asks_nothing_of_the_region(self, region):
        number = with_check_digit(f"{region}19900307123")

        assert resident_id(number, on=TODAY) == number

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "110105194912310021",
            "1101051949123100",
            "11010519491231002XX",
            "X10105194912310021",
            "01010519491231002X",
            "11010519491231002X\n1",
            "①10105194912310021",
        ],
    )
    def test_refuses_what_has_not_the_form_or_the_check_digit(self, typed):
        with pytest.raises(InvalidIdNumber, match="18 digits") as refusal:
            resident_id(typed, on=TODAY)

        assert (refusal.value.code, refusal.value.field) == ("invalid_id_number", "number")
        assert not typed or typed not in str(refusal.value)

    @pytest.mark.parametrize("born", ["19900230", "19901301", "20260303"])
    def test_refuses_a_date_of_birth_that_cannot_be(self, born):
        number = with_check_digit(f"110105{born}123")

        with pytest.raises(InvalidIdNumber, match="date of birth"):
            resident_id(number, on=TODAY)

    def test_takes_one_who_was_born_today(self):
        number = with_check_digit("11010520260302123")

        assert birth_date(resident_id(number, on=TODAY)) == TODAY


class TestAge:
    @pytest.mark.parametrize(
        ("born", "on", "age"),
        [
            ("20080302", date(2026, 3, 1), 17),
            ("20080302", date(2026, 3, 2), 18),
            ("20080229", date(2026, 2, 28), 17),
            ("20080229", date(2026, 3, 1), 18),
            ("20260302", date(2026, 3, 2), 0),
        ],
    )
    def test_counts_completed_years(self, born, on, age):
        assert person_age(with_check_digit(f"110105{born}123"), on) == age


class TestCreditCode:
    def test_takes_the_code_of_a_company(self):
        assert credit_code("91110000 600037341l") == "91110000600037341L"

    @pytest.mark.parametrize(
        "typed", ["", "91110000600037341A", "9111000060003734", "A1110000600037341L", "91110000600037341I"]
    )
    def test_refuses_another(self, typed):
        with pytest.raises(InvalidCreditCode) as refusal:
            credit_code(typed)

        assert (refusal.value.code, refusal.value.field) == ("invalid_credit_code", "number")


class TestCardNumber:
    @pytest.mark.parametrize("typed", ["6222 0212 3456 7894", "6222-0212-3456-7894"])
    def test_takes_one_that_passes_luhn(self, typed):
        assert card_number(typed) == "6222021234567894"

    @pytest.mark.parametrize(
        "typed", ["", "6222021234567895", "6222021234567849", "0000000000000000", "62220212", "622202123456789a"]
    )
    def test_refuses_another(self, typed):
        with pytest.raises(InvalidCardNumber) as refusal:
            card_number(typed)

        assert (refusal.value.code, refusal.value.field) == ("invalid_card_number", "card_number")


class TestPhone:
    @pytest.mark.parametrize(
        "typed", ["13800001234", "138 0000 1234", "+86 138-0000-1234", "008613800001234", "8613800001234"]
    )
    def test_is_one_number_however_it_is_typed(self, typed):
        assert mobile_phone(typed) == "13800001234"

    @pytest.mark.parametrize(
        "typed", ["", "1380000123", "138000012345", "12800001234", "+8513800001234", "010-65001234"]
    )
    def test_refuses_another(self, typed):
        with pytest.raises(InvalidPhone) as refusal:
            mobile_phone(typed)

        assert (refusal.value.code, refusal.value.field) == ("invalid_phone", "phone")


class TestLegalName:
    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            (" 张三丰 ", "张三丰"),
            ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
            ("Amina  Ba", "Amina Ba"),
            ("大树3号店", "大树3号店"),
        ],
    )
    def test_keeps_what_stands_on_the_card(self, typed, name):
        assert legal_name(typed) == name

    @pytest.mark.parametrize("typed", ["", "张", "12345", "张\x00三", "张\u202e三", "A" * 121])
    def test_refuses_what_stands_on_no_card(self, typed):
        with pytest.raises(InvalidLegalName) as refusal:
            legal_name(typed)

        assert (refusal.value.code, refusal.value.field) == ("invalid_legal_name", "name")


def checks(number: str) -> bool:
    """GB 11643: the weighted sum of all signs is 1 modulo 11."""
    return sum((10 if sign == "X" else int(sign)) * 2 ** (17 - place) for place, sign in enumerate(number)) % 11 == 1


def with_check_digit(body: str) -> str:
    return next(body + last for last in "0123456789X" if checks(body + last))
