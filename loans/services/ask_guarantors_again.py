"""Send a guarantor another link, or the link to another phone, when the applicant asks for it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import reaches_phones, shows_secrets
from dashu.users.id_numbers import mobile_phone
from dashu.users.models import Identity
from loans.models import Disclosure, Guarantor, GuarantorLink
from loans.selectors.guarantees import answer_of
from loans.services.application_rows import lock_application
from loans.services.disclose_costs import chosen_offer, current_disclosure
from loans.services.guarantor_links import make_link, refuse_too_many_links
from loans.services.signing_codes import CodesNotSent, NotUnderstoodYet


class GuarantorNotFound(DomainError):
    """The application has no such guarantor."""

    code = "guarantor_not_found"
    http_status = 404


class GuarantorAnswered(DomainError):
    """The guarantor has agreed or declined, and is not asked again about the same offer."""

    code = "guarantor_answered"
    http_status = 409


class GuarantorPhoneUnknown(DomainError):
    """The guarantor was named before a phone was asked for."""

    code = "guarantor_phone_unknown"
    http_status = 409


class PhoneOfAnother(DomainError):
    """The phone is the applicant's or another guarantor's."""

    code = "guarantor_phone_not_own"


@transaction.atomic
def send_link_again(*, application_id: int, guarantor_id: int, now: datetime, actor: str) -> GuarantorLink:
    """
    Send a guarantor another link; the one before no longer opens.

    :raises GuarantorNotFound, GuarantorAnswered, GuarantorPhoneUnknown, LinkTooSoon, TooManyLinks: see there.
    :raises NotUnderstoodYet, CodesNotSent: see there; `open_sheet` for what else is refused.
    """
    guarantor, disclosure = _to_be_asked(application_id, guarantor_id, now=now)
    if guarantor.phone is None:
        raise GuarantorPhoneUnknown(_("Give the phone of this guarantor first."), field="phone")
    refuse_too_many_links(guarantor, now=now)
    return make_link(guarantor, disclosure, now=now, actor=actor)


@transaction.atomic
def change_guarantor_phone(
    *, application_id: int, guarantor_id: int, phone: str, now: datetime, actor: str
) -> GuarantorLink | None:
    """
    Correct the phone of a guarantor who has not answered, and send the link there. The same phone changes nothing.

    :returns: the link that is sent; None where the phone was this one already.
    :raises InvalidPhone: see `dashu.users.id_numbers`.
    :raises PhoneOfAnother: see there; `send_link_again` for what else is refused.
    """
    guarantor, disclosure = _to_be_asked(application_id, guarantor_id, now=now)
    given = mobile_phone(phone)
    if guarantor.phone == given:
        return None
    _refuse_phone_of_another(guarantor, given)
    refuse_too_many_links(guarantor, now=now, is_other_phone=True)
    guarantor.phone = given
    guarantor.save(update_fields=["phone"])
    audit.record(
        action="loans.guarantor_phone_changed",
        subject_type="guarantor",
        subject_id=guarantor.pk,
        actor=actor,
        data={"application": guarantor.application.reference, "phone": guarantor.masked_phone},
    )
    return make_link(guarantor, disclosure, now=now, actor=actor)


def _to_be_asked(application_id: int, guarantor_id: int, *, now: datetime) -> tuple[Guarantor, Disclosure]:
    """Lock the application and return a guarantor of it who has not answered, with the sheet that it is about."""
    application = lock_application(application_id)
    guarantor = application.guarantors.filter(pk=guarantor_id).first()
    if guarantor is None:
        raise GuarantorNotFound(_("There is no such guarantor here."), field="guarantor")
    offer = chosen_offer(application, now=now)
    disclosure = current_disclosure(offer, now=now)
    if not disclosure.passed_at:
        raise NotUnderstoodYet(_("Answer the questions on the cost sheet first."))
    if answer_of(guarantor, offer=offer, figures_digest=disclosure.figures_digest):
        raise GuarantorAnswered(_("This guarantor has answered. Nobody is asked twice about the same offer."))
    if not (reaches_phones() or shows_secrets()):
        raise CodesNotSent(_("Messages cannot be sent at present. Nothing is lost; try again later."))
    return guarantor, disclosure


def _refuse_phone_of_another(guarantor: Guarantor, phone: str) -> None:
    others = {each.phone for each in guarantor.application.guarantors.exclude(pk=guarantor.pk)}
    applicants = Identity.objects.get(borrower=guarantor.application.borrower_id).phone
    if phone in others or phone == applicants:
        raise PhoneOfAnother(
            _("A guarantor needs a phone of their own: they sign by a code that is sent to it."), field="phone"
        )
