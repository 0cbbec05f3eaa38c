"""The collections desk: one file for each borrower who is behind, the people who work on files, and what they did."""

import secrets
from typing import Any, Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dashu.reach import Reach, of_people_given
from dashu.users.models import Borrower, User, Viewer

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")

LONGEST_QUERY = 400
WORK, STEER = "collections_mgmt.work_casefile", "collections_mgmt.steer_casefile"


class Skill(models.TextChoices):
    """What somebody is trained for, beyond talking with people who are a little behind."""

    VULNERABLE = "vulnerable", _("People at risk of harm")
    SME = "sme", _("Businesses")
    LEGAL = "legal", _("Legal questions")


def skills_field(label: Any, **more: Any) -> Any:
    return ArrayField(
        models.CharField(max_length=20, choices=Skill), verbose_name=label, default=list, db_default=[], **more
    )


class Team(models.Model):
    """
    People who work on the same files.

    :ivar first_level, last_level: of the files that come to them; see the rule `collections.levels`.
    :ivar skills: that files may need which come to them; a team without takes files that need none.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    first_level = models.PositiveSmallIntegerField(_("from level"), db_default=1, default=1)
    last_level = models.PositiveSmallIntegerField(_("up to level"), db_default=4, default=4)
    skills = skills_field(_("skills"), blank=True)
    is_active = models.BooleanField(_("active"), db_default=True, default=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_level__gte=1, last_level__gte=F("first_level")), name="collections_team_levels_agree"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CollectorProfile(models.Model):
    """
    How somebody works on files.

    :ivar capacity: how many open files they have as their own at most.
    :ivar is_working: whether new files come to them; what they have stays theirs.
    :ivar trained_at: when they last finished the walk of training, and `walks` how often.
    """

    user = models.OneToOneField(
        User,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="collector",
        limit_choices_to={"is_staff": True, "is_active": True},
        verbose_name=_("person"),
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="collectors", verbose_name=_("team"))
    languages = ArrayField(
        models.CharField(max_length=10, choices=settings.LANGUAGES), verbose_name=_("languages"), default=list
    )
    skills = skills_field(_("skills"), blank=True)
    capacity = models.PositiveSmallIntegerField(_("files of their own, at most"), db_default=40, default=40)
    is_working = models.BooleanField(_("working now"), db_default=True, default=True)
    trained_at = models.DateTimeField(_("training finished"), null=True, blank=True, editable=False)
    walks = models.PositiveSmallIntegerField(_("walks of training"), db_default=0, default=0, editable=False)

    class Meta:
        verbose_name = _("collector")
        verbose_name_plural = _("collectors")
        ordering = ["team", "user"]

    def __str__(self) -> str:
        return str(self.user)


def new_file_number() -> str:
    return f"F{secrets.randbelow(10**12):012d}"


def works_files(user: Viewer) -> bool:
    """Whether files are given to this person one by one, so that they see no others."""
    return user.has_perm(WORK) and not user.has_perm(STEER)


class CaseFileQuerySet(models.QuerySet["CaseFile"]):
    def visible_to(self, user: Viewer) -> Self:
        """
        Whoever steers the desk, or only looks at it, sees all. Whoever works there sees what they hold and what of
        theirs waits for a day: what comes next is given to them, not picked.
        """
        if not user.is_authenticated or not user.is_active or not user.has_perm("collections_mgmt.view_casefile"):
            return self.none()
        if not works_files(user):
            return self
        return self.filter(Q(state="HELD", holder=user.pk) | Q(state="WAITING", collector=user.pk))

    def open(self) -> Self:
        return self.exclude(state="CLOSED")


def of_files_seen(rows: Rows, user: Viewer, *, borrower: str = "loan__borrower") -> Rows:
    """
    Leave out, for whoever works on files, the rows of borrowers whose file they do not see: what lies at a file is
    reached through it, so that no other list is a way to pick one.
    """
    return of_people_given(rows, user, borrower=borrower)


def reach_of(user: Viewer) -> Reach | None:
    """Return whom somebody works with who works on files: whose file they see, and whose open file they do not."""
    if not works_files(user):
        return None
    seen = CaseFile.objects.visible_to(user).values("borrower")
    return Reach(seen, CaseFile.objects.open().exclude(borrower__in=seen).values("borrower"))


class CaseFile(models.Model):
    """
    Everything about one borrower who is behind, from the first open case to the end of the last.

    Opened, weighed anew and closed by SQL, see `services.files_sql`; facts and weights are those of `weighed_on`.

    :ivar state: READY: somebody can take it up. HELD: `holder` works on it. WAITING: until `next_action_at`.
    :ivar collector: whose file it is; None: whoever of the team is free.
    :ivar held_until: when it is let go of unless its page is still open.
    :ivar waited_for, waited_until: the wait from which somebody who called brought it; it goes back there unless
        something is decided while it is held.
    :ivar passed_by: who gave it back last; it does not come to them again before somebody else had it.
    :ivar value_minor: overdue on all loans. :ivar days: the most effective days past due.
    :ivar contact_due_on: by then somebody has tried to reach the borrower; `contacted_at` stops this clock.
    """

    class State(models.TextChoices):
        READY = "READY", _("Ready to be taken up")
        HELD = "HELD", _("Being worked on")
        WAITING = "WAITING", _("Waits")
        CLOSED = "CLOSED", _("Closed")

    class Wait(models.TextChoices):
        PROMISE = "PROMISE", _("A promise runs")
        HOLD = "HOLD", _("A hold runs")
        ANSWER = "ANSWER", _("We wait for an answer")
        PAYMENT = "PAYMENT", _("A payment is on its way")
        AGENCY = "AGENCY", _("An agency has it")
        LOOKED = "LOOKED", _("Looked at; nothing to do now")
        OTHER = "OTHER", _("Another reason")

    number = models.CharField(_("case file"), max_length=16, unique=True, default=new_file_number)
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="files", verbose_name=_("borrower"))
    state = models.CharField(_("state"), max_length=8, choices=State, db_default="READY", default=State.READY)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("team")
    )
    collector = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("belongs to"),
    )
    holder = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("held by"),
    )
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    passed_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("given back by"),
    )
    next_action_at = models.DateTimeField(_("comes back"), null=True, blank=True)
    waits_for = models.CharField(_("waits because"), max_length=8, choices=Wait, blank=True, db_default="", default="")
    waited_for = models.CharField(max_length=8, choices=Wait, blank=True, db_default="", default="", editable=False)
    waited_until = models.DateTimeField(null=True, blank=True, editable=False)
    level = models.PositiveSmallIntegerField(_("level"), db_default=1, default=1)
    language = models.CharField(_("language"), max_length=10, db_default="zh-hans", default="zh-hans")
    skills = skills_field(_("needs"), blank=True)
    facts = ArrayField(models.CharField(max_length=20), verbose_name=_("facts"), default=list, db_default=[])
    currency = models.CharField(_("currency"), max_length=3, db_default="CNY", default="CNY")
    value_minor = models.BigIntegerField(_("overdue"), db_default=0, default=0)
    days = models.PositiveIntegerField(_("days past due"), db_default=0, default=0)
    cure_bps = models.PositiveSmallIntegerField(_("chance of cure"), db_default=0, default=0)
    harm_bps = models.PositiveSmallIntegerField(_("risk of harm"), db_default=0, default=0)
    is_care = models.BooleanField(_("special care"), db_default=False, default=False)
    priority = models.BigIntegerField(_("priority"), db_default=0, default=0)
    weighed_on = models.DateField(_("weighed on"))
    contact_due_on = models.DateField(_("first contact due"))
    contacted_at = models.DateTimeField(_("first contact"), null=True, blank=True)
    review_due_on = models.DateField(_("next look due"))

    objects = CaseFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("case file")
        verbose_name_plural = _("case files")
        permissions = [
            ("work_casefile", "Can take up files and work on them"),
            ("steer_casefile", "Can give files to people and teams"),
        ]
        indexes = [
            # Whose turn it is: what is a person's own, and what is everybody's of a team.
            models.Index(
                fields=["team", "collector", "-priority", "id"],
                condition=Q(state="READY"),
                name="collections_file_turn",
            ),
            models.Index(fields=["next_action_at"], condition=Q(state="WAITING"), name="collections_file_wakes"),
            models.Index(fields=["held_until"], condition=Q(state="HELD"), name="collections_file_let_go"),
            models.Index(fields=["holder"], condition=Q(state="HELD"), name="collections_file_holder"),
            models.Index(
                fields=["collector", "next_action_at"],
                condition=Q(collector__isnull=False) & ~Q(state="CLOSED"),
                name="collections_file_own",
            ),
            models.Index(fields=["-priority", "id"], condition=~Q(state="CLOSED"), name="collections_file_list"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=~Q(state="CLOSED"), name="collections_one_open_file"
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_on__gte=F("opened_on"))
                | (~Q(state="CLOSED") & Q(closed_on__isnull=True)),
                name="collections_file_dates_agree",
            ),
            models.CheckConstraint(
                condition=Q(state="HELD", holder__isnull=False, held_until__isnull=False)
                | (~Q(state="HELD") & Q(holder__isnull=True, held_until__isnull=True)),
                name="collections_file_held_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state="WAITING", next_action_at__isnull=False) & ~Q(waits_for=""))
                | (~Q(state="WAITING") & Q(next_action_at__isnull=True, waits_for="")),
                name="collections_file_waits_for_something",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state != self.State.CLOSED


class CaseFileEvent(models.Model):
    """
    What was done with a file, and notes. Rows are only ever added.

    :ivar words: a note, or why; only colleagues read it, and the borrower when they ask for what is kept.
    :ivar data: whole numbers, codes and days.
    """

    class Kind(models.TextChoices):
        OPENED = "OPENED", _("File opened")
        TAKEN = "TAKEN", _("Taken up")
        CALLED_IN = "CALLED_IN", _("Taken up because they called")
        GIVEN_BACK = "GIVEN_BACK", _("Given back")
        LET_GO = "LET_GO", _("Let go of: nobody had its page open")
        PUT_OFF = "PUT_OFF", _("Put off")
        NOTE = "NOTE", _("Note")
        CALLS_OK = "CALLS_OK", _("May be called again")
        AGREED = "AGREED", _("Agreed with the borrower")
        ASSIGNED = "ASSIGNED", _("Given to somebody")
        MOVED = "MOVED", _("Moved to a team")
        CLOSED = "CLOSED", _("File closed")

    file = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="events", verbose_name=_("case file"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("at"))
    actor = models.TextField(_("by"))
    words = models.TextField(_("words"), blank=True, db_default="", default="")
    data = models.JSONField(_("values"), default=dict, db_default={})

    class Meta:
        verbose_name = _("event of a file")
        verbose_name_plural = _("events of files")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["file", "-at", "-id"], name="collections_file_events"),
            models.Index(fields=["at"], condition=Q(kind="NOTE"), name="collections_notes_by_day"),
            models.Index(fields=["-at", "-id"], condition=Q(kind="CALLED_IN"), name="collections_file_callers"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.kind}"


class FileWork(models.Model):
    """
    By which team and strategy a file was worked on, from a day to a day. No two rows of a borrower share a day.

    Written when a close has weighed the files, and when one changes by day, see `services.note_work`: figures of a day
    are those of whoever worked then, also when the file closes that very night.

    :ivar until: the last day, included; None while it lasts.
    :ivar team, strategy: by code, as the figures have them; empty for none.
    """

    file = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, related_name="work", db_index=False, verbose_name=_("case file")
    )
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    team = models.CharField(_("team"), max_length=60, blank=True, db_default="", default="")
    strategy = models.CharField(_("strategy"), max_length=60, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("work on a file")
        verbose_name_plural = _("work on files")
        constraints = [
            models.UniqueConstraint(fields=["borrower", "since"], name="collections_file_work_begins_once"),
            models.UniqueConstraint(
                fields=["file"], condition=Q(until__isnull=True), name="collections_file_work_now_once"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="collections_file_work_dates_agree"),
        ]
        indexes = [models.Index(fields=["file"], name="collections_file_work")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.since}"


class SavedFilter(models.Model):
    """A way to look at the list of files that somebody wants to come back to. :ivar query: of the list's address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filter"), max_length=LONGEST_QUERY)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="collections_filter_once")]

    def __str__(self) -> str:
        return self.name
