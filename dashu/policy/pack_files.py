"""
Rules straight from the pack files, for programs that run without a database.

The files are checked as `load_policy` checks them; the values come typed, by the same readers as those from the table.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashu.finance.arrears import Scale
from dashu.finance.rate_cap import RateLimits
from dashu.kernel.errors import DomainError
from dashu.policy.models import PolicyRule
from dashu.policy.rules import typed
from dashu.policy.selectors import PolicyRuleMissing
from dashu.policy.services import PACKS_DIR, read_pack


class UnknownPack(DomainError):
    """No pack of this name comes with the program."""

    code = "unknown_pack"


class UnknownProduct(DomainError):
    """The pack has no classification for this kind of product."""

    code = "unknown_product"


@dataclass(frozen=True)
class PackFile:
    """The rules of one pack."""

    name: str
    rules: tuple[PolicyRule, ...]

    def value(self, code: str, *, on: date) -> Any:
        """
        Return the typed value of the rule on the day.

        :raises PolicyRuleMissing: no rule of this code covers the day.
        """
        return typed(code, self.rule(code, on=on).value)

    def rule(self, code: str, *, on: date) -> PolicyRule:
        """Return the rule with its dates and source. See `value`."""
        for rule in self.rules:
            if (
                rule.code == code
                and rule.effective_from <= on
                and (rule.effective_to is None or on <= rule.effective_to)
            ):
                return rule
        raise PolicyRuleMissing(
            _("The policy pack %(pack)s has no rule %(code)s for %(on)s."),
            params={"pack": self.name, "code": code, "on": on.isoformat()},
        )

    def has(self, code: str, *, on: date) -> bool:
        return any(
            rule.code == code and rule.effective_from <= on and (rule.effective_to is None or on <= rule.effective_to)
            for rule in self.rules
        )

    def rate_limits(self, on: date) -> RateLimits:
        """Return the bound of the contract's rate and the cap of the all-in rate for a loan made on this day."""
        return RateLimits(
            pack=self.name,
            highest_contract=self.value("rate.highest_contract", on=on).on(on),
            cap=self.value("rate.cap", on=on).on(on),
            cap_source=self.rule("rate.cap", on=on).source,
        )

    def five_tier(self, product: str, *, on: date) -> Scale:
        """Return the classification of a kind of product ("CONSUMER") or a table of the pack ("card")."""
        tables = self.value("classification.table_of_product", on=on)
        table = tables.get(product.upper().replace("-", "_"), product.lower())
        if not self.has(f"classification.five_tier.{table}", on=on):
            raise UnknownProduct(
                _("The policy pack %(pack)s has no product %(product)s. Known are %(known)s."),
                field="product",
                params={"pack": self.name, "product": product[:40], "known": ", ".join(sorted(tables))},
            )
        scale: Scale = self.value(f"classification.five_tier.{table}", on=on)
        return scale


@cache
def pack_file(name: str) -> PackFile:
    """
    Return the pack of this name among those that come with the program.

    :raises UnknownPack: there is none.
    """
    known = sorted(path.stem for path in PACKS_DIR.glob("*.yaml"))
    if name not in known:
        raise UnknownPack(
            _("There is no policy pack %(name)s. Known are %(known)s."),
            field="pack",
            params={"name": name[:40], "known": ", ".join(known)},
        )
    return PackFile(name, tuple(read_pack(Path(PACKS_DIR / f"{name}.yaml"))))
