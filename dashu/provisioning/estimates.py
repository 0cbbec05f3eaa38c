"""
What is estimated of a month: how likely a default is, how much of it is lost, in which scenarios.

Everything that a figure needs can be read back from the JSON of it, so that a run stays explainable when rules and
months have gone on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.policy.expected_loss import ExpectedLossRules, Scenario
from dashu.provisioning.domain.loss import Course, Outlook
from dashu.provisioning.domain.matrix import Evidence, Matrix, Row, default_curve, matrix_of, shifted
from dashu.provisioning.domain.recovery import RecoveryMonth, loss_curve
from dashu.provisioning.selectors.history import (
    ALL,
    Buckets,
    Moves,
    Recoveries,
    buckets_on,
    moves_between,
    recoveries_until,
)

LONGEST = 360  # months to come of which a probability is asked for


@dataclass(frozen=True, slots=True)
class LossShare:
    """
    What is lost of a default.

    :param losses: the share after 0, 1, … months in default. :param recoveries: what they are estimated from.
    """

    evidence: Evidence
    losses: tuple[Decimal, ...]
    recoveries: Recoveries

    def after(self, months: int) -> Decimal:
        return self.losses[min(months, len(self.losses) - 1)]


@dataclass(frozen=True)
class Estimates:
    """
    :param first, last: first days of the months whose moves were counted.
    :param matrices, shares: by product, and `ALL` for a product without moves or defaults of its own.
    """

    first: date
    last: date
    buckets: Buckets
    pd_floor: Decimal
    scenarios: tuple[Scenario, ...]
    matrices: Mapping[str, Matrix]
    shares: Mapping[str, LossShare]
    _outlooks: dict[tuple[str, str, int], Outlook] = field(default_factory=dict, compare=False, repr=False)
    _curves: dict[tuple[str, str], tuple[Decimal, ...]] = field(default_factory=dict, compare=False, repr=False)

    def matrix(self, product: str) -> Matrix:
        return self.matrices.get(product) or self.matrices[ALL]

    def share(self, product: str) -> LossShare:
        return self.shares.get(product) or self.shares[ALL]

    def curve(self, product: str, bucket: str) -> tuple[Decimal, ...]:
        """Return the probability of default by month, in the plainest scenario, of a loan in a bucket."""
        key = (product, bucket)
        if key not in self._curves:
            self._curves[key] = default_curve(self.matrix(product), bucket, months=LONGEST, floor=self.pd_floor)
        return self._curves[key]

    def outlook(self, product: str, bucket: str, default_months: int = 0) -> Outlook:
        """Return what may come of loans in a bucket; one that is in default has no curve, only its loss."""
        key = (product, bucket, default_months)
        if key not in self._outlooks:
            curve = self.curve(product, bucket) if bucket in self.buckets.running else ()
            lost = self.share(product).after(default_months)
            self._outlooks[key] = Outlook(
                [
                    Course(each.code, each.weight, shifted(curve, each.odds), min(Decimal(1), lost * each.loss))
                    for each in self.scenarios
                ]
            )
        return self._outlooks[key]

    def as_json(self) -> dict[str, Any]:
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "buckets": {"running": list(self.buckets.running), "default": list(self.buckets.default)},
            "pd_floor": str(self.pd_floor),
            "scenarios": [
                {"code": each.code, "weight": str(each.weight), "odds": str(each.odds), "loss": str(each.loss)}
                for each in self.scenarios
            ],
            "matrices": {
                product: [{"evidence": row.evidence.value, "counts": list(row.counts)} for row in matrix.rows]
                for product, matrix in sorted(self.matrices.items())
            },
            "shares": {
                product: {
                    "evidence": share.evidence.value,
                    "losses": [str(each) for each in share.losses],
                    "defaults": share.recoveries.defaults,
                    "completed": share.recoveries.completed,
                    "monthly_rate": str(share.recoveries.monthly_rate),
                    "months": [
                        [month.loans, month.at_risk_minor, month.recovered_minor] for month in share.recoveries.months
                    ],
                }
                for product, share in sorted(self.shares.items())
            },
        }

    @property
    def digest(self) -> str:
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


def read_estimates(content: Mapping[str, Any]) -> Estimates:
    """Return the estimates that `as_json` wrote."""
    buckets = Buckets(tuple(content["buckets"]["running"]), tuple(content["buckets"]["default"]))
    scenarios = (
        Scenario(each["code"], *(Decimal(each[name]) for name in ("weight", "odds", "loss")))
        for each in content["scenarios"]
    )
    return Estimates(
        first=date.fromisoformat(content["first"]),
        last=date.fromisoformat(content["last"]),
        buckets=buckets,
        pd_floor=Decimal(content["pd_floor"]),
        scenarios=tuple(scenarios),
        matrices={product: _matrix_read(buckets, rows) for product, rows in content["matrices"].items()},
        shares={product: _share_read(share) for product, share in content["shares"].items()},
    )


def estimate(month: date, *, month_end: date, currency: str) -> Estimates:
    """
    Estimate from the snapshot of the months up to `month`, by the rule that holds at its end.

    :raises PolicyRuleMissing: the pack says nothing of expected credit loss.
    """
    rules = policy.expected_loss(month_end)
    buckets = buckets_on(month_end, default_from_days=rules.default_from_days)
    first = add_months(month, 1 - rules.window_months)
    moves = moves_between(first, month, currency=currency, buckets=buckets)
    recoveries = recoveries_until(month, currency=currency, buckets=buckets, workout_months=rules.workout_months)
    return Estimates(
        first=first,
        last=month,
        buckets=buckets,
        pd_floor=rules.pd_floor,
        scenarios=rules.scenarios,
        matrices=_matrices(moves, buckets, least=rules.least_loans),
        shares={
            product: _share(recoveries, product, least=rules.least_defaults, rules=rules)
            for product in {ALL, *recoveries, *moves}
        },
    )


def _matrices(moves: Moves, buckets: Buckets, *, least: int) -> dict[str, Matrix]:
    pooled = moves[ALL]
    return {
        product: matrix_of(buckets.running, {} if product == ALL else own, pooled, least=least)
        for product, own in moves.items()
    }


def _share(recoveries: Mapping[str, Recoveries], product: str, *, least: int, rules: ExpectedLossRules) -> LossShare:
    own, pooled = recoveries.get(product, Recoveries()), recoveries[ALL]
    if product != ALL and own.defaults >= least:
        evidence, taken = Evidence.OWN, own
    elif pooled.defaults >= least:
        evidence, taken = Evidence.POOLED, pooled
    else:
        evidence, taken = Evidence.NONE, pooled
    losses = loss_curve(
        [] if evidence is Evidence.NONE else taken.months,
        monthly_rate=taken.monthly_rate,
        floor=rules.lgd_floor,
        workout_months=rules.workout_months,
        assumed_loss=rules.lgd_fallback,
    )
    return LossShare(evidence, losses, taken)


def _matrix_read(buckets: Buckets, rows: list[dict[str, Any]]) -> Matrix:
    return Matrix(buckets.running, tuple(Row(Evidence(row["evidence"]), tuple(row["counts"])) for row in rows))


def _share_read(share: Mapping[str, Any]) -> LossShare:
    months = [RecoveryMonth(*month) for month in share["months"]]
    recoveries = Recoveries(share["defaults"], share["completed"], Decimal(share["monthly_rate"]), months)
    return LossShare(Evidence(share["evidence"]), tuple(Decimal(each) for each in share["losses"]), recoveries)
