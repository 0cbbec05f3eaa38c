"""Who gets into the console: a partner's login, to what is that partner's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from dashu.users.models import Partner, User
from dashu.users.roles import Role

View = Callable[..., HttpResponse]


class ConsoleRequest(HttpRequest):
    """A request of a partner's login. :ivar partner: the partner, by which acts are recorded, too."""

    partner: Partner
    user: User


def own_partner(user: Any) -> Partner | None:
    """Return the partner whose login this is, while it is active."""
    if getattr(user, "role", None) != Role.PARTNER:
        return None
    return Partner.objects.visible_to(user).filter(user=user, is_active=True).first()


def for_partners(view: View) -> View:
    """Let a partner's login in; nobody else finds anything there."""

    @never_cache
    @login_required
    @wraps(view)
    def enter(request: Any, *args: Any, **named: Any) -> HttpResponse:
        partner = own_partner(request.user)
        if partner is None:
            raise Http404
        request.partner = partner
        return view(request, *args, **named)

    return enter
