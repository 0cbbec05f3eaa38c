"""
What the contact guard has to know of a case and only apps above can say: arrears, holds of loans, others' numbers.

They register from `AppConfig.ready`. Where nobody registered, nothing is known, and the guard allows no collection.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """
    :param dpd: days past due at this moment, the most of the loans; None when nobody can say.
    :param holds: codes of what stops contact; any name stops it. :param flags: names of the rule `contact.flags`.
    :param open_to_estate: of the holds, those that do not stop whoever speaks for the estate.
    """

    dpd: int | None = None
    holds: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    open_to_estate: frozenset[str] = frozenset()


# Takes the loans in question by borrower, none for all of theirs, and the lender's day; gives the facts of each.
FactsOf = Callable[[Mapping[int, Collection[int]], date], Mapping[int, CaseFacts]]
# Takes a borrower and which of their guarantors or others; "" when there is no number.
NumberOf = Callable[[int, int], str]

_CASES: dict[str, FactsOf] = {}
_NUMBERS: dict[str, NumberOf] = {}


def register_case_facts(code: str, facts_of: FactsOf) -> None:
    """Registering a code again replaces it. Several are put together: the most days, all holds, all flags."""
    _CASES[code] = facts_of


def unregister_case_facts(code: str) -> None:
    _CASES.pop(code, None)


def register_numbers(party: str, number_of: NumberOf) -> None:
    """Say where the numbers of a kind of person are kept; the guard asks for one only when it may be shown."""
    _NUMBERS[party] = number_of


def case_facts(asked: Mapping[int, Collection[int]], on: date) -> Mapping[int, CaseFacts]:
    """Return the facts of each borrower; in how many queries does not depend on how many there are."""
    found = [facts_of(asked, on) for facts_of in _CASES.values()]
    return {borrower_id: _together([facts[borrower_id] for facts in found]) for borrower_id in asked}


def _together(found: Collection[CaseFacts]) -> CaseFacts:
    days = [facts.dpd for facts in found if facts.dpd is not None]
    return CaseFacts(
        dpd=max(days, default=None),
        holds=frozenset(hold for facts in found for hold in facts.holds),
        flags=frozenset(flag for facts in found for flag in facts.flags),
        open_to_estate=frozenset(hold for facts in found for hold in facts.open_to_estate),
    )


def number_of(party: str, borrower_id: int, ref: int) -> str:
    return _NUMBERS[party](borrower_id, ref) if party in _NUMBERS else ""
