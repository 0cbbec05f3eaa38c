"""
Workshops: taught in a room or online by us and by partner organizations, open to anybody.

Who comes is kept for the workshop alone and is nobody's mark: neither credit nor relief may read it. A visitor's name
and address are sealed, and forgotten some days after the workshop; the feedback names nobody from the start.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dashu.kernel.masking import masked_name
from dashu.users.phones import shown_phone
from dashu.users.sealing import SealedText
from loans.models.codes import OneTimeCode

ZONES = (
    ("Asia/Shanghai", _("Beijing time")),
    ("Asia/Taipei", _("Taipei time")),
    ("Asia/Hong_Kong", _("Hong Kong time")),
    ("Asia/Singapore", _("Singapore time")),
    ("Europe/London", _("London time")),
    ("America/New_York", _("New York time")),
)
WRITE, CHECK_IN = "education.write_workshop", "education.check_in_workshop"
# A poster is read, and staff let people in, from so long before the beginning; materials and feedback stay so long.
DOORS_OPEN = timedelta(hours=1)
DESK_OPENS = timedelta(hours=12)
FEEDBACK_DAYS = 30


class Region(models.TextChoices):
    """Where a room is: the two letters of ISO 3166-2:CN, for the filter of the list."""

    AH = "AH", _("Anhui")
    BJ = "BJ", _("Beijing")
    CQ = "CQ", _("Chongqing")
    FJ = "FJ", _("Fujian")
    GD = "GD", _("Guangdong")
    GS = "GS", _("Gansu")
    GX = "GX", _("Guangxi")
    GZ = "GZ", _("Guizhou")
    HA = "HA", _("Henan")
    HB = "HB", _("Hubei")
    HE = "HE", _("Hebei")
    HI = "HI", _("Hainan")
    HK = "HK", _("Hong Kong")
    HL = "HL", _("Heilongjiang")
    HN = "HN", _("Hunan")
    JL = "JL", _("Jilin")
    JS = "JS", _("Jiangsu")
    JX = "JX", _("Jiangxi")
    LN = "LN", _("Liaoning")
    MO = "MO", _("Macao")
    NM = "NM", _("Inner Mongolia")
    NX = "NX", _("Ningxia")
    QH = "QH", _("Qinghai")
    SC = "SC", _("Sichuan")
    SD = "SD", _("Shandong")
    SH = "SH", _("Shanghai")
    SN = "SN", _("Shaanxi")
    SX = "SX", _("Shanxi")
    TJ = "TJ", _("Tianjin")
    TW = "TW", _("Taiwan")
    XJ = "XJ", _("Xinjiang")
    XZ = "XZ", _("Tibet")
    YN = "YN", _("Yunnan")
    ZJ = "ZJ", _("Zhejiang")


class PartnerOrganization(models.Model):
    """Who teaches with us. :ivar contact: whom staff call there; shown to nobody else."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    website = models.URLField(_("website"), blank=True)
    contact = models.CharField(_("whom to call there"), max_length=200, blank=True)
    is_active = models.BooleanField(_("works with us"), default=True)

    class Meta:
        verbose_name = _("partner organization")
        verbose_name_plural = _("partner organizations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WorkshopQuerySet(models.QuerySet["Workshop"]):
    def public(self) -> Self:
        """Return what anybody may look at: all but what is still being written."""
        return self.exclude(status=Workshop.Status.DRAFT)

    def upcoming(self, *, now: datetime) -> Self:
        return self.filter(status=Workshop.Status.OPEN, ends_at__gt=now)


class Workshop(models.Model):
    """
    :ivar code: of its public address.
    :ivar title, description: by language; one that is missing is replaced by another, and marked.
    :ivar lessons: slugs of the lessons that it belongs to.
    :ivar place: the room with its address, as it is written on a letter; "" for one that is online only.
    :ivar online_link: shown to who has a seat and to nobody else.
    :ivar seats_taken: how many have a seat; changed only where `capacity` allows it, in the statement itself.
    :ivar sequence: how often time, place or title changed since it opened; calendars go by it (RFC 5545).
    :ivar reminded_day_at, reminded_soon_at: when everybody was reminded; a new time begins anew.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        OPEN = "OPEN", _("Announced")
        CANCELLED = "CANCELLED", _("Called off")
        DONE = "DONE", _("Held")

    code = models.SlugField(_("code"), max_length=16, unique=True, editable=False)
    partner = models.ForeignKey(
        PartnerOrganization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="workshops",
        verbose_name=_("partner organization"),
    )
    title = models.JSONField(_("title"))
    description = models.JSONField(_("description"))
    lessons = ArrayField(models.SlugField(max_length=60), verbose_name=_("lessons"), default=list, blank=True)
    region = models.CharField(_("region"), max_length=2, choices=Region, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    online_link = models.URLField(_("link of the online room"), max_length=300, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    time_zone = models.CharField(_("time zone"), max_length=40, choices=ZONES, default="Asia/Shanghai")
    capacity = models.PositiveIntegerField(_("seats"))
    waitlist_size = models.PositiveIntegerField(_("places on the waiting list"), default=0)
    seats_taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)
    registration_from = models.DateTimeField(_("sign-up opens"))
    registration_until = models.DateTimeField(_("sign-up closes"))
    organizer = models.CharField(_("organizer"), max_length=120)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    cancel_reason = models.CharField(_("reason"), max_length=300, blank=True)
    sequence = models.PositiveIntegerField(_("change number"), default=0, editable=False)
    changed_at = models.DateTimeField(_("changed at"))
    reminded_day_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminded_soon_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WorkshopQuerySet.as_manager()

    class Meta:
        verbose_name = _("workshop")
        verbose_name_plural = _("workshops")
        ordering = ["-starts_at", "-id"]
        permissions = [
            ("write_workshop", "Can run workshops"),
            ("check_in_workshop", "Can let people in to workshops"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="education_workshops_coming", condition=Q(status="OPEN")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(seats_taken__lte=F("capacity")), name="education_workshop_not_overbooked"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="education_workshop_ends_later"),
        ]

    def __str__(self) -> str:
        return str(self.title.get("zh-hans") or next(iter(self.title.values()), self.code))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_full(self) -> bool:
        return self.seats_taken >= self.capacity

    def takes_sign_ups(self, *, now: datetime) -> bool:
        return self.status == self.Status.OPEN and self.registration_from <= now < self.registration_until

    def lets_in(self, *, now: datetime, before: timedelta = DOORS_OPEN) -> bool:
        """Whether people are let in now. :param before: from how long before the beginning."""
        return self.status in (self.Status.OPEN, self.Status.DONE) and (
            self.starts_at - before <= now <= self.ends_at + DOORS_OPEN
        )


class WorkshopMaterial(models.Model):
    """
    Something to take home for who was there: a file, or the sheet of a lesson.

    :ivar lesson: the slug of the lesson whose sheet it is; "" for a file.
    """

    workshop = models.ForeignKey(
        Workshop, on_delete=models.CASCADE, related_name="materials", verbose_name=_("workshop")
    )
    lesson = models.SlugField(_("lesson"), max_length=60, blank=True)
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(_("kind of file"), max_length=40, blank=True)
    content = models.BinaryField(null=True, editable=False)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class WorkshopRegistration(models.Model):
    """
    One person's seat, or place on the waiting list.

    :ivar user: who has a login; otherwise name and one address are given, sealed.
    :ivar contact_index: the blind index of a visitor's address, so that nobody holds two seats.
    :ivar code: what the QR code at the door carries.
    :ivar joined_at: when it became one: the order of the waiting list.
    :ivar moved_up_at: when a seat became free for them.
    :ivar checked_in_by: the actor who let them in; "poster" for who read it themselves.
    :ivar gave_feedback: that they did, never what.
    """

    class Status(models.TextChoices):
        UNCONFIRMED = "UNCONFIRMED", _("Not confirmed")
        REGISTERED = "REGISTERED", _("Has a seat")
        WAITING = "WAITING", _("On the waiting list")
        CANCELLED = "CANCELLED", _("Gave it back")

    LIVE: ClassVar[tuple[str, ...]] = (Status.REGISTERED, Status.WAITING)

    workshop = models.ForeignKey(
        Workshop, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("workshop")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    name = SealedText(_("name"), blank=True, default="")
    phone = SealedText(_("phone"), blank=True, default="")
    email = SealedText(_("e-mail"), blank=True, default="")
    contact_index = models.CharField(max_length=64, blank=True, default="", editable=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    code = models.CharField(_("code"), max_length=16, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status)
    consent_version = models.PositiveSmallIntegerField(_("version of the text agreed to"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"))
    joined_at = models.DateTimeField(_("signed up at"), null=True, blank=True)
    moved_up_at = models.DateTimeField(_("moved up at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    checked_in_at = models.DateTimeField(_("came at"), null=True, blank=True)
    checked_in_by = models.CharField(_("let in by"), max_length=60, blank=True)
    gave_feedback = models.BooleanField(_("gave feedback"), default=False)
    forgotten_at = models.DateTimeField(_("forgotten at"), null=True, blank=True)

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        indexes = [
            models.Index(fields=["workshop", "status", "joined_at", "id"], name="education_registrations_turn"),
            models.Index(fields=["contact_index", "made_at"], name="education_registrations_of_one"),
            models.Index(fields=["made_at"], name="education_unconfirmed", condition=Q(status="UNCONFIRMED")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workshop", "user"],
                condition=Q(user__isnull=False, status__in=["REGISTERED", "WAITING"]),
                name="education_one_seat_a_login",
            ),
            models.UniqueConstraint(
                fields=["workshop", "contact_index"],
                condition=~Q(contact_index="") & Q(status__in=["REGISTERED", "WAITING"]),
                name="education_one_seat_a_contact",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def has_seat(self) -> bool:
        return self.status == self.Status.REGISTERED

    @property
    def masked_name(self) -> str:
        return masked_name(self.name) if self.name else ""

    @property
    def masked_contact(self) -> str:
        """Return a visitor's address as they recognize it and nobody learns it; "" for who has a login."""
        if self.phone:
            return shown_phone(self.phone)
        local, at, domain = self.email.partition("@")
        return f"{local[:1]}***{at}{domain}" if at else ""


class WorkshopCode(OneTimeCode):
    """A one-time code by which a visitor shows that the phone or the mailbox is theirs. `phone_shown` is either."""

    LASTS = timedelta(minutes=10)
    PURPOSE = "education.workshop_code"

    registration = models.ForeignKey(
        WorkshopRegistration, on_delete=models.CASCADE, related_name="codes", verbose_name=_("registration")
    )

    class Meta:
        verbose_name = _("code of a sign-up")
        verbose_name_plural = _("codes of sign-ups")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(sealed_code__isnull=False), name="education_code_to_forget")
        ]


