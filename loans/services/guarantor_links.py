"""
The links by which guarantors are asked: made when the applicant has understood the cost sheet, sent by text message to
the guarantor's own phone, and ended when another takes their place.

A link is a bearer's, so it goes straight to the gateway like a code and into no outbox. It is one guarantor's, for one
sheet; a guarantor did not ask for it, so it waits for the contact hours.
"""

import secrets
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.links import public_address
from dashu.messaging.secret_texts import reaches_phones, send_secret_text, shows_secrets
from dashu.policy import rules as policy
from dashu.users.sealing import blind_index
from loans.models import Application, Disclosure, GuaranteeAnswer, Guarantor, GuarantorLink
from loans.selectors.guarantees import answer_of

LASTS = timedelta(days=3)
PAUSE = timedelta(minutes=10)
MOST_A_DAY = 4
TOKEN_BYTES = 24


class LinkTooSoon(DomainError):
    """A link was sent a while ago; `details` says in how many minutes another can be."""

    code = "guarantor_link_too_soon"
    http_status = 429


class TooManyLinks(DomainError):
    """No more links are sent to this guarantor today."""

    code = "guarantor_links_used_up"
    http_status = 429


def invite_guarantors(application: Application, disclosure: Disclosure, *, now: datetime, actor: str) -> int:
    """
    Have each guarantor of a locked application asked who was not asked about this sheet last; return how many.

    Who has answered is not asked again, nor is who got as many links today as one gets.

    :param disclosure: of the sheet that the applicant has understood.
    """
    if not (reaches_phones() or shows_secrets()):
        return 0
    asked = 0
    for guarantor in application.guarantors.all():
        latest = GuarantorLink.objects.filter(guarantor=guarantor).first()
        was_asked = latest is not None and _is_about(latest, disclosure)
        if guarantor.phone is None or was_asked or _answered(guarantor, disclosure):
            continue
        if len(_made_today(guarantor, now=now)) < MOST_A_DAY:
            make_link(guarantor, disclosure, now=now, actor=actor)
            asked += 1
    return asked


def send_guarantor_link(*, link_id: int, now: datetime) -> bool:
    """
    Send a link that still holds, once and at an hour at which people are reached; return whether it went out now.

    Calls the gateway: not in a transaction.

    :raises NotDelivered: the gateway did not take it; sending it again is the same message.
    """
    link = GuarantorLink.objects.select_related("guarantor__application__borrower").get(pk=link_id)
    token, phone = link.sealed_token, link.guarantor.phone
    if token is None or phone is None or link.sent_at or link.expires_at <= now:
        return False
    if not policy.contact_hours(lender_date(now)).allows(now):
        return False
    language = link.guarantor.application.borrower.language
    with translation.override(language):
        lender = policy.lender_names(lender_date(now))[language]
        text = gettext(
            "%(lender)s: you were named as a guarantor of a business loan. Read what that would mean, then agree or"
            " decline: %(address)s The link is yours alone and holds for 3 days. If you do nothing, you owe nothing."
        ) % {"lender": lender, "address": link_address(token)}
    send_secret_text(key=f"guarantor-{link.token_hash[:32]}", phone=phone, text=text)
    kept = token if shows_secrets() else None
    GuarantorLink.objects.filter(pk=link.pk, sent_at=None, expires_at__gt=now).update(
        sent_at=now, expires_at=now + LASTS, sealed_token=kept
    )
    return True


def link_address(token: str) -> str:
    return public_address(reverse("guarantee", args=[token]))


def unsent_links(*, now: datetime) -> list[int]:
    """Return the links that still hold and were not sent, for the sweep."""
    waiting = GuarantorLink.objects.filter(sent_at=None, expires_at__gt=now, sealed_token__isnull=False)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:200])


def forget_links(*, now: datetime) -> int:
    """Delete what is still kept, sealed, of links that no longer hold; return of how many."""
    return GuarantorLink.objects.filter(expires_at__lte=now, sealed_token__isnull=False).update(sealed_token=None)


def token_hash(token: str) -> str:
    return blind_index(token, "loans.guarantor_link")


def refuse_too_many_links(guarantor: Guarantor, *, now: datetime, is_other_phone: bool = False) -> None:
    """:raises LinkTooSoon, TooManyLinks: see there; to another phone a link may follow at once."""
    moments = _made_today(guarantor, now=now)
    if len(moments) >= MOST_A_DAY:
        raise TooManyLinks(_("No more links can be sent to this guarantor today. Your application is kept."))
    if moments and not is_other_phone and (left := moments[-1] + PAUSE - now) > timedelta():
        minutes = -(-int(left.total_seconds()) // 60) or 1
        raise LinkTooSoon(
            ngettext(
                "A link was sent just now. Another one can be sent in %(minutes)s minute.",
                "A link was sent just now. Another one can be sent in %(minutes)s minutes.",
                minutes,
            ),
            params={"minutes": minutes},
            details={"minutes_left": minutes},
        )


def _made_today(guarantor: Guarantor, *, now: datetime) -> list[datetime]:
    made = GuarantorLink.objects.filter(guarantor=guarantor, made_at__gt=now - timedelta(days=1))
    return sorted(made.values_list("made_at", flat=True))


def _is_about(link: GuarantorLink, disclosure: Disclosure) -> bool:
    return (link.offer_id, link.figures_digest) == (disclosure.offer_id, disclosure.figures_digest)


def _answered(guarantor: Guarantor, disclosure: Disclosure) -> GuaranteeAnswer | None:
    return answer_of(guarantor, offer=disclosure.offer, figures_digest=disclosure.figures_digest)


def make_link(guarantor: Guarantor, disclosure: Disclosure, *, now: datetime, actor: str) -> GuarantorLink:
    """Make a link and end those before it: one at a time opens."""
    GuarantorLink.objects.filter(guarantor=guarantor, expires_at__gt=now).update(expires_at=now, sealed_token=None)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = GuarantorLink.objects.create(
        guarantor=guarantor,
        offer_id=disclosure.offer_id,
        figures_digest=disclosure.figures_digest,
        token_hash=token_hash(token),
        sealed_token=token,
        phone_shown=guarantor.masked_phone,
        made_at=now,
        expires_at=now + LASTS,
    )
    audit.record(
        action="loans.guarantor_asked",
        subject_type="guarantor",
        subject_id=guarantor.pk,
        actor=actor,
        data={"application": guarantor.application.reference, "phone": link.phone_shown},
    )
    events.publish("loans.guarantor_asked", link_id=link.pk)
    return link
