"""
What a line of a file means: kinds that the apps above name in the setting BULK_JOB_KINDS. Nothing here knows what they
do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from dashu.kernel.errors import DomainError, _
from dashu.users.models import Partner

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Doing:
    """For whom a line is worked, as whom it is booked, and on which day."""

    partner: Partner
    actor: str
    today: date


@dataclass(frozen=True, slots=True)
class Done:
    """:param result: what was made, in plain values. :param is_known: it was here before, and nothing was written."""

    result: dict[str, Any] = field(default_factory=dict)
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class JobKind:
    """
    :param scope: what a token needs beside `jobs:write`, and beside `jobs:read` for what became of the lines.
    :param columns: that a CSV file may have; none, and the kind takes JSON lines only. :param needed: those it must.
    :param perform: works one line inside the caller's transaction; raises a `DomainError` to refuse it. It is called
        once for a line that is booked, and possibly again for one that is not.
    :param writes: False where lines only compute: these are worked many in one transaction.
    :param needs_approval: a person looks at the checked lines before anything becomes real.
    :param personal: names in a line that say who somebody is.
    """

    code: str
    scope: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]
    most_lines: int
    perform: Callable[[Values, Doing], Done]
    writes: bool = True
    needs_approval: bool = False
    personal: tuple[str, ...] = ()


class UnknownKind(DomainError):
    """There is no such kind of job."""

    code = "unknown_kind"


def kind_of(code: str) -> JobKind:
    """:raises UnknownKind: no app registered it."""
    if code not in settings.BULK_JOB_KINDS:
        raise UnknownKind(_("There is no kind of job called %(kind)s."), field="kind", params={"kind": code[:40]})
    found = import_string(settings.BULK_JOB_KINDS[code])
    assert isinstance(found, JobKind)
    return found
