"""What of a borrower's identity others rely on: applications in our hands, and contracts that were signed."""

from collections.abc import Collection

from loans.domain.applications import OPEN, Status
from loans.models import Application, LoanContract

_IN_OUR_HANDS = [status.value for status in OPEN if status is not Status.DRAFT]


def settled_identity(application: Application) -> Collection[str]:
    """
    Return which of name, number and phone stay as they are, whatever this application says.

    A contract names a person for good. The phone gets the code that signs, so it stays as long as there is something to
    decide or to sign.
    """
    others = Application.objects.filter(borrower=application.borrower_id).exclude(pk=application.pk)
    if others.filter(status__in=_IN_OUR_HANDS).exists():
        return ("name", "number", "phone")
    if LoanContract.objects.filter(application__borrower=application.borrower_id).exists():
        return ("name", "number")
    return ()
