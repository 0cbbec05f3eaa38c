"""Which credit bureau is asked: a setting, so that another one is a second class and no other change."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from loans.bureaus import simulated
from loans.bureaus.base import Bureau, NoCreditBureau
from loans.bureaus.http import Client
from loans.bureaus.remote import HttpBureau


def bureau() -> Bureau:
    """
    Return the bureau that is asked about applicants.

    :raises NoCreditBureau: there is none, as in production unless it names one.
    """
    name = settings.CREDIT_BUREAU or simulated.NAME
    client = Client(settings.CREDIT_BUREAU_URL)
    if name == HttpBureau.name:
        return HttpBureau(client, settings.CREDIT_BUREAU_SECRET)
    if name == simulated.NAME and settings.SIMULATED_BUREAU:
        return HttpBureau(client, simulated.secret())
    raise NoCreditBureau(_("No credit bureau is set up here, so nothing can be decided."))
