"""
Calling, visiting and writing to somebody by hand: nobody does it, or sees a number, before the guard allowed it.

`ask_to_contact` asks, writes the decision down and, where it allows, reserves the attempt: from that moment it counts,
so that twenty collectors who ask at once never pass a cap together. The number is in its answer, and for a few minutes
in `shown_number`, for the one who asked, as long as the guard would still allow the call: a complaint that arrives
meanwhile takes it away. `record_outcome` notes how it ended.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.case_facts import case_facts, number_of, register_numbers
from dashu.messaging.guard import lock_people
from dashu.messaging.models import ContactAttempt, ContactChannel, ContactParty, GuardDecision, Representative
from dashu.messaging.selectors import (
    case_of,
    contacts_of,
    named_without,
    representatives_of,
    work_agreed_at,
)
from dashu.messaging.services.decisions import Asked, decide_and_keep
from dashu.messaging.services.enqueue import enqueue
from dashu.policy.contact_guard import Case, Decision, blocked_without_rules, decide
from dashu.policy.contact_rules import ContactRules
from dashu.policy.rules import contact_rules
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.indexes import borrower_phone_index
from dashu.users.models import Borrower

NUMBER_LASTS = timedelta(minutes=10)
Outcome = ContactAttempt.Outcome
_SPOKEN = (Outcome.RIGHT_PARTY, Outcome.REFUSED, Outcome.WRONG_PARTY)
_OF_CALLS = (*_SPOKEN, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.VOICEMAIL, Outcome.INVALID_NUMBER, Outcome.FAILED)
# How an attempt can end, by its channel.
OUTCOMES: dict[str, tuple[Outcome, ...]] = {
    "CALL": _OF_CALLS,
    "AI_CALL": _OF_CALLS,
    "VISIT": (*_SPOKEN, Outcome.NOT_MET, Outcome.FAILED),
    "LETTER": (Outcome.SENT, Outcome.FAILED),
}


class NotByHand(DomainError):
    """This is no way of contact that people use by hand: messages go through the outbox."""

    code = "contact_not_by_hand"


class AttemptNotFound(DomainError):
    """There is no such attempt."""

    code = "contact_attempt_not_found"
    http_status = 404


class KeyOfAnotherContact(DomainError):
    """The key belongs to an attempt at somebody else, or in another way."""

    code = "contact_key_reused"
    http_status = 409


class NumberOfBorrower(DomainError):
    """What is said to be another person's number is the borrower's own; their caps and holds would not count there."""

    code = "number_of_borrower"


class ConsentWithoutWords(DomainError):
    """Who says that a call was asked for says how they know."""

    code = "consent_without_words"


class OutcomeRefused(DomainError):
    """The outcome does not fit this way of contact, or the attempt ended otherwise."""

    code = "contact_outcome_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """
    :param decision: the evidence.
    :param attempt: None when it is not allowed.
    :param number: to dial; empty when it is not allowed, was asked for by somebody else, or there is none to dial.
    """

    decision: GuardDecision
    attempt: ContactAttempt | None = None
    number: str = ""


def ask_to_dial(
    *,
    key: str,
    borrower_id: int,
    operator: str,
    at: datetime,
    loan_ids: Collection[int] = (),
    party: str = ContactParty.BORROWER,
    party_ref: int | None = None,
    number: str = "",
    purpose: str = "COLLECTION",
    is_consented: bool = False,
    consent_words: str = "",
    is_machine: bool = False,
) -> Answer:
    """Ask to call somebody. See `ask_to_contact`."""
    return ask_to_contact(
        key=key,
        borrower_id=borrower_id,
        channel=ContactChannel.AI_CALL if is_machine else ContactChannel.CALL,
        operator=operator,
        at=at,
        loan_ids=loan_ids,
        party=party,
        party_ref=party_ref,
        number=number,
        purpose=purpose,
        is_consented=is_consented,
        consent_words=consent_words,
    )


@transaction.atomic
def ask_to_contact(
    *,
    key: str,
    borrower_id: int,
    channel: str,
    operator: str,
    at: datetime,
    loan_ids: Collection[int] = (),
    party: str = ContactParty.BORROWER,
    party_ref: int | None = None,
    number: str = "",
    purpose: str = "COLLECTION",
    is_consented: bool = False,
    consent_words: str = "",
    visitors: int | None = None,
) -> Answer:
    """
    Ask to call, visit or write to somebody about a borrower, and reserve the attempt where the guard allows it.

    Asking again with the key of an attempt returns it, with the number while it is still shown to this operator. A
    refusal keeps no key: asking again asks anew, and each refusal is written down.

    :param loan_ids: what it is about; empty for all loans of the borrower.
    :param party_ref: which guarantor, as the app counts them that called `register_numbers` for this kind of person.
    :param number: of somebody of whom nothing else is kept; for the borrower their own is taken.
    :param is_consented: the person asked for this very call within the days of the rule; the borrower reads of it in
        their account. :param consent_words: how we know that.
    :param visitors: how many come together on a visit, the one who asks being one.
    :raises NotByHand: it is no call, visit or letter.
    :raises KeyOfAnotherContact, NumberOfBorrower, ConsentWithoutWords: see there.
    """
    if channel not in OUTCOMES:
        raise NotByHand(_("Messages are sent by the system and not by hand."), field="channel")
    lock_people([borrower_id])
    if earlier := ContactAttempt.objects.select_related("decision", "borrower").filter(key=key).first():
        return _again(earlier, about=(borrower_id, channel, party), operator=operator, at=at)
    if is_consented and not consent_words.strip():
        raise ConsentWithoutWords(_("Say how we know that they asked for this call."), field="consent_words")
    is_typed = party not in (ContactParty.BORROWER, ContactParty.REPRESENTATIVE) and party_ref is None
    typed = number.strip() if is_typed else ""
    given = number.strip() if party != ContactParty.BORROWER and party_ref is None else ""
    if given and borrower_phone_index(given) == Borrower.objects.get(pk=borrower_id).phone_index:
        raise NumberOfBorrower(_("This is the borrower's own number. Ask to call the borrower."), field="number")
    dialed = typed or _number_to_dial(borrower_id, channel, party, party_ref)
    asked = Asked(
        borrower_id=borrower_id,
        loan_ids=tuple(sorted(loan_ids)),
        channel=channel,
        party=party,
        address_key=borrower_phone_index(dialed),
        purpose=purpose,
        operator=operator,
        is_consented=is_consented,
        party_ref=party_ref,
        visitors=(visitors or 1) if channel == ContactChannel.VISIT else None,
    )
    decision = decide_and_keep(asked, at, _judged)
    if not decision.allows:
        return Answer(decision)
    attempt = ContactAttempt.objects.create(
        key=key,
        borrower_id=borrower_id,
        loan_ids=list(asked.loan_ids),
        channel=channel,
        party=party,
        party_ref=party_ref,
        address_key=asked.address_key,
        number=typed,
        purpose=purpose,
        decision=decision,
        operator=operator,
        started_at=at,
        number_until=at + NUMBER_LASTS if dialed else None,
        is_consented=is_consented,
        consent_words=consent_words.strip() if is_consented else "",
        visitors=asked.visitors,
    )
    if is_consented:
        enqueue(
            dedupe_key=f"call-asked-for:{attempt.pk}",
            borrower_id=borrower_id,
            template="messaging.call_asked_for",
            params={"noted_on": lender_date(at)},
        )
    _witness("messaging.contact_begun", attempt, operator, channel=str(channel), party=str(party), purpose=str(purpose))
    return Answer(decision, attempt, dialed)


def preview_contact(
    *,
    borrower_id: int,
    channel: str,
    operator: str,
    at: datetime,
    loan_ids: Collection[int] = (),
    party: str = ContactParty.BORROWER,
    purpose: str = "COLLECTION",
) -> Decision:
    """
    Return what the guard would say now, to be shown and not to be acted on: nothing is written, and nothing reserved.

    Others than the borrower are taken to have a number that nobody dialed yet.
    """
    own = Borrower.objects.values_list("phone_index", flat=True).get(pk=borrower_id)
    address_key = own if party == ContactParty.BORROWER else "other"
    asked = Asked(borrower_id, tuple(loan_ids), channel, party, address_key, purpose, operator)
    try:
        return _judged(asked, contact_rules(lender_date(at)), at)
    except PolicyRuleMissing as error:
        return blocked_without_rules(str(error.params["code"]))


def shown_number(*, attempt_id: int, operator: str, at: datetime) -> str:
    """
    Return the number of an attempt to whoever asked for it, for some minutes, while it is open and would still be
    allowed; else "".
    """
    attempt = ContactAttempt.objects.select_related("borrower").filter(pk=attempt_id).first()
    return _number_of(attempt, operator, at) if attempt else ""


@transaction.atomic
def record_outcome(
    *,
    attempt_id: int,
    outcome: str,
    at: datetime,
    actor: str,
    seconds: int | None = None,
    note: str = "",
    cost_minor: int = 0,
) -> ContactAttempt:
    """
    Note how an attempt ended; its number is shown no more. The same outcome again changes nothing.

    :param seconds: how long it lasted, so it ended so long after it began; else it ended at `at`.
    :param note: sealed; it says nothing of others than the borrower.
    :param cost_minor: what it cost us, minor units.
    :raises AttemptNotFound: see there.
    :raises OutcomeRefused: see there.
    """
    borrower_id = ContactAttempt.objects.filter(pk=attempt_id).values_list("borrower_id", flat=True).first()
    if borrower_id is None:
        raise AttemptNotFound(_("There is no such contact."))
    lock_people([borrower_id])
    attempt = ContactAttempt.objects.get(pk=attempt_id)
    if attempt.outcome == outcome != Outcome.OPEN:
        return attempt
    if attempt.outcome != Outcome.OPEN:
        raise OutcomeRefused(_("How this contact ended was noted already."), field="outcome")
    if outcome not in OUTCOMES[attempt.channel]:
        raise OutcomeRefused(_("This outcome does not fit this way of contact."), field="outcome")
    attempt.outcome, attempt.outcome_at, attempt.note, attempt.cost_minor = outcome, at, note.strip(), cost_minor
    attempt.seconds = seconds
    ended_at = at if seconds is None else attempt.started_at + timedelta(seconds=seconds)
    attempt.ended_at = max(attempt.started_at, ended_at)
    attempt.save(update_fields=["outcome", "outcome_at", "note", "cost_minor", "seconds", "ended_at"])
    _witness("messaging.contact_ended", attempt, actor, outcome=str(outcome))
    return attempt


@transaction.atomic
def note_inbound(
    *,
    key: str,
    borrower_id: int,
    started_at: datetime,
    at: datetime,
    actor: str,
    outcome: str = Outcome.RIGHT_PARTY,
    loan_ids: Collection[int] = (),
    party: str = ContactParty.BORROWER,
    seconds: int | None = None,
    note: str = "",
) -> ContactAttempt:
    """
    Note that somebody called us. It is no contact of ours, but a conversation can begin days of rest.

    :raises KeyOfAnotherContact: see there.
    :raises OutcomeRefused: a call to us ends otherwise.
    """
    lock_people([borrower_id])
    if earlier := ContactAttempt.objects.filter(key=key).first():
        if (earlier.borrower_id, earlier.direction) != (borrower_id, ContactAttempt.Direction.IN):
            raise _other_key()
        return earlier
    if outcome not in _SPOKEN:
        raise OutcomeRefused(_("This outcome does not fit this way of contact."), field="outcome")
    attempt = ContactAttempt.objects.create(
        key=key,
        borrower_id=borrower_id,
        loan_ids=sorted(loan_ids),
        channel=ContactChannel.CALL,
        direction=ContactAttempt.Direction.IN,
        party=party,
        purpose="SERVICE",
        operator=actor,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=seconds or 0),
        outcome=outcome,
        outcome_at=at,
        seconds=seconds,
        note=note.strip(),
    )
    _witness("messaging.contact_received", attempt, actor, outcome=str(outcome))
    return attempt


def _judged(asked: Asked, rules: ContactRules, at: datetime, *, before: int | None = None) -> Decision:
    """:param before: see `contacts_of`."""
    case, zone = case_of(asked.borrower_id, asked.loan_ids, at)
    if asked.is_consented:
        case = replace(case, flags=case.flags | {"call_agreed"})
    if asked.party == ContactParty.REPRESENTATIVE:
        case = _as_seen_by_representative(asked, case, at)
    if asked.party == ContactParty.WORKPLACE:
        case = replace(case, visit_agreed_at=work_agreed_at(asked.borrower_id))
    history = contacts_of(asked.borrower_id, before=before)
    return decide(rules, asked.attempt, case, history, now=at, zone=zone or rules.hours.zone)


def _as_seen_by_representative(asked: Asked, case: Case, at: datetime) -> Case:
    """Who speaks for the estate is spoken with although somebody died; on nobody's own word alone."""
    named = named_without(asked.operator, asked.borrower_id)
    speaking = representatives_of(asked.borrower_id)
    if asked.party_ref is not None:
        named, speaking = ([each for each in found if each.pk == asked.party_ref] for found in (named, speaking))
    if not speaking:
        return replace(case, flags=case.flags - {"represented"})
    holds = case.holds
    if any(each.role == Representative.Role.ESTATE for each in named):
        facts = case_facts({asked.borrower_id: asked.loan_ids}, lender_date(at))
        holds -= facts[asked.borrower_id].open_to_estate
    return replace(case, holds=holds, is_named_by_caller=not named)


