"""The rows of people, one module a noun: those who sign in, owe or bring loans, and who somebody is on paper."""

from dashu.users.models.identity import Identity
from dashu.users.models.people import (
    Borrower,
    BorrowerQuerySet,
    Partner,
    PartnerQuerySet,
    User,
    UserManager,
    Viewer,
    new_borrower_number,
)
from dashu.users.models.sign_in_phone import SignInPhone

__all__ = [
    "Borrower",
    "BorrowerQuerySet",
    "Identity",
    "Partner",
    "PartnerQuerySet",
    "SignInPhone",
    "User",
    "UserManager",
    "Viewer",
    "new_borrower_number",
]
