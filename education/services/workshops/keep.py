"""Making, changing, opening, calling off and copying workshops."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.documents.codes import ALPHABET
from dashu.kernel.errors import DomainError, InvalidInput
from education.domain.lessons import LANGUAGES
from education.models import Notice, Region, Workshop
from education.models.workshops import ZONES
from education.selectors.published import published_slugs
from education.services.workshops.rows import lock_workshop
from education.services.workshops.seats import move_up
from education.services.workshops.tell import forget_waiting, tell_all

Status = Workshop.Status
MOST_SEATS = 5000
CODE_LENGTH = 10


class WorkshopIsOver(DomainError):
    """The workshop was called off or is over; what was stays as it was."""

    code = "workshop_is_over"
    http_status = 409


class WorkshopIncomplete(DomainError):
    """The workshop cannot open as it is; `field` says what is missing or contradicts itself."""

    code = "workshop_incomplete"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned, see `Workshop`. :param partner_id: None for one of our own."""

    title: Mapping[str, str]
    description: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    registration_from: datetime
    registration_until: datetime
    capacity: int
    organizer: str
    waitlist_size: int = 0
    region: str = ""
    place: str = ""
    online_link: str = ""
    lessons: Sequence[str] = ()
    partner_id: int | None = None


@transaction.atomic
def make_workshop(*, plan: Plan, now: datetime, actor: str) -> Workshop:
    """
    Keep a new workshop as a draft, which nobody outside sees.

    :raises WorkshopIncomplete, InvalidInput: see there.
    """
    _refuse_contradictions(plan)
    made = Workshop.objects.create(code=_new_code(), changed_at=now, **_columns(plan))
    _witness("made", made, actor)
    return made


@transaction.atomic
def change_workshop(*, workshop_id: int, plan: Plan, now: datetime, actor: str) -> Workshop:
    """
    Change a workshop. Who has a place in an open one is told of a new time or place; new seats go to who waits.

    :raises WorkshopNotFound, WorkshopIsOver, WorkshopIncomplete, InvalidInput: see there.
    """
    workshop = lock_workshop(workshop_id)
    _refuse_over(workshop)
    _refuse_contradictions(plan)
    if plan.capacity < workshop.seats_taken:
        raise WorkshopIncomplete(
            _("%(taken)s seats are taken already, so there cannot be fewer."),
            field="capacity",
            params={"taken": workshop.seats_taken},
        )
    before = _announced(workshop)
    was_at = workshop.starts_at
    for name, value in _columns(plan).items():
        setattr(workshop, name, value)
    workshop.changed_at = now
    is_news = workshop.status == Status.OPEN and _announced(workshop) != before
    if is_news:
        forget_waiting(workshop)
        workshop.sequence += 1
    if workshop.starts_at != was_at:
        workshop.reminded_day_at = workshop.reminded_soon_at = None
    workshop.save()
    if is_news:
        tell_all(workshop, Notice.CHANGED, now=now)
    move_up(workshop, now=now)
    _witness("changed", workshop, actor)
    return workshop


@transaction.atomic
def open_workshop(*, workshop_id: int, now: datetime, actor: str) -> Workshop:
    """
    Show a draft to everybody. Opening it again changes nothing.

    :raises WorkshopNotFound, WorkshopIsOver, WorkshopIncomplete: see there.
    """
    workshop = lock_workshop(workshop_id)
    if workshop.status == Status.OPEN:
        return workshop
    _refuse_over(workshop)
    if workshop.starts_at <= now:
        raise WorkshopIncomplete(_("It would begin in the past. Give it a day to come."), field="starts_at")
    workshop.status, workshop.changed_at = Status.OPEN, now
    workshop.save(update_fields=["status", "changed_at"])
    _witness("opened", workshop, actor)
    return workshop


