"""A mail to all who lead, and to the taker, that rights were taken in an emergency."""

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext, override

from dashu.break_glass.models import EmergencyGrant
from dashu.kernel.dates import LENDER_ZONE
from dashu.users.models import User
from dashu.users.roles import Role

WHO_LEADS = (Role.SUPERVISOR, Role.ADMIN)


def tell_who_leads(*, grant_id: int) -> int:
    """
    Write to each in their language who took what until when, without the reason: that stands on the page.

    Calls the mail server: not in a transaction.

    :returns: how many mails went out.
    :raises OSError: the server did not take one.
    """
    grant = EmergencyGrant.objects.select_related("taker").get(pk=grant_id)
    leading = User.objects.filter(role__in=WHO_LEADS, is_active=True, email__isnull=False)
    people = {person.pk: person for person in [*leading, grant.taker] if person.email}
    for person in people.values():
        with override(person.language):
            send_mail(gettext("Rights were taken in an emergency"), _words(grant), None, [str(person.email)])
    return len(people)


def _words(grant: EmergencyGrant) -> str:
    page = reverse("admin:break_glass_emergencygrant_change", args=[grant.pk])
    return "\n\n".join(
        [
            gettext("%(who)s took the rights of “%(role)s” until %(until)s.")
            % {
                "who": grant.taker,
                "role": grant.get_role_display(),
                "until": f"{grant.ends_at.astimezone(LENDER_ZONE):%H:%M}",
            },
            gettext("Why, and what they are used for: %(page)s") % {"page": f"{settings.PUBLIC_URL.rstrip('/')}{page}"},
            gettext("If you do not know of an emergency, call them now, and make the login inactive."),
        ]
    )
