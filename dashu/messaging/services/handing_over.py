"""
Handing a number to somebody who contacts borrowers for us: nobody gets any before the guard allowed it.

What is asked is whether this person may be called at all: by what is known of them, and not by the hour of the night in
which a file is written, nor by how often we called before. Hours and caps are for whoever calls to keep.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from dashu.kernel.dates import lender_date
from dashu.messaging.guard import lock_people
from dashu.messaging.models import ContactChannel, GuardDecision
from dashu.messaging.selectors import case_of
from dashu.policy.contact_guard import Attempt, blocked_without_rules, decide
from dashu.policy.rules import contact_rules
from dashu.policy.selectors import PolicyRuleMissing
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
    try:
        rules = contact_rules(lender_date(at))
        case, zone = case_of(borrower_id, loan_ids, at)
        where = zone or rules.hours.zone
        attempt = Attempt(
            channel=ContactChannel.CALL,
            party="BORROWER",
            address=borrower.phone_index,
            purpose="COLLECTION",
            operator=to,
            debts=frozenset(map(str, loan_ids)),
        )
        by_day = at.astimezone(where).replace(hour=12, minute=0)
        case = replace(case, holds=case.holds - {their_hold}, liked_hours=None)
        decided, pack, version = decide(rules, attempt, case, (), now=by_day, zone=where), rules.pack, rules.version
    except PolicyRuleMissing as error:
        decided, pack, version = blocked_without_rules(str(error.params["code"])), settings.LENDER_POLICY_PACK, ""
    decision = GuardDecision.objects.create(
        borrower=borrower,
        loan_ids=sorted(loan_ids),
        channel=ContactChannel.CALL,
        address_key=borrower.phone_index,
        purpose="COLLECTION",
        operator=to,
        stage=GuardDecision.Stage.ASKED,
        pack=pack,
        rules_version=version,
        verdict=decided.verdict.value,
        reasons=[reason.value for reason in decided.reasons],
        conditions=[condition.value for condition in decided.conditions],
        next_allowed_at=None,
        at=at,
    )
    return decision, borrower.phone if decision.allows else ""
