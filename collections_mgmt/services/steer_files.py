"""
Giving files to people and teams: by the rules each night, or by whoever leads the desk, who sees before who gets what.

A preview is a plan; carrying it out works the plan out anew under the files' locks and refuses where it came out
different, so what was seen is what is done.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.sharing import Person, Work, share_out
from collections_mgmt.models import STEER, CaseFile, CaseFileEvent, CollectorProfile, Team
from collections_mgmt.services.file_rows import (
    Kind,
    State,
    checked_wait,
    checked_words,
    let_wait,
    make_ready,
    refuse_without,
    rules_on,
)
from collections_mgmt.services.note_work import note_work
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User

MOST = 5_000  # files in one act of a person


class PlanChanged(DomainError):
    """Since it was shown who gets what, files or people changed."""

    code = "plan_changed"
    http_status = 409


class NothingToGive(DomainError):
    """No open file is meant, or too many are."""

    code = "nothing_to_give"


class NobodySuits(DomainError):
    """The person or the team cannot take these files."""

    code = "nobody_suits"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Who gets which file.

    :param given: the new owner by the file's id; None: whoever of the team is free.
    :param left: files that suit nobody with room; they stay where they are.
    """

    given: Mapping[int, int | None]
    left: tuple[int, ...]

    @property
    def counts(self) -> Mapping[int | None, int]:
        return Counter(self.given.values())

    @property
    def token(self) -> str:
        told = ",".join(f"{file}:{user}" for file, user in sorted(self.given.items()))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def share_out_files(*, now: datetime, actor: str) -> int:
    """Give files that are nobody's to those who work now and have room; return how many. Nightly, and on demand."""
    with transaction.atomic():
        # Whoever takes one up at this moment is left out: another would be one too many.
        people = _people(_working().select_for_update(of=("self",), no_key=True, skip_locked=True))
        room = sum(max(person.room, 0) for person in people)
        waiting = CaseFile.objects.filter(state=State.READY, collector=None, team__isnull=False)
        # Twice the room, because the first ones may need what nobody with room has.
        files = list(_locked(waiting.order_by("-priority", "pk")[: 2 * room])) if room else []
        given = share_out(_works(files), people)
        _give({file.pk: given[file.pk] for file in files if file.pk in given}, at=now, actor=actor)
        return len(given)


def plan_rebalance(*, from_user_id: int, most: int | None, to_user_ids: Collection[int], to_pool: bool) -> Plan:
    """
    Plan how files of one person go to others. What that person holds at this moment stays with them.

    :param most: how many, the least urgent first; None for all.
    :param to_user_ids: who may get them; empty for everybody who works in the team.
    :param to_pool: rather give them to nobody: whoever is free takes them up.
    """
    own = CaseFile.objects.filter(collector=from_user_id, state__in=[State.READY, State.WAITING])
    files = list(own.order_by("priority", "-pk")[: min(most or MOST, MOST)])
    if to_pool:
        return Plan({file.pk: None for file in files}, ())
    people = [
        person
        for person in _people(_working())
        if person.user_id != from_user_id and (not to_user_ids or person.user_id in to_user_ids)
    ]
    given = share_out(_works(reversed(files)), people)
    return Plan(dict(given), tuple(file.pk for file in files if file.pk not in given))


@transaction.atomic
def rebalance(
    *,
    from_user_id: int,
    most: int | None,
    to_user_ids: Collection[int],
    to_pool: bool,
    token: str,
    user: User,
    now: datetime,
) -> Plan:
    """
    Carry out what `plan_rebalance` showed, all of it or nothing.

    :param token: of the plan that was seen.
    :raises MayNotWorkFiles: the person does not lead the desk.
    :raises PlanChanged, NothingToGive: see there.
    """
    refuse_without(user, STEER)
    list(_working().select_for_update(of=("self",), no_key=True))
    own = CaseFile.objects.filter(collector=from_user_id, state__in=[State.READY, State.WAITING])
    list(_locked(own.order_by("pk")))
    plan = plan_rebalance(from_user_id=from_user_id, most=most, to_user_ids=to_user_ids, to_pool=to_pool)
    if plan.token != token:
        raise PlanChanged(_("Files or people have changed meanwhile. Look at the new plan, then carry it out."))
    if not plan.given:
        raise NothingToGive(_("There is no file to give."))
    actor = actor_of_user(user)
    _give(plan.given, at=now, actor=actor)
    _note("collections.files_rebalanced", actor, files=len(plan.given), **{"from": from_user_id})
    return plan


