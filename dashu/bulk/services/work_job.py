"""
Work the lines of a job, a range at a time.

A range is claimed by a conditional update under a token of its own, and held by its row's lock for as long as one line
takes. A line, what it made and the range's counts are committed together. So a killed worker leaves every line either
done or untouched; whoever takes the range up after it goes on with the first line that waits, and a worker that was
thought to be dead finds that its token no longer holds.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import translation

from dashu.alerts.services import raise_alert_if_possible
from dashu.bulk.kinds import Doing, Done, JobKind, kind_of
from dashu.bulk.models import BulkJob, JobLine, JobRange
from dashu.kernel.errors import DomainError, InvalidInput, _

# Without a sign of life for so long, a worker is lost; a line takes a fraction of a second.
LOST_AFTER = timedelta(seconds=60)
ALERT_AFTER, MOST_ATTEMPTS = 3, 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)

Outcome = JobLine.Outcome


class LineFailed(InvalidInput):
    """We failed at the line, again and again. Nothing of it was written; it may be sent again."""

    code = "internal_error"


class _OnlyChecked(Exception):
    """Takes a line back that was worked only to see whether it would do."""

    def __init__(self, done: Done) -> None:
        super().__init__()
        self.done = done


@dataclass(frozen=True, slots=True)
class _Claim:
    """A range that a worker took up, and how its lines are to be worked."""

    range_id: int
    token: UUID
    attempts: int
    job: BulkJob
    kind: JobKind
    doing: Doing
    clock: Callable[[], datetime]


def work_next_range(*, job_id: int, today: date, clock: Callable[[], datetime]) -> int | None:
    """
    Work a range of the job, the one first that failed least often; return how many lines, None when none is to be had.

    :param today: on which the lines are booked. :param clock: gives the moment of each sign of life.
    """
    claimed = _claim(job_id, now=clock())
    if claimed is None:
        return None
    range_id, token, attempts = claimed
    job = BulkJob.objects.select_related("partner__user").get(pk=job_id)
    doing = Doing(partner=job.partner, actor=f"partner:{job.partner.code}", today=today)
    claim = _Claim(range_id, token, attempts, job, kind_of(job.kind), doing, clock)
    try:
        with translation.override(job.language):
            return _work(claim)
    except (OperationalError, InterfaceError):
        raise  # it says nothing about the line; the range is taken up again once its worker is missed
    except Exception as error:
        _note_failure(claim, error)
        raise


def _claim(job_id: int, *, now: datetime) -> tuple[int, UUID, int] | None:
    token = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE bulk_jobrange SET status = 'RUNNING', claim = %(token)s, beat_at = %(now)s, attempts = attempts + 1
            WHERE id = (
                SELECT item.id FROM bulk_jobrange AS item
                JOIN bulk_bulkjob AS job ON job.id = item.job_id AND job.status = 'RUNNING'
                JOIN users_partner AS partner ON partner.id = job.partner_id AND partner.is_active
                WHERE item.job_id = %(job)s
                  AND (item.status = 'WAITING' AND (item.next_at IS NULL OR item.next_at <= %(now)s)
                       OR item.status = 'RUNNING' AND item.beat_at <= %(lost)s)
                  AND %(most)s > (
                      SELECT count(*) FROM bulk_jobrange AS other
                      WHERE other.job_id = item.job_id AND other.status = 'RUNNING' AND other.beat_at > %(lost)s
                  )
                ORDER BY item.attempts, item.first LIMIT 1
                FOR UPDATE OF item SKIP LOCKED
            )
            RETURNING id, attempts
            """,
            {"token": token, "now": now, "job": job_id, "lost": now - LOST_AFTER, "most": settings.BULK_AT_ONCE},
        )
        found = cursor.fetchone()
    return (found[0], token, found[1]) if found else None


def _work(claim: _Claim) -> int:
    bounds = JobRange.objects.filter(pk=claim.range_id).values_list("first", "end").get()
    waiting = JobLine.objects.filter(
        job=claim.job, number__gte=bounds[0], number__lt=bounds[1], outcome=Outcome.WAITING
    ).order_by("number")
    lines = list(waiting)
    if lines and claim.attempts > MOST_ATTEMPTS:
        # It broke whoever came to it, so that the others behind it would never have their turn.
        failed = LineFailed(_("We failed at this line. Nothing of it was written; send it again, or ask the lender."))
        _keep(claim, [_refused(lines.pop(0), failed)])
        claim = replace(claim, attempts=0)
    worked = 0
    # Lines that write nothing go together, until one of them fails and has to be told from the others.
    is_together = not claim.kind.writes and claim.attempts <= 1
    for part in [lines] if is_together else [[line] for line in lines]:
        if not _work_lines(claim, part):
            return worked
        worked += len(part)
    _release(claim)
    return worked


