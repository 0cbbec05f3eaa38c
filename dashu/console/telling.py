"""A mail to the partner whenever a key was made, changed or ended, so that nobody does so unseen."""

from datetime import datetime

from django.core.mail import send_mail
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Partner
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


def tell_of_change(*, partner_id: int, what: str, name: str, at: datetime) -> bool:
    """
    Write to the partner's login what was changed; False where there is no address.

    :param what: a key of `WHAT`. :param name: of the client, or the address of the endpoint.
    """
    user = Partner.objects.select_related("user").get(pk=partner_id).user
    if user is None or not user.email or not user.is_active:
        return False
    with override(user.language):
        words = {"on": lender_date(at), "at": f"{at:%H:%M}"}
        body = [
            str(WHAT[what]) % {"name": name},
            gettext("This happened on %(on)s at %(at)s, in the partner console.") % words,
            gettext(
                "If it was not you or a colleague, sign in, change the password, and make new secrets for your clients."
            ),
        ]
        send_mail(gettext("A key to your data was changed"), "\n\n".join(body), None, [user.email])
    return True
