"""The months of loans that the close of a month's last day had to leave out, written once they are closed again."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import connection, transaction

from collections_mgmt.models import CloseRange
from collections_mgmt.services.credit_months_sql import is_month_end
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.snapshot.months_sql import known_now, write_loan_months
from collections_mgmt.services.snapshot.pieces import lock_part
from collections_mgmt.services.snapshot.whole_months import write_whole_month

logger = logging.getLogger(__name__)


def write_missed_months(left_out: Iterable[tuple[int, date]]) -> dict[int, str]:
    """
    Write the months that end on these days for these loans, in the light of what is known now, and their sums.

    A loan whose month cannot be written keeps nobody else's from being written.

    :param left_out: loan and business date. :returns: such loans, with what was wrong.
    """
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    for loan_id, day in left_out:
        if is_month_end(day):
            by_day[day].append(loan_id)
    wrong: dict[int, str] = {}
    for day, loan_ids in sorted(by_day.items()):
        known_at = known_now()
        lock_part(day)
        for loan_id in loan_ids:
            try:
                with transaction.atomic():
                    _write_loan(loan_id, day, known_at)
            except Exception as error:
                logger.exception("The month that ends on %s could not be written for loan %s", day, loan_id)
                wrong[loan_id] = str(error).strip() or type(error).__name__
        write_whole_month(month_end=day, known_at=known_at)
    return wrong


def _write_loan(loan_id: int, day: date, known_at: datetime) -> None:
    lock_part(day, loan_id)
    with connection.cursor() as cursor:
        write_loan_months(
            cursor, month_end=day, known_at=known_at, first=loan_id, end=loan_id + 1, scales=scales_on(day)
        )
    left = CloseRange.objects.filter(run__business_date=day, first_loan_id=loan_id)
    left.filter(end_loan_id=loan_id + 1).update(known_at=known_at)
