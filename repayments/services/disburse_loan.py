"""Pay a loan out: its schedule begins."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.finance import installments as finance
from dashu.finance.loan import books_of, opened
from dashu.kernel.errors import DomainError
from dashu.ledger import services as ledger
from dashu.webhooks.services import money_data
from loans.domain.fees import demanded_rows
from loans.models import Loan, ProductTerms
from loans.selectors.compiled import OneRow
from loans.services.partner_events import tell_of_loan
from repayments.models import Disbursement, LoanEvent, ScheduleVersion
from repayments.services.booking import balance_columns, insert_schedule, ledger_lines, lock_loan
from repayments.services.receive_payment import ReferenceReused

_BY_REFERENCE = OneRow(lambda: Disbursement.objects.filter(reference=""))
_TERMS = OneRow(lambda: ProductTerms.objects.filter(pk=0))


class NotWaitingForPayout(DomainError):
    """The loan was paid out before, or is not approved."""

    code = "not_waiting_for_payout"
    http_status = 409


@transaction.atomic
def disburse_loan(
    *, loan_id: int, reference: str, actor: str, paid_on: date | None = None, pays_off: Sequence[str] = ()
) -> Disbursement:
    """
    Book the payout and write the first schedule.

    Calling again with the same reference returns the first payout and changes nothing.

    :param paid_on: when the money was there, the day that the contract names unless given. From a later day the whole
        schedule begins later: no interest is owed for days without the money.
    :param pays_off: numbers of the loans that it pays off in place of any payout of money.
    :raises NotWaitingForPayout: the loan was paid out under another reference.
    :raises ReferenceReused: the reference belongs to another loan.
    """
    loan = lock_loan(loan_id)
    if earlier := _earlier(reference):
        if earlier.loan_id != loan.pk:
            raise ReferenceReused(_("This reference belongs to another payout."), field="reference")
        return earlier
    if loan.status != Loan.Status.APPROVED:
        raise NotWaitingForPayout(_("This loan has already been paid out."), field="loan")
    if paid_on is not None and paid_on > loan.starts_on:
        _begin_later(loan, paid_on, actor=actor)

    loan.product_terms = _terms_of(loan)
    contract = loan.contract
    schedule = demanded_rows(loan.schedule_terms)
    rows = [finance.Installment(row.number, row.due_on, row.principal, row.interest, row.fee) for row in schedule]
    position = opened(contract, rows, loan.principal_minor, is_internal=bool(pays_off))

    on = loan.starts_on
    disbursement = Disbursement(loan=loan, reference=reference, amount_minor=loan.principal_minor, disbursed_on=on)
    data = {"internal": True, "pays_off": list(pays_off)} if pays_off else {}
    _insert_history(disbursement, data=data, actor=actor)
    insert_schedule(loan.pk, 1, rows)
    _insert_balance(loan.pk, {**balance_columns(position, contract), "latest_event_on": on})
    ledger.post(
        effective_on=on,
        description=f"Payout {reference}",
        kind="DISBURSEMENT",
        lines=ledger_lines(books_of(position, contract), loan.pk, loan.product_terms_id),
        actor=actor,
        currency=loan.currency,
    )
    audit.record(action="repayments.loan_disbursed", subject_type="loan", subject_id=loan.pk, actor=actor)
    paid_out = money_data(disbursement.amount_minor, loan.currency)
    told = {"status": Loan.Status.ACTIVE.value, "amount": paid_out, "paid_on": on}
    tell_of_loan(loan, "loan.paid_out", told, on=on)
    return disbursement


def _begin_later(loan: Loan, paid_on: date, *, actor: str) -> None:
    before, loan.starts_on = loan.starts_on, paid_on
    loan.save(update_fields=["starts_on"])
    audit.record(
        action="repayments.loan_begins_later",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"agreed": before, "paid_on": paid_on},
    )


def _terms_of(loan: Loan) -> ProductTerms:
    terms = _TERMS.get(loan.product_terms_id)
    assert terms is not None  # the foreign key sees to it
    return terms


def _earlier(reference: str) -> Disbursement | None:
    return _BY_REFERENCE.get(reference)


def _insert_history(disbursement: Disbursement, *, data: Mapping[str, Any], actor: str) -> None:
    """Have the loan run: write the event, the payout and the first schedule version; fill in the event's id."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH event AS (
                INSERT INTO repayments_loanevent (loan_id, kind, effective_on, amount_minor, data, actor)
                VALUES (%(loan_id)s, %(kind)s, %(on)s, %(amount)s, %(data)s, %(actor)s) RETURNING id
            ), payout AS (
                INSERT INTO repayments_disbursement (event_id, loan_id, reference, amount_minor, disbursed_on)
                SELECT id, %(loan_id)s, %(reference)s, %(amount)s, %(on)s FROM event
            ), version AS (
                INSERT INTO repayments_scheduleversion (loan_id, version, reason, effective_on)
                VALUES (%(loan_id)s, 1, %(reason)s, %(on)s)
            ), loan AS (
                UPDATE loans_loan SET status = %(status)s WHERE id = %(loan_id)s
            )
            SELECT id FROM event
            """,
            {
                "loan_id": disbursement.loan_id,
                "kind": LoanEvent.Kind.DISBURSED.value,
                "on": disbursement.disbursed_on,
                "amount": disbursement.amount_minor,
                "data": json.dumps(data),
                "actor": actor,
                "reference": disbursement.reference,
                "status": Loan.Status.ACTIVE.value,
                "reason": ScheduleVersion.Reason.CONTRACT.value,
            },
        )
        disbursement.event_id = cursor.fetchone()[0]
    disbursement._state.adding = False


def _insert_balance(loan_id: int, columns: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO repayments_loanbalance (loan_id, {", ".join(columns)})
            VALUES (%s, {", ".join("%s" for _name in columns)})
            """,  # noqa: S608 – the names are those of `balance_columns`
            [loan_id, *columns.values()],
        )
