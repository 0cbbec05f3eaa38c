"""
The OpenAPI document as this process publishes it.

Building it takes about a second of the processor and gives the same for as long as the process lives, so it is built
once for each language: whoever reads it again and again costs nothing.
"""

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request


class Schema(SpectacularJSONAPIView):
    operation = "get_schema"

    def _get_schema_response(self, request: Request) -> HttpResponse:
        answer = HttpResponse(_rendered(_language()), content_type=request.accepted_renderer.media_type)
        answer["Content-Disposition"] = f'inline; filename="{self._get_filename(request, None)}"'
        return answer


def openapi_document() -> dict[str, Any]:
    """Return the document in the language of the moment, for the caller to change as it likes."""
    document: dict[str, Any] = json.loads(_rendered(_language()))
    return document


def _language() -> str:
    """Only languages that there are, or whoever asks for others would have it built again for each."""
    asked = translation.get_language()
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@cache
def _rendered(language: str) -> bytes:
    with translation.override(language):
        document = SchemaGenerator().get_schema(request=None, public=True)
        return bytes(OpenApiJsonRenderer().render(document, renderer_context={}))
