"""The applications that a watch over the scorecards counts, from what was kept with their decisions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from dashu.kernel.dates import lender_date, midnight
from dashu.policy.credit_rules import Outcome
from dashu.users.id_numbers import person_age, person_sex
from dashu.users.models import Identity
from loans.domain.fairness import Decided
from loans.domain.fairness_groups import AGE, SEX, age_band
from loans.domain.scorecards import Fact
from loans.models import CreditReview

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Watched:
    """
    One application as it was scored.

    :param decider: the scorecard that decided.
    :param points: by the name of the scorecard.
    """

    decider: str
    points: Mapping[str, int]
    facts: Mapping[str, Fact]


def scored_between(first: date, last: date) -> Iterator[Watched]:
    """Return each application that rules scored in these days, once, by its latest score."""
    reviews = _reviews(first, last).filter(decided_by=None, score__isnull=False)
    latest = reviews.order_by("application_id", "-id").distinct("application_id")
    rows = latest.values_list("scorecard", "score", "challenger", "answer__scored")
    for scorecard, score, challenger, scored in rows.iterator(CHUNK):
        assert score is not None, "those without a score are left out"
        yield Watched(scorecard, {**(challenger or {}), scorecard: score}, _facts(scored or {}))


def decided_between(first: date, last: date, *, scorecard: str) -> Iterator[Decided]:
    """
    Return how each application ended that the scorecard scored and that rules or a person decided in these days.

    The groups are read from the ID number now and go nowhere else. What still waits for a person is not decided.
    """
    latest = _reviews(first, last).filter(scorecard=scorecard).order_by("application_id", "-id")
    rows = latest.distinct("application_id").values_list("application__borrower_id", "outcome", "decided_at")
    chunk: list[tuple[int, str, datetime]] = []
    for row in rows.iterator(CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield from _grouped(chunk)
            chunk = []
    yield from _grouped(chunk)


def _reviews(first: date, last: date) -> QuerySet[CreditReview]:
    ends = midnight(last + timedelta(days=1))
    return CreditReview.objects.filter(decided_at__gte=midnight(first), decided_at__lt=ends)


def _grouped(rows: list[tuple[int, str, datetime]]) -> Iterator[Decided]:
    persons = Identity.objects.filter(borrower__in={row[0] for row in rows}, kind=Identity.Kind.CN_ID)
    numbers = dict(persons.values_list("borrower_id", "number"))
    for borrower_id, outcome, decided_at in rows:
        if outcome == Outcome.REFER.name:
            continue
        number = numbers.get(borrower_id)
        yield Decided(Outcome[outcome], _groups(number, lender_date(decided_at)) if number else {})


def _groups(number: str, on: date) -> dict[str, str]:
    return {AGE: age_band(person_age(number, on)), SEX: person_sex(number)}


def _facts(kept: Mapping[str, Any]) -> dict[str, Fact]:
    """Return what the scorecards read, from the JSON that keeps it: a number with decimals is kept as a text."""
    return {name: _fact(value) for name, value in kept.items()}


def _fact(value: Any) -> Fact:
    if isinstance(value, str) and value.replace(".", "", 1).lstrip("-").isdecimal():
        return Decimal(value)
    fact: Fact = value
    return fact
