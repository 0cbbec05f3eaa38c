"""
Calling, visiting and writing from a file: whoever holds it asks the contact guard, and says afterwards how it ended.

The borrower is locked before the file, as everywhere where both are.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import STEER, WORK, CaseFile
from collections_mgmt.selectors.reaching import guarantors_of, late_loan_ids
from collections_mgmt.services.act_on_file import note_contact
from collections_mgmt.services.file_rows import (
    FileNotFound,
    Kind,
    checked_words,
    keep,
    lock_file,
    lock_held_file,
    refuse_without,
)
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.guard import lock_people
from dashu.messaging.models import (
    ContactAttempt,
    ContactParty,
    ContactPreference,
    ContactPurposeChoice,
    Representative,
)
from dashu.messaging.services.consents_to_contact import Consent, agree_to_contact, want_calls
from dashu.messaging.services.contact_times import HoursRefused, agree_hours
from dashu.messaging.services.dialing import Answer, AttemptNotFound, ask_to_contact, note_inbound, record_outcome
from dashu.messaging.services.enqueue import enqueue
from dashu.messaging.services.representatives import end_representative, note_representative
from dashu.users.actors import actor_of_user
from dashu.users.models import User

MAKE = "messaging.make_contactattempt"
Outcome = ContactAttempt.Outcome


class GuarantorUnknown(DomainError):
    """Nobody of this number answers for a contract of the file's borrower."""

    code = "guarantor_unknown"


class CallTimeRefused(DomainError):
    """A call to us cannot have come in the future, or so long ago."""

    code = "call_time_refused"


def purpose_of(party: str) -> str:
    """Others than those who owe or answer for it are only asked how the borrower can be reached."""
    return (ContactPurposeChoice.LOCATE if party == ContactParty.THIRD_PARTY else ContactPurposeChoice.COLLECTION).value


@transaction.atomic
def ask_from_file(
    *,
    file_id: int,
    key: str,
    channel: str,
    user: User,
    now: datetime,
    party: str = ContactParty.BORROWER,
    party_ref: int | None = None,
    number: str = "",
    is_consented: bool = False,
    words: str = "",
    visitors: int | None = None,
) -> Answer:
    """
    Ask to call, visit or write to somebody about the loans of a held file that are late. See `ask_to_contact`.

    :param key: of the form that was pressed; the same key is the same contact.
    :param words: how we know that the call was asked for.
    :raises MayNotWorkFiles, FileNotFound, FileNotHeld, GuarantorUnknown, WordsRefused: see there.
    :raises NotByHand, KeyOfAnotherContact, NumberOfBorrower: see there.
    """
    said = checked_words(words, on=lender_date(now), is_needed=is_consented)
    refuse_without(user, MAKE)
    file = _lock_person_and_file(file_id, user)
    if party == ContactParty.GUARANTOR and not guarantors_of(file.borrower_id).filter(pk=party_ref or 0).exists():
        raise GuarantorUnknown(_("Choose who of the guarantors it is."), field="who")
    return ask_to_contact(
        key=f"file:{file_id}:{key}",
        borrower_id=file.borrower_id,
        channel=channel,
        operator=actor_of_user(user),
        at=now,
        loan_ids=late_loan_ids(file.borrower_id),
        party=party,
        party_ref=party_ref,
        number=number,
        purpose=purpose_of(party),
        is_consented=is_consented,
        consent_words=said,
        visitors=visitors,
    )


@transaction.atomic
def end_contact(
    *, file_id: int, attempt_id: int, outcome: str, words: str, user: User, now: datetime, cost_minor: int = 0
) -> ContactAttempt:
    """
    Say how a contact ended. It is for whoever made it, also when the file is out of their hands by then, and for
    whoever leads the desk. The first that came about with the borrower stops the clock of the first contact.

    :raises MayNotWorkFiles, AttemptNotFound, WordsRefused, OutcomeRefused: see there.
    """
    refuse_without(user, MAKE)
    found = ContactAttempt.objects.filter(pk=attempt_id, borrower__files=file_id)
    if not user.has_perm(STEER):
        found = found.filter(operator=actor_of_user(user))
    if not found.exists():
        raise AttemptNotFound(_("There is no such contact."))
    said = checked_words(words, on=lender_date(now), is_needed=False)
    ended = record_outcome(
        attempt_id=attempt_id, outcome=outcome, at=now, actor=actor_of_user(user), note=said, cost_minor=cost_minor
    )
    if ended.party == ContactParty.BORROWER and ended.outcome != Outcome.FAILED:
        note_contact(borrower_id=ended.borrower_id, at=ended.started_at)
    return ended


