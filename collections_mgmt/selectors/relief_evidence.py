"""
What became of the people of campaigns of relief, by the side into which they were drawn, whatever they then did.

Only loans that ran before the day of the draw count, and those into which they were joined. Nothing is lent to anybody
while they decide on an offer, so what was lent later would tell the sides apart by that alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from collections_mgmt.domain.relief_evidence import (
    FAR_DAYS,
    HALF_YEAR,
    LATE_DAYS,
    MONTHS,
    NOBODY,
    YEAR,
    Compared,
    Mean,
    Measure,
    Side,
)
from collections_mgmt.models import ReliefCampaign
from dashu.kernel.dates import LENDER_ZONE
from dashu.users.models import Borrower, Viewer

PAGE = 50

# Of a loan of the person: it is one of those that count. A loan that began by ending others brought no new money, so
# it counts where one of them, or of those that they had ended, ran at the draw.
_COUNTED = """loan.borrower_id = member.borrower_id AND (loan.starts_on < member.on OR EXISTS (
               WITH RECURSIVE ended AS (
                   SELECT loan.id, loan.starts_on
                   UNION
                   SELECT old.id, old.starts_on
                   FROM ended JOIN repayments_loanevent AS began ON began.loan_id = ended.id
                       AND began.kind = 'DISBURSED' AND began.data ? 'pays_off'
                   CROSS JOIN LATERAL jsonb_array_elements_text(began.data -> 'pays_off') AS paid (number)
                   JOIN loans_loan AS old ON old.number = paid.number
               ) SELECT FROM ended WHERE ended.starts_on < member.on
           ))"""


def _worst(end: str) -> str:
    """The most days that a loan of the person came to be behind from the draw on, by the changes of its bucket."""
    return f"""
        SELECT coalesce(max(change.days_past_due), 0)
        FROM loans_loan AS loan JOIN collections_mgmt_overduechange AS change ON change.loan_id = loan.id
        WHERE {_COUNTED}
          AND change.changed_on >= member.on AND change.changed_on <= {end}
    """  # noqa: S608 – constants of this module


def _paid(end: str) -> str:
    """What came, each payment at its value on the day of the draw at the rate of its loan, by months of 30 days."""
    return f"""
        SELECT coalesce(sum(round(payment.amount_minor
                   / power(1 + loan.annual_rate / 12, (payment.received_on - member.on) / 30.0))), 0)::bigint
        FROM loans_loan AS loan JOIN repayments_payment AS payment ON payment.loan_id = loan.id
        WHERE {_COUNTED} AND loan.currency = %(currency)s
          AND NOT payment.is_returned AND payment.channel <> 'CONSOLIDATION'
          AND payment.received_on >= member.on AND payment.received_on <= {end}
    """  # noqa: S608 – constants of this module


# Of each person who was drawn: by which day their months are over, and what happened up to then.
_PEOPLE = f"""
    SELECT member.id, member.campaign_id, member.borrower_id, member.on AS drawn_on,
           member.state = 'OFFERED' AS is_offered,
           coalesce(lead.cause, '') AS cause, coalesce(offers.status = 'ACCEPTED', false) AND NOT EXISTS (
               SELECT FROM collections_mgmt_restructuringplan AS plan
               JOIN collections_mgmt_restructuringoffer AS way ON way.id = plan.offer_id
               WHERE way.offer_set_id = offers.id AND plan.status = 'WITHDRAWN'
           ) AS has_accepted,
           EXISTS (
               SELECT FROM collections_mgmt_offerset AS other
               WHERE other.borrower_id = member.borrower_id AND other.id IS DISTINCT FROM member.offer_set_id
                 AND other.made_on >= member.on AND other.made_on <= least(span.year, %(on)s)
           ) AS is_helped,
           span.half <= %(on)s AS is_half, span.year <= %(on)s AS is_year,
           ({_worst("span.half")}) AS worst_6, ({_worst("span.year")}) AS worst_12,
           NOT EXISTS (
               SELECT FROM loans_loan AS loan
               CROSS JOIN LATERAL (
                   SELECT change.days_past_due FROM collections_mgmt_overduechange AS change
                   WHERE change.loan_id = loan.id AND change.changed_on <= span.half
                   ORDER BY change.changed_on DESC LIMIT 1
               ) AS latest
               WHERE {_COUNTED} AND latest.days_past_due > 0
           ) AS is_current,
           EXISTS (
               SELECT FROM collections_mgmt_complaint AS complaint
               WHERE complaint.borrower_id = member.borrower_id
                 AND complaint.asked_at >= member.on::timestamp AT TIME ZONE %(zone)s
                 AND complaint.asked_at < (span.half + 1)::timestamp AT TIME ZONE %(zone)s
           ) AS has_complained,
           ({_paid("span.half")}) AS paid_6, ({_paid("span.year")}) AS paid_12
    FROM collections_mgmt_campaignmember AS member
    LEFT JOIN collections_mgmt_warninglead AS lead ON lead.id = member.lead_id
    LEFT JOIN collections_mgmt_offerset AS offers ON offers.id = member.offer_set_id
    CROSS JOIN LATERAL (
        SELECT (member.on + interval '{HALF_YEAR} months')::date AS half,
               (member.on + interval '{YEAR} months')::date AS year
    ) AS span
    WHERE member.state IN ('OFFERED', 'HELD_OUT') AND member.on <= %(on)s
      AND member.campaign_id IN (SELECT id FROM collections_mgmt_reliefcampaign WHERE holdout_bps > 0)
