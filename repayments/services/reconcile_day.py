"""
The daily reconciliation: does the ledger say what the loans say, to the fen?

It compares the whole book in one query and keeps the result of the day. A difference is a fault of ours: it is logged
as an error, shown on the front page of the back office, and stands in the way of closing an accounting period.
"""

import logging
from dataclasses import asdict
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.ledger.selectors import unbalanced_currencies
from repayments.models import LoanBalance, ReconciliationDay
from repayments.selectors.bank_suspense import SuspenseDifference, suspense_differences
from repayments.selectors.reconciliation import Difference, differences

MOST = 100_000  # differences that are counted; a book with more has one cause, which the first ones show
KEPT = 100

logger = logging.getLogger(__name__)


class BooksDiffer(DomainError):
    """The loans' balances and the ledger differ."""

    code = "books_differ"
    http_status = 409


@transaction.atomic
def reconcile_day(*, on: date, actor: str) -> ReconciliationDay:
    """
    Compare the book as it stands and keep the result as that of the day `on`; a second run of a day replaces it.

    What a replaced run had found stays in the audit log.
    """
    before = ReconciliationDay.objects.filter(on=on).first()
    found: list[Difference | SuspenseDifference] = [*differences(limit=MOST), *suspense_differences()]
    result, _is_new = ReconciliationDay.objects.update_or_create(
        on=on,
        defaults={
            "ran_at": timezone.now(),
            "loans": LoanBalance.objects.count(),
            "differences": len(found),
            "difference_minor": sum(abs(item.difference_minor) for item in found),
            "unbalanced": unbalanced_currencies(),
            "details": [asdict(item) for item in found[:KEPT]],
            "actor": actor,
        },
    )
    if before:
        audit.record(
            action="repayments.reconciled_again",
            subject_type="reconciliation",
            subject_id=on,
            actor=actor,
            data={"differences": before.differences, "difference_minor": before.difference_minor},
        )
    if not result.is_clean:
        logger.error(
            "The reconciliation of %s found %s differences, %s minor units in all; debits less credits: %s; loans %s",
            on,
            result.differences,
            result.difference_minor,
            result.unbalanced,
            sorted({item.loan_id for item in found[:KEPT] if isinstance(item, Difference)})[:20],
        )
    return result


def reconcile_once(*, on: date, actor: str) -> ReconciliationDay | None:
    """Reconcile a day that has no result yet; return None when it has one."""
    return None if ReconciliationDay.objects.filter(on=on).exists() else reconcile_day(on=on, actor=actor)


def refuse_books_that_differ(_through: date) -> None:
    """
    Stand in the way of closing a period while the book, as it is now, does not reconcile.

    :raises BooksDiffer: the first difference is in the details.
    """
    found, unbalanced = differences(limit=1), unbalanced_currencies()
    if found or unbalanced:
        raise BooksDiffer(
            _("The loans' balances and the ledger differ. Run the reconciliation and clear what it finds first."),
            details={"first": [asdict(item) for item in found], "unbalanced": unbalanced},
        )
