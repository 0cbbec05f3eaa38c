"""
Looking where the links of lessons lead, at night and a few at a time.

A page of ours is asked for as a visitor would, inside this process. Anybody else's is asked for through the guard of
the webhooks: by HTTPS, at public addresses only, following nothing, and up to a deadline. What is found is shown to the
editors; it never keeps a lesson from anyone.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from dashu.webhooks.models import WebhookAttempt
from dashu.webhooks.posting import Limits, get
from education.models import LinkCheck
from education.selectors.links import used_links

AT_ONCE = 20
AGAIN_AFTER = timedelta(hours=20)
LIMITS = Limits(connect=4, read=6, total=8)
HEADERS = {"User-Agent": "Dashu-Links/1", "Accept": "text/html,*/*;q=0.5"}

Outcome = LinkCheck.Outcome


def check_links(*, now: datetime, most: int = AT_ONCE) -> int:
    """
    Look at the links that were not looked at for longest, and return how many.

    Those that no lesson names any more are forgotten.
    """
    used = used_links()
    LinkCheck.objects.exclude(address__in=[link.address for link in used]).delete()
    owed = [link for link in used if link.check is None or link.check.checked_at < now - AGAIN_AFTER]
    owed.sort(key=lambda link: (link.check is not None, link.check.checked_at if link.check else now))
    for link in owed[:most]:
        note_link(link.address, *look_at(link.address), now=now)
    return len(owed[:most])


def look_at(address: str) -> tuple[LinkCheck.Outcome, str]:
    """Return what is found at an address, and the status or failure behind it. Outside of transactions."""
    return _look_here(address) if address.startswith("/") else _look_elsewhere(address)


@transaction.atomic
def note_link(address: str, outcome: LinkCheck.Outcome, detail: str, *, now: datetime) -> LinkCheck:
    check, _made = LinkCheck.objects.select_for_update().get_or_create(
        address=address, defaults={"outcome": outcome, "checked_at": now}
    )
    is_bad = outcome in (Outcome.BROKEN, Outcome.REFUSED)
    check.outcome, check.detail, check.checked_at = outcome, detail, now
    check.failures = check.failures + 1 if is_bad else 0
    check.save(update_fields=["outcome", "detail", "checked_at", "failures"])
    return check


def _look_here(address: str) -> tuple[LinkCheck.Outcome, str]:
    try:
        resolve(address.partition("?")[0])
    except Resolver404:
        return Outcome.BROKEN, "404"
    host = next((host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")), "localhost")
    answer = Client(raise_request_exception=False, SERVER_NAME=host).get(address, secure=True)
    # Where somebody has to sign in first, the page is there.
    return (Outcome.FINE if answer.status_code < 400 else Outcome.BROKEN), str(answer.status_code)


def _look_elsewhere(address: str) -> tuple[LinkCheck.Outcome, str]:
    reply = get(address, HEADERS, whose=0, limits=LIMITS)
    detail = str(reply.status) if reply.status else reply.failure
    if reply.is_taken:
        return Outcome.FINE, detail
    if reply.failure == WebhookAttempt.Failure.REDIRECT:
        return Outcome.MOVED, detail
    if reply.failure == WebhookAttempt.Failure.ADDRESS:
        return Outcome.REFUSED, detail
    return Outcome.BROKEN, detail