@transaction.atomic
def note_call_to_us(
    *, file_id: int, key: str, party: str, outcome: str, called_at: datetime, words: str, user: User, now: datetime
) -> ContactAttempt:
    """
    Note that the borrower, or somebody for them, called us. Whoever sees the file and works on files may.

    :raises MayNotWorkFiles, FileNotFound, CallTimeRefused, WordsRefused, OutcomeRefused: see there.
    :raises KeyOfAnotherContact: see there.
    """
    refuse_without(user, WORK)
    file = _seen(file_id, user)
    said = checked_words(words, on=lender_date(now), is_needed=False)
    if called_at > now or (now - called_at).days > 7:
        raise CallTimeRefused(_("Choose a moment in the last 7 days."), field="called_at")
    noted = note_inbound(
        key=f"file:{file_id}:{key}",
        borrower_id=file.borrower_id,
        started_at=called_at,
        at=now,
        actor=actor_of_user(user),
        outcome=outcome,
        loan_ids=late_loan_ids(file.borrower_id),
        party=party,
        note=said,
    )
    if noted.party == ContactParty.BORROWER and noted.outcome != Outcome.WRONG_PARTY:
        note_contact(borrower_id=noted.borrower_id, at=noted.started_at)
    return noted


@dataclass(frozen=True, slots=True)
class Agreed:
    """
    What a borrower allows beyond the rules, all of it: what is missing is taken back.

    :param hours: in which they may be called; None for those of the rule. :param until: the last day, None for none.
    :param home, work: whether they may be visited at home, and contacted at work.
    """

    hours: tuple[time, time] | None = None
    until: date | None = None
    home: bool = False
    home_until: date | None = None
    work: bool = False
    work_until: date | None = None

    def beyond(self, before: "Agreed") -> set[str]:
        """Return what is allowed here and was not, or not like this, before: "hours", "home", "work"."""
        new = {"hours"} if self.hours and (self.hours, self.until) != (before.hours, before.until) else set()
        if self.home and (self.home, self.home_until) != (before.home, before.home_until):
            new.add("home")
        if self.work and (self.work, self.work_until) != (before.work, before.work_until):
            new.add("work")
        return new


@transaction.atomic
def agree_at_file(*, file_id: int, agreed: Agreed, user: User, now: datetime, words: str = "") -> None:
    """
    Note what the borrower of a held file agreed to. What is new is told to them in their account.

    :param words: how we know; needed for what is new, not for what is taken back.
    :raises MayNotWorkFiles, FileNotFound, FileNotHeld, WordsRefused, HoursRefused, LastDayRefused: see there.
    """
    file = _lock_person_and_file(file_id, user)
    today = lender_date(now)
    new = agreed.beyond(_agreed_before(file.borrower_id, today))
    said = checked_words(words, on=today, is_needed=bool(new))
    about: dict[str, Any] = {"borrower_id": file.borrower_id, "at": now, "actor": actor_of_user(user)}
    if agreed.hours and agreed.until and agreed.until < lender_date(now):
        raise HoursRefused(_("Choose a day from today on."), field="until")
    agree_hours(hours=agreed.hours, until=agreed.until, **about)
    agree_to_contact(consent=Consent.HOME, is_agreed=agreed.home, until=agreed.home_until, **about)
    agree_to_contact(consent=Consent.WORK, is_agreed=agreed.work, until=agreed.work_until, **about)
    if new:
        kept = keep(file, Kind.AGREED, at=now, actor=actor_of_user(user), words=said, what=sorted(new))
        _tell_agreed(file.borrower_id, agreed, new, key=str(kept.pk), today=today)


