"""
The complaints that came in within the month, as far as they were answered at its end.

The report of complaints in the back office counts the same ones as they stand today; here what came later does not
count, so that a month that was reported stays what it was.
"""

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from collections_mgmt.models import Complaint
from dashu.policy.rules import complaint_causes
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section, share

_COMPLAINTS = """
    SELECT about, CASE WHEN closed_at < %(until_at)s THEN root_cause ELSE '' END AS outcome, count(*),
           count(*) FILTER (WHERE answered.on_date <= due_on),
           count(*) FILTER (WHERE answered.on_date > due_on),
           count(*) FILTER (WHERE answered.on_date IS NULL AND due_on >= %(until)s),
           count(*) FILTER (WHERE answered.on_date IS NULL AND due_on < %(until)s),
           count(*) FILTER (WHERE reopened_at < %(until_at)s)
    FROM collections_mgmt_complaint
    CROSS JOIN LATERAL (
        SELECT CASE WHEN answered_at < %(until_at)s THEN (answered_at AT TIME ZONE %(zone)s)::date END AS on_date
    ) AS answered
    WHERE asked_at >= %(since_at)s AND asked_at < %(until_at)s
    GROUP BY 1, 2 ORDER BY 1, 2
"""


def complaints(month: Month) -> Section:
    with connection.cursor() as cursor:
        cursor.execute(_COMPLAINTS, month.parameters)
        found = cursor.fetchall()
    kinds = dict(Complaint.About.choices)
    rows = [
        (str(kinds.get(about, about)), _outcome(outcome, month), *counts, share(counts[1], counts[1] + counts[2]))
        for about, outcome, *counts in found
    ]
    return Section(
        "07-complaints",
        _("Complaints"),
        _("Received within the month, by what they are about and what they came from, as they stood at its end."),
        (
            _("about"),
            _("root cause"),
            _("received"),
            _("answered in time"),
            _("answered late"),
            _("waiting, in time"),
            _("waiting, late"),
            _("reopened"),
            _("of the answered, in time"),
        ),
        rows,
    )


def _outcome(code: str, month: Month) -> str:
    if not code:
        return _("not closed")
    names = complaint_causes(month.last).get(code, {})
    return next((name for language, name in names.items() if language.lower() == get_language()), code)
