"""
The close of an ordinary night as most systems do it: loan by loan through the ORM, each in a transaction of its own.

The arithmetic is Dashu's own (`dashu.finance`); each loan is fetched, decided in Python and saved. What is written is
what the set-based close writes.
"""

import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import cache
from typing import Any

from servers import set_up


def close_by_orm(loans: int, processes: int, on: date) -> float:
    """Write the night into the database in use, and return the seconds that it took."""
    edges = [1 + loans * number // processes for number in range(processes + 1)]
    how: Any = {
        "mp_context": multiprocessing.get_context("spawn"),
        "initializer": _begin,
        "initargs": [dict(os.environ)],
    }
    with ProcessPoolExecutor(processes, **how) as pool:
        list(pool.map(time.sleep, [0.5] * processes))  # until all have loaded the code
        started = time.perf_counter()
        sums: Counter[tuple[str, ...]] = Counter()
        for found in pool.map(_close_loans, edges, edges[1:], [on] * processes):
            sums.update(found)
        _write_portfolio(sums, on)
        return time.perf_counter() - started


def _begin(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    set_up()
    from django.db import connection

    import dashu.urls  # noqa: F401 – all the code there is

    connection.ensure_connection()


def _close_loans(first: int, end: int, on: date) -> Counter[tuple[str, ...]]:
    from loans.models import Loan

    sums: Counter[tuple[str, ...]] = Counter()
    for loan_id in Loan.objects.filter(id__gte=first, id__lt=end, status="ACTIVE").values_list("id", flat=True):
        sums.update(_close_loan(loan_id, on))
    return sums


def _close_loan(loan_id: int, on: date) -> dict[tuple[str, ...], int]:
    from django.db import transaction

    from dashu.finance.loan import accrue, arrears, books_of
    from dashu.ledger import services as ledger
    from loans.models import Loan
    from repayments.models import Installment, LoanBalance
    from repayments.selectors.positions import ROW_COLUMNS, contract_of, position_of
    from repayments.services.booking import balance_columns, ledger_lines

    with transaction.atomic():
        loan = (
            Loan.objects.select_for_update(of=("self",))
            .select_related("product_terms__product", "borrower")
            .get(pk=loan_id)
        )
        balance = LoanBalance.objects.get(loan=loan)
        rows = Installment.objects.filter(loan=loan, version=balance.schedule_version).order_by("number")
        contract = contract_of(loan, balance)
        before = position_of(loan, balance, rows.values_list(*ROW_COLUMNS))
        has_due = any(row.due_on <= on and row.unpaid for row in before.installments)
        after = accrue(before, contract, on) if has_due else before
        owed = arrears(after, contract, on)
        if after != before:
            held, books = books_of(before, contract), books_of(after, contract)
            change = {book: books[book] - held[book] for book in books}
            if lines := ledger_lines(change, loan.pk, loan.product_terms_id):
                ledger.post(
                    effective_on=on, description=f"Close {on}", kind="ACCRUAL", lines=lines, actor="system:benchmark"
                )
            for name, value in balance_columns(after, contract).items():
                if not name.startswith("pause_"):
                    setattr(balance, name, value)
            balance.save()
        labels = _keep_status(loan, owed, after.penalty_due(contract), on)
        _keep_signal(loan, on)
        _remind(loan, before, owed, labels[0], on)
        return _sums(loan, balance, after, contract, owed, labels, on)


@cache
def _scales(on: date) -> Any:
    from collections_mgmt.services.scales import scales_on

    return scales_on(on)


@cache
def _reminders(send_on: date) -> tuple[Any, ...]:
    from collections_mgmt.services.close_range import morning_of
    from dashu.policy import rules as policy

    return policy.reminder_schedule(send_on).segments, morning_of(send_on)


def _keep_status(loan: Any, owed: Any, penalty_minor: int, on: date) -> tuple[str, str, str]:
    from collections_mgmt.models import CollectionCase, OverdueChange, OverdueStatus

    scales = _scales(on)
    tier = scales.tiers[loan.product_terms.product.kind]
    days = owed.days_past_due

    def labels_of(days: int) -> tuple[str, str, str]:
        return scales.buckets.code_for(days), tier.code_for(days), scales.stages.code_for(days) if scales.stages else ""

    labels = labels_of(days)
    status = OverdueStatus.objects.filter(loan=loan).first()
    before = (status.bucket, status.classification, status.stage) if status else labels_of(0)
    if labels != before:
        OverdueChange.objects.create(
            loan=loan,
            changed_on=on,
            days_past_due=days,
            bucket_before=before[0],
            bucket=labels[0],
            classification_before=before[1],
            classification=labels[1],
            stage_before=before[2],
            stage=labels[2],
        )
    if days > 0 or (status and status.days_past_due > 0):
        status = status or OverdueStatus(loan=loan)
        status.as_of, status.days_past_due, status.effective_days_past_due = on, days, days
        status.oldest_due_on = owed.oldest_due_on
        status.principal_minor, status.interest_minor, status.fee_minor = owed.principal, owed.interest, owed.fee
        status.penalty_minor = penalty_minor
        status.bucket, status.classification, status.stage = labels
        status.save()
    case = CollectionCase.objects.filter(loan=loan, status=CollectionCase.Status.OPEN).first()
    if days > 0:
        level = int(scales.levels.code_for(days))
        case = case or CollectionCase(loan=loan, opened_on=on, level=0)
        if case.level != level:
            case.level, case.level_since = level, on
            case.save()
    elif case:
        case.status, case.closed_on = CollectionCase.Status.CLOSED, on
        case.save()
    return labels


def _keep_signal(loan: Any, on: date) -> None:
    from collections_mgmt.models import LoanSignal
    from repayments.models import Installment, Payment, PaymentAllocation

    for payment in Payment.objects.filter(loan=loan, received_on=on):
        part = PaymentAllocation.objects.filter(payment=payment).order_by("-number").first()
        if part:
            row = Installment.objects.get(loan=loan, number=part.number, is_current=True)
            late = (payment.received_on - row.due_on).days * 100
            LoanSignal.objects.update_or_create(
                loan=loan, defaults={"as_of": on, "days_late": late, "partial_payments": 0, "failed_collections": 0}
            )


def _remind(loan: Any, position: Any, owed: Any, bucket: str, on: date) -> None:
    from dashu.messaging.models import OutboxMessage, ReminderLine

    send_on = on + timedelta(days=1)
    schedule, not_before = _reminders(send_on)
    segment = "BEHIND" if owed.days_past_due > 0 else "STANDARD"
    for row in position.installments:
        after = (send_on - row.due_on).days
        if after in schedule[segment] and row.unpaid > 0:
            ReminderLine.objects.get_or_create(
                loan_id=loan.pk,
                send_on=send_on,
                version=1,
                number=row.number,
                defaults={
                    "borrower": loan.borrower,
                    "due_on": row.due_on,
                    "days_after": after,
                    "segment": segment,
                    "bucket": bucket,
                },
            )
            template = "upcoming" if after < 0 else "due_today" if after == 0 else "overdue"
            OutboxMessage.objects.get_or_create(
                dedupe_key=f"reminder:{loan.borrower.pk}:{send_on}",
                defaults={
                    "borrower": loan.borrower,
                    "loan_id": loan.pk,
                    "channel": "SMS",
                    "template": f"reminder.{template}",
                    "language": loan.borrower.language,
                    "not_before": not_before,
                    "purpose": "REMINDER",
                    "reminds_on": send_on,
                },
            )


def _sums(
    loan: Any, balance: Any, position: Any, contract: Any, owed: Any, labels: tuple[str, str, str], on: date
) -> dict[tuple[str, ...], int]:
    from dashu.finance.accrued import accrued_interest

    state = (loan.product_terms.product.code, loan.currency, *labels)
    figures = {
        "loans": 1,
        "principal_minor": balance.principal_minor,
        "interest_due_minor": sum(
            row.interest - row.paid_interest for row in position.installments if row.due_on <= on
        ),
        "penalty_minor": position.penalty_due(contract),
        "accrued_minor": accrued_interest(position, contract, on),
        "overdue_minor": owed.principal + owed.interest + owed.fee,
    }
    return {(*state, name): minor for name, minor in figures.items()}


def _write_portfolio(sums: Counter[tuple[str, ...]], on: date) -> None:
    from django.db import transaction

    from collections_mgmt.models import CloseRun
    from collections_mgmt.services.book_portfolio import book_portfolio

    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for (*state, name), minor in sums.items():
        product, currency, bucket, classification, stage = state
        row = rows.setdefault(
            tuple(state),
            {
                "product": product,
                "currency": currency,
                "bucket": bucket,
                "classification": classification,
                "stage": stage,
                "fee_due_minor": 0,
                "suspended_minor": 0,
            },
        )
        row[name] = minor
    run = CloseRun.objects.create(business_date=on)
    run.ranges.create(first_loan_id=1, end_loan_id=2, sums=list(rows.values()))
    with transaction.atomic():
        book_portfolio(run)
