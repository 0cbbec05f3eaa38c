"""
Whose turn it is: one file at a time, the most urgent first, and nobody picks.

One conditional update decides between people who ask at the same moment: it takes the first row in the order of the
index that nobody else is about to take. A file is let go of when its page stays closed for a while.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import WORK, CaseFile, CollectorProfile, Placement
from collections_mgmt.services.file_rows import (
    Kind,
    State,
    checked_words,
    keep,
    lock_held_file,
    make_ready,
    refuse_without,
    rules_on,
)
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.selectors.desk import own_records

BATCH = 500
ACTOR = "system:desk"
# Whether a file that is let go of goes back to the wait that it was brought out of: an agency may have nothing of the
# borrower any more by then, and nothing would wake it.
_STILL_WAITS = """(file.waited_until > %(now)s AND (file.waited_for <> 'AGENCY' OR EXISTS (
    SELECT FROM collections_mgmt_placement AS placement JOIN loans_loan AS loan ON loan.id = placement.loan_id
    WHERE placement.recalled_on IS NULL AND loan.borrower_id = file.borrower_id
)))"""


class NotACollector(DomainError):
    """The person is in no team, so no file can be theirs."""

    code = "not_a_collector"
    http_status = 409


class NoFileWaits(DomainError):
    """Nothing waits for this person now."""

    code = "no_file_waits"
    http_status = 409


@transaction.atomic
def take_next_file(*, user: User, now: datetime) -> CaseFile:
    """
    Take up the most urgent file that this person can work on: first of their own, then of what is everybody's.

    Whoever holds one already gets that one again: nobody passes one over by asking for the next. What was everybody's
    becomes theirs as long as they have room; beyond it they work on it and it stays everybody's.

    :raises MayNotWorkFiles, NotACollector, NoFileWaits: see there.
    """
    refuse_without(user, WORK)
    profile = lock_profile(user)
    wake_files(now=now)
    if held := CaseFile.objects.filter(state=State.HELD, holder=user).first():
        return held
    if profile.is_working:
        own_borrowers = list(own_records(user).values_list("pk", flat=True))
        until = now + timedelta(minutes=rules_on(now).claim_minutes)
        for is_own in (True, False):
            if file_id := _claim(profile, own_borrowers, until, is_own=is_own, keeps=is_own or has_room(profile)):
                file = CaseFile.objects.get(pk=file_id)
                keep(file, Kind.TAKEN, at=now, actor=actor_of_user(user))
                return file
    raise NoFileWaits(_("No file waits for you now. Thank you; new ones come with the night or when a wait ends."))


@transaction.atomic
def renew_claim(*, file_id: int, user: User, now: datetime) -> bool:
    """Hold a file for longer, while its page is open; return whether it is still held by this person."""
    until = now + timedelta(minutes=rules_on(now).claim_minutes)
    held = CaseFile.objects.filter(pk=file_id, state=State.HELD, holder=user)
    return held.update(held_until=until) == 1


@transaction.atomic
def give_back_file(*, file_id: int, words: str, user: User, now: datetime) -> CaseFile:
    """
    Give a file back, so that it is the next one for somebody else; what somebody who called brought out of a wait goes
    back to it.

    :raises MayNotWorkFiles, FileNotFound, FileNotHeld, WordsRefused: see there.
    """
    file = lock_held_file(file_id, user)
    said = checked_words(words, on=lender_date(now))
    if still_waits(file, now=now):
        file.state, file.holder, file.held_until = State.WAITING, None, None
        file.waits_for, file.next_action_at = file.waited_for, file.waited_until
    else:
        make_ready(file)
        file.passed_by, file.collector = user, None
    file.save(update_fields=["state", "holder", "held_until", "waits_for", "next_action_at", "passed_by", "collector"])
    keep(file, Kind.GIVEN_BACK, at=now, actor=actor_of_user(user), words=said)
    return file


@transaction.atomic
def wake_files(*, now: datetime) -> int:
    """
    Make ready what has waited long enough and what nobody holds any more; return how many there were.

    What somebody who called brought out of a wait goes back to it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE collections_mgmt_casefile SET state = 'READY', next_action_at = NULL, waits_for = ''
            WHERE id IN (
                SELECT id FROM collections_mgmt_casefile WHERE state = 'WAITING' AND next_action_at <= %(now)s
                ORDER BY next_action_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
            )
            """,
            {"now": now, "most": BATCH},
        )
        woken = cursor.rowcount
        cursor.execute(
            f"""
            WITH let_go AS (
                UPDATE collections_mgmt_casefile AS file
                SET state = CASE WHEN {_STILL_WAITS} THEN 'WAITING' ELSE 'READY' END, holder_id = NULL,
                    held_until = NULL, waits_for = CASE WHEN {_STILL_WAITS} THEN file.waited_for ELSE '' END,
                    next_action_at = CASE WHEN {_STILL_WAITS} THEN file.waited_until END
                WHERE id IN (
                    SELECT id FROM collections_mgmt_casefile WHERE state = 'HELD' AND held_until <= %(now)s
                    ORDER BY held_until LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
                )
                RETURNING id
            )
            INSERT INTO collections_mgmt_casefileevent (file_id, kind, at, actor)
            SELECT id, 'LET_GO', %(now)s, %(actor)s FROM let_go
            """,  # noqa: S608 – a constant of this module
            {"now": now, "most": BATCH, "actor": ACTOR},
        )
        return woken + cursor.rowcount


def still_waits(file: CaseFile, *, now: datetime) -> bool:
    """Whether a held file goes back to the wait that it was brought out of, see `_STILL_WAITS`."""
    if file.waited_until is None or file.waited_until <= now:
        return False
    there = Placement.objects.running().filter(loan__borrower=file.borrower_id)
    return file.waited_for != CaseFile.Wait.AGENCY or there.exists()


def lock_profile(user: User) -> CollectorProfile:
    """
    Let two windows of one person come one after the other.

    :raises NotACollector: see there.
    """
    profile = CollectorProfile.objects.select_for_update(no_key=True).filter(user=user, team__is_active=True).first()
    if profile is None:
        raise NotACollector(_("You are in no team yet, so no files come to you. Ask whoever leads the desk."))
    return profile


def has_room(profile: CollectorProfile) -> bool:
    """Whether a locked profile can have one more file as its own."""
    return CaseFile.objects.open().filter(collector=profile.pk).count() < profile.capacity


def _claim(
    profile: CollectorProfile, own_borrowers: list[int], until: datetime, *, is_own: bool, keeps: bool
) -> int | None:
    # What is somebody's own was given to them by name, whatever it needs.
    whose = (
        "collector_id = %(user)s"
        if is_own
        else "collector_id IS NULL AND language = ANY(%(languages)s::varchar[]) AND skills <@ %(skills)s::varchar[]"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE collections_mgmt_casefile SET state = 'HELD', holder_id = %(user)s, held_until = %(until)s,
                collector_id = %(collector)s, passed_by_id = NULL, waited_for = '', waited_until = NULL
            WHERE state = 'READY' AND id = (
                SELECT id FROM collections_mgmt_casefile
                WHERE state = 'READY' AND team_id = %(team)s AND {whose}
                  AND passed_by_id IS DISTINCT FROM %(user)s AND borrower_id <> ALL(%(own)s::bigint[])
                ORDER BY priority DESC, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING id
            """,  # noqa: S608 – constants of this function
            {
                "user": profile.pk,
                "collector": profile.pk if keeps else None,
                "team": profile.team_id,
                "until": until,
                "languages": profile.languages,
                "skills": profile.skills,
                "own": own_borrowers,
            },
        )
        claimed = cursor.fetchone()
    return claimed[0] if claimed else None
