"""What came in while agencies had loans, what they get for it, and how they work."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from collections_mgmt.domain.placing import commission
from collections_mgmt.models import Placement
from dashu.kernel.dates import LENDER_ZONE

# Payments of `placement` that came while the agency had the loan, by value date; on the first and the last day the
# order of booking decides. What paid no debt, but became a credit, counts for nothing.
_COLLECTED = """
SELECT payment.event_id, payment.reference, payment.received_on,
       payment.amount_minor - payment.unapplied_minor AS minor
FROM repayments_payment AS payment
WHERE payment.loan_id = placement.loan_id AND NOT payment.is_returned AND payment.channel <> 'CONSOLIDATION'
  AND payment.received_on >= placement.placed_on AND payment.event_id > placement.after_event
  AND (placement.recalled_on IS NULL OR payment.received_on < placement.recalled_on
       OR (payment.received_on = placement.recalled_on AND payment.event_id <= placement.until_event))
"""


@dataclass(frozen=True, slots=True)
class Collected:
    """One payment with what the agency gets for it, in minor units."""

    placement: str
    loan_id: int
    payment: str
    received_on: date
    minor: int
    bps: int

    @property
    def commission_minor(self) -> int:
        return commission(self.minor, self.bps)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """
    How an agency works, over all of its placements.

    :param owed_minor: overdue when placed. :param collected_minor: of it, while the agency had the loans.
    :param complaints: that borrowers made while it had their loans.
    """

    placed: int
    running: int
    owed_minor: int
    collected_minor: int
    commission_minor: int
    complaints: int
    recalls: Counter[str]

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.collected_minor) / self.owed_minor if self.owed_minor else None

    @property
    def complaints_per_thousand(self) -> Decimal | None:
        return Decimal(self.complaints * 1000) / self.placed if self.placed else None


def collected(
    *,
    agency_id: int | None = None,
    placement_id: int | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Collected]:
    """Return the payments of an agency's placements, or of one, received on the days from `first` to `last`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT placement.reference, placement.loan_id, paid.reference, paid.received_on, paid.minor, placement.bps
            FROM collections_mgmt_placement AS placement CROSS JOIN LATERAL ({_COLLECTED}) AS paid
            WHERE (%(agency)s::bigint IS NULL OR placement.agency_id = %(agency)s)
              AND (%(placement)s::bigint IS NULL OR placement.id = %(placement)s)
              AND (%(first)s::date IS NULL OR paid.received_on >= %(first)s)
              AND (%(last)s::date IS NULL OR paid.received_on <= %(last)s) AND paid.minor > 0
            ORDER BY paid.received_on, paid.event_id, placement.id
            """,  # noqa: S608 – a constant
            {"agency": agency_id, "placement": placement_id, "first": first, "last": last},
        )
        return [Collected(*row) for row in cursor.fetchall()]


def scorecard(agency_id: int) -> Scorecard:
    paid = collected(agency_id=agency_id)
    placements = list(Placement.objects.filter(agency=agency_id).values_list("owed_minor", "recalled_on", "reasons"))
    return Scorecard(
        placed=len(placements),
        running=sum(recalled_on is None for _owed, recalled_on, _reasons in placements),
        owed_minor=sum(owed for owed, _recalled_on, _reasons in placements),
        collected_minor=sum(row.minor for row in paid),
        commission_minor=sum(row.commission_minor for row in paid),
        complaints=_complaints(agency_id),
        recalls=Counter(reason for _owed, _on, reasons in placements for reason in reasons),
    )


def _complaints(agency_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT complaint.id) FROM collections_mgmt_placement AS placement
            JOIN loans_loan AS loan ON loan.id = placement.loan_id
            JOIN collections_mgmt_complaint AS complaint ON complaint.borrower_id = loan.borrower_id
                AND (complaint.asked_at AT TIME ZONE %(zone)s)::date
                    BETWEEN placement.placed_on AND coalesce(placement.recalled_on, 'infinity')
            WHERE placement.agency_id = %(agency)s
            """,
            {"agency": agency_id, "zone": LENDER_ZONE.key},
        )
        return int(cursor.fetchone()[0])
