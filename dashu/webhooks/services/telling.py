"""A mail to the partner whose endpoint does not take what it is sent."""

from django.core.mail import send_mail
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from dashu.webhooks.models import WebhookEndpoint

WHAT = {
    "DEAD": _("Some events could not be delivered within 24 hours, and we have stopped trying to."),
    "DISABLED_GONE": _("The receiver answered 410 Gone, so we send nothing to this address any more."),
    "DISABLED_FAILING": _("Every delivery has failed for five days, so we send nothing to this address for now."),
}


def tell_partner(*, endpoint_id: int, what: str) -> bool:
    """Write to the partner's login what happened to an endpoint and what to do; False where there is no address."""
    endpoint = WebhookEndpoint.objects.select_related("partner__user").get(pk=endpoint_id)
    user = endpoint.partner.user
    if user is None or not user.email or not user.is_active:
        return False
    with override(user.language):
        body = [
            str(WHAT[what]),
            gettext("Endpoint: %(url)s (%(key)s)") % {"url": endpoint.url, "key": endpoint.key},
            gettext(
                "Nothing is lost: the events feed of the API keeps everything for 90 days. When your receiver works"
                " again, enable the endpoint if it is disabled, and ask for what it missed to be sent again."
            ),
        ]
        send_mail(gettext("Your webhook endpoint needs attention"), "\n\n".join(body), None, [user.email])
    return True
