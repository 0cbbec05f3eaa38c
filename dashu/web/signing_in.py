"""What guards the sign-in page: who an attempt is counted against, and what a locked-out person reads."""

from collections.abc import Mapping
from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashu.users.id_numbers import InvalidPhone
from dashu.users.indexes import sign_in_phone_index
from dashu.users.phones import phone_to_sign_in


def attempted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """
    Return the address an attempt is counted against, in lower case; for a phone its index, since attempts are kept.

    The admin's form, allauth's form and allauth's own call of the backends each name it differently.
    """
    given = {**request.POST.dict(), **(credentials or {})}
    name = str(given.get("email") or given.get("phone") or given.get("login") or given.get("username") or "")
    try:
        return f"phone:{sign_in_phone_index(phone_to_sign_in(name))}"
    except InvalidPhone:
        return name.strip().lower()


def locked_out(request: HttpRequest, original_response: HttpResponse | None, credentials: Any) -> HttpResponse:
    cool_off = get_cool_off(request)
    minutes = int(cool_off.total_seconds() // 60) if cool_off else 60
    return render(request, "account/locked.html", {"minutes": minutes}, status=429)


def client_in_logs(*_what: object, **_more: object) -> str:
    """Who tried stands in the table of tries; a log names nobody."""
    return "somebody"
