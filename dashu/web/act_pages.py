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
    after: str = "",
    template: str = "staff/act.html",
    **more: Any,
) -> HttpResponse:
    """
    Show the form, do what it asks for, and go on; a refusal stands at its field.

    :param back: where giving up leads, and `after` where having done it does: the same, unless it says so.
    :param more: what the template takes besides.
    """
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect(after or back)
    shown = {"title": title, "text": text, "form": form, "button": title, "back": back, "opts": page.opts}
    return render(request, template, {**page.admin_site.each_context(request), **shown, **more})
