"""What the rules find, in words, and what stands behind it: findings, offers, price, and last the score."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.policy.credit_rules import Outcome, ReviewRules
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money, percent
from loans.desk.facts import NOTHING, share
from loans.desk.seen import Seen, findings_of, shortfalls_of
from loans.desk.words import OUTCOMES
from loans.domain.credit_review import Finding
from loans.domain.offers import Limited, Obstacle
from loans.domain.offers import Offer as Proposed
from loans.models import CreditReview
from loans.reason_words import limits_in_words, reasons_in_words, shortfall_in_words

EVERY = 100  # staff reads all reasons, an applicant the four gravest


def findings_table(seen: Seen) -> Table:
    findings = findings_of(seen.review) if seen.review else []
    return table_of_findings(findings, seen.rules)


def table_of_findings(findings: Sequence[Finding], rules: ReviewRules) -> Table:
    rows = []
    for finding in findings:
        [words] = reasons_in_words([finding])
        rows.append(
            [OUTCOMES[finding.outcome], wrapped(words.fact), wrapped(words.help), _can_be_set_aside(finding, rules)]
        )
    return Table(
        title=_("What the rules find"),
        columns=[
            Column(_("weight")),
            Column(_("what the applicant reads")),
            Column(_("what would help")),
            Column(_("can a person approve")),
        ],
        rows=rows,
        empty=_("Every rule passes."),
    )


def _can_be_set_aside(finding: Finding, rules: ReviewRules) -> str:
    if finding.outcome is not Outcome.REFUSE or finding.reason.value in rules.person_may_set_aside:
        return gettext("Yes")
    return gettext("No, nobody can")


def limits_table(limits: Sequence[Limited]) -> Table:
    return Table(
        title=_("What keeps offers from being what was asked for"),
        columns=[Column(_("limit")), Column(_("what would help"))],
        rows=[[wrapped(each.fact), wrapped(each.help)] for each in limits_in_words(limits)],
        empty=_("Nothing: they are just that."),
    )


def limits_of(review: CreditReview) -> list[Limited]:
    kept = review.answer.get("limits", [])
    return [Limited(Obstacle(each["obstacle"]), each["found"], each["limit"]) for each in kept]


def offers_table(offers: Sequence[Proposed], currency: str) -> Table:
    rows: list[list[Any]] = [
        [
            _amount(offer, currency),
            offer.count,
            money(offer.highest, currency),
            money(offer.total, currency),
            percent(offer.annual_rate),
            percent(offer.all_in_rate.quantize(Decimal("0.0001"))),
            money(offer.burden.surplus, currency),
            share(offer.burden),
            money(offer.stressed.surplus, currency),
        ]
        for offer in offers
    ]
    return Table(
        title=_("Offers that could be made"),
        columns=[
            Column(_("amount"), is_number=True),
            Column(_("months"), is_number=True),
            Column(_("highest installment"), is_number=True),
            Column(_("in all"), is_number=True),
            Column(_("rate"), is_number=True),
            Column(_("all-in rate"), is_number=True),
            Column(_("left over a month"), is_number=True),
            Column(_("debts take"), is_number=True),
            Column(_("left over in the stress case"), is_number=True),
        ],
        rows=rows,
        empty=_("None."),
    )


def _amount(offer: Proposed, currency: str) -> str:
    """Return the amount, and what its parts are where it is paid out in parts."""
    whole = money(offer.principal, currency)
    if len(offer.parts) == 1:
        return whole
    return f"{whole} = {' + '.join(money(part.minor, currency) for part in offer.parts)}"


def score_figures(seen: Seen) -> list[Figure]:
    """Return the points, after all facts: they are one fact among others."""
    review = seen.review
    if review is None or review.score is None:
        return []
    figures = [Figure(_("points"), review.score, review.scorecard)]
    for name, points in (review.challenger or {}).items():
        figures.append(Figure(_("challenger, only watched"), points, name))
    figures.append(Figure(_("a person looks below"), seen.rules.score.refers))
    return figures


def shortfalls_table(seen: Seen) -> Table:
    shortfalls = shortfalls_of(seen.review) if seen.review else []
    return Table(
        title=_("What cost points"),
        columns=[Column(_("fact")), Column(_("what would help"))],
        rows=[[wrapped(each.fact), wrapped(each.help)] for each in map(shortfall_in_words, shortfalls)],
        empty=_("No points were given."),
    )


def price_line(review: CreditReview | None) -> str:
    if review is None or not review.price:
        return NOTHING
    return percent(Decimal(review.price["annual_rate"]))
