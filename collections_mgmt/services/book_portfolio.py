"""
Keep what the book is worth at the end of a business date, and book what follows from it as a whole.

Two figures change for every loan on every day: interest that is earned and not yet due, and the provision for loss.
The ledger holds them product by product. Each night's entry is the difference between what all entries of its figure
hold and what they must hold now, account by account, so a night that was missed, a restated loan or a changed chart is
made good by the next one. Which provision that is, see `provision_basis`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import chain

from collections_mgmt.models import CloseRange, CloseRun, Dimension, PortfolioDay, PortfolioSlice
from collections_mgmt.services.close_range import ACTOR
from collections_mgmt.services.portfolio_sql import SLICE, STATE
from collections_mgmt.services.provision_basis import Key, wanted_provision
from collections_mgmt.services.standing import ACCRUED, PROVISION, Standing, differences_of, lock_provision
from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.errors import DomainError, _
from dashu.ledger import services as ledger
from dashu.policy import rules as policy


class ClassificationWithoutProvision(DomainError):
    """The policy pack sets no share aside for a classification that loans have."""

    code = "classification_without_provision"
    http_status = 503


def book_portfolio(run: CloseRun) -> None:
    """Write the portfolio of a run whose ranges are all done, and its entries. The caller holds the run's lock."""
    days = portfolio_of(run)
    PortfolioDay.objects.filter(business_date=run.business_date).delete()  # of a run that was taken back
    PortfolioDay.objects.bulk_create(days)
    PortfolioSlice.objects.filter(business_date=run.business_date).delete()
    PortfolioSlice.objects.bulk_create(slices_of(run, days))
    CloseRange.objects.filter(run__business_date__lt=run.business_date).exclude(slices=[]).update(slices=[])
    _post(ACCRUED, _by_product(days, "accrued_minor"), run)
    lock_provision()
    _post(PROVISION, wanted_provision(five_tier_of(days), on=run.business_date), run)


def five_tier_of(days: Iterable[PortfolioDay]) -> dict[Key, int]:
    """Return what the five tiers set aside on a day, `{(currency, product): minor}`."""
    return _by_product(days, "provision_minor")


def _by_product(days: Iterable[PortfolioDay], field: str) -> dict[Key, int]:
    sums: Counter[Key] = Counter()
    for day in days:
        sums[day.currency, day.product] += getattr(day, field)
    return dict(sums)


def portfolio_of(run: CloseRun) -> list[PortfolioDay]:
    """
    Return the sums of the run's ranges by state, with their provision.

    :raises ClassificationWithoutProvision: the pack has no share for a state.
    """
    rates = policy.provision_rates(run.business_date)
    found: dict[tuple[str, ...], PortfolioDay] = {}
    for row in chain.from_iterable(run.ranges.values_list("sums", flat=True)):
        state = {name: row[name] for name in STATE}
        sums = {name: minor for name, minor in row.items() if name not in STATE}
        day = found.setdefault(
            tuple(state.values()),
            PortfolioDay(business_date=run.business_date, **state, **dict.fromkeys(sums, 0)),
        )
        for name, minor in sums.items():
            setattr(day, name, getattr(day, name) + minor)
    for day in found.values():
        day.provision_minor = to_minor(_rate(rates, day.classification) * day.exposure_minor, Rounding.HALF_UP)
    return list(found.values())


def slices_of(run: CloseRun, days: Iterable[PortfolioDay]) -> list[PortfolioSlice]:
    """Return the sums of the run's ranges by dimension, and by bucket alone those of the days that they agree with."""
    found: dict[tuple[str, ...], PortfolioSlice] = {}

    def add(key: tuple[str, ...], *sums: int) -> None:
        part = found.get(key)
        if part is None:
            names = dict(zip(SLICE, (*key, 0, 0, 0, 0), strict=True))
            part = found[key] = PortfolioSlice(business_date=run.business_date, **names)
        for name, minor in zip(SLICE[len(key) :], sums, strict=True):
            setattr(part, name, getattr(part, name) + minor)

    for day in days:
        key = (day.product, day.currency, Dimension.ALL.value, "", day.bucket)
        add(key, day.loans, day.principal_minor, day.exposure_minor, day.overdue_minor)
    for row in chain.from_iterable(run.ranges.values_list("slices", flat=True)):
        add(tuple(row[:5]), *row[5:])
    return list(found.values())


def _rate(rates: Mapping[str, Decimal], classification: str) -> Decimal:
    if classification not in rates:
        raise ClassificationWithoutProvision(
            _("The rule provision.rates has no share for %(classification)s. Add it to the policy pack."),
            params={"classification": classification},
        )
    return rates[classification]


def _post(standing: Standing, figures: Mapping[Key, int], run: CloseRun) -> None:
    """Post what brings all entries of this figure to what they must hold, in one entry for each currency."""
    kind = standing.kinds[0]
    for currency, lines in differences_of(standing, figures).items():
        ledger.post(
            effective_on=run.business_date,
            description=f"Close {run.business_date}: {kind.lower().replace('_', ' ')}",
            kind=kind,
            lines=lines,
            actor=ACTOR,
            reference=f"{kind}:{run.pk}.{run.times_closed}:{currency}",
            currency=currency,
        )
