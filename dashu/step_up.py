"""
A fresh proof of who is signed in, before what moves money or opens what is sealed.

A proof is the password, a code of an app or a passkey, and holds for `ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds in this
session. What was sent is kept sealed in the session meanwhile, and goes on by itself after it.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.http import HttpRequest

Page = Callable[..., Any]


def proved(page: Page, *, when: Callable[[HttpRequest], bool] | None = None) -> Page:
    """
    Ask for a fresh proof before a form of this page is taken; reading it needs none.

    :param when: whether what was sent needs one; without it, everything does.
    """

    def is_asked(request: HttpRequest) -> bool:
        return bool(settings.STEP_UP) and (when is None or when(request))

    asking: Page = reauthentication_required(page, allow_get=True, enabled=is_asked)
    return asking


def proved_of(*, when: Callable[[HttpRequest], bool] | None = None) -> Callable[[Page], Page]:
    """The same for a method of a page's class, as a decorator."""

    def decorate(method: Page) -> Page:
        @wraps(method)
        def asking(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return proved(partial(method, self), when=when)(request, *args, **kwargs)

        return asking

    return decorate
