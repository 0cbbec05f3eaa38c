"""Who of a campaign is offered nothing, to compare: the same people whenever it is asked, and other ones next time."""

from hashlib import sha256

WHOLE = 10_000


def drawn(seed: str, person: int) -> int:
    """Return a number from 0 to 9,999 that a person has in a campaign; each is as likely as any other."""
    digest = sha256(f"{seed}:{person}".encode()).digest()
    return int.from_bytes(digest[:8]) % WHOLE


def is_held_out(seed: str, person: int, *, holdout_bps: int) -> bool:
    """:param holdout_bps: the share that is offered nothing, in basis points."""
    return drawn(seed, person) < holdout_bps
