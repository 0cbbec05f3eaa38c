"""
What a message is about at the moment it leaves.

A reminder holds no amounts while it waits. The app that knows the loans says, right before it is sent, what is still
open; when nothing is, the message is cancelled. Such an app registers its composer from `AppConfig.ready`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashu.messaging.models import OutboxMessage, Purpose
from dashu.messaging.templates import render
from dashu.messaging.wording import Situation, Wordings, standing_values, written


@dataclass(frozen=True, slots=True)
class Facts:
    """
    :param values: the values of `dashu.messaging.wording.VALUES` that depend on the loans, in the message's language.
    :param params: the same as plain values, kept as evidence; minor units and ISO dates.
    """

    situation: Situation
    values: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)


# Takes messages of one purpose and the lender's day; those without facts have nothing to say any more.
Composer = Callable[[Sequence[OutboxMessage], date], Mapping[int, Facts]]

_COMPOSERS: dict[str, Composer] = {}


def register_composer(purpose: str, composer: Composer) -> None:
    """Registering a purpose again replaces its composer, so that `ready` may run twice."""
    _COMPOSERS[purpose] = composer


def is_composed(message: OutboxMessage) -> bool:
    """Whether the message gets its words only when it leaves."""
    return message.purpose in _COMPOSERS


def facts_of(messages: Sequence[OutboxMessage], on: date) -> Mapping[int, Facts]:
    """Return the facts by message id; those of messages that have nothing to say any more are missing."""
    found: dict[int, Facts] = {}
    for purpose, composer in _COMPOSERS.items():
        if mine := [message for message in messages if message.purpose == purpose]:
            found.update(composer(mine, on))
    return found


def give_words(message: OutboxMessage, facts: Facts | None, wordings: Wordings, *, on: date) -> bool:
    """
    Put the words of this day into the message, unsaved; False when it has nothing to say any more.

    :raises NoWording: no approved text fits.
    :raises UnknownTemplate, MessageIncomplete: a message of the contract cannot be written.
    """
    if not is_composed(message):
        text = render(message.template, _with_standing(message, on=on), message.language)
    elif facts:
        wording = wordings.most_specific(facts.situation, language=message.language, channel=message.channel)
        text = written(wording, standing_values(message, on=on) | dict(facts.values))
        message.template, message.params, message.wording_id = facts.situation.kind, facts.params, wording.version_id
    else:
        return False
    message.subject, message.body = text.subject, text.body
    return True


def _with_standing(message: OutboxMessage, *, on: date) -> Mapping[str, Any]:
    """What can be stopped says who writes, and outside the account how to stop it, on the channel that it leaves by."""
    if message.purpose == Purpose.SERVICE:
        return message.params
    known = {name: value for name, value in standing_values(message, on=on).items() if value}
    return known | message.params
