"""
What a person may decide beyond the rules, and what not.

A person may approve what the rules refer. Of what the rules refuse, only the reasons that the policy pack names can be
set aside, such as a bureau's record that proves to be wrong. Legal capacity, fraud, the cap, what the month can carry
and the most that one group may owe bind everyone.
"""

from dashu.policy.credit_rules import Outcome, ReviewRules
from loans.domain.credit_review import Finding, Review, review
from loans.domain.decisions import Decision, Known, Rules, review_facts
from loans.domain.offers import Offer


def in_the_way(held: Review, rules: ReviewRules) -> tuple[Finding, ...]:
    """Return the refusals that nobody may set aside; empty: a person may approve."""
    return tuple(
        finding
        for finding in held.findings
        if finding.outcome is Outcome.REFUSE and finding.reason.value not in rules.person_may_set_aside
    )


def offers_of_person(decision: Decision, known: Known, rules: Rules) -> tuple[Offer, ...]:
    """Return the offers that a person may make: those of the match in whose way nothing stands."""
    return tuple(
        offer
        for offer in decision.match.offers
        if not in_the_way(review(review_facts(known, offer, rules), rules.review), rules.review)
    )
