"""Correct what a partner said of somebody it brought: how we write to them. Who they are is another matter."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower


class SaidByThemselves(DomainError):
    """The borrower signs in here and says themselves how we reach them."""

    code = "said_by_themselves"
    http_status = 409


@transaction.atomic
def correct_borrower(
    *, borrower_id: int, actor: str, email: str | None = None, language: str | None = None
) -> Borrower:
    """
    Note another e-mail address or language of a borrower without a login. The same again changes nothing.

    :param email, language: None: as before. An empty address is none.
    :raises SaidByThemselves: see there.
    """
    borrower = lock_borrower(borrower_id)
    given: dict[str, Any] = {"email": email, "language": language}
    changed = {name: value for name, value in given.items() if value not in (None, getattr(borrower, name))}
    if not changed:
        return borrower
    if borrower.user_id is not None:
        raise SaidByThemselves(
            _("This borrower signs in here and changes this in their own settings."), field=next(iter(changed))
        )
    assert language is None or language in dict(settings.LANGUAGES)
    for name, value in changed.items():
        setattr(borrower, name, value)
    borrower.save(update_fields=list(changed))
    audit.record(
        action="users.borrower_corrected",
        subject_type="borrower",
        subject_id=borrower.pk,
        actor=actor,
        data={"changed": sorted(changed)},
    )
    return borrower


def lock_borrower(borrower_id: int) -> Borrower:
    return Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
