"""
Who works on an application: taken up in the order of the promises, given back, handed to a colleague.

Nobody picks: the next one is the most urgent that nobody holds. A conditional update decides between two underwriters
who ask at the same moment.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.domain.applications import Status
from loans.models import Application
from loans.selectors.desk import is_own, unclaimed_for
from loans.services.application_rows import Kind, lock_application, note, refuse_unless_in

REVIEW, REFER, ASSIGN = (f"loans.{name}_application" for name in ("review", "refer", "assign"))
MOST_HELD = 5  # at one time; more would be a pile that others could work on
LONGEST_WORDS = 500


class MayNotReview(DomainError):
    """The person's role does not reach this act on applications."""

    code = "may_not_review"
    http_status = 403


class OwnApplication(DomainError):
    """Nobody decides on an application of their own."""

    code = "own_application"
    http_status = 403


class NothingWaits(DomainError):
    """No application waits that nobody holds."""

    code = "nothing_waits"
    http_status = 409


class TooManyHeld(DomainError):
    """The person holds as many applications as one can."""

    code = "too_many_held"
    http_status = 409


class HeldByAnother(DomainError):
    """The application is held by somebody else, or by nobody."""

    code = "held_by_another"
    http_status = 409


class NotAColleague(DomainError):
    """The person it is handed to cannot decide on it."""

    code = "not_a_colleague"


class WordsMissing(DomainError):
    """An act on an application says why, in at most 500 characters."""

    code = "words_missing"


@transaction.atomic
def claim_next_application(*, user: User, now: datetime) -> Application:
    """
    Take up the most urgent application that nobody holds.

    :raises MayNotReview, TooManyHeld, NothingWaits: see there.
    """
    refuse_without(user, REVIEW)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two windows of one person come one after the other
    if Application.objects.filter(status=Status.REFERRED.value, handler=user).count() >= MOST_HELD:
        raise TooManyHeld(
            _("You hold %(most)s applications already. Decide on one of them first, or give one back."),
            params={"most": MOST_HELD},
        )
    while (pk := unclaimed_for(user).values_list("pk", flat=True).first()) is not None:
        free = Application.objects.filter(pk=pk, status=Status.REFERRED.value, handler=None)
        if free.update(handler=user) == 1:  # else somebody else was quicker
            application = lock_application(pk)
            note(application, Kind.CLAIMED, now=now, actor=actor_of_user(user), is_internal=True)
            return application
    raise NothingWaits(_("No application waits that nobody holds."))


@transaction.atomic
def release_application(*, application_id: int, words: str, user: User, now: datetime) -> Application:
    """
    Give an application back, so that it is the next one for somebody. Given back already, nothing changes.

    :raises HeldByAnother, WordsMissing: see there.
    :raises ApplicationStateChanged: it waits for nobody any more.
    """
    application = lock_application(application_id)
    if application.handler_id is None and application.status == Status.REFERRED:
        return application
    refuse_unless_held(application, user)
    said = checked_words(words)
    _hold(application, None, said, user=user, now=now)
    return application


@transaction.atomic
def hand_over_application(
    *, application_id: int, to_user_id: int, words: str, user: User, now: datetime
) -> Application:
    """
    Hand an application to a named colleague. Handed to them already, nothing changes.

    What somebody else holds is handed on by whoever may assign work; nobody hands anything to themselves.

    :raises MayNotReview, HeldByAnother, NotAColleague, OwnApplication, WordsMissing: see there.
    :raises ApplicationStateChanged: it waits for nobody any more.
    """
    application = lock_application(application_id)
    refuse_without(user, REFER)
    refuse_unless_in(application, Status.REFERRED)
    if application.handler_id == to_user_id:
        return application
    if application.handler_id != user.pk:
        refuse_without(user, ASSIGN)
    said = checked_words(words)
    colleague = User.objects.filter(pk=to_user_id, is_active=True, is_staff=True).first()
    if colleague is None or colleague.pk == user.pk or not colleague.has_perm(REVIEW):
        raise NotAColleague(_("Choose a colleague who decides on applications."), field="to_user")
    if is_own(application, colleague):
        raise OwnApplication(_("It is this colleague's own application. Choose somebody else."), field="to_user")
    _hold(application, colleague, said, user=user, now=now)
    return application


def refuse_without(user: User, permission: str) -> None:
    """:raises MayNotReview: the person lacks the permission."""
    if not (user.is_active and user.is_staff and user.has_perm(permission)):
        raise MayNotReview(_("Your role may not do this with applications."))


def refuse_unless_held(application: Application, user: User) -> None:
    """
    Refuse a locked application that the person does not hold, or that is their own.

    :raises MayNotReview, OwnApplication, HeldByAnother: see there.
    :raises ApplicationStateChanged: it waits for nobody any more.
    """
    refuse_without(user, REVIEW)
    refuse_unless_in(application, Status.REFERRED)
    if is_own(application, user):
        raise OwnApplication(_("This is your own application. Somebody else decides on it."))
    if application.handler_id != user.pk:
        raise HeldByAnother(_("You do not hold this application. Ask whoever holds it to hand it to you."))


def checked_words(words: str) -> str:
    """:raises WordsMissing: nothing is said, or more than fits."""
    said = words.strip()
    if not said or len(said) > LONGEST_WORDS:
        raise WordsMissing(
            _("Say why, in at most %(longest)s characters."), field="words", params={"longest": LONGEST_WORDS}
        )
    return said


def _hold(application: Application, colleague: User | None, said: str, *, user: User, now: datetime) -> None:
    application.handler = colleague
    application.save(update_fields=["handler"])
    to = f"user:{colleague.pk}" if colleague else None
    note(application, Kind.HANDED_OVER, now=now, actor=actor_of_user(user), is_internal=True, to=to, words=said)
