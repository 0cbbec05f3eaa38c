"""Rows that early warning is read from, for tests, and its night."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Max
from django.utils import timezone

from collections_mgmt.models import EconomicIndicator, IncomeObservation, IndicatorValue, WarningTrigger
from collections_mgmt.services.leads_sql import decide_leads, end_triggers
from collections_mgmt.services.people_warnings_sql import notice_of_people
from collections_mgmt.services.signals_sql import refresh_signals
from collections_mgmt.services.warnings_sql import notice_of_loans
from dashu.consents.selectors import latest_texts
from dashu.consents.services.ledger import give_consents, withdraw_consent
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy import rules as policy
from dashu.policy.early_warning import EarlyWarning
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.models import Installment, LoanEvent, Payment, PaymentAllocation

ACTOR = "user:1"


def night(on: date, *, rules: EarlyWarning | None = None) -> dict[str, int]:
    """Do of the close what early warning needs, over all loans."""
    rules = rules or policy.early_warning(on)
    end = (Loan.objects.aggregate(most=Max("pk"))["most"] or 0) + 1
    with connection.cursor() as cursor:
        refresh_signals(cursor, on=on, first=0, end=end)
        of_loans = notice_of_loans(cursor, on=on, first=0, end=end, rules=rules)
        ended = end_triggers(cursor, on=on)
        of_people = notice_of_people(cursor, on=on, rules=rules)
        leads = decide_leads(cursor, on=on, rules=rules)
    return {"of_loans": of_loans, "ended": ended, "of_people": of_people, **leads}


def kinds(borrower: Borrower) -> list[str]:
    """Return what counts now."""
    found = WarningTrigger.objects.filter(borrower=borrower, ended_on=None)
    return sorted(found.values_list("kind", flat=True))


def facts(borrower: Borrower, kind: str) -> Any:
    return WarningTrigger.objects.get(borrower=borrower, kind=kind, ended_on=None).facts


def came(loan: Loan, number: int, on: date, *, minor: int | None = None, amount: int | None = None) -> Payment:
    """Money that came for an installment: what it asks for, `minor` of it, or `amount` in all with some left over."""
    row = Installment.objects.get(loan=loan, number=number, is_current=True)
    asked = row.principal_minor + row.interest_minor + row.fee_minor
    of_row = asked if minor is None else minor
    amount = of_row if amount is None else amount
    event = LoanEvent.objects.create(loan=loan, kind="PAYMENT", effective_on=on, amount_minor=amount, actor=ACTOR)
    interest = min(of_row, row.interest_minor - row.paid_interest_minor)
    payment = Payment.objects.create(
        event=event,
        loan=loan,
        reference=f"CAME-{event.pk}",
        channel="BANK_TRANSFER",
        amount_minor=amount,
        received_on=on,
        interest_minor=interest,
        principal_minor=of_row - interest,
        unapplied_minor=amount - of_row,
    )
    PaymentAllocation.objects.create(
        payment=payment, number=number, interest_minor=interest, principal_minor=of_row - interest
    )
    Installment.objects.filter(loan=loan, number=number, is_current=True).update(
        paid_interest_minor=F("paid_interest_minor") + interest,
        paid_principal_minor=F("paid_principal_minor") + of_row - interest,
    )
    return payment


def paid_late(loan: Loan, days: list[int]) -> date:
    """Pay the first installments so many days after they fall due; return the day of the last payment."""
    for number, late in enumerate(days, start=1):
        due = Installment.objects.get(loan=loan, number=number, is_current=True).due_on
        came(loan, number, due + timedelta(days=late))
    return due + timedelta(days=days[-1])


def agree(borrower: Borrower, purpose: str) -> None:
    text = latest_texts([purpose])[0]
    give_consents(borrower_id=borrower.pk, text_ids=[text.pk], about="", now=timezone.now(), actor=ACTOR)


def take_back(borrower: Borrower, purpose: str) -> None:
    withdraw_consent(borrower_id=borrower.pk, purpose=purpose, about="", now=timezone.now(), actor=ACTOR)


def income(borrower: Borrower, on: date, minor: int, *, noted_on: date | None = None) -> None:
    IncomeObservation.objects.create(
        borrower=borrower,
        credited_on=on,
        amount_minor=minor,
        currency="CNY",
        source="test",
        reference=f"{borrower.pk}-{on}-{minor}",
        noted_on=noted_on or on,
    )


def series(code: str = "jobs", kind: str = "UNEMPLOYMENT", **fields: Any) -> EconomicIndicator:
    return EconomicIndicator.objects.create(code=code, name=code, kind=kind, unit="%", source="test", **fields)


def value(indicator: EconomicIndicator, on: date, number: str, *, noted_on: date) -> None:
    IndicatorValue.objects.create(indicator=indicator, date=on, value=Decimal(number), noted_on=noted_on)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=LENDER_ZONE)
