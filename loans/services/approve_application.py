"""
A person approves what the rules refer: recomputed with what was proved since, never beyond what binds everyone.

Above a person's own authority another one decides: the approval then waits, and is worked out anew when it is given.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.approvals.acts import Preview
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy.credit_rules import Outcome
from dashu.users.models import User
from dashu.web.templatetags.dashu import money, percent
from loans.domain.applications import Status
from loans.domain.person_decisions import in_the_way, offers_of_person
from loans.models import Application, CreditReview
from loans.reason_words import reasons_in_words
from loans.services.application_rows import lock_application, refuse_unless_in
from loans.services.decide_application import Decided, follow, write_review
from loans.services.hold_application import HeldByAnother, checked_words
from loans.services.person_rows import APPROVE, SUBJECT, answer_request, refuse_to_decide
from loans.services.what_if import Change, decision_if


class CannotBeApproved(DomainError):
    """A rule that binds everyone speaks against it; `details.reasons` names it."""

    code = "cannot_be_approved"
    http_status = 409


class NothingToOffer(DomainError):
    """The month, the cap or the product leaves no loan that could be offered."""

    code = "nothing_to_offer"
    http_status = 409


class BeyondTheNeed(DomainError):
    """More than was asked for, or less or longer than the product has."""

    code = "beyond_the_need"


@transaction.atomic
def ask_to_approve(
    *,
    application_id: int,
    amount_minor: int,
    months: int,
    words: str,
    user: User,
    now: datetime,
    idempotency_key: str,
) -> ApprovalRequest:
    """
    Approve within one's own authority, or ask another person to; again with the same key returns the first request.

    :param amount_minor: at most what was asked for; `months`: within the product.
    :param words: for the applicant to read.
    :raises CannotBeApproved, NothingToOffer, BeyondTheNeed, WordsMissing: see there.
    :raises HeldByAnother, OwnApplication, MayNotReview, ApplicationStateChanged: see `refuse_unless_held`.
    :raises WaitsForApproval: it is asked for already.
    :raises NotAuthorized: the person's role may not ask for it.
    """
    on = lender_date(now)
    application = lock_application(application_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    refuse_to_decide(application, user, on=on)
    said = checked_words(words)
    payload = {
        "application_id": application.pk,
        "reference": application.reference,
        "amount_minor": amount_minor,
        "months": months,
        "currency": application.currency,
        "words": said,
        "reviewer_id": user.pk,
    }
    decided = approvable(application, amount_minor=amount_minor, months=months, on=on)
    return submit(
        kind=APPROVE,
        payload=payload,
        amount_minor=highest_offer(decided),
        currency=application.currency,
        subject_type=SUBJECT,
        subject_id=application.reference,
        reason=said,
        user=user,
        today=on,
        idempotency_key=idempotency_key,
        preview=preview_of(decided, application.currency),
    )


@transaction.atomic
def approve_application(
    *, application_id: int, amount_minor: int, months: int, words: str, reviewer_id: int, now: datetime, actor: str
) -> CreditReview:
    """
    Make the offers of an approval, as the rules of the day and what is proved by now allow.

    :raises CannotBeApproved, NothingToOffer, BeyondTheNeed: it no longer is what could be approved.
    :raises HeldByAnother: it was handed on since.
    :raises ApplicationStateChanged: it waits for nobody any more.
    """
    application = lock_application(application_id)
    refuse_unless_in(application, Status.REFERRED)
    if application.handler_id != reviewer_id:
        raise HeldByAnother(_("Somebody else holds this application by now."))
    decided = approvable(application, amount_minor=amount_minor, months=months, on=lender_date(now))
    reviewed = write_review(
        application,
        decided,
        report=application.credit_reports.first(),
        now=now,
        outcome=Outcome.APPROVE,
        decided_by_id=reviewer_id,
        words=words,
    )
    answer_request(application, reviewed)
    follow(application, reviewed, decided, now=now, actor=actor)
    events.publish("loans.application_decided", application_id=application.pk, review_id=reviewed.pk)
    return reviewed


def approvable(application: Application, *, amount_minor: int, months: int, on: date) -> Decided:
    """
    Return the decision with the offers that a person may make.

    :raises CannotBeApproved, NothingToOffer, BeyondTheNeed: see there.
    """
    change = Change(amount_minor=amount_minor, months=months)
    decided = decision_if(application, application.credit_reports.first(), change, on=on)
    _refuse_beyond(application, decided, amount_minor, months)
    if found := in_the_way(decided.decision.review, decided.rules.review):
        [words] = reasons_in_words(found[:1])
        raise CannotBeApproved(
            _("Nobody can approve this: %(reason)s"),
            params={"reason": words.fact},
            details={"reasons": [finding.reason.value for finding in found]},
        )
    offers = offers_of_person(decided.decision, decided.case.known, decided.rules)
    if not offers:
        raise NothingToOffer(_("No loan is left that could be offered. Look at what limits it."))
    return replace(decided, decision=replace(decided.decision, offers=offers))


def highest_offer(decided: Decided) -> int:
    return max(offer.principal for offer in decided.decision.offers)


def preview_of(decided: Decided, currency: str) -> Preview:
    """Return what would be offered and what speaks against it, in plain texts."""
    decision = decided.decision
    offers = [
        [
            money(offer.principal, currency),
            ngettext("%(count)s month", "%(count)s months", offer.count) % {"count": offer.count},
            money(offer.highest, currency),
            percent(offer.annual_rate),
            money(offer.burden.surplus, currency),
        ]
        for offer in decision.offers
    ]
    found = reasons_in_words(decision.review.findings, most=len(decision.review.findings))
    return [
        {
            "title": gettext("What would be offered"),
            "columns": [
                {"title": gettext("amount"), "is_number": True},
                {"title": gettext("time"), "is_number": True},
                {"title": gettext("highest installment"), "is_number": True},
                {"title": gettext("rate"), "is_number": True},
                {"title": gettext("left over a month"), "is_number": True},
            ],
            "rows": offers,
            "note": "",
        },
        {
            "title": gettext("What the rules find"),
            "columns": [gettext("what the applicant reads")],
            "rows": [[words.fact] for words in found],
            "note": "",
            "empty": gettext("Every rule passes."),
        },
    ]


def _refuse_beyond(application: Application, decided: Decided, amount_minor: int, months: int) -> None:
    asked, product = application.amount_minor, decided.product
    assert asked is not None, "what waits for a person names an amount"
    least = product.min_principal
    if not least <= amount_minor <= asked:
        raise BeyondTheNeed(
            _("The amount lies between %(least)s, the least of this product, and %(most)s, what was asked for."),
            field="amount",
            params=_bounds(money(least, application.currency), money(asked, application.currency)),
        )
    if not product.min_count <= months <= product.max_count:
        raise BeyondTheNeed(
            _("This product is repaid in %(least)s to %(most)s months."),
            field="months",
            params=_bounds(product.min_count, product.max_count),
        )


def _bounds(least: Any, most: Any) -> dict[str, Any]:
    return {"least": least, "most": most}
