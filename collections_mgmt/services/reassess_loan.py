"""Recount one loan as soon as something was paid on it, so that nobody is reminded of what they have just paid."""

from datetime import date, timedelta

from django.db import connection, transaction

from collections_mgmt.models import OverdueStatus
from collections_mgmt.services import overdue_sql
from collections_mgmt.services.close_range import classification_tables
from dashu.messaging import services as messaging
from dashu.policy import rules as policy
from repayments.models import Installment

REMINDERS = ("reminder.upcoming", "reminder.due_today", "reminder.overdue")


@transaction.atomic
def reassess_loan(*, loan_id: int, as_of: date) -> None:
    """
    Refresh the overdue status and the case of a loan that has been behind; a loan that never was has none.

    Reminders that still wait are cancelled once nothing that they could speak of is open.
    """
    if OverdueStatus.objects.filter(pk=loan_id).exists():
        with connection.cursor() as cursor:
            overdue_sql.touch_loan(cursor, loan_id=loan_id)
            overdue_sql.refresh_overdue(
                cursor,
                on=as_of,
                first=loan_id,
                end=loan_id + 1,
                buckets=policy.delinquency_buckets(as_of),
                tiers=classification_tables(as_of),
            )
            overdue_sql.open_and_close_cases(cursor, on=as_of)
    horizon = as_of + timedelta(days=max(0, -min(policy.reminder_days(as_of))) + 1)
    if not Installment.objects.filter(loan_id=loan_id, unpaid_minor__gt=0, due_on__lte=horizon).exists():
        messaging.cancel_waiting(loan_id=loan_id, templates=REMINDERS)
