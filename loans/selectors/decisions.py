"""What was decided on an application, as it is told outside of the house."""

from loans.domain.applications import Status
from loans.models import Application, CreditReview, Offer, ReviewRequest


def told_review(application: Application) -> CreditReview | None:
    """Return the latest decision, None before there is one or while a person still decides for the first time."""
    review = application.reviews.first()
    return None if review is None or review.outcome == CreditReview.Outcome.REFER else review


def may_ask_for_review(application: Application, review: CreditReview | None) -> bool:
    """Whether a person can be asked to look again at the latest decision. PIPL article 24."""
    return application.status == Status.REFUSED and review is not None and review.decided_by_id is None


def open_request(application: Application) -> ReviewRequest | None:
    """Return the review by a person that was asked for and is not answered yet."""
    return application.review_requests.filter(outcome="").first()


def offers_to_choose_from(application: Application) -> list[Offer]:
    """Return the offers of the latest decision in their order; none before there are any and after the signature."""
    if application.status not in (Status.OFFERED, Status.ACCEPTED):
        return []
    return list(Offer.objects.filter(application=application, review=application.reviews.first()).order_by("position"))
