from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from repayments.services.gateway import book_callback

MAX_BODY = 64 * 1024


@csrf_exempt
@require_POST
def gateway_callback(request: HttpRequest, provider_name: str = "") -> HttpResponse:
    """
    Take a payment provider's callback; its signature, not a session, says who sent it.

    2xx says that the message is known, so that the provider stops repeating it. A refusal is 4xx, and the provider may
    repeat it; 5xx is a fault of ours.
    """
    if len(request.body) > MAX_BODY:
        return JsonResponse({"code": "body_too_large"}, status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        body = request.body.decode("utf-8", errors="replace")
        checkout = book_callback(body=body, headers=headers, today=lender_today(), provider_name=provider_name)
    except DomainError as refusal:
        return JsonResponse(refusal.as_json(), status=refusal.http_status)
    return JsonResponse({"status": checkout.status})
