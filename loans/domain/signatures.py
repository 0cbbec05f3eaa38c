"""How far a signature by link is, as the partner is told."""

from datetime import datetime
from enum import StrEnum


class SignatureState(StrEnum):
    """
    `NOT_ASKED`: no link was made. `LINK_MADE`: a link holds and was not opened. `OPENED`: it was, and nothing is said
    yet. `EXPIRED`: its time is over, or there is nothing to sign any more. `SIGNED` and `DECLINED` end it.
    """

    NOT_ASKED = "NOT_ASKED"
    LINK_MADE = "LINK_MADE"
    OPENED = "OPENED"
    SIGNED = "SIGNED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


def signature_state(
    *,
    is_signed: bool,
    is_declined: bool,
    can_be_signed: bool,
    expires_at: datetime | None,
    opened_at: datetime | None,
    now: datetime,
) -> SignatureState:
    """
    Return how far it is.

    :param can_be_signed: whether the application waits for its signature.
    :param expires_at: of the latest link; None: there is none.
    """
    if is_signed:
        return SignatureState.SIGNED
    if is_declined:
        return SignatureState.DECLINED
    if expires_at is None:
        return SignatureState.NOT_ASKED
    if not can_be_signed or expires_at <= now:
        return SignatureState.EXPIRED
    return SignatureState.OPENED if opened_at else SignatureState.LINK_MADE
