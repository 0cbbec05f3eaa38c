"""
Which provision the ledger holds, product by product, by the rule `provision.basis`.

Expected credit loss is measured above this app, which registers how to read what was posted last. Between two of its
runs each night keeps the ledger at what the rule says, so that neither undoes the other.
"""

from collections.abc import Callable, Mapping
from datetime import date

from dashu.policy import rules as policy
from dashu.policy.expected_loss import ProvisionBasis

Key = tuple[str, str]  # currency, product
Figures = Mapping[Key, int]
Reader = Callable[[date], Mapping[str, Mapping[str, int]]]

_readers: list[Reader] = []


def read_expected_loss_from(reader: Reader) -> None:
    """
    :param reader: takes a day and returns `{currency: {product: minor}}` of the run that was posted last for a month
        that had ended by then; nothing for a currency without one.
    """
    _readers[:] = [reader]


def wanted_provision(five_tier: Figures, *, on: date) -> dict[Key, int]:
    """Return what is to be held at the end of a day. :param five_tier: what the five tiers ask for on it."""
    posted = _readers[0](on) if _readers else {}
    return wanted_of(policy.provision_basis(on), five_tier, posted)


def wanted_of(basis: ProvisionBasis, five_tier: Figures, posted: Mapping[str, Mapping[str, int]]) -> dict[Key, int]:
    """Return what a basis asks to be held; in a currency of which nothing was posted yet, what the five tiers ask."""
    wanted = dict(five_tier)
    if basis == ProvisionBasis.FIVE_TIER:
        return wanted
    for currency, products in posted.items():
        expected = {(currency, product): minor for product, minor in products.items()}
        for key in expected.keys() | {key for key in five_tier if key[0] == currency}:
            ours, tiers = expected.get(key, 0), five_tier.get(key, 0)
            wanted[key] = max(ours, tiers) if basis == ProvisionBasis.GREATER else ours
    return wanted
