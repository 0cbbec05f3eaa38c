"""Keep a figure of the month that staff found proved, with the paper that proves it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError, InvalidInput
from dashu.kernel.money import MAX_MINOR
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Application, ApplicationDocument
from loans.services.application_rows import Kind, lock_application, note
from loans.services.hold_application import checked_words, refuse_unless_held

FIGURES = ("income", "essentials", "debt_payments")
# Only proved income makes an answer better, so only it needs a paper; the others count as the higher anyway.
NEEDS_PAPER = frozenset({"income"})


class PaperMissing(DomainError):
    """A figure needs a paper of the application that was found clean."""

    code = "paper_missing"


@transaction.atomic
def verify_figure(
    *,
    application_id: int,
    name: str,
    minor: int,
    words: str,
    document_id: int | None,
    user: User,
    now: datetime,
) -> Application:
    """
    Keep what was found proved of a month. The same again changes nothing; another figure takes its place.

    :param name: one of `FIGURES`.
    :param minor: minor units a month, 0 or more.
    :param document_id: the paper that proves it; income needs one.
    :raises PaperMissing, WordsMissing, InvalidInput: see there.
    :raises HeldByAnother, OwnApplication, MayNotReview, ApplicationStateChanged: see `refuse_unless_held`.
    """
    application = lock_application(application_id)
    refuse_unless_held(application, user)
    said = checked_words(words)
    before = application.verified.get(name)
    actor = actor_of_user(user)
    kept = {"minor": minor, "note": said, "document": document_id, "by": actor}
    if before and all(before.get(key) == value for key, value in kept.items()):
        return application
    if name not in FIGURES:
        raise InvalidInput(_("There is no such figure."), field="name")
    if not 0 <= minor <= MAX_MINOR:
        raise InvalidInput(_("The amount lies outside of what can be kept."), field="amount")
    _refuse_paper(application, name, document_id)

    application.verified = {**application.verified, name: {**kept, "at": now.isoformat()}}
    application.save(update_fields=["verified"])
    note(
        application,
        Kind.FACT_VERIFIED,
        now=now,
        actor=actor,
        is_internal=True,
        name=name,
        minor=minor,
        before=before and before["minor"],
        document=document_id,
        words=said,
    )
    return application


def _refuse_paper(application: Application, name: str, document_id: int | None) -> None:
    if document_id is None:
        if name in NEEDS_PAPER:
            raise PaperMissing(_("Name the paper that proves the income."), field="document")
        return
    clean = application.documents.filter(removed_at=None, scan=ApplicationDocument.Scan.CLEAN)
    if not clean.filter(pk=document_id).exists():
        raise PaperMissing(_("This paper is not there, or is not checked yet."), field="document")
