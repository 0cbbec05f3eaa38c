"""
Signing up: a borrower with one press, a visitor with a name, one address and a code that shows it is theirs.

A visitor takes no seat before the address is confirmed, and learns nothing of others: an address that has a seat
already gets a code all the same, and leads to that seat.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.documents.codes import new_code
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.messaging.secret_texts import reaches_phones, shows_secrets
from dashu.users.models import User
from education.domain.workshop_texts import CONSENT_VERSION
from education.models import Notice, Workshop, WorkshopCode, WorkshopRegistration
from education.services.workshops.contacts import Contact, read_contact
from education.services.workshops.rows import RegistrationNotFound, lock_registration, lock_workshop
from education.services.workshops.seats import take_seat
from education.services.workshops.tell import tell_one
from loans.models.codes import OneTimeCode
from loans.services.signing_codes import CodesNotSent, no_code_holds, not_this_code, refuse_too_many_codes

Status = WorkshopRegistration.Status
LONGEST_NAME = 60


class SignUpClosed(DomainError):
    """Nobody can sign up now: not yet, no longer, or not for this workshop."""

    code = "workshop_sign_up_closed"
    http_status = 409


class WorkshopFull(DomainError):
    """All seats and all places on the waiting list are taken."""

    code = "workshop_full"
    http_status = 409


class ConsentMissing(DomainError):
    """A visitor's name and address are kept only with their consent."""

    code = "workshop_consent_missing"


@transaction.atomic
def sign_up(*, workshop_id: int, user: User, now: datetime) -> WorkshopRegistration:
    """
    Give somebody with a login a seat, or a place on the waiting list. Asked again, what they have is returned.

    :raises WorkshopNotFound, SignUpClosed, WorkshopFull: see there.
    """
    workshop = lock_workshop(workshop_id)
    mine = WorkshopRegistration.objects.filter(workshop=workshop, user=user)
    if earlier := mine.filter(status__in=WorkshopRegistration.LIVE).first():
        return earlier
    _refuse_closed(workshop, now=now)
    registration = WorkshopRegistration(
        workshop=workshop, user=user, language=user.language, code=new_code(), made_at=now
    )
    return _join(workshop, registration, now=now)


@transaction.atomic
def ask_to_sign_up(
    *, workshop_id: int, name: str, contact: str, has_agreed: bool, language: str, now: datetime
) -> WorkshopRegistration:
    """
    Note a visitor who wants to come and have a code sent to the address; no seat is taken yet.

    :raises WorkshopNotFound, SignUpClosed, ConsentMissing, ContactInvalid, InvalidPhone, InvalidInput: see there.
    :raises CodeTooSoon, TooManyCodes, CodesNotSent: the code cannot be sent.
    """
    workshop = lock_workshop(workshop_id)
    _refuse_closed(workshop, now=now)
    if not has_agreed:
        raise ConsentMissing(_("Tick that we may keep your name and address for this workshop."), field="agree")
    called = " ".join(name.split())
    if not (1 <= len(called) <= LONGEST_NAME and called.isprintable()):
        raise InvalidInput(_("Give the name under which you come, of at most 60 characters."), field="name")
    given = read_contact(contact)
    _refuse_unsendable(given)
    _refuse_too_many(given, now=now)
    registration = WorkshopRegistration.objects.create(
        workshop=workshop,
        name=called,
        phone=given.phone,
        email=given.email,
        contact_index=given.index,
        language=language,
        code=new_code(),
        status=Status.UNCONFIRMED,
        consent_version=CONSENT_VERSION,
        made_at=now,
    )
    _make_code(registration, now=now)
    return registration


@transaction.atomic
def ask_code_again(*, registration_id: int, now: datetime) -> WorkshopCode:
    """
    Have another code sent; one sent before no longer holds.

    :raises RegistrationNotFound, CodeTooSoon, TooManyCodes, CodesNotSent: see there.
    """
    _workshop, registration = lock_registration(registration_id)
    if registration.status != Status.UNCONFIRMED:
        raise RegistrationNotFound(_("There is nothing to confirm any more."))
    given = Contact(registration.phone, registration.email)
    _refuse_unsendable(given)
    _refuse_too_many(given, now=now)
    return _make_code(registration, now=now)


