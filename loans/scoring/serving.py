"""
Scoring of applications as they come, and of running loans: the champion decides, the challenger is scored beside it.

Which is which, for each use, and for what share the challenger decides, is said in `releases.yaml`. The draw follows
from the reference of what is scored, so what is scored again gets the same scorecard. Files are read once in a process.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, _
from loans.domain.drift import Expected, parse_expected
from loans.domain.scorecards import Fact, Scorecard, Scored, Shortfall, parse_artifact, score, shortfalls
from loans.domain.scoring_facts import ScoringFacts, fields_of

FOLDER = Path(__file__).parent / "scorecards"
RELEASES = Path(__file__).parent / "releases.yaml"
MOST_SHARE_BPS = 5_000  # a challenger that decides for more than half is the champion


class InvalidRelease(DomainError):
    """The releases name a scorecard that is not there, or one scorecard twice."""

    code = "invalid_release"


@dataclass(frozen=True, slots=True)
class Releases:
    """
    :param champion, challenger: names of scorecards; without a challenger only the champion is scored.
    :param share_bps: of the applications for which the challenger decides, in 10,000.
    """

    champion: str
    challenger: str | None = None
    experiment: str = ""
    share_bps: int = 0

    def decider_of(self, reference: str) -> str:
        """Return the name of the scorecard that decides about an application."""
        if self.challenger is None or not self.share_bps:
            return self.champion
        digest = hashlib.sha256(f"{self.experiment}:{reference}".encode()).digest()
        return self.challenger if int.from_bytes(digest[:8]) % 10_000 < self.share_bps else self.champion

    @property
    def names(self) -> tuple[str, ...]:
        return (self.champion,) if self.challenger is None else (self.champion, self.challenger)


@dataclass(frozen=True, slots=True)
class Served:
    """
    :param decider: the name of the scorecard whose points count.
    :param shortfalls: what cost the most points, at most four.
    :param points: of every scorecard that was asked, by name, to be kept with the facts.
    :param facts: what the scorecards read, by field.
    """

    decider: str
    scored: Scored
    shortfalls: tuple[Shortfall, ...]
    points: Mapping[str, int]
    facts: Mapping[str, Fact]


def serve(facts: ScoringFacts, *, reference: str, releases: Releases | None = None) -> Served:
    """
    Score an application by the champion and, beside it, by the challenger.

    :param reference: of the application, the same each time it is scored.
    :param releases: those of `releases.yaml` if not given.
    :raises InvalidFact: a number is not a number that a scorecard reads.
    """
    releases = releases or current_releases()
    read = fields_of(facts)
    found = {name: score(scorecard(name), read) for name in releases.names}
    decider = releases.decider_of(reference)
    return Served(
        decider=decider,
        scored=found[decider],
        shortfalls=shortfalls(scorecard(decider), found[decider]),
        points={name: scored.points for name, scored in found.items()},
        facts=read,
    )


@cache
def current_releases() -> Releases:
    """Return the scorecards in use for applications."""
    return parse_releases(_releases_of("applications"))


@cache
def behavior_releases() -> Releases:
    """Return the scorecards in use for running loans."""
    return parse_releases(_releases_of("behavior"))


def _releases_of(use: str) -> object:
    uses: object = yaml.safe_load(RELEASES.read_bytes())[use]
    return uses


def parse_releases(raw: object) -> Releases:
    """:raises DomainError: a key is missing or not known, or names no scorecard; `field` is the key."""
    document = Document(raw)
    releases = Releases(
        champion=document.text("champion"),
        challenger=document.text("challenger", None),
        experiment=document.text("experiment", "", longest=60),
        share_bps=document.whole("share_bps", 0, high=MOST_SHARE_BPS),
    )
    document.done()
    if releases.challenger == releases.champion:
        raise InvalidRelease(_("The challenger is another scorecard than the champion."), field="challenger")
    for field, name in zip(("champion", "challenger"), releases.names, strict=False):
        scorecard(name, field=field)
    return releases


@cache
def scorecard(name: str, *, field: str | None = None) -> Scorecard:
    """:raises InvalidRelease: there is no scorecard of this name."""
    return parse_artifact(_artifact(name, field))


@cache
def expected(name: str) -> Expected:
    """
    Return how those a scorecard was trained on spread over its points and its characteristics.

    :raises InvalidRelease: there is no scorecard of this name.
    """
    return parse_expected(_artifact(name, None))


def _artifact(name: str, field: str | None) -> object:
    path = FOLDER / f"{name}.json"
    if path.parent != FOLDER or not path.is_file():
        raise InvalidRelease(_("There is no scorecard %(name)s."), field=field, params={"name": name[:40]})
    artifact: object = json.loads(path.read_bytes())
    return artifact
