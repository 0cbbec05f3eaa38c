"""The rows of workshops, locked, and what every act on them refuses."""

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from education.models import Workshop, WorkshopRegistration


class WorkshopNotFound(DomainError):
    """There is no such workshop."""

    code = "workshop_not_found"
    http_status = 404


class RegistrationNotFound(DomainError):
    """There is no such seat, or it was given back."""

    code = "workshop_registration_not_found"
    http_status = 404


def lock_workshop(workshop_id: int) -> Workshop:
    """
    Return the workshop, held until the transaction ends: whoever takes or gives back a seat comes by here.

    :raises WorkshopNotFound: see there.
    """
    found = Workshop.objects.select_for_update(no_key=True).filter(pk=workshop_id).first()
    if found is None:
        raise WorkshopNotFound(_("There is no such workshop."))
    return found


def lock_registration(registration_id: int) -> tuple[Workshop, WorkshopRegistration]:
    """
    Return a registration with its workshop, both held, the workshop first.

    :raises RegistrationNotFound: see there.
    """
    about = WorkshopRegistration.objects.filter(pk=registration_id)
    workshop_id = about.values_list("workshop_id", flat=True).first()
    if workshop_id is None:
        raise RegistrationNotFound(_("There is no such seat."))
    workshop = lock_workshop(workshop_id)
    found = about.select_for_update(no_key=True, of=("self",)).first()
    if found is None:
        raise RegistrationNotFound(_("There is no such seat."))
    found.workshop = workshop
    return workshop, found
