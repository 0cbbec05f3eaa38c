"""
What a page may load and run, by `CONTENT_SECURITY_POLICY`: its own files, and nothing that stands in the page itself.

No template writes a script, a style or a handler into a page, so neither a nonce nor an exception is needed for them.
The back office is the one exception: its kit (django-unfold) runs Alpine.js, which evaluates the expressions in its
templates, and sizes things by style attributes. Its pages may do both, and still load nothing from elsewhere.
"""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse


class ContentPolicy(CSPMiddleware):
    """A page that sends a policy of its own keeps it."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(reverse("admin:index")):
            parts.update = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE], **(parts.update or {})}
        return parts


class BrowserLimits:
    """Switch off in browsers what no page of ours uses, and let no other site embed or read what we answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", _UNUSED)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return answer


_UNUSED = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope"),
        *("magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking"),
    )
)
