"""
What a page may load and run, by `CONTENT_SECURITY_POLICY`: its own files, and nothing that stands in the page itself.

No template writes a script, a style or a handler into a page, so neither a nonce nor an exception is needed for them.
The back office is the one exception: its kit (django-unfold) runs Alpine.js, which evaluates the expressions in its
templates, and sizes things by style attributes. Its pages may do both, and still load nothing from elsewhere.
"""

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase
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
