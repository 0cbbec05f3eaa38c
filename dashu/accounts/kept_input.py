"""
What somebody typed when their session was over before they sent it.

It waits in the session that their browser has then, sealed like all of it, for the same person to sign in and for the
same page to open: there it is put back into the form, and nothing is sent before they send it again. Files, passwords,
codes and numbers of cards are not kept.
"""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from dashu.accounts.refilling import Typed, refilled

KEY = "kept_input"
LASTS = 3600  # seconds
MOST_CHARACTERS = 20_000
SECRET = re.compile(r"pass|code|card|number|account|token|csrf|credential", re.IGNORECASE)
# Where `components/kept_input.html` says what became of it, which is known when the page is finished.
PLACE = '<div id="kept-input"></div>'


def keep(request: HttpRequest, user_id: int, *, path: str) -> bool:
    """
    Keep what this request sent, for this person; False when there is nothing that can be kept.

    :param path: of the page that the form stands on. Pages of the back office do not show anything again.
    """
    secret = getattr(request, "sensitive_post_parameters", ())
    if secret == "__ALL__" or path.startswith(reverse("admin:index")):  # noqa: S105
        return False
    left_out = [name for name in request.POST if name in secret or SECRET.search(name)]
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in left_out}
    if not any(any(values) for values in fields.values()) or _size(fields) > MOST_CHARACTERS:
        return False
    asked_again = [name for name in left_out if not name.startswith("csrf") and request.POST.get(name)]
    request.session[KEY] = {
        "user": user_id,
        "path": path,
        "to": request.path,
        "at": int(time.time()),
        "fields": fields,
        "left_out": left_out,
        "is_whole": not asked_again and not request.FILES,
    }
    return True


def waiting_for(request: HttpRequest) -> dict[str, Any] | None:
    """Return what waits for this person and the page that they open; another person's is forgotten."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    if kept is None or not request.user.is_authenticated:
        return None
    if kept["user"] != request.user.pk or time.time() - kept["at"] > LASTS:
        del request.session[KEY]
        return None
    return kept if kept["path"] == request.path and request.method == "GET" else None


def give_back(request: HttpRequest, response: HttpResponse, kept: Mapping[str, Any]) -> None:
    """
    Fill the form of the page, once, and say so there. A page that leads elsewhere first leaves it waiting.

    The address that only takes a form, and was shown with what was wrong in it, leads to the page of the form: there it
    waits on.
    """
    view = request.resolver_match and request.resolver_match.func
    if response.status_code == 302 and getattr(view, "leads_to_page", False):
        request.session[KEY] = {**kept, "path": unquote(urlsplit(response.headers["Location"]).path)}
    if response.status_code != 200 or response.streaming or PLACE.encode() not in response.content:
        return
    typed = Typed(kept["to"], kept["fields"], frozenset(kept["left_out"]))
    page, is_back = refilled(response.content.decode(), typed, path=kept["path"])
    say = {"is_back": is_back, "is_whole": kept["is_whole"]}
    response.content = page.replace(PLACE, render_to_string("account/_kept_input.html", say), 1).encode()
    del request.session[KEY]


def rows_typed(request: HttpRequest, rows: str) -> int:
    """Return how many rows of a list of that name wait to be put back, 0 when none do."""
    kept = getattr(request, KEY, None) or {"fields": {}}
    total = (kept["fields"].get(f"{rows}-TOTAL_FORMS") or ["0"])[0]
    return int(total) if total.isdecimal() and len(total) < 4 else 0


def _size(fields: Mapping[str, Sequence[str]]) -> int:
    return sum(len(name) + sum(map(len, values)) for name, values in fields.items())
