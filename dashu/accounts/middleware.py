"""
Sessions that end by themselves, and how a person who comes too late gets back to where they were.

Runs inside the sessions, the signed-in person and the messages. A page is left to its own `login_required`; what that
answers is looked at here, so that every page behaves alike.
"""

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.core.exceptions import RateLimited
from allauth.core.internal.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from dashu.accounts import idle, kept_input


class SessionEnds:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        left_user_id = self._end_or_note_use(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        proofs = _proofs(request)
        response = self.get_response(request)
        if 0 < proofs < _proofs(request):
            idle.renew_key(request)
        if kept := getattr(request, "kept_input", None):
            kept_input.give_back(request, response, kept)
        if asks_to_sign_in(response) and not request.user.is_authenticated:
            self._explain(request, left_user_id)
        return self._to_the_page(request, response)

    def _end_or_note_use(self, request: HttpRequest) -> int | None:
        """Return whose session ended just now, None if none did."""
        if not request.user.is_authenticated:
            return None
        ended_by = idle.ended_by(request)
        if not ended_by:
            idle.note_use(request)
            request.kept_input = kept_input.waiting_for(request)  # type: ignore[attr-defined]
            return None
        user_id = request.user.pk
        logout(request)
        # Who opens a page for everyone is not told; the sentence waits for the sign-in page.
        request.session[idle.ENDED] = ended_by
        return user_id

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Two pages can ask for a code at one moment, past the check of the first: the second waits like anyone."""
        return respond_429(request) if isinstance(error, RateLimited) else None

    def _explain(self, request: HttpRequest, left_user_id: int | None) -> None:
        """Say on the sign-in page why it opens, and what became of what was typed."""
        ended = request.session.pop(idle.ENDED, "")
        because = {
            idle.UNUSED: _("You were signed out after %(minutes)s minutes without use.")
            % {"minutes": idle.minutes_allowed()},
            idle.LONGEST: _("You were signed in for a long time; for your safety we ask once more."),
        }.get(ended, "")
        if request.method != "POST":
            what_next = _("Sign in, and you are back on the same page.") if ended else ""
        elif left_user_id and kept_input.keep(request, left_user_id, path=unquote(urlsplit(_shown(request)).path)):
            what_next = _("Nothing was sent yet. Sign in, and you are back on the same page with what you had typed.")
        else:
            what_next = _("Nothing was sent. Sign in, and you are back on the same page; then send the form once more.")
        if sentence := _joined(because, what_next):
            messages.info(request, sentence)

    def _to_the_page(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """
        Lead back, once signed in, to the page that was shown: a part of a page and a button have none of their own.

        A part of a page leads to the sign-in page as a whole.
        """
        is_part = getattr(request, "htmx", False)
        if not (is_part or request.method == "POST") or not asks_to_sign_in(response):
            return response
        query = QueryDict(mutable=True)
        query[REDIRECT_FIELD_NAME] = _shown(request)
        address = f"{urlsplit(response.headers['Location']).path}?{query.urlencode(safe='/')}"
        if is_part:
            return HttpResponseClientRedirect(address)
        response.headers["Location"] = address
        return response


def _proofs(request: HttpRequest) -> int:
    """Return how often the person of this session has shown who they are."""
    return len(request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, ()))


def asks_to_sign_in(response: HttpResponse) -> bool:
    """Whether a page sent its reader to one of the sign-in pages, with the way back."""
    if response.status_code != 302:
        return False
    to = urlsplit(response.headers["Location"])
    return to.path in {resolve_url(settings.LOGIN_URL), reverse("admin:login")} and bool(to.query)


def _shown(request: HttpRequest) -> str:
    """Return the address of the page that its reader saw when this was asked for."""
    if getattr(request, "htmx", False):
        return request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
    before = page_before(request)
    # A browser that does not tell where it comes from sends most forms to the page that they stand on.
    return request.get_full_path() if before == "/" else before


def page_before(request: HttpRequest) -> str:
    """Return the address of ours that a request came from, "/" when it came from elsewhere."""
    referrer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referrer, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(referrer)
    # A browser takes what stands after two slashes for another site.
    path = "/" + parts.path.lstrip("/\\")
    return parts._replace(scheme="", netloc="", path=path, fragment="").geturl()


def _joined(*sentences: str) -> str:
    """Put sentences together as the language does: with a space, or in Chinese without one."""
    given = [sentence for sentence in sentences if sentence]
    return ("" if given and given[0].endswith("。") else " ").join(given)
