"""Codes of the snapshot as people read them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.desk_figures import GONE, NEW
from collections_mgmt.models import Dimension, HardshipRequest
from collections_mgmt.presenting import bucket_label
from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.web.writing import named
from loans.models import Loan, Product

DIMENSION_NAMES: Mapping[str, Any] = {each.value: each.label for each in Dimension}
NO_VALUE = _("not known")


def state_label(code: str) -> Any:
    """Return the name of a bucket, or of how a loan began or ended."""
    if code in GONE:
        return Loan.Status(code).label
    return _("New in the month") if code == NEW else bucket_label(code)


def value_labels(dimension: str) -> Callable[[str], Any]:
    """Return what names a value of a dimension; a code that nobody named is its own name."""
    names = _NAMES.get(Dimension(dimension), dict)()
    return lambda value: (names.get(value) or value) if value else NO_VALUE


def product_names() -> dict[str, str]:
    return {product.code: product.label for product in Product.objects.all()}


def _places(part: str) -> dict[str, str]:
    try:
        places = policy.early_warning_places(lender_today())
    except PolicyRuleMissing:  # of a country for which nobody has written places yet
        return {}
    return {code: named(names) for code, names in places[part].items()}


class _Months(dict[str, str]):
    """The first day of a month as its month: 2026-03-01 → 2026-03."""

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return f"{date.fromisoformat(key):%Y-%m}"
        except ValueError:
            return default


CHANNEL_NAMES: Mapping[str, Any] = {
    "WEB": _("own website"),
    "STAFF": _("entered by staff"),
    "PARTNER": _("through a partner"),
    "TAKEOVER": _("taken over from another lender"),
}


def _causes() -> dict[str, Any]:
    return dict(HardshipRequest.Cause.choices)


_NAMES: Mapping[Dimension, Callable[[], Mapping[str, Any]]] = {
    Dimension.REGION: lambda: _places("regions"),
    Dimension.SECTOR: lambda: _places("sectors"),
    Dimension.CHANNEL: lambda: CHANNEL_NAMES,
    Dimension.VINTAGE: _Months,
    Dimension.CAUSE: _causes,
}
