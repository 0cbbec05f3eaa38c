"""Tell an applicant that all guarantors have agreed, or that one has declined; who it is stands on their page."""

from datetime import datetime, timedelta

from dashu.messaging.services import enqueue as messaging
from loans.domain.applications import Status
from loans.models import Application, GuaranteeAnswer
from loans.selectors.guarantees import answer_of, answers_to

Kind = GuaranteeAnswer.Kind


def tell_of_guarantee(*, answer_id: int) -> bool:
    """Put the news of an answer that still holds into the outbox, once. Returns whether it is new."""
    answer = GuaranteeAnswer.objects.select_related("guarantor__application", "offer").get(pk=answer_id)
    application = answer.guarantor.application
    if application.status != Status.ACCEPTED or not _holds(answer):
        return False
    if answer.kind == Kind.DECLINED:
        return _tell(application, "loans.guarantor_declined", key=f"guarantee:{answer.pk}")
    said = answers_to(answer.offer, figures_digest=answer.figures_digest)
    if not all(each is not None and each.kind == Kind.SIGNED for _guarantor, each in said):
        return False
    key = f"guaranteed:{answer.offer_id}:{answer.figures_digest[:16]}"
    return _tell(application, "loans.guarantors_agreed", key=key)


def tell_of_missed_guarantees(*, now: datetime) -> int:
    """Tell of the answers of the last two days that were not told of; return how many there were."""
    recent = GuaranteeAnswer.objects.filter(at__gte=now - timedelta(days=2), at__lt=now - timedelta(minutes=5))
    waiting = recent.filter(guarantor__application__status=Status.ACCEPTED)
    return sum(tell_of_guarantee(answer_id=pk) for pk in waiting.order_by("pk").values_list("pk", flat=True)[:1000])


def _holds(answer: GuaranteeAnswer) -> bool:
    return answer == answer_of(answer.guarantor, offer=answer.offer, figures_digest=answer.figures_digest)


def _tell(application: Application, template: str, *, key: str) -> bool:
    return messaging.enqueue(
        dedupe_key=key,
        borrower_id=application.borrower_id,
        template=template,
        params={"reference": application.reference, "expires_on": application.expires_on},
    )
