"""Kinds of jobs that tests register."""

from collections.abc import Callable
from typing import Any

from dashu.bulk.kinds import Done, JobKind
from dashu.kernel.errors import InvalidInput

BROKEN: set[str] = set()


def before(values: Any) -> None:
    """What happens before a line is worked."""


def count(values: Any, _doing: Any) -> Done:
    before(values)
    if values["n"] in BROKEN:
        raise RuntimeError(values["n"])
    if values["n"] == "0":
        raise InvalidInput("nothing to count", field="n")
    return Done({"n": values["n"]})


def _kind(perform: Callable[..., Done] = count, *, writes: bool) -> JobKind:
    return JobKind(
        code="counting",
        scope="quotes",
        columns=("n",),
        needed=("n",),
        most_lines=60_000,
        perform=perform,
        writes=writes,
    )


COUNTING, WRITING = _kind(writes=False), _kind(writes=True)
