from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


class PartnerView(APIView):
    """A resource of the API. `scopes` names what a token needs, by method; a method without an entry is not offered."""

    scopes: ClassVar[Mapping[str, Sequence[str]]]

    @property
    def required_scopes(self) -> list[str]:
        method = self.request.method if self.request else None
        return list(self.scopes.get("GET" if method == "HEAD" else method or "", ()))


@extend_schema(exclude=True)
class NoSuchAddress(APIView):
    """Answers addresses that the API does not have, in the API's own form."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotFound(_("The API has no such address. /api/v1/schema/ lists those it has."))
