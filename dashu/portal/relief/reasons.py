"""Why a plan is not among those that are offered, in sentences: each method by its name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from collections_mgmt.domain.relief.offers import FOR_A_PERSON, Code
from collections_mgmt.domain.relief.refusals import read_refusal
from collections_mgmt.relief_words import METHODS, reason, settlement_proposed

# What holds for the borrower or the loan, so that one sentence says it for all methods.
_OF_ALL = frozenset(
    {
        Code.NOT_RUNNING,
        Code.IN_DOUBT,
        Code.TOO_MANY_PLANS,
        Code.PLAN_TOO_YOUNG,
        Code.TAKEN_BACK_LATELY,
        Code.NO_SURPLUS,
        Code.PLAN_FITS,
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """:param name: of the method; empty where the reason holds for all of them."""

    name: str | Promise
    text: str
    for_a_person: bool


def reasons_of(refusals: Iterable[Mapping[str, Any]], currency: str) -> list[Reason]:
    """Return what is said, each thing once; what holds for all methods comes first."""
    general: dict[str, Reason] = {}
    single = []
    for kept in refusals:
        refusal = read_refusal(kept, currency)
        text, for_a_person = reason(refusal, currency), refusal.code in FOR_A_PERSON
        if proposal := kept.get("proposal"):
            text = settlement_proposed(proposal, currency)
        if refusal.code in _OF_ALL:
            general.setdefault(text, Reason("", text, for_a_person))
        else:
            single.append(Reason(METHODS[refusal.method].name, text, for_a_person))
    return [*general.values(), *single]


def refused_in_words(details: Mapping[str, Any], currency: str) -> str:
    """Return why a way that was moved is none within limits."""
    return reason(read_refusal(details, currency), currency) if "reason" in details else ""
