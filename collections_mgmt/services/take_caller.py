"""
Somebody is calling: their open file comes to whoever answers, whatever its place in the queue, if nobody else has it.

It is found by the whole number of a loan or the whole phone and by nothing else, so that it is no way to look around.
Each time is in the audit log, also when nothing was found.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import WORK, CaseFile, CollectorProfile
from collections_mgmt.services.file_rows import Kind, State, checked_words, keep, refuse_without, rules_on
from collections_mgmt.services.take_file import has_room, lock_profile, wake_files
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.indexes import borrower_phone_index
from dashu.users.models import User
from loans.selectors.desk import own_records

LONGEST_NUMBER = 60


class NoFileOfCaller(DomainError):
    """No file is open for this number, or it does not say whose."""

    code = "no_file_of_caller"
    http_status = 404


class CallerIsElsewhere(DomainError):
    """Somebody else works on the caller's file at the moment."""

    code = "caller_is_elsewhere"
    http_status = 409


@dataclass(frozen=True, slots=True)
class _Answer:
    """:param refusal: why it was not taken up; None where it was. :param file: that was found."""

    by: str
    refusal: DomainError | None
    file: CaseFile | None = None


def take_caller(*, number: str, words: str, user: User, now: datetime) -> CaseFile:
    """
    Take up the open file of a borrower who is calling.

    It stays whose it was; what nobody had becomes theirs who answers, if they have room. What waited goes back to its
    wait when it is let go of and nothing was decided. Asking again for what one holds changes nothing.

    :param number: of a loan, or the phone; exactly.
    :param words: what they call about.
    :raises MayNotWorkFiles, NotACollector, WordsRefused, NoFileOfCaller, CallerIsElsewhere: see there.
    """
    with transaction.atomic():
        refuse_without(user, WORK)
        profile = lock_profile(user)
        said = checked_words(words, on=lender_date(now))
        wake_files(now=now)
        answer = _answer(number.replace("\0", "").strip()[:LONGEST_NUMBER], said, profile, now)
        audit.record(
            action="collections.caller_looked_up",
            subject_type="file",
            subject_id=answer.file.number if answer.file else "",
            actor=actor_of_user(user),
            data={"by": answer.by, "answer": answer.refusal.code if answer.refusal else "taken"},
        )
    # Raised only now, so that the record of it stays.
    if answer.refusal:
        raise answer.refusal
    assert answer.file is not None
    return answer.file


def _answer(number: str, said: str, profile: CollectorProfile, now: datetime) -> _Answer:
    user = profile.user
    by, found = _found(number)
    if len(found) > 1:
        told = _("Several people have this phone number. Ask for the number of a loan.")
        return _Answer(by, NoFileOfCaller(told, field="number"))
    if not found:
        told = _("No file is open for this number. Check it with the caller; who is not behind has no file.")
        return _Answer(by, NoFileOfCaller(told, field="number"))
    file = found[0]
    if own_records(user).filter(pk=file.borrower_id).exists():
        return _Answer(
            by, NoFileOfCaller(_("This is your own account. A colleague helps you with it."), field="number")
        )
    if file.state == State.HELD and file.holder_id == user.pk:
        return _Answer(by, None, file)
    held = {"state": State.HELD, "holder": user, "held_until": now + timedelta(minutes=rules_on(now).claim_minutes)}
    free = CaseFile.objects.filter(pk=file.pk, state__in=[State.READY, State.WAITING])
    waited = {"waited_for": F("waits_for"), "waited_until": F("next_action_at")}
    is_taken = free.update(**held, **waited, next_action_at=None, waits_for="", passed_by=None) == 1
    file.refresh_from_db()
    if not is_taken:
        return _Answer(by, _elsewhere(file), file)
    if file.collector_id is None and has_room(profile):
        CaseFile.objects.filter(pk=file.pk).update(collector=user)
        file.collector = user
    keep(file, Kind.CALLED_IN, at=now, actor=actor_of_user(user), words=said, by=by)
    return _Answer(by, None, file)


def _found(number: str) -> tuple[str, list[CaseFile]]:
    """Return by what the open files were found, and at most two of them."""
    of_loan = list(CaseFile.objects.open().filter(borrower__loans__number=number).distinct()[:2]) if number else []
    if of_loan:
        return "loan", of_loan
    index = borrower_phone_index(number)
    return "phone", list(CaseFile.objects.open().filter(borrower__phone_index=index)[:2]) if index else []


def _elsewhere(file: CaseFile) -> DomainError:
    if file.holder is None:
        return NoFileOfCaller(_("Their file has just been closed."), field="number")
    told = _("%(name)s is working on this person's file. Put the call through, or say that they call back.")
    return CallerIsElsewhere(told, field="number", params={"name": str(file.holder)})
