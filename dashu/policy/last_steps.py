"""What may follow where nothing else helped, as a policy pack writes it: agencies, courts, and booking a loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor
from dashu.policy.answering import named_codes_of
from dashu.policy.plain import count

BEGINNINGS = ("OLDEST_DUE", "LAST_DUE")


@dataclass(frozen=True, slots=True)
class AgencyTerms:
    """
    Which loans an agency may get, and how agencies are watched.

    :param least_minor: overdue on the loan, in the currency of the rule.
    :param longest_days: that a loan stays with an agency; then it comes back by itself.
    :param most_loans: of one placement.
    :param evaluate_months: at least so often an agency is evaluated, and once within `before_end_days` of its contract.
    :param warn_days: before an evaluation is due that staff are told.
    """

    currency: str
    least_minor: int
    least_days_past_due: int
    longest_days: int
    most_loans: int
    evaluate_months: int
    before_end_days: int
    warn_days: int


@dataclass(frozen=True, slots=True)
class Limitation:
    """
    How long a claim can be enforced. See `collections_mgmt.domain.limitation`.

    :param begins: one of `BEGINNINGS`. :param warn_days: before it runs out that staff are told.
    """

    months: int
    begins: str
    warn_days: int


@dataclass(frozen=True, slots=True)
class LegalTerms:
    """
    What has to be true before a claim is taken to court.

    :param demands: that reached the borrower's addresses, the latest at least `demand_days` ago.
    :param confirmed: what a person looks at and confirms: a code with its sentence by language.
    """

    currency: str
    least_minor: int
    least_days_past_due: int
    demands: int
    demand_days: int
    confirmed: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class LossTerms:
    """
    From when on a loan would qualify to be booked as a loss.

    :param charge_off_days: past due, without pauses, by which the claim goes off the books and continues.
    :param write_off_days: since the charge-off, without a payment for `quiet_days`, by which the claim may be ended;
        above `small_minor` only once its limitation has run out.
    """

    currency: str
    charge_off_days: int
    write_off_days: int
    quiet_days: int
    small_minor: int


def agency_terms_of(value: Any) -> AgencyTerms:
    terms = AgencyTerms(
        least_minor=_minor(value["least"], str(value["currency"])),
        currency=str(value["currency"]),
        **_counts(
            value,
            "least_days_past_due",
            "longest_days",
            "most_loans",
            "evaluate_months",
            "before_end_days",
            "warn_days",
        ),
    )
    if not (1 <= terms.longest_days <= 1096 and 1 <= terms.most_loans <= 5_000):
        raise ValueError(f"longest_days from 1 to 1096 and most_loans from 1 to 5000, not {terms}")
    if not 1 <= terms.evaluate_months <= 12:
        raise ValueError(f"an agency is evaluated at least once a year, not after {terms.evaluate_months} months")
    return terms


def limitation_of(value: Any) -> Limitation:
    limitation = Limitation(begins=str(value["begins"]), **_counts(value, "months", "warn_days"))
    if limitation.begins not in BEGINNINGS:
        raise ValueError(f"begins is one of {', '.join(BEGINNINGS)}, not {limitation.begins!r}")
    if not 1 <= limitation.months <= 240:
        raise ValueError(f"months from 1 to 240, not {limitation.months}")
    return limitation


def legal_terms_of(value: Any) -> LegalTerms:
    return LegalTerms(
        least_minor=_minor(value["least"], str(value["currency"])),
        currency=str(value["currency"]),
        confirmed=named_codes_of(value["confirmed"]),
        **_counts(value, "least_days_past_due", "demands", "demand_days"),
    )


def loss_terms_of(value: Any) -> LossTerms:
    return LossTerms(
        currency=str(value["currency"]),
        small_minor=_minor(value["small"], str(value["currency"])),
        **_counts(value, "charge_off_days", "write_off_days", "quiet_days"),
    )


def _counts(value: Any, *names: str) -> dict[str, Any]:
    return {name: count(value[name]) for name in names}


def _minor(value: Any, currency: str) -> int:
    try:
        return parse_minor(value, currency, allow_zero=True)
    except DomainError as error:
        raise ValueError(error.user_message) from error
