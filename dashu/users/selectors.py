"""Who is who: borrowers by what identifies them, found by blind index without opening a single row."""

from django.db.models import Q, QuerySet

from dashu.users.indexes import (
    borrower_name_index,
    borrower_phone_end_index,
    borrower_phone_index,
    number_index,
    phone_index,
    sign_in_phone_index,
)
from dashu.users.models import Borrower, User


def called(term: str) -> Q:
    """Return the condition for borrowers with this name or phone, or, for four digits, with a phone that ends so."""
    found = Q(name_index=borrower_name_index(term)) & ~Q(name_index="")
    found |= Q(phone_index=borrower_phone_index(term)) & ~Q(phone_index="")
    if len(term) == 4 and term.isascii() and term.isdigit():
        found |= Q(phone_end_index=borrower_phone_end_index(term)) & ~Q(phone_end_index="")
    return found


def borrowers_with_number(number: str) -> QuerySet[Borrower]:
    """Return every borrower who gave this ID number or credit code, the first recorded first."""
    return Borrower.objects.filter(identity__number_index=number_index(number)).order_by("pk")


def borrowers_with_phone(phone: str) -> QuerySet[Borrower]:
    """
    Return every borrower who gave this phone.

    :param phone: the 11 digits, as `dashu.users.id_numbers.mobile_phone` returns them.
    """
    return Borrower.objects.filter(identity__phone_index=phone_index(phone)).order_by("pk")


def user_with_phone(phone: str) -> User | None:
    """Return whose verified phone to sign in with this is; None when it is nobody's."""
    return User.objects.filter(
        sign_in_phone__phone_index=sign_in_phone_index(phone), sign_in_phone__verified_at__isnull=False
    ).first()
