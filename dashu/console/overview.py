"""The first page of the console: whether everything is well, and where to go where it is not."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashu.console.figures import health, refusals
from dashu.console.gate import ConsoleRequest, for_partners
from dashu.console.hooks import own_endpoints, shown_endpoint
from dashu.console.requests import own_calls
from dashu.kernel.dates import lender_now, lender_today, midnight
from dashu.webhooks.models import WebhookDelivery


@for_partners
@require_GET
def overview(request: ConsoleRequest) -> HttpResponse:
    calls, day_ago = own_calls(request), lender_now() - timedelta(hours=24)
    last_day = health(calls, since=day_ago)
    dead = Count("deliveries", filter=Q(deliveries__status=WebhookDelivery.Status.DEAD))
    endpoints = [shown_endpoint(each) for each in own_endpoints(request).annotate(dead=dead).order_by("-pk")]
    return render(
        request,
        "console/overview.html",
        {
            "partner": request.partner,
            "today": health(calls, since=midnight(lender_today())),
            "last_day": last_day,
            "refusals": [
                {"code": code, "status": status, "count": count, "share": _share(count, last_day.calls)}
                for code, status, count in refusals(calls, since=day_ago)
            ],
            "endpoints": endpoints,
            "dead": sum(each["row"].dead for each in endpoints),
            "sandbox_url": "" if settings.SANDBOX else settings.SANDBOX_URL.rstrip("/"),
        },
    )


def _share(part: int, whole: int) -> Decimal:
    """Return a part in percent, with one decimal."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
