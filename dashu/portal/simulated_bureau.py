"""The address of the simulated credit bureau, which our own adapter asks like one of another company."""

import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dashu.kernel.errors import DomainError
from loans.bureaus.simulated import reply_to

MAX_BODY = 64 * 1024


@csrf_exempt
@require_POST
def simulated_bureau(request: HttpRequest) -> HttpResponse:
    """Answer one signed question. The signature, not a session, says who asks."""
    if not settings.SIMULATED_BUREAU:
        raise Http404
    if len(request.body) > MAX_BODY:
        return JsonResponse({"code": "body_too_large"}, status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        reply = reply_to(request.body, headers, now=timezone.now())
    except DomainError as refusal:
        return JsonResponse(refusal.as_json(), status=refusal.http_status)
    if reply.after_seconds:
        time.sleep(reply.after_seconds)
    return HttpResponse(reply.body, status=reply.status, headers={"Content-Type": "application/json", **reply.headers})
