"""What the credit record of the coming months will say of a loan that is late, as long as nothing is paid."""

from dataclasses import dataclass
from datetime import date, timedelta

from dashu.finance.arrears import Scale
from dashu.kernel.dates import add_months, month_end_of


@dataclass(frozen=True, slots=True)
class Outlook:
    """:param days: past due at the end of the month's last day, which decides the code."""

    month_end: date
    days: int
    code: str


def outlook_of(oldest_due_on: date, today: date, codes: Scale, *, months: int = 3) -> list[Outlook]:
    """
    Return the next month ends, today's included, with the code that each is noted with.

    The days past due of a credit record are those of the calendar: a pause of the penalty does not hold them up.
    """
    first = month_end_of(max(today, oldest_due_on + timedelta(days=1)))
    ends = [month_end_of(add_months(first.replace(day=1), number)) for number in range(months)]
    return [Outlook(end, days := (end - oldest_due_on).days, codes.code_for(days)) for end in ends]
