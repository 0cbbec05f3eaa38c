"""
Keep what the book is worth at the end of a business date, and book what follows from it as a whole.

Two figures change for every loan on every day: interest that is earned and not yet due, and the provision for loss.
The ledger holds them product by product. Each night's entry is the difference between what all entries of its kind
hold and what they must hold now, account by account, so a night that was missed, a restated loan or a changed chart is
made good by the next one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from collections_mgmt.models import CloseRange, CloseRun, Dimension, PortfolioDay, PortfolioSlice
from collections_mgmt.services.close_range import ACTOR
from collections_mgmt.services.portfolio_sql import SLICE, STATE
from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.errors import DomainError, _
from dashu.ledger import accounts
from dashu.ledger import services as ledger
from dashu.ledger.chart import accounts_for
from dashu.ledger.selectors import balances_of_references
from dashu.policy import rules as policy

_KEY = SLICE.index("loans")


class ClassificationWithoutProvision(DomainError):
    """The policy pack sets no share aside for a classification that loans have."""

    code = "classification_without_provision"
    http_status = 503


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A figure that the ledger holds product by product, as `claim` against `other`.

    :param kind: of its entries, and the beginning of their references.
    :param field: of `PortfolioDay`.
    """

    kind: str
    field: str
    claim: str
    other: str
    sign: int = 1


ACCRUED = Standing("ACCRUED_INTEREST", "accrued_minor", accounts.ACCRUED_INTEREST, accounts.INTEREST_INCOME)
PROVISION = Standing("PROVISION", "provision_minor", accounts.LOAN_LOSS_PROVISION, accounts.PROVISION_EXPENSE, sign=-1)


def book_portfolio(run: CloseRun) -> None:
    """Write the portfolio of a run whose ranges are all done, and its entries. The caller holds the run's lock."""
    days = portfolio_of(run.business_date, chain.from_iterable(run.ranges.values_list("sums", flat=True)))
    slices = chain.from_iterable(run.ranges.values_list("slices", flat=True))
    PortfolioDay.objects.filter(business_date=run.business_date).delete()  # of a run that was taken back
    PortfolioDay.objects.bulk_create(days)
    PortfolioSlice.objects.filter(business_date=run.business_date).delete()
    PortfolioSlice.objects.bulk_create(slices_of(run.business_date, days, slices))
    CloseRange.objects.filter(run__business_date__lt=run.business_date).exclude(slices=[]).update(slices=[])
    for standing in (ACCRUED, PROVISION):
        _post(standing, days, run)


def portfolio_of(on: date, sums: Iterable[Mapping[str, Any]]) -> list[PortfolioDay]:
    """
    Return the sums of all ranges by state, with their provision.

    :param sums: see `RangeSums.states`.
    :raises ClassificationWithoutProvision: the pack has no share for a state.
    """
    rates = policy.provision_rates(on)
    found: dict[tuple[str, ...], PortfolioDay] = {}
    for row in sums:
        state = {name: row[name] for name in STATE}
        amounts = {name: minor for name, minor in row.items() if name not in STATE}
        day = found.setdefault(
            tuple(state.values()),
            PortfolioDay(business_date=on, **state, **dict.fromkeys(amounts, 0)),
        )
        for name, minor in amounts.items():
            setattr(day, name, getattr(day, name) + minor)
    for day in found.values():
        day.provision_minor = to_minor(_rate(rates, day.classification) * day.exposure_minor, Rounding.HALF_UP)
    return list(found.values())


def slices_of(on: date, days: Iterable[PortfolioDay], slices: Iterable[Sequence[Any]]) -> list[PortfolioSlice]:
    """
    Return the sums of all ranges by dimension, and by bucket alone those of the days that they agree with.

    :param slices: see `RangeSums.slices`.
    """
    found: dict[tuple[str, ...], PortfolioSlice] = {}
    whole = (
        (
            *(day.product, day.currency, Dimension.ALL.value, "", day.bucket),
            *(day.loans, day.principal_minor, day.exposure_minor, day.overdue_minor),
        )
        for day in days
    )
    for row in chain(whole, slices):
        key, sums = tuple(row[:_KEY]), row[_KEY:]
        part = found.get(key)
        if part is None:
            found[key] = PortfolioSlice(business_date=on, **dict(zip(SLICE, row, strict=True)))
            continue
        for name, minor in zip(SLICE[_KEY:], sums, strict=True):
            setattr(part, name, getattr(part, name) + minor)
    return list(found.values())


def _rate(rates: Mapping[str, Decimal], classification: str) -> Decimal:
    if classification not in rates:
        raise ClassificationWithoutProvision(
            _("The rule provision.rates has no share for %(classification)s. Add it to the policy pack."),
            params={"classification": classification},
        )
    return rates[classification]


def _post(standing: Standing, days: Iterable[PortfolioDay], run: CloseRun) -> None:
    """Post what brings all entries of this kind to what they must hold, in one entry for each currency."""
    wanted: defaultdict[tuple[str, str], int] = defaultdict(int)
    for day in days:
        of_product = accounts_for(day.product)
        minor = standing.sign * getattr(day, standing.field)
        wanted[day.currency, of_product[standing.claim]] += minor
        wanted[day.currency, of_product[standing.other]] -= minor
    held = balances_of_references(f"{standing.kind}:")
    for currency in sorted({currency for currency, _account in wanted.keys() | held.keys()}):
        accounts_touched = sorted({account for one, account in wanted.keys() | held.keys() if one == currency})
        lines = [
            ledger.change(account, minor)
            for account in accounts_touched
            if (minor := wanted[currency, account] - held.get((currency, account), 0))
        ]
        if lines:
            ledger.post(
                effective_on=run.business_date,
                description=f"Close {run.business_date}: {standing.kind.lower().replace('_', ' ')}",
                kind=standing.kind,
                lines=lines,
                actor=ACTOR,
                reference=f"{standing.kind}:{run.pk}.{run.times_closed}:{currency}",
                currency=currency,
            )
