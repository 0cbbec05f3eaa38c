"""What was decided on an application, as it is told outside of the house."""

from dataclasses import dataclass
from datetime import datetime

from loans.models import Application, CreditReview

MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """:param code: stable, for programs."""

    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """:param reasons: the gravest first, each once; none where offers can be made."""

    outcome: str
    decided_at: datetime
    is_by_person: bool
    reasons: tuple[Reason, ...]


def decision_on(application: Application) -> Decision | None:
    """Return the latest decision, None before there is one or while a person still decides."""
    review = CreditReview.objects.filter(application=application).order_by("-pk").first()
    if review is None or review.outcome == CreditReview.Outcome.REFER:
        return None
    is_refused = review.outcome == CreditReview.Outcome.REFUSE
    given = [finding["reason"] for finding in review.findings if finding.get("outcome") == review.outcome]
    return Decision(
        outcome=review.outcome,
        decided_at=review.decided_at,
        is_by_person=review.decided_by_id is not None,
        reasons=tuple(map(Reason, list(dict.fromkeys(given))[:MOST_REASONS])) if is_refused else (),
    )
