"""
A scorecard: whole points for each fact of an applicant, as plain data that a training run wrote.

The score is the start plus the points of one bin of every characteristic. A bin is a range of numbers or a set of
categories; a value that is missing and a category that was never seen have points of their own, so every applicant
gets a score. A characteristic may be a quotient of fields, declared in the data: training and scoring read it with the
same function, so that they cannot differ. What the scorecard does not name it cannot see.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from functools import cached_property
from math import prod
from typing import Any

from dashu.kernel.documents import Document, MissingField
from dashu.kernel.errors import DomainError, InvalidInput, _

Fact = Decimal | int | str | None
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
MOST_REASONS = 4
MOST_POINTS = 10_000  # far beyond any card; a slip of the keyboard is larger


class InvalidScorecard(DomainError):
    """A scorecard's bins contradict one another."""

    code = "invalid_scorecard"


class InvalidFact(DomainError):
    """A fact is not of the kind that the scorecard reads."""

    code = "invalid_fact"


@dataclass(frozen=True)
class NumericBins:
    """
    Ranges of numbers.

    :param edges: ascending; a number equal to an edge lies above it. There is one more bin than edges.
    :param points: of the bins from the lowest range to the highest.
    """

    edges: tuple[Decimal, ...]
    points: tuple[int, ...]

    def place_of(self, value: Decimal) -> int:
        return bisect_right(self.edges, value)


@dataclass(frozen=True)
class CategoryBins:
    """:param unseen: the points of a category that no bin names."""

    groups: tuple[tuple[frozenset[str], int], ...]
    unseen: int

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {value: place for place, (values, _points_of_them) in enumerate(self.groups) for value in values}

    @cached_property
    def points(self) -> tuple[int, ...]:
        return tuple(points for _values, points in self.groups)

    def place_of(self, value: str) -> int:
        return self._places.get(value, len(self.groups) + 1)


@dataclass(frozen=True)
class Characteristic:
    """
    One fact and its points.

    :param fields: the field whose value it is; of several, the first divided by each of the others.
    :param missing: the points where a field is not known.
    :param label, help: by language, what the fact is called and what would raise its points; `en` is always there.
    """

    name: str
    fields: tuple[str, ...]
    bins: NumericBins | CategoryBins
    missing: int
    label: Mapping[str, str]
    help: Mapping[str, str]

    @cached_property
    def best(self) -> int:
        """The most points that a known value can have."""
        return max(self.bins.points)

    @cached_property
    def points(self) -> tuple[int, ...]:
        """The points by place: of the bins, of a missing value and, for categories, of one that was never seen."""
        unseen = (self.bins.unseen,) if isinstance(self.bins, CategoryBins) else ()
        return (*self.bins.points, self.missing, *unseen)

    def points_of(self, facts: Mapping[str, Fact]) -> int:
        return self.points[self.place_of(facts)]

    def place_of(self, facts: Mapping[str, Fact]) -> int:
        """Return which of `points` the facts get; counted over many applicants it is a distribution to watch."""
        if isinstance(self.bins, NumericBins):
            number = quotient(facts, self.fields)
            return len(self.bins.points) if number is None else self.bins.place_of(number)
        category = facts.get(self.fields[0])
        if category is None:
            return len(self.bins.groups)
        if not isinstance(category, str):
            raise InvalidFact(_("A category is expected here."), field=self.fields[0])
        return self.bins.place_of(category)


@dataclass(frozen=True)
class Scorecard:
    """:param start: the points of an applicant who has none of any characteristic."""

    name: str
    version: int
    start: int
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """:param by_characteristic: points, in the order of the scorecard."""

    points: int
    by_characteristic: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """
    A reason for a score that is not the best.

    :param points: how far below the best attainable, above 0.
    """

    characteristic: Characteristic
    points: int


def score(scorecard: Scorecard, facts: Mapping[str, Fact]) -> Scored:
    """
    Return the points of an applicant.

    :param facts: by field; one that is absent or None is missing. Others than the scorecard's are not looked at.
    :raises InvalidFact: a number is not a finite int or Decimal, or a category is not a text.
    """
    points = {each.name: each.points_of(facts) for each in scorecard.characteristics}
    return Scored(scorecard.start + sum(points.values()), points)


def shortfalls(scorecard: Scorecard, scored: Scored, *, most: int = MOST_REASONS) -> tuple[Shortfall, ...]:
    """
    Return what cost the most points against the best attainable, the largest first; what cost nothing is left out.

    Source: domain notes 4.2, at most four reason codes. Equal ones keep the scorecard's order.
    """
    found = [Shortfall(each, each.best - scored.by_characteristic[each.name]) for each in scorecard.characteristics]
    found.sort(key=lambda shortfall: -shortfall.points)
    return tuple(shortfall for shortfall in found if shortfall.points > 0)[:most]


