"""Why something was sent to a borrower, in plain words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dashu.messaging.models import OutboxMessage, Purpose

# By the beginning of the template's code, the longest first that fits.
_WHYS: dict[str, Any] = {
    "reminder.upcoming": _("Because an installment is due soon"),
    "reminder.due_today": _("Because an installment was due that day"),
    "reminder.overdue": _("Because an installment was not paid yet"),
    "reminder.help": _("Because an installment was not paid yet, and we would like to help"),
    "reminder.choose_day": _("Because an installment was not paid yet, and another day may suit you"),
    "autopay.": _("Because you have set up autopay"),
    "notice.": _("Because a message in your account was not read yet"),
    "loans.contract_signed": _("Because you signed a contract"),
    "loans.": _("Because you applied for a loan"),
    "repayments.receipt": _("Because a payment of yours arrived"),
    "repayments.loan_changed": _("Because something changed on your loan"),
    "repayments.charged_back": _("Because a payment was taken back"),
    "repayments.refunded": _("Because money went back to you"),
    "repayments.paid_out": _("Because your loan was paid out"),
    "repayments.payout": _("Because of the payout of your loan"),
    "repayments.give": _("Because a loan can be given back"),
    "repayments.": _("Because of your loan"),
    "privacy.": _("Because you asked for it"),
}
_BY_PURPOSE: dict[str, Any] = {
    Purpose.SERVICE: _("Because of your contract or your account"),
    Purpose.REMINDER: _("To remind you of a due date"),
    Purpose.MARKETING: _("An offer from us"),
    Purpose.LEARNING: _("A short lesson that fits what has just happened"),
}


def why_told(message: OutboxMessage) -> str:
    found = max((start for start in _WHYS if message.template.startswith(start)), key=len, default=None)
    return str(_WHYS[found] if found else _BY_PURPOSE[message.purpose])
