"""Grids of documented histories (tests/golden/credit_grids.yaml), each lived through by real services and closes."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from collections_mgmt.models import CreditRecordMonth
from collections_mgmt.services.disputes import dispute_record
from collections_mgmt.services.missed_credit_months import write_missed_month
from collections_mgmt.services.tell_before_report import tell_before_report
from dashu.credit_reporting.models import ReportingConsent
from dashu.credit_reporting.services.drafting import drafts_of, telling_on
from dashu.kernel.dates import add_months
from loans.models import Loan
from repayments.models import Payment
from repayments.services.change_due_day import change_due_day
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.write_off_loan import write_off_loan
from tests import factories
from tests.integration.credit_reporting import cases
from tests.integration.credit_reporting.cases import DAY

HISTORIES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "golden" / "credit_grids.yaml").read_text(encoding="utf-8")
)
BEGIN, MONTHS = date(2026, 1, 1), 13
LATEST = date(2027, 2, 20)  # when the grids are looked at


def month_of(text: Any) -> date:
    return date.fromisoformat(f"{text}-01") if isinstance(text, str) else text.replace(day=1)


def due_days() -> list[date]:
    return [add_months(date(2026, 1, 15), number) for number in range(1, 13)]


def steps_of(history: dict[str, Any]) -> Iterator[tuple[date, str, str, date | None]]:
    if "on_time" in history:
        last = month_of(history["on_time"])
        for due in due_days():
            if due.replace(day=1) <= last:
                yield due, "pay", "1100.16", None
    for on, act, value, *counts in history.get("do", []):
        yield on, act, value, counts[0] if counts else None


def do(loan: Loan, on: date, act: str, value: str, counts: date | None) -> None:
    about: dict[str, Any] = {"loan_id": loan.pk, "today": on, "reason": "test", "actor": cases.ACTOR}
    match act:
        case "pay" | "settle":
            kind = "SETTLEMENT" if act == "settle" else "PAYMENT"
            factories.pay(loan, factories.yuan(value), counts or on, today=on, kind=kind)
        case "return":
            paid = Payment.objects.filter(loan=loan).earliest("pk")
            about.pop("loan_id")
            return_payment(reference=paid.reference, returned_on=counts, **about)
        case "charge_off":
            charge_off_loan(charged_off_on=on, **about)
        case "write_off":
            write_off_loan(written_off_on=on, **about)
        case "sell":
            sell_loan(price_minor=factories.yuan(value), sold_on=on, buyer="B", **about)
        case "extend":
            extend_loan(months=int(value), granted_on=on, **about)
        case "restructure":
            restructure_loan(terms={"count": int(value)}, restructured_on=on, **about)
        case "due_day":
            change_due_day(due_day=int(value), changed_on=on, **about)
        case "dispute":
            dispute_record(
                borrower_id=loan.borrower_id, loan_id=loan.pk, month=None, words="No.", now=cases.at(on), actor="user:1"
            )
    if counts:  # what was booked back is noted anew, as `find_corrections` does it
        for month in CreditRecordMonth.objects.filter(loan=loan).values_list("month", flat=True):
            write_missed_month(loan_id=loan.pk, month_end=cases.month_end(month))


@pytest.fixture
def lived(amina) -> list[Loan]:
    """All histories at once, day by day, with the closes that see them: after due days, and at month ends."""
    cases.known(amina)
    loans = [factories.running_loan(amina) for _history in HISTORIES]
    ReportingConsent.objects.bulk_create(
        ReportingConsent(loan=loan, reference=f"P-{loan.pk}", given_on=loan.starts_on, noted_by="user:1")
        for loan in loans
    )
    steps = sorted(
        (on, place, order, act, value, counts)
        for place, history in enumerate(HISTORIES)
        for order, (on, act, value, counts) in enumerate(steps_of(history))
    )
    closes = {cases.month_end(add_months(BEGIN, number)) for number in range(MONTHS)}
    tells = {day - 5 * DAY for day in closes}
    closes |= {due + DAY for due in due_days()} | {day - DAY for day in tells}
    day = BEGIN
    while day <= max(closes):
        while steps and steps[0][0] == day:
            _on, place, _order, act, value, counts = steps.pop(0)
            do(loans[place], day, act, value, counts)
        if day in tells:
            tell_before_report(today=day)
            cases.notices_arrive(day)
        if day in closes:
            cases.closed(day)
        day += timedelta(days=1)
    for loan, history in zip(loans, HISTORIES, strict=True):
        for month, code in history.get("noted", {}).items():
            CreditRecordMonth.objects.filter(loan=loan, month=month_of(month)).update(code=code)
        for month in history.get("gone", []):
            CreditRecordMonth.objects.filter(loan=loan, month=month_of(month)).delete()
    return loans


def test_each_history_has_its_grid(lived):
    telling = telling_on(LATEST)
    wrong = {}
    for loan, history in zip(lived, HISTORIES, strict=True):
        month = month_of(history["until"])
        draft = next(drafts_of(telling, Loan.objects.filter(pk=loan.pk), month=month), None)
        grid = draft.grid.lstrip("/") if draft else "nothing"
        disputed = draft.told["disputed"] if draft else ""
        if (grid, disputed) != (history["grid"], history.get("disputed", "0")):
            wrong[history["name"]] = (grid, disputed, history["grid"])

    assert wrong == {}


def test_what_is_told_of_each_agrees_with_itself(lived):
    telling = telling_on(LATEST)
    wrong = {}
    for loan, history in zip(lived, HISTORIES, strict=True):
        if "noted" in history:
            continue  # a sign that no act of ours gives fits no days
        if history["grid"] == "nothing":
            continue
        month = month_of(history["until"])
        draft = next(drafts_of(telling, Loan.objects.filter(pk=loan.pk), month=month))
        if draft.problems:
            wrong[history["name"]] = draft.problems

    assert wrong == {}


def test_there_are_thirty_histories_and_every_sign():
    assert len(HISTORIES) >= 30
    signs = set("".join(history["grid"] for history in HISTORIES if history["grid"] != "nothing"))
    assert signs == set("N*1234567MCGDZBA#")