def quotient(facts: Mapping[str, Fact], fields: Sequence[str]) -> Decimal | None:
    """
    Return the first field divided by all of the others; None where one is not known.

    Divided by nothing is without limit, so that no income is the heaviest burden and not an unknown one; nothing
    divided by nothing is nothing.

    :raises InvalidFact: a field is not a finite number.
    """
    numbers = [_number(facts.get(field), field) for field in fields]
    if any(number is None for number in numbers):
        return None
    first, *divisors = (number for number in numbers if number is not None)
    # Divided once by their product, so that 4/60 and 2/30 are one number and fall into one bin.
    with localcontext(prec=28):
        divisor = prod(divisors, start=Decimal(1))
        if divisor:
            return first / divisor
    return Decimal("Infinity").copy_sign(first) if first else first


def _number(value: Fact, field: str) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if type(value) is int:
        return Decimal(value)
    raise InvalidFact(_("A number is expected here."), field=field)


def parse_artifact(raw: object) -> Scorecard:
    """
    Read the scorecard of a file that `train_scorecard` wrote; how it was trained is for people and is not read here.

    :raises DomainError: with the path of the key that is to blame.
    """
    document = Document(raw)
    card = document.child("scorecard")
    for name in ("training", "metrics", "stability", "fairness"):
        document.anything(name)
    document.done()
    return _scorecard(card)


def parse_scorecard(raw: object) -> Scorecard:
    """
    Read a scorecard from plain JSON; whatever is not known is refused.

    :raises DomainError: with the path of the key that is to blame.
    """
    return _scorecard(Document(raw))


def _scorecard(document: Document) -> Scorecard:
    scorecard = Scorecard(
        name=document.text("name"),
        version=document.whole("version", low=1, high=1_000_000),
        start=_points(document, "start"),
        characteristics=tuple(_characteristic(one) for one in document.children("characteristics", most=100)),
    )
    document.done()
    names = [each.name for each in scorecard.characteristics]
    if not names or len(set(names)) < len(names):
        raise InvalidScorecard(
            _("A scorecard has at least one characteristic, and each has a name of its own."),
            field=document.field("characteristics"),
        )
    return scorecard


def _characteristic(document: Document) -> Characteristic:
    name = document.text("name")
    fields = _texts(document, "fields", most=6)
    kind = document.text("kind")
    if kind not in ("numeric", "category") or (kind == "category" and len(fields) > 1):
        raise InvalidScorecard(
            _("A characteristic is a number, a quotient of numbers or a category."), field=document.field("kind")
        )
    characteristic = Characteristic(
        name=name,
        fields=fields,
        bins=_numeric_bins(document) if kind == "numeric" else _category_bins(document),
        missing=_points(document, "missing"),
        label=_words(document, "label"),
        help=_words(document, "help"),
    )
    document.done()
    return characteristic


def _numeric_bins(document: Document) -> NumericBins:
    edges: list[Decimal | None] = []
    points = []
    for one in document.children("bins", most=50):
        edges.append(_edge(one))
        points.append(_points(one, "points"))
        one.done()
    lower = [edge for edge in edges if edge is not None]
    if not edges or edges[-1] is not None or len(lower) != len(edges) - 1 or lower != sorted(set(lower)):
        raise InvalidScorecard(
            _("The edges of bins ascend, and only the last bin has none."), field=document.field("bins")
        )
    return NumericBins(tuple(lower), tuple(points))


def _edge(document: Document) -> Decimal | None:
    text = document.text("below", None, longest=40)
    if text is None:
        return None
    try:
        edge = Decimal(text)
    except InvalidOperation:
        edge = Decimal("NaN")
    if not edge.is_finite():
        raise InvalidInput(_("A number is expected here."), field=document.field("below"))
    return edge


def _category_bins(document: Document) -> CategoryBins:
    groups = []
    for one in document.children("bins", most=50):
        groups.append((frozenset(_texts(one, "values", most=500)), _points(one, "points")))
        one.done()
    values = [value for group, _points_of_it in groups for value in group]
    if not values or len(set(values)) < len(values):
        raise InvalidScorecard(_("Each category belongs to one bin."), field=document.field("bins"))
    return CategoryBins(tuple(groups), _points(document, "unseen"))


def _points(document: Document, name: str) -> int:
    points: int = document.whole(name, low=-MOST_POINTS, high=MOST_POINTS)
    return points


def _texts(document: Document, name: str, *, most: int) -> tuple[str, ...]:
    values: Any = document.anything(name)
    if values is None:
        raise MissingField(_("The field %(name)s is missing."), field=document.field(name), params={"name": name})
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise InvalidInput(
            _("A list of 1 to %(most)s texts is expected here."), field=document.field(name), params={"most": most}
        )
    if not all(isinstance(value, str) and 1 <= len(value) <= 200 for value in values):
        raise InvalidInput(
            _("A list of 1 to %(most)s texts is expected here."), field=document.field(name), params={"most": most}
        )
    return tuple(values)


def _words(document: Document, name: str) -> dict[str, str]:
    child = document.child(name)
    english = child.text("en", longest=300)
    others = {language: child.text(language, None, longest=300) for language in LANGUAGES if language != "en"}
    child.done()
    return {"en": english, **{language: text for language, text in others.items() if text is not None}}
