"""A person refuses, for reasons that the rules found and in words that the applicant reads."""

from collections.abc import Collection
from copy import copy
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.policy.credit_rules import Outcome
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.domain.applications import Status
from loans.models import Application, CreditReview
from loans.services.application_rows import lock_application
from loans.services.decide_application import Decided, decision_on, follow, write_review
from loans.services.hold_application import checked_words
from loans.services.person_rows import answer_request, refuse_to_decide


@transaction.atomic
def refuse_application(
    *, application_id: int, reasons: Collection[str], words: str, user: User, now: datetime
) -> CreditReview:
    """
    Refuse the application. Refused by the same person already, it returns that decision.

    :param reasons: codes of findings; none, where the words alone say it.
    :param words: for the applicant to read; never empty.
    :raises InvalidInput: the rules do not find such a reason.
    :raises HeldByAnother, OwnApplication, MayNotReview, ApplicationStateChanged: see `refuse_unless_held`.
    :raises WaitsForApproval, WordsMissing: see there.
    """
    application = lock_application(application_id)
    latest = application.reviews.first()
    if latest and application.status == Status.REFUSED and latest.decided_by_id == user.pk:
        return latest
    refuse_to_decide(application, user, on=lender_date(now))
    said = checked_words(words)
    decided = _decided(application, on=lender_date(now))
    found = [each.reason.value for each in decided.decision.review.findings] if decided else _found_last(latest)
    if unknown := set(reasons) - set(found):
        raise InvalidInput(
            _("The rules do not find this: %(reasons)s."),
            field="reasons",
            params={"reasons": ", ".join(sorted(unknown))},
        )
    reviewed = _written(application, decided, sorted(reasons), said, user=user, now=now)
    answer_request(application, reviewed)
    follow(application, reviewed, None, now=now, actor=actor_of_user(user))
    events.publish("loans.application_decided", application_id=application.pk, review_id=reviewed.pk)
    return reviewed


def _decided(application: Application, *, on: date) -> Decided | None:
    """Return what the rules say; None where they no longer can, since the product has ended. An answer is still due."""
    try:
        return decision_on(application, application.credit_reports.first(), on=on)
    except DomainError:
        return None


def _found_last(latest: CreditReview | None) -> list[str]:
    return [finding["reason"] for finding in latest.findings] if latest else []


def _written(
    application: Application, decided: Decided | None, reasons: list[str], said: str, *, user: User, now: datetime
) -> CreditReview:
    """Keep the decision with what the rules find now; where they can no longer say, with what they found last."""
    if decided is None:
        return _renewed(application, reasons, said, user=user, now=now)
    return write_review(
        application,
        decided,
        report=application.credit_reports.first(),
        now=now,
        outcome=Outcome.REFUSE,
        decided_by_id=user.pk,
        words=said,
        reasons=reasons,
    )


def _renewed(application: Application, reasons: list[str], said: str, *, user: User, now: datetime) -> CreditReview:
    latest = application.reviews.first()
    assert latest is not None, "what waits for a person was looked at by the rules"
    renewed = copy(latest)
    renewed.pk, renewed._state.adding = None, True
    renewed.outcome, renewed.decided_by, renewed.decided_at, renewed.note = Outcome.REFUSE.name, user, now, said
    renewed.answer = {**latest.answer, "reasons": reasons} if reasons else latest.answer
    renewed.save(force_insert=True)
    return renewed
