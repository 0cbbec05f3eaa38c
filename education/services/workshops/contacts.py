"""A visitor's one address: a mobile phone or an e-mail address, in one form however it is typed."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.phones import phone_to_sign_in
from dashu.users.sealing import blind_index


class ContactInvalid(DomainError):
    """It is neither a mobile phone nor an e-mail address."""

    code = "workshop_contact_invalid"


@dataclass(frozen=True, slots=True)
class Contact:
    """One of the two; the other is ""."""

    phone: str = ""
    email: str = ""

    @property
    def index(self) -> str:
        return blind_index(self.phone or self.email.lower(), "education.workshop_contact")


def read_contact(typed: str, *, field: str = "contact") -> Contact:
    """
    Read what was typed.

    :raises ContactInvalid, InvalidPhone: see there.
    """
    text = "".join(typed.split())[:254]
    if "@" not in text:
        return Contact(phone=phone_to_sign_in(text, field=field))
    try:
        validate_email(text)
    except ValidationError as error:
        raise ContactInvalid(
            _("This is not an e-mail address. Write it like name@example.com."), field=field
        ) from error
    return Contact(email=text)
