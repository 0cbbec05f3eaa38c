"""
What somebody typed when their session was over before they sent it.

It waits in the session, sealed like all of it, for the same person to sign in and for the same page to open: there it
is put back into the form, and nothing is sent before they send it again. Files, passwords, codes and numbers of cards
are not kept.
"""

import re
import time
from typing import Any

from django.http import HttpRequest

KEY = "kept_input"
LASTS = 3600  # seconds
MOST_CHARACTERS = 20_000
SECRET = re.compile(r"pass|code|card|number|account|token|csrf|credential", re.IGNORECASE)


def keep(request: HttpRequest, user_id: int, *, path: str) -> bool:
    """
    Keep what this request sent, for this person; False when there is nothing that can be kept.

    :param path: of the page that the form stands on.
    """
    secret = getattr(request, "sensitive_post_parameters", ())
    if secret == "__ALL__":  # noqa: S105
        return False
    fields = {
        name: request.POST.getlist(name)
        for name in request.POST
        if name not in secret and not SECRET.search(name) and any(request.POST.getlist(name))
    }
    if not fields or sum(len(value) for values in fields.values() for value in values) > MOST_CHARACTERS:
        return False
    request.session[KEY] = {"user": user_id, "path": path, "at": int(time.time()), "fields": fields}
    return True


def give_back(request: HttpRequest) -> dict[str, list[str]] | None:
    """Return what waits for this person and this page, once; another person's is forgotten."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    if kept is None or not request.user.is_authenticated:
        return None
    is_theirs = kept["user"] == request.user.pk and time.time() - kept["at"] <= LASTS
    if is_theirs and (kept["path"] != request.path or request.method != "GET"):
        return None
    del request.session[KEY]
    return kept["fields"] if is_theirs else None
