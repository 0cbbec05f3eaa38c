"""Recount one loan as soon as something was paid on it, so that nobody is reminded of what they have just paid."""

from datetime import date

from django.db import connection, transaction

from collections_mgmt.models import CaseFile, OverdueStatus
from collections_mgmt.selectors.relief_plans import observed_plans
from collections_mgmt.services import files_sql, overdue_sql, reminders_sql
from collections_mgmt.services.close_range import ACTOR
from collections_mgmt.services.note_work import note_work
from collections_mgmt.services.scales import scales_on
from loans.models import Loan


@transaction.atomic
def reassess_loan(*, loan_id: int, as_of: date) -> None:
    """
    Refresh the overdue status and the case of a loan that has been behind or is observed, and the file of its borrower;
    any other loan has none.

    A reminder of which nothing is open any more is cancelled; others say what is open when they leave.
    """
    with connection.cursor() as cursor:
        if OverdueStatus.objects.filter(pk=loan_id).exists() or observed_plans([loan_id]):
            scales = scales_on(as_of)
            overdue_sql.touch_loan(cursor, loan_id=loan_id)
            overdue_sql.refresh_overdue(
                cursor,
                on=as_of,
                first=loan_id,
                end=loan_id + 1,
                scales=scales,
            )
            overdue_sql.open_cases(cursor, on=as_of, scales=scales)
            overdue_sql.escalate_cases(cursor, on=as_of, scales=scales)
            overdue_sql.close_cases(cursor, on=as_of)
            borrower_id = Loan.objects.values_list("borrower_id", flat=True).get(pk=loan_id)
            files_sql.refresh_files(cursor, on=as_of, actor=ACTOR, borrower_id=borrower_id)
            files = CaseFile.objects.filter(borrower=borrower_id).values_list("pk", flat=True)
            note_work(cursor, since=as_of, file_ids=files)
        reminders_sql.cancel_needless(cursor, loan_id=loan_id)