def _agreed_before(borrower_id: int, today: date) -> Agreed:
    """What holds today."""
    wish = ContactPreference.objects.filter(pk=borrower_id).first()
    if wish is None:
        return Agreed()
    hours, home, work = wish.agreed_hours_on(today), wish.may_visit_home_on(today), wish.may_contact_work_on(today)
    return Agreed(
        hours=hours,
        until=wish.agreed_until if hours else None,
        home=home,
        home_until=wish.home_agreed_until if home else None,
        work=work,
        work_until=wish.work_agreed_until if work else None,
    )


def _tell_agreed(borrower_id: int, agreed: Agreed, new: set[str], *, key: str, today: date) -> None:
    told: dict[str, Any] = {"noted_on": today}
    if "hours" in new and agreed.hours:
        told |= {"opens": f"{agreed.hours[0]:%H:%M}", "closes": f"{agreed.hours[1]:%H:%M}"}
    told |= {f"{place}_on": today for place in ("home", "work") if place in new}
    enqueue(
        dedupe_key=f"contact-agreed:{key}", borrower_id=borrower_id, template="messaging.contact_agreed", params=told
    )


@transaction.atomic
def note_representative_at_file(
    *, file_id: int, role: str, name: str, phone: str, paper: str, since: date, user: User, now: datetime
) -> Representative:
    """
    Note who speaks for the borrower of a file that one sees. Whoever noted it does not call them on that alone.

    :raises MayNotWorkFiles, FileNotFound, RepresentativeRefused: see there.
    """
    refuse_without(user, WORK)
    file = _seen(file_id, user)
    return note_representative(
        borrower_id=file.borrower_id,
        role=role,
        name=name,
        phone=phone,
        paper=paper,
        since=since,
        at=now,
        actor=actor_of_user(user),
    )


@transaction.atomic
def end_representative_at_file(
    *, file_id: int, representative_id: int, words: str, user: User, now: datetime
) -> Representative:
    """
    Note, for whoever leads the desk, that somebody does not speak for the borrower any more.

    :param words: how we know.
    :raises MayNotWorkFiles, FileNotFound, WordsRefused, RepresentativeNotFound: see there.
    """
    refuse_without(user, STEER)
    file = _seen(file_id, user)
    said, actor = checked_words(words, on=lender_date(now)), actor_of_user(user)
    ended = end_representative(borrower_id=file.borrower_id, representative_id=representative_id, at=now, actor=actor)
    keep(file, Kind.NOTE, at=now, actor=actor, words=said)
    return ended


def _seen(file_id: int, user: User) -> CaseFile:
    file = CaseFile.objects.visible_to(user).filter(pk=file_id).first()
    if file is None:
        raise FileNotFound(_("There is no such file."))
    return file


@transaction.atomic
def let_call_again(*, file_id: int, words: str, user: User, now: datetime) -> None:
    """
    Note, for whoever leads the desk, that a borrower who wanted no more contact may be called again.

    :param words: how they know.
    :raises MayNotWorkFiles, FileNotFound, WordsRefused, CallsNotStopped: see there.
    """
    refuse_without(user, STEER)
    lock_people(CaseFile.objects.filter(pk=file_id).values_list("borrower_id", flat=True))
    file = lock_file(file_id)
    said, actor = checked_words(words, on=lender_date(now)), actor_of_user(user)
    want_calls(borrower_id=file.borrower_id, at=now, actor=actor)
    kept = keep(file, Kind.CALLS_OK, at=now, actor=actor, words=said)
    enqueue(
        dedupe_key=f"calls-again:{kept.pk}",
        borrower_id=file.borrower_id,
        template="messaging.calls_again",
        params={"noted_on": lender_date(now)},
    )


def _lock_person_and_file(file_id: int, user: User) -> CaseFile:
    lock_people(CaseFile.objects.filter(pk=file_id).values_list("borrower_id", flat=True))
    return lock_held_file(file_id, user)