def confirm_visitor(*, registration_id: int, typed: str, now: datetime) -> WorkshopRegistration:
    """
    Take the code, and give a seat or a place on the waiting list; return the registration that the address has then.

    A wrong code is counted, whatever becomes of the sign-up.

    :raises CodeWrong, CodeExpired, RegistrationNotFound, SignUpClosed, WorkshopFull: see there.
    """
    if refusal := _try(registration_id, typed, now):
        raise refusal
    return _confirm(registration_id, now)


@transaction.atomic
def _try(registration_id: int, typed: str, now: datetime) -> DomainError | None:
    _workshop, registration = lock_registration(registration_id)
    if registration.status != Status.UNCONFIRMED:
        return None
    code: OneTimeCode | None = WorkshopCode.objects.filter(registration=registration).usable(now=now)
    if code is None:
        return no_code_holds()
    return None if code.takes(typed) else not_this_code(code.tries_left)


@transaction.atomic
def _confirm(registration_id: int, now: datetime) -> WorkshopRegistration:
    workshop, registration = lock_registration(registration_id)
    if registration.status != Status.UNCONFIRMED:
        return registration
    others = WorkshopRegistration.objects.filter(workshop=workshop, contact_index=registration.contact_index)
    if earlier := others.filter(status__in=WorkshopRegistration.LIVE).first():
        registration.delete()
        return earlier
    _refuse_closed(workshop, now=now)
    _join(workshop, registration, now=now)
    WorkshopCode.objects.filter(registration=registration, used_at=None).update(used_at=now, sealed_code=None)
    return registration


def _join(workshop: Workshop, registration: WorkshopRegistration, *, now: datetime) -> WorkshopRegistration:
    """Take a seat of a locked workshop, else a place on the waiting list, and tell so."""
    if take_seat(workshop):
        registration.status = Status.REGISTERED
    elif _waiting(workshop) < workshop.waitlist_size:
        registration.status = Status.WAITING
    else:
        raise WorkshopFull(
            _("All seats and all places on the waiting list are taken. Look in again: some become free.")
        )
    registration.joined_at = now
    registration.save()
    tell_one(registration, Notice.REGISTERED if registration.has_seat else Notice.WAITING, now=now)
    return registration


def _waiting(workshop: Workshop) -> int:
    return WorkshopRegistration.objects.filter(workshop=workshop, status=Status.WAITING).count()


def _refuse_closed(workshop: Workshop, *, now: datetime) -> None:
    if workshop.status == Workshop.Status.OPEN and now < workshop.registration_from:
        raise SignUpClosed(_("Sign-up is not open yet."))
    if not workshop.takes_sign_ups(now=now):
        raise SignUpClosed(_("Sign-up for this workshop is closed."))


def _make_code(registration: WorkshopRegistration, *, now: datetime) -> WorkshopCode:
    codes = WorkshopCode.objects.filter(registration=registration)
    codes.end(now=now)
    made = WorkshopCode.made(now=now, registration=registration, phone_shown=registration.masked_contact[:32])
    events.publish("education.workshop_code_asked", code_id=made.pk)
    return made


def _refuse_unsendable(given: Contact) -> None:
    if given.phone and not (reaches_phones() or shows_secrets()):
        raise CodesNotSent(
            _("Text messages cannot be sent at present. Sign up with an e-mail address."), field="contact"
        )


def _refuse_too_many(given: Contact, *, now: datetime) -> None:
    made = WorkshopCode.objects.filter(
        registration__contact_index=given.index, made_at__gt=now - timedelta(days=1)
    ).values_list("made_at", flat=True)
    refuse_too_many_codes(
        made, now=now, used_up=_("No more codes can be sent to this address today. Try again tomorrow.")
    )