@transaction.atomic
def give_files(
    *, file_ids: Collection[int], to_user_id: int | None, user: User, now: datetime, seen: str | None = None
) -> int:
    """
    Give files to one person, or to nobody; return how many changed hands. Nobody's open page is taken away.

    :raises MayNotWorkFiles, NothingToGive, PlanChanged, NobodySuits: see there.
    """
    refuse_without(user, STEER)
    profiles = CollectorProfile.objects.select_for_update(of=("self",), no_key=True)
    profile = profiles.filter(pk=to_user_id, user__is_active=True).first()
    files = _chosen(file_ids, seen)
    changed = {file.pk: to_user_id for file in files if file.collector_id != to_user_id and file.state != State.HELD}
    if to_user_id is not None:
        if profile is None:
            raise NobodySuits(_("Choose somebody who works on files."), field="to_user")
        wrong = [file.number for file in files if not _suits(profile, file)]
        if wrong:
            raise NobodySuits(
                _("%(person)s is of another team, or lacks a language or a skill, for: %(files)s."),
                field="to_user",
                params={"person": str(profile.user), "files": ", ".join(wrong[:10])},
            )
        room = max(0, profile.capacity - CaseFile.objects.open().filter(collector=profile.pk).count())
        if len(changed) > room:
            raise NobodySuits(
                _("%(person)s has room for %(room)s more files, and you chose %(count)s."),
                field="to_user",
                params={"person": str(profile.user), "room": room, "count": len(changed)},
            )
    actor = actor_of_user(user)
    _give(changed, at=now, actor=actor)
    if changed:
        _note("collections.files_given", actor, files=len(changed), to=to_user_id)
    return len(changed)


@transaction.atomic
def move_files(*, file_ids: Collection[int], team_id: int, user: User, now: datetime, seen: str | None = None) -> int:
    """
    Move files to another team, where they are nobody's; return how many moved.

    :raises MayNotWorkFiles, NothingToGive, PlanChanged, NobodySuits: see there.
    """
    refuse_without(user, STEER)
    files = _chosen(file_ids, seen)
    team = Team.objects.filter(pk=team_id, is_active=True).first()
    wrong = [file.number for file in files if team and not _comes_to(team, file)]
    if team is None or wrong:
        raise NobodySuits(
            _("These files need other skills or are of another level than this team's: %(files)s."),
            field="team",
            params={"files": ", ".join(wrong[:10])},
        )
    moved = [file for file in files if file.team_id != team.pk and file.state != State.HELD]
    CaseFile.objects.filter(pk__in=[file.pk for file in moved]).update(team=team, collector=None)
    with connection.cursor() as cursor:
        note_work(cursor, since=lender_date(now), file_ids=[file.pk for file in moved])
    actor = actor_of_user(user)
    _events(Kind.MOVED, {file.pk: {"team": team.code} for file in moved}, at=now, actor=actor)
    if moved:
        _note("collections.files_moved", actor, files=len(moved), team=team.code)
    return len(moved)


@transaction.atomic
def put_off_files(
    *, file_ids: Collection[int], until: date, words: str, user: User, now: datetime, seen: str | None = None
) -> int:
    """
    Let files wait; return how many. What somebody holds at this moment stays with them, and so does what an agency has.

    :raises MayNotWorkFiles, NothingToGive, PlanChanged, WaitRefused, WordsRefused: see there.
    """
    refuse_without(user, STEER)
    today, rules = lender_date(now), rules_on(now)
    said, day = checked_words(words, on=today), checked_wait(until, today=today, rules=rules)
    files = [file for file in _chosen(file_ids, seen) if file.state != State.HELD and not _is_away(file)]
    for file in files:
        let_wait(file, why=CaseFile.Wait.OTHER.value, until=day, today=today, rules=rules)
    CaseFile.objects.bulk_update(files, ["state", "waits_for", "next_action_at", "review_due_on"], batch_size=500)
    actor = actor_of_user(user)
    told = {"why": CaseFile.Wait.OTHER.value, "until": day.isoformat()}
    _events(Kind.PUT_OFF, {file.pk: told for file in files}, at=now, actor=actor, words=said)
    if files:
        _note("collections.files_put_off", actor, files=len(files), until=day)
    return len(files)


