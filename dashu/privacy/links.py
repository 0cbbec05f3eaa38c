"""Addresses that carry a right: to fetch a copy within some minutes, to open a closed account again within its days."""

from datetime import timedelta

from django.core import signing

FETCH_WITHIN = timedelta(minutes=5)
_FETCH, _UNDO = "dashu.privacy.fetch", "dashu.privacy.undo"


def fetch_token(token: str, *, user_id: int) -> str:
    """Return what opens a copy for this person, and for five minutes only."""
    return signing.TimestampSigner(salt=_FETCH).sign(f"{token}.{user_id}")


def read_fetch_token(signed: str, *, user_id: int) -> str | None:
    """Return the token of the copy; None when the link is too old, somebody else's, or not ours."""
    try:
        token, _dot, whose = signing.TimestampSigner(salt=_FETCH).unsign(signed, max_age=FETCH_WITHIN).rpartition(".")
    except signing.BadSignature:
        return None
    return token if whose == str(user_id) else None


def undo_token(closure_id: int) -> str:
    return signing.Signer(salt=_UNDO).sign(str(closure_id))


def read_undo_token(signed: str) -> int | None:
    """Return which closing the link takes back; None when we did not make it."""
    try:
        return int(signing.Signer(salt=_UNDO).unsign(signed))
    except (signing.BadSignature, ValueError):
        return None
