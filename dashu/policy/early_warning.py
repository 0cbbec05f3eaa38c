"""
When a borrower may be getting into difficulty and is offered help before they fall behind, as a policy pack writes it.

A trigger is a fact with its numbers: what fires it, for how long it counts, for which kinds of products, and whether it
is strong. So many triggers of different kinds, or so many strong ones, make a lead; see `EarlyWarning.needed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from dashu.policy.plain import count, whole, yes_or_no


class Trigger(StrEnum):
    """What can be noticed. Who opened a lesson or a help page, and when, is not among it and never will be."""

    PAYS_LATER = "PAYS_LATER"
    AUTOPAY_FAILED = "AUTOPAY_FAILED"
    AUTOPAY_ENDED = "AUTOPAY_ENDED"
    PARTIAL_PAYMENTS = "PARTIAL_PAYMENTS"
    ONLY_THE_LEAST = "ONLY_THE_LEAST"
    INQUIRIES = "INQUIRIES"
    OVERDUE_ELSEWHERE = "OVERDUE_ELSEWHERE"
    INCOME_DROP = "INCOME_DROP"
    INCOME_LATE = "INCOME_LATE"
    REVENUE_DROP = "REVENUE_DROP"
    SCORE_DOWN = "SCORE_DOWN"
    ASKED_FOR_HELP = "ASKED_FOR_HELP"
    SHOCK = "SHOCK"
    ECONOMY = "ECONOMY"


PRODUCTS = ("CONSUMER", "SME", "CARD_REPAYMENT")

# What is noticed with a consent only, and which one.
WITH_CONSENT: Mapping[Trigger, str] = {
    Trigger.INQUIRIES: "CREDIT_WATCH",
    Trigger.OVERDUE_ELSEWHERE: "CREDIT_WATCH",
    Trigger.INCOME_DROP: "CASH_FLOW_WATCH",
    Trigger.INCOME_LATE: "CASH_FLOW_WATCH",
    Trigger.REVENUE_DROP: "CASH_FLOW_WATCH",
}

# The numbers of each trigger: a count of something, or a share of something (a fraction, written as a text).
_COUNTS: Mapping[Trigger, tuple[str, ...]] = {
    Trigger.PAYS_LATER: ("later_days", "least_days"),
    Trigger.AUTOPAY_FAILED: ("failures", "within_days"),
    Trigger.AUTOPAY_ENDED: (),
    Trigger.PARTIAL_PAYMENTS: ("installments", "within_days"),
    Trigger.ONLY_THE_LEAST: ("payments",),
    Trigger.INQUIRIES: ("inquiries", "within_days"),
    Trigger.OVERDUE_ELSEWHERE: ("days",),
    Trigger.INCOME_DROP: ("months", "least_credits"),
    Trigger.INCOME_LATE: ("days", "months", "least_credits"),
    Trigger.REVENUE_DROP: ("months",),
    Trigger.SCORE_DOWN: ("bands", "within_days"),
    Trigger.ASKED_FOR_HELP: (),
    Trigger.SHOCK: (),
    Trigger.ECONOMY: (),
}
_SHARES: Mapping[Trigger, tuple[str, ...]] = {Trigger.INCOME_DROP: ("drop",), Trigger.REVENUE_DROP: ("drop",)}


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """
    :param valid_days: for how many days it counts after the one on which it was last seen.
    :param products: kinds of products of the loans that it is about.
    :param counts, shares: the numbers that fire it, by the names above.
    """

    is_strong: bool
    valid_days: int
    products: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """
    When a series of the economy counts as bad news.

    :param change: against the value `months` before: a rise of at least so much, or, below 0, a fall.
    :param is_share: whether the change is a share of the value before, else in the unit of the series.
    """

    change: Decimal
    is_share: bool
    months: int


@dataclass(frozen=True, slots=True)
class BureauWatching:
    """
    How the credit bureau is asked about running loans.

    :param every_days: between two questions about one person.
    :param questions: of one night at most; each costs money and shows in the person's file.
    :param retry_minutes: how long a question that got no answer waits before each further try.
    """

    every_days: int
    questions: int
    retry_minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """
    :param needed, strong_needed: so many kinds of triggers, or so many strong ones, make a lead.
    :param most_days_late: whoever is further behind has a case already, and no lead.
    :param quiet_days: after "not now", no lead is opened for so long unless something strong is new.
    :param score_edges: points at which the bands of the behavior score begin, rising.
    :param series: by the kind of a series.
    """

    needed: int
    strong_needed: int
    most_days_late: int
    quiet_days: int
    triggers: Mapping[Trigger, TriggerRule]
    score_edges: tuple[int, ...]
    series: Mapping[str, SeriesRule]
    bureau: BureauWatching


SERIES = ("UNEMPLOYMENT", "SECTOR", "PRICES", "INCOMES")


def early_warning_of(value: Any) -> EarlyWarning:
    """Read the rules; ValueError, TypeError or KeyError where the pack says something else."""
    triggers = {Trigger(name): _trigger_of(Trigger(name), told) for name, told in value["triggers"].items()}
    rules = EarlyWarning(
        needed=_least_1(value["needed"]),
        strong_needed=_least_1(value["strong_needed"]),
        most_days_late=count(value["most_days_late"]),
        quiet_days=count(value["quiet_days"]),
        triggers=triggers,
        score_edges=tuple(whole(edge) for edge in value["score_edges"]),
        series={str(kind): _series_of(told) for kind, told in value["series"].items()},
        bureau=_bureau_of(value["bureau"]),
    )
    if list(rules.score_edges) != sorted(set(rules.score_edges)):
        raise ValueError(f"the edges of the bands rise: {list(rules.score_edges)}")
    if not set(rules.series) <= set(SERIES):
        raise ValueError(f"expected series among {', '.join(SERIES)}, not {', '.join(sorted(rules.series))}")
    for trigger in (Trigger.PARTIAL_PAYMENTS, Trigger.AUTOPAY_FAILED):
        # The signals of a loan, which say whether it is worth a look, are kept of the last 90 days.
        if trigger in triggers and triggers[trigger].counts["within_days"] > 90:
            raise ValueError(f"{trigger} looks back on 90 days at most")
    if rules.strong_needed > rules.needed:
        raise ValueError("a strong trigger counts no less than a weak one")
    score = triggers.get(Trigger.SCORE_DOWN)
    if score and (score.is_strong or rules.needed < 2):
        raise ValueError("the score adds to what was noticed and never makes a lead alone")
    return rules


def places_of(value: Any) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read the regions and sectors that staff can choose, each by its code with a name in three languages."""
    places = {
        part: {
            str(code): {str(language): str(name) for language, name in names.items()} for code, names in told.items()
        }
        for part, told in value.items()
    }
    if set(places) != {"regions", "sectors"}:
        raise ValueError(f"expected regions and sectors, not {', '.join(sorted(places))}")
    for told in places.values():
        for code, names in told.items():
            if set(names) != {"zh-hans", "zh-hant", "en"}:
                raise ValueError(f"{code} has a name in zh-hans, zh-hant and en")
    return places


