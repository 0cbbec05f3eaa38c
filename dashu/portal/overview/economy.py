"""The economy around the book, on the overview of whoever may see its series."""

from datetime import date
from typing import Any

from collections_mgmt.models import EconomicIndicator
from collections_mgmt.selectors.economy import series_now
from collections_mgmt.warning.economy_pages import economy_table
from dashu.policy.rules import early_warning
from dashu.policy.selectors import PolicyRuleMissing
from dashu.web.staff_tables import Table


def economy_of(user: Any, *, on: date) -> Table | None:
    """Return the series as they were known to stand on a day; None where there are none to see."""
    try:
        rules = early_warning(on)
    except PolicyRuleMissing:  # of a country for which nobody has written thresholds yet
        return None
    found = series_now(EconomicIndicator.objects.visible_to(user), on=on, rules=rules)
    return economy_table(found, rules) if found else None
