"""The request log: which calls there were and how each ended. What was sent and answered is never kept."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashu.api.models import ApiCall
from dashu.console.filters import CallFilter, is_narrowed
from dashu.console.gate import ConsoleRequest, for_partners
from dashu.console.keys import own_clients
from dashu.console.listing import page_of


def own_calls(request: ConsoleRequest) -> QuerySet[ApiCall]:
    return ApiCall.objects.visible_to(request.user).filter(partner=request.partner)


@for_partners
@require_GET
def calls(request: ConsoleRequest) -> HttpResponse:
    form = CallFilter(request.GET, clients=own_clients(request))
    page = page_of(request, form.narrow(own_calls(request)))
    names = _names(request)
    rows = [(call, names.get(call.client_id, "")) for call in page.rows]
    shown = {"form": form, "is_narrowed": is_narrowed(form), "page": page, "rows": rows}
    return render(request, "console/requests.html", shown)


@for_partners
@require_GET
def call(request: ConsoleRequest, request_id: UUID) -> HttpResponse:
    found = own_calls(request).filter(request_id=request_id).first()
    if found is None:
        raise Http404
    return render(request, "console/request.html", {"call": found, "client": _names(request).get(found.client_id, "")})


def _names(request: ConsoleRequest) -> dict[Any, str]:
    """Return what each client is called, by key; no row of the log keeps its client from going."""
    return dict(own_clients(request).values_list("pk", "name"))
