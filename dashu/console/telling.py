"""A mail to the partner whenever a key was made, changed or ended, so that nobody does so unseen."""

from datetime import datetime

from django.core.mail import send_mail
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from dashu.console.models import ChangeMail
from dashu.kernel.dates import LENDER_ZONE
from dashu.web.templatetags.dashu import lender_date

WHAT = {
    "client_created": _("A new API client was made: %(name)s."),
    "secret_rotated": _("The API client %(name)s got a new secret."),
    "secret_ended": _("One of the two secrets of the API client %(name)s was ended."),
    "access_set": _("What the API client %(name)s may do, or from where, was changed."),
    "tokens_ended": _("All tokens of the API client %(name)s were ended."),
    "endpoint_created": _("A new webhook endpoint was entered: %(name)s."),
    "endpoint_changed": _("The webhook endpoint %(name)s was changed."),
    "endpoint_deleted": _("The webhook endpoint %(name)s was deleted."),
    "endpoint_secret": _("The webhook endpoint %(name)s got a new secret."),
}


def tell_of_change(*, mail_id: int, now: datetime) -> bool:
    """
    Write to the partner's login what was changed, once; return whether it went out now.

    Calls the mail server: not in a transaction. What is cut off midway is taken up again some minutes later.

    :raises OSError: the server did not take it; it stays owed.
    """
    owed = ChangeMail.objects.owed(now=now).filter(pk=mail_id)
    if owed.update(claimed_at=now) != 1:
        return False
    mail = ChangeMail.objects.select_related("partner__user").get(pk=mail_id)
    try:
        is_sent = _send(mail)
    except OSError:
        ChangeMail.objects.filter(pk=mail_id).update(claimed_at=None)
        raise
    ChangeMail.objects.filter(pk=mail_id).update(done_at=now)
    return is_sent


def _send(mail: ChangeMail) -> bool:
    """Return False where there is no address."""
    user, at = mail.partner.user, mail.happened_at.astimezone(LENDER_ZONE)
    if user is None or not user.email or not user.is_active:
        return False
    with override(user.language):
        words = {"on": lender_date(at), "at": f"{at:%H:%M}"}
        body = [
            str(WHAT[mail.what]) % {"name": mail.name},
            gettext("This happened on %(on)s at %(at)s, in the partner console.") % words,
            gettext(
                "If it was not you or a colleague, sign in, change the password, and make new secrets for your clients."
            ),
        ]
        send_mail(gettext("A key to your data was changed"), "\n\n".join(body), None, [user.email])
    return True
