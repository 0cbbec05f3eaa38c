"""What a plan of relief does, in the words of a paper; the caller sets the language."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

METHODS: Mapping[str, Promise] = {
    "term_extension": _("A longer term with lower payments"),
    "reamortization": _("What is left, spread anew over the same time"),
    "arrears_plan": _("What is overdue, in parts beside the installments"),
    "capitalization": _("Unpaid interest becomes part of the principal"),
    "payment_holiday": _("A break from paying"),
    "interest_only": _("Interest only for some months"),
    "step_up": _("Low payments first, higher ones later"),
    "rate_cut": _("A lower rate"),
    "partial_waiver": _("Part of what is owed is given up"),
    "settlement": _("The debt ends for less"),
    "consolidation": _("Several loans become one"),
    "due_date": _("Another day of the month"),
}


def method_name(code: str) -> str:
    return str(METHODS.get(code, code))
