from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, ClassVar, NoReturn

from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from dashu.api.parsing import refuse_unknown_length
from dashu.kernel.dates import LENDER_ZONE


def deprecation_headers(view: "type[PartnerView]") -> dict[str, str]:
    """Return what every answer of a view says of its end: Deprecation (RFC 9745), Sunset (RFC 8594), what follows."""
    headers = {}
    if view.deprecated_on:
        headers["Deprecation"] = f"@{int(_beginning(view.deprecated_on).timestamp())}"
    if view.sunset_on:
        headers["Sunset"] = http_date(_beginning(view.sunset_on).timestamp())
    if view.successor:
        headers["Link"] = f'<{view.successor}>; rel="successor-version"'
    return headers


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(), LENDER_ZONE)


class PartnerView(APIView):
    """
    A resource of the API. `scopes` names what a token needs, by method; a method without an entry is not offered.

    :cvar deprecated_on: the day from which nobody should build on it any more, see docs/api/versions.md.
    :cvar sunset_on: the day from which it may be gone; at the earliest half a year later.
    :cvar successor: the address that takes its place, where there is one.
    """

    scopes: ClassVar[Mapping[str, Sequence[str]]]
    deprecated_on: ClassVar[date | None] = None
    sunset_on: ClassVar[date | None] = None
    successor: ClassVar[str] = ""

    @property
    def required_scopes(self) -> list[str]:
        method = self.request.method if self.request else None
        return list(self.scopes.get("GET" if method == "HEAD" else method or "", ()))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown_length(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in deprecation_headers(type(self)).items():
            answer.headers.setdefault(name, value)
        return answer


@extend_schema(exclude=True)
class NoSuchAddress(APIView):
    """Answers addresses that the API does not have, in the API's own form."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotFound(_("The API has no such address. /api/v1/schema/ lists those it has."))
