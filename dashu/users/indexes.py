"""The blind indexes by which people are found: each of one normal form and for one purpose, see `sealing`."""

import re
import unicodedata

from dashu.users.id_numbers import compact
from dashu.users.sealing import blind_index

_MAINLAND = re.compile(r"(?:\+|00)?86(1[0-9]{10})")


def number_index(number: str) -> str:
    return blind_index(compact(number), "identity.number")


def phone_index(phone: str) -> str:
    return blind_index(compact(phone), "identity.phone")


def borrower_name_index(name: str) -> str:
    """Return what is the same for one name whatever its spaces, its capitals and the width of its letters."""
    plain = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return blind_index(plain, "borrower.name") if plain else ""


def borrower_phone_index(phone: str) -> str:
    """Return what is the same for one phone with and without the country's 86."""
    digits = _digits(phone)
    return blind_index(digits, "borrower.phone") if digits else ""


def borrower_phone_end_index(phone: str) -> str:
    """Return the index of the last four digits, "" for a phone that has fewer."""
    digits = _digits(phone)
    return blind_index(digits[-4:], "borrower.phone_end") if len(digits) >= 4 else ""


def sign_in_phone_index(phone: str) -> str:
    """:param phone: as `dashu.users.phones.phone_to_sign_in` returns it."""
    return blind_index(phone, "users.sign_in_phone")


def email_index(address: str) -> str:
    return blind_index(address.strip().lower(), "contact.email")


def _digits(phone: str) -> str:
    number = compact(phone)
    found = _MAINLAND.fullmatch(number)
    return found[1] if found else number
