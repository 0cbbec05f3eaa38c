"""
Mobile phones to sign in with: of the mainland, of Taiwan and of Hong Kong, each in one form however it is typed.

The form is E.164, "+8613800001234". A number of the mainland or of Taiwan needs no country code; one of Hong Kong does,
since its eight digits alone could be anything.
"""

import re

from dashu.kernel.errors import _
from dashu.kernel.masking import masked_phone
from dashu.users.id_numbers import InvalidPhone, compact

FORMS = (
    ("+86", re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})")),
    ("+886", re.compile(r"(?:(?:\+|00)?8860?|0)(9[0-9]{8})")),
    ("+852", re.compile(r"(?:\+|00)?852([4-9][0-9]{7})")),
)


def phone_to_sign_in(text: str, *, field: str = "phone") -> str:
    """
    Return the phone in E.164 form.

    :raises InvalidPhone: it is not a mobile phone of these places.
    """
    number = compact(text)
    for country, form in FORMS:
        if found := form.fullmatch(number):
            return country + found[1]
    raise InvalidPhone(
        _(
            "Give a mobile phone number, such as 138 0000 1234."
            " One of Taiwan begins with +886, one of Hong Kong with +852."
        ),
        field=field,
    )


def at_home(phone: str) -> str:
    """Return a number of the mainland as it is dialled there, without the country's 86; others stay as they are."""
    return phone.removeprefix("+86") if phone.startswith("+861") else phone


def shown_phone(phone: str) -> str:
    """Return it as its owner recognizes it and nobody learns it: "138****1234", "+886*****5678"."""
    number = at_home(phone)
    if number.startswith("+"):
        return number[:4] + "*" * (len(number) - 8) + number[-4:]
    return masked_phone(number)
