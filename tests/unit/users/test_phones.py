import pytest

from dashu.users.id_numbers import InvalidPhone
from dashu.users.phones import at_home, phone_to_sign_in, shown_phone


class TestPhoneToSignIn:
    @pytest.mark.parametrize(
        "typed",
        [
            "13800001234",
            "138 0000 1234",
            "138-0000-1234",
            "+86 13800001234",
            "008613800001234",
            "8613800001234",
            "１３８００００１２３４",
        ],
    )
    def test_of_the_mainland_is_one_number_however_it_is_typed(self, typed):
        assert phone_to_sign_in(typed) == "+8613800001234"

    @pytest.mark.parametrize(
        "typed", ["0912345678", "0912-345-678", "+886 912345678", "+8860912345678", "00886912345678"]
    )
    def test_of_taiwan_is_too(self, typed):
        assert phone_to_sign_in(typed) == "+886912345678"

    @pytest.mark.parametrize("typed", ["+852 9123 4567", "85291234567", "0085291234567"])
    def test_of_hong_kong_needs_its_country_code(self, typed):
        assert phone_to_sign_in(typed) == "+85291234567"

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "9123 4567",
            "12800001234",
            "1380000123",
            "138000012345",
            "+1 5550109999",
            "+85221234567",
            "+886212345678",
            "a@b.c",
        ],
    )
    def test_refuses_what_is_no_mobile_phone_of_these_places(self, typed):
        with pytest.raises(InvalidPhone) as refusal:
            phone_to_sign_in(typed)

        assert refusal.value.field == "phone"
        assert not typed or typed not in str(refusal.value)


class TestShownPhone:
    @pytest.mark.parametrize(
        ("phone", "shown"),
        [
            ("+8613800001234", "138****1234"),
            ("+886912345678", "+886*****5678"),
            ("+85291234567", "+852****4567"),
        ],
    )
    def test_keeps_both_ends(self, phone, shown):
        assert shown_phone(phone) == shown


class TestAtHome:
    def test_drops_the_country_of_the_mainland_only(self):
        assert at_home("+8613800001234") == "13800001234"
        assert at_home("+886912345678") == "+886912345678"
        assert at_home("+85291234567") == "+85291234567"
