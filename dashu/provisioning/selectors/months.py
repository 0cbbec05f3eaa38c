"""Which months can be calculated."""

from calendar import monthrange
from datetime import date

from collections_mgmt.models import CloseRun, Dimension, PortfolioMonth
from dashu.policy.selectors import PolicyRuleMissing, policy_rule
from dashu.provisioning.models import ProvisionRun

SHOWN = 24


def kept_months(currency: str) -> list[date]:
    """Return the latest months that the snapshot holds in a currency, the newest first."""
    rows = PortfolioMonth.objects.filter(dimension=Dimension.ALL, currency=currency)
    return list(rows.values_list("month", flat=True).distinct().order_by("-month")[:SHOWN])


def months_to_calculate() -> list[tuple[date, str]]:
    """Return the latest kept month, with each currency in which no run of it is there yet."""
    whole = PortfolioMonth.objects.filter(dimension=Dimension.ALL)
    latest = whole.order_by("-month").values_list("month", flat=True).first()
    if latest is None or not _is_over(latest):
        return []
    done = set(ProvisionRun.objects.filter(month=latest).values_list("currency", flat=True))
    currencies = whole.filter(month=latest).values_list("currency", flat=True).distinct().order_by("currency")
    return [(latest, currency) for currency in currencies if currency not in done]


def _is_over(month: date) -> bool:
    """Whether the last night of the month is closed, and the pack says how expected loss is measured."""
    last = month.replace(day=monthrange(month.year, month.month)[1])
    try:
        policy_rule("provision.expected_loss", on=last)
    except PolicyRuleMissing:  # of a country that measures it otherwise
        return False
    return CloseRun.objects.filter(business_date=last, status=CloseRun.Status.CLOSED).exists()
