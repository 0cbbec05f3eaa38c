"""Telling editors, once, of each lesson whose legal facts have to be looked at again."""

from datetime import date

from dashu.alerts.models import Alert
from dashu.alerts.services import end_alert, raise_alert
from education.selectors.reviews import facts_reviews

KIND = "education.facts_to_review"


def watch_facts(*, today: date) -> int:
    """Raise an alert for each lesson that is due, end those that are not any more, and return how many are due."""
    due = {review.slug: review for review in facts_reviews() if review.is_due(today)}
    told = set(Alert.objects.filter(kind=KIND, ended_at=None).values_list("subject", flat=True))
    for slug in told - due.keys():
        end_alert(KIND, subject=slug)
    for slug in due.keys() - told:
        raise_alert(KIND, subject=slug, lesson=slug, checked_on=due[slug].checked_on, due_on=due[slug].due_on)
    return len(due)
