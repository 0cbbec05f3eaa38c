"""
The acts that can be asked for. Apps above register theirs in `AppConfig.ready`; nothing here knows what they do.

A preview is a list of tables in plain texts, so that it can be stored and shown again as it was: `{"title", "columns",
"rows", "note"}`, each column a text or `{"title", "is_number": true}`, each row a text for each column.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError

Payload = Mapping[str, Any]
Preview = list[dict[str, Any]]


class Perform(Protocol):
    def __call__(self, payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
        """
        Do the act inside the transaction of the decision and return plain values worth keeping.

        Called again with the same payload it must change nothing more, so a payload carries its own reference.

        :raises DomainError: it cannot be done; the request becomes FAILED with this refusal.
        """


@dataclass(frozen=True, slots=True)
class ActKind:
    """
    :param code: also the name of its line in the rule `approvals.authority`, such as "waiver.penalty".
    :param permission: what a person needs to ask for it, as `User.has_perm` takes it.
    :param describe: one sentence, in the reader's language, of what would be done.
    :param preview: what the act would change as things are now, in the reader's language. An approval made on an older
        view of it is refused.
    :param subject_url: the page of what it is about.
    """

    code: str
    label: str | Promise
    perform: Perform
    permission: str
    describe: Callable[[Payload], str]
    preview: Callable[[Payload, date], Preview] | None = None
    subject_url: Callable[[Payload], str] | None = None


class UnknownAct(DomainError):
    """No act of this kind is registered, so nothing can be done about it until the app that knows it is there."""

    code = "unknown_act"
    http_status = 503


_KINDS: dict[str, ActKind] = {}


def register(kind: ActKind) -> None:
    """Make an act known. Registering a code again replaces it, so that `ready` may run twice."""
    _KINDS[kind.code] = kind


def act_kind(code: str) -> ActKind:
    """:raises UnknownAct: no app registered it."""
    if code not in _KINDS:
        raise UnknownAct(_("There is no act called %(code)s."), field="kind", params={"code": code[:40]})
    return _KINDS[code]


def registered() -> Iterator[ActKind]:
    return iter(list(_KINDS.values()))