def _again(earlier: ContactAttempt, *, about: tuple[int, str, str], operator: str, at: datetime) -> Answer:
    if (earlier.borrower_id, earlier.channel, earlier.party) != about or earlier.decision is None:
        raise _other_key()
    return Answer(earlier.decision, earlier, _number_of(earlier, operator, at))


def _other_key() -> KeyOfAnotherContact:
    return KeyOfAnotherContact(_("This key belongs to another contact."), field="key")


def _number_to_dial(borrower_id: int, channel: str, party: str, party_ref: int | None) -> str:
    if channel not in (ContactChannel.CALL, ContactChannel.AI_CALL):
        return ""
    if party == ContactParty.BORROWER:
        return Borrower.objects.get(pk=borrower_id).phone
    return number_of(party, borrower_id, party_ref or 0)


def _phone_of_representative(borrower_id: int, representative_id: int) -> str:
    found = Representative.objects.running().filter(pk=representative_id, borrower=borrower_id).first()
    return found.phone if found else ""


register_numbers(ContactParty.REPRESENTATIVE, _phone_of_representative)


def _number_of(attempt: ContactAttempt, operator: str, at: datetime) -> str:
    is_shown = attempt.outcome == Outcome.OPEN and attempt.number_until is not None and at < attempt.number_until
    if not is_shown or attempt.operator != operator or not _is_still_allowed(attempt, at):
        return ""
    number = attempt.number or _number_to_dial(attempt.borrower_id, attempt.channel, attempt.party, attempt.party_ref)
    # The decision was about one number; the person may have another by now.
    return number if borrower_phone_index(number) == attempt.address_key else ""


def _is_still_allowed(attempt: ContactAttempt, at: datetime) -> bool:
    asked = Asked(
        borrower_id=attempt.borrower_id,
        loan_ids=tuple(attempt.loan_ids),
        channel=attempt.channel,
        party=attempt.party,
        address_key=attempt.address_key,
        purpose=attempt.purpose,
        operator=attempt.operator,
        is_consented=attempt.is_consented,
        party_ref=attempt.party_ref,
        visitors=attempt.visitors,
    )
    try:
        return _judged(asked, contact_rules(lender_date(at)), at, before=attempt.pk).allows
    except PolicyRuleMissing:
        return False


def _witness(action: str, attempt: ContactAttempt, actor: str, **data: str) -> None:
    audit.record(
        action=action,
        subject_type="borrower",
        subject_id=attempt.borrower_id,
        actor=actor,
        data={"attempt": attempt.pk, **data},
    )
