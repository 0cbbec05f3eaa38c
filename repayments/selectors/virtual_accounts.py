"""From the number on a bank statement to the loan."""

from repayments.domain.virtual_accounts import is_sound, normalized
from repayments.models import VirtualAccount


def loan_of(number: str) -> int | None:
    """
    Return the id of the loan that this virtual account belongs to; None for any other number.

    :param number: as a bank or a payer wrote it: full-width digits, spaces and hyphens do not matter.
    """
    plain = normalized(number[:200])
    if not is_sound(plain):
        return None
    return VirtualAccount.objects.filter(number=plain).values_list("loan_id", flat=True).first()
