"""What can be refunded of a loan, and what a refund would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.selectors import pending_for_loan
from dashu.kernel.errors import DomainError
from dashu.ledger import accounts
from dashu.ledger.models import Account
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import LoanBalance

REFUND = "refund"
# The act of staff that books a refund with its own day and reference.
REFUND_CREDIT = "refund_credit"
REFUNDS = (REFUND, REFUND_CREDIT)


class RefundExceedsCredit(DomainError):
    """More would be sent back than the borrower has with us."""

    code = "refund_exceeds_credit"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Credit:
    """Minor units. :param held: the borrower's credit. :param asked_for: of it, refunds that wait for approval."""

    held: int
    asked_for: int

    @property
    def free(self) -> int:
        return max(0, self.held - self.asked_for)


def credit_of(loan: Loan, *, today: date) -> Credit:
    held = LoanBalance.objects.filter(pk=loan.pk).values_list("unapplied_minor", flat=True).first()
    waiting = pending_for_loan(loan.pk, on=today).filter(kind__in=REFUNDS).order_by()
    return Credit(held or 0, waiting.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


def refund_preview(payload: Mapping[str, Any], _today: date) -> list[dict[str, Any]]:
    """
    Return what the refund would change as the books are now, in the form of `dashu.approvals.acts`.

    :raises RefundExceedsCredit: the credit is smaller by now.
    """
    amount, currency = payload["amount_minor"], payload["currency"]
    held = LoanBalance.objects.filter(pk=payload["loan_id"]).values_list("unapplied_minor", flat=True).first() or 0
    if amount > held:
        raise exceeds_credit(held, currency)
    names = Account.objects.in_bulk([accounts.BORROWER_CREDIT, accounts.CASH])
    shown = money(amount, currency)
    return [
        {
            "title": gettext("Balances"),
            "columns": ["", _number(gettext("before")), _number(gettext("after"))],
            "rows": [[gettext("Credit of the borrower"), money(held, currency), money(held - amount, currency)]],
            "note": "",
        },
        {
            "title": gettext("Ledger entry"),
            "columns": [gettext("account"), _number(gettext("Debit")), _number(gettext("Credit"))],
            "rows": [
                [str(names[accounts.BORROWER_CREDIT]), shown, ""],
                [str(names[accounts.CASH]), "", shown],
            ],
            "note": "",
        },
    ]


def exceeds_credit(free: int, currency: str) -> RefundExceedsCredit:
    return RefundExceedsCredit(
        _("Of the borrower's credit, %(free)s can be sent back."),
        field="amount",
        params={"free": money(free, currency)},
    )


def _number(title: str) -> dict[str, Any]:
    return {"title": title, "is_number": True}