class Notice(models.TextChoices):
    """What a participant is told; each is a message template `education.workshop_<code in small letters>`."""

    REGISTERED = "REGISTERED", _("Has a seat")
    WAITING = "WAITING", _("On the waiting list")
    MOVED_UP = "MOVED_UP", _("A seat became free")
    CHANGED = "CHANGED", _("Time or place changed")
    CALLED_OFF = "CALLED_OFF", _("Does not take place")
    TOMORROW = "TOMORROW", _("Reminder, the day before")
    SOON = "SOON", _("Reminder, two hours before")


class GuestNotice(models.Model):
    """
    Something to tell a visitor, who has no account and so no outbox: written when it happens, sent in contact hours.

    The words are made when it leaves and kept nowhere.

    :ivar sequence: the workshop's when it was written; each is told once.
    """

    registration = models.ForeignKey(
        WorkshopRegistration, on_delete=models.CASCADE, related_name="notices", verbose_name=_("registration")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Notice)
    sequence = models.PositiveIntegerField(_("change number"), default=0)
    made_at = models.DateTimeField(_("made at"))
    not_before = models.DateTimeField(_("not before"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("given up at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice to a visitor")
        verbose_name_plural = _("notices to visitors")
        constraints = [
            models.UniqueConstraint(fields=["registration", "kind", "sequence"], name="education_guest_told_once")
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="education_guests_to_tell",
                condition=Q(sent_at__isnull=True, ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


def _rating(label: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, validators=[MinValueValidator(1), MaxValueValidator(5)])


class WorkshopFeedback(models.Model):
    """What somebody who was there thought. Nothing here says who, and the order of the rows does not either."""

    workshop = models.ForeignKey(
        Workshop, on_delete=models.CASCADE, related_name="feedback", verbose_name=_("workshop")
    )
    # Drawn, so that nobody can lay the rows beside the list of who came when.
    shuffled = models.UUIDField(editable=False)
    useful = _rating(_("useful"))
    clear = _rating(_("clear"))
    place = _rating(_("place or online room"))
    words = models.CharField(_("words"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["shuffled"]
        constraints = [
            models.CheckConstraint(
                condition=Q(useful__range=(1, 5), clear__range=(1, 5), place__range=(1, 5)),
                name="education_ratings_of_one_to_five",
            )
        ]

    def __str__(self) -> str:
        return f"{self.useful}/{self.clear}/{self.place}"
