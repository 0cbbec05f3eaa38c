"""
Who may do what alone, and what they may approve for others, as a policy pack writes it.

Each kind of act names the roles that may ask for it. A role has two bounds: what it may do alone, and what it may
approve when somebody else asked. A role that is not named may neither ask nor approve. Bounds are amounts of the pack's
currency; in any other currency a bound says nothing, so there only those without a bound decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashu.kernel.errors import DomainError
from dashu.kernel.money import EXPONENTS, Money, parse_minor


@dataclass(frozen=True, slots=True)
class Bounds:
    """The highest amounts of one role, in minor units; None is without a bound, 0 is not at all."""

    alone_up_to: int | None
    approves_up_to: int | None


@dataclass(frozen=True, slots=True)
class KindAuthority:
    """
    :param four_eyes: nobody does it alone, whatever the amount.
    :param expires_days: days after the one of asking on which it may still be decided.
    """

    four_eyes: bool
    expires_days: int
    roles: Mapping[str, Bounds]


@dataclass(frozen=True, slots=True)
class Authority:
    """All kinds of one pack. :param longest_delegation_days: how long authority may be lent at most."""

    currency: str
    longest_delegation_days: int
    kinds: Mapping[str, KindAuthority]

    def may_ask(self, kind: str, role: str) -> bool:
        return kind in self.kinds and role in self.kinds[kind].roles

    def may_do_alone(self, kind: str, role: str, amount: Money) -> bool:
        bounds = self._bounds(kind, role)
        return bounds is not None and not self.kinds[kind].four_eyes and self._covers(bounds.alone_up_to, amount)

    def may_approve(self, kind: str, role: str, amount: Money) -> bool:
        bounds = self._bounds(kind, role)
        return bounds is not None and self._covers(bounds.approves_up_to, amount)

    def approves_anything(self, role: str) -> bool:
        """Whether the role may approve at least something, so that there is authority to lend."""
        return any(role in kind.roles and kind.roles[role].approves_up_to != 0 for kind in self.kinds.values())

    def _bounds(self, kind: str, role: str) -> Bounds | None:
        return self.kinds[kind].roles.get(role) if kind in self.kinds else None

    def _covers(self, bound: int | None, amount: Money) -> bool:
        # A bound of 0 is "not at all", also for an act without an amount.
        return bound is None or (amount.currency == self.currency and bound > 0 and amount.minor <= bound)


def authority_of(value: Any) -> Authority:
    """
    Read the rule of a pack.

    :raises ValueError, KeyError, TypeError: a bound is no amount, four eyes is contradicted, or a kind has amounts that
        nobody could approve.
    """
    currency = str(value["currency"])
    if currency not in EXPONENTS:
        raise ValueError(f"the currency {currency!r} is not known")
    expires_days = _days(value["expires_days"])
    return Authority(
        currency=currency,
        longest_delegation_days=_days(value["longest_delegation_days"]),
        kinds={str(code): _kind(code, kind, currency, expires_days) for code, kind in value["kinds"].items()},
    )


def _kind(code: str, value: Any, currency: str, expires_days: int) -> KindAuthority:
    if unknown := set(value) - {"four_eyes", "expires_days", "roles"}:
        raise ValueError(f"{code} has unknown entries {sorted(unknown)}")
    four_eyes = value["four_eyes"]
    if type(four_eyes) is not bool:
        raise TypeError(f"four_eyes of {code} must be true or false, not {four_eyes!r}")
    roles = {
        str(role): Bounds(_bound(bounds["alone_up_to"], currency), _bound(bounds["approves_up_to"], currency))
        for role, bounds in value["roles"].items()
    }
    if four_eyes and any(bounds.alone_up_to != 0 for bounds in roles.values()):
        raise ValueError(f'{code} needs four eyes, so alone_up_to must be "0" for every role')
    if all(bounds.approves_up_to is not None for bounds in roles.values()):
        raise ValueError(f"{code} has amounts that nobody may approve; leave one role without a bound (null)")
    return KindAuthority(four_eyes, _days(value.get("expires_days", expires_days)), roles)


def _bound(value: Any, currency: str) -> int | None:
    if value is None:
        return None
    try:
        return parse_minor(value, currency, allow_zero=True)
    except DomainError as error:
        raise ValueError(error.user_message) from error


def _days(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 366:
        raise ValueError(f"expected 1 to 366 days, not {value!r}")
    return value
