"""People's own data, as a policy pack writes it: copies of it, closing an account, and what must be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from dashu.kernel.dates import add_months
from dashu.policy.plain import whole


class Kept(StrEnum):
    """What stays after an account is closed."""

    IDENTITY = "IDENTITY"
    APPLICATIONS = "APPLICATIONS"
    CONTRACTS = "CONTRACTS"
    PAYMENTS = "PAYMENTS"
    MESSAGES = "MESSAGES"


@dataclass(frozen=True, slots=True)
class ExportRules:
    """:param keep_days: until the file is deleted. :param every_hours: one copy at most in so many hours."""

    keep_days: int
    every_hours: int

    @property
    def every(self) -> timedelta:
        return timedelta(hours=self.every_hours)


@dataclass(frozen=True, slots=True)
class ClosureRules:
    """
    :param undo_days: within which a closed account can be opened again.
    :param keep_years: by what is kept, from the end of the latest contract, else from the closing.
    """

    undo_days: int
    keep_years: Mapping[Kept, int]

    def kept_until(self, what: Kept, since: date) -> date:
        """Return the last day on which it is kept; the 29th of February ends on the 28th."""
        return add_months(since, 12 * self.keep_years[what])


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """
    :param unused_years: after so long without use, with nothing open, an account is closed by us.
    :param notice_days: within which its owner can open it again, told on the first of them.
    :param sign_in_days: for which tries to sign in, and sessions that are over, are kept.
    """

    unused_years: int
    notice_days: int
    sign_in_days: int


def export_rules_of(value: Any) -> ExportRules:
    rules = ExportRules(whole(value["keep_days"]), whole(value["every_hours"]))
    if not 1 <= rules.keep_days <= 60 or not 1 <= rules.every_hours <= 720:
        raise ValueError(f"keep_days lies between 1 and 60, every_hours between 1 and 720, not {rules}")
    return rules


def closure_rules_of(value: Any) -> ClosureRules:
    years = {Kept(what): whole(count) for what, count in value["keep_years"].items()}
    if set(years) != set(Kept) or not all(0 <= count <= 99 for count in years.values()):
        raise ValueError(f"expected years from 0 to 99 for each of {', '.join(Kept)}, not {value['keep_years']}")
    undo_days = whole(value["undo_days"])
    if not 0 <= undo_days <= 60:
        raise ValueError(f"undo_days lies between 0 and 60, not {undo_days}")
    return ClosureRules(undo_days, years)


def retention_rules_of(value: Any) -> RetentionRules:
    rules = RetentionRules(*(whole(value[name]) for name in ("unused_years", "notice_days", "sign_in_days")))
    if not 1 <= rules.unused_years <= 20 or not 7 <= rules.notice_days <= 120 or not 30 <= rules.sign_in_days <= 1_100:
        raise ValueError(
            "unused_years lies between 1 and 20, notice_days between 7 and 120, sign_in_days between 30 and 1100,"
            f" not {rules}"
        )
    return rules
