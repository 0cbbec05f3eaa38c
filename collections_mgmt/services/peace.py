"""For how long asking leaves a borrower in peace on a loan, however often and in whatever way they ask."""

from datetime import date, timedelta

from django.db.models import Q

from collections_mgmt.models import Hold
from collections_mgmt.selectors.care import more_days
from dashu.policy import rules as policy
from loans.models import Loan


def has_peace_left(loan: Loan, today: date) -> bool:
    """
    Whether holds of offers and of requests for help took fewer days of late than the rule `relief.limits` knows.

    One that runs counts up to today, so that no chain of requests and offers goes on for ever.
    """
    limits = policy.relief_limits(today)
    since = today - timedelta(days=limits.peace_within_days)
    asked = Hold.objects.filter(Q(offers__isnull=False) | Q(help_requests__isnull=False), loan=loan)
    recent = asked.filter(Q(ended_on=None) | Q(ended_on__gt=since)).distinct()
    days = [((ended or today) - max(began, since)).days for began, ended in recent.values_list("starts_on", "ended_on")]
    return sum(days) < limits.peace_days + more_days(loan.borrower_id, today)
