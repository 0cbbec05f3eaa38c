"""Note that a member of staff compared who an applicant is with the identity card: on a paper, or shown in person."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import Identity, User
from dashu.users.services.record_identity import verify_identity
from loans.domain.applications import Status
from loans.models import Application, ApplicationDocument
from loans.selectors.desk import is_own
from loans.services.application_rows import Kind, lock_applicant, lock_application, note, refuse_unless_in
from loans.services.hold_application import OwnApplication, checked_words, refuse_without

COMPARE = "users.verify_identity"
# In these the identity stays as it is, so that what was compared is what is decided and signed.
COMPARED_WHILE = (
    Status.SUBMITTED,
    Status.REFERRED,
    Status.OFFERED,
    Status.ACCEPTED,
    Status.SIGNED,
    Status.PAID_OUT,
)


class NotAnIdentityPaper(DomainError):
    """Only an identity card that was sent for this application and found clean can be compared with."""

    code = "not_an_identity_paper"


@transaction.atomic
def compare_identity(
    *, application_id: int, document_id: int | None, words: str, user: User, now: datetime
) -> Identity:
    """
    Note that name and number agree with the card. Compared before, the first time stays and nothing is written.

    :param document_id: the paper that it was compared with; None: the card was shown in person.
    :param words: what was seen.
    :raises NotAnIdentityPaper, WordsMissing: see there.
    :raises MayNotReview, OwnApplication: the person may not compare it.
    :raises ApplicationStateChanged: nothing was handed in, or the application has ended.
    :raises NoIdentity: the applicant has not said who they are.
    """
    lock_applicant(application_id)
    application = lock_application(application_id)
    refuse_without(user, COMPARE)
    if is_own(application, user):
        raise OwnApplication(_("This is your own application. Somebody else decides on it."))
    earlier = Identity.objects.filter(borrower=application.borrower_id, verified_at__isnull=False).first()
    if earlier is not None:
        return earlier
    refuse_unless_in(application, *COMPARED_WHILE)
    said = checked_words(words)
    if document_id is not None:
        _refuse_other_paper(application, document_id)

    actor = actor_of_user(user)
    identity = verify_identity(borrower_id=application.borrower_id, verified_at=now, actor=actor)
    note(
        application,
        Kind.IDENTITY_CHECKED,
        now=now,
        actor=actor,
        is_internal=True,
        document=document_id,
        words=said,
    )
    return identity


def identity_papers(application: Application) -> list[ApplicationDocument]:
    """Return what can be compared with: the identity cards that were sent and found clean, the newest first."""
    found = application.documents.kept().filter(kind=ApplicationDocument.Kind.IDENTITY)
    return list(found.filter(scan=ApplicationDocument.Scan.CLEAN).order_by("-pk"))


def _refuse_other_paper(application: Application, document_id: int) -> None:
    if document_id not in {document.pk for document in identity_papers(application)}:
        raise NotAnIdentityPaper(
            _("Choose an identity card that was sent for this application and found clean."), field="document"
        )
