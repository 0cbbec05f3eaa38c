"""
What the contact guard asks collections: how late the loans are at the moment of a call, and what is on hold.

A complaint or a dispute that waits for our answer stops reminders, offers and calls to the person from the moment at
which it is stored, whichever loan it is about, also what is queued or claimed: the guard reads it before each contact.
"""

from collections.abc import Collection
from datetime import date

from django.db import connection
from django.db.models import Min, Q

from collections_mgmt import contact_flags
from collections_mgmt.contact_holds import HOLD_OF_PERSON
from collections_mgmt.models import Hold
from collections_mgmt.selectors.agreements import LOANS_AGREED_ON
from dashu.messaging.case_facts import CaseFacts, register_case_facts, register_numbers
from dashu.messaging.guard import register_flag, register_hold
from dashu.messaging.models import ContactParty
from loans.models import Guarantor, Loan
from repayments.models import Installment

_WAITING = "SELECT borrower_id FROM {table} WHERE answered_at IS NULL"


def register() -> None:
    for code in ("complaint", "dispute"):
        register_hold(code, _WAITING.format(table=f"collections_mgmt_{code}"))
    contact_flags.register(register_flag)
    register_case_facts("collections", facts_of)
    register_numbers(ContactParty.GUARANTOR, number_of_guarantor)


def facts_of(borrower_id: int, loan_ids: Collection[int], on: date) -> CaseFacts:
    """
    Return the days of the loan that is furthest behind, the holds that leave the person or one of these loans in peace,
    and whether something agreed on runs for all that is late.

    A loan is behind when the latest close found it so and it is unpaid at this moment: whoever paid a minute ago is
    left alone. A written-off or sold claim is not collected; a charged-off one still is.
    """
    loans = Loan.objects.filter(borrower=borrower_id)
    asked = loans.filter(pk__in=loan_ids) if loan_ids else loans
    collected = [Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF]
    owed = asked.filter(status__in=collected, overdue__days_past_due__gt=0).values("pk")
    late = Installment.objects.filter(loan__in=owed, unpaid_minor__gt=0, due_on__lt=on)
    since = dict(late.values_list("loan").annotate(day=Min("due_on")))
    held = Q(contact=Hold.Contact.PERSON) | Q(contact=Hold.Contact.LOAN, loan__in=asked)
    running = Hold.objects.filter(held, loan__in=loans, ended_on=None, starts_on__lte=on)
    kinds = set(running.values_list("kind", flat=True))
    return CaseFacts(
        dpd=(on - min(since.values())).days if since else 0,
        holds=frozenset(kind.lower() for kind in kinds),
        flags=frozenset({"promise_running"} if since and not _without_agreement(since) else ()),
        open_to_estate=frozenset({Hold.Kind.DECEASED.lower(), HOLD_OF_PERSON} if Hold.Kind.DECEASED in kinds else ()),
    )


def _without_agreement(loan_ids: Collection[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT loan_id FROM ({LOANS_AGREED_ON}) AS agreed WHERE loan_id = ANY(%s)", [list(loan_ids)])  # noqa: S608 – a constant
        return set(loan_ids) - {loan_id for (loan_id,) in cursor.fetchall()}


def number_of_guarantor(borrower_id: int, guarantor_id: int) -> str:
    guarantor = Guarantor.objects.filter(pk=guarantor_id, application__borrower=borrower_id).first()
    return guarantor.phone or "" if guarantor else ""
