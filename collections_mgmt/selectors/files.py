"""What the desk counts: files that are ready for a person, held, waiting, and clocks that ran out."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet

from collections_mgmt.models import CaseFile, CaseFileEvent, CollectorProfile
from dashu.users.models import User


def own_counts(user: User, *, today: date) -> Mapping[str, int]:
    """Return how many files are ready for this person, held by them, waiting of theirs, and late; one query."""
    profile = CollectorProfile.objects.filter(user=user, is_working=True).first()
    team_id = profile.team_id if profile else None
    languages = profile.languages if profile else []
    skills = profile.skills if profile else []
    mine = Q(collector=user)
    pool = Q(collector=None, language__in=languages, skills__contained_by=skills)
    ready = Q(state="READY", team=team_id) & (mine | pool) & (Q(passed_by=None) | ~Q(passed_by=user))
    counts: Mapping[str, int] = (
        CaseFile.objects.open()
        .filter(Q(team=team_id) | mine)
        .aggregate(
            ready=Count("pk", filter=ready),
            held=Count("pk", filter=Q(state="HELD", holder=user)),
            waiting=Count("pk", filter=mine & Q(state="WAITING")),
            late=Count("pk", filter=mine & _late(today)),
        )
    )
    return counts


def all_counts(*, today: date) -> Mapping[str, int]:
    """Return how many files there are by state, and what needs whoever leads the desk; one query."""
    counts: Mapping[str, int] = CaseFile.objects.open().aggregate(
        ready=Count("pk", filter=Q(state="READY")),
        held=Count("pk", filter=Q(state="HELD")),
        waiting=Count("pk", filter=Q(state="WAITING")),
        late=Count("pk", filter=_late(today)),
        nowhere=Count("pk", filter=Q(team=None)),
    )
    return counts


def people_at_the_desk() -> QuerySet[CollectorProfile]:
    return CollectorProfile.objects.select_related("user", "team").order_by("team__code", "user__pk")


def own_file_counts() -> Mapping[int, tuple[int, int]]:
    """Return by person how many open files are theirs, and how many of these wait for a day; one query."""
    own = CaseFile.objects.open().filter(collector__isnull=False).values("collector")
    found = own.annotate(all=Count("pk"), waiting=Count("pk", filter=Q(state="WAITING"))).order_by()
    return {each["collector"]: (each["all"], each["waiting"]) for each in found}


def calls_taken_up(*, most: int) -> list[CaseFileEvent]:
    """Return the latest files that were taken up because the borrower called, the newest first; one query."""
    found = CaseFileEvent.objects.filter(kind=CaseFileEvent.Kind.CALLED_IN).select_related("file__borrower")
    return list(found.order_by("-at", "-id")[:most])


def calls_taken_up_by_person(*, since: datetime) -> Mapping[str, int]:
    """Return by actor how many files they took up because the borrower called; one query."""
    found = CaseFileEvent.objects.filter(kind=CaseFileEvent.Kind.CALLED_IN, at__gte=since).values("actor")
    return {each["actor"]: each["count"] for each in found.annotate(count=Count("pk")).order_by()}


def _late(today: date) -> Q:
    return Q(contacted_at=None, contact_due_on__lt=today) | Q(review_due_on__lt=today)


def in_order(files: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
    """What is held first, then what comes back first."""
    return files.order_by(F("next_action_at").asc(nulls_first=True), "pk")
