"""
What the contact guard asks collections: how late the loans are at the moment of a call, and what is on hold.

A complaint or a dispute that waits for our answer stops reminders, offers and calls to the person from the moment at
which it is stored, whichever loan it is about, also what is queued or claimed: the guard reads it before each contact.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection
from django.db.models import Min

from collections_mgmt import contact_flags
from collections_mgmt.contact_holds import HOLD_OF_PERSON
from collections_mgmt.models import Hold
from collections_mgmt.selectors.agreements import LOANS_AGREED_ON
from dashu.messaging.case_facts import CaseFacts, register_case_facts, register_numbers
from dashu.messaging.guard import register_flag, register_hold
from dashu.messaging.models import ContactParty
from loans.models import Guarantor, Loan
from repayments.models import Installment

_DECEASED = Hold.Kind.DECEASED.lower()
_WAITING = "SELECT borrower_id FROM {table} WHERE answered_at IS NULL"


def register() -> None:
    for code in ("complaint", "dispute"):
        register_hold(code, _WAITING.format(table=f"collections_mgmt_{code}"))
    contact_flags.register(register_flag)
    register_case_facts("collections", facts_of)
    register_numbers(ContactParty.GUARANTOR, number_of_guarantor)


def facts_of(asked: Mapping[int, Collection[int]], on: date) -> Mapping[int, CaseFacts]:
    """
    Return for each borrower the days of the loan that is furthest behind, the holds that leave the person or one of
    these loans in peace, and whether something agreed on runs for all that is late.

    A loan is behind when the latest close found it so and it is unpaid at this moment: whoever paid a minute ago is
    left alone. A written-off or sold claim is not collected; a charged-off one still is.
    """
    owners: dict[int, int] = {}
    for loan_id, borrower_id in Loan.objects.filter(borrower__in=asked).values_list("pk", "borrower"):
        if not asked[borrower_id] or loan_id in asked[borrower_id]:
            owners[loan_id] = borrower_id
    since = _late_since(owners, on)
    agreed = _agreed_on([loan_id for loans in since.values() for loan_id in loans])
    holds = _holds(asked, owners, on)
    return {
        borrower_id: CaseFacts(
            dpd=(on - min(late.values())).days if (late := since.get(borrower_id)) else 0,
            holds=frozenset(holds.get(borrower_id, ())),
            flags=frozenset({"promise_running"} if late and agreed.issuperset(late) else ()),
            open_to_estate=frozenset({_DECEASED, HOLD_OF_PERSON} if _DECEASED in holds.get(borrower_id, ()) else ()),
        )
        for borrower_id in asked
    }


def _late_since(owners: Mapping[int, int], on: date) -> Mapping[int, dict[int, date]]:
    """Return the oldest day that is unpaid of each late loan, by borrower."""
    collected = [Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF]
    owed = Loan.objects.filter(pk__in=list(owners), status__in=collected, overdue__days_past_due__gt=0).values("pk")
    late = Installment.objects.filter(loan__in=owed, unpaid_minor__gt=0, due_on__lt=on)
    found: defaultdict[int, dict[int, date]] = defaultdict(dict)
    for loan_id, day in late.values_list("loan").annotate(day=Min("due_on")):
        found[owners[loan_id]][loan_id] = day
    return found


def _holds(asked: Collection[int], owners: Mapping[int, int], on: date) -> Mapping[int, set[str]]:
    """Return the kinds of holds that concern these people, or one of these loans, by borrower."""
    stops = (Hold.Contact.PERSON, Hold.Contact.LOAN)
    running = Hold.objects.filter(loan__borrower__in=asked, contact__in=stops, ended_on=None, starts_on__lte=on)
    found: defaultdict[int, set[str]] = defaultdict(set)
    for borrower_id, loan_id, contact, kind in running.values_list("loan__borrower", "loan", "contact", "kind"):
        if contact == Hold.Contact.PERSON or loan_id in owners:
            found[borrower_id].add(kind.lower())
    return found


def _agreed_on(loan_ids: Collection[int]) -> set[int]:
    if not loan_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT loan_id FROM ({LOANS_AGREED_ON}) AS agreed WHERE loan_id = ANY(%s)", [list(loan_ids)])  # noqa: S608 – a constant
        return {loan_id for (loan_id,) in cursor.fetchall()}


def number_of_guarantor(borrower_id: int, guarantor_id: int) -> str:
    guarantor = Guarantor.objects.filter(pk=guarantor_id, application__borrower=borrower_id).first()
    return guarantor.phone or "" if guarantor else ""
