"""
Noting who speaks for a borrower, confirming it and ending it. Each of it is told to the borrower in their account.

From the moment at which somebody is noted, nobody contacts the borrower about what is late. That person is contacted
only by somebody who did not note them, or once the borrower has confirmed it.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.models import Representative
from dashu.messaging.services.enqueue import enqueue
from dashu.users.indexes import borrower_phone_index
from dashu.users.models import Borrower


class RepresentativeRefused(DomainError):
    """A representative cannot be noted like this; `field` says what is wrong."""

    code = "representative_refused"


class RepresentativeNotFound(DomainError):
    """Nobody of this number speaks for this borrower."""

    code = "representative_not_found"
    http_status = 404


@transaction.atomic
def note_representative(
    *, borrower_id: int, role: str, name: str, phone: str, paper: str, since: date, at: datetime, actor: str
) -> Representative:
    """
    Note somebody who speaks for a borrower. The same person in the same role is noted once.

    :param paper: what shows it. :param since: today or earlier.
    :raises RepresentativeRefused: something is missing, it is the borrower's own number, or the day lies ahead.
    """
    borrower = Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    told = {"name": name.strip(), "phone": phone.strip(), "paper": paper.strip()}
    for known in Representative.objects.running().filter(borrower=borrower, role=role):
        if (known.name, known.phone) == (told["name"], told["phone"]):
            return known
    for field, text in told.items():
        if not text:
            raise RepresentativeRefused(_("This is needed."), field=field)
    index = borrower_phone_index(told["phone"])
    if not index or index == borrower.phone_index:
        raise RepresentativeRefused(_("Give a phone number of theirs, not the borrower's own."), field="phone")
    if since > lender_date(at):
        raise RepresentativeRefused(_("Choose today or an earlier day."), field="since")
    noted = Representative.objects.create(
        borrower=borrower,
        role=Representative.Role(role),
        since=since,
        recorded_by=actor,
        recorded_at=at,
        **told,
    )
    _witness("noted", noted, actor)
    enqueue(
        dedupe_key=f"representative:{noted.pk}",
        borrower_id=borrower.pk,
        template="messaging.representative_noted",
        params={"noted_on": lender_date(at)},
    )
    return noted


@transaction.atomic
def confirm_representative(*, borrower_id: int, representative_id: int, at: datetime, actor: str) -> Representative:
    """
    Note that the borrower says that it is so. Again changes nothing.

    :raises RepresentativeNotFound: see there.
    """
    found = _locked(borrower_id, representative_id)
    if found.ended_at is not None:
        raise RepresentativeNotFound(_("Nobody speaks for you under this number."))
    if found.confirmed_at is None:
        found.confirmed_at = at
        found.save(update_fields=["confirmed_at"])
        _witness("confirmed", found, actor)
    return found


@transaction.atomic
def end_representative(*, borrower_id: int, representative_id: int, at: datetime, actor: str) -> Representative:
    """
    Note that somebody does not speak for the borrower any more, or never did. Again changes nothing.

    :raises RepresentativeNotFound: see there.
    """
    found = _locked(borrower_id, representative_id)
    if found.ended_at is None:
        found.ended_at, found.ended_by = at, actor
        found.save(update_fields=["ended_at", "ended_by"])
        _witness("ended", found, actor)
    return found


def _locked(borrower_id: int, representative_id: int) -> Representative:
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    found = Representative.objects.filter(pk=representative_id, borrower=borrower_id).first()
    if found is None:
        raise RepresentativeNotFound(_("Nobody speaks for you under this number."))
    return found


def _witness(what: str, found: Representative, actor: str) -> None:
    """Who it is stands in the record itself; the audit log has the fact only."""
    audit.record(
        action=f"messaging.representative_{what}",
        subject_type="borrower",
        subject_id=found.borrower_id,
        actor=actor,
        data={"representative": found.pk, "role": str(found.role)},
    )
