"""
The page of an applicant, opened by a link without signing in.

The link alone shows nothing personal: whoever opens it enters a code that is sent to the applicant's own phone. The
browser in which this succeeded gets a secret, and only with it, for half an hour, the page says more. Reading and
signing are those of the services that the portal calls, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower
from loans.domain.applications import Status
from loans.models import Application, LoanContract, SignatureAccessCode, SignatureLink
from loans.services.application_rows import lock_application
from loans.services.disclose_costs import chosen_offer
from loans.services.handed_links import confirm_browser, is_confirmed
from loans.services.signing_codes import (
    IdentityMissing,
    hand_over,
    no_code_holds,
    not_this_code,
    refuse_too_many_codes,
    refuse_unsendable,
)
from loans.services.withdraw_application import withdraw_application

_CONFIRMED = "loans.signer_confirmed"


class SignatureLinkUnknown(DomainError):
    """There is no such link, and never was."""

    code = "signature_link_unknown"
    http_status = 404


class SignatureLinkOver(DomainError):
    """The link was right and opens no more: its time is over, another took its place, or there is nothing to sign."""

    code = "signature_link_over"
    http_status = 410


class SignerNotConfirmed(DomainError):
    """It was not confirmed in this browser, or too long ago, who opened the link."""

    code = "signer_not_confirmed"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Opened:
    """
    What a link opens, read at one moment.

    :param is_confirmed: whether whoever opened it may be shown the rest.
    :param contract: once it is signed, without its paper.
    """

    link: SignatureLink
    application: Application
    contract: LoanContract | None
    is_confirmed: bool

    @property
    def is_declined(self) -> bool:
        return self.link.declined_at is not None

    @property
    def actor(self) -> str:
        return actor_of_applicant(self.application.borrower)


@transaction.atomic
def open_signature(*, token: str, confirmation: str, now: datetime) -> Opened:
    """
    Lock the application and return what a link to it opens; that it was opened is kept.

    After the signature, or after it was declined, the page says so as long as the link holds.

    :param confirmation: the secret of this browser; "" where it has none.
    :raises SignatureLinkUnknown, SignatureLinkOver: see there.
    """
    found = SignatureLink.objects.filter(token_hash=SignatureLink.hash_of(token))
    application_id = found.values_list("application_id", flat=True).first()
    if application_id is None:
        raise SignatureLinkUnknown(_("There is no such page."))
    application = lock_application(application_id)
    link = found.get()
    if link.expires_at <= now:
        raise SignatureLinkOver(_("This link no longer opens. You can get another one where you applied."))
    contract = LoanContract.objects.filter(application=application).defer("pdf").first()
    if contract is None and link.declined_at is None:
        _refuse_over(application, now=now)
    if link.opened_at is None:
        link.opened_at = now
        link.save(update_fields=["opened_at"])
        _witness("opened", link, application)
    return Opened(link, application, contract, is_confirmed(link, confirmation, purpose=_CONFIRMED, now=now))


def refuse_unconfirmed(opened: Opened) -> None:
    """:raises SignerNotConfirmed: see there."""
    if not opened.is_confirmed:
        raise SignerNotConfirmed(_("Enter the code from the text message first."))


@transaction.atomic
def ask_access_code(*, token: str, now: datetime) -> SignatureAccessCode:
    """
    Make a code that opens the page and have it sent to the applicant's phone. A code made before no longer holds.

    :raises CodeTooSoon, TooManyCodes, CodesNotSent, IdentityMissing: see there.
    :raises SignatureLinkUnknown, SignatureLinkOver: see `open_signature`.
    """
    opened = open_signature(token=token, confirmation="", now=now)
    identity = getattr(opened.application.borrower, "identity", None)
    if identity is None:
        raise IdentityMissing(_("We do not know yet who signs. Fill in the step about yourself."), field="person")
    refuse_unsendable()
    earlier = SignatureAccessCode.objects.filter(link__application=opened.application)
    recent = earlier.filter(made_at__gt=now - timedelta(days=1)).values_list("made_at", flat=True)
    refuse_too_many_codes(recent, now=now)
    earlier.end(now=now)
    made = SignatureAccessCode.made(now=now, link=opened.link, phone_shown=identity.masked_phone)
    _witness("code_asked", opened.link, opened.application, phone=made.phone_shown)
    events.publish("loans.signature_access_asked", code_id=made.pk)
    return made


def send_access_code(*, code_id: int, now: datetime) -> bool:
    """
    Send a code that still holds, once; return whether it went out now. Calls the gateway: not in a transaction.

    :raises NotDelivered: the gateway did not take it; sending it again is the same message.
    """
    found = SignatureAccessCode.objects.select_related("link__application__borrower__identity").get(pk=code_id)
    application = found.link.application
    if not found.waits_to_be_sent(now=now):
        return False
    with translation.override(application.borrower.language):
        text = gettext(
            "%(code)s is your code to open loan application %(reference)s and read what it costs. It holds for 5"
            " minutes and signs nothing. Tell it to nobody, nor to us."
        ) % {"code": found.sealed_code, "reference": application.reference}
    hand_over(found, key="signature-access", phone=application.borrower.identity.phone, text=text, now=now)
    return True


def latest_access_code(link: SignatureLink, *, now: datetime) -> SignatureAccessCode | None:
    """Return the code that opens the page now; None where another has to be asked for."""
    code: SignatureAccessCode | None = SignatureAccessCode.objects.filter(link=link).usable(now=now)
    return code


def confirm_signer(*, token: str, typed: str, now: datetime) -> str:
    """
    Return the secret by which this browser is known to be the applicant's. A wrong try is counted.

    :raises CodeWrong, CodeExpired, SignatureLinkUnknown, SignatureLinkOver: see there.
    """
    tried = _confirm(token, typed, now)
    if isinstance(tried, DomainError):
        raise tried
    return tried


@transaction.atomic
def decline_signature(*, token: str, confirmation: str, now: datetime) -> Opened:
    """
    Take the application back for the applicant, who does not want the loan. Declined before, nothing changes.

    :raises SignerNotConfirmed, SignatureLinkUnknown, SignatureLinkOver: see there.
    :raises ApplicationStateChanged: the contract is signed.
    """
    opened = open_signature(token=token, confirmation=confirmation, now=now)
    refuse_unconfirmed(opened)
    if opened.is_declined:
        return opened
    withdraw_application(application_id=opened.application.pk, now=now, actor=opened.actor)
    opened.link.declined_at = now
    opened.link.save(update_fields=["declined_at"])
    return opened


def actor_of_applicant(borrower: Borrower) -> str:
    """Return how records name an applicant who acts without a login."""
    return f"user:{borrower.user_id}" if borrower.user_id else f"applicant:{borrower.pk}"


@transaction.atomic
def _confirm(token: str, typed: str, now: datetime) -> str | DomainError:
    opened = open_signature(token=token, confirmation="", now=now)
    code = latest_access_code(opened.link, now=now)
    if code is None:
        return no_code_holds()
    if not code.takes(typed):
        _witness("not_recognized", opened.link, opened.application, tries=code.tries)
        return not_this_code(code.tries_left)
    SignatureAccessCode.objects.filter(pk=code.pk).update(used_at=now, sealed_code=None)
    secret = confirm_browser(opened.link, purpose=_CONFIRMED, now=now)
    _witness("confirmed", opened.link, opened.application)
    return secret


def _refuse_over(application: Application, *, now: datetime) -> None:
    """:raises SignatureLinkOver: there is nothing to sign."""
    if application.status != Status.ACCEPTED:
        raise SignatureLinkOver(_("There is nothing to sign here any more. You need to do nothing."))
    try:
        chosen_offer(application, now=now)
    except DomainError as change:
        raise SignatureLinkOver(_("The offer no longer holds, so there is nothing to sign.")) from change


def _witness(what: str, link: SignatureLink, application: Application, **data: object) -> None:
    audit.record(
        action=f"loans.signature_link_{what}",
        subject_type="application",
        subject_id=application.reference,
        actor=actor_of_applicant(application.borrower),
        data={"link": str(link.public_id), **data},
    )
