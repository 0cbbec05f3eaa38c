"""Loading policy packs: the files are checked as a whole first, then the table is made equal to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.policy.models import PolicyRule
from dashu.policy.rules import typed
from dashu.policy.selectors import forget_rules

PACKS_DIR = Path(__file__).with_name("packs")
FIELDS = {"code", "effective_from", "effective_to", "value", "source", "confidence"}


class InvalidPack(DomainError):
    """A pack file cannot be used; `problems` names file, rule and problem, one line each. Nothing was written."""

    code = "invalid_policy_pack"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            _("The policy packs were not loaded. Correct and load again:\n%(problems)s"),
            params={"problems": "\n".join(problems)},
            details={"problems": problems},
        )
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a pack did to its rows."""

    pack: str
    added: int
    changed: int
    removed: int
    unchanged: int


def load_packs(paths: Iterable[Path] | None = None) -> list[Loaded]:
    """
    Make the rules in the database equal to the pack files; without paths, to all packs that come with the program.

    Running again changes nothing.

    :raises InvalidPack: any file or rule is wrong; then no pack is loaded.
    """
    problems: list[str] = []
    packs = [_read(path, problems) for path in sorted(paths or PACKS_DIR.glob("*.yaml"))]
    names = [name for name, _rules in packs if name]
    problems += [f"the pack {name} is in two files" for name in sorted(set(names)) if names.count(name) > 1]
    if problems:
        raise InvalidPack(problems)
    with transaction.atomic():
        # Two servers that start together load one after the other.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE policy_policyrule IN SHARE ROW EXCLUSIVE MODE")
        loaded = [_store(name, rules) for name, rules in packs]
    forget_rules()
    return loaded


def read_pack(path: Path) -> list[PolicyRule]:
    """
    Return the rules of one pack file, unsaved.

    :raises InvalidPack: the file or a rule is wrong.
    """
    problems: list[str] = []
    _name, rules = _read(path, problems)
    if problems:
        raise InvalidPack(problems)
    return rules


def _store(pack: str, rules: list[PolicyRule]) -> Loaded:
    present = {(row.code, row.effective_from): row for row in PolicyRule.objects.filter(pack=pack)}
    added, changed = [], []
    for rule in rules:
        row = present.pop((rule.code, rule.effective_from), None)
        if row is None:
            added.append(rule)
        elif any(getattr(row, field) != getattr(rule, field) for field in FIELDS):
            rule.pk = row.pk
            changed.append(rule)
    PolicyRule.objects.bulk_create(added)
    PolicyRule.objects.bulk_update(changed, ["effective_to", "value", "source", "confidence"])
    PolicyRule.objects.filter(pk__in=[row.pk for row in present.values()]).delete()
    return Loaded(pack, len(added), len(changed), len(present), len(rules) - len(added) - len(changed))


def _read(path: Path, problems: list[str]) -> tuple[str, list[PolicyRule]]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        problems.append(f"{path}: the file cannot be read: {error}")
        return "", []
    if not isinstance(document, dict) or not isinstance(document.get("pack"), str) or not document.get("rules"):
        problems.append(f"{path}: a pack needs `pack`, its name, and `rules`, a list")
        return "", []

    rules = []
    for number, entry in enumerate(document["rules"], start=1):
        label = f"{path}: rule {number}"
        if isinstance(entry, dict) and entry.get("code"):
            label += f" ({entry['code']} from {entry.get('effective_from')})"
        found = _problem(entry)
        if found:
            problems.append(f"{label}: {found}")
        else:
            rules.append(PolicyRule(pack=document["pack"], **entry))
    problems.extend(f"{path}: {overlap}" for overlap in _overlaps(rules))
    return document["pack"], rules


def _problem(entry: Any) -> str | None:
    """Say what is wrong with one entry of a pack; None when it is fine."""
    if not isinstance(entry, dict) or set(entry) != FIELDS:
        given = set(entry) if isinstance(entry, dict) else set()
        missing, unknown = sorted(FIELDS - given), sorted(str(field) for field in given - FIELDS)
        return f"missing {missing}, unknown {unknown}"
    starts, ends = entry["effective_from"], entry["effective_to"]
    if type(starts) is not date or (ends is not None and type(ends) is not date):
        return "effective_from and effective_to must be dates such as 2026-01-31; effective_to may be null"
    if ends is not None and ends < starts:
        return "effective_to lies before effective_from"
    if entry["confidence"] not in PolicyRule.Confidence.values:
        return f"confidence must be one of {', '.join(PolicyRule.Confidence.values)}"
    if not isinstance(entry["code"], str) or not isinstance(entry["source"], str) or not entry["source"].strip():
        return "code and source must be texts"
    return _value_problem(entry["code"], entry["value"])


def _value_problem(code: str, value: Any) -> str | None:
    if _has_float(value):
        return 'write rates as text, such as "0.24", so that they stay exact'
    try:
        typed(code, value)
    except KeyError as error:
        return f"the value lacks {error}"
    except (TypeError, ValueError, AttributeError) as error:
        return f"the value cannot be used: {error}"
    return None


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_float(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_float(item) for item in value)
    return isinstance(value, float)


def _overlaps(rules: list[PolicyRule]) -> list[str]:
    found = []
    ordered = sorted(rules, key=lambda rule: (rule.code, rule.effective_from))
    for earlier, later in pairwise(ordered):
        if earlier.code == later.code and (earlier.effective_to or date.max) >= later.effective_from:
            found.append(f"{later.code} from {later.effective_from} overlaps the one from {earlier.effective_from}")
    return found
