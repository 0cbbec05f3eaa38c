"""What requests for help, complaints and disputes share: who asks, who works on it, and the clock that runs."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Complaint, Dispute, HardshipRequest
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import Borrower, User

LONGEST = 2000
# The rule of its clock, and the kind of its alert, by what is asked.
CLOCKS: dict[type[Any], tuple[str, str]] = {
    HardshipRequest: ("hardship", "asked.help_waits"),
    Complaint: ("complaint", "asked.complaint_waits"),
    Dispute: ("dispute", "asked.dispute_waits"),
}


class NotFound(DomainError):
    """There is no such request, complaint or dispute, or it is another person's."""

    code = "asked_not_found"
    http_status = 404


class AlreadyAnswered(DomainError):
    """It was answered before, by us or by the borrower who took it back."""

    code = "already_answered"
    http_status = 409


class HeldByColleague(DomainError):
    """A colleague works on it."""

    code = "held_by_colleague"
    http_status = 409


class WordsMissing(DomainError):
    """An answer, a complaint and a dispute need words."""

    code = "words_missing"


def due_on(kind: type[Any], asked_on: date) -> date:
    return policy.answer_clock(CLOCKS[kind][0], asked_on).due_on(asked_on)


def lock_borrower(borrower_id: int) -> Borrower:
    """Let what one person sends come one after the other. Loans are locked before."""
    return Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)


def lock_asked(kind: type[Any], pk: int) -> Any:
    """:raises NotFound: there is none."""
    found = kind.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def refuse_to_answer(asked: Any, user: User) -> None:
    """:raises AlreadyAnswered, HeldByColleague: see there."""
    if asked.answered_at is not None:
        raise AlreadyAnswered(_("This has been answered already. Open it again to read how."))
    if asked.handler_id not in (None, user.pk):
        raise HeldByColleague(
            _("%(name)s works on this. Take it up first if you have agreed on that."),
            params={"name": str(asked.handler)},
        )


@transaction.atomic
def take_up(kind: type[Any], *, pk: int, user: User) -> Any:
    """
    Work on something from now on, also where a colleague did before. Doing so again changes nothing.

    :raises AlreadyAnswered: nothing is left to do.
    """
    asked = lock_asked(kind, pk)
    if asked.handler_id == user.pk:
        return asked
    if asked.answered_at is not None:
        raise AlreadyAnswered(_("This has been answered already. Open it again to read how."))
    before, asked.handler = asked.handler_id, user
    asked.save(update_fields=["handler"])
    note("taken_up", asked, actor_of_user(user), before=before)
    return asked


def words_of(text: str, *, field: str, is_needed: bool = True) -> str:
    """
    Return what a person wrote as it is kept.

    :raises WordsMissing: there is nothing, or more than 2,000 characters.
    """
    words = text.replace("\0", "").strip()
    if len(words) > LONGEST or (is_needed and not words):
        raise WordsMissing(
            _("Write at least a word, and at most %(most)s characters."), field=field, params={"most": LONGEST}
        )
    return words


def note(what: str, asked: Any, actor: str, **data: Any) -> None:
    """Note an act in the audit log: what and by whom, never in which words."""
    kind = asked._meta.model_name
    audit.record(
        action=f"collections.{kind}_{what}", subject_type=kind, subject_id=asked.reference, actor=actor, data=data
    )


def end_clock(asked: Any) -> None:
    end_alert(CLOCKS[type(asked)][1], subject=asked.reference)


def watch_clocks(*, today: date) -> int:
    """Alert staff of what has to be answered within the days that its rule warns before; return how much there is."""
    found = 0
    for kind, (rule, alert) in CLOCKS.items():
        warn_days = policy.answer_clock(rule, today).warn_days
        for asked in kind.objects.open().filter(due_on__lte=date.fromordinal(today.toordinal() + warn_days)):
            raise_alert(alert, subject=asked.reference, reference=asked.reference, due_on=asked.due_on)
            found += 1
    return found
