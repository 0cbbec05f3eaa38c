"""
An application as whoever decides sees it: the case as it stands now, or as it was when it was decided.

While a person has to decide, the rules are asked anew, so that figures that were checked since count. Afterwards the
page shows what the decision was made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashu.finance.affordability import Amount, Household
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.credit_rules import Outcome, ReviewRules
from loans.domain.applications import Status
from loans.domain.credit_file_json import file_of_json
from loans.domain.credit_files import CreditFile
from loans.domain.credit_review import Finding, Reason
from loans.domain.scorecards import Shortfall
from loans.models import Application, CreditReport, CreditReview
from loans.scoring.serving import scorecard
from loans.services.decide_application import Decided, decision_on, review_row


@dataclass(frozen=True, slots=True)
class Seen:
    """
    :param review: what holds; while a person has to decide an unsaved row of this moment, None before any decision.
    :param decided: the decision of this moment; None where it is over or the rules cannot say.
    """

    application: Application
    report: CreditReport | None
    file: CreditFile | None
    review: CreditReview | None
    decided: Decided | None
    rules: ReviewRules


def seen_at(application: Application, *, now: datetime) -> Seen:
    report = application.credit_reports.first()
    file = file_of_json(report.content) if report and report.content else None
    latest = application.reviews.select_related("decided_by").first()
    if application.status == Status.REFERRED:
        on = lender_date(now)
        try:
            decided = decision_on(application, report, on=on)
        except DomainError:  # the product is no longer offered, or not month by month
            return Seen(application, report, file, latest, None, policy.credit_review(on))
        row = review_row(application, decided, report=report, now=now)
        return Seen(application, report, file, row, decided, policy.credit_review(on))
    on = latest.rules_on if latest else lender_date(now)
    return Seen(application, report, file, latest, None, policy.credit_review(on))


def household_of(facts: Mapping[str, Any]) -> Household:
    """Return the month of the facts that a review keeps."""
    return Household(
        income=Amount(**facts["income"]),
        essentials=Amount(**facts["essentials"]),
        debt_payments=Amount(**facts["debt_payments"]),
        essentials_floor=facts["essentials_floor"],
    )


def findings_of(review: CreditReview) -> list[Finding]:
    return [
        Finding(Outcome[each["outcome"]], Reason(each["reason"]), each["found"], each["limit"], each.get("days"))
        for each in review.findings
    ]


def shortfalls_of(review: CreditReview) -> list[Shortfall]:
    """Return what cost points, as the scorecard that decided calls it; nothing where that is no longer there."""
    if not review.scorecard:
        return []
    try:
        known = {each.name: each for each in scorecard(review.scorecard).characteristics}
    except DomainError:
        return []
    return [
        Shortfall(known[each["characteristic"]], each["points"])
        for each in review.shortfalls
        if each["characteristic"] in known
    ]
