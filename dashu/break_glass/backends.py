"""
What `has_perm` asks last: whether somebody has a right only because they took it in an emergency.

The rights lie with the person of one request, where `middleware.py` puts them; whoever is looked up anew has none. So
they reach no job, no other device and nothing beyond the page that was asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.backends import BaseBackend

KEPT_AS = "_emergency"


@dataclass(slots=True)
class Emergency:
    """:ivar used: the rights that were asked for and had by it alone."""

    grant_id: int
    role: str
    ends_at: datetime
    rights: frozenset[str]
    used: set[str] = field(default_factory=set)


def emergency_of(user: Any) -> Emergency | None:
    found = getattr(user, KEPT_AS, None)
    return found if isinstance(found, Emergency) else None


class EmergencyBackend(BaseBackend):
    """Signs nobody in."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        emergency = emergency_of(user_obj)
        if emergency is None or not (user_obj.is_active and user_obj.is_staff) or perm not in emergency.rights:
            return False
        emergency.used.add(perm)
        return True

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        emergency = emergency_of(user_obj)
        return emergency is not None and any(right.startswith(f"{app_label}.") for right in emergency.rights)


@contextmanager
def unnoted(user: Any) -> Iterator[None]:
    """Do not count what is asked for meanwhile: a menu asks for every right there is."""
    emergency = emergency_of(user)
    before = set(emergency.used) if emergency else set()
    yield
    if emergency:
        emergency.used = before
