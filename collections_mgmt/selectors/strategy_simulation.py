"""A version of a strategy played on the files of the last weeks, beside the one that is in use. Nothing is written."""

from dataclasses import dataclass
from datetime import date, timedelta

from collections_mgmt.domain.simulating import Simulation, simulate
from collections_mgmt.models import StrategyVersion
from collections_mgmt.selectors.past_files import Book, past_book
from dashu.policy import rules as policy

NIGHTS = 28


@dataclass(frozen=True, slots=True)
class Played:
    """:param present: the version that was held against; None where there is none."""

    book: Book
    simulation: Simulation
    present: StrategyVersion | None


def champion_of(version: StrategyVersion) -> StrategyVersion | None:
    """Return the version that is in use for everybody."""
    found = StrategyVersion.objects.published().filter(strategy=version.strategy_id, role="CHAMPION")
    return found.select_related("strategy").first()


def played(version: StrategyVersion, *, today: date) -> Played:
    """Play a version on the last four weeks, up to yesterday."""
    until = today - timedelta(days=1)
    others = StrategyVersion.objects.published().exclude(strategy=version.strategy_id)
    book = past_book(
        since=until - timedelta(days=NIGHTS - 1),
        until=until,
        product=version.strategy.product,
        others=[product for product in others.values_list("strategy__product", flat=True) if product],
        rules=policy.strategy_rules(today),
        levels=policy.case_levels(today),
    )
    present = champion_of(version)
    table = present.table() if present and present.pk != version.pk else None
    simulation = simulate(book.pasts, draft=version.table(), present=table, cap=policy.contact_caps(today)["REMINDER"])
    return Played(book, simulation, present if table is not None else None)
