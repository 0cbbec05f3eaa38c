"""The rate limits that quotes are held against, from the pack files: a quote needs no database."""

from datetime import date

from dashu.finance.rate_cap import RateLimits
from dashu.policy.pack_files import pack_file


def limits_of_pack(pack: str, on: date) -> RateLimits:
    """
    Return what the pack allows for a loan paid out on this day.

    :raises UnknownPack: no pack of this name comes with the program.
    :raises PolicyRuleMissing: the pack has no limits for the day.
    """
    return pack_file(pack).rate_limits(on)
