"""What stands beside the facts of a stretch of loans: consents, notices, disputes, what was told before, who it is."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db import connection

from collections_mgmt.models import Dispute, OverdueChange
from dashu.credit_reporting.domain.checks import Accepted
from dashu.credit_reporting.domain.formats import PersonFacts
from dashu.credit_reporting.domain.telling import Notice
from dashu.credit_reporting.messages import MONTH_HELD
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord
from dashu.kernel.dates import add_months, lender_date
from dashu.messaging.models import OutboxMessage
from dashu.users.id_numbers import birth_date
from dashu.users.models import Borrower, Identity

TEMPLATES = ("collections.before_report", MONTH_HELD)
FAILED = (OutboxMessage.Delivery.FAILED, OutboxMessage.Delivery.BOUNCED)


def persons_of(borrower_ids: Collection[int]) -> dict[int, PersonFacts]:
    """Return who the borrowers are on paper; those who never said it are missing."""
    kinds = {Identity.Kind.CN_ID: "1", Identity.Kind.USCC: "2"}
    return {
        each.borrower_id: PersonFacts(
            each.name,
            kinds[Identity.Kind(each.kind)],
            each.number,
            birth_date(each.number) if each.kind == Identity.Kind.CN_ID else None,
        )
        for each in Identity.objects.filter(borrower__in=borrower_ids)
    }


def companies(borrower_ids: Collection[int]) -> set[int]:
    found = Borrower.objects.filter(pk__in=borrower_ids, kind=Borrower.Kind.ENTITY)
    return set(found.values_list("pk", flat=True))


def consents_of(loan_ids: Collection[int], *, on: date) -> dict[int, str]:
    """Return the reference of the consent that holds on a day for each loan; those without one are missing."""
    with connection.cursor() as cursor:
        cursor.execute(_CONSENTS, {"loans": list(loan_ids), "on": on})
        return dict(cursor.fetchall())


# A consent on paper stands for the loan; one of an application for the loans that its contract made.
_CONSENTS = """
SELECT loan_id, reference FROM (
    SELECT paper.loan_id, paper.reference, 1 AS place FROM credit_reporting_reportingconsent AS paper
    WHERE paper.loan_id = ANY(%(loans)s) AND paper.given_on <= %(on)s
      AND (paper.ended_on IS NULL OR paper.ended_on > %(on)s)
    UNION ALL
    SELECT tranche.loan_id, application.reference, 2 AS place
    FROM loans_tranche AS tranche
    JOIN loans_loancontract AS contract ON contract.id = tranche.contract_id
    JOIN loans_application AS application ON application.id = contract.application_id
    CROSS JOIN LATERAL (
        SELECT entry.kind FROM consents_consententry AS entry
        JOIN consents_consenttext AS wording ON wording.id = entry.text_id
        WHERE entry.borrower_id = application.borrower_id AND entry.about = application.reference
          AND wording.purpose = 'CREDIT_REPORTING'
        ORDER BY entry.id DESC LIMIT 1
    ) AS latest
    WHERE tranche.loan_id = ANY(%(loans)s) AND latest.kind = 'GIVEN'
) AS held
ORDER BY place DESC, loan_id
"""


def notices_of(loan_ids: Collection[int]) -> dict[int, list[Notice]]:
    """Return the notices before a report by loan, with the proof of each."""
    found: dict[int, list[Notice]] = defaultdict(list)
    for message in OutboxMessage.objects.filter(loan_id__in=loan_ids, template__in=TEMPLATES).order_by("pk"):
        assert message.loan_id is not None
        sent_at = message.sent_at if message.status == OutboxMessage.Status.SENT else None
        found[message.loan_id].append(
            Notice(
                message_id=message.pk,
                month=date.fromisoformat(message.params["report_on"]).replace(day=1),
                sent_on=lender_date(sent_at) if sent_at else None,
                has_failed=message.delivery in FAILED or message.status in ("FAILED", "BLOCKED", "CANCELLED"),
                sent_at=sent_at,
                channel=message.channel,
                digest=digest_of(message) if sent_at else "",
            )
        )
    return found


def digest_of(message: OutboxMessage) -> str:
    """Return what proves later that the notice said this, then, and went there."""
    parts = [
        str(message.pk),
        message.channel,
        message.address_key,
        message.sent_at.isoformat() if message.sent_at else "",
        message.subject,
        message.body,
    ]
    return sha256("\0".join(parts).encode()).hexdigest()


def disputes_of(loan_ids: Collection[int]) -> dict[int, list[Dispute]]:
    found: dict[int, list[Dispute]] = defaultdict(list)
    for dispute in Dispute.objects.filter(loan__in=loan_ids).order_by("pk"):
        found[dispute.loan_id].append(dispute)
    return found


def caught_up_by(loan_ids: Collection[int]) -> Mapping[int, list[date]]:
    """Return the days on which loans that had been late were so no more, in order."""
    found: dict[int, list[date]] = defaultdict(list)
    changes = OverdueChange.objects.filter(loan__in=loan_ids, days_past_due=0).order_by("changed_on")
    for loan_id, day in changes.values_list("loan_id", "changed_on"):
        found[loan_id].append(day)
    return found


@dataclass(frozen=True, slots=True)
class Lateness:
    """:param since: when it left the first bucket; None while it is in it. :param before: the same, the time before."""

    since: date | None = None
    before: date | None = None


def lateness_of(loan_ids: Collection[int], *, up_to: date, current: str) -> Mapping[int, Lateness]:
    """
    Return since when each loan is late at the end of a day, and since when it was the last time that this ended.

    :param current: the first bucket. A payment that leaves it behind does not move the day.
    """
    found: dict[int, Lateness] = defaultdict(Lateness)
    changes = OverdueChange.objects.filter(loan__in=loan_ids, changed_on__lte=up_to).order_by("changed_on")
    for loan_id, day, bucket in changes.values_list("loan_id", "changed_on", "bucket"):
        was = found[loan_id]
        if bucket == current:
            found[loan_id] = Lateness(None, was.since or was.before)
        else:
            found[loan_id] = Lateness(was.since or day, was.before)
    return found


def accepted_before(loan_ids: Collection[int], *, bureau: str, month: date) -> dict[int, Accepted]:
    """Return what the bureau has of the month before by loan; nothing where it has none."""
    before = add_months(month, -1)
    changing = set(
        RecordCorrection.objects.filter(bureau=bureau, loan__in=loan_ids, month=before, record=None).values_list(
            "loan_id", flat=True
        )
    ) | set(
        ReportedRecord.objects.filter(
            bureau=bureau, loan__in=loan_ids, month=before, status=RecordStatus.IN_FILE, replaces__isnull=False
        ).values_list("loan_id", flat=True)
    )
    accepted = ReportedRecord.objects.filter(
        bureau=bureau, loan__in=loan_ids, month=before, status=RecordStatus.ACCEPTED
    )
    return {
        loan_id: Accepted(balance, grid, loan_id in changing)
        for loan_id, balance, grid in accepted.values_list("loan_id", "balance_minor", "grid")
    }