def _trigger_of(trigger: Trigger, value: Any) -> TriggerRule:
    counts, shares = _COUNTS[trigger], _SHARES.get(trigger, ())
    own = {"is_strong", "valid_days", "products"}
    if set(value) != own | set(counts) | set(shares):
        raise ValueError(f"{trigger} takes {', '.join(sorted(own | set(counts) | set(shares)))}")
    products = tuple(str(product) for product in value["products"])
    if not products or not set(products) <= set(PRODUCTS):
        raise ValueError(f"{trigger} is about products among {', '.join(PRODUCTS)}")
    return TriggerRule(
        is_strong=yes_or_no(value["is_strong"]),
        valid_days=_least_1(value["valid_days"]),
        products=products,
        counts={name: count(value[name]) for name in counts},
        shares={name: _share(value[name]) for name in shares},
    )


def _series_of(value: Any) -> SeriesRule:
    rule = SeriesRule(_decimal(value["change"]), yes_or_no(value["is_share"]), _least_1(value["months"]))
    if rule.change == 0 or rule.months > 60:
        raise ValueError(f"a change of at least something within 60 months, not {value}")
    return rule


def _bureau_of(value: Any) -> BureauWatching:
    minutes = tuple(_least_1(minute) for minute in value["retry_minutes"])
    return BureauWatching(_least_1(value["every_days"]), count(value["questions"]), minutes)


def _share(value: Any) -> Decimal:
    share = _decimal(value)
    if not 0 < share < 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    return share


def _decimal(value: Any) -> Decimal:
    if type(value) is not str:
        raise TypeError(f"expected a number as a text, not {value!r}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"expected a number, not {value!r}") from error
    if not number.is_finite():
        raise ValueError(f"expected a number, not {value!r}")
    return number


def _least_1(value: Any) -> int:
    if whole(value) < 1:
        raise ValueError(f"expected a number above 0, not {value}")
    return int(value)
