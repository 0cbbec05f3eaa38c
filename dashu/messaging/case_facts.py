"""
What the contact guard has to know of a case and only apps above can say: arrears, holds of loans, others' numbers.

They register from `AppConfig.ready`. Where nobody registered, nothing is known, and the guard allows no collection.
"""

from collections.abc import Callable, Collection
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


# Takes a borrower, the loans in question, none for all of theirs, and the lender's day.
FactsOf = Callable[[int, Collection[int], date], CaseFacts]
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


def case_facts(borrower_id: int, loan_ids: Collection[int], on: date) -> CaseFacts:
    found = [facts_of(borrower_id, loan_ids, on) for facts_of in _CASES.values()]
    days = [facts.dpd for facts in found if facts.dpd is not None]
    return CaseFacts(
        dpd=max(days, default=None),
        holds=frozenset(hold for facts in found for hold in facts.holds),
        flags=frozenset(flag for facts in found for flag in facts.flags),
        open_to_estate=frozenset(hold for facts in found for hold in facts.open_to_estate),
    )


def number_of(party: str, borrower_id: int, ref: int) -> str:
    return _NUMBERS[party](borrower_id, ref) if party in _NUMBERS else ""
