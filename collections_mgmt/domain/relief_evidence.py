"""
What offers of relief did: those who were made one beside those who were drawn and left alone.

Each person counts for the side in which the draw put them, whether they accepted or not: who accepts differs from who
does not, and would have without an offer. Within a campaign everybody had the same chance of either side, so sides are
compared campaign by campaign, and the differences of campaigns are brought together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from dashu.kernel.shares import Z_95, Difference, Share, difference

LATE_DAYS, FAR_DAYS = 30, 90
HALF_YEAR, YEAR = 6, 12


class Measure(StrEnum):
    """What is counted of a person, in so many months after they were drawn."""

    CURED = "CURED"
    AVOIDED = "AVOIDED"
    LATE_6 = "LATE_6"
    LATE_12 = "LATE_12"
    FAR_6 = "FAR_6"
    FAR_12 = "FAR_12"
    COMPLAINED = "COMPLAINED"


MONTHS: Mapping[Measure, int] = {
    Measure.CURED: HALF_YEAR,
    Measure.AVOIDED: HALF_YEAR,
    Measure.LATE_6: HALF_YEAR,
    Measure.LATE_12: YEAR,
    Measure.FAR_6: HALF_YEAR,
    Measure.FAR_12: YEAR,
    Measure.COMPLAINED: HALF_YEAR,
}
# Which way is better.
BETTER: Mapping[Measure, int] = {
    Measure.CURED: 1,
    Measure.AVOIDED: 1,
    Measure.LATE_6: -1,
    Measure.LATE_12: -1,
    Measure.FAR_6: -1,
    Measure.FAR_12: -1,
    Measure.COMPLAINED: -1,
}


@dataclass(frozen=True, slots=True)
class Mean:
    """
    A sample of amounts in minor units. :param total, squares: sums of the amounts, and of their squares.

    What follows from it is an estimate and no amount, so floats will do.
    """

    count: int
    total: int
    squares: int

    @property
    def value(self) -> float | None:
        return self.total / self.count if self.count else None

    @property
    def error(self) -> float:
        """The variance of the mean; 0 below two people."""
        if self.count < 2:
            return 0.0
        return max(0.0, (self.squares - self.total * self.total / self.count) / (self.count - 1)) / self.count


@dataclass(frozen=True, slots=True)
class Side:
    """
    One side of one campaign, or of several.

    :param people: who were drawn into it. :param accepted: of them, those who took a plan.
    :param through: those whose months are over, by how many months.
    :param counts: of those who are through the months of the measure.
    :param paid: what came of those who are through, at its value on the day of the draw, by how many months.
    :param helped: of those drawn, whom relief was offered otherwise in the months of the evidence: on a list, by a
        person, or because they asked. They count for their side all the same, which makes differences smaller.
    """

    people: int
    accepted: int
    through: Mapping[int, int]
    counts: Mapping[Measure, int]
    paid: Mapping[int, Mean]
    helped: int = 0

    def share(self, measure: Measure) -> Share:
        return Share(self.counts[measure], self.through[MONTHS[measure]])


NOBODY = Side(
    people=0,
    accepted=0,
    through=dict.fromkeys((HALF_YEAR, YEAR), 0),
    counts=dict.fromkeys(Measure, 0),
    paid=dict.fromkeys((HALF_YEAR, YEAR), Mean(0, 0, 0)),
)


def together(sides: Sequence[Side]) -> Side:
    """Return all people of some sides as one, to be shown; sides are compared campaign by campaign."""
    return Side(
        people=sum(side.people for side in sides),
        accepted=sum(side.accepted for side in sides),
        through={months: sum(side.through[months] for side in sides) for months in (HALF_YEAR, YEAR)},
        counts={measure: sum(side.counts[measure] for side in sides) for measure in Measure},
        paid={
            months: Mean(
                sum(side.paid[months].count for side in sides),
                sum(side.paid[months].total for side in sides),
                sum(side.paid[months].squares for side in sides),
            )
            for months in (HALF_YEAR, YEAR)
        },
        helped=sum(side.helped for side in sides),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """
    Offered and left alone, of one campaign or of several.

    :param pairs: (offered, left alone) of each campaign.
    :param months: that have passed since the first draw. :param least: people on each side, with fewer of whom nothing
        is concluded.
    """

    pairs: Sequence[tuple[Side, Side]]
    months: int
    least: int

    @property
    def offered(self) -> Side:
        return together([offered for offered, _alone in self.pairs])

    @property
    def alone(self) -> Side:
        return together([alone for _offered, alone in self.pairs])

    def is_ripe(self, months: int) -> bool:
        """Whether somebody of either side is through."""
        return min(self.offered.through[months], self.alone.through[months]) > 0

    def is_enough(self, months: int) -> bool:
        return min(self.offered.through[months], self.alone.through[months]) >= max(1, self.least)

    def difference(self, measure: Measure) -> Difference | None:
        """Return how much more often it happens to those who were made an offer; None while nobody is through."""
        shares = [(offered.share(measure), alone.share(measure)) for offered, alone in self.pairs]
        shares = [(one, other) for one, other in shares if one.total and other.total]
        if len(shares) == 1:
            return difference(*shares[0])
        return pooled([(one.total, other.total, *_gap(one, other)) for one, other in shares])

    def paid_more(self, months: int) -> Difference | None:
        """Return how much more came of each person who was made an offer, minor units on average."""
        means = [(offered.paid[months], alone.paid[months]) for offered, alone in self.pairs]
        return pooled(
            [
                (one.count, other.count, one.total / one.count - other.total / other.count, one.error + other.error)
                for one, other in means
                if one.count and other.count
            ]
        )

    def is_better(self, measure: Measure) -> bool | None:
        """Return whether the offer clearly did good or harm; None where there are too few, or it may be chance."""
        found = self.difference(measure)
        if found is None or not found.is_clear or not self.is_enough(MONTHS[measure]):
            return None
        return found.value * BETTER[measure] > 0


def pooled(strata: Sequence[tuple[int, int, float, float]]) -> Difference | None:
    """
    Return one difference of several, each weighted by how much its sizes can tell; None where there is none.

    Mantel-Haenszel weights n1·n2/(n1+n2), so that a campaign that offers to more of its people does not pass for one
    that helps more. Source: Greenland and Robins 1985, Biometrics 41:55-68.

    :param strata: people of either side, the difference, and its variance.
    """
    weights = [one * other / (one + other) for one, other, _value, _variance in strata if one and other]
    strata = [each for each in strata if each[0] and each[1]]
    total = sum(weights)
    if not total:
        return None
    value = sum(weight * each[2] for weight, each in zip(weights, strata, strict=True)) / total
    spread = Z_95 * sqrt(sum(weight**2 * each[3] for weight, each in zip(weights, strata, strict=True))) / total
    return Difference(value, value - spread, value + spread)


def _gap(one: Share, other: Share) -> tuple[float, float]:
    """Return the difference of two rates and its variance."""
    assert one.rate is not None
    assert other.rate is not None
    return one.rate - other.rate, _variance(one) + _variance(other)


def _variance(share: Share) -> float:
    """After Agresti and Coull 1998: with two more of each kind, because no rate of a few people is sure."""
    rate = (share.count + 2) / (share.total + 4)
    return rate * (1 - rate) / share.total
