"""
One-time codes for signing: asked for, sent, and tried.

A code holds for minutes and for few tries, each of which is kept even where the signature is refused. What is stored of
it is a keyed hash; the code itself stays, sealed, until it is sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import reaches_phones, send_secret_text, shows_secrets
from dashu.users.id_numbers import card_number, compact
from loans.models import Application, CardToPay, Product, SigningCode
from loans.models.codes import OneTimeCode
from loans.services.application_rows import lock_application
from loans.services.disclose_costs import chosen_offer, current_disclosure
from loans.services.refuse_unguaranteed import refuse_unguaranteed

PAUSE = timedelta(seconds=60)
MOST_A_DAY = 5


class NotUnderstoodYet(DomainError):
    """The questions on the cost sheet come before the signature."""

    code = "questions_not_answered"
    http_status = 409


class IdentityMissing(DomainError):
    """It is not known who signs, or to which phone the code goes."""

    code = "identity_missing"
    http_status = 409


class InvalidAccount(DomainError):
    """The account to pay out to is not one, or is named for a card that is paid off at its bank."""

    code = "account_invalid"


class CodeTooSoon(DomainError):
    """A code was sent a moment ago; `details` says in how many seconds another can be."""

    code = "signing_code_too_soon"
    http_status = 429


class TooManyCodes(DomainError):
    """No more codes are sent for this application today."""

    code = "signing_codes_used_up"
    http_status = 429


class CodesNotSent(DomainError):
    """This installation sends no text messages, so nothing can be signed by code."""

    code = "signing_codes_not_sent"
    http_status = 503


class CodeWrong(DomainError):
    """It is not the code that was sent; `details` says how many tries are left."""

    code = "signing_code_wrong"


class CodeExpired(DomainError):
    """The code no longer holds: its minutes are over, its tries used up, or what is signed changed since."""

    code = "signing_code_expired"
    http_status = 409


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """The borrower's own account. :param number: digits only."""

    bank: str
    number: str


def payout_account(application: Application, *, bank: str, number: str) -> PayoutAccount | None:
    """
    Read the account to pay out to; None for a card, which is paid at its bank and nowhere else.

    :raises InvalidAccount, InvalidCardNumber: see there.
    """
    if CardToPay.objects.filter(application=application).exists():
        if bank or number:
            raise InvalidAccount(_("This loan is paid out to the bank of the card only."), field="number")
        return None
    name, digits = " ".join(bank.split()), compact(number)
    if not (1 <= len(name) <= 60 and name.isprintable()):
        raise InvalidAccount(_("Name the bank of the account."), field="bank")
    if application.product.kind == Product.Kind.SME and not digits.startswith("62"):
        # The account of a business has no check digit of its own.
        if not (digits.isascii() and digits.isdecimal() and 8 <= len(digits) <= 30):
            raise InvalidAccount(_("An account number has 8 to 30 digits."), field="number")
        return PayoutAccount(name, digits)
    return PayoutAccount(name, card_number(digits, field="number"))


@transaction.atomic
def ask_signing_code(*, application_id: int, account: PayoutAccount | None, now: datetime, actor: str) -> SigningCode:
    """
    Make a code for the contract as it is today and have it sent. A code made before no longer holds.

    :raises NotUnderstoodYet, GuarantorNotSigned, IdentityMissing, CodeTooSoon, TooManyCodes, CodesNotSent: see there.
    :raises ApplicationStateChanged, OfferLapsed, SheetNotOpened: there is nothing to sign.
    """
    application = lock_application(application_id)
    disclosure = current_disclosure(chosen_offer(application, now=now), now=now)
    if not disclosure.passed_at:
        raise NotUnderstoodYet(_("Answer the questions on the cost sheet first."))
    refuse_unguaranteed(disclosure)
    identity = getattr(application.borrower, "identity", None)
    if identity is None:
        raise IdentityMissing(_("We do not know yet who signs. Fill in the step about yourself."), field="person")
    refuse_unsendable()
    _refuse_too_many(application, now=now)
    SigningCode.objects.filter(application=application).end(now=now)
    made = SigningCode.made(
        now=now,
        application=application,
        sheet_digest=disclosure.sheet_digest,
        bank=account.bank if account else "",
        account_number=account.number if account else None,
        phone_shown=identity.masked_phone,
    )
    audit.record(
        action="loans.signing_code_asked",
        subject_type="application",
        subject_id=application.reference,
        actor=actor,
        data={"phone": made.phone_shown, "sheet": made.sheet_digest},
    )
    events.publish("loans.signing_code_asked", code_id=made.pk)
    return made


