"""What was posted, and whether the ledger holds it."""

from collections.abc import Mapping
from datetime import date

from collections_mgmt.models import PortfolioDay
from collections_mgmt.services.book_portfolio import five_tier_of
from collections_mgmt.services.provision_basis import wanted_of, wanted_provision
from collections_mgmt.services.standing import PROVISION, differences_of
from dashu.policy import rules as policy
from dashu.provisioning.models import ProvisionRun

Totals = dict[tuple[str, str], int]


def latest_posted(currency: str, *, before: date | None = None) -> ProvisionRun | None:
    """Return the run that was posted last, of a month before `before` where that is given."""
    posted = ProvisionRun.objects.filter(currency=currency, status=ProvisionRun.Status.POSTED)
    if before is not None:
        posted = posted.filter(month__lt=before)
    return posted.order_by("-month", "-number").first()


def posted_expected_loss(on: date) -> Mapping[str, Mapping[str, int]]:
    """Return `{currency: {product: minor}}` of the runs that were posted last for months that had ended on a day."""
    found: dict[str, Mapping[str, int]] = {}
    posted = ProvisionRun.objects.filter(status=ProvisionRun.Status.POSTED, month__lte=on)
    for run in posted.order_by("currency", "-month", "-number").defer("inputs"):
        if run.currency not in found and run.month_end <= on:
            found[run.currency] = totals_of(run)
    return found


def totals_of(run: ProvisionRun) -> dict[str, int]:
    """Return `{product: expected loss with overlays}`."""
    return {product: figures["total"] for product, figures in run.totals.items()}


def five_tier_on(day: date) -> Totals:
    """Return what the five tiers ask for at the end of a closed day."""
    return five_tier_of(PortfolioDay.objects.filter(business_date=day))


def wanted_with(run: ProvisionRun, *, on: date) -> Totals:
    """Return what the ledger is to hold of the run's currency at the end of a day, once the run is posted."""
    tiers = {key: minor for key, minor in five_tier_on(on).items() if key[0] == run.currency}
    return wanted_of(policy.provision_basis(on), tiers, {run.currency: totals_of(run)})


def provision_differences() -> dict[str, int]:
    """
    Return `{currency: minor}` by which the ledger's provision differs from the rule, by the last closed day.

    :returns: what is debited too much on all accounts together, as an absolute sum; empty when all agrees.
    """
    latest = PortfolioDay.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    if latest is None:
        return {}
    lines = differences_of(PROVISION, wanted_provision(five_tier_on(latest), on=latest))
    return {currency: sum(line.amount_minor for line in each if line.side == "D") for currency, each in lines.items()}
