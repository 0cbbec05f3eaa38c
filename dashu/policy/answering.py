"""What a borrower in trouble is promised, as a policy pack writes it: answers by a day, quiet, and where help is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashu.finance.calendars import CHINA, business_day_after
from dashu.policy.complaints import LANGUAGES
from dashu.policy.plain import count, yes_or_no
from dashu.policy.rate_bounds import fraction


@dataclass(frozen=True, slots=True)
class AnswerClock:
    """
    By when something is answered.

    :param days: from the day after it came in; business days where `is_business`, else calendar days.
    :param warn_days: before the last day, from which on staff are alerted.
    """

    days: int
    is_business: bool
    warn_days: int

    def due_on(self, asked_on: date) -> date:
        """Return the last day on which the answer is in time."""
        if self.is_business:
            return business_day_after(asked_on, self.days, CHINA)
        return asked_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class OwnPromise:
    """
    What a borrower can promise without asking anyone.

    :param longest_days: from the day of the promise to the day that is promised.
    :param least_share: of what is due now that a promise is at least for.
    """

    longest_days: int
    least_share: Decimal


@dataclass(frozen=True, slots=True)
class Conduct:
    """
    How borrowers are contacted about what is late.

    :param calls_a_day, dials_a_day: the most conversations by phone, and the most attempts; None for no bound.
    :param visitors: who come together on a visit; it is agreed with the borrower `visit_notice_days` before.
    """

    calls_a_day: int | None
    dials_a_day: int | None
    visitors: int
    visit_notice_days: int


@dataclass(frozen=True, slots=True)
class AdverseRecord:
    """
    What of a credit record speaks against a person, and how they are told.

    :param marks: names of `credit_record.codes` that do, beside the codes of days past due.
    :param notice_days: before the end of a month from which on the borrower is told of what it would report.
    :param kept_years: from the day on which the arrears ended.
    """

    marks: frozenset[str]
    notice_days: int
    kept_years: int


@dataclass(frozen=True, slots=True)
class HelpLines:
    """Public phone numbers that help where a lender cannot."""

    mental_health: str
    emergency: str
    police: str
    fraud: str


def clock_of(value: Any) -> AnswerClock:
    clock = AnswerClock(count(value["days"]), yes_or_no(value["business"]), count(value["warn_days"]))
    if not 1 <= clock.days <= 60 or clock.warn_days > clock.days:
        raise ValueError(f"an answer takes 1 to 60 days and is warned of within them, not {clock}")
    return clock


def own_promise_of(value: Any) -> OwnPromise:
    promise = OwnPromise(count(value["longest_days"]), fraction(value["least_share"]))
    if not (1 <= promise.longest_days <= 60 and 0 <= promise.least_share <= 1):
        raise ValueError(f"longest_days lies from 1 to 60, least_share from 0 to 1, not {promise}")
    return promise


def adverse_of(value: Any) -> AdverseRecord:
    adverse = AdverseRecord(
        frozenset(str(mark) for mark in value["marks"]), count(value["notice_days"]), count(value["kept_years"])
    )
    if not 1 <= adverse.notice_days <= 28:
        raise ValueError(f"notice_days lies from 1 to 28, not {adverse.notice_days}")
    return adverse


def help_lines_of(value: Any) -> HelpLines:
    lines = {str(name): str(number) for name, number in value.items()}
    if not all(number.isascii() and number.isdigit() for number in lines.values()):
        raise ValueError(f"a phone number is digits in quotes, not {lines}")
    return HelpLines(**lines)


def named_codes_of(value: Any) -> Mapping[str, Mapping[str, str]]:
    """Read codes with a name in each of the three languages."""
    named = {str(code): {str(language): str(name) for language, name in names.items()} for code, names in value.items()}
    for code, names in named.items():
        if set(names) != set(LANGUAGES) or not all(names.values()):
            raise ValueError(f"{code} needs a name in each of {', '.join(LANGUAGES)}")
    return named