@transaction.atomic
def call_off(*, workshop_id: int, reason: str, now: datetime, actor: str) -> Workshop:
    """
    Call a workshop off and tell everybody who has a place. Doing so again changes nothing.

    :param reason: told to them.
    :raises WorkshopNotFound, WorkshopIsOver: see there.
    """
    workshop = lock_workshop(workshop_id)
    if workshop.status == Status.CANCELLED:
        return workshop
    _refuse_over(workshop)
    forget_waiting(workshop)
    workshop.status, workshop.cancel_reason = Status.CANCELLED, " ".join(reason.split())[:300]
    workshop.sequence += 1
    workshop.changed_at = now
    workshop.save(update_fields=["status", "cancel_reason", "sequence", "changed_at"])
    tell_all(workshop, Notice.CALLED_OFF, now=now)
    _witness("called_off", workshop, actor)
    return workshop


@transaction.atomic
def copy_workshop(*, workshop_id: int, weeks: int, now: datetime, actor: str) -> Workshop:
    """
    Make a draft like another workshop, some weeks later at the same hour of the clock; nobody is taken along.

    :raises WorkshopNotFound: see there.
    """
    other = lock_workshop(workshop_id)
    copy = Workshop(code=_new_code(), changed_at=now)
    for name in _columns_of_plan():
        setattr(copy, name, getattr(other, name))
    for name in ("starts_at", "ends_at", "registration_from", "registration_until"):
        # By the clock on the wall, also where summer time begins in between.
        setattr(copy, name, getattr(other, name).astimezone(other.zone) + timedelta(weeks=weeks))
    copy.save()
    for material in other.materials.all():
        material.pk, material.workshop, material.added_at = None, copy, now
        material.save(force_insert=True)
    _witness("copied", copy, actor)
    return copy


def _refuse_contradictions(plan: Plan) -> None:
    """:raises WorkshopIncomplete, InvalidInput: see there."""
    if not any(plan.title.get(language, "").strip() for language in LANGUAGES):
        raise WorkshopIncomplete(_("Give a title in at least one language."), field=f"title_{LANGUAGES[0]}")
    if plan.time_zone not in dict(ZONES):
        raise InvalidInput(_("Choose one of the time zones."), field="time_zone")
    if plan.ends_at <= plan.starts_at:
        raise WorkshopIncomplete(_("It has to end after it begins."), field="ends_at")
    if not plan.registration_from < plan.registration_until <= plan.ends_at:
        raise WorkshopIncomplete(
            _("Sign-up has to close after it opens, and no later than the workshop ends."), field="registration_until"
        )
    if not (plan.place.strip() or plan.online_link.strip()):
        raise WorkshopIncomplete(_("Say where it is, or give the link of the online room."), field="place")
    if plan.place.strip() and plan.region not in Region.values:
        raise WorkshopIncomplete(_("Choose the region of the place."), field="region")
    if not 1 <= plan.capacity <= MOST_SEATS:
        raise WorkshopIncomplete(_("There are 1 to 5,000 seats."), field="capacity")
    if unknown := set(plan.lessons) - set(published_slugs()):
        raise InvalidInput(_("There is no lesson %(lesson)s."), field="lessons", params={"lesson": min(unknown)})


def _refuse_over(workshop: Workshop) -> None:
    if workshop.status in (Status.CANCELLED, Status.DONE):
        raise WorkshopIsOver(_("This workshop is over or was called off. Copy it to hold it again."))


def _columns_of_plan() -> list[str]:
    return list(Plan.__dataclass_fields__)


def _columns(plan: Plan) -> dict[str, object]:
    given = asdict(plan)
    for texts in ("title", "description"):
        given[texts] = {language: text.strip() for language, text in given[texts].items() if text.strip()}
    given["place"], given["online_link"] = plan.place.strip(), plan.online_link.strip()
    given["region"] = plan.region if given["place"] else ""
    given["lessons"] = list(plan.lessons)
    return given


def _announced(workshop: Workshop) -> tuple[object, ...]:
    """What people were told, and calendars hold."""
    return (
        workshop.starts_at, workshop.ends_at, workshop.region, workshop.place, workshop.online_link, workshop.time_zone
    )  # fmt: skip


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _position in range(CODE_LENGTH)).lower()


def _witness(act: str, workshop: Workshop, actor: str) -> None:
    audit.record(
        action=f"education.workshop_{act}",
        subject_type="workshop",
        subject_id=workshop.code,
        actor=actor,
        data={"starts_at": workshop.starts_at.isoformat(), "sequence": workshop.sequence},
    )
