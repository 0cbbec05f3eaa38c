"""Pages that ask before they act: a form, one call of a service, and what it answers."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashu import events
from dashu.console.gate import ConsoleRequest
from dashu.console.models import ChangeMail
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.web.forms import add_refusal


def ask(request: ConsoleRequest, form: Form, *, back: str, act: Callable[[], Any], **words: Any) -> HttpResponse:
    """
    Show the form; on a POST that is in order, act.

    :param act: calls the service and returns what to say, or the answer itself.
    :param words: title, text, button and back_text of the page.
    """
    if request.method == "POST" and form.is_valid():
        try:
            done = act()
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            if isinstance(done, HttpResponse):
                return done
            messages.success(request, str(done))
            return redirect(back)
    return render(request, "console/act.html", {"form": form, "back": back, **words})


@reauthentication_required
def ask_surely(request: ConsoleRequest, form: Form, **about: Any) -> HttpResponse:
    """
    Ask as `ask` does, but only those who proved who they are within the last minutes: by password or second step.

    A view looks up first what it is about, so that what is another's is not found, however sure one is.
    """
    return ask(request, form, **about)


def show_secret(request: ConsoleRequest, secret: str, *, back: str, **words: Any) -> HttpResponse:
    """Show a secret this once. :param words: title, text, and name with what it is called."""
    return render(request, "console/secret.html", {"secret": secret, "back": back, **words})


def tell(request: ConsoleRequest, what: str, name: str) -> None:
    """Have the partner written to about what was just changed; see `dashu.console.telling`."""
    mail = ChangeMail.objects.create(partner=request.partner, what=what, name=name, happened_at=lender_now())
    events.publish("console.key_changed", mail_id=mail.pk)
