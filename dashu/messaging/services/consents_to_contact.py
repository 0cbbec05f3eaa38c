"""
What a borrower allows beyond the rules: a visit at home, contact at work, calls again after they wanted none.

Each is theirs to take back, and from that moment the guard says no.
"""

from datetime import date, datetime
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.models import ContactPreference
from dashu.messaging.selectors import calls_refused_at
from dashu.users.models import Borrower


class Consent(StrEnum):
    """Where somebody may be met or called; the values are the beginnings of the columns."""

    HOME = "home"
    WORK = "work"


class LastDayRefused(DomainError):
    """The last day of what is agreed lies in the past."""

    code = "last_day_refused"


class CallsNotStopped(DomainError):
    """Nothing that the borrower said stops calls."""

    code = "calls_not_stopped"
    http_status = 409


@transaction.atomic
def agree_to_contact(
    *, borrower_id: int, consent: Consent, is_agreed: bool, at: datetime, actor: str, until: date | None = None
) -> None:
    """
    Note that a borrower agrees to be visited at home, or to be contacted at work, or takes it back. Again changes
    nothing.

    :param until: the last day of the lender's on which it holds; None for until they take it back.
    :raises LastDayRefused: see there.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    since, last = f"{consent}_agreed_at", f"{consent}_agreed_until"
    if is_agreed and until and until < lender_date(at):
        raise LastDayRefused(_("Choose a day from today on."), field=f"{consent}_until")
    known = ContactPreference.objects.filter(pk=borrower_id).values_list(since, last).first() or (None, None)
    before = (known[0] is not None, known[1])
    after = (is_agreed, until if is_agreed else None)
    if before == after:
        return
    changed = {since: (known[0] or at) if is_agreed else None, last: after[1]}
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults=changed)
    audit.record(
        action="messaging.contact_agreed" if is_agreed else "messaging.contact_agreement_withdrawn",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"to": consent.value, **({"until": until.isoformat()} if is_agreed and until else {})},
    )


@transaction.atomic
def want_calls(*, borrower_id: int, at: datetime, actor: str) -> None:
    """
    Note that a borrower who wanted no more contact may be called again.

    :raises CallsNotStopped: see there.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    refused_at = calls_refused_at(borrower_id)
    if refused_at is None:
        raise CallsNotStopped(_("Calls are not stopped by anything the borrower said."))
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults={"calls_wanted_at": at})
    audit.record(
        action="messaging.calls_wanted",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"refused": refused_at.isoformat()},
    )