@transaction.atomic
def _work_lines(claim: _Claim, lines: list[JobLine]) -> bool:
    """Work lines in one transaction; False where the range is no longer ours, and nothing was done."""
    if not _hold(claim):
        return False
    for line in lines:
        _work_line(claim, line)
    _write(claim, lines)
    return True


@transaction.atomic
def _keep(claim: _Claim, lines: list[JobLine]) -> None:
    if _hold(claim):
        _write(claim, lines)


def _hold(claim: _Claim) -> bool:
    """Lock the range, unless it was cancelled or given to another worker, or the partner is not active any more."""
    mine = JobRange.objects.filter(
        pk=claim.range_id, claim=claim.token, status=JobRange.Status.RUNNING, job__partner__is_active=True
    )
    return mine.select_for_update(of=("self",)).values_list("pk", flat=True).first() is not None


def _work_line(claim: _Claim, line: JobLine) -> None:
    try:
        done = _performed(claim, line)
    except DomainError as refusal:
        _refused(line, refusal)
        return
    line.outcome = Outcome.KNOWN if done.is_known else Outcome.DONE
    line.code, line.detail, line.field, line.result = "", "", "", done.result


def _performed(claim: _Claim, line: JobLine) -> Done:
    """Have the line worked, all of it or nothing."""
    if not claim.kind.writes:
        return claim.kind.perform(line.data, claim.doing)
    try:
        with transaction.atomic():
            done = claim.kind.perform(line.data, claim.doing)
            if claim.job.is_trial:
                raise _OnlyChecked(done)
            return done
    except _OnlyChecked as checked:
        return checked.done


def _refused(line: JobLine, refusal: DomainError) -> JobLine:
    line.outcome, line.code, line.detail = Outcome.REFUSED, refusal.code, refusal.user_message
    line.field, line.result = (refusal.field or "")[:80], {}
    return line


def _write(claim: _Claim, lines: list[JobLine]) -> None:
    """Keep what became of the lines, and the sign of life."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE bulk_jobline AS line
            SET outcome = new.outcome, code = new.code, detail = new.detail, field = new.field,
                result = new.result::jsonb
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                AS new (id, outcome, code, detail, field, result)
            WHERE line.id = new.id
            """,
            [
                [line.pk for line in lines],
                [line.outcome for line in lines],
                [line.code for line in lines],
                [line.detail for line in lines],
                [line.field for line in lines],
                [json.dumps(line.result, ensure_ascii=False) for line in lines],
            ],
        )
    counts: dict[str, Any] = {
        name: F(name) + sum(line.outcome == outcome for line in lines)
        for name, outcome in (("done", Outcome.DONE), ("known", Outcome.KNOWN), ("refused", Outcome.REFUSED))
    }
    JobRange.objects.filter(pk=claim.range_id).update(**counts, beat_at=claim.clock(), attempts=0, error="")


def _release(claim: _Claim) -> None:
    JobRange.objects.filter(pk=claim.range_id, claim=claim.token, status=JobRange.Status.RUNNING).update(
        status=JobRange.Status.DONE, claim=None, attempts=0
    )


def _note_failure(claim: _Claim, error: Exception) -> None:
    """Leave the range to another attempt after a while; the lines before the one that failed are done."""
    mine = JobRange.objects.filter(pk=claim.range_id, claim=claim.token, status=JobRange.Status.RUNNING)
    attempts = mine.values_list("attempts", flat=True).first()
    if attempts is None:
        return
    attempts = max(attempts, 1)
    wait = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    mine.update(
        status=JobRange.Status.WAITING,
        claim=None,
        attempts=attempts,
        next_at=claim.clock() + wait,
        error=f"{type(error).__name__}: {error}"[:1000],
    )
    if attempts >= ALERT_AFTER:
        raise_alert_if_possible(
            "bulk.line_fails", subject=str(claim.job.key), job=str(claim.job.key), error=type(error).__name__
        )
