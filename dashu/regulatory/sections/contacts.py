"""
How borrowers were contacted: what left the house and what was blocked, calls and visits, and what the guard decided.

What is counted is what the overview of the desk counts, by the same statements.
"""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from collections_mgmt.domain.desk_figures import Measure, per_thousand
from collections_mgmt.models import Complaint, Hold
from collections_mgmt.selectors.desk_sources import is_known, parameters, rows_sql
from dashu.messaging.guard import Reason
from dashu.messaging.models import ContactAttempt, ContactChannel, GuardDecision
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section

_ATTEMPTS = """
    SELECT channel, direction, outcome, count(*) FROM messaging_contactattempt
    WHERE started_at >= %(since_at)s AND started_at < %(until_at)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_DECISIONS = """
    SELECT channel, verdict, count(*) FROM messaging_guarddecision
    WHERE at >= %(since_at)s AND at < %(until_at)s GROUP BY 1, 2 ORDER BY 1, 2
"""


def contacts(month: Month) -> Section:
    channels, outcomes = dict(ContactChannel.choices), dict(ContactAttempt.Outcome.choices)
    told: dict[Measure, tuple[str, dict[Any, Any]]] = {
        Measure.SENT: (_("Reminders and offers sent"), channels),
        Measure.CALL: (_("Calls"), outcomes),
        Measure.BLOCKED: (_("Blocked contacts"), channels),
        Measure.BLOCKED_REASON: (_("Blocked contacts by reason"), dict(Reason.choices)),
        Measure.HOLD_BREACH: (_("Hold breaches"), dict(Hold.Kind.choices)),
        Measure.COMPLAINT: (_("Complaints"), dict(Complaint.About.choices)),
    }
    counts = {measure: _counted(measure, month) for measure in told}
    rows: list[tuple[str, str, int | str]] = [
        (title, str(labels.get(detail, detail)), count)
        for measure, (title, labels) in told.items()
        for detail, count in counts[measure]
    ]
    made = sum(count for measure in (Measure.SENT, Measure.CALL) for _detail, count in counts[measure])
    complained = sum(count for _detail, count in counts[Measure.COMPLAINT])
    rows.append((_("Contacts"), "", made))
    worth = per_thousand(complained, made)
    rows.append((_("Complaints per 1,000 contacts"), "", _("none") if worth is None else str(worth)))
    return Section(
        "08-contacts",
        _("Contacts"),
        _(
            "A contact is a reminder or an offer that left the house, or a call. A blocked one counts once by channel"
            " and under each of its reasons. A hold breach is a contact with somebody who was to be left in peace."
        ),
        (_("what"), _("detail"), _("count")),
        rows,
    )


def attempts(month: Month) -> Section:
    channels, outcomes = dict(ContactChannel.choices), dict(ContactAttempt.Outcome.choices)
    directions = dict(ContactAttempt.Direction.choices)
    rows = [
        (str(channels[channel]), str(directions[direction]), str(outcomes[outcome]), count)
        for channel, direction, outcome, count in _asked(_ATTEMPTS, month)
    ]
    return Section(
        "09-attempts",
        _("Calls, visits and letters"),
        _("Begun within the month, by how each ended as far as it was noted."),
        (_("channel"), _("direction"), _("outcome"), _("count")),
        rows,
    )


def decisions(month: Month) -> Section:
    channels, verdicts = dict(ContactChannel.choices), dict(GuardDecision.Verdict.choices)
    rows = [
        (str(channels[channel]), str(verdicts[verdict]), count) for channel, verdict, count in _asked(_DECISIONS, month)
    ]
    return Section(
        "10-guard-decisions",
        _("Decisions on contacts"),
        _("What the contact guard decided within the month; a message may be decided on more than once."),
        (_("channel"), _("decision"), _("count")),
        rows,
    )


def _counted(measure: Measure, month: Month) -> list[tuple[str, int]]:
    if not is_known(measure):
        return []
    statement = f"SELECT detail, count(*) FROM ({rows_sql(measure)}) AS row GROUP BY 1 ORDER BY 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters(month.first, month.last))
        return list(cursor.fetchall())


def _asked(statement: str, month: Month) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, month.parameters)
        return list(cursor.fetchall())
