"""Gives a request the rights that its session took in an emergency, and notes what they were used for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashu.audit import services as audit
from dashu.break_glass.backends import KEPT_AS, Emergency, emergency_of
from dashu.break_glass.models import EmergencyGrant
from dashu.break_glass.rights import rights_of
from dashu.users.actors import actor_of
from dashu.users.models import User

IN_SESSION = "emergency"


class TakeRightsAlong:
    """Runs after authentication and after the end of sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or IN_SESSION not in request.session:
            return self.get_response(request)
        _take_along(request)
        answer = self.get_response(request)
        _note(request, answer)
        return answer


def _take_along(request: HttpRequest) -> None:
    grants = EmergencyGrant.objects.running().filter(taker_id=request.user.pk, pk=request.session[IN_SESSION])
    if (grant := grants.first()) is None or not isinstance(request.user, User):
        del request.session[IN_SESSION]
        return
    setattr(request.user, KEPT_AS, Emergency(grant.pk, grant.role, grant.ends_at, rights_of(grant.role)))


def _note(request: HttpRequest, answer: HttpResponse) -> None:
    """Write down the request, and every right that it asked for and that the person has only by the emergency."""
    emergency = emergency_of(request.user)
    if emergency is None or not emergency.used:
        return
    match = request.resolver_match
    audit.record(
        action="break_glass.rights_used",
        subject_type="emergency",
        subject_id=emergency.grant_id,
        actor=actor_of(request),
        data={
            "page": match.view_name if match else "",
            "of": {name: str(value)[:60] for name, value in match.kwargs.items()} if match else {},
            "method": request.method,
            "status": answer.status_code,
            "rights": sorted(emergency.used),
        },
    )
