"""How the parts of a budget are named in its form; kinds of spending are in the rule `relief.guidelines`."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INCOMES: Mapping[str, Promise] = {
    "SALARY": _("Wages after tax"),
    "BUSINESS": _("From a business of one's own"),
    "FAMILY": _("From the family"),
    "PUBLIC": _("Pension and public support"),
    "OTHER": _("Other income"),
}
DEBTS: Mapping[str, Promise] = {
    "HOME": _("Mortgage"),
    "CARDS": _("Credit cards"),
    "LOANS": _("Loans of other lenders"),
    "PRIVATE": _("To family and friends"),
}
