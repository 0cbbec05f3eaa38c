"""
The public page where anyone can check a paper by its code.

An address may look up so many codes in a while and no more, right ones and wrong ones alike. A code that does not exist
and one that cannot exist get the same answer.
"""

import logging

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from dashu.api.callers import client_ip
from dashu.documents.codes import grouped, read_code
from education.selectors.certificates import public_certificate
from loans.selectors.contracts import public_contract
from repayments.selectors.documents import public_document

logger = logging.getLogger(__name__)

LOOKUPS, SECONDS = 30, 600


@never_cache
@require_GET
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """Ask for a code, or say what was issued under it."""
    if "code" in request.GET:
        typed = request.GET["code"].strip()[:100]
        # The same address whatever was typed around the signs; what cannot be a code stays as it was typed.
        readable = read_code(typed)
        return redirect("portal:verify_code", grouped(readable)) if readable else _page(request, typed, asked=True)
    return _page(request, code, asked=bool(code))


def _page(request: HttpRequest, typed: str, *, asked: bool) -> HttpResponse:
    if not asked:
        return _rendered(request, {})
    if _is_too_many(request):
        return _rendered(request, {"typed": typed, "too_many": SECONDS // 60}, status=429)
    document = public_document(typed) or public_contract(typed) or public_certificate(typed)
    return _rendered(request, {"typed": typed, "document": document, "asked": True}, status=200 if document else 404)


def _rendered(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    answer = render(request, "portal/verify.html", context, status=status)
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _is_too_many(request: HttpRequest) -> bool:
    """Count one lookup of this address. Without the cache nobody is turned away: 80 bits are not guessed either way."""
    key = f"verify:{client_ip(request)}"
    try:
        cache.add(key, 0, SECONDS)
        return cache.incr(key) > LOOKUPS
    except ValueError:  # it ran out between the two
        return False
    except (RedisError, OSError) as error:
        logger.warning("The cache is not reachable; lookups are not counted: %s", error)
        return False
