"""Tell an applicant that there is an answer. What it says is on the page, where one is signed in."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from dashu.kernel.dates import lender_date
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from loans.domain.applications import Status
from loans.models import Application, CreditReview, ReviewRequest

TEMPLATES = {
    CreditReview.Outcome.APPROVE: "loans.offers_made",
    CreditReview.Outcome.REFER: "loans.application_referred",
    CreditReview.Outcome.REFUSE: "loans.application_refused",
}
BY_PERSON = {
    CreditReview.Outcome.APPROVE: "loans.offers_made",
    CreditReview.Outcome.REFUSE: "loans.refused_by_person",
}
AGAIN = {
    CreditReview.Outcome.APPROVE: "loans.review_changed",
    CreditReview.Outcome.REFUSE: "loans.review_confirmed",
}


def tell_of_decision(*, review_id: int) -> bool:
    """Put the news into the outbox; once for each decision. Returns whether it is new."""
    review = CreditReview.objects.select_related("application").get(pk=review_id)
    application = review.application
    due_on = lender_date(application.due_at) if application.due_at else None
    return messaging.enqueue(
        dedupe_key=f"decision:{review.pk}",
        borrower_id=application.borrower_id,
        template=_template_of(review),
        params={"reference": application.reference, "due_on": due_on, "expires_on": application.expires_on},
    )


def _template_of(review: CreditReview) -> str:
    """What is told depends on who decided, and on whether the applicant had asked for a person to look again."""
    outcome = CreditReview.Outcome(review.outcome)
    if review.decided_by_id is None:
        return TEMPLATES[outcome]
    is_answer = ReviewRequest.objects.filter(application=review.application_id, answer=review).exists()
    return (AGAIN if is_answer else BY_PERSON)[outcome]


def tell_of_missed_decisions(*, now: datetime) -> int:
    """Tell of the decisions of the last two days that no message exists for; return how many there were."""
    key = Concat(Value("decision:"), Cast(OuterRef("pk"), CharField()))
    recent = CreditReview.objects.filter(
        decided_at__gte=now - timedelta(days=2), decided_at__lt=now - timedelta(minutes=5)
    )
    missed = recent.exclude(Exists(OutboxMessage.objects.filter(dedupe_key=key)))
    return sum(tell_of_decision(review_id=review_id) for review_id in missed.values_list("pk", flat=True)[:1000])


def waiting_applications(*, before: datetime) -> Iterator[tuple[int, datetime]]:
    """Return id and moment of those that were submitted before `before` and are not decided, the oldest first."""
    waiting = Application.objects.filter(status=Status.SUBMITTED, submitted_at__lt=before)
    for application in waiting.order_by("submitted_at").only("pk", "submitted_at")[:200]:
        assert application.submitted_at is not None
        yield application.pk, application.submitted_at
