"""What whoever holds a file does with it. After each act but a note, the file waits for a day and is out of hands."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import WORK, CaseFile, CaseFileEvent, Hold, PromiseToPay
from collections_mgmt.services.file_rows import (
    FileNotFound,
    Kind,
    WaitRefused,
    checked_wait,
    checked_words,
    keep,
    let_wait,
    lock_file,
    lock_held_file,
    refuse_without,
    rules_on,
)
from collections_mgmt.services.files_sql import CARE_HOLDS
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.promises import note_staff_promise
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.policy.case_desk import Fact, Step
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Loan

Wait = CaseFile.Wait
WAITED = ["state", "holder", "held_until", "waits_for", "next_action_at", "review_due_on"]


@transaction.atomic
def put_off_file(
    *, file_id: int, why: str, until: date | None, words: str, user: User, now: datetime, suggested: str = ""
) -> CaseFile:
    """
    Let a file wait. Doing nothing is a choice like any other, and it says so: `why` is LOOKED then.

    :param why: one of `CaseFile.Wait`. :param until: when it comes back; None for what the rule says of `why`.
    :param words: needed where `why` is OTHER. :param suggested: the step that the page suggested.
    :raises MayNotWorkFiles, FileNotFound, FileNotHeld, WordsRefused, WaitRefused: see there.
    """
    file = lock_held_file(file_id, user)
    today, rules = lender_date(now), rules_on(now)
    if why not in rules.waits:
        raise WaitRefused(_("Choose why the file waits."), field="why")
    said = checked_words(words, on=today, is_needed=why == Wait.OTHER)
    day = checked_wait(until or today + timedelta(days=rules.waits[why]), today=today, rules=rules)
    let_wait(file, why=why, until=day, today=today, rules=rules)
    file.save(update_fields=WAITED)
    known = {"suggested": suggested} if suggested in set(Step) else {}
    keep(file, Kind.PUT_OFF, at=now, actor=actor_of_user(user), words=said, why=why, until=day.isoformat(), **known)
    return file


@transaction.atomic
def promise_at_file(
    *, file_id: int, loan_id: int, amount_minor: int, due_on: date, words: str, user: User, now: datetime
) -> PromiseToPay:
    """
    Note a promise on a loan of a held file, and leave the borrower in peace until it was decided. Who promised was
    spoken with, so it stops the clock of the first contact.

    :raises PromiseRefused, MayNotWorkFiles, FileNotFound, FileNotHeld, WordsRefused: see there.
    """
    refuse_without(user, "collections_mgmt.promise_collectioncase")
    _refuse_other_loan(file_id, loan_id)
    today, actor = lender_date(now), actor_of_user(user)
    said = checked_words(words, on=today, is_needed=False)
    promise = note_staff_promise(
        loan_id=loan_id, amount_minor=amount_minor, due_on=due_on, today=today, actor=actor, note=said
    )
    file = lock_held_file(file_id, user)
    rules = rules_on(now)
    day = due_on + timedelta(days=max(rules.waits[Wait.PROMISE], policy.promise_kept(today).days + 1))
    _wait_for(file, Wait.PROMISE, day, fact=Fact.PROMISE_RUNS, now=now)
    note_contact(borrower_id=file.borrower_id, at=now)
    keep(file, Kind.PUT_OFF, at=now, actor=actor, why=Wait.PROMISE.value, until=day.isoformat(), promise=promise.pk)
    return promise


@transaction.atomic
def hold_at_file(
    *, file_id: int, loan_id: int, kind: str, ends_on: date | None, words: str, user: User, now: datetime
) -> Hold:
    """
    Place a hold on a loan of a held file from today on, and let the file wait for its end or for the next look.

    :raises HoldRefused, MayNotWorkFiles, FileNotFound, FileNotHeld, WordsRefused: see there.
    """
    refuse_without(user, "collections_mgmt.hold_collectioncase")
    _refuse_other_loan(file_id, loan_id)
    today, actor = lender_date(now), actor_of_user(user)
    said = checked_words(words, on=today)
    hold = place_hold(
        loan_id=loan_id, kind=kind, starts_on=today, ends_on=ends_on, today=today, reason=said, actor=actor
    )
    file = lock_held_file(file_id, user)
    rules = rules_on(now)
    longest = today + timedelta(days=rules.longest_wait)
    day = min(ends_on + timedelta(days=1), longest) if ends_on else today + timedelta(days=rules.waits[Wait.HOLD])
    fact = Fact.CARE if kind in CARE_HOLDS else Fact.HOLD
    _wait_for(file, Wait.HOLD, day, fact=fact, now=now)
    keep(file, Kind.PUT_OFF, at=now, actor=actor, why=Wait.HOLD.value, until=day.isoformat(), hold=hold.pk)
    return hold


@transaction.atomic
def note_on_file(*, file_id: int, words: str, user: User, now: datetime) -> CaseFileEvent:
    """
    Keep a note, whoever holds the file. The same words as one's latest note are not kept twice.

    :raises MayNotWorkFiles, FileNotFound, WordsRefused: see there.
    """
    refuse_without(user, WORK)
    file = lock_file(file_id)
    if not CaseFile.objects.visible_to(user).filter(pk=file_id).exists():
        raise FileNotFound(_("There is no such file."))
    said, actor = checked_words(words, on=lender_date(now)), actor_of_user(user)
    latest = file.events.filter(kind=Kind.NOTE, actor=actor).last()
    if latest and latest.words == said:
        return latest
    kept = keep(file, Kind.NOTE, at=now, actor=actor, words=said)
    # The words may name people, and the audit log is read by others: it has the fact only.
    audit.record(
        action="collections.file_note",
        subject_type="file",
        subject_id=file.number,
        actor=actor,
        data={"event": kept.pk},
    )
    return kept


def note_contact(*, borrower_id: int, at: datetime) -> None:
    """Stop the clock of the first contact: somebody tried to reach the borrower. Later ones change nothing."""
    CaseFile.objects.open().filter(borrower=borrower_id, contacted_at=None).update(contacted_at=at)


def note_templates() -> Mapping[str, object]:
    """Return beginnings of notes, by code: what others need to know, and nothing that judges."""
    return {
        "reached": _("Reached. They say: … They can pay: … by: …"),
        "not_reached": _("Not reached. Tried: … Next try: …"),
        "hardship": _("They cannot pay as agreed, because: … It may last: … They were told how to ask for help."),
        "disagrees": _("They disagree with: … They were told how to complain and how long an answer takes."),
        "care": _("Needs care: … They agreed that we note this: yes / no. What helps them: …"),
    }


def _refuse_other_loan(file_id: int, loan_id: int) -> None:
    """:raises FileNotFound: the loan is not one of the file's borrower."""
    if not Loan.objects.filter(pk=loan_id, borrower__files=file_id).exists():
        raise FileNotFound(_("This loan does not belong to this file."), field="loan")


def _wait_for(file: CaseFile, why: Wait, day: date, *, fact: Fact, now: datetime) -> None:
    let_wait(file, why=why.value, until=day, today=lender_date(now), rules=rules_on(now))
    if fact not in file.facts:
        file.facts = [*file.facts, fact.value]  # the night weighs it; the page says it at once
    file.save(update_fields=[*WAITED, "facts"])
