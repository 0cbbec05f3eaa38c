"""Addresses that take a form which stands on another page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse

View = Callable[..., HttpResponse]


def sent_from(page: str, *words: str, place: str = "") -> Callable[[View], View]:
    """
    Take the form of a page; whoever opens the address itself, say from a list of visited ones, gets to that page.

    :param words: those of the address that the page's address has, too. :param place: where on the page the form is.
    The view says of itself that it `leads_to_page`, for what waits to be put back into the form.
    """

    def taking(view: View) -> View:
        @wraps(view)
        def take(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **named)
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return redirect(reverse(page, kwargs={word: named[word] for word in words}) + place)

        take.leads_to_page = True  # type: ignore[attr-defined]
        return take

    return taking
