"""Tells pages of staff that rights were taken, for the line at the top of each."""

from typing import Any

from django.http import HttpRequest

from dashu.break_glass.backends import emergency_of
from dashu.users.roles import Role


def emergency(request: HttpRequest) -> dict[str, Any]:
    found = emergency_of(getattr(request, "user", None))
    return {"emergency": found, "emergency_role": Role(found.role).label if found else ""}
