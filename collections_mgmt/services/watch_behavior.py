"""Hold the months of running loans against those that the behavior scorecard was trained on, once a month."""

from datetime import date

from collections_mgmt.models import CloseRun
from collections_mgmt.selectors.behavior import histories_running
from loans.models import ScorecardWatch
from loans.services.watch_scorecards import watch_behavior


def watch_running_loans(*, month_end: date) -> ScorecardWatch | None:
    """
    Keep what the running loans show at the end of a month; None where it is not closed, or was watched before.

    :param month_end: the last day of a month.
    """
    if not CloseRun.objects.filter(status=CloseRun.Status.CLOSED, business_date__gte=month_end).exists():
        return None
    if ScorecardWatch.objects.filter(use=ScorecardWatch.Use.BEHAVIOR, night=month_end).exists():
        return None
    return watch_behavior(night=month_end, histories=histories_running(month_end))
