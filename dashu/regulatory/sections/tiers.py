"""What is overdue and what is set aside for loss, by five-tier class, at the end of the month."""

from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from collections_mgmt.models import PortfolioDay
from collections_mgmt.presenting import classification_label
from dashu.documents.sheets import Amount
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section, share

_AMOUNTS = (
    *("principal_minor", "overdue_minor", "interest_due_minor", "fee_due_minor", "penalty_minor", "suspended_minor"),
    *("accrued_minor", "provision_minor"),
)


def tiers(month: Month) -> Section:
    sums: Any = (
        PortfolioDay.objects.filter(business_date=month.last)
        .values("currency", "product", "classification", "stage")
        .annotate(number=Sum("loans"), **{f"sum_{name}": Sum(name) for name in _AMOUNTS})
        .order_by("currency", "product", "stage", "classification")
    )
    rows = [
        (
            cell["product"],
            str(classification_label(cell["classification"])),
            cell["stage"],
            cell["currency"],
            cell["number"],
            *(Amount(cell[f"sum_{name}"], cell["currency"]) for name in _AMOUNTS),
            share(cell["sum_provision_minor"], cell["sum_principal_minor"]),
        )
        for cell in sums
    ]
    return Section(
        "04-five-tiers",
        _("Overdue loans and provisions by five-tier class"),
        _(
            "The running loans at the end of the last day, as its close kept them; provisions by the five tiers. The"
            " books may hold more, where the rule asks for the expected credit loss."
        ),
        (
            _("product"),
            _("classification"),
            _("impairment stage"),
            _("currency"),
            _("number of loans"),
            _("principal outstanding"),
            _("overdue"),
            _("interest due"),
            _("fees due"),
            _("penalty due"),
            _("suspended interest"),
            _("interest earned, not yet due"),
            _("provision"),
            _("provision of principal"),
        ),
        rows,
    )
