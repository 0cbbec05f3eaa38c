"""The papers of a plan: the amendment of the contract that its acceptance is, and the certificate of its end."""

from datetime import datetime

from collections_mgmt.models import RestructuringPlan
from dashu.kernel.dates import LENDER_ZONE, lender_date
from dashu.policy import rules as policy
from repayments.models import IssuedDocument
from repayments.services.documents import issue_paper

Kind = IssuedDocument.Kind


def issue_amendment(plan: RestructuringPlan, *, now: datetime, site: str, actor: str) -> IssuedDocument:
    """Issue what the borrower accepted as an amendment of the contract, inside the acceptance."""
    offer, today = plan.offer, lender_date(now)
    limits, clocks = policy.relief_limits(today), policy.relief_clocks(today)
    facts = {
        "plan": plan.reference,
        "method": plan.method,
        "relief": offer.relief,
        "figures": offer.figures,
        "rows": offer.rows,
        "given_up": sum(act["amount"] for act in offer.acts if act["kind"] == "waiver"),
        "withdraw_days": limits.cooling_off_days,
        "withdraw_until": plan.withdraw_until.isoformat(),
        "broken_days": clocks.broken_after_days,
        "cure_days": clocks.cure_days,
        "observed_until": plan.observed_until.isoformat() if plan.is_observed else "",
        "credit_event": plan.credit_event,
        "accepted_at": now.astimezone(LENDER_ZONE).isoformat(timespec="seconds"),
        "phone": plan.evidence["who"]["phone"],
        "offer_digest": offer.digest,
        "evidence_digest": plan.evidence_digest,
    }
    return issue_paper(
        Kind.AMENDMENT,
        loan_id=plan.loan_id,
        facts=facts,
        language=plan.language,
        as_of=plan.accepted_on,
        now=now,
        site=site,
        actor=actor,
    )


def issue_plan_certificate(plan: RestructuringPlan, *, now: datetime, site: str, actor: str) -> IssuedDocument:
    """Issue the certificate of a completed plan."""
    assert plan.ended_on is not None
    facts = {
        "plan": plan.reference,
        "method": plan.method,
        "accepted_on": plan.accepted_on.isoformat(),
        "completed_on": plan.ended_on.isoformat(),
        "principal": plan.loan.principal_minor,
    }
    return issue_paper(
        Kind.PLAN_CERTIFICATE,
        loan_id=plan.loan_id,
        facts=facts,
        language=plan.language,
        as_of=plan.ended_on,
        now=now,
        site=site,
        actor=actor,
    )
