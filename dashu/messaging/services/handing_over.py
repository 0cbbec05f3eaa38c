"""
Handing a number to somebody who contacts borrowers for us: nobody gets any before the guard allowed it.

What is asked is whether this person may be called at all: by what is known of them, and not by the hour of the night in
which a file is written, nor by how often we called before. Hours and caps are for whoever calls to keep.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from dashu.messaging.guard import lock_people
from dashu.messaging.models import ContactChannel, ContactParty, GuardDecision
from dashu.messaging.selectors import case_of
from dashu.messaging.services.decisions import Asked, decide_and_keep
from dashu.policy.contact_guard import Decision, decide
from dashu.policy.contact_rules import ContactRules
from dashu.users.models import Borrower


@transaction.atomic
def number_to_hand_over(
    *, borrower_id: int, loan_ids: Collection[int], to: str, at: datetime, their_hold: str
) -> tuple[GuardDecision, str]:
    """
    Decide whether somebody may be given a borrower's number, and write it down.

    :param to: who gets it, as decisions name who asked.
    :param their_hold: the code of the hold that leaves the borrower to them alone, which does not stop themselves.
    :returns: the decision and the number, which is empty unless it was allowed.
    """
    lock_people([borrower_id])
    borrower = Borrower.objects.get(pk=borrower_id)
    asked = Asked(
        borrower_id=borrower_id,
        loan_ids=tuple(sorted(loan_ids)),
        channel=ContactChannel.CALL,
        party=ContactParty.BORROWER,
        address_key=borrower.phone_index,
        purpose="COLLECTION",
        operator=to,
    )

    def judged(asked: Asked, rules: ContactRules, at: datetime) -> Decision:
        case, zone = case_of(borrower_id, asked.loan_ids, at)
        where = zone or rules.hours.zone
        noon = at.astimezone(where).replace(hour=12, minute=0)
        case = replace(case, holds=case.holds - {their_hold}, liked_hours=None)
        return replace(decide(rules, asked.attempt, case, (), now=noon, zone=where), next_allowed_at=None)

    decision = decide_and_keep(asked, at, judged)
    return decision, borrower.phone if decision.allows else ""
