from hypothesis import given
from hypothesis import strategies as st

from repayments.domain.virtual_accounts import grouped, is_sound, normalized, number_for

IDS = st.integers(1, 10**10 - 1)


class TestVirtualAccountNumbers:
    @given(loan_id=IDS)
    def test_hold_their_check_digits(self, loan_id):
        number = number_for(loan_id, prefix="8620")

        assert len(number) == 16
        assert is_sound(number)

    @given(one=IDS, other=IDS)
    def test_are_never_shared(self, one, other):
        assert (number_for(one, prefix="8620") == number_for(other, prefix="8620")) is (one == other)

    @given(loan_id=IDS, place=st.integers(0, 15), digit=st.integers(1, 9))
    def test_notice_one_wrong_digit(self, loan_id, place, digit):
        number = number_for(loan_id, prefix="8620")
        wrong = number[:place] + str((int(number[place]) + digit) % 10) + number[place + 1 :]

        assert is_sound(wrong) is False

    @given(loan_id=IDS, place=st.integers(0, 14))
    def test_notice_two_digits_that_changed_places(self, loan_id, place):
        number = number_for(loan_id, prefix="8620")
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

        assert is_sound(swapped) is (swapped == number)

    def test_are_read_however_they_are_typed(self):
        number = number_for(7, prefix="8620")
        typed = (
            grouped(number).replace(" ", "-").translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
        )

        assert normalized(typed) == number
        assert normalized(f" {grouped(number)}　") == number

    def test_nothing_else_is_sound(self):
        assert [text for text in ("", "1", "01", "abcdefgh98", "٣" * 16, "9" * 33) if is_sound(text)] == []
