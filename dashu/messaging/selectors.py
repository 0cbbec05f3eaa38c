"""What the contact guard looks at when somebody is to be called, visited or written to."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Max

from dashu.kernel.dates import lender_date
from dashu.messaging.case_facts import case_facts
from dashu.messaging.guard import flags_of, holds_of
from dashu.messaging.models import ContactAttempt, ContactParty, ContactPreference
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

    It does until they call us, or say that we may call: to agreed hours or to whoever leads the desk. What happened
    first is told by when each contact began, whenever it was noted.
    """
    by_them = ContactAttempt.objects.filter(borrower=borrower_id, party=ContactParty.BORROWER)
    refused_at: datetime | None = by_them.filter(outcome=Outcome.REFUSED).aggregate(at=Max("started_at"))["at"]
    if refused_at is None:
        return None
    calls = by_them.filter(direction=ContactAttempt.Direction.IN, outcome=Outcome.RIGHT_PARTY)
    if calls.filter(started_at__gt=refused_at).exists():
        return None
    if ContactPreference.objects.filter(pk=borrower_id, calls_wanted_at__gt=refused_at).exists():
        return None
    return refused_at


def case_of(borrower_id: int, loan_ids: Collection[int], at: datetime) -> tuple[Case, ZoneInfo | None]:
    """Return what is known of a borrower at this moment, and the zone where they live where they said it."""
    facts = case_facts(borrower_id, loan_ids, lender_date(at))
    wish = ContactPreference.objects.filter(pk=borrower_id).first() or ContactPreference(time_zone="")
    liked = (wish.hours_from, wish.hours_to) if wish.hours_from and wish.hours_to else None
    today = lender_date(at)
    said = {
        "no_calls": calls_refused_at(borrower_id) is not None,
        "home_visit_agreed": wish.may_visit_home_on(today),
        "workplace_agreed": wish.may_contact_work_on(today),
    }
    case = Case(
        dpd=facts.dpd,
        flags=facts.flags | flags_of(borrower_id) | {flag for flag, is_so in said.items() if is_so},
        holds=facts.holds | holds_of(borrower_id),
        liked_hours=liked,
        agreed_hours=wish.agreed_hours_on(today),
        paused_until=wish.paused_until,
    )
    return case, ZoneInfo(wish.time_zone) if wish.time_zone else None
