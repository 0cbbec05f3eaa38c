from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.messaging.receipts import read_receipts
from dashu.messaging.services.book_receipts import book_receipts

MAX_BODY = 512 * 1024
PROVIDER = "gateway"


@csrf_exempt
@require_POST
def provider_callback(request: HttpRequest) -> HttpResponse:
    """
    Take what a provider tells of messages; its signature, not a session, says who sent it.

    2xx says that all of it is known, so that the provider stops repeating it. Events of messages that are not ours are
    counted and left.
    """
    if len(request.body) > MAX_BODY:
        return JsonResponse({"code": "body_too_large"}, status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        receipts = read_receipts(request.body.decode("utf-8", errors="replace"), headers)
        counts = book_receipts(receipts, provider=PROVIDER, now=lender_now())
    except DomainError as refusal:
        return JsonResponse(refusal.as_json(), status=refusal.http_status)
    return JsonResponse(dict(counts))
