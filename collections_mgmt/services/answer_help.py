"""A person answers a request for help."""

from datetime import datetime

from django.db import transaction

from collections_mgmt.models import HardshipRequest
from collections_mgmt.selectors.care import more_days
from collections_mgmt.services.ask_for_help import end_request, let_go, lock_with_loans
from collections_mgmt.services.asked import note, refuse_to_answer, words_of
from dashu.kernel.dates import lender_date
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User


@transaction.atomic
def answer_help(*, request_id: int, is_possible: bool, words: str, user: User, now: datetime) -> HardshipRequest:
    """
    Tell the borrower whether plans are going to be offered, and in a person's own words why and what comes next.

    Where they are, the borrower is left in peace for the days of the rule `hardship.deciding_days`, and longer where
    they need special care; else the loans go on as before from tomorrow on.

    :raises AlreadyAnswered, HeldByColleague: see `refuse_to_answer`.
    :raises WordsMissing: the answer has no words, or too many.
    """
    asked = lock_with_loans(request_id)
    refuse_to_answer(asked, user)
    asked.answer = words_of(words, field="words")
    asked.answered_by = asked.handler = user
    outcome = HardshipRequest.Outcome.PLAN if is_possible else HardshipRequest.Outcome.NOT_POSSIBLE
    end_request(asked, outcome=outcome, now=now)
    today = lender_date(now)
    days = policy.deciding_days(today) + more_days(asked.borrower_id, today) if is_possible else 0
    let_go(asked, now=now, actor=actor_of_user(user), days=days)
    note("answered", asked, actor_of_user(user), outcome=outcome)
    messaging.enqueue(
        dedupe_key=f"help-answered:{asked.pk}",
        borrower_id=asked.borrower_id,
        template="collections.help_answered",
        params={"reference": asked.reference},
    )
    return asked
