"""When a borrower likes to be reached, and for how long they want no reminders. It holds from that moment on."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date, midnight
from dashu.kernel.errors import DomainError
from dashu.messaging.models import ContactPreference
from dashu.policy.rules import contact_hours, contact_pause
from dashu.users.models import Borrower


class HoursRefused(DomainError):
    """The hours do not open before they close, or lie outside those in which anybody may be contacted."""

    code = "contact_hours_refused"


class PauseRefused(DomainError):
    """Reminders cannot be paused for so many days."""

    code = "contact_pause_refused"


@transaction.atomic
def like_hours(*, borrower_id: int, hours: tuple[time, time] | None, at: datetime, actor: str) -> None:
    """
    Note between which hours a borrower likes to be reached; None for all that the rule allows. Again changes nothing.

    :raises HoursRefused: see there.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    if hours:
        _refuse_hours(*hours, at)
    before = ContactPreference.objects.filter(pk=borrower_id).values_list("hours_from", "hours_to").first()
    after = hours or (None, None)
    if (before or (None, None)) == after:
        return
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults={"hours_from": after[0], "hours_to": after[1]})
    written = [f"{hour:%H:%M}" for hour in hours] if hours else []
    audit.record(
        action="messaging.hours_liked",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"hours": written},
    )


@transaction.atomic
def agree_hours(
    *, borrower_id: int, hours: tuple[time, time] | None, at: datetime, actor: str, until: date | None = None
) -> None:
    """
    Note in which hours beyond those of the rule a borrower agreed to be called or visited; None takes it back.

    It does not let those be called who want no more contact. Messages keep to the rule. Again changes nothing.

    :param until: the last day of the lender's on which it holds; None for until they take it back.
    :raises HoursRefused: they do not open before they close.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    if hours and hours[0] >= hours[1]:
        raise HoursRefused(_("Choose an end that lies after the beginning."), field="agreed_to")
    names = ("agreed_from", "agreed_to", "agreed_until")
    known = ContactPreference.objects.filter(pk=borrower_id).values_list(*names).first()
    after = (*hours, until) if hours else (None, None, None)
    if (known or (None, None, None)) == after:
        return
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults=dict(zip(names, after, strict=True)))
    audit.record(
        action="messaging.hours_agreed",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"hours": [f"{hour:%H:%M}" for hour in hours or ()], **({"until": until.isoformat()} if until else {})},
    )


@transaction.atomic
def pause_reminders(*, borrower_id: int, days: int, at: datetime, actor: str) -> datetime:
    """
    Let no reminder leave the house until `days` days from today have passed; return the moment from which they may.

    A later call sets the end anew. What the contract asks for still comes, and the account still shows everything.

    :param days: one of the rule's `contact.pause`.
    :raises PauseRefused: see there.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    today = lender_date(at)
    choices = contact_pause(today).choices
    if days not in choices:
        raise PauseRefused(
            _("Reminders can be paused for %(days)s days."),
            params={"days": ", ".join(str(choice) for choice in choices)},
            field="days",
        )
    until = midnight(today + timedelta(days=days))
    known = ContactPreference.objects.filter(pk=borrower_id).values_list("paused_until", flat=True).first()
    if known == until:
        return until
    ContactPreference.objects.update_or_create(pk=borrower_id, defaults={"paused_until": until})
    audit.record(
        action="messaging.reminders_paused",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"until": until.isoformat()},
    )
    return until


@transaction.atomic
def end_pause(*, borrower_id: int, at: datetime, actor: str) -> bool:
    """Return True when reminders were paused until now."""
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    paused = ContactPreference.objects.filter(pk=borrower_id, paused_until__gt=at)
    if not paused.update(paused_until=None):
        return False
    audit.record(
        action="messaging.reminders_resumed", subject_type="borrower", subject_id=borrower_id, actor=actor, data={}
    )
    return True


def _refuse_hours(opens: time, closes: time, at: datetime) -> None:
    allowed = contact_hours(lender_date(at))
    if opens >= closes:
        raise HoursRefused(_("Choose an end that lies after the beginning."), field="hours_to")
    if opens < allowed.opens or closes > allowed.closes:
        raise HoursRefused(
            _("Nobody is contacted before %(opens)s or after %(closes)s."),
            params={"opens": f"{allowed.opens:%H:%M}", "closes": f"{allowed.closes:%H:%M}"},
            field="hours_from",
        )
