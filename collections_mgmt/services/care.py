"""That a borrower needs special care: noted with the least that is needed, looked at again, ended."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Vulnerability
from collections_mgmt.services.placements import bring_back_of
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import Borrower, User

REVIEW = "care.to_review"


class CareRefused(DomainError):
    """It cannot be noted or ended like this; `field` says what is wrong."""

    code = "care_refused"


@transaction.atomic
def note_care(
    *, borrower_id: int, category: str, is_specialist: bool, has_consented: bool, user: User, today: date
) -> Vulnerability:
    """
    Note that a borrower needs special care; where the category is noted already, only the specialist may be added.

    From this moment no program that talks by itself calls them, and they have more time for answers.

    :param category: a code of the rule `care.special`.
    :param has_consented: the borrower agreed today to it being kept.
    :raises CareRefused: there is no such borrower or category, or it is sensitive and they did not agree.
    """
    borrower = Borrower.objects.select_for_update(no_key=True).filter(pk=borrower_id).first()
    if borrower is None:
        raise CareRefused(_("There is no such borrower."), field="borrower")
    rule = policy.special_care(today)
    if category not in rule.categories:
        raise CareRefused(_("Choose one of the categories."), field="category")
    if category in rule.sensitive and not has_consented:
        raise CareRefused(
            _("This is kept only where the borrower agreed to it. Ask them, or choose another category."),
            field="has_consented",
        )
    running = Vulnerability.objects.running().filter(borrower=borrower, category=category).first()
    if running is not None:
        if is_specialist and not running.is_specialist:
            running.is_specialist = True
            running.save(update_fields=["is_specialist"])
            _note("care_goes_to_specialist", running, user)
        return running
    noted = Vulnerability.objects.create(
        borrower=borrower,
        category=category,
        is_specialist=is_specialist,
        consented_on=today if has_consented else None,
        noted_on=today,
        noted_by=user,
        review_on=today + timedelta(days=rule.review_days),
    )
    bring_back_of(borrower_id, today=today, actor=actor_of_user(user))
    _note("care_noted", noted, user)
    return noted


@transaction.atomic
def review_care(*, care_id: int, user: User, today: date) -> Vulnerability:
    """
    Say that it still holds, and when somebody asks again; saying so twice on a day changes nothing.

    :raises CareRefused: it has ended.
    """
    noted = _running(care_id)
    review_on = today + timedelta(days=policy.special_care(today).review_days)
    if noted.review_on != review_on:
        noted.review_on = review_on
        noted.save(update_fields=["review_on"])
        end_alert(REVIEW, subject=str(noted.pk))
        _note("care_reviewed", noted, user)
    return noted


@transaction.atomic
def end_care(*, care_id: int, user: User, today: date) -> Vulnerability:
    """:raises CareRefused: it has ended."""
    noted = _running(care_id)
    noted.ended_on, noted.ended_by = today, user
    noted.save(update_fields=["ended_on", "ended_by"])
    end_alert(REVIEW, subject=str(noted.pk))
    _note("care_ended", noted, user)
    return noted


def watch_care(*, today: date) -> int:
    """Alert staff of what somebody has to ask about again by today, and return how many there are."""
    due = Vulnerability.objects.running().filter(review_on__lte=today).select_related("borrower").order_by("review_on")
    for noted in due:
        raise_alert(REVIEW, subject=str(noted.pk), borrower=noted.borrower.number, review_on=noted.review_on)
    return len(due)


def _running(care_id: int) -> Vulnerability:
    noted = Vulnerability.objects.select_for_update(no_key=True, of=("self",)).filter(pk=care_id).first()
    if noted is None or noted.ended_on is not None:
        raise CareRefused(_("This has ended already."), field="care")
    return noted


def _note(what: str, noted: Vulnerability, user: User) -> None:
    """Note the act, and never the category: the audit log is read by more people than may see it."""
    audit.record(
        action=f"collections.{what}",
        subject_type="borrower",
        subject_id=noted.borrower_id,
        actor=actor_of_user(user),
        data={"care": noted.pk, "is_specialist": noted.is_specialist},
    )
