"""
Dashu as an app on the phone: what it is called there, and what can still be read without a connection.

The worker in the browser (static/js/sw.js) keeps only pages that say so, of one reader at a time; the reader is a mark
that says nothing of who it is. It also keeps the files that pages need, and a page that says that there is no
connection, in each language.
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from dashu.users.models import User

KEEP_DAYS, MOST_COPIES, MOST_TO_READ = 30, 12, 40
NOBODY = "nobody"
# What has no pages of borrowers: the worker leaves it alone.
_OTHERS = ("/admin/", "/api/", "/oauth/", "/gateway/", "/bureau/", "/healthz", "/readyz")
_FILES = (
    "css/tokens.css",
    "css/app.css",
    "js/connection.js",
    "js/sending.js",
    "js/terms.js",
    "img/mark.svg",
    "vendor/bootstrap/bootstrap-reboot-5.3.9.min.css",
    "vendor/lucide/icons.svg",
)
_ICONS = (("img/icon-192.png", "192x192", "any"), ("img/icon-512.png", "512x512", "any"))
_MASKABLE = ("img/icon-maskable-512.png", "512x512", "maskable")


class MarkReader:
    """Say with each page for whom it is, so that no copy outlives its reader's stay. Runs after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and "HX-Request" not in request.headers and not request.path.startswith(_OTHERS):
            answer["X-Reader"] = _mark(request)
        return answer


def kept_offline(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the reader's own phone keep a copy of this page of a borrower, to be read without a connection."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        keeps = getattr(request.user, "role", None) == User.Role.BORROWER
        request.keeps_copy = keeps  # type: ignore[attr-defined]
        answer = view(request, *args, **named)
        if keeps and answer.status_code == 200:
            answer["X-Keep-Copy"] = "1"
        return answer

    return marked


def kept_for_reading(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    Let the phone keep a copy of a page that is for everybody, beside the few of a borrower's own.

    It may hold the reader's figures, so it goes with the others when somebody else reads. Parts of pages are not kept.
    """

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        role = getattr(request.user, "role", None)
        keeps = role in (None, User.Role.BORROWER) and "HX-Request" not in request.headers
        request.keeps_copy = keeps  # type: ignore[attr-defined]
        answer = view(request, *args, **named)
        if keeps and answer.status_code == 200:
            answer["X-Keep-Copy"] = "reading"
        return answer

    return marked


@require_GET
@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it without cookies, so its address names the language."""
    language = request.GET.get("lang", "")
    with translation.override(language if language in dict(settings.LANGUAGES) else get_language()):
        content = {
            "id": "/",
            "name": _("Dashu: your loans"),
            "short_name": _("Dashu"),
            "description": _("What you owe, why, what comes next, and what you can do."),
            "lang": get_language(),
            "dir": "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f7f5ef",
            "theme_color": "#f7f5ef",
            "icons": [
                {"src": static(file), "sizes": sizes, "type": "image/png", "purpose": purpose}
                for file, sizes, purpose in (*_ICONS, _MASKABLE)
            ],
            "shortcuts": [
                {"name": _("Pay"), "url": reverse("portal:pay_together")},
                {"name": _("Messages"), "url": reverse("portal:messages")},
            ],
        }
    return JsonResponse(
        content, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False, "indent": 1}
    )


@require_GET
def service_worker(_request: HttpRequest) -> HttpResponse:
    """The worker, for all of the site. It is another one as soon as anything that it keeps is."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    answer["Cache-Control"] = "no-cache"
    return answer


@require_GET
@cache_control(max_age=3600, public=True)
def offline(request: HttpRequest, language: str) -> HttpResponse:
    """What is shown where there is no connection and no copy: the same for everybody."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        answer = render(request, "web/offline.html", {"keep_days": KEEP_DAYS})
    answer["Content-Language"] = language
    return answer


@cache
def _worker() -> str:
    source = (Path(settings.BASE_DIR) / "static" / "js" / "sw.js").read_text(encoding="utf-8")
    pages = {code: reverse("offline", args=[code]) for code, _name in settings.LANGUAGES}
    values = {
        "static": settings.STATIC_URL,
        "files": [*pages.values(), *(static(name) for name in _FILES)],
        "offline": pages,
        "language": settings.LANGUAGE_CODE,
        "others": _OTHERS,
        "signing_out": [reverse("account_logout")],
        "keep_days": KEEP_DAYS,
        "most_copies": MOST_COPIES,
        "most_to_read": MOST_TO_READ,
    }
    templates = b"".join((Path(settings.BASE_DIR) / "templates" / name).read_bytes() for name in _SHOWN_OFFLINE)
    told = json.dumps(values, sort_keys=True)
    version = hashlib.sha256(source.encode() + told.encode() + templates).hexdigest()[:16]
    return f"const SETTINGS = {json.dumps({**values, 'version': version}, sort_keys=True)};\n{source}"


_SHOWN_OFFLINE = ("base.html", "web/offline.html")


def _mark(request: HttpRequest) -> str:
    """Return what tells one reader from another and says of neither who they are."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and not hasattr(request, "_cached_user"):
        return NOBODY
    person: Any = request.user
    if not person.is_authenticated:
        return NOBODY
    return salted_hmac("dashu.web.offline", str(person.pk), algorithm="sha256").hexdigest()[:16]
