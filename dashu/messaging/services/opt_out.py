"""A borrower stops messages of one purpose on one channel, or wants them again. It holds from that moment on."""

from collections.abc import Collection
from datetime import datetime, time
from itertools import product
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.guard import OUTSIDE
from dashu.messaging.models import ContactPreference, OptOut, OutboxMessage, Purpose
from dashu.messaging.services.contact_times import like_hours
from dashu.users.models import Borrower

STOPPABLE = (Purpose.REMINDER, Purpose.MARKETING, Purpose.LEARNING)


class NotStoppable(DomainError):
    """Messages of the contract, and those in the borrower's own account, cannot be stopped."""

    code = "not_stoppable"


class UnknownChannel(DomainError):
    """There is no such channel."""

    code = "unknown_channel"


@transaction.atomic
def stop_messages(*, borrower_id: int, channel: str, purpose: str, source: str, at: datetime, actor: str) -> bool:
    """
    Return True when this is new. Again changes nothing, nor does news from before the borrower wanted them again.

    :raises NotStoppable: see there.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    if channel not in OUTSIDE or purpose not in STOPPABLE:
        raise NotStoppable(_("What the contract asks us to tell cannot be stopped."))
    known = OptOut.objects.filter(borrower_id=borrower_id, channel=channel, purpose=purpose)
    if known.filter(ended_at=None).exists() or known.filter(ended_at__gt=at).exists():
        return False
    OptOut.objects.create(borrower_id=borrower_id, channel=channel, purpose=purpose, source=source, made_at=at)
    _witness("messaging.stopped", borrower_id, channel, purpose, actor, source=str(source))
    return True


@transaction.atomic
def resume_messages(*, borrower_id: int, channel: str, purpose: str, at: datetime, actor: str) -> bool:
    """Return True when they were stopped until now."""
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    stopped = OptOut.objects.filter(borrower_id=borrower_id, channel=channel, purpose=purpose, ended_at=None)
    if not stopped.update(ended_at=at):
        return False
    _witness("messaging.resumed", borrower_id, channel, purpose, actor)
    return True


@transaction.atomic
def prefer_channel(*, borrower_id: int, channel: str, actor: str) -> None:
    """
    Note on which channel a borrower likes to be reached; "" for no wish.

    :raises UnknownChannel: there is no such channel.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    if channel and channel not in OutboxMessage.Channel.values:
        raise UnknownChannel(_("Choose one of the ways that are offered."), field="channel")
    before = ContactPreference.objects.filter(pk=borrower_id).values_list("channel", flat=True).first() or ""
    if before == channel:
        return
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults={"channel": channel})
    audit.record(
        action="messaging.preferred",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"before": before, "channel": channel},
    )


@transaction.atomic
def want_notices(*, borrower_id: int, wanted: bool, actor: str) -> None:
    """Note whether a borrower wants an e-mail when a message in their account stays unread."""
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    before = ContactPreference.objects.filter(pk=borrower_id).values_list("wants_notices", flat=True).first()
    if (before is not False) == wanted:
        return
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults={"wants_notices": wanted})
    audit.record(
        action="messaging.notices_wanted" if wanted else "messaging.notices_stopped",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={},
    )


@transaction.atomic
def set_wishes(
    *,
    borrower_id: int,
    channel: str,
    wanted: Collection[tuple[str, str]],
    hours: tuple[time, time] | None,
    notices: bool,
    at: datetime,
    actor: str,
) -> None:
    """
    Let what the borrower chose in their settings hold from now on; choosing the same again changes nothing.

    :param channel: see `prefer_channel`.
    :param wanted: channel and purpose of the messages that they want; the others that can be stopped are stopped.
    :param hours: see `like_hours`.
    :param notices: see `want_notices`.
    :raises UnknownChannel: see `prefer_channel`.
    :raises HoursRefused: see `like_hours`.
    """
    prefer_channel(borrower_id=borrower_id, channel=channel, actor=actor)
    like_hours(borrower_id=borrower_id, hours=hours, at=at, actor=actor)
    want_notices(borrower_id=borrower_id, wanted=notices, actor=actor)
    for pair in product(OUTSIDE, STOPPABLE):
        about: dict[str, Any] = {
            "borrower_id": borrower_id,
            "channel": pair[0],
            "purpose": pair[1],
            "at": at,
            "actor": actor,
        }
        if pair in wanted:
            resume_messages(**about)
        else:
            stop_messages(**about, source=OptOut.Source.SETTINGS)


@transaction.atomic
def stop_offers(*, borrower_id: int, source: str, at: datetime, actor: str) -> None:
    """Let no offer of ours reach a borrower any more, on whatever channel."""
    stop_purpose(borrower_id=borrower_id, purpose=Purpose.MARKETING, source=source, at=at, actor=actor)


@transaction.atomic
def stop_purpose(*, borrower_id: int, purpose: str, source: str, at: datetime, actor: str) -> None:
    """Let no message of this purpose reach a borrower any more, on whatever channel."""
    for channel in OUTSIDE:
        stop_messages(borrower_id=borrower_id, channel=channel, purpose=purpose, source=source, at=at, actor=actor)


def stopped_by(borrower_id: int) -> set[tuple[str, str]]:
    """Return channel and purpose of the messages that a borrower does not want."""
    stopped = OptOut.objects.filter(borrower_id=borrower_id, ended_at=None)
    return set(stopped.values_list("channel", "purpose"))


def _witness(action: str, borrower_id: int, channel: str, purpose: str, actor: str, **data: str) -> None:
    data |= {"channel": str(channel), "purpose": str(purpose)}
    audit.record(action=action, subject_type="borrower", subject_id=borrower_id, actor=actor, data=data)
