"""Which colleague works on which file: by skill, language and room, the most urgent file first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Work:
    """A file that somebody is looked for."""

    file_id: int
    team_id: int
    language: str
    skills: frozenset[str]


@dataclass(slots=True)
class Person:
    """
    Somebody who works now.

    :param room: how many more files they can have.
    """

    user_id: int
    team_id: int
    languages: frozenset[str]
    skills: frozenset[str]
    room: int
    given: list[int] = field(default_factory=list)

    def suits(self, work: Work) -> bool:
        return self.team_id == work.team_id and work.language in self.languages and work.skills <= self.skills


def share_out(files: Iterable[Work], people: Sequence[Person]) -> dict[int, int]:
    """
    Return who gets each file, by its id; a file that suits nobody with room left is not in it.

    Each goes to whoever has fewest skills beyond what it needs, so that rare skills stay free; of those, to whoever has
    most room.

    :param files: the most urgent first.
    """
    given: dict[int, int] = {}
    for work in files:
        able = [person for person in people if person.room > 0 and person.suits(work)]
        if not able:
            continue
        best = min(able, key=lambda person: (len(person.skills - work.skills), -person.room, person.user_id))
        best.room -= 1
        best.given.append(work.file_id)
        given[work.file_id] = best.user_id
    return given
