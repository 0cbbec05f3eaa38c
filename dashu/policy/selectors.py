"""
Which rule held on a day.

All rules of a pack are a few dozen rows and are asked for again and again, so each process keeps them for a short time;
loading a pack drops what its own process kept.
"""

import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.policy.models import PolicyRule

KEEP_SECONDS = 30


class PolicyRuleMissing(DomainError):
    """The pack has no rule of this code for this day."""

    code = "policy_rule_missing"
    http_status = 503


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    rules: dict[str, list[PolicyRule]]


_kept: dict[str, _Kept] = {}


def rule(code: str, *, on: date, pack: str | None = None) -> Any:
    """
    Return the value of the rule `code` on the day `on`.

    :param pack: the lender's own pack (`LENDER_POLICY_PACK`) unless another is named.
    :raises PolicyRuleMissing: no rule of this code covers the day.
    """
    return policy_rule(code, on=on, pack=pack).value


def policy_rule(code: str, *, on: date, pack: str | None = None) -> PolicyRule:
    """Return the rule with its dates, source and confidence, to explain a number by. See `rule`."""
    pack = pack or settings.LENDER_POLICY_PACK
    for candidate in _rules_of(pack).get(code, []):
        if candidate.effective_from <= on and (candidate.effective_to is None or on <= candidate.effective_to):
            return candidate
    raise PolicyRuleMissing(
        _("The policy pack %(pack)s has no rule %(code)s for %(on)s. Add it to the pack and run load_policy."),
        params={"pack": pack, "code": code, "on": on.isoformat()},
    )


def forget_rules() -> None:
    """Drop what this process kept, so that the next question reads the database."""
    _kept.clear()


def _rules_of(pack: str) -> dict[str, list[PolicyRule]]:
    kept = _kept.get(pack)
    if kept is None or kept.until < time.monotonic():
        rules: dict[str, list[PolicyRule]] = {}
        for row in PolicyRule.objects.filter(pack=pack).order_by("code", "-effective_from"):
            rules.setdefault(row.code, []).append(row)
        if not rules:
            return rules
        kept = _kept[pack] = _Kept(time.monotonic() + KEEP_SECONDS, rules)
    return kept.rules
