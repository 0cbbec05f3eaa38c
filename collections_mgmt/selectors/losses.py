"""Which loans would qualify to be booked as a loss, and what was recovered of those that are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from collections_mgmt.models.placing import Unfit
from collections_mgmt.selectors.scrub import Scrubbed, scrub_book, scrub_loans
from dashu.policy import rules as policy
from dashu.users.models import Viewer
from loans.models import Loan

# Something is open that may still change what is owed, or that was agreed on.
_OPEN = (Unfit.HOLD, Unfit.COMPLAINT, Unfit.DISPUTE, Unfit.HELP_ASKED, Unfit.AGREED)
_ELSEWHERE = (Unfit.PLACED, Unfit.LEGAL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A loan that is old enough.

    :param against: what still speaks against it; it qualifies where nothing does.
    :param is_enforceable: only of a write-off: the claim is too large to be ended while it can be enforced.
    """

    loan: Loan
    owed_minor: int
    days: int
    against: Sequence[Unfit]
    is_enforceable: bool = False

    @property
    def qualifies(self) -> bool:
        return not self.against and not self.is_enforceable


@dataclass(frozen=True, slots=True)
class Loss:
    """
    :param lost_minor: the principal that was booked as a loss.
    :param recovered_minor: all that came in since and stayed.
    """

    charged_off_on: date
    lost_minor: int
    recovered_minor: int

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.recovered_minor) / self.lost_minor if self.lost_minor else None


def charge_off_candidates(*, user: Viewer, on: date) -> list[Candidate]:
    """
    Return the running loans that are late for long enough and that this person may see, those that qualify first.

    :raises PolicyRuleMissing: there is no rule for this here.
    """
    days = policy.loss_terms(on).charge_off_days
    scrub = scrub_book(agency_id=None, from_days=days, to_days=None, least_minor=0, on=on)
    rows = [*scrub.fit, *scrub.unfit]
    running = _loans(rows, Loan.Status.ACTIVE, user)
    found = [
        Candidate(running[row.loan_id], row.owed_minor, row.days, _against(row, _OPEN))
        for row in rows
        if row.loan_id in running
    ]
    return _sorted(found)


def write_off_candidates(*, user: Viewer, on: date) -> list[Candidate]:
    """
    Return the charged-off loans on which nothing has come in for long enough, those that qualify first.

    :raises PolicyRuleMissing: there is no rule for this here.
    """
    terms = policy.loss_terms(on)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT loan.id FROM loans_loan AS loan
            WHERE loan.status = 'CHARGED_OFF'
              AND (SELECT max(effective_on) FROM repayments_loanevent AS event
                   WHERE event.loan_id = loan.id AND event.kind = 'CHARGE_OFF') <= %(charged_off)s
              AND NOT EXISTS (SELECT FROM repayments_payment AS paid
                              WHERE paid.loan_id = loan.id AND NOT paid.is_returned AND paid.received_on > %(quiet)s)
            """,
            {
                "charged_off": on - timedelta(days=terms.write_off_days),
                "quiet": on - timedelta(days=terms.quiet_days),
            },
        )
        ids = [loan_id for (loan_id,) in cursor.fetchall()]
    scrub = scrub_loans(ids, agency_id=None, on=on)
    rows = [*scrub.fit, *scrub.unfit]
    loans = _loans(rows, Loan.Status.CHARGED_OFF, user)
    found = [
        Candidate(
            loans[row.loan_id],
            row.owed_minor,
            row.days,
            _against(row, (*_OPEN, *_ELSEWHERE)),
            is_enforceable=row.owed_minor > terms.small_minor and Unfit.LIMITATION not in row.reasons,
        )
        for row in rows
        if row.loan_id in loans
    ]
    return _sorted(found)


def losses_of(loan_ids: Collection[int]) -> Mapping[int, Loss]:
    """Return what was lost and what was recovered, of loans that were charged off; those that never were are absent."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT event.loan_id, event.effective_on, balance.principal_minor + paid.principal_minor, paid.minor
            FROM (
                SELECT DISTINCT ON (loan_id) loan_id, id, effective_on FROM repayments_loanevent
                WHERE loan_id = ANY(%(loans)s) AND kind = 'CHARGE_OFF' ORDER BY loan_id, id DESC
            ) AS event
            JOIN repayments_loanbalance AS balance ON balance.loan_id = event.loan_id
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount_minor), 0)::bigint AS minor,
                       coalesce(sum(principal_minor), 0)::bigint AS principal_minor
                FROM repayments_payment AS payment
                WHERE payment.loan_id = event.loan_id AND NOT payment.is_returned
                  AND payment.received_on >= event.effective_on
                  AND (payment.received_on > event.effective_on OR payment.event_id > event.id)
            ) AS paid
            """,
            {"loans": list(loan_ids)},
        )
        return {loan_id: Loss(on, lost, recovered) for loan_id, on, lost, recovered in cursor.fetchall()}


def _loans(rows: Sequence[Scrubbed], status: str, user: Viewer) -> dict[int, Loan]:
    found = (
        Loan.objects.visible_to(user)
        .filter(pk__in=[row.loan_id for row in rows], status=status)
        .select_related("borrower")
    )
    return {loan.pk: loan for loan in found}


def _against(row: Scrubbed, codes: Collection[Unfit]) -> list[Unfit]:
    return [reason for reason in row.reasons if reason in codes]


def _sorted(found: list[Candidate]) -> list[Candidate]:
    return sorted(found, key=lambda each: (not each.qualifies, -each.owed_minor, each.loan.pk))
