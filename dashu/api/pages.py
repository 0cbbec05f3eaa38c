"""Pages about the API for the people who write programs for it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views import View

from dashu.api.documented import Documented, documented_refusals


class Errors(View):
    """Every code that a problem can have; the `type` of a problem is the address of its code here."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "api/errors.html", {"refusals": [_told(each) for each in documented_refusals()]})


def _told(refusal: Documented) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "statuses": refusal.statuses,
        "meanings": [gettext(meaning) for meaning in refusal.meanings],
        "advice": refusal.advice,
        "operations": {} if refusal.is_everywhere else refusal.operations,
    }
