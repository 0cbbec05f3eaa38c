"""What the contact guard looks at when somebody is to be called, visited or written to."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from dashu.kernel.dates import lender_date
from dashu.messaging.case_facts import case_facts
from dashu.messaging.guard import flags_of, holds_of
from dashu.messaging.models import ContactAttempt, ContactPreference
from dashu.policy.contact_guard import Case, Contact


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


def case_of(borrower_id: int, loan_ids: Collection[int], at: datetime) -> tuple[Case, ZoneInfo | None]:
    """Return what is known of a borrower at this moment, and the zone where they live where they said it."""
    facts = case_facts(borrower_id, loan_ids, lender_date(at))
    wish = ContactPreference.objects.filter(pk=borrower_id).first() or ContactPreference(time_zone="")
    liked = (wish.hours_from, wish.hours_to) if wish.hours_from and wish.hours_to else None
    agreed = (wish.agreed_from, wish.agreed_to) if wish.agreed_from and wish.agreed_to else None
    if wish.agreed_until and wish.agreed_until < lender_date(at):
        agreed = None
    case = Case(
        dpd=facts.dpd,
        flags=facts.flags | flags_of(borrower_id),
        holds=facts.holds | holds_of(borrower_id),
        liked_hours=liked,
        agreed_hours=agreed,
        paused_until=wish.paused_until,
    )
    return case, ZoneInfo(wish.time_zone) if wish.time_zone else None