@transaction.atomic
def call_back_files(*, file_ids: Collection[int], user: User, now: datetime, seen: str | None = None) -> int:
    """
    Make files ready that wait; return how many there were. What an agency has comes back with its loan, not before.

    :raises MayNotWorkFiles, NothingToGive, PlanChanged: see there.
    """
    refuse_without(user, STEER)
    files = [file for file in _chosen(file_ids, seen) if file.state == State.WAITING and not _is_away(file)]
    for file in files:
        make_ready(file)
    CaseFile.objects.bulk_update(files, ["state", "waits_for", "next_action_at"], batch_size=500)
    if files:
        _note("collections.files_called_back", actor_of_user(user), files=len(files))
    return len(files)


def _working() -> QuerySet[CollectorProfile]:
    """Everybody who works now; they are locked before files."""
    working = CollectorProfile.objects.filter(is_working=True, user__is_active=True, team__is_active=True)
    return working.order_by("pk")


def _people(working: QuerySet[CollectorProfile]) -> list[Person]:
    """Those who work, with how many more files they can have as their own."""
    profiles = list(working)
    own = CaseFile.objects.open().filter(collector__in=[profile.pk for profile in profiles])
    counts = dict(own.values_list("collector").annotate(Count("pk")))
    return [
        Person(
            profile.pk,
            profile.team_id,
            frozenset(profile.languages),
            frozenset(profile.skills),
            profile.capacity - counts.get(profile.pk, 0),
        )
        for profile in profiles
    ]


def _works(files: Iterable[CaseFile]) -> list[Work]:
    return [
        Work(file.pk, file.team_id, file.language, frozenset(file.skills)) for file in files if file.team_id is not None
    ]


def _suits(profile: CollectorProfile, file: CaseFile) -> bool:
    person = Person(profile.pk, profile.team_id, frozenset(profile.languages), frozenset(profile.skills), 1)
    return file.team_id is not None and person.suits(_works([file])[0])


def _is_away(file: CaseFile) -> bool:
    return file.state == State.WAITING and file.waits_for == CaseFile.Wait.AGENCY


def _comes_to(team: Team, file: CaseFile) -> bool:
    return set(file.skills) <= set(team.skills) and team.first_level <= file.level <= team.last_level


def token_of(file_ids: Collection[int]) -> str:
    """Return what an act on many files is shown by: it differs as soon as one of them does."""
    return _token(CaseFile.objects.open().filter(pk__in=file_ids).order_by("pk"))


def _token(files: Iterable[CaseFile]) -> str:
    told = ",".join(
        f"{file.pk}:{file.state}:{file.holder_id}:{file.collector_id}:{file.team_id}:{file.waits_for}" for file in files
    )
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _chosen(file_ids: Collection[int], seen: str | None) -> list[CaseFile]:
    """
    :param seen: `token_of` the files when they were shown; None where nobody looked at them first.
    :raises NothingToGive: none of them is open, or more are meant than one act takes.
    :raises PlanChanged: somebody did something with one of them since.
    """
    files = list(_locked(CaseFile.objects.open().filter(pk__in=file_ids).order_by("pk"))) if file_ids else []
    if not files or len(file_ids) > MOST:
        raise NothingToGive(_("Choose at least one open file, and at most %(most)s."), params={"most": MOST})
    if seen is not None and _token(files) != seen:
        raise PlanChanged(_("Some of these files have changed meanwhile. Look at them again, then carry it out."))
    return files


def _locked(files: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
    return files.select_for_update(of=("self",), no_key=True)


def _give(given: Mapping[int, int | None], *, at: datetime, actor: str) -> None:
    """Change hands, set-based, of files that nobody holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH changed AS (
                UPDATE collections_mgmt_casefile AS file SET collector_id = one.user_id
                FROM unnest(%(files)s::bigint[], %(users)s::bigint[]) AS one (file_id, user_id)
                WHERE file.id = one.file_id AND file.state IN ('READY', 'WAITING')
                RETURNING file.id, one.user_id
            )
            INSERT INTO collections_mgmt_casefileevent (file_id, kind, at, actor, data)
            SELECT id, 'ASSIGNED', %(at)s, %(actor)s, jsonb_build_object('to', user_id) FROM changed
            """,
            {"files": list(given), "users": list(given.values()), "at": at, "actor": actor},
        )


def _events(kind: str, data: Mapping[int, dict[str, str]], *, at: datetime, actor: str, words: str = "") -> None:
    CaseFileEvent.objects.bulk_create(
        CaseFileEvent(file_id=pk, kind=kind, at=at, actor=actor, words=words, data=told) for pk, told in data.items()
    )


def _note(action: str, actor: str, **data: object) -> None:
    audit.record(action=action, subject_type="desk", subject_id="files", actor=actor, data=data)
