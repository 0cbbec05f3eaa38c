"""
A guarantor agrees and signs by a code sent to their phone, or declines.

Either is a line that stays, with its evidence; the latest one holds until the borrower signs. A guarantor may change
their mind both ways until then.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.consents.models import ConsentEntry
from dashu.consents.selectors import consents_held, latest_texts
from dashu.consents.services.ledger import give_consents, withdraw_consent
from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from loans.domain.application_consents import OF_GUARANTORS
from loans.domain.cost_sheet import digest_of
from loans.models import GuaranteeAnswer, Guarantor, GuarantorCode, GuarantorLink
from loans.services.application_rows import Kind, note
from loans.services.ask_guarantors_again import GuarantorAnswered
from loans.services.draft_contract import Where
from loans.services.open_guarantee import Asked, actor_of_guarantor, open_guarantee, refuse_unconfirmed
from loans.services.signing_codes import (
    hand_over,
    no_code_holds,
    not_this_code,
    refuse_too_many_codes,
    refuse_unsendable,
)

GUARANTEE = "GUARANTEE"


class GuaranteeConsentMissing(DomainError):
    """A guarantor signs after agreeing to both texts."""

    code = "guarantee_consent_missing"


@transaction.atomic
def ask_guarantor_code(
    *, token: str, confirmation: str, text_ids: Collection[int], language: str, now: datetime
) -> GuarantorCode:
    """
    Keep what a guarantor agrees to, make a code and have it sent. A code made before no longer holds.

    :param text_ids: the texts that were ticked.
    :param language: in which they were read.
    :raises GuaranteeConsentMissing, GuarantorAnswered, CodeTooSoon, TooManyCodes, CodesNotSent: see there.
    :raises ConsentTextOutdated: a text is not the latest of its purpose.
    :raises NotConfirmed, LinkUnknown, LinkOver: see `open_guarantee`.
    """
    asked = open_guarantee(token=token, confirmation=confirmation, now=now)
    refuse_unconfirmed(asked)
    if asked.is_signed:
        raise GuarantorAnswered(_("You have agreed and signed already. You need to do nothing more."))
    needed = {text.pk for text in latest_texts(OF_GUARANTORS)}
    if not needed <= set(text_ids):
        raise GuaranteeConsentMissing(_("Tick both boxes if you agree. If you do not, you can decline."), field="texts")
    refuse_unsendable()
    earlier = GuarantorCode.objects.filter(link__guarantor=asked.guarantor)
    recent = earlier.filter(made_at__gt=now - timedelta(days=1)).values_list("made_at", flat=True)
    refuse_too_many_codes(recent, now=now)

    actor = actor_of_guarantor(asked.guarantor)
    give_consents(**_whose(asked), text_ids=needed, now=now, actor=actor, language=language)
    earlier.end(now=now)
    made = GuarantorCode.made(now=now, link=asked.link, phone_shown=asked.guarantor.masked_phone)
    audit.record(
        action="loans.guarantor_code_asked",
        subject_type="guarantor",
        subject_id=asked.guarantor.pk,
        actor=actor,
        data={"application": asked.application.reference, "phone": made.phone_shown},
    )
    events.publish("loans.guarantor_code_asked", code_id=made.pk)
    return made


def send_guarantor_code(*, code_id: int, now: datetime) -> bool:
    """
    Send a code that still holds, once; return whether it went out now. Calls the gateway: not in a transaction.

    :raises NotDelivered: the gateway did not take it; sending it again is the same message.
    """
    found = GuarantorCode.objects.select_related("link__guarantor__application__borrower").get(pk=code_id)
    guarantor = found.link.guarantor
    if guarantor.phone is None or not found.waits_to_be_sent(now=now):
        return False
    with translation.override(_language_read(guarantor)):
        text = gettext(
            "%(code)s is your code to sign a guarantee for loan application %(reference)s. It holds for 5 minutes. Tell"
            " it to nobody, neither to the applicant nor to us."
        ) % {"code": found.sealed_code, "reference": guarantor.application.reference}
    hand_over(found, key="guarantee", phone=guarantor.phone, text=text, now=now)
    return True


def latest_guarantor_code(link: GuarantorLink, *, now: datetime) -> GuarantorCode | None:
    """Return the code that can be signed with now; None where another has to be asked for."""
    code: GuarantorCode | None = GuarantorCode.objects.filter(link=link).usable(now=now)
    return code


def sign_guarantee(
    *, token: str, confirmation: str, code: str, language: str, now: datetime, where: Where
) -> GuaranteeAnswer:
    """
    Sign by the code. Signed before, the first answer is returned and nothing changes; a wrong code is counted.

    :param code: as it was typed.
    :param language: of the reader.
    :raises CodeWrong, CodeExpired, GuaranteeConsentMissing: see there.
    :raises NotConfirmed, LinkUnknown, LinkOver: see `open_guarantee`.
    """
    tried = _try(token, confirmation, code, now)
    if isinstance(tried, DomainError):
        raise tried
    with transaction.atomic():
        asked = open_guarantee(token=token, confirmation=confirmation, now=now)
        refuse_unconfirmed(asked)
        if asked.is_signed:
            assert asked.answer is not None
            return asked.answer
        # Between the two another code may have been asked for, or this one used in another window.
        latest = latest_guarantor_code(asked.link, now=now)
        if latest is None or tried is None or latest.pk != tried.pk:
            raise no_code_holds()
        if not set(OF_GUARANTORS) <= set(consents_held(**_whose(asked))):
            raise GuaranteeConsentMissing(_("Tick both boxes if you agree. If you do not, you can decline."))
        GuarantorCode.objects.filter(pk=latest.pk).update(used_at=now, sealed_code=None)
        how = {
            "method": "one-time code by text message",
            "code": str(latest.salt),
            "phone": latest.phone_shown,
            "sent_at": _moment(latest.sent_at),
            "tries": latest.tries,
        }
        return _answer(asked, GuaranteeAnswer.Kind.SIGNED, how, language=language, now=now, where=where)


@transaction.atomic
def decline_guarantee(*, token: str, confirmation: str, language: str, now: datetime, where: Where) -> GuaranteeAnswer:
    """
    Decline, or take a signature back before the borrower signs. Declined before, nothing changes.

    To decline nobody has to confirm who they are: it binds to nothing. To take a signature back they have.

    :raises NotConfirmed, LinkUnknown, LinkOver: see `open_guarantee`.
    """
    asked = open_guarantee(token=token, confirmation=confirmation, now=now)
    if asked.is_declined:
        assert asked.answer is not None
        return asked.answer
    if asked.is_signed:
        refuse_unconfirmed(asked)
    whose, actor = _whose(asked), actor_of_guarantor(asked.guarantor)
    if GUARANTEE in consents_held(**whose):
        withdraw_consent(**whose, purpose=GUARANTEE, now=now, actor=actor)
    GuarantorCode.objects.filter(link__guarantor=asked.guarantor).end(now=now)
    how = {"method": "button on the page of the link"}
    return _answer(asked, GuaranteeAnswer.Kind.DECLINED, how, language=language, now=now, where=where)


@transaction.atomic
def _try(token: str, confirmation: str, typed: str, now: datetime) -> GuarantorCode | DomainError | None:
    """Return the code that was typed, or the refusal; None where it is signed already."""
    asked = open_guarantee(token=token, confirmation=confirmation, now=now)
    refuse_unconfirmed(asked)
    if asked.is_signed:
        return None
    code = latest_guarantor_code(asked.link, now=now)
    if code is None:
        return no_code_holds()
    return code if code.takes(typed) else not_this_code(code.tries_left)


def _answer(
    asked: Asked, kind: GuaranteeAnswer.Kind, how: dict[str, Any], *, language: str, now: datetime, where: Where
) -> GuaranteeAnswer:
    evidence = _evidence(asked, kind, how, now=now, where=where)
    answer = GuaranteeAnswer.objects.create(
        guarantor=asked.guarantor,
        offer=asked.offer,
        figures_digest=asked.disclosure.figures_digest,
        sheet_digest=asked.sheet.digest,
        kind=kind,
        at=now,
        language=language,
        evidence=evidence,
        evidence_digest=digest_of(evidence),
    )
    is_signed = kind == GuaranteeAnswer.Kind.SIGNED
    note(
        asked.application,
        Kind.GUARANTEED if is_signed else Kind.NOT_GUARANTEED,
        now=now,
        actor=actor_of_guarantor(asked.guarantor),
        guarantor=asked.guarantor.pk,
        evidence=answer.evidence_digest,
    )
    events.publish("loans.guarantee_answered", answer_id=answer.pk)
    return answer


def _evidence(
    asked: Asked, kind: GuaranteeAnswer.Kind, how: dict[str, Any], *, now: datetime, where: Where
) -> dict[str, Any]:
    """Return who answered what, when, how and from where, with nothing personal in clear."""
    link = asked.link
    return {
        "who": {
            "guarantor": actor_of_guarantor(asked.guarantor),
            "name": asked.guarantor.masked_name,
            "id_number": asked.guarantor.masked_number,
            "phone": asked.guarantor.masked_phone,
            "confirmed_at": _moment(link.confirmed_at if asked.is_confirmed else None),
        },
        "what": {
            "answer": kind.value,
            "application": asked.application.reference,
            "sheet_sha256": asked.sheet.digest,
            "figures_sha256": asked.disclosure.figures_digest,
            "share_bps": asked.guarantor.share_bps,
            "principal_minor": asked.sheet.principal,
            "currency": asked.sheet.currency,
        },
        "when": {
            "asked_at": _moment(link.made_at),
            "sent_at": _moment(link.sent_at),
            "answered_at": _moment(now),
        },
        "how": how,
        "where": {"ip": where.ip, "agent": where.agent[:300]},
        "consents": {
            purpose: {"version": text.version, "sha256": text.digest}
            for purpose, text in sorted(consents_held(**_whose(asked)).items())
        },
    }


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(LENDER_ZONE).isoformat() if at else None


def _whose(asked: Asked) -> dict[str, Any]:
    return {"person": actor_of_guarantor(asked.guarantor), "about": asked.application.reference}


def _language_read(guarantor: Guarantor) -> str:
    """Return the language in which the guarantor agreed last, which is the page's; else the applicant's."""
    entries = ConsentEntry.objects.filter(person=actor_of_guarantor(guarantor), language__gt="")
    return entries.values_list("language", flat=True).first() or guarantor.application.borrower.language
