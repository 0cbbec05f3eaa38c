"""What every act on a file shares: its lock, who may do it, and what is kept of it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.notes import forbidden_in
from collections_mgmt.models import WORK, CaseFile, CaseFileEvent
from dashu.kernel.dates import LENDER_ZONE, lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.case_desk import DeskRules
from dashu.users.models import User

Kind = CaseFileEvent.Kind
State = CaseFile.State
LONGEST_WORDS = 1000
DAY_BEGINS = time(8)


class FileNotFound(DomainError):
    """There is no such file, or it is nothing that this person may see."""

    code = "file_not_found"
    http_status = 404


class MayNotWorkFiles(DomainError):
    """The person's role does not reach this act on files."""

    code = "may_not_work_files"
    http_status = 403


class FileNotHeld(DomainError):
    """The file is held by somebody else, or by nobody any more."""

    code = "file_not_held"
    http_status = 409


class WordsRefused(DomainError):
    """What was written is too long, is missing where it is needed, or would shame somebody."""

    code = "words_refused"


class WaitRefused(DomainError):
    """A file comes back between tomorrow and the longest wait of the rule `collections.desk`."""

    code = "wait_refused"


def lock_file(file_id: int) -> CaseFile:
    """:raises FileNotFound: there is none."""
    file = CaseFile.objects.select_for_update(of=("self",), no_key=True).filter(pk=file_id).first()
    if file is None:
        raise FileNotFound(_("There is no such file."))
    return file


def lock_held_file(file_id: int, user: User) -> CaseFile:
    """
    :raises MayNotWorkFiles: the person lacks the permission.
    :raises FileNotFound, FileNotHeld: see there.
    """
    refuse_without(user, WORK)
    file = lock_file(file_id)
    if file.state != State.HELD or file.holder_id != user.pk:
        raise FileNotHeld(_("You do not hold this file any more. Take up the next one."))
    return file


def refuse_without(user: User, permission: str) -> None:
    """:raises MayNotWorkFiles: the person lacks the permission."""
    if not (user.is_active and user.is_staff and user.has_perm(permission)):
        raise MayNotWorkFiles(_("Your role may not do this with files."))


def checked_words(words: str, *, on: date, is_needed: bool = True) -> str:
    """:raises WordsRefused: see there."""
    said = words.replace("\0", "").strip()
    if len(said) > LONGEST_WORDS or (is_needed and not said):
        raise WordsRefused(
            _("Write something, in at most %(longest)s characters."), field="words", params={"longest": LONGEST_WORDS}
        )
    if found := forbidden_in(said, policy.forbidden_words(on)):
        raise WordsRefused(
            _("“%(word)s” has no place in a file. Write what happened; the borrower may read it."),
            field="words",
            params={"word": found},
        )
    return said


def rules_on(moment: datetime) -> DeskRules:
    return policy.case_desk(lender_date(moment))


def morning_of(day: date) -> datetime:
    return datetime.combine(day, DAY_BEGINS, tzinfo=LENDER_ZONE)


def checked_wait(until: date, *, today: date, rules: DeskRules) -> date:
    """:raises WaitRefused: see there."""
    latest = today + timedelta(days=rules.longest_wait)
    if not today < until <= latest:
        raise WaitRefused(_("Choose a day from tomorrow to %(latest)s."), field="until", params={"latest": latest})
    return until


def let_wait(file: CaseFile, *, why: str, until: date, today: date, rules: DeskRules) -> None:
    """Let a locked file wait. It stays with whoever it belongs to; `save` is for the caller."""
    file.state, file.holder, file.held_until = State.WAITING, None, None
    file.waits_for, file.next_action_at = why, morning_of(until)
    file.review_due_on = max(until, today + timedelta(days=rules.review_in(file.level)))


def make_ready(file: CaseFile) -> None:
    """Let a locked file be ready for whoever is next; `save` is for the caller."""
    file.state, file.holder, file.held_until = State.READY, None, None
    file.waits_for, file.next_action_at = "", None


def keep(file: CaseFile, kind: str, *, at: datetime, actor: str, words: str = "", **data: Any) -> CaseFileEvent:
    return CaseFileEvent.objects.create(file=file, kind=kind, at=at, actor=actor, words=words, data=data)
