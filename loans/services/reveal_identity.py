"""Show who an applicant is, in full, to whoever may see it; that it was shown, to whom and why, is kept."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import Identity, User
from loans.models import Application
from loans.services.hold_application import checked_words


class IdentityHidden(DomainError):
    """The person's role does not see identities, or there is none yet."""

    code = "identity_hidden"
    http_status = 403


@transaction.atomic
def reveal_identity(*, application_id: int, words: str, user: User) -> Identity:
    """
    Return the identity of the applicant, and write down that it was read. Reading it again is written down again.

    :param words: what it is needed for.
    :raises IdentityHidden, WordsMissing: see there.
    """
    application = Application.objects.visible_to(user).filter(pk=application_id).first()
    borrower_id = application.borrower_id if application else None
    identity = Identity.objects.visible_to(user).filter(borrower=borrower_id).first()
    if application is None or identity is None:
        raise IdentityHidden(_("You may not see who this is, or nothing is known yet."))
    audit.record(
        action="loans.identity_revealed",
        subject_type="application",
        subject_id=application.reference,
        actor=actor_of_user(user),
        data={"why": checked_words(words)},
    )
    return identity
