"""What papers about a running loan say in words. The caller sets the language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.web.writing import TYPST_LANGUAGE, amount, bare_amount, day, plain, short_day
from repayments.domain.statements import Component, What
from repayments.models import LoanEvent

__all__ = ["COMPONENTS", "TYPST_LANGUAGE", "amount", "bare_amount", "day", "plain", "short_day", "told"]

COMPONENTS = {
    Component.PRINCIPAL: _("Principal"),
    Component.INTEREST: _("Interest"),
    Component.FEE: _("Fees"),
    Component.PENALTY: _("Penalty interest"),
    Component.SET_APART: _("Interest and penalty interest, long overdue"),
    Component.CLAIM: _("Claim after charge-off"),
    Component.CREDIT: _("Credit held for you"),
}


def told(line: Mapping[str, Any], currency: str) -> str:
    """Return what a line of a statement tells, from its facts."""
    detail = line["detail"]
    reference = plain(detail.get("reference", ""))
    what = What(line["what"])
    if what is What.DUE:
        parts = {name: amount(detail[name], currency) for name in ("principal", "interest", "fee")}
        text = gettext("Installment %(number)s due: principal %(principal)s, interest %(interest)s")
        if detail["fee"]:
            text = gettext("Installment %(number)s due: principal %(principal)s, interest %(interest)s, fees %(fee)s")
        return text % {"number": detail["number"], **parts}
    if what is What.PENALTY and line["on"] == line["to"]:
        return gettext("Penalty interest, %(day)s") % {"day": short_day(line["on"])}
    if what is What.PENALTY:
        return gettext("Penalty interest, %(first)s to %(last)s") % {
            "first": short_day(line["on"]),
            "last": short_day(line["to"]),
        }
    if what is What.INTEREST_AND_PENALTY:
        return gettext("Interest and penalty interest, %(first)s to %(last)s") % {
            "first": short_day(line["on"]),
            "last": short_day(line["to"]),
        }
    if what is What.HOLIDAY:
        months = detail["months"]
        text = ngettext("Payment holiday of %(months)s month", "Payment holiday of %(months)s months", months)
        return text % {"months": months}
    if what is What.OTHER:
        kinds = dict(LoanEvent.Kind.choices)
        return str(kinds[detail["kind"]]) if detail["kind"] in kinds else plain(detail["description"])
    return str(_TOLD[what]) + (f" {reference}" if reference else "")


_TOLD = {
    What.PAYOUT: _("Loan paid out"),
    What.TAKEOVER: _("Loan taken over"),
    What.CHARGED: _("Interest and fees due"),
    What.SET_APART: _("Interest and penalty interest, listed apart from now on because long overdue"),
    What.PAYMENT: _("Payment"),
    What.PAYMENT_BOOKED_LATE: _("Payment, written down later"),
    What.PAYMENT_RETURNED: _("Payment returned"),
    What.CORRECTION: _("Correction"),
    What.CHARGE_OFF: _("Charge-off; the claim continues"),
    What.CLAIM_LOWERED: _("Claim given up in part or in full"),
}
