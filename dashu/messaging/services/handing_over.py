"""
Handing a number to somebody who contacts borrowers for us: nobody gets any before the guard allowed it.

What is asked is whether this person may be called at all: by what is known of them, and not by the hour of the night in
which a file is written, nor by how often we called before. Hours and caps are for whoever calls to keep.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from dashu.messaging.guard import lock_people
from dashu.messaging.models import ContactChannel, ContactParty, GuardDecision
from dashu.messaging.selectors import cases_of
from dashu.messaging.services.decisions import Asked, decide_and_keep_all
from dashu.policy.contact_guard import Decision, decide
from dashu.policy.contact_rules import ContactRules
from dashu.users.models import Borrower


@transaction.atomic
def numbers_to_hand_over(
    *, loans: Mapping[int, Collection[int]], to: str, at: datetime, their_hold: str
) -> Mapping[int, tuple[GuardDecision, str]]:
    """
    Decide for each borrower whether somebody may be given their number, and write it down; thousands at once take as
    many queries as one.

    :param loans: which loans it is about, by borrower.
    :param to: who gets the numbers, as decisions name who asked.
    :param their_hold: the code of the hold that leaves the borrower to them alone, which does not stop themselves.
    :returns: by borrower, the decision and the number, which is empty unless it was allowed.
    """
    lock_people(loans)
    people = Borrower.objects.in_bulk(list(loans))
    cases = cases_of(loans, at)
    asked = [
        Asked(
            borrower_id=borrower_id,
            loan_ids=tuple(sorted(loans[borrower_id])),
            channel=ContactChannel.CALL,
            party=ContactParty.BORROWER,
            address_key=people[borrower_id].phone_index,
            purpose="COLLECTION",
            operator=to,
        )
        for borrower_id in sorted(loans)
    ]

    def judged(asked: Asked, rules: ContactRules, at: datetime) -> Decision:
        case, zone = cases[asked.borrower_id]
        where = zone or rules.hours.zone
        noon = at.astimezone(where).replace(hour=12, minute=0)
        case = replace(case, holds=case.holds - {their_hold}, liked_hours=None)
        return replace(decide(rules, asked.attempt, case, (), now=noon, zone=where), next_allowed_at=None)

    return {
        decision.borrower_id: (decision, people[decision.borrower_id].phone if decision.allows else "")
        for decision in decide_and_keep_all(asked, at, judged)
    }
