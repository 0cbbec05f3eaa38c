"""
Accounts that nobody uses any more, with nothing open, are closed without being asked: what was kept for a purpose goes
when the purpose is gone.

It is the closing that people ask for themselves (`close_account`), except that they are told that nobody used it, have
longer to open it again, and that what is kept is kept from the last use on.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext, override

from dashu.kernel.dates import add_months, lender_date
from dashu.policy.privacy import RetentionRules
from dashu.policy.rules import privacy_retention
from dashu.privacy.closing import OVER, kept_of, obstacles
from dashu.privacy.models import AccountClosure
from dashu.privacy.services.close_account import begin_closing, tell_the_way_back
from dashu.privacy.templates import UNUSED
from dashu.users.models import Borrower

ACTOR = "system:privacy"
PAGE = 500
MOST_A_DAY = 2_000  # of mails and texts that nobody waits for
# What counts as use: a sign-in, an application, anything that happened to a loan, and an account opened again.
_UNUSED = """
SELECT person.id, GREATEST(
           person.created_at, login.last_login,
           (SELECT max(GREATEST(each.created_at, each.submitted_at, each.ended_at))
            FROM loans_application AS each WHERE each.borrower_id = person.id)
       ) AS used_at,
       (SELECT max(event.effective_on) FROM loans_loan AS loan
        JOIN repayments_loanevent AS event ON event.loan_id = loan.id WHERE loan.borrower_id = person.id) AS event_on
FROM users_borrower AS person LEFT JOIN users_user AS login ON login.id = person.user_id
WHERE person.id > %(after)s AND person.created_at < %(before)s
  AND (login.last_login IS NULL OR login.last_login < %(before)s)
  AND NOT EXISTS (
      SELECT FROM privacy_accountclosure AS closing WHERE closing.borrower_id = person.id
      AND (closing.status <> 'UNDONE' OR closing.ended_at >= %(before)s))
  AND NOT EXISTS (
      SELECT FROM loans_application AS each WHERE each.borrower_id = person.id
      AND GREATEST(each.created_at, each.submitted_at, each.ended_at) >= %(before)s)
  AND NOT EXISTS (
      SELECT FROM loans_loan AS loan WHERE loan.borrower_id = person.id
      AND (loan.status <> ALL (%(over)s) OR EXISTS (
          SELECT FROM repayments_loanevent AS event WHERE event.loan_id = loan.id AND event.effective_on >= %(day)s)))
ORDER BY person.id LIMIT %(most)s
"""


def close_unused(*, now: datetime, most: int = MOST_A_DAY) -> int:
    """Close each account that was not used for as long as the rule says; return how many it was."""
    rules = privacy_retention(lender_date(now))
    closed = (_close(borrower_id, used_on, rules, now) for borrower_id, used_on in _unused(rules, now))
    return sum(1 for _one in islice(filter(None, closed), most))


def _unused(rules: RetentionRules, now: datetime) -> Iterator[tuple[int, date]]:
    """Yield borrowers with the day of their last use; what else may be open with them is looked at one by one."""
    before = datetime.combine(add_months(now.date(), -12 * rules.unused_years), now.timetz())
    given = {"before": before, "day": lender_date(before), "over": [status.value for status in OVER], "most": PAGE}
    after = 0
    while found := _page(given, after):
        for after, used_at, event_on in found:
            yield after, max(lender_date(used_at), event_on or date.min)


def _page(given: dict[str, Any], after: int) -> list[tuple[int, datetime, date | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNUSED, {**given, "after": after})
        return cursor.fetchall()


@transaction.atomic
def _close(borrower_id: int, used_on: date, rules: RetentionRules, now: datetime) -> bool:
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    if obstacles(borrower) or AccountClosure.objects.filter(borrower=borrower).exclude(status="UNDONE").exists():
        return False
    kept = kept_of(borrower, today=used_on)
    closure = begin_closing(borrower, days=rules.notice_days, kept=kept, now=now, actor=ACTOR)
    with override(borrower.language):
        text = gettext(
            "You have not used your Dashu account for %(years)s years. It is closed on %(day)s, and what we need not"
            " keep is deleted. To keep it: %(link)s"
        )
    params = {"years": str(rules.unused_years)}
    tell_the_way_back(closure, borrower, template=UNUSED, text=text, params=params, now=now)
    return True
