"""
What goes to a phone that somebody signs in with, or tries to.

Every phone that is typed gets one text, whether an account has it or not, so that neither the page nor the time that it
takes tells which. In demonstrations, where no text goes out, the page shows what it would have said.
"""

from datetime import timedelta

from allauth.core import context
from django.conf import settings
from django.utils.translation import gettext as _

from dashu.kernel.dates import lender_now
from dashu.messaging.secret_texts import reaches_phones, shows_secrets
from dashu.messaging.services.secret_texts import queue_secret_text
from dashu.users.phones import at_home

CODE_LASTS = timedelta(minutes=10)
SHOWN = "account_text_shown"


def can_text() -> bool:
    """Whether a code can get to a phone, or to a page in its place."""
    return reaches_phones() or shows_secrets()


def text_code(phone: str, code: str) -> None:
    _send(
        phone,
        _("%(code)s is your code for Dashu. It holds for 10 minutes. Tell it to nobody, nor to us.") % {"code": code},
    )


def text_account_exists(phone: str) -> None:
    _send(
        phone,
        _(
            "Someone, probably you, wanted to open a Dashu account with this phone. There is one already: sign in, or"
            " choose a new password there. If it was not you, nothing has changed."
        ),
    )


def text_no_account(phone: str) -> None:
    _send(
        phone,
        _(
            "Someone, probably you, asked for a new Dashu password with this phone. No account has it."
            " If it was not you, you need do nothing."
        ),
    )


def text_changed(phone: str, what: str) -> None:
    """:param what: a sentence that says what is another than before."""
    _send(phone, _("Dashu: %(what)s If it was not you, choose a new password now and call us.") % {"what": what})


def shown_text() -> str | None:
    """Return, in a demonstration, the latest message that this browser had sent."""
    return context.request.session.get(SHOWN)


def show_mail(body: str) -> None:
    """Let the page show a mail where mails only lie in a folder, and nobody may look there."""
    if shows_secrets() and settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        context.request.session[SHOWN] = " ".join(body.split())


def _send(phone: str, text: str) -> None:
    queue_secret_text(phone=at_home(phone), text=text, now=lender_now(), lasts=CODE_LASTS)
    if shows_secrets():
        context.request.session[SHOWN] = text
