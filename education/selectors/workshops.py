"""Workshops as people look for them, and one person's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext

from education.domain.translated import Told, told
from education.models import Notice, Region, Workshop, WorkshopMaterial, WorkshopRegistration

PAGE = 20
ONLINE = "ONLINE"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINK, _POSTER = "education.workshop_link", "education.workshop_poster"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of workshops. :param after: where the next page begins; "" on the last."""

    rows: Sequence[Workshop]
    after: str


def upcoming_workshops(*, now: datetime, region: str = "", after: str = "") -> Page:
    """
    Return what is still to come, the next one first.

    :param region: a code of `Region`, or ONLINE; anything else means all.
    :param after: `Page.after` of the page before.
    """
    rows = Workshop.objects.upcoming(now=now).select_related("partner").order_by("starts_at", "id")
    if region == ONLINE:
        rows = rows.exclude(online_link="")
    elif region in Region.values:
        rows = rows.filter(region=region)
    if place := _read_place(after):
        rows = rows.filter(Q(starts_at__gt=place[0]) | Q(starts_at=place[0], id__gt=place[1]))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    return Page(shown, _written_place(shown[-1]) if len(found) > PAGE else "")


def regions_with_workshops(*, now: datetime) -> list[tuple[str, str]]:
    """Return the codes and names that the list can be narrowed to; nothing that would leave it empty."""
    coming = Workshop.objects.upcoming(now=now)
    codes = set(coming.exclude(region="").values_list("region", flat=True))
    found = sorted(((code, str(Region(code).label)) for code in codes), key=lambda pair: pair[1])
    return [*found, (ONLINE, gettext("Online"))] if coming.exclude(online_link="").exists() else found


def own_registrations(*, user_id: int) -> QuerySet[WorkshopRegistration]:
    return WorkshopRegistration.objects.filter(user_id=user_id).exclude(status=WorkshopRegistration.Status.UNCONFIRMED)


def live_registration(workshop: Workshop, *, user_id: int | None) -> WorkshopRegistration | None:
    """Return this person's seat, or place on the waiting list; None where they have none."""
    if user_id is None:
        return None
    return WorkshopRegistration.objects.filter(
        workshop=workshop, user_id=user_id, status__in=WorkshopRegistration.LIVE
    ).first()


def place_in_line(registration: WorkshopRegistration) -> int:
    """Return the place on the waiting list, 1 for who moves up next."""
    earlier = WorkshopRegistration.objects.filter(
        workshop_id=registration.workshop_id, status=WorkshopRegistration.Status.WAITING
    ).filter(Q(joined_at__lt=registration.joined_at) | Q(joined_at=registration.joined_at, id__lt=registration.pk))
    return earlier.count() + 1


def materials_of(workshop: Workshop) -> QuerySet[WorkshopMaterial]:
    return workshop.materials.defer("content")


def registration_token(registration_id: int) -> str:
    """Return what the address of somebody's seat carries: whoever has it may give the seat back."""
    return signing.Signer(salt=_LINK, sep=".").sign(str(registration_id))


def read_registration_token(token: str) -> int | None:
    """Return whose seat it is; None when we did not make the address."""
    try:
        return int(signing.Signer(salt=_LINK, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def poster_token(workshop: Workshop) -> str:
    """Return what the QR code of the poster on site carries beside the workshop's code."""
    return signing.Signer(salt=_POSTER).signature(workshop.code)[:22]


def title_of(workshop: Workshop, language: str) -> Told:
    return told(workshop.title, language)


def when_words(workshop: Workshop) -> str:
    """Write day, hours and zone in the language that is active: "December 5, 2026 14:00–16:00 (Beijing time)"."""
    starts, ends = workshop.starts_at.astimezone(workshop.zone), workshop.ends_at.astimezone(workshop.zone)
    zone = gettext("(%(zone)s)") % {"zone": workshop.get_time_zone_display()}
    first = f"{date_format(starts, 'DATE_FORMAT')} {clock(starts)}"
    last = clock(ends) if ends.date() == starts.date() else f"{date_format(ends, 'DATE_FORMAT')} {clock(ends)}"
    return f"{first}–{last} {zone}"


def clock(moment: datetime) -> str:
    return time_format(moment.time(), "H:i")


def place_words(workshop: Workshop) -> str:
    """Say where it is, without the link of an online room."""
    if not workshop.place:
        return gettext("Online; the link is on the page of your seat")
    where = f"{workshop.get_region_display()} · {workshop.place}" if workshop.region else workshop.place
    return gettext("%(place)s · or online") % {"place": where} if workshop.online_link else where


def values_of(workshop: Workshop, language: str, *, link: str) -> Mapping[str, Any]:
    """Return the values of the message templates of workshops in a language."""
    with translation.override(language):
        return {
            "title": str(title_of(workshop, language)),
            "when": when_words(workshop),
            "clock": clock(workshop.starts_at.astimezone(workshop.zone)),
            "place": place_words(workshop),
            "link": link,
            **({"reason": workshop.cancel_reason} if workshop.cancel_reason else {}),
        }


def template_of(kind: str) -> str:
    return f"education.workshop_{Notice(kind).value.lower()}"


def _written_place(workshop: Workshop) -> str:
    return f"{(workshop.starts_at - EPOCH) // timedelta(microseconds=1)}-{workshop.pk}"


def _read_place(after: str) -> tuple[datetime, int] | None:
    moment, _dash, pk = after.partition("-")
    if not (moment.isascii() and moment.isdigit() and pk.isascii() and pk.isdigit()):
        return None
    if len(moment) > 16 or len(pk) > 18:
        return None
    return EPOCH + timedelta(microseconds=int(moment)), int(pk)
