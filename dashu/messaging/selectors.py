"""What the contact guard looks at when somebody is to be called, visited or written to."""

from collections import defaultdict
from collections.abc import Collection, Mapping
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
    return _calls_refused([borrower_id]).get(borrower_id)


def _calls_refused(borrower_ids: Collection[int]) -> Mapping[int, datetime]:
    by_them = ContactAttempt.objects.filter(borrower__in=borrower_ids, party=ContactParty.BORROWER).order_by()
    refused = by_them.filter(outcome=Outcome.REFUSED).values_list("borrower").annotate(at=Max("started_at"))
    if not (refused_at := dict(refused)):
        return {}
    wanting = ContactPreference.objects.filter(pk__in=refused_at, calls_wanted_at__isnull=False)
    wanted_at = dict(wanting.values_list("pk", "calls_wanted_at"))
    return {
        borrower_id: at
        for borrower_id, at in refused_at.items()
        if not (wanted := wanted_at.get(borrower_id)) or wanted <= at
    }


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
    return cases_of({borrower_id: loan_ids}, at)[borrower_id]


def cases_of(asked: Mapping[int, Collection[int]], at: datetime) -> Mapping[int, tuple[Case, ZoneInfo | None]]:
    """
    Do as `case_of` does, for many people in as many queries as for one.

    :param asked: the loans in question by borrower; none for all of theirs.
    """
    today = lender_date(at)
    facts, holds, flags = case_facts(asked, today), holds_of(asked), flags_of(asked)
    wishes, refused = ContactPreference.objects.in_bulk(list(asked)), _calls_refused(asked)
    nothing: frozenset[str] = frozenset()
    speaking = _speaking_for(asked)
    found = {}
    for borrower_id in asked:
        known, wish = facts[borrower_id], wishes.get(borrower_id) or ContactPreference(time_zone="")
        said = {
            "no_calls": borrower_id in refused,
            "home_visit_agreed": wish.may_visit_home_on(today),
            "workplace_agreed": wish.may_contact_work_on(today),
            "represented": borrower_id in speaking,
            "incapacitated": Representative.Role.GUARDIAN in speaking.get(borrower_id, ()),
        }
        own = known.flags | flags.get(borrower_id, nothing) | {flag for flag, is_so in said.items() if is_so}
        case = Case(
            dpd=known.dpd,
            flags=own,
            holds=known.holds | holds.get(borrower_id, nothing),
            liked_hours=(wish.hours_from, wish.hours_to) if wish.hours_from and wish.hours_to else None,
            agreed_hours=wish.agreed_hours_on(today),
            paused_until=wish.paused_until,
            visit_agreed_at=wish.home_agreed_at,
        )
        found[borrower_id] = case, ZoneInfo(wish.time_zone) if wish.time_zone else None
    return found


def _speaking_for(borrower_ids: Collection[int]) -> Mapping[int, set[str]]:
    """Return the roles of those who speak for each borrower for whom somebody does."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for borrower_id, role in (
        Representative.objects.running().filter(borrower__in=borrower_ids).values_list("borrower", "role")
    ):
        found[borrower_id].add(role)
    return found
