"""The moves between buckets of each month, read from the sums of the snapshot."""

from dataclasses import replace
from datetime import date

from dashu.insight.domain.transitions import Flow, Flows
from dashu.insight.reading import Kept, sums
from dashu.insight.scope import Scope


def flows_by_month(scope: Scope, kept: Kept, *, first: date | None = None) -> list[tuple[date, Flows]]:
    """
    Return the moves of each month that is kept, in their order; one query.

    A month of which there is a snapshot, but nothing of what was chosen, has no moves.

    :param first: begin earlier than the scope does.
    """
    asked = replace(scope, first=min(first, scope.first)) if first else scope
    found: dict[date, dict[tuple[str, str], Flow]] = {month: {} for month in kept.months if _in(asked, month)}
    for row in sums(
        asked,
        *("month", "bucket_before", "bucket"),
        measures=["loans", "principal_before_minor", "principal_minor"],
    ):
        flow = Flow(row["loans"], row["principal_before_minor"], row["principal_minor"])
        found[row["month"]][row["bucket_before"], row["bucket"]] = flow
    return list(found.items())


def _in(scope: Scope, month: date) -> bool:
    return scope.first <= month <= scope.last
