"""
What a lender may do to reach somebody by phone, visit, letter or message, as a policy pack writes it.

Plain Python. `dashu.policy.contact_guard` decides by these; every figure comes from a dated rule of a pack with its
source. A rule whose bound is null knows no bound of its kind; a rule that is missing allows nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashu.policy.contact_hours import ContactHours
from dashu.policy.plain import count, yes_or_no
from dashu.policy.reaching_out import Cap


class Channel(StrEnum):
    CALL = "CALL"
    AI_CALL = "AI_CALL"
    SMS = "SMS"
    EMAIL = "EMAIL"
    IN_APP = "IN_APP"
    LETTER = "LETTER"
    VISIT = "VISIT"


class Party(StrEnum):
    BORROWER = "BORROWER"
    GUARANTOR = "GUARANTOR"
    REPRESENTATIVE = "REPRESENTATIVE"
    WORKPLACE = "WORKPLACE"
    THIRD_PARTY = "THIRD_PARTY"


class ContactPurpose(StrEnum):
    """
    LOCATE: to learn how the borrower can be reached. SERVICE: what the contract or the borrower asks for. LEARNING: a
    short lesson, which asks for nothing.
    """

    COLLECTION = "COLLECTION"
    REMINDER = "REMINDER"
    SERVICE = "SERVICE"
    MARKETING = "MARKETING"
    LEARNING = "LEARNING"
    LOCATE = "LOCATE"


class When(StrEnum):
    """
    When a party may be contacted at all. NAMED: where somebody else than who asks named them to speak for the borrower.
    """

    ALWAYS = "ALWAYS"
    OVERDUE = "OVERDUE"
    TO_LOCATE = "TO_LOCATE"
    AGREED = "AGREED"
    NAMED = "NAMED"
    NEVER = "NEVER"


class Effect(StrEnum):
    """
    What a flag of a case does. What stops leaves purpose SERVICE free, except where it says so.

    STOPS_BORROWER: also SERVICE by call or visit. STOPS_AUTOMATED: calls and visits without a person, of any purpose.
    OPENS_HOURS: of the borrower alone.
    """

    STOPS_ALL = "STOPS_ALL"
    STOPS_BORROWER = "STOPS_BORROWER"
    STOPS_COLLECTION = "STOPS_COLLECTION"
    STOPS_AUTOMATED = "STOPS_AUTOMATED"
    STOPS_CALLS = "STOPS_CALLS"
    STOPS_SMS = "STOPS_SMS"
    STOPS_EMAIL = "STOPS_EMAIL"
    STOPS_VISITS = "STOPS_VISITS"
    STOPS_LETTERS = "STOPS_LETTERS"
    ONLY_REPRESENTATIVE = "ONLY_REPRESENTATIVE"
    OPENS_THIRD_PARTIES = "OPENS_THIRD_PARTIES"
    OPENS_HOURS = "OPENS_HOURS"
    OPENS_DIALS = "OPENS_DIALS"
    OPENS_FREQUENCY = "OPENS_FREQUENCY"
    OPENS_HOME = "OPENS_HOME"
    OPENS_WORKPLACE = "OPENS_WORKPLACE"


@dataclass(frozen=True, slots=True)
class CallFrequency:
    """
    :param dials: the most calls to a person about one debt in `days` consecutive days; None for no bound.
    :param rest_days: after a conversation, its own day being the first, in which nobody is called about that debt.
    """

    dials: int | None
    days: int
    rest_days: int


@dataclass(frozen=True, slots=True)
class ThirdParties:
    """
    :param after_failures: attempts at the borrower in a row and in vain, from which on others may be asked.
    :param on_days: on so many different days of the person's. :param within_days: of the latest days, today being one.
    :param most_each: how often one of them is contacted in all; None for no bound.
    """

    after_failures: int
    on_days: int
    within_days: int
    most_each: int | None


@dataclass(frozen=True, slots=True)
class Visits:
    """
    :param visitors: who come together, neither fewer nor more.
    :param notice_days: between the day on which the borrower agreed and the first visit.
    """

    visitors: int
    a_day: int
    notice_days: int


@dataclass(frozen=True, slots=True)
class OptOutWords:
    """:param in_service: messages of the contract too say how to stop them."""

    channels: frozenset[Channel]
    in_service: bool


@dataclass(frozen=True, slots=True)
class ContactRules:
    """
    All that one day of one pack says of contact.

    :param version: changes whenever one of the rules does.
    """

    pack: str
    version: str
    hours: ContactHours
    caps: Mapping[str, Cap]
    connected_a_day: int | None
    dials_a_number_a_day: int | None
    frequency: CallFrequency
    parties: Mapping[Party, When]
    third_parties: ThirdParties
    visits: Visits
    letters: Cap
    opt_out_words: OptOutWords
    flags: Mapping[str, frozenset[Effect]]


RULE_CODES = {
    "hours": "contact.hours",
    "caps": "contact.caps",
    "connected_a_day": "contact.connected_calls",
    "dials_a_number_a_day": "contact.dials",
    "frequency": "contact.call_frequency",
    "parties": "contact.parties",
    "third_parties": "contact.third_parties",
    "visits": "contact.visits",
    "letters": "contact.letters",
    "opt_out_words": "contact.opt_out_words",
    "flags": "contact.flags",
}


def contact_rules_of(pack: str, version: str, typed_value: Callable[[str], Any]) -> ContactRules:
    """
    Put the rules of a pack together.

    :param typed_value: returns the typed value of a rule by its code; what it raises for a missing one is passed on.
    """
    return ContactRules(pack, version, **{name: typed_value(code) for name, code in RULE_CODES.items()})


def connected_calls_of(value: Any) -> int | None:
    return _bound(value["a_day"])


def dials_of(value: Any) -> int | None:
    return _bound(value["a_number_a_day"])


def call_frequency_of(value: Any) -> CallFrequency:
    frequency = CallFrequency(_bound(value["dials"]), count(value["days"]), count(value["rest_days"]))
    if not 1 <= frequency.days <= 31 or frequency.rest_days > 31:
        raise ValueError(f"days lies from 1 to 31, rest_days from 0 to 31, not {frequency}")
    return frequency


def parties_of(value: Any) -> Mapping[Party, When]:
    parties = {Party(name): When(when) for name, when in value.items()}
    if set(parties) != set(Party):
        raise ValueError(f"expected {', '.join(Party)}, not {', '.join(sorted(parties))}")
    return parties


def third_parties_of(value: Any) -> ThirdParties:
    rule = ThirdParties(
        count(value["after_failures"]), count(value["on_days"]), count(value["within_days"]), _bound(value["most_each"])
    )
    if rule.after_failures < 1:
        raise ValueError("after_failures is at least 1: the borrower is asked before others are")
    if not 1 <= rule.on_days <= min(rule.after_failures, rule.within_days) or rule.within_days > 366:
        raise ValueError(f"on_days lies from 1 to after_failures and within_days, up to 366, unlike {rule}")
    return rule


def visits_of(value: Any) -> Visits:
    visits = Visits(count(value["visitors"]), count(value["a_day"]), count(value["notice_days"]))
    if not 1 <= visits.visitors <= 4:
        raise ValueError(f"visitors lies from 1 to 4, not {visits.visitors}")
    return visits


def letters_of(value: Any) -> Cap:
    cap = Cap(**{name: count(most) for name, most in value.items()})
    if not cap.day <= cap.week <= cap.month:
        raise ValueError(f"more letters fit into a longer time, unlike {cap}")
    return cap


def opt_out_words_of(value: Any) -> OptOutWords:
    return OptOutWords(frozenset(Channel(name) for name in value["channels"]), yes_or_no(value["in_service"]))


def flags_of(value: Any) -> Mapping[str, frozenset[Effect]]:
    flags = {str(name): frozenset(Effect(effect) for effect in effects) for name, effects in value.items()}
    for name, effects in flags.items():
        if not effects or name != name.lower():
            raise ValueError(f"a flag is written in small letters and has an effect, unlike {name}")
    return flags


def _bound(value: Any) -> int | None:
    return None if value is None else count(value)
