"""What the contact guard looks at when somebody is to be called, visited or written to."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Max

from dashu.kernel.dates import lender_date
from dashu.messaging.case_facts import case_facts
from dashu.messaging.guard import flags_of, holds_of
from dashu.messaging.models import ContactAttempt, ContactParty, ContactPreference, Representative
from dashu.policy.contact_guard import Case, Contact

Outcome = ContactAttempt.Outcome


def contacts_of(borrower_id: int, *, before: int | None = None) -> list[Contact]:
    """
    Return the calls, visits and letters of a borrower, the oldest first, as the guard counts them.

    :param before: only what was begun before this attempt.
    """
    attempts = ContactAttempt.objects.filter(borrower_id=borrower_id).order_by("started_at", "pk")
    if before is not None:
        attempts = attempts.filter(pk__lt=before)
    return [
        Contact(
            at=attempt.started_at,
            channel=attempt.channel,
            party=attempt.party,
            address=attempt.address_key,
            outcome=attempt.outcome,
            is_inbound=attempt.direction == ContactAttempt.Direction.IN,
            is_consented=attempt.is_consented,
            purpose=attempt.purpose,
            debts=frozenset(map(str, attempt.loan_ids)),
        )
        for attempt in attempts.defer("note", "number")
    ]


def calls_refused_at(borrower_id: int) -> datetime | None:
    """
    Return when the borrower said that they want no more contact, while that stops calls; None where nothing does.

    It does until they say themselves, signed in, that we may call, or until whoever leads the desk notes it with a
    reason. Hours that were agreed and calls to us, which whoever wants to call notes alone, change nothing.
    """
    by_them = ContactAttempt.objects.filter(borrower=borrower_id, party=ContactParty.BORROWER)
    refused_at: datetime | None = by_them.filter(outcome=Outcome.REFUSED).aggregate(at=Max("started_at"))["at"]
    if refused_at is None:
        return None
    if ContactPreference.objects.filter(pk=borrower_id, calls_wanted_at__gt=refused_at).exists():
        return None
    return refused_at


def representatives_of(borrower_id: int) -> list[Representative]:
    """Return who speaks for a borrower now, also whom nobody but one colleague knows of."""
    return list(Representative.objects.running().filter(borrower=borrower_id))


def named_without(operator: str, borrower_id: int) -> list[Representative]:
    """Return who speaks for a borrower by the word of the borrower, or of somebody else than `operator`."""
    found = representatives_of(borrower_id)
    return [each for each in found if each.confirmed_at is not None or each.recorded_by != operator]


def work_agreed_at(borrower_id: int) -> datetime | None:
    """Return when a borrower agreed to be contacted at work, while that holds."""
    return ContactPreference.objects.filter(pk=borrower_id).values_list("work_agreed_at", flat=True).first()


def case_of(borrower_id: int, loan_ids: Collection[int], at: datetime) -> tuple[Case, ZoneInfo | None]:
    """Return what is known of a borrower at this moment, and the zone where they live where they said it."""
    facts = case_facts(borrower_id, loan_ids, lender_date(at))
    wish = ContactPreference.objects.filter(pk=borrower_id).first() or ContactPreference(time_zone="")
    liked = (wish.hours_from, wish.hours_to) if wish.hours_from and wish.hours_to else None
    today, speaking = lender_date(at), representatives_of(borrower_id)
    said = {
        "no_calls": calls_refused_at(borrower_id) is not None,
        "home_visit_agreed": wish.may_visit_home_on(today),
        "workplace_agreed": wish.may_contact_work_on(today),
        "represented": bool(speaking),
        "incapacitated": any(each.role == Representative.Role.GUARDIAN for each in speaking),
    }
    case = Case(
        dpd=facts.dpd,
        flags=facts.flags | flags_of(borrower_id) | {flag for flag, is_so in said.items() if is_so},
        holds=facts.holds | holds_of(borrower_id),
        liked_hours=liked,
        agreed_hours=wish.agreed_hours_on(today),
        paused_until=wish.paused_until,
        visit_agreed_at=wish.home_agreed_at,
    )
    return case, ZoneInfo(wish.time_zone) if wish.time_zone else None