def send_signing_code(*, code_id: int, now: datetime) -> bool:
    """
    Send a code that still holds, once; return whether it went out now. Calls the gateway: not in a transaction.

    :raises NotDelivered: the gateway did not take it; sending it again is the same message.
    """
    found = SigningCode.objects.select_related("application__borrower__identity").get(pk=code_id)
    borrower = found.application.borrower
    if not found.waits_to_be_sent(now=now):
        return False
    with translation.override(borrower.language):
        text = gettext(
            "%(code)s is your code to sign loan application %(reference)s. It holds for 5 minutes. Tell it to nobody,"
            " nor to us."
        ) % {"code": found.sealed_code, "reference": found.application.reference}
    hand_over(found, key="signing", phone=borrower.identity.phone, text=text, now=now)
    return True


def hand_over(code: OneTimeCode, *, key: str, phone: str, text: str, now: datetime) -> None:
    """
    Send a code of any kind, and forget it but for its hash; the simulated gateway keeps it to show it.

    :param key: of its kind; with the salt it makes sending it again the same message.
    """
    send_secret_text(key=f"{key}-{code.salt}", phone=phone, text=text)
    kept = code.sealed_code if shows_secrets() else None
    type(code).objects.filter(pk=code.pk, sent_at=None).update(sent_at=now, sealed_code=kept)


def refuse_unsendable() -> None:
    """:raises CodesNotSent: see there."""
    if not (reaches_phones() or shows_secrets()):
        raise CodesNotSent(_("Codes cannot be sent at present. Nothing is lost; try again later."))


def latest_code(application: Application, *, now: datetime) -> SigningCode | None:
    """Return the code that can be signed with now; None where another has to be asked for."""
    code: SigningCode | None = SigningCode.objects.filter(application=application).usable(now=now)
    return code


@transaction.atomic
def _try(application_id: int, typed: str, now: datetime) -> SigningCode | DomainError:
    application = lock_application(application_id)
    code = latest_code(application, now=now)
    if code is None:
        return no_code_holds()
    return code if code.takes(typed) else not_this_code(code.tries_left)


def no_code_holds() -> CodeExpired:
    return CodeExpired(_("This code no longer holds. Have another one sent."), field="code")


def not_this_code(left: int) -> CodeWrong:
    """:param left: how many tries are left."""
    return CodeWrong(
        _("This is not the code. Compare it with the message; tries left: %(left)s."),
        field="code",
        params={"left": left},
        details={"tries_left": left},
    )


def refuse_wrong_code(*, application_id: int, typed: str, now: datetime) -> SigningCode:
    """
    Compare a code with the one that was sent, and return that one: nothing else may be signed with what was typed.

    A wrong one is counted, whatever becomes of the signature.

    :raises CodeWrong, CodeExpired: see there.
    """
    tried = _try(application_id, typed, now)
    if isinstance(tried, DomainError):
        raise tried
    return tried


def _refuse_too_many(application: Application, *, now: datetime) -> None:
    made = SigningCode.objects.filter(application=application, made_at__gt=now - timedelta(days=1))
    refuse_too_many_codes(made.values_list("made_at", flat=True), now=now)


def refuse_too_many_codes(made: Iterable[datetime], *, now: datetime, used_up: str | Promise = "") -> None:
    """
    :param made: when the codes of the last day were made. :param used_up: says that there are no more today.
    :raises CodeTooSoon, TooManyCodes: see there.
    """
    moments = sorted(made)
    if moments and (left := moments[-1] + PAUSE - now) > timedelta():
        seconds = int(left.total_seconds()) or 1
        raise CodeTooSoon(
            _("A code is on its way. If it does not come, have another one sent in %(seconds)s s."),
            params={"seconds": seconds},
            details={"seconds_left": seconds},
        )
    if len(moments) >= MOST_A_DAY:
        raise TooManyCodes(used_up or _("No more codes can be sent today. Your application is kept; go on tomorrow."))
