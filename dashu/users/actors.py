"""How the ledger, the audit log and the services name who acts: one short text, never a name or an address."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from dashu.users.models import Partner, User
from dashu.users.roles import Role

ANONYMOUS = "anonymous"


def actor_of(request: Any) -> str:
    """
    Return "user:12" for a person and "partner:acme" for a partner's program or login.

    A request that carries a `partner` (set by the API's authentication) acts for that partner.
    """
    partner = getattr(request, "partner", None)
    return f"partner:{partner.code}" if partner else actor_of_user(request.user)


def actor_of_user(user: Any) -> str:
    if not user.is_authenticated:
        return ANONYMOUS
    if getattr(user, "role", None) == Role.PARTNER:
        code = Partner.objects.filter(user=user).values_list("code", flat=True).first()
        if code:
            return f"partner:{code}"
    return f"user:{user.pk}"


def people_of(actors: Iterable[str]) -> dict[str, User]:
    """Return the people among actors such as "user:12", by actor; one query."""
    ids = [int(actor.removeprefix("user:")) for actor in actors if actor.removeprefix("user:").isdecimal()]
    return {f"user:{user.pk}": user for user in User.objects.filter(pk__in=ids)}


def person_of(request: HttpRequest) -> User:
    """Return who signed in, on pages that nobody else gets to."""
    assert isinstance(request.user, User)
    return request.user
