"""Choose one of the offers, and go back to choose another. Nothing is agreed before the contract is signed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from loans.domain.applications import Status
from loans.models import Application, Offer
from loans.services.application_rows import Kind, lock_application, move, note, refuse_unless_in


class OfferNotFound(DomainError):
    """The application has no such offer now."""

    code = "offer_not_found"
    http_status = 404


class OfferLapsed(DomainError):
    """The last day of the offer is over."""

    code = "offer_lapsed"
    http_status = 409


@transaction.atomic
def choose_offer(*, application_id: int, position: int, now: datetime, actor: str) -> Application:
    """
    Choose an offer of the latest decision. Choosing the same one again changes nothing.

    :param position: as the offers are numbered, from 1.
    :raises OfferNotFound, OfferLapsed: see there.
    :raises ApplicationStateChanged: there is nothing to choose from now.
    """
    application = lock_application(application_id)
    refuse_unless_in(application, Status.OFFERED, Status.ACCEPTED)
    latest = application.reviews.first()
    offer = Offer.objects.filter(application=application, review=latest, position=position).first()
    if offer is None:
        raise OfferNotFound(_("There is no such offer. Choose one of those shown."), field="offer")
    if offer.chosen_at:
        return application
    if offer.expires_on < lender_date(now):
        raise OfferLapsed(_("This offer has lapsed. You can apply again."), field="offer")
    Offer.objects.filter(application=application).exclude(chosen_at=None).update(chosen_at=None)
    offer.chosen_at = now
    offer.save(update_fields=["chosen_at"])
    if application.status == Status.OFFERED:
        move(application, Status.ACCEPTED, now=now)
    note(application, Kind.CHOSEN, now=now, actor=actor, offer=position)
    return application


@transaction.atomic
def reconsider_offers(*, application_id: int, now: datetime, actor: str) -> Application:
    """
    Go back to the offers. Going back again changes nothing.

    :raises ApplicationStateChanged: the contract is signed, or it has ended.
    """
    application = lock_application(application_id)
    if application.status == Status.OFFERED:
        return application
    refuse_unless_in(application, Status.ACCEPTED)
    Offer.objects.filter(application=application).exclude(chosen_at=None).update(chosen_at=None)
    move(application, Status.OFFERED, now=now)
    note(application, Kind.RECONSIDERED, now=now, actor=actor)
    return application
