"""
The acts that can be asked for. Apps above register theirs in `AppConfig.ready`; nothing here knows what they do.

A preview is a list of tables in plain texts, so that it can be stored and shown again as it was: `{"title", "columns",
"rows", "note"}`, each column a text or `{"title", "is_number": true}`, each row a text for each column; "tones" may
give each row a weight and "empty" may say what stands there instead of rows, as in `dashu.web.staff_tables`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.models import User

Payload = Mapping[str, Any]
Preview = list[dict[str, Any]]


class Perform(Protocol):
    def __call__(self, payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
        """
        Do the act inside the transaction of the decision and return plain values worth keeping.

        It is called once for a request: the lock of its row, or its unique key, sees to that.

        :raises DomainError: it cannot be done; the request becomes FAILED with this refusal.
        """


@dataclass(frozen=True, slots=True)
class ActKind:
    """
    :param code: such as "waiver.penalty".
    :param line: the name of its line in the rule `approvals.authority`, the code itself unless given.
    :param permission: what a person needs to ask for it, as `User.has_perm` takes it.
    :param describe: one sentence, in the reader's language, of what would be done.
    :param preview: what the act would change as things are now, in the reader's language. An approval made on an older
        view of it is refused.
    :param subject_url: the page of what it is about.
    :param amount: what it is about as things are now, in minor units, where that moves: whoever approves needs
        authority over this too.
    :param bars: whether somebody is too close to its subject to decide on it, such as its owner.
    :param since: what has happened to its subject since it was asked for, one line each.
    :param is_for_partners: whether a partner may ask for it too, through its program. People of the lender decide.
    """

    code: str
    label: str | Promise
    perform: Perform
    permission: str
    describe: Callable[[Payload], str]
    preview: Callable[[Payload, date], Preview] | None = None
    subject_url: Callable[[Payload], str] | None = None
    line: str = ""
    amount: Callable[[Payload, date], int] | None = None
    since: Callable[[Payload], list[str]] | None = None
    bars: Callable[[Payload, User], bool] | None = None
    is_for_partners: bool = False


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


def line_of_rule(code: str) -> str:
    """Return the line of the rule `approvals.authority` that decides on acts of this kind."""
    kind = _KINDS.get(code)
    return kind.line or code if kind else code


def codes_on_line(line: str) -> list[str]:
    """Return the kinds that a line of the rule decides on; what is on record of a kind that nobody registers counts."""
    others = [kind.code for kind in _KINDS.values() if kind.line == line]
    return sorted({line, *others})


def registered() -> Iterator[ActKind]:
    return iter(list(_KINDS.values()))
