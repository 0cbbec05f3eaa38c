"""How far the signature of an application is: the latest link to it, and the contract."""

from dataclasses import dataclass
from datetime import datetime

from loans.domain.applications import Status
from loans.domain.signatures import SignatureState, signature_state
from loans.models import Application, Disclosure, LoanContract, SignatureLink


@dataclass(frozen=True, slots=True)
class Signature:
    """
    :param link: the latest; None where none was made, as somebody with a login needs none.
    :param disclosure: the latest reading of a cost sheet.
    :param contract: without its paper; None before the signature.
    """

    state: SignatureState
    link: SignatureLink | None
    disclosure: Disclosure | None
    contract: LoanContract | None


def signature_of(application: Application, *, now: datetime) -> Signature:
    """Return how far it is, in three queries."""
    link = SignatureLink.objects.filter(application=application).first()
    contract = LoanContract.objects.filter(application=application).defer("pdf", "facts").first()
    state = signature_state(
        is_signed=contract is not None,
        is_declined=link is not None and link.declined_at is not None,
        can_be_signed=application.status == Status.ACCEPTED,
        expires_at=link.expires_at if link else None,
        opened_at=link.opened_at if link else None,
        now=now,
    )
    return Signature(state, link, Disclosure.objects.filter(application=application).first(), contract)
