"""
Numbers by which people, companies, cards and phones are known: their form, their check digits, and nothing else.

A number that passes is well formed; whether it was ever given out, and to whom, only its issuer can say. The region
in an ID number or a company's code decides nothing here. No refusal repeats the number.
"""

import re
import unicodedata
from datetime import date

from stdnum import luhn
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from dashu.kernel.errors import DomainError, _

RESIDENT_ID = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9X]")
CARD_NUMBER = re.compile(r"[1-9][0-9]{12,18}")
MOBILE_PHONE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})")
LONGEST_NAME = 120


class InvalidIdNumber(DomainError):
    """It is not a number of a Chinese resident identity card."""

    code = "invalid_id_number"


class InvalidCreditCode(DomainError):
    """It is not a unified social credit code."""

    code = "invalid_credit_code"


class InvalidCardNumber(DomainError):
    """It is not the number of a bank card."""

    code = "invalid_card_number"


class InvalidPhone(DomainError):
    """It is not a Chinese mobile phone number."""

    code = "invalid_phone"


class InvalidLegalName(DomainError):
    """It is not a name as it stands on a card or a licence."""

    code = "invalid_legal_name"


def resident_id(text: str, *, on: date, field: str = "number") -> str:
    """
    Return the 18 signs of an ID number, without spaces and with a capital X.

    :param on: the day on which its owner must have been born already.
    :raises InvalidIdNumber: the form, the check digit or the date of birth is wrong.
    """
    number = compact(text)
    if not RESIDENT_ID.fullmatch(number) or number[-1] != ric.calc_check_digit(number):
        raise InvalidIdNumber(
            _("This ID number is not right: it has 18 digits, the last one may be an X. Compare it with the card."),
            field=field,
        )
    try:
        born_on = birth_date(number)
    except ValidationError:
        born_on = None
    if born_on is None or born_on > on:
        raise InvalidIdNumber(
            _("The date of birth in this ID number cannot be. Compare it with the card."), field=field
        )
    return number


def birth_date(number: str) -> date:
    """Return the date of birth that stands in an ID number that `resident_id` has passed."""
    return ric.get_birth_date(number)


def person_age(number: str, on: date) -> int:
    """Return the completed years of life on a day; who is born on 29 February completes one on 1 March."""
    born_on = birth_date(number)
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def person_sex(number: str) -> str:
    """Return what stands in an ID number that `resident_id` has passed: "F" or "M"."""
    return "M" if int(number[16]) % 2 else "F"


def credit_code(text: str, *, field: str = "number") -> str:
    """
    Return the 18 signs of a unified social credit code (GB 32100), in capitals.

    :raises InvalidCreditCode: the form or the check sign is wrong.
    """
    number = compact(text)
    if not number.isascii() or not uscc.is_valid(number):
        raise InvalidCreditCode(
            _("This credit code is not right: it has 18 digits and letters. Compare it with the business license."),
            field=field,
        )
    return number


def card_number(text: str, *, field: str = "card_number") -> str:
    """
    Return the 13 to 19 digits of a bank card.

    :raises InvalidCardNumber: the form or the check digit (Luhn) is wrong.
    """
    number = compact(text)
    if not CARD_NUMBER.fullmatch(number) or not luhn.is_valid(number):
        raise InvalidCardNumber(_("This card number is not right. Compare it with the card."), field=field)
    return number


def mobile_phone(text: str, *, field: str = "phone") -> str:
    """
    Return the 11 digits of a Chinese mobile phone number, without the country's 86.

    :raises InvalidPhone: see there.
    """
    found = MOBILE_PHONE.fullmatch(compact(text))
    if not found:
        raise InvalidPhone(_("Give a mobile phone number of 11 digits, such as 138 0000 1234."), field=field)
    return found[1]


def legal_name(text: str, *, field: str = "name") -> str:
    """
    Return a name with single spaces and without those around it.

    :raises InvalidLegalName: it is shorter than two signs, too long, or holds digits only or signs that do not print.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 2 <= len(name) <= LONGEST_NAME or not name.isprintable() or not any(sign.isalpha() for sign in name):
        raise InvalidLegalName(
            _("Give the name as it stands on the card or the license, with at most %(bound)s signs."),
            field=field,
            params={"bound": LONGEST_NAME},
        )
    return name


def compact(text: str) -> str:
    """Return a number in its normal form: wide signs narrow, letters capital, without spaces and hyphens."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