"""  # noqa: S608 – constants of this module

# Which of the people through the months a measure counts.
_COUNTS: Mapping[Measure, str] = {
    Measure.CURED: "is_half AND is_current",
    Measure.AVOIDED: f"is_half AND worst_6 <= {LATE_DAYS}",
    Measure.LATE_6: f"is_half AND worst_6 > {LATE_DAYS}",
    Measure.LATE_12: f"is_year AND worst_12 > {LATE_DAYS}",
    Measure.FAR_6: f"is_half AND worst_6 > {FAR_DAYS}",
    Measure.FAR_12: f"is_year AND worst_12 > {FAR_DAYS}",
    Measure.COMPLAINED: "is_half AND has_complained",
}
_THROUGH = {HALF_YEAR: "is_half", YEAR: "is_year"}

_SUMS = ", ".join(
    [
        "count(*)",
        "count(*) FILTER (WHERE has_accepted)",
        "count(*) FILTER (WHERE is_helped)",
        *(f"count(*) FILTER (WHERE {is_through})" for is_through in _THROUGH.values()),
        *(f"count(*) FILTER (WHERE {counted})" for counted in _COUNTS.values()),
        *(
            f"coalesce(sum(paid_{months}) FILTER (WHERE {is_through}), 0)::bigint, "
            f"coalesce(sum(paid_{months}::numeric ^ 2) FILTER (WHERE {is_through}), 0)"
            for months, is_through in _THROUGH.items()
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """:param campaigns: those with a comparison group, the newest first. :param by_cause: "" where none was noted."""

    overall: Compared
    campaigns: Sequence[tuple[ReliefCampaign, Compared]]
    by_cause: Mapping[str, Compared]


def relief_evidence(campaigns: QuerySet[ReliefCampaign], *, on: date, currency: str, least: int) -> Evidence:
    """
    Return what is known at the end of `on` of some campaigns, such as those that a person may see.

    :param currency: in which payments count.
    :param least: people on each side, with fewer of whom nothing is concluded.
    """
    with_comparison = list(campaigns.filter(holdout_bps__gt=0).order_by("-pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT campaign_id, cause, is_offered, min(drawn_on), {_SUMS}
            FROM ({_PEOPLE}) AS person WHERE campaign_id = ANY(%(campaigns)s)
            GROUP BY GROUPING SETS ((campaign_id, is_offered), (campaign_id, cause, is_offered))
            """,  # noqa: S608 – constants of this module
            {**_given(on, currency), "campaigns": [campaign.pk for campaign in with_comparison]},
        )
        rows = cursor.fetchall()
    sides = {(row[0], row[1], row[2]): (row[3], _side(row[4:])) for row in rows}

    def compared(cause: str | None, *only: int) -> Compared:
        """Of whom any cause was noted where None is asked for: such rows stand for all causes together."""
        found = {key: value for key, value in sides.items() if key[1] == cause and (not only or key[0] in only)}
        pairs = [
            (found.get((pk, cause, True), (on, NOBODY))[1], found.get((pk, cause, False), (on, NOBODY))[1])
            for pk in sorted({key[0] for key in found})
        ]
        first = min((drawn_on for drawn_on, _side in found.values()), default=on)
        return Compared(pairs, _months_between(first, on), least)

    return Evidence(
        overall=compared(None),
        campaigns=[(campaign, compared(None, campaign.pk)) for campaign in with_comparison],
        by_cause={cause: compared(cause) for cause in sorted({key[1] for key in sides if key[1] is not None})},
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """:param borrower: None where this person may not see them. :param is_counted: by the measure."""

    pk: int
    campaign: str
    borrower: Borrower | None
    drawn_on: date
    is_offered: bool
    has_accepted: bool
    worst_days: int
    is_counted: bool


def people_behind(
    user: Viewer, measure: Measure, *, is_offered: bool, campaign_id: int | None, on: date, after: int = 0
) -> tuple[Sequence[Drawn], int | None]:
    """
    Return those who are through a measure's months on one side, by key, and after which key the next page begins.

    :param campaign_id: None for all campaigns.
    """
    months = MONTHS[measure]
    campaigns = ReliefCampaign.objects.visible_to(user).filter(holdout_bps__gt=0)
    names = dict((campaigns.filter(pk=campaign_id) if campaign_id else campaigns).values_list("pk", "name"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, campaign_id, borrower_id, drawn_on, is_offered, has_accepted, worst_{months}, {_COUNTS[measure]}
            FROM ({_PEOPLE}) AS person
            WHERE campaign_id = ANY(%(campaigns)s) AND is_offered = %(is_offered)s AND {_THROUGH[months]}
              AND id > %(after)s
            ORDER BY id LIMIT %(size)s
            """,  # noqa: S608 – constants of this module
            {**_given(on, ""), "campaigns": list(names), "is_offered": is_offered, "after": after, "size": PAGE + 1},
        )
        rows = cursor.fetchall()
    people = Borrower.objects.visible_to(user).in_bulk([row[2] for row in rows])
    found = [Drawn(row[0], names[row[1]], people.get(row[2]), *row[3:]) for row in rows[:PAGE]]
    return found, rows[PAGE - 1][0] if len(rows) > PAGE else None


def _given(on: date, currency: str) -> dict[str, Any]:
    return {"on": on, "zone": LENDER_ZONE.key, "currency": currency}


def _side(row: Sequence[Any]) -> Side:
    people, accepted, helped, half, year, *rest = row
    counts, (sum_6, squares_6, sum_12, squares_12) = rest[: len(_COUNTS)], rest[len(_COUNTS) :]
    return Side(
        people=people,
        accepted=accepted,
        through={HALF_YEAR: half, YEAR: year},
        counts=dict(zip(_COUNTS, counts, strict=True)),
        paid={HALF_YEAR: Mean(half, sum_6, int(squares_6)), YEAR: Mean(year, sum_12, int(squares_12))},
        helped=helped,
    )


def _months_between(first: date, on: date) -> int:
    months = (on.year - first.year) * 12 + on.month - first.month
    return months - (on.day < first.day)
