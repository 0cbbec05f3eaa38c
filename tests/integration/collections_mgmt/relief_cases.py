"""Offers of relief and plans in the states that tests need, through the real services."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from collections_mgmt.models import OfferCode, OfferSet, RestructuringOffer, RestructuringPlan
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import expire_holds
from collections_mgmt.services.relief.accept_offer import accept_offer
from collections_mgmt.services.relief.offer_codes import ask_offer_code
from collections_mgmt.services.relief.read_sheet import open_sheet
from collections_mgmt.services.relief.ways import Way, tried
from collections_mgmt.services.relief.writing import write_offers
from loans.models import Loan
from loans.services.draft_contract import Where
from tests import factories

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
# The loan of the tests, see `conftest`: 12,000 yuan at 18% over 12 months from 15 January 2026, first due 15 February.
TODAY = date(2026, 3, 1)
ACTOR = "user:1"
READ = timedelta(seconds=20)
FROM_HOME = Where("203.0.113.7", "A browser")
LONGER = {"kind": "restructure", "amount": 0, "data": {"terms": {"count": 24}}}
WAIVED = {"kind": "waiver", "amount": 30_00, "data": {"component": "interest"}}


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=SHANGHAI) + timedelta(hours=12)


def way(loan: Loan, *acts: dict[str, Any], on: date = TODAY, method: str = "term_extension", **more: Any) -> Way:
    relief = {"method": method, "count": 24}
    found = tried(loan_id=loan.pk, method=method, relief=relief, acts=acts or (LONGER,), on=on, actor=ACTOR)
    return Way(found.loan_id, found.method, found.relief, found.acts, found.figures, found.rows, **more)


def offered(loan: Loan, *ways: Way, on: date = TODAY, source: str = "STAFF") -> OfferSet:
    return write_offers(
        borrower_id=loan.borrower_id,
        loan_ids=[loan.pk],
        ways=ways or (way(loan, on=on, is_recommended=True),),
        source=source,
        now=noon(on),
        actor=ACTOR,
    )


def code_for(offer: RestructuringOffer, *, on: date = TODAY) -> str:
    """Read what it costs, ask for a code at noon, and return it as the borrower's phone would show it."""
    open_sheet(offer_id=offer.pk, now=noon(on) - READ, actor=ACTOR)
    made = ask_offer_code(offer_id=offer.pk, now=noon(on), actor=ACTOR)
    found: str = OfferCode.objects.get(pk=made.pk).sealed_code or ""
    return found


def accepted(offer: RestructuringOffer, *, code: str = "", on: date = TODAY) -> RestructuringPlan:
    return accept_offer(
        offer_id=offer.pk,
        code=code or code_for(offer, on=on),
        language="zh-hans",
        now=noon(on) + timedelta(minutes=1),
        site="https://loans.example",
        where=FROM_HOME,
        actor=ACTOR,
    )


def plan_for(loan: Loan, *acts: dict[str, Any], on: date = TODAY, method: str = "term_extension") -> RestructuringPlan:
    """A plan that was offered and accepted on one day; from the next on the count goes on, as the close has it."""
    plan = accepted(offered(loan, way(loan, *acts, on=on, method=method), on=on).offers.get(), on=on)
    expire_holds(on=on + DAY, actor=ACTOR)
    return plan


def close(day: date) -> dict[str, int]:
    run = close_date(business_date=day, today=day + DAY)
    counts: dict[str, int] = dict(run.counts)
    for item in run.ranges.all():
        for name, count in item.counts.items():
            counts[name] = counts.get(name, 0) + count
    return counts


def pay_due(plan: RestructuringPlan, *, count: int = 1, on: date | None = None) -> None:
    """Pay the first rows of a plan that are not paid, each in full, on a day or on its own."""
    rows = [row for row in plan.loan.installments.filter(is_current=True).order_by("due_on") if row.unpaid_minor]
    for row in rows[:count]:
        reference = f"R{plan.pk}-{row.number}-{timezone.now()}"
        factories.pay(plan.loan, row.unpaid_minor, on or row.due_on, reference=reference)
