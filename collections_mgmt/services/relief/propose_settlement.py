"""
A settlement that the engine finds to be the way goes the way of every settlement: one person asks, another approves.

Nothing is decided here that `collections_mgmt.services.settlements` would not decide: whoever asks sees the same terms,
and the borrower hears of it once it is approved.
"""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.services.ask_settlement import ask_settlement
from collections_mgmt.services.relief.cases import month_now
from collections_mgmt.services.relief.make_offers import NothingToOffer, decide_offers
from dashu.approvals.models import ApprovalRequest
from dashu.policy import rules as policy
from dashu.users.models import User
from loans.models import Loan


@transaction.atomic
def proposed_parts(*, loan_id: int, budget_id: int | None, today: date) -> list[Due]:
    """
    Return the payment of the settlement that the engine proposes for a loan as it stands on a day.

    :param budget_id: what the borrower stated, the sum at hand among it; None: what is known of them.
    :raises NothingToOffer: it proposes none; `details` says why. :raises LoanNotFound: there is no such loan.
    """
    loan = Loan.objects.filter(pk=loan_id).first()
    _budget, known = month_now(loan.borrower_id, budget_id, on=today) if loan else (None, None)
    if not known:
        raise NothingToOffer(_("Nothing is known of the borrower's month. Take up a budget first."))
    decided = decide_offers(loan_id=loan_id, known=known, today=today, actor="preview")
    proposal = decided.options.settlement
    if proposal is None:
        raise NothingToOffer(
            _("A settlement is not the way here: a plan fits, or what can be paid at once does not reach."),
            details={"not_offered": list(decided.not_offered)},
        )
    return [Due(today + timedelta(days=policy.settlement_terms(today).accept_days), proposal.pays)]


@transaction.atomic
def propose_settlement(
    *, loan_id: int, budget_id: int | None, reason: str, user: User, today: date, idempotency_key: str
) -> ApprovalRequest:
    """
    Ask another person to approve the settlement that the engine proposes, as `ask_settlement` does.

    :raises NothingToOffer: see `proposed_parts`. :raises SettlementRefused, NotAuthorized, ReasonMissing: see there.
    """
    parts = proposed_parts(loan_id=loan_id, budget_id=budget_id, today=today)
    return ask_settlement(
        loan_id=loan_id, parts=parts, reason=reason, user=user, today=today, idempotency_key=idempotency_key
    )
