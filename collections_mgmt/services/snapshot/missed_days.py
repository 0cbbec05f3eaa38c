"""What is kept of the days on which a close had to leave a loan out, written once the loan is closed again."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from collections_mgmt.models import CloseRange, LoanMonth
from collections_mgmt.services.credit_months_sql import is_month_end
from collections_mgmt.services.portfolio_sql import RangeSums
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.snapshot.days import add_to_day, sum_past_range
from collections_mgmt.services.snapshot.facts_sql import Days
from collections_mgmt.services.snapshot.months_sql import known_now
from collections_mgmt.services.snapshot.pieces import Piece, lock_part
from collections_mgmt.services.snapshot.rebuild import write_piece
from collections_mgmt.services.snapshot.whole_months import write_whole_month
from dashu.kernel.dates import month_end_of

logger = logging.getLogger(__name__)


def write_missed_days(left_out: Iterable[tuple[int, date]]) -> dict[int, str]:
    """
    Add these loans to the sums of these days, and write their months that end on one, in the light of what is known
    now.

    A loan whose days cannot be written keeps nobody else's from being written, and is in none of them then.

    :param left_out: loan and business date. :returns: such loans, with what was wrong.
    """
    by_loan: defaultdict[int, list[date]] = defaultdict(list)
    for loan_id, day in left_out:
        by_loan[loan_id].append(day)
    days = sorted({day for each in by_loan.values() for day in each})
    for day in days:
        lock_part(day)
    known_at, wrong = known_now(), dict[int, str]()
    found: defaultdict[date, list[RangeSums]] = defaultdict(list)
    for loan_id, missed in sorted(by_loan.items()):
        try:
            with transaction.atomic():
                sums = _write_loan(loan_id, sorted(missed), known_at)
        except Exception as error:
            logger.exception("The days that loan %s missed could not be written", loan_id)
            wrong[loan_id] = str(error).strip() or type(error).__name__
            continue
        for day, each in sums.items():
            found[day].append(each)
    _write_days(found, known_at)
    return wrong


def _write_loan(loan_id: int, missed: Sequence[date], known_at: datetime) -> Mapping[date, RangeSums]:
    sums = {}
    for day in missed:
        lock_part(day, loan_id)
        asked = Days(day - timedelta(days=1), day, known_at)
        sums[day] = sum_past_range(asked, first=loan_id, end=loan_id + 1, scales=scales_on(day))
        if is_month_end(day):
            write_piece(day, Piece(loan_id, loan_id + 1, known_at))
        left = CloseRange.objects.filter(run__business_date=day, first_loan_id=loan_id, end_loan_id=loan_id + 1)
        left.update(known_at=known_at)
    # A month that was written meanwhile knew nothing of these.
    months = [day.replace(day=1) for day in missed if is_month_end(day)]
    if months:
        later = LoanMonth.objects.filter(loan_id=loan_id, month__gt=months[0]).exclude(month__in=months)
        for month in later.order_by("month").values_list("month", flat=True):
            day = month_end_of(month)
            write_piece(day, Piece(loan_id, loan_id + 1, _known_at(loan_id, day) or known_at))
    return sums


def _known_at(loan_id: int, day: date) -> datetime | None:
    ranges = CloseRange.objects.filter(run__business_date=day, first_loan_id__lte=loan_id, end_loan_id__gt=loan_id)
    return ranges.values_list("known_at", flat=True).first()


def _write_days(found: Mapping[date, Sequence[RangeSums]], known_at: datetime) -> None:
    for day, sums in sorted(found.items()):
        add_to_day(day, sums)
        if is_month_end(day):
            write_whole_month(month_end=day, known_at=known_at)
