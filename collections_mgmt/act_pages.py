"""The page that asks before an act of staff, and does it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashu.kernel.errors import DomainError
from dashu.web.forms import add_refusal


def ask_and_do(
    page: ModelAdmin,
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    back: str,
    title: Any,
    text: Any,
    done: Any,
) -> HttpResponse:
    """Show the form, do what it asks for, and go back; a refusal stands at its field."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect(back)
    shown = {"title": title, "text": text, "form": form, "button": title, "back": back, "opts": page.opts}
    return render(request, "staff/act.html", {**page.admin_site.each_context(request), **shown})
