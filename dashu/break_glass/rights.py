"""Which rights an emergency gives: a role's, by its group, less what `never.yaml` names."""

from functools import cache
from pathlib import Path

import yaml
from django.contrib.auth.models import Permission

from dashu.users.roles import covers

NEVER_FILE = Path(__file__).with_name("never.yaml")


@cache
def never() -> tuple[str, ...]:
    return tuple(yaml.safe_load(NEVER_FILE.read_text(encoding="utf-8")))


def rights_of(role: str) -> frozenset[str]:
    """Return the rights as `has_perm` names them, such as "loans.view_loan"."""
    granted = Permission.objects.filter(group__name=role).select_related("content_type")
    return frozenset(
        f"{each.content_type.app_label}.{each.codename}"
        for each in granted
        if not any(covers(line, each) for line in never())
    )
